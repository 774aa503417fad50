"""Blobs by digest, exactly as received."""

from __future__ import annotations

import os
from typing import BinaryIO

from engine.errors import Corrupt, InvalidInput, NotFound

_HEX = frozenset("0123456789abcdef")


def hexadecimal(digest: str) -> str:
    """Return the 64 digits of a sha256 digest, which are also a safe file name.

    Raises InvalidInput for anything else.
    """
    algorithm, _, digits = digest.partition(":")
    if algorithm != "sha256" or len(digits) != 64 or not _HEX.issuperset(digits):
        raise InvalidInput(f"invalid digest: {digest!r}", resolution="only sha256 digests are kept")
    return digits


class Content:
    """The blobs below one folder; they come and go through an ingest and a discard only."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def path(self, digest: str) -> str:
        """Name the file of a blob, whether or not it is there."""
        return f"{self.folder}/{hexadecimal(digest)}"

    def has(self, digest: str) -> bool:
        """Tell whether the blob is there now; only a row seen inside a transaction says that it stays."""
        return os.path.exists(self.path(digest))

    def size(self, digest: str) -> int:
        """Return a blob's length in bytes."""
        try:
            return os.stat(self.path(digest)).st_size
        except FileNotFoundError:
            raise _missing(digest) from None

    def open(self, digest: str) -> BinaryIO:
        """Open a blob for reading; its bytes are not verified."""
        try:
            return open(self.path(digest), "rb")
        except FileNotFoundError:
            raise _missing(digest) from None

    def read(self, digest: str, limit: int = 4 << 20) -> bytes:
        """Return a whole small blob, verified.

        Raises Corrupt if its bytes are not what its name says, or are more than `limit`.
        """
        from hashlib import sha256

        with self.open(digest) as blob:
            data = blob.read(limit + 1)
        if len(data) > limit:
            raise Corrupt(f"blob {digest} is longer than {limit} bytes")
        if sha256(data).hexdigest() != hexadecimal(digest):
            raise Corrupt(f"blob {digest} is damaged", resolution="pull or load the image again")
        return data


def _missing(digest: str) -> NotFound:
    return NotFound(f"No such blob: {digest}")

"""Digests: the name of some bytes, `sha256:` and 64 hexadecimal digits (image-spec descriptor.md)."""

from __future__ import annotations

import re

from engine.errors import Corrupt, InvalidInput

SHA256 = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
GRAMMAR = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+", re.ASCII)


def is_digest(text: object) -> bool:
    """Tell whether this is a digest that the store can hold."""
    return isinstance(text, str) and SHA256.fullmatch(text) is not None


def parse(text: object) -> str:
    """Return a digest that is safe to use as a path.

    Raises InvalidInput for anything but a well-formed sha256 digest.
    """
    if isinstance(text, str) and SHA256.fullmatch(text):
        return text
    if isinstance(text, str) and GRAMMAR.fullmatch(text) and not text.startswith("sha256:"):
        raise InvalidInput("unsupported digest algorithm", details=text.partition(":")[0])
    raise InvalidInput("invalid checksum digest format", details=repr(text)[:120])


def encoded(digest: str) -> str:
    """Return the hexadecimal part."""
    return digest.partition(":")[2]


def of(data: bytes) -> str:
    """Name these bytes."""
    from hashlib import sha256

    return f"sha256:{sha256(data).hexdigest()}"


def verify(data: bytes, expected: str, what: str = "blob") -> bytes:
    """Return the bytes if they are what their digest says; raises Corrupt otherwise."""
    actual = of(data)
    if actual != expected:
        raise Corrupt(f"{what} {expected} does not match its digest", details=f"its bytes are {actual}")
    return data

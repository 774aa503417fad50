"""Downloading: http and https, nothing else, wherever the server sends us."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from engine.errors import EngineError, InvalidInput, from_os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from email.message import Message
    from urllib.request import OpenerDirector

_PIECE = 256 << 10
_PATIENCE = 60.0
"""Seconds without a byte."""
_SHOWN = 1 << 10


class Downloaded(NamedTuple):
    """What a server sent."""

    name: str
    """The last part of the address that it came from; empty if there is none."""
    modified: int
    """Seconds since the epoch; 0 if the server did not say."""
    size: int
    digest: str
    """sha256 of the bytes, 64 digits."""
    tag: str = ""
    """The server's ETag, as it wrote it."""


def download(
    url: str, out: BinaryIO, doing: str, progress: Callable[[int], None] | None = None,
    before: Downloaded | None = None,
) -> Downloaded:  # fmt: skip
    """Write what is behind a URL to `out`; `progress` hears the bytes so far and may raise to stop.

    If it is still what it was `before`, that is returned and nothing is written (RFC 9110, 13.1). Raises
    EngineError, beginning with `doing`, in docker's words.
    """
    from hashlib import sha256
    from http import HTTPStatus
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import Request

    headers = {"User-Agent": "stackyard", "Accept-Encoding": "identity", **_unless(before)}
    request = Request(url, headers=headers)
    hashed, size = sha256(), 0
    try:
        with _opener().open(request, timeout=_PATIENCE) as answer:
            expected = answer.headers.get("Content-Length")
            while piece := answer.read(_PIECE):
                hashed.update(piece)
                out.write(piece)
                size += len(piece)
                if progress is not None:
                    progress(size)
            if expected is not None and expected.isdigit() and size != int(expected):
                raise EngineError(f"{doing}: unexpected EOF after {size} of {expected} bytes of {url}")
            out.flush()
            name, tag = _name(answer.url, url), answer.headers.get("ETag") or ""
            return Downloaded(name, _moment(answer.headers), size, hashed.hexdigest(), tag)
    except HTTPError as error:
        with error:
            if before and error.code == HTTPStatus.NOT_MODIFIED:
                return before
            body = error.read(_SHOWN).decode("utf-8", "replace").strip()
        sentence = f"failed to GET {url} with status {error.code} {error.reason}: {body}"
        raise EngineError(f"{doing}: {sentence}") from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise from_os(error, doing) from error
        reason = getattr(error, "reason", None) or error
        text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise EngineError(f'{doing}: Get "{url}": {text.lower()}') from error


def _unless(before: Downloaded | None) -> dict[str, str]:
    """Say what we have, as far as the server told what it is."""
    from email.utils import formatdate

    headers = {}
    if before and before.tag:
        headers["If-None-Match"] = before.tag
    if before and before.modified:
        headers["If-Modified-Since"] = formatdate(before.modified, usegmt=True)
    return headers


def _opener() -> OpenerDirector:
    """Follow redirections, obey the proxies of the environment, and open no file and no FTP."""
    from urllib import request

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler, request.UnknownHandler, request.HTTPHandler, request.HTTPSHandler,
        request.HTTPDefaultErrorHandler, request.HTTPRedirectHandler, request.HTTPErrorProcessor,
    ):  # fmt: skip
        opener.add_handler(handler())
    return opener


def _name(final: str, url: str) -> str:
    """Take the file's name from the address that was asked for, or else from where it led."""
    from posixpath import basename
    from urllib.parse import unquote, urlsplit

    for address in (url, final):
        path = urlsplit(address).path
        name = unquote(basename(path))
        if name and "/" not in name and "\0" not in name and name not in (".", ".."):
            return name
    return ""


def _moment(headers: Message) -> int:
    from email.utils import parsedate_to_datetime

    try:
        return max(0, int(parsedate_to_datetime(headers["Last-Modified"]).timestamp()))
    except (TypeError, ValueError, OverflowError):
        return 0


def verified(expected: str, found: str, url: str) -> None:
    """Compare `--checksum` with what came; raises InvalidInput for nonsense, EngineError if they differ."""
    algorithm, _, digits = expected.partition(":")
    if algorithm != "sha256" or len(digits) != 64 or digits.strip("0123456789abcdef"):
        raise InvalidInput(
            f"invalid checksum digest format: {expected}", resolution="write sha256:<64 digits>"
        )
    if digits != found:
        raise EngineError(f"digest mismatch sha256:{found}: {expected}", details=url)

"""What a registry's refusals mean (distribution-spec, "Error Codes")."""

from __future__ import annotations

import json

from engine.errors import Denied, EngineError, InvalidInput, NotFound, Unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx

_MOST = 64 << 10
"""Bytes of an error that are read."""


def refusal(response: httpx.Response) -> EngineError:
    """Turn an unwelcome response into an error whose brief is what the registry says, in docker's form."""
    said = _said(bounded(response, _MOST))
    status = response.status_code
    if status in (401, 403):
        return Denied(said or "unauthorized: authentication required")
    if status == 404:
        return NotFound(said or "not found")
    if status == 429:
        return Unreachable(
            f"toomanyrequests: {response.request.url.host} asks to slow down",
            details=said or None,
            resolution="wait a while, or log in for a higher limit",
        )
    if 400 <= status < 500:
        return InvalidInput(said or _unexpected(response))
    return Unreachable(_unexpected(response), details=said or None)


def bounded(response: httpx.Response, most: int) -> bytes:
    """Read a body up to `most` bytes, and one more if there is more."""
    data = bytearray()
    # What is compressed on the way might not end when it is decompressed: nobody is asked for it.
    for piece in response.iter_raw():
        data += piece
        if len(data) > most:
            return bytes(data[: most + 1])
    return bytes(data)


def _said(body: bytes) -> str:
    try:
        errors = json.loads(body)["errors"]
        parts = [
            f"{error['code'].lower().replace('_', ' ')}: {error.get('message') or 'unknown'}"
            for error in errors
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return " ".join("".join(char for char in part if char.isprintable())[:500] for part in parts[:4])


def _unexpected(response: httpx.Response) -> str:
    phrase = f"{response.status_code} {response.reason_phrase}".strip()
    return f"received unexpected HTTP status: {phrase}"

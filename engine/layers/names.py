"""Names in a layer: taken apart, judged, and shown to people."""

from __future__ import annotations

from engine.errors import HostileArchive

WHITEOUT = b".wh."
"""In front of a name that the layer deletes."""
OPAQUE = b".wh..wh..opq"
"""In a directory that hides what the layers below have in it."""


def split(name: bytes) -> tuple[bytes, bytes]:
    """Take a path apart into directory and name, both inside the root; the root itself is two empty names.

    Raises HostileArchive when it climbs or holds a NUL.
    """
    parts = [part for part in name.split(b"/") if part and part != b"."]
    if b".." in parts:
        raise HostileArchive("a path with `..` could leave the layer")
    if b"\0" in name:
        raise HostileArchive("a path holds a NUL byte")
    if not parts:
        return b"", b""
    last = parts.pop()
    return b"/".join(parts), last


def shown(name: bytes) -> str:
    """Write a name so that no byte of it can act on a terminal, shortened to a line."""
    text = name.decode("utf-8", "backslashreplace")
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return text if len(text) <= 200 else f"{text[:120]}…{text[-60:]}"

"""Finding the Dockerfile, and the .dockerignore that goes with it."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO, NamedTuple

from engine.errors import EngineError, InvalidInput, NotFound, NotPermitted, from_os
from engine.kernel import files

_NAMES = ("Dockerfile", "dockerfile")
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
_PIECE = 1 << 20
_MOST = 64 << 20


class Document(NamedTuple):
    """A Dockerfile."""

    name: str
    """As the caller gave it, or as it was found."""
    text: bytes
    path: str = ""
    """Where it lies."""
    ignored: bytes | None = None
    """Its own .dockerignore, if it has one."""


def find_outside(context: str, folder: str, wanted: str) -> Document:
    """Find the Dockerfile of a directory: `wanted` is any path from `folder`, empty for the usual names.

    Raises NotFound and InvalidInput with docker's sentences.
    """
    path = os.path.join(folder, wanted) if wanted else os.path.join(context, _NAMES[0])
    if not wanted and not os.path.lexists(path) and os.path.lexists(os.path.join(context, _NAMES[1])):
        path = os.path.join(context, _NAMES[1])
    name = wanted or os.path.basename(path)
    try:
        real = os.path.realpath(path, strict=True)
        text = _read(os.open(real, _READ), name)
    except OSError as error:
        raise _missing(error) from error
    own = None
    try:
        own = _read(os.open(f"{path}.dockerignore", _READ), f"{name}.dockerignore")
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise from_os(error, "error checking context") from error
    return _full(Document(name, text, os.path.normpath(path), own))


def find_below(root: int, wanted: str) -> Document:
    """Find the Dockerfile inside a tree; no link leads out of it. Raises NotFound, InvalidInput."""
    for name in (wanted,) if wanted else _NAMES:
        text = find_inside(root, name)
        if text is not None:
            own = find_inside(root, f"{name}.dockerignore")
            return _full(Document(name, text, name, own))
    raise NotFound(f"Cannot locate specified Dockerfile: {wanted or _NAMES[0]}")


def find_inside(root: int, name: str) -> bytes | None:
    """Read a file inside a tree; None if it is not there."""
    try:
        return _read(files.open_in_root(root, os.fsencode(name), _READ), name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise from_os(OSError(error.errno, error.strerror, name), "unable to prepare context") from error


def given(stream: BinaryIO | None) -> Document:
    """Read the Dockerfile from standard input."""
    return _full(Document("-", stream.read() if stream is not None else b""))


def _read(descriptor: int, name: str) -> bytes:
    """Read a whole file and close it; anything but a regular file is refused before it can block."""
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise InvalidInput(f"unexpected error reading Dockerfile: read {name}: is a directory")
        if not stat.S_ISREG(mode):
            raise InvalidInput(f"unexpected error reading Dockerfile: {name} is not a regular file")
        pieces = []
        left = _MOST
        while piece := os.read(descriptor, min(_PIECE, left)):
            pieces.append(piece)
            left -= len(piece)
        if not left:
            raise InvalidInput(f"unexpected error reading Dockerfile: {name} is larger than {_MOST >> 20} MB")
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def _missing(error: OSError) -> EngineError:
    if error.errno == errno.EACCES:
        return NotPermitted(f"error checking context: no permission to read from '{error.filename}'")
    kind = NotFound if error.errno in (errno.ENOENT, errno.ENOTDIR) else InvalidInput
    where = os.fsdecode(error.filename or "")
    return kind(
        "unable to prepare context: unable to evaluate symlinks in Dockerfile path: "
        f"lstat {where}: {(error.strerror or '').lower()}",
        resolution="name the Dockerfile with -f",
    )


def _full(document: Document) -> Document:
    if not document.text.strip():
        name = "Dockerfile" if document.name == "-" else document.name
        raise InvalidInput(f"the Dockerfile ({name}) cannot be empty")
    return document

"""The context of a build: the tree it may copy from, and its Dockerfile.

It is a directory of the caller's, or one below the store's `ingest/`, made of an archive, a repository or a
lone Dockerfile; such a directory goes with the build.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from engine.build.context.dockerfiles import Document, find_inside, find_outside, given
from engine.build.context.folder import Filter
from engine.build.context.memo import Status
from engine.build.context.scratch import Scratch
from engine.build.context.tree import Tree
from engine.build.request import Request
from engine.dockerfile.ignore import Ignore
from engine.errors import InvalidInput, NotFound, from_os
from engine.paths import Paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_TYPE, _IS_DIRECTORY = 0o170000, 0o040000
Progress = Callable[[int], None]
"""Told how many bytes of an archive or a download have come so far."""


class Context:
    """What a build reads; to be used in a `with` block."""

    def __init__(self, inputs: Tree, document: Document, origin: str, *, scratch: Scratch | None = None,
                 size: int | None = None, beside: int = 0) -> None:
        """`size` is known for what was sent; else `beside` counts what docker sends though it is ignored."""
        self.inputs = inputs
        self.dockerfile = document.text
        self.dockerfile_name = document.name
        self.origin = origin
        """Where it is: an absolute path, an address, or `-`."""
        self._scratch = scratch
        self._size = size
        self._beside = beside

    @property
    def size(self) -> int:
        """Bytes of a tar of it, as docker would send it; asking reads the whole tree's names once."""
        if self._size is None:
            self._size = self.inputs.scan() + self._beside
        return self._size

    def close(self) -> None:
        """Remember what was read, and remove what was unpacked."""
        self.inputs.close()
        if self._scratch is not None:
            self._scratch.close()

    def __enter__(self) -> Context:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


class _Place(NamedTuple):
    """A directory that is there."""

    path: str
    origin: str
    remembered: bool = True
    """Its like will be there in the next build too."""


def open_context(request: Request, paths: Paths, progress: Progress | None = None) -> Context:
    """Open what a request calls its context; an archive is unpacked, an address is fetched.

    Raises NotFound, InvalidInput and NotPermitted with docker's sentences; Corrupt, HostileArchive, NoSpace.
    """
    name, folder = request.context, os.path.abspath(request.folder)
    if name == "-":
        if request.dockerfile == "-":
            raise InvalidInput("invalid argument: can't use stdin for both build context and dockerfile")
        from engine.build.context.fetched import from_stream

        return from_stream(request, paths, progress)
    if not name and request.dockerfile:
        from engine.build.context.fetched import from_nothing

        return from_nothing(request, paths)
    path = os.path.join(folder, name) if name else ""
    if os.path.isdir(path):
        return _from_directory(request, paths, os.path.realpath(path))
    if os.path.lexists(path):
        raise InvalidInput(f"unable to prepare context: context must be a directory: {path}")
    from engine.build.context.addresses import is_git, is_url

    if is_git(name):
        from engine.build.context.fetched import from_repository

        return from_repository(request, paths)
    if is_url(name):
        from engine.build.context.fetched import from_url

        return from_url(request, paths, progress)
    raise NotFound(f'unable to prepare context: path "{name}" not found')


def open_directory(path: str, paths: Paths) -> Tree:
    """Open a directory that is a context by itself (`--build-context`), with its .dockerignore.

    Raises NotFound, InvalidInput, NotPermitted.
    """
    real = os.path.realpath(path)
    if not os.path.isdir(real):
        raise NotFound(f'unable to prepare context: path "{path}" not found')
    root = _open(real)
    try:
        return tree(root, real, find_inside(root, ".dockerignore"), paths, ".dockerignore")
    except BaseException:
        os.close(root)
        raise


def tree(root: int, name: str, ignored: bytes | None, paths: Paths | None, source: str = "") -> Tree:
    """Make a tree of an open directory; with `paths`, what is read of it is remembered there.

    `source` is where the text of what is ignored comes from, which tells memos of one directory apart.
    """
    place = ""
    if paths is not None:
        from hashlib import sha256

        key = sha256(os.fsencode(name + "\0" + source)).hexdigest()[:32]
        place = f"{paths.digests}/{key}"
    ignore = Ignore(ignored or b"")
    rules = "\n".join(f"{'!' if pattern.keeps else ''}{pattern.text}" for pattern in ignore.patterns)
    return Tree(root, name, place=place, rules=rules, keep=_filter(ignore) if ignore else None)


def _from_directory(request: Request, paths: Paths, path: str) -> Context:
    root = _open(path)
    try:
        document = given(request.stream) if request.dockerfile == "-" else find_outside(
            path, os.path.abspath(request.folder), request.dockerfile
        )  # fmt: skip
        ignored, source = document.ignored, f"{document.path}.dockerignore"
        if ignored is None:
            ignored, source = find_inside(root, ".dockerignore"), ".dockerignore"
        inputs = tree(root, path, ignored, paths, source)
        inputs.prepare()
        names = [os.path.relpath(document.path, path) if document.path else "", ".dockerignore"]
        return Context(inputs, document, path, beside=_stored(path, names, Ignore(ignored or b"")))
    except BaseException:
        os.close(root)
        raise


def _stored(path: str, names: list[str], ignore: Ignore) -> int:
    """Count the bytes in a tar of those of the named files that are there and ignored."""
    size = 0
    for name in filter(ignore.excluded, names):
        try:
            length = os.stat(f"{path}/{name}").st_size
        except OSError:
            continue
        size += 512 + length + -length % 512
    return size


def _filter(ignore: Ignore) -> Filter:
    def keep(path: bytes, names: list[str], statuses: list[Status]) -> tuple[list[str], list[str]]:
        start = os.fsdecode(path) + "/" if path else ""
        kept, through = [], []
        for name, status in zip(names, statuses, strict=True):
            if ignore.excluded(start + name):
                if status[0] & _TYPE != _IS_DIRECTORY or not ignore.may_reinclude(start + name):
                    continue
                through.append(name)
            kept.append(name)
        return kept, through

    return keep


def _open(path: str) -> int:
    try:
        return os.open(path, _DIRECTORY)
    except OSError as error:
        raise from_os(error, "unable to prepare context") from error

"""Contexts that are not there yet: archives and lone Dockerfiles, sent or downloaded, and repositories."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import BinaryIO, cast

from engine.build.context import dockerfiles
from engine.build.context.addresses import repository
from engine.build.context.context import Context, Progress, tree
from engine.build.context.scratch import Scratch
from engine.build.request import Request
from engine.errors import InvalidInput
from engine.kernel import files
from engine.layers.apply import Limits, apply
from engine.layers.compression import compression_of, decompressed
from engine.layers.header import is_header
from engine.paths import Paths

_BLOCK = 512
_NAME = "Dockerfile"
_AMBIGUOUS = (
    "unable to prepare context: ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles"
)


def from_stream(request: Request, paths: Paths, progress: Progress | None) -> Context:
    """Read an archive, or a Dockerfile and nothing else, from the request's stream."""
    stream = request.stream or io.BytesIO()
    return _within(paths, lambda scratch: _read(request, scratch, stream, "-", progress))


def from_url(request: Request, paths: Paths, progress: Progress | None) -> Context:
    """Download an archive, or a Dockerfile and nothing else."""
    from engine.build.context.remote import download

    def make(scratch: Scratch) -> Context:
        path = scratch.file()
        with open(path, "xb") as file:
            doing = f"unable to prepare context: unable to download remote context {request.context}"
            download(request.context, file, doing, progress)
        with open(path, "rb") as file:
            return _read(request, scratch, file, request.context, None)

    return _within(paths, make)


def from_repository(request: Request, paths: Paths) -> Context:
    """Clone a git repository."""
    from engine.build.context.git import clone, subfolder

    def make(scratch: Scratch) -> Context:
        wanted = repository(request.context)
        folder = scratch.directory()
        clone(wanted, folder)
        root = subfolder(folder, wanted.folder, "unable to prepare context")
        return _inside(request, scratch, root, request.context, ignoring=True)

    return _within(paths, make)


def from_nothing(request: Request, paths: Paths) -> Context:
    """Make an empty context for a Dockerfile that copies nothing."""

    def make(scratch: Scratch) -> Context:
        folder = os.path.abspath(request.folder)
        found = dockerfiles.given(request.stream) if request.dockerfile == "-" else dockerfiles.find_outside(
            folder, folder, request.dockerfile
        )  # fmt: skip
        root = os.open(scratch.directory(), files.DIRECTORY)
        return Context(tree(root, "", None, None), found, found.path or "-", scratch=scratch, size=0)

    return _within(paths, make)


def _within(paths: Paths, make: Callable[[Scratch], Context]) -> Context:
    scratch = Scratch(paths)
    try:
        return make(scratch)
    except BaseException:
        scratch.close()
        raise


def _read(request: Request, scratch: Scratch, stream: BinaryIO, origin: str,
          progress: Progress | None) -> Context:
    head = _head(stream)
    if not _is_archive(head):
        if request.dockerfile:
            raise InvalidInput(_AMBIGUOUS, resolution="leave -f out, or send an archive")
        text = head + stream.read()
        folder = scratch.directory()
        with open(f"{folder}/{_NAME}", "xb") as file:
            file.write(text)
        return _inside(request, scratch, os.open(folder, files.DIRECTORY), origin)
    counted = _Counted(head, stream, progress)
    folder = scratch.directory()
    with decompressed(cast(BinaryIO, counted)) as plain:
        apply(plain, folder, limits=Limits(), owners=False, plain=True)
    while counted.read(1 << 20):
        continue  # what stands behind the archive's end is taken too, so that the sender is not cut off
    return _inside(request, scratch, os.open(folder, files.DIRECTORY), origin, size=counted.count)


def _inside(request: Request, scratch: Scratch, root: int, origin: str, *, size: int | None = None,
            ignoring: bool = False) -> Context:
    """Make a context of a directory of ours; its .dockerignore counts where docker itself would send it."""
    try:
        if request.dockerfile == "-":
            document = dockerfiles.given(request.stream)
        else:
            document = dockerfiles.find_below(root, request.dockerfile)
        ignored = document.ignored or dockerfiles.find_inside(root, ".dockerignore") if ignoring else None
        return Context(tree(root, "", ignored, None), document, origin, scratch=scratch, size=size)
    except BaseException:
        os.close(root)
        raise


def _head(stream: BinaryIO) -> bytes:
    head = b""
    while len(head) < _BLOCK and (more := stream.read(_BLOCK - len(head))):
        head += more
    return head


def _is_archive(head: bytes) -> bool:
    return compression_of(head) != "plain" or is_header(head)


class _Counted(io.RawIOBase):
    """A stream that begins with `head`, and counts."""

    def __init__(self, head: bytes, stream: BinaryIO, progress: Progress | None) -> None:
        self._head = head
        self._stream = stream
        self._progress = progress
        self.count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self._head:
            cut = size if size >= 0 else len(self._head)
            piece, self._head = self._head[:cut], self._head[cut:]
        else:
            piece = self._stream.read(size)
        self.count += len(piece)
        if self._progress is not None:
            self._progress(self.count)
        return piece

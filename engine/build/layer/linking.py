"""Hard links to the files of an earlier layer, made by a thread while their bytes are hashed in another."""

from __future__ import annotations

import errno
import os
import threading
from functools import lru_cache
from queue import SimpleQueue

from engine.build.layer.layout import Folder
from engine.errors import EngineError
from engine.kernel import files
from engine.layers.names import shown
from engine.layers.record import FileHeaders
from engine.layers.stream import PIECE, Stream

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FILL = tuple(bytes(-size % 512) for size in range(512))


class Lost(EngineError):
    """The earlier layer was removed meanwhile, or is damaged: then everything has to be copied."""


class Linker:
    """Link files of the tree `previous` to the same paths in another; tell a stream what is in them.

    Everything here may raise Lost.
    """

    def __init__(self, previous: str, stream: Stream) -> None:
        try:
            self.root = os.open(previous, files.DIRECTORY)
        except FileNotFoundError as error:
            raise Lost("the earlier layer is gone") from error
        self._stream = stream
        self._headers = lru_cache(64)(_headers)
        self._waiting: SimpleQueue[tuple[int, bytes, list[bytes]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self.left: list[tuple[bytes, bytes]] = []
        """Directory and name of files that have as many links as a file can have."""

    def link(self, upper: int, directory: bytes, names: list[bytes]) -> None:
        """Link these names of a directory, which both trees have, to the tree behind `upper`, soon."""
        self._waiting.put((upper, directory, names))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="link", daemon=True)
            self._thread.start()

    def pass_on(self, folder: Folder, names: list[bytes]) -> None:
        """Hash files that are linked, headers and data, from where they are already."""
        rows, start = folder.rows, folder.path + b"/" if folder.path else b""
        pieces: list[bytes] = []
        length = total = 0
        source = self._directory(folder.path)
        try:
            for name in names:
                mode, uid, gid, mtime, size, _, _ = rows[name]
                pieces.append(self._headers(mode, uid, gid).header(start + name, size, mtime))
                total += size
                length += len(pieces[-1]) + size
                if size > PIECE:
                    self._stream.write_all(pieces, length - size)
                    pieces, length = [], 0
                    self._pass_on_large(source, name, size)
                elif size:
                    here = _open(source, name)
                    try:
                        pieces.append(os.read(here, size))
                    finally:
                        os.close(here)
                    if len(pieces[-1]) != size:
                        raise Lost(f"{shown(start + name)} is damaged in the store")
                if size % 512:
                    pieces.append(_FILL[size % 512])
                    length += 512 - size % 512
        finally:
            os.close(source)
        self._stream.write_all(pieces, length)
        self._stream.size += total

    def _pass_on_large(self, source: int, name: bytes, size: int) -> None:
        here = _open(source, name)
        try:
            while size:
                piece = os.read(here, min(size, PIECE))
                if not piece:
                    raise Lost(f"{shown(name)} is damaged in the store")
                self._stream.write(piece)
                size -= len(piece)
        finally:
            os.close(here)

    def finish(self) -> None:
        """Help until all is linked; raises OSError."""
        if self._thread is not None:
            self._waiting.put(None)
            self._waiting.put(None)
            self._run()
            self._thread.join()
            self._thread = None
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Let go, whatever is left."""
        if self._thread is not None:
            self._failure = self._failure or EOFError()
            self._waiting.put(None)
            self._thread.join()
        os.close(self.root)

    def _run(self) -> None:
        try:
            while (job := self._waiting.get()) is not None:
                if self._failure is None:
                    self._link(*job)
        except BaseException as error:
            self._failure = self._failure or error
            while self._waiting.get() is not None:
                continue

    def _link(self, upper: int, directory: bytes, names: list[bytes]) -> None:
        source = self._directory(directory)
        try:
            target = os.open(directory or b".", files.DIRECTORY | os.O_NOFOLLOW, dir_fd=upper)
            try:
                for name in names:
                    try:
                        os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
                    except FileNotFoundError as error:
                        raise Lost(f"{shown(name)} is gone") from error
                    except OSError as error:
                        if error.errno != errno.EMLINK:
                            raise
                        self.left.append((directory, name))
            finally:
                os.close(target)
        finally:
            os.close(source)

    def _directory(self, path: bytes) -> int:
        try:
            return os.open(path or b".", files.DIRECTORY | os.O_NOFOLLOW, dir_fd=self.root)
        except FileNotFoundError as error:
            raise Lost(f"{shown(path)} is gone") from error


def _open(source: int, name: bytes) -> int:
    try:
        return os.open(name, _READ, dir_fd=source)
    except FileNotFoundError as error:
        raise Lost(f"{shown(name)} is gone") from error


def _headers(mode: int, uid: int, gid: int) -> FileHeaders:
    if os.geteuid():
        uid, gid = os.geteuid(), os.getegid()
    return FileHeaders(mode & 0o7777, uid, gid)

"""Packing a layer's directory: the same tree gives the same bytes, whenever and by whomever.

Entries stand in the order of their names, owners are numbers without names, holes are written as zeros
(where they lie depends on the file system), and pax headers appear only where ustar cannot say it.
Overlayfs's marks become whiteouts (image-spec layer.md); its own attributes stay behind.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import BinaryIO

from engine.errors import EngineError, Unsupported, from_os
from engine.kernel import files
from engine.layers.directories import is_whiteout
from engine.layers.header import BLOCK, CHARACTER, DIRECTORY, FIFO, FILE, HARD_LINK, SYMLINK, Entry
from engine.layers.names import OPAQUE, WHITEOUT, shown
from engine.layers.nodes import kept
from engine.layers.record import header, marker
from engine.layers.source import Digest
from engine.layers.stream import PIECE, Packed, Stream
from engine.layers.tree import Node, Tree

__all__ = ["Packed", "measure", "pack"]

_KINDS = {stat.S_IFREG: FILE, stat.S_IFLNK: SYMLINK, stat.S_IFCHR: CHARACTER, stat.S_IFBLK: BLOCK,
          stat.S_IFDIR: DIRECTORY, stat.S_IFIFO: FIFO}
_OVERLAYS = ("trusted.overlay.", "user.overlay.")


def pack(root: str, out: BinaryIO, *, progress: Callable[[int], None] | None = None) -> Packed:
    """Write the tree below `root` as an uncompressed layer.

    Sockets are left out. `progress` hears the bytes written so far and may raise to stop. The tree must hold
    still; a file that shrinks meanwhile is an error, growth is cut off.

    Raises Unsupported for what a layer cannot say: a name that would read as a whiteout, a path beyond 4095
    bytes, a directory that overlayfs renamed without copying it.
    """
    return _pack(root, out, progress)


def measure(root: str, *, progress: Callable[[int], None] | None = None) -> Packed:
    """Tell what `pack` would say, and write nothing."""
    return _pack(root, None, progress)


def _pack(root: str, out: BinaryIO | None, progress: Callable[[int], None] | None) -> Packed:
    with Digest(progress) as digest, Tree(root) as tree:
        stream = Stream(digest, out)
        packing = _Packing(stream)
        for node in tree:
            if not node.path:
                continue  # like docker's, the layer says nothing about the root itself
            try:
                packing.add(node)
            except OSError as error:
                raise from_os(error, f"cannot pack {shown(node.path)}") from error
        return stream.finish()


class _Packing:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._links: dict[tuple[int, int], bytes] = {}

    def add(self, node: Node) -> None:
        """Write one node's header and data."""
        kind = _KINDS.get(stat.S_IFMT(node.status.st_mode))
        if kind is None:
            return  # a socket means nothing without its process
        if is_whiteout(node.status):
            parent = node.path[: -len(node.name)]
            self._stream.write(header(marker(parent + WHITEOUT + node.name)))
            return
        if node.name.startswith(WHITEOUT):
            raise Unsupported(f"a layer cannot hold {shown(node.path)}: its name would delete another file")
        self._add(node, kind)

    def _add(self, node: Node, kind: bytes) -> None:
        if kind == DIRECTORY:
            self._directory(node)
            return
        status = node.status
        first = self._links.get((status.st_dev, status.st_ino)) if status.st_nlink > 1 else None
        if first is not None:
            self._stream.write(header(_entry(node, HARD_LINK, link=first)))
            return
        if status.st_nlink > 1:
            self._links[status.st_dev, status.st_ino] = node.path
        if kind == FILE:
            self._file(node)
        elif kind == SYMLINK:
            target = os.readlink(node.name, dir_fd=node.directory)
            self._stream.size += len(target)
            self._stream.write(header(_entry(node, SYMLINK, link=target)))
        else:
            self._stream.write(header(_entry(node, kind)))

    def _directory(self, node: Node) -> None:
        here = node.open(files.DIRECTORY)
        try:
            attributes = files.xattrs(here)
        finally:
            os.close(here)
        path = node.path + b"/"
        self._stream.write(header(_entry(node, DIRECTORY, name=path, xattrs=_kept(node, attributes))))
        if any(attributes.get(prefix + "opaque") == b"y" for prefix in _OVERLAYS):
            self._stream.write(header(marker(path + OPAQUE)))

    def _file(self, node: Node) -> None:
        here = node.open(os.O_RDONLY | os.O_NONBLOCK)
        try:
            size = node.status.st_size
            self._stream.write(header(_entry(node, FILE, size=size, xattrs=_kept(node, files.xattrs(here)))))
            left = size
            while left:
                piece = os.read(here, min(left, PIECE))
                if not piece:
                    raise EngineError(f"{shown(node.path)} shrank while it was packed")
                self._stream.write(piece)
                left -= len(piece)
        finally:
            os.close(here)
        self._stream.size += size
        if size % 512:
            self._stream.write(bytes(-size % 512))


def _entry(node: Node, kind: bytes, *, name: bytes = b"", link: bytes = b"", size: int = 0,
           xattrs: dict[str, bytes] | None = None) -> Entry:
    status = node.status
    device = (0, 0)
    if kind in (CHARACTER, BLOCK):
        device = os.major(status.st_rdev), os.minor(status.st_rdev)
    return Entry(name or node.path, kind, link, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid,
                 status.st_mtime_ns, size, size, device, xattrs or {}, None)


def _kept(node: Node, attributes: dict[str, bytes]) -> dict[str, bytes]:
    """Choose the attributes that belong to the layer; content that only overlayfs can find is refused."""
    for prefix in _OVERLAYS:
        if prefix + "redirect" in attributes or prefix + "metacopy" in attributes:
            raise Unsupported(
                f"{shown(node.path)} was renamed or changed without being copied, by an overlay mounted with "
                "redirect_dir or metacopy"
            )
    return {key: value for key, value in attributes.items() if kept(key)}

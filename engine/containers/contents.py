"""What is in containers, as the engine offers it: changes, the whole tree, files in and out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

from engine.containers import record
from engine.containers.record import Container
from engine.events import EventLog, event
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.containers.files.copying.copy import Copied
    from engine.layers.changes import Change
    from engine.snapshots.browsing import Browser

Progress = Callable[[int], None] | None


class Contents:
    """The files of the containers of one store."""

    store: Store
    events: EventLog

    def diff(self, name: str) -> Sequence[Change]:
        """List what a container added, changed and deleted, sorted by path."""
        from engine.containers.files.changes import changes

        return changes(self.store, record.find(self.store, name))

    def browse(self, name: str, layer: int = 0) -> Browser:
        """Look around in a container's files; with `layer`, counted from 1, in what that one brings.

        The writable layer is the last one. What is mounted over the layers is not seen.
        """
        from engine.containers.files.changes import browser

        return browser(self.store, record.find(self.store, name), layer)

    def export(self, name: str, out: BinaryIO) -> None:
        """Write a container's whole tree, running or not, as an archive; what is mounted in it stays out."""
        from engine.containers.files import files

        container = record.find(self.store, name)
        files.export(self.store.paths.container(container.id), out, name)
        self._told(container, "export")

    def copy_from(
        self,
        name: str,
        path: str,
        destination: str | BinaryIO,
        *,
        follow: bool = False,
        progress: Progress = None,
    ) -> Copied:
        """Copy a path out of a container, to a path of the caller's or as an archive to a stream.

        With `follow`, the path's last link is followed. Raises NotFound, InvalidInput, in docker's words.
        """
        from engine.containers.files.files import Files

        container = record.find(self.store, name)
        files = Files(self.store, self.events, container, name)
        copied = files.copy_out(path, destination, follow=follow, progress=progress)
        self._told(container, "archive-path")
        return copied

    def copy_to(
        self,
        name: str,
        source: str | BinaryIO,
        path: str,
        *,
        follow: bool = False,
        archive: bool = False,
        progress: Progress = None,
    ) -> Copied:
        """Copy a path of the caller's, or an archive from a stream, into a container.

        With `archive` the files become the container's user's. Raises NotFound, InvalidInput, ReadOnly.
        """
        from engine.containers.files.files import Files

        container = record.find(self.store, name)
        files = Files(self.store, self.events, container, name)
        copied = files.copy_in(source, path, follow=follow, archive=archive, progress=progress)
        self._told(container, "extract-to-dir")
        return copied

    def remove_path(self, name: str, path: str) -> None:
        """Remove a file, or a directory with all below it, from a container. Raises NotFound, ReadOnly."""
        from engine.containers.files.files import Files

        Files(self.store, self.events, record.find(self.store, name), name).remove(path)

    def _told(self, container: Container, action: str) -> None:
        self.events.append(event("container", action, container.id, **container.attributes()))

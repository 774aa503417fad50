"""The store: one root directory with its records and everything they list."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from engine.errors import NoSpace, from_os
from engine.paths import Paths
from engine.store.content import Content
from engine.store.locks import Lock
from engine.store.records import Records, create
from engine.store.reserve import LITTLE, Reserve
from engine.store.schema import VERSION, upgrade, version_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

    from engine.store.discard import Discard
    from engine.store.ingest import Ingest


class Store:
    """The open store; any number of processes and threads use one at the same time."""

    def __init__(self, paths: Paths) -> None:
        """Open the store, make it if it is not there, and reclaim what a crash left.

        Raises NewerStore, ReadOnly, NotPermitted, NoSpace or Corrupt.
        """
        self.paths = paths
        self.content = Content(paths.content)
        self.records = Records(paths.database)
        self.reserve = Reserve(paths.reserve)
        try:
            self._open()
        except BaseException:
            self.records.close()
            raise

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Run one statement and return all its rows.

        Inside this thread's transaction it sees what that has written.
        """
        return self.records.query(sql, parameters)

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Begin to write (BEGIN IMMEDIATE), commit at the end of the block, roll back if it raises."""
        return self.records.transaction()

    def ingest(self) -> Ingest:
        """Begin work whose result is committed whole or vanishes; use it in a `with` block."""
        from engine.store.ingest import Ingest

        return Ingest(self.paths, self.records)

    @contextmanager
    def discard(self) -> Iterator[Discard]:
        """Remove things whole: delete the rows and name the victims inside the `with` block.

        If the block raises, nothing is removed. Once the rows are gone the removal counts as done: what
        cannot be deleted now is deleted by a later open.
        """
        from engine.store.discard import discard

        self.reserve.give()
        with discard(self.paths, self.records) as victims:
            yield victims
        self.reserve.take()

    def close(self) -> None:
        """Close the records; a later call opens them again."""
        self.records.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> None:
        if not os.path.exists(self.paths.database):
            self._make()
        try:
            version = self._version()
        except NoSpace:
            self.reserve.give(LITTLE)
            version = self._version()
        if version < VERSION:
            self._make()
        try:
            leftovers = os.listdir(self.paths.ingest)
        except OSError as error:
            raise from_os(error, f"cannot open the store {self.paths.root}") from error
        if leftovers:
            from engine.store.reclaim import reclaim

            reclaim(self.paths, self.records)

    def _version(self) -> int:
        with self.records.connection() as connection:
            return version_of(connection)

    def _make(self) -> None:
        """Make the directories and the tables; harmless if they are there, and one process at a time."""
        from engine.kernel.spreading import spread

        paths = self.paths
        try:
            # 0700 all the way, so that no other user comes near a setuid file of some image.
            os.makedirs(os.path.dirname(paths.root), exist_ok=True)
            for folder in (paths.root, f"{paths.root}/content", paths.content, paths.snapshots,
                           paths.containers, paths.volumes, paths.ingest):  # fmt: skip
                if not os.path.isdir(folder):
                    os.makedirs(folder, mode=0o700, exist_ok=True)
            spread(paths.ingest)
            with Lock(paths.root, create=False):
                if not os.path.exists(paths.database):
                    create(paths.database)
                with self.records.connection() as connection:
                    upgrade(connection)
            self.reserve.take()
        except OSError as error:
            raise from_os(error, f"cannot open the store {paths.root}") from error

"""Connections to the SQLite records: opened late, lent to one thread at a time, never used across a fork."""

from __future__ import annotations

import errno
import os
from _thread import _local as local  # all of `threading` that is used here
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from engine.errors import Conflict, Corrupt, EngineError, from_os
from engine.kernel.sync import sync_directory
from engine.store.schema import upgrade

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

BUSY_SECONDS = 30.0
_abandoned: list[list[sqlite3.Connection]] = []
"""Inherited through a fork: closing them here would be the parent's undoing, so they are kept, unused."""


class Records:
    """The rows of one store.

    Each call borrows an idle connection or opens one, so the threads of a process read while another writes.
    Inside `transaction()` a thread's own `query()` sees what it has written.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._owner = os.getpid()
        self._thread = local()

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Run one statement and return all its rows.

        Raises what `named()` makes of SQLite's errors.
        """
        with self.connection() as connection:
            return connection.execute(sql, parameters).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Begin to write at once, commit at the end of the block, roll back if it raises.

        Waits up to 30 s for another writer. Raises RuntimeError if this thread has a transaction open.
        """
        if self._current():
            raise RuntimeError("this thread has a transaction open already")
        with self.connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._thread.connection = connection
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                self._thread.connection = None
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Borrow a connection: this thread's transaction, an idle one, or a new one."""
        import _sqlite3 as sqlite3  # its Python half adds what is not used, for 2 ms

        try:
            current = self._current()
            if current:
                yield current
                return
            connection = self._idle.pop() if self._idle else self.open()
            try:
                yield connection
            finally:
                self._idle.append(connection)
        except sqlite3.DatabaseError as error:
            named = _named(error, self.path)
            if named is error:
                raise
            raise named from error

    def open(self) -> sqlite3.Connection:
        """Open a connection that nobody else gets."""
        import _sqlite3 as sqlite3

        connection = sqlite3.connect(
            self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close what is idle; a later call opens anew."""
        self._current()
        while self._idle:
            self._idle.pop().close()

    def _current(self) -> sqlite3.Connection | None:
        """Find this thread's transaction; leave everything behind if this process is a fork."""
        if self._owner != os.getpid():
            _abandoned.append(self._idle)
            self._idle, self._thread, self._owner = [], local(), os.getpid()
        connection: sqlite3.Connection | None = getattr(self._thread, "connection", None)
        return connection


def create(path: str) -> None:
    """Make an empty store's records at `path`, which appears only when they are whole.

    The caller excludes others.
    """
    draft = f"{path}.new"
    for leftover in (draft, f"{draft}-wal", f"{draft}-shm"):
        try:
            os.unlink(leftover)
        except FileNotFoundError:
            continue
    # SQLite gives its other files the mode of this one.
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    records = Records(draft)
    try:
        with records.connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            upgrade(connection)
    finally:
        records.close()
    os.rename(draft, path)
    sync_directory(os.path.dirname(path))


def _named(error: sqlite3.DatabaseError, path: str) -> Exception:
    """Name the condition behind SQLite's error.

    A broken constraint or a mistake in a statement stays what it is.
    """
    import _sqlite3 as sqlite3

    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Corrupt(f"the records of the store are damaged ({path})", details=str(error))
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Conflict(
            f"another program has kept the store busy for {BUSY_SECONDS:.0f} seconds", resolution="try again"
        )
    if primary in (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
    ):
        return _condition(error, path, full=primary == sqlite3.SQLITE_FULL)
    return error


def _condition(error: sqlite3.DatabaseError, path: str, *, full: bool) -> EngineError:
    """Ask the file system why, since SQLite tells little more than that it could not."""
    folder = os.path.dirname(path)
    doing = f"cannot use the store {folder}"
    try:
        state = os.statvfs(folder)
    except OSError as reason:
        return from_os(reason, doing)
    if full or state.f_bavail == 0 or (state.f_files and state.f_favail == 0):
        return from_os(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), doing)
    if state.f_flag & os.ST_RDONLY:
        return from_os(OSError(errno.EROFS, os.strerror(errno.EROFS)), doing)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK) or not os.access(path, os.R_OK | os.W_OK):
        return from_os(OSError(errno.EACCES, os.strerror(errno.EACCES)), doing)
    return EngineError(doing, details=str(error))

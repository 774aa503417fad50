"""Work that is not finished yet: an ingest directory, what is staged in it, and its commit."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from engine.errors import AlreadyExists, Conflict, Corrupt, EngineError, from_os
from engine.kernel.sync import sync_directory, sync_filesystem, sync_tree
from engine.paths import Paths
from engine.store.content import hexadecimal
from engine.store.journal import Journal, Thing, is_listed, settle
from engine.store.locks import Lock
from engine.store.records import Records
from engine.store.removal import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3

_FEW = 32
_WRITING = "cannot write to the store"


class BlobWriter:
    """Write one blob and learn its digest."""

    def __init__(self, ingest: Ingest, path: str, expected: str | None) -> None:
        from hashlib import sha256

        self.ingest = ingest
        self.path = path
        self.expected = expected
        self.size = 0
        self._hash = sha256()
        self._file = open(path, "xb", buffering=0)  # noqa: SIM115 - closed by finish() or abandon()

    def write(self, data: bytes | memoryview) -> int:
        """Append bytes.

        Raises NoSpace when the disk is full.
        """
        view = memoryview(data)
        self._hash.update(view)
        self.size += len(view)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise from_os(error, _WRITING) from error
        return len(data)

    def finish(self) -> tuple[str, int]:
        """Close the blob; return its digest and its size in bytes.

        Raises Corrupt, and forgets the blob, if the digest is not the expected one.
        """
        self._file.close()
        digest = f"sha256:{self._hash.hexdigest()}"
        if self.expected not in (None, digest):
            os.unlink(self.path)
            raise Corrupt(f"the content has digest {digest}, but {self.expected} was expected")
        self.ingest.adopt(digest, self.path)
        return digest, self.size

    def abandon(self) -> None:
        """Forget the blob."""
        self._file.close()
        os.unlink(self.path)

    def __enter__(self) -> BlobWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class Ingest:
    """A locked directory on the store's file system.

    Its threads and child processes may stage in it together.
    """

    def __init__(self, paths: Paths, records: Records) -> None:
        self.paths = paths
        self.records = records
        self.path, self._lock = occupy(paths.ingest)
        self.staged: dict[str, str] = {}
        """Digest to file, for each blob that is finished."""
        self._numbers = count()

    def blob(self, expected: str | None = None) -> BlobWriter:
        """Begin a blob; with `expected`, its digest must turn out to be that."""
        return BlobWriter(self, f"{self.path}/blob-{next(self._numbers)}", expected)

    def adopt(self, digest: str, path: str) -> None:
        """Stage a finished file below `path` as a blob whose digest the caller has verified."""
        hexadecimal(digest)
        self.staged[digest] = path

    def directory(self, name: str) -> str:
        """Make a new empty directory, mode 0755, for a layer, a container or a volume."""
        path = f"{self.path}/{name}.d"
        try:
            os.mkdir(path, 0o755)
            os.chmod(path, 0o755)
        except OSError as error:
            raise from_os(error, _WRITING) from error
        return path

    @contextmanager
    def commit(self) -> Iterator[Commit]:
        """Sync what is staged, let the caller list it in one write transaction, then move it into place.

        All or nothing: if the block, a move or the final COMMIT fails, nothing is listed, and what had moved
        is taken back.
        """
        try:
            # Few files are synced one by one: syncfs would also wait for whatever others are writing.
            if not sync_tree(self.path, limit=_FEW):
                sync_filesystem(self.path)
            with self.records.transaction() as connection:
                commit = Commit(self, connection)
                yield commit
                commit.apply()
        except OSError as error:
            self.settle()
            raise from_os(error, "cannot commit to the store") from error
        except BaseException:
            self.settle()
            raise

    def settle(self) -> None:
        """Take away what the journal names and no row lists; if that fails now, leave it to a later open."""
        try:
            settle(self.paths, self.records, self.path)
        except (EngineError, OSError):
            self._lock.release()

    def close(self) -> None:
        """Delete the directory with whatever was not committed."""
        if self._lock.held:
            try:
                remove_tree(self.path)
            except OSError as error:
                raise from_os(error, "cannot clean up the store") from error
            finally:
                self._lock.release()

    def __enter__(self) -> Ingest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Commit:
    """What moves into the store with one transaction; `connection` writes the rows."""

    def __init__(self, ingest: Ingest, connection: sqlite3.Connection) -> None:
        self.ingest = ingest
        self.paths = ingest.paths
        self.connection = connection
        self._moves: dict[Thing, str] = {}
        self._next = 0

    def blob(self, digest: str) -> None:
        """List a blob: one staged in this ingest, or else one that is listed already.

        Raises Conflict if it is neither: whoever had it has removed it meanwhile.
        """
        if self.connection.execute("SELECT 1 FROM blobs WHERE digest = ?", (digest,)).fetchone():
            return
        source = self.ingest.staged.get(digest)
        if source is None:
            raise Conflict(f"blob {digest} was removed meanwhile", resolution="try again")
        size = os.stat(source).st_size
        self.connection.execute("INSERT INTO blobs (digest, size) VALUES (?, ?)", (digest, size))
        self._moves[Thing("blob", digest)] = source

    def snapshot(self, directory: str) -> int:
        """Give a staged directory the next free number; it becomes `paths.snapshot(number)`.

        What was staged beside it as `<directory>.entries` goes along, as `entries`.
        The caller writes the row.
        """
        if not self._next:
            self._next = self.connection.execute(
                "SELECT ifnull(max(snapshot), 0) + 1 FROM layers"
            ).fetchone()[0]
        number = self._next
        # A number may be taken by what a crash left behind, or by what is being removed.
        while os.path.lexists(f"{self.paths.snapshots}/{number}"):
            number += 1
        self._next = number + 1
        self._moves[Thing("snapshot", str(number))] = directory
        return number

    def container(self, directory: str, id: str) -> None:
        """Make a staged directory the container's bundle. The caller writes the row."""
        self._moves[Thing("container", id)] = directory

    def volume(self, directory: str, name: str) -> None:
        """Make a staged directory the volume `name`; its files are below `_data`.

        The caller writes the row.
        """
        self._moves[Thing("volume", name)] = directory

    def apply(self) -> None:
        """Journal the moves, make them, and make them durable."""
        if not self._moves:
            return
        places = {thing: thing.path(self.paths) for thing in self._moves}
        Journal(self.ingest.path).write(self._moves)
        folders = set()
        for thing, source in self._moves.items():
            place = places[thing]
            if thing.kind == "snapshot":
                os.mkdir(place, 0o700)
                folders.add(place)
                if os.path.exists(f"{source}.entries"):
                    os.rename(f"{source}.entries", f"{place}/entries")
                place = f"{place}/diff"
            try:
                os.rename(source, place)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                self._make_way(thing, place)
                os.rename(source, place)
            folders.add(os.path.dirname(places[thing]))
        for folder in sorted(folders, reverse=True):
            sync_directory(folder)

    def _make_way(self, thing: Thing, place: str) -> None:
        """Move aside what a removal has unlisted but not taken away, yet or ever."""
        # Another connection sees the rows as they were before this transaction.
        before = self.ingest.records.open()
        try:
            if is_listed(before, thing):
                raise AlreadyExists(f"the {thing.kind} {thing.name} exists already")
        finally:
            before.close()
        os.rename(place, f"{self.ingest.path}/aside-{thing.kind}-{thing.name[:64]}")


def occupy(folder: str) -> tuple[str, Lock]:
    """Make a directory below `folder` and lock it."""
    try:
        while True:
            path = f"{folder}/{os.urandom(8).hex()}"
            os.mkdir(path, 0o700)
            lock = Lock(path, create=False)
            # Until it is locked, somebody who opens the store may take it for one whose owner died.
            try:
                if lock.try_acquire() and os.path.exists(path):
                    return path, lock
            except FileNotFoundError:
                continue
            lock.release()
    except OSError as error:
        raise from_os(error, _WRITING) from error

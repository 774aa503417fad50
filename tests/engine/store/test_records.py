from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from engine.errors import Conflict, Corrupt
from engine.paths import Paths
from engine.store import records as module
from engine.store.store import Store


def count(store: Store) -> int:
    return int(store.query("SELECT count(*) FROM blobs")[0][0])


def insert(connection: sqlite3.Connection, *names: str) -> None:
    for name in names:
        connection.execute("INSERT INTO blobs VALUES (?, 1)", (name,))


def fail_after(_: object) -> None:
    raise ZeroDivisionError


def test_a_transaction_is_seen_by_its_own_thread_at_once_and_by_others_after_commit(store: Store) -> None:
    seen = []
    with store.transaction() as connection:
        insert(connection, "a")
        assert count(store) == 1
        reader = threading.Thread(target=lambda: seen.append(count(store)))
        reader.start()
        reader.join()
    assert seen == [0]
    assert count(store) == 1


def test_an_exception_rolls_back_and_leaves_the_store_usable(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction() as connection:
        fail_after(insert(connection, "a"))
    assert count(store) == 0
    with store.transaction() as connection:
        insert(connection, "a")


def test_a_broken_constraint_stays_sqlites_own_error(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.transaction() as connection:
        insert(connection, "a", "a")
    assert count(store) == 0


def test_a_transaction_inside_a_transaction_is_a_mistake(store: Store) -> None:
    with store.transaction(), pytest.raises(RuntimeError, match="already"), store.transaction():
        pass


def test_many_threads_share_few_connections(store: Store) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(20):
                with store.transaction() as connection:
                    insert(connection, f"{number}-{step}")
                count(store)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert count(store) == 160
    assert len(store.records._idle) <= 8


def test_a_forked_child_opens_its_own_connection(store: Store) -> None:
    assert count(store) == 0
    inherited = list(store.records._idle)
    child = os.fork()
    if not child:
        with store.transaction() as connection:
            insert(connection, "from the child")
        os._exit(not (count(store) == 1 and not set(map(id, store.records._idle)) & set(map(id, inherited))))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert count(store) == 1


def test_a_busy_store_says_so(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.1)
    with Store(paths) as one, Store(paths) as two, one.transaction():
        with pytest.raises(Conflict, match="busy"), two.transaction():
            pass
        assert count(two) == 0


def test_damaged_records_are_named(paths: Paths) -> None:
    Store(paths).close()
    Path(paths.database).write_bytes(b"not a database at all" * 500)
    with pytest.raises(Corrupt, match="damaged"):
        Store(paths)

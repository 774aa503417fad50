from __future__ import annotations

import sqlite3

import pytest

from engine.errors import NewerStore
from engine.paths import Paths
from engine.store import schema
from engine.store.store import Store


def test_a_new_store_has_every_table_and_the_current_version(store: Store) -> None:
    tables = {row["name"] for row in store.query("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {
        "networks",
        "endpoints",
        "given",
        "layers", "blobs", "images", "image_blobs", "tags", "digests",
        "containers", "volumes", "container_volumes", "steps", "origins",
    }  # fmt: skip
    assert store.query("PRAGMA user_version")[0][0] == schema.VERSION


def test_the_records_are_durable_and_checked(store: Store) -> None:
    assert store.query("PRAGMA journal_mode")[0][0] == "wal"
    assert store.query("PRAGMA synchronous")[0][0] == 2
    assert store.query("PRAGMA foreign_keys")[0][0] == 1
    assert store.query("PRAGMA busy_timeout")[0][0] == 30_000


def test_every_foreign_key_is_indexed(store: Store) -> None:
    for (table,) in store.query("SELECT name FROM sqlite_master WHERE type = 'table'"):
        for key in store.query(f"PRAGMA foreign_key_list({table})"):
            plan = store.query(f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {key['from']} = 'x'")
            assert "SEARCH" in plan[0]["detail"], (table, key["from"])


def test_a_newer_store_is_refused_with_advice(paths: Paths) -> None:
    Store(paths).close()
    with sqlite3.connect(paths.database) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NewerStore, match="newer Stackyard") as caught:
        Store(paths)
    assert "update Stackyard" in (caught.value.resolution or "")


def test_an_older_store_is_migrated_in_order_and_once(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(paths).close()
    steps = (("CREATE TABLE a (x)",), ("CREATE TABLE b (x)", "INSERT INTO b VALUES (1)"))
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, *steps))
    latest = schema.VERSION + len(steps)
    monkeypatch.setattr(schema, "VERSION", latest)
    monkeypatch.setattr("engine.store.store.VERSION", latest)
    for _ in range(2):
        with Store(paths) as store:
            assert [tuple(row) for row in store.query("SELECT x FROM b")] == [(1,)]
            assert store.query("PRAGMA user_version")[0][0] == latest


def test_the_images_of_a_store_without_builds_stay(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    migrations = schema.MIGRATIONS
    monkeypatch.setattr(schema, "MIGRATIONS", ())
    monkeypatch.setattr(schema, "VERSION", 1)
    with Store(paths) as store, store.transaction() as connection:
        connection.execute("INSERT INTO images VALUES ('a', NULL, 0, 0, NULL, '{}')")
    monkeypatch.setattr(schema, "MIGRATIONS", migrations)
    monkeypatch.setattr(schema, "VERSION", 2)
    with Store(paths) as store:
        row = store.query("SELECT id, parent, step FROM images")[0]
        assert tuple(row) == ("a", None, 0)
        assert store.query("SELECT count(*) FROM steps")[0][0] == 0


def test_a_migration_that_fails_changes_nothing(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(paths).close()
    failing = ("CREATE TABLE a (x)", "nonsense")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, failing))
    monkeypatch.setattr("engine.store.store.VERSION", schema.VERSION + 1)
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    with pytest.raises(sqlite3.OperationalError):
        Store(paths)
    monkeypatch.undo()
    with Store(paths) as store:
        assert not store.query("SELECT 1 FROM sqlite_master WHERE name = 'a'")

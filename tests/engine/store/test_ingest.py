from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from engine.errors import AlreadyExists, Conflict, Corrupt, EngineError, InvalidInput
from engine.store.store import Store
from tests.engine.store.objects import add, assert_clean, assert_whole, blob_of, digest_of, drop, listed


def fail_after(*_: object) -> None:
    raise ZeroDivisionError


def test_what_is_committed_is_whole_and_the_ingest_is_gone(store: Store) -> None:
    add(store, "a")
    add(store, "b")
    assert listed(store) == {"a", "b"}
    assert_whole(store)
    assert_clean(store)


def test_what_is_not_committed_vanishes(store: Store) -> None:
    with store.ingest() as ingest:
        with ingest.blob() as blob:
            blob.write(b"x")
            blob.finish()
        ingest.directory("layer")
        with ingest.blob() as blob:
            blob.write(b"unfinished")
    assert_clean(store)


def test_a_staged_directory_has_the_mode_of_a_root_directory(store: Store) -> None:
    before = os.umask(0o077)
    try:
        with store.ingest() as ingest:
            assert stat.S_IMODE(os.stat(ingest.directory("layer")).st_mode) == 0o755
            assert stat.S_IMODE(os.stat(ingest.path).st_mode) == 0o700
    finally:
        os.umask(before)


def test_a_blob_with_another_digest_is_refused_and_gone(store: Store) -> None:
    with store.ingest() as ingest:
        blob = ingest.blob(digest_of("a"))
        blob.write(blob_of("b"))
        with pytest.raises(Corrupt, match=digest_of("a")):
            blob.finish()
        assert os.listdir(ingest.path) == []


def test_an_abandoned_blob_is_gone(store: Store) -> None:
    with store.ingest() as ingest:
        blob = ingest.blob()
        blob.write(b"x")
        blob.abandon()
        assert os.listdir(ingest.path) == []


def test_a_blob_somebody_has_removed_meanwhile_is_a_conflict(store: Store) -> None:
    with store.ingest() as ingest, pytest.raises(Conflict, match="meanwhile"), ingest.commit() as commit:
        commit.blob(digest_of("a"))


def test_a_blob_that_is_listed_already_is_kept_once(store: Store) -> None:
    for _ in range(2):
        with store.ingest() as ingest:
            with ingest.blob() as blob:
                blob.write(b"x")
                digest, _size = blob.finish()
            with ingest.commit() as commit:
                commit.blob(digest)
    assert [row["digest"] for row in store.query("SELECT digest FROM blobs")] == [digest]
    assert store.content.read(digest) == b"x"


def test_a_file_made_elsewhere_can_be_adopted(store: Store) -> None:
    with store.ingest() as ingest:
        Path(ingest.path, "mine").write_bytes(blob_of("a"))
        ingest.adopt(digest_of("a"), f"{ingest.path}/mine")
        with ingest.commit() as commit:
            commit.blob(digest_of("a"))
    assert store.content.read(digest_of("a")) == blob_of("a")


def test_a_block_that_raises_commits_nothing(store: Store) -> None:
    with store.ingest() as ingest:
        layer = ingest.directory("layer")
        with pytest.raises(ZeroDivisionError), ingest.commit() as commit:
            fail_after(commit.snapshot(layer))
    assert_clean(store)


def test_a_move_that_fails_takes_the_others_back(store: Store) -> None:
    with store.ingest() as ingest:
        layer = ingest.directory("layer")
        commit = ingest.commit()
        moves = commit.__enter__()
        number = moves.snapshot(layer)
        moves.connection.execute("INSERT INTO layers VALUES ('a', 'a', NULL, ?, 0, 0)", (number,))
        moves.container(f"{ingest.path}/missing", "c")
        with pytest.raises(EngineError, match="cannot commit"):
            commit.__exit__(None, None, None)
    assert store.query("SELECT * FROM layers") == []
    assert_clean(store)


def test_a_final_commit_that_fails_takes_everything_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.store.ingest.sync_directory", fail)
    with pytest.raises(EngineError, match="no space left"):
        add(store, "a")
    monkeypatch.undo()
    assert listed(store) == set()
    assert_clean(store)
    add(store, "a")
    assert_whole(store)


def test_numbers_skip_what_a_crash_left_behind(store: Store) -> None:
    os.makedirs(f"{store.paths.snapshots}/1/diff")
    os.makedirs(f"{store.paths.snapshots}/3")
    with store.ingest() as ingest, ingest.commit() as commit:
        numbers = [commit.snapshot(ingest.directory(str(step))) for step in range(3)]
        for number in numbers:
            commit.connection.execute("INSERT INTO layers VALUES (?1, '', NULL, ?1, 0, 0)", (number,))
    assert numbers == [2, 4, 5]
    assert os.path.isdir(store.paths.snapshot(5))


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\nblob x"])
def test_a_name_that_is_no_file_name_is_refused(store: Store, name: str) -> None:
    with store.ingest() as ingest:
        bundle = ingest.directory("bundle")
        with pytest.raises(InvalidInput), ingest.commit() as commit:
            commit.container(bundle, name)


def test_a_discard_keeps_what_a_row_still_lists(store: Store) -> None:
    add(store, "a")
    number = store.query("SELECT snapshot FROM layers WHERE chain_id = 'a-0'")[0][0]
    with store.discard() as discard:
        discard.blob(digest_of("a"))
        discard.snapshot(number)
        discard.container("a")
        discard.volume("a")
        discard.volume("never was")
    assert_whole(store)
    assert_clean(store)


def test_a_discard_removes_and_the_same_name_can_be_added_again(store: Store) -> None:
    for _ in range(2):
        add(store, "a")
        assert_whole(store)
        drop(store, "a")
        assert listed(store) == set()
        assert_clean(store)
        assert os.listdir(store.paths.snapshots) == []


def test_a_name_whose_removal_was_killed_half_way_can_be_taken_at_once(store: Store) -> None:
    add(store, "a")
    with store.transaction() as connection:
        connection.execute("DELETE FROM containers")
        connection.execute("DELETE FROM volumes")
        connection.execute("DELETE FROM tags")
        connection.execute("DELETE FROM images")
    add(store, "a")
    assert_whole(store)
    assert_clean(store)


def test_a_directory_that_a_row_lists_is_never_replaced(store: Store) -> None:
    add(store, "a")
    with store.ingest() as ingest, pytest.raises(AlreadyExists, match="volume a"), ingest.commit() as commit:
        commit.volume(ingest.directory("other"), "a")
    assert_whole(store)
    assert_clean(store)


def test_a_discard_that_raises_removes_nothing(store: Store) -> None:
    add(store, "a")
    with pytest.raises(ZeroDivisionError), store.discard() as discard:
        fail_after(discard.connection.execute("DELETE FROM tags"), discard.container("a"))
    assert store.query("SELECT * FROM tags")
    assert_whole(store)
    assert_clean(store)

from __future__ import annotations

import os
from pathlib import Path

from engine.paths import Paths
from engine.store.journal import Journal, Thing
from engine.store.locks import Lock
from engine.store.store import Store
from tests.engine.store.objects import add, assert_clean, assert_whole, digest_of


def leave_behind(paths: Paths, *things: Thing) -> str:
    token = f"{paths.ingest}/dead"
    os.makedirs(f"{token}/half/unpacked")
    Journal(token).write(things)
    return token


def test_the_dead_are_reclaimed_with_what_they_moved_but_never_listed(paths: Paths) -> None:
    with Store(paths) as store:
        add(store, "a")
    os.makedirs(f"{paths.snapshots}/77/diff/deep")
    os.makedirs(f"{paths.containers}/half")
    Path(paths.content, "0" * 64).write_text("x")
    leave_behind(
        paths, Thing("snapshot", "77"), Thing("container", "half"), Thing("blob", "sha256:" + "0" * 64)
    )
    with Store(paths) as store:
        assert_clean(store)
        assert_whole(store)


def test_what_is_listed_stays_whoever_journalled_it(paths: Paths) -> None:
    with Store(paths) as store:
        add(store, "a")
        number = store.query("SELECT max(snapshot) FROM layers")[0][0]
    leave_behind(
        paths,
        Thing("snapshot", str(number)),
        Thing("container", "a"),
        Thing("blob", digest_of("a")),
        Thing("volume", "a"),
    )
    with Store(paths) as store:
        assert_clean(store)
        assert_whole(store)
        assert store.content.has(digest_of("a"))


def test_the_living_are_left_alone(paths: Paths) -> None:
    with Store(paths) as store, store.ingest() as ingest:
        ingest.directory("layer")
        Store(paths).close()
        assert os.listdir(ingest.path) == ["layer.d"]


def test_a_journal_cut_off_in_the_middle_or_full_of_nonsense_harms_nothing(paths: Paths) -> None:
    with Store(paths) as store:
        add(store, "a")
    token = f"{paths.ingest}/dead"
    os.mkdir(token)
    victim = Path(paths.root, "victim")
    victim.write_text("x")
    Path(token, "moves").write_bytes(
        b"container ../victim\nblob sha256:../../victim\nsnapshot /\n\xff\xfe\nplanet mars\ncontainer a"
    )
    with Store(paths) as store:
        assert_clean(store)
        assert_whole(store)
    assert victim.exists()


def test_a_stray_file_and_a_trash_interrupted_half_way_go_too(paths: Paths) -> None:
    Store(paths).close()
    token = leave_behind(paths, Thing("container", "gone"), Thing("container", "half"))
    os.makedirs(f"{token}/trash/0/still")
    os.makedirs(f"{paths.containers}/half")
    Path(paths.ingest, "stray").write_text("")
    with Store(paths) as store:
        assert_clean(store)


def test_an_ingest_that_cannot_be_settled_now_is_left_for_later(paths: Paths) -> None:
    Store(paths).close()
    os.makedirs(f"{paths.containers}/half")
    token = leave_behind(paths, Thing("container", "half"))
    with Lock(token, create=False):
        Store(paths).close()
        assert os.path.isdir(f"{paths.containers}/half")
    with Store(paths) as store:
        assert_clean(store)

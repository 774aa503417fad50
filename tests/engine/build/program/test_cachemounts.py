"""Cache mounts: kept by name, shared as asked, removed when nobody uses them."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from engine.build.program.cachemounts import CacheMounts, Owner
from engine.errors import InUse, NotFound
from engine.paths import Paths


@pytest.fixture
def mounts(tmp_path: Path) -> CacheMounts:
    return CacheMounts(Paths(str(tmp_path), str(tmp_path / "run")))


def test_what_is_written_is_there_next_time(mounts: CacheMounts) -> None:
    held = mounts.take("pip", "shared", Owner())
    Path(held.data, "wheel").write_text("x" * 1000)
    held.release()
    again = mounts.take("pip", "locked", Owner())
    assert os.listdir(again.data) == ["wheel"]
    again.release()


def test_a_new_one_has_the_mode_that_was_asked_for(mounts: CacheMounts) -> None:
    held = mounts.take("a", "shared", Owner(0o1777))
    assert os.stat(held.data).st_mode & 0o7777 == 0o1777
    held.release()


def test_ids_are_names_and_never_paths(mounts: CacheMounts) -> None:
    taken = [mounts.take(id, "locked", Owner()).data for id in ("../../x", "/", "..", "x" * 300, "\udcff")]
    assert len(set(taken)) == 5
    assert all(os.path.dirname(os.path.dirname(data)) == mounts.paths.caches for data in taken)


def test_shared_ones_are_used_at_the_same_time(mounts: CacheMounts) -> None:
    first, second = mounts.take("a", "shared", Owner()), mounts.take("a", "shared", Owner())
    assert first.data == second.data
    first.release()
    second.release()


def test_locked_ones_wait_for_each_other(mounts: CacheMounts) -> None:
    order: list[str] = []
    first = mounts.take("a", "locked", Owner())

    def second() -> None:
        held = mounts.take("a", "locked", Owner())
        order.append("second")
        held.release()

    thread = threading.Thread(target=second)
    thread.start()
    time.sleep(0.1)
    order.append("first")
    first.release()
    thread.join()
    assert order == ["first", "second"]


def test_who_waits_can_be_called_off(mounts: CacheMounts) -> None:
    first = mounts.take("a", "locked", Owner())

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mounts.take("a", "shared", Owner(), check=stop)
    first.release()
    mounts.take("a", "locked", Owner()).release()


def test_private_ones_are_each_their_own_and_used_again_when_free(mounts: CacheMounts) -> None:
    first, second = mounts.take("a", "private", Owner()), mounts.take("a", "private", Owner())
    assert first.data != second.data
    first.release()
    assert mounts.take("a", "private", Owner()).data == first.data


def test_they_are_listed_with_size_and_use(mounts: CacheMounts) -> None:
    assert list(mounts.listed()) == []
    held = mounts.take("pip", "shared", Owner())
    Path(held.data, "wheel").write_bytes(b"x" * 1000)
    (entry,) = mounts.listed()
    assert (entry.id, entry.size, entry.in_use) == ("pip", 1000, True)
    assert time.time() - entry.used_at < 60
    held.release()
    (entry,) = mounts.listed()
    assert not entry.in_use


def test_one_in_use_is_not_removed(mounts: CacheMounts) -> None:
    held = mounts.take("a", "shared", Owner())
    (entry,) = mounts.listed()
    with pytest.raises(InUse):
        mounts.remove(entry.key)
    held.release()
    mounts.remove(entry.key)
    assert os.listdir(mounts.paths.caches) == []
    with pytest.raises(NotFound):
        mounts.remove(entry.key)


def test_takers_and_removers_at_once_always_hold_what_is_there(mounts: CacheMounts) -> None:
    stop = time.monotonic() + 1
    wrong: list[str] = []

    def take() -> None:
        while time.monotonic() < stop:
            held = mounts.take("a", "locked", Owner())
            marker = Path(held.data, "mine")
            if marker.exists():
                wrong.append("somebody else is in it")
            marker.write_text("")
            marker.unlink()
            held.release()

    def remove() -> None:
        while time.monotonic() < stop:
            for entry in mounts.listed():
                try:
                    mounts.remove(entry.key)
                except (InUse, NotFound):
                    continue

    threads = [threading.Thread(target=task) for task in (take, take, remove)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_what_an_interruption_left_is_swept_away_later(mounts: CacheMounts) -> None:
    mounts.take("a", "shared", Owner()).release()
    for name, age in ((".new-1", 7200), (".gone-1", 7200), (".new-2", 0)):
        os.mkdir(f"{mounts.paths.caches}/{name}")
        os.utime(f"{mounts.paths.caches}/{name}", (time.time() - age,) * 2)
    mounts.sweep()
    assert [name for name in os.listdir(mounts.paths.caches) if name.startswith(".")] == [".new-2"]


def test_a_new_one_starts_from_a_stack(mounts: CacheMounts, tmp_path: Path) -> None:
    for layer, name in (("low", "old"), ("high", "new")):
        (tmp_path / layer).mkdir()
        (tmp_path / layer / name).write_text(layer)
    base = [str(tmp_path / "high"), str(tmp_path / "low")]
    held = mounts.take("a", "shared", Owner(), base)
    assert sorted(os.listdir(held.data)) == ["new", "old"]
    held.release()

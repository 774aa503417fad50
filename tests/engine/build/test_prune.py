from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from engine.build.inventory import CONTEXT, MOUNT, STEP, everything, with_mounts
from engine.build.program.cachemounts import CacheMounts, Owner
from engine.build.prune import Pruned, prune
from engine.errors import InvalidInput
from engine.events import EventLog
from engine.paths import Paths
from engine.store.store import Store
from engine.store.usage import Usage
from tests.engine.images.steps import build
from tests.engine.images.whole import assert_whole


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(Paths(f"{tmp_path}/yard", f"{tmp_path}/yard/run")) as store:
        yield store


def pruned(
    store: Store, *, all: bool = False, filters: Mapping[str, Sequence[str]] = {}, keep: int = 0
) -> Pruned:
    return prune(store, EventLog(store.paths.events), all=all, filters=filters, keep=keep)


def abandoned(store: Store, *steps: dict[str, bytes], base: str = "", day: int = 5) -> list[str]:
    """Leave the steps of a build that failed."""
    ids = build(store, base, *steps, day=day)
    with store.transaction() as connection:
        connection.execute("UPDATE images SET step = 1 WHERE id = ?", (ids[-1],))
    return ids


def use(store: Store, id: str, moment: float) -> None:
    with store.transaction() as connection:
        connection.execute("INSERT INTO steps VALUES (?, ?, 'kin', '{}', ?, ?)", (id, id, moment, moment))


def images(store: Store) -> set[str]:
    return {row["id"] for row in store.query("SELECT id FROM images")}


def mount(store: Store, id: str, size: int = 3) -> str:
    mounts = CacheMounts(store.paths)
    held = mounts.take(id, "shared", Owner())
    Path(held.data, "file").write_bytes(b"x" * size)
    held.release()
    return next(one.key for one in mounts.listed() if one.id == id)


def test_steps_that_no_image_stands_on_go(store: Store) -> None:
    kept = build(store, "", {"a": b"1"}, {"b": b"22"}, name="app")
    gone = abandoned(store, {"c": b"333"}, {"d": b"4444"}, base=kept[0])
    result = pruned(store)

    assert [entry.id for entry in result.entries] == gone[::-1]
    assert (result.reclaimed, [entry.size for entry in result.entries]) == (7, [4, 3])
    assert images(store) == set(kept)
    assert_whole(store)


def test_a_result_without_a_name_is_no_cache(store: Store) -> None:
    ids = build(store, "", {"a": b"1"}, {})

    assert pruned(store).entries == ()
    assert images(store) == set(ids)


def test_all_forgets_how_images_were_made_and_leaves_them_whole(store: Store) -> None:
    one, two, app = build(store, "", {"a": b"1"}, {}, {"b": b"22"}, name="app")
    for id in (one, two, app):
        use(store, id, 1)
    result = pruned(store, all=True)

    assert {entry.id for entry in result.entries} == {one, two}
    assert result.reclaimed == 0
    assert images(store) == {app}
    assert store.query("SELECT * FROM steps") == []
    assert store.query("SELECT parent FROM images")[0]["parent"] is None
    assert_whole(store)


@pytest.mark.parametrize("everything", [False, True])
def test_a_container_s_step_stays(store: Store, everything: bool) -> None:
    one, two, _ = abandoned(store, {"a": b"1"}, {"b": b"1"}, {"c": b"1"})
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO containers (id, name, image, created, config) VALUES ('c', 'c', ?, 0, '{}')", (two,)
        )
    pruned(store, all=everything)

    assert images(store) == ({two} if everything else {one, two})
    assert_whole(store)


def test_the_longest_unused_goes_first_until_little_enough_is_left(store: Store) -> None:
    base, old = abandoned(store, {"a": b"1" * 10}, {"b": b"1" * 20}, day=1)
    (new,) = abandoned(store, {"c": b"1" * 30}, base=base, day=2)
    for id, moment in ((base, 1), (old, 2), (new, 3)):
        use(store, id, moment)

    assert [entry.id for entry in pruned(store, keep=45).entries] == [old]
    assert [entry.id for entry in pruned(store, keep=45).entries] == []
    assert [entry.id for entry in pruned(store, keep=10).entries] == [new]
    assert images(store) == {base}


def test_a_step_whose_successor_was_used_lately_is_in_use_too(store: Store) -> None:
    base, top = abandoned(store, {"a": b"1"}, {"b": b"1"})
    use(store, base, 1)
    use(store, top, 2_000_000_000)

    assert pruned(store, filters={"until": ["2026-12-01"]}).entries == ()


class TestFilters:
    def test_by_age(self, store: Store) -> None:
        (old,), (new,) = abandoned(store, {"a": b"1"}, day=1), abandoned(store, {"b": b"1"}, day=2)
        use(store, old, 1_000_000_000)
        use(store, new, 2_000_000_000)

        assert [entry.id for entry in pruned(store, filters={"until": ["1500000000"]}).entries] == [old]

    def test_by_id_and_never_from_beneath_another_step(self, store: Store) -> None:
        one, two = abandoned(store, {"a": b"1"}, {"b": b"1"})

        assert pruned(store, filters={"id": [one[7:19]]}).entries == ()
        assert [entry.id for entry in pruned(store, filters={"id": [two[7:19]]}).entries] == [two]

    def test_by_type(self, store: Store) -> None:
        (step,), key = abandoned(store, {"a": b"1"}), mount(store, "apt")

        assert [entry.id for entry in pruned(store, filters={"type": [MOUNT]}).entries] == [key]
        assert [entry.id for entry in pruned(store, filters={"type": [STEP]}).entries] == [step]

    def test_others_are_refused(self, store: Store) -> None:
        with pytest.raises(InvalidInput, match="Invalid filter 'foo'"):
            pruned(store, filters={"foo": ["bar"]})


def test_a_cache_mount_goes_unless_a_step_uses_it(store: Store) -> None:
    key, taken = mount(store, "apt", 3), CacheMounts(store.paths).take("npm", "shared", Owner())
    result = pruned(store)
    taken.release()

    assert ([entry.id for entry in result.entries], result.reclaimed) == ([key], 3)
    assert [one.id for one in CacheMounts(store.paths).listed()] == ["npm"]


def test_what_is_remembered_of_contexts_goes_with_all(store: Store) -> None:
    os.makedirs(store.paths.digests)
    Path(store.paths.digests, "memo").write_bytes(b"12345")

    assert pruned(store).entries == ()
    result = pruned(store, all=True)
    assert [(entry.id, entry.kind) for entry in result.entries] == [("memo", CONTEXT)]
    assert (result.reclaimed, os.listdir(store.paths.digests)) == (5, [])


def test_the_inventory_tells_what_each_is(store: Store) -> None:
    one, _ = build(store, "", {"a": b"1"}, {"b": b"22"}, name="app")
    use(store, one, 7)
    (entry,) = everything(store)

    assert (entry.id, entry.kind, entry.description) == (one, STEP, "does ['a']")
    assert (entry.size, entry.shared, entry.in_use, entry.ways) == (0, True, False, 1)


def test_disk_usage_counts_cache_mounts_with_the_steps(store: Store) -> None:
    taken = CacheMounts(store.paths).take("npm", "shared", Owner())
    mount(store, "apt", 3)

    assert with_mounts(Usage(1, 0, 10, 4), store.paths) == Usage(3, 1, 13, 7)
    taken.release()


def test_what_an_interrupted_step_left_of_a_cache_mount_goes_too(store: Store) -> None:
    mount(store, "kept")
    left = f"{store.paths.caches}/.new-1"
    os.mkdir(left)
    os.utime(left, (0, 0))
    pruned(store, filters={"type": [STEP]})

    assert not os.path.exists(left)
    assert [entry.description for entry in everything(store)] == ["mount kept"]

from __future__ import annotations

import os
from pathlib import Path

from engine.store.store import Store
from engine.store.usage import Usage, disk_usage, orphans, tree_size
from tests.engine.store.objects import add


def test_layers_count_once_and_those_of_used_images_are_not_reclaimable(store: Store) -> None:
    add(store, "a")
    add(store, "b")
    with store.transaction() as connection:
        connection.execute("DELETE FROM containers WHERE id = 'b'")
        connection.execute("UPDATE layers SET size = 100 WHERE chain_id = 'b-1'")
    usage = disk_usage(store)
    assert usage.images == Usage(total=2, active=1, size=112, reclaimable=104)
    assert usage.volumes == Usage(total=2, active=1, size=2, reclaimable=1)


def test_a_shared_base_of_a_used_image_is_not_reclaimable(store: Store) -> None:
    add(store, "a")
    with store.transaction() as connection:
        connection.execute("INSERT INTO images VALUES ('c', NULL, 0, 4, 'a-0', '{}', NULL, 0)")
        connection.execute("DELETE FROM containers")
        connection.execute("INSERT INTO containers VALUES ('c', 'c', 'c', '', 0, '{}')")
    assert disk_usage(store).images == Usage(total=2, active=1, size=8, reclaimable=4)


def test_steps_of_builds_are_counted_apart_with_the_layers_that_no_image_has(store: Store) -> None:
    add(store, "a")
    with store.transaction() as connection:
        run = connection.execute
        run("DELETE FROM containers")
        run("INSERT INTO layers VALUES ('s', 's', 'a-0', 99, 50, 0)")
        for step, top in (("one", "a-0"), ("two", "s")):
            run("INSERT INTO images VALUES (?, NULL, 0, 0, ?, '{}', 'a', 1)", (step, top))
    usage = disk_usage(store)
    assert usage.images == Usage(total=1, active=0, size=8, reclaimable=8)
    assert usage.builds == Usage(total=2, active=0, size=50, reclaimable=50)
    with store.transaction() as connection:
        connection.execute("INSERT INTO tags VALUES ('two', 'two', 0)")
    assert disk_usage(store).builds == Usage(total=1, active=0, size=0, reclaimable=0)


def test_containers_count_what_they_wrote(store: Store) -> None:
    add(store, "a")
    add(store, "b")
    for name, size in (("a", 10), ("b", 5)):
        upper = Path(store.paths.container(name).upper)
        upper.mkdir()
        (upper / "file").write_bytes(b"x" * size)
    assert disk_usage(store, running={"a"}).containers == Usage(total=2, active=1, size=15, reclaimable=5)


def test_an_empty_store_uses_nothing(store: Store) -> None:
    nothing = Usage(0, 0, 0, 0)
    assert disk_usage(store) == (nothing, nothing, nothing, nothing)


def test_orphans_are_named(store: Store) -> None:
    add(store, "a")
    assert orphans(store) == []
    stray = [f"{store.paths.snapshots}/99", f"{store.paths.volumes}/stray"]
    for path in stray:
        os.mkdir(path)
    assert orphans(store) == stray


def test_tree_size_counts_a_file_with_two_names_once_and_skips_the_rest(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"x" * 7)
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    (tmp_path / "link").symlink_to("one")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/three").write_bytes(b"x" * 3)
    assert tree_size(str(tmp_path)) == 10
    assert tree_size(f"{tmp_path}/none") == 0

from __future__ import annotations

import os
import resource
import threading
from pathlib import Path

import pytest

from engine.store import removal
from engine.store.removal import remove_tree


def test_a_tree_a_file_a_link_and_nothing_at_all_go(tmp_path: Path) -> None:
    (tmp_path / "tree/a/b").mkdir(parents=True)
    (tmp_path / "tree/a/b/file").write_text("x")
    os.mkfifo(tmp_path / "tree/fifo")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("tree")
    for name in ("link", "tree", "file", "none"):
        remove_tree(str(tmp_path / name))
    assert os.listdir(tmp_path) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "file").write_text("x")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/link").symlink_to(victim)
    remove_tree(str(tmp_path / "tree"))
    assert (victim / "file").read_text() == "x"


@pytest.mark.parametrize("depth", [removal._DEPTH - 1, removal._DEPTH, removal._DEPTH + 1, 3000])
def test_any_depth_takes_few_descriptors(tmp_path: Path, depth: int) -> None:
    top = os.open(tmp_path, os.O_RDONLY)
    here = os.dup(top)
    name = "n" * 200
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        deeper = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=deeper))
        os.close(here)
        here = deeper
    os.close(here)
    os.close(top)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = max(map(int, os.listdir("/proc/self/fd")))
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(taken + 200, limits[0]), limits[1]))
    try:
        remove_tree(str(tmp_path / name))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert os.listdir(tmp_path) == []


def test_odd_modes_do_not_stop_an_ordinary_user(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    mine = tmp_path / "mine"
    mine.mkdir()
    if os.geteuid() == 0:
        os.chown(mine, 65534, 65534)
    child = os.fork()
    if not child:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setresgid(65534, 65534, 65534)
                os.setresuid(65534, 65534, 65534)
            deep = mine / "tree/a" / "/".join("d" * (removal._DEPTH + 2))
            deep.mkdir(parents=True)
            (deep / "file").write_text("x")
            (mine / "tree/b").mkdir()
            (mine / "tree/b/file").write_text("x")
            for directory in (
                deep,
                deep.parent,
                deep.parent.parent,
                mine / "tree/a",
                mine / "tree/b",
                mine / "tree",
            ):
                directory.chmod(0o000 if directory != deep else 0o500)
            remove_tree(str(mine / "tree"))
            code = len(os.listdir(mine))
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_two_removals_of_one_tree_do_not_mind_each_other(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def work(path: str) -> None:
        try:
            remove_tree(path)
        except BaseException as error:
            errors.append(error)

    for number in range(3):
        tree = tmp_path / str(number)
        for branch in range(5):
            deep = tree / str(branch) / "/".join("d" * 150)
            deep.mkdir(parents=True)
            for name in range(10):
                (deep / str(name)).write_text("")
        threads = [threading.Thread(target=work, args=(str(tree),)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not tree.exists()
    assert errors == []

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from engine.errors import EngineError, NoSpace, NotPermitted, ReadOnly
from engine.paths import Paths
from engine.store.reserve import SIZE
from engine.store.store import Store
from tests.engine.store.objects import add, assert_clean, assert_whole, drop, listed

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", tmp_path], check=True)
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            continue


def add_many(store: Store) -> None:
    for number in range(1000):
        add(store, f"b{number}")


def test_everything_is_closed_to_other_users(store: Store) -> None:
    paths = store.paths
    for folder in (paths.root, paths.content, paths.snapshots, paths.containers, paths.volumes, paths.ingest):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    add(store, "a")
    for suffix in ("", "-wal", "-shm"):
        assert stat.S_IMODE(os.stat(paths.database + suffix).st_mode) == 0o600


def test_a_root_that_exists_already_is_used(tmp_path: Path) -> None:
    with Store(Paths(str(tmp_path), f"{tmp_path}/run")) as store:
        add(store, "a")
        assert stat.S_IMODE(os.stat(store.paths.snapshots).st_mode) == 0o700


def test_a_creation_that_was_interrupted_is_begun_again(paths: Paths) -> None:
    os.makedirs(paths.root)
    Path(f"{paths.database}.new").write_text("half")
    Path(f"{paths.database}.new-wal").write_text("half")
    with Store(paths) as store:
        assert listed(store) == set()
    assert not os.path.exists(f"{paths.database}.new")


def test_many_processes_may_create_one_store(paths: Paths) -> None:
    children = []
    for _ in range(8):
        child = os.fork()
        if not child:
            code = 1
            try:
                with Store(paths) as store:
                    code = len(listed(store))
            finally:
                os._exit(code)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 8


def test_a_root_that_is_a_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match="cannot open the store"):
        Store(Paths(f"{tmp_path}/file", f"{tmp_path}/run"))


@pytest.mark.root
@root
def test_somebody_elses_store_is_not_permitted(store: Store) -> None:
    child = os.fork()
    if not child:
        code = 1
        try:
            os.chmod(os.path.dirname(store.paths.root), 0o755)
            os.setresuid(65534, 65534, 65534)
            Store(store.paths)
        except NotPermitted as error:
            code = 0 if error.resolution else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.root
@root
@pytest.mark.parametrize("exists", [False, True])
def test_a_read_only_disk_is_named(small_disk: Path, exists: bool) -> None:
    paths = Paths(f"{small_disk}/yard", f"{small_disk}/run")
    if exists:
        Store(paths).close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(ReadOnly, match="read-only") as caught, Store(paths) as store:
        add(store, "a")
    assert "--root" in (caught.value.resolution or "")


@pytest.mark.root
@root
def test_a_full_disk_is_named_and_an_ingest_gives_its_space_back(small_disk: Path) -> None:
    paths = Paths(f"{small_disk}/yard", f"{small_disk}/run")
    with Store(paths) as store:
        add(store, "a")
        free = os.statvfs(small_disk).f_bfree
        with store.ingest() as ingest, ingest.blob() as blob, pytest.raises(NoSpace, match="no space"):
            blob.write(b"x" * 10_000_000)
        assert os.statvfs(small_disk).f_bfree == free
        add(store, "b")
        assert_whole(store)


@pytest.mark.root
@root
def test_a_full_disk_can_be_emptied_through_the_store(small_disk: Path) -> None:
    paths = Paths(f"{small_disk}/yard", f"{small_disk}/run")
    with Store(paths) as store:
        add(store, "a")
    filler = small_disk / "filler"
    fill(filler)
    with Store(paths) as store:
        assert listed(store) == {"a"}
        with pytest.raises(NoSpace, match="no space"):
            add_many(store)
        drop(store, "a")
        assert "a" not in listed(store)
        filler.unlink()
    with Store(paths) as store:
        assert_clean(store)
        add(store, "b")
        drop(store, "b")
        assert_whole(store)
    assert os.stat(paths.reserve).st_blocks * 512 == SIZE


@pytest.mark.root
@root
def test_a_full_disk_refuses_a_new_store(small_disk: Path) -> None:
    fill(small_disk / "filler")
    paths = Paths(f"{small_disk}/yard", f"{small_disk}/run")
    with pytest.raises(NoSpace, match="no space left"):
        Store(paths)
    (small_disk / "filler").unlink()
    with Store(paths) as store:
        add(store, "a")


def test_opening_imports_little(paths: Paths) -> None:
    Store(paths).close()
    code = (
        "import sys; before = set(sys.modules); from engine.paths import Paths;"
        "from engine.store.store import Store;"
        f"store = Store(Paths({paths.root!r}, {paths.run!r}));"
        "store.query('SELECT * FROM images'); store.close();"
        "print(*sys.modules.keys() - before)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = "dataclasses inspect pathlib subprocess hashlib tempfile shutil logging asyncio"
    assert set(heavy.split()) & set(loaded) == set()


def test_opening_again_is_quick(paths: Paths) -> None:
    Store(paths).close()
    fastest = 1.0
    for _ in range(20):
        begin = time.perf_counter()
        Store(paths).close()
        fastest = min(fastest, time.perf_counter() - begin)
    assert fastest < 0.02

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.kernel import mounts
from engine.paths import Paths
from engine.snapshots import choice
from engine.snapshots.choice import choose, overlay_works
from engine.store.store import Store

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount")


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.delenv(choice.VARIABLE, raising=False)
    paths = Paths(f"{tmp_path}/yard", f"{tmp_path}/run")
    Store(paths).close()
    return paths


@pytest.mark.parametrize("name", ["overlay", "copy"])
def test_the_environment_decides(paths: Paths, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(choice.VARIABLE, name)
    assert choose(paths).name == name
    assert not os.path.exists(paths.snapshotter)


def test_the_environment_may_be_wrong(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(choice.VARIABLE, "zfs")
    with pytest.raises(InvalidInput, match="STACKYARD_SNAPSHOTTER is 'zfs'"):
        choose(paths)


@pytest.mark.parametrize(("works", "name"), [(True, "overlay"), (False, "copy")])
def test_the_kernel_is_asked_once(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, works: bool, name: str
) -> None:
    asked = []

    def ask(folder: str) -> bool:
        asked.append(folder)
        return works

    monkeypatch.setattr(choice, "overlay_works", ask)
    assert [choose(paths).name for _ in range(3)] == [name] * 3
    assert asked == [paths.ingest]


@pytest.mark.parametrize("text", ["", "overlay", "1.2.3 4 0 overlay", "\xff\xfe", "x" * 5000])
def test_another_kernel_or_nonsense_asks_again(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    Path(paths.snapshotter).write_text(text, encoding="latin-1")
    monkeypatch.setattr(choice, "overlay_works", lambda folder: False)
    assert choose(paths).name == "copy"


def test_a_refusal_is_an_answer(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(mounts, "create", refuse)
    assert not overlay_works(paths.ingest)
    assert os.listdir(paths.ingest) == []


def test_a_folder_that_cannot_be_written_to_is_no_place_for_an_overlay(tmp_path: Path) -> None:
    assert not overlay_works(f"{tmp_path}/none")


@pytest.mark.root
@root
def test_this_kernel_grants_an_overlay_by_either_call(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/proc/filesystems") as file:
        if "overlay" not in file.read():
            pytest.skip("this kernel has no overlay")
    assert overlay_works(paths.ingest)

    def missing(*_: object, **__: object) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(mounts, "create", missing)
    assert overlay_works(paths.ingest)
    assert os.listdir(paths.ingest) == []


@pytest.mark.root
@root
def test_an_overlay_on_an_overlay_is_refused_and_copied(paths: Paths, tmp_path: Path) -> None:
    from tests.engine.snapshots.stacks import inside

    union = choice.Overlay().prepare(str(tmp_path), (paths.root,))
    if not overlay_works(paths.ingest):
        pytest.skip("this kernel has no overlay here")
    assert inside(union, f"{tmp_path}/at", lambda at: overlay_works(f"{at}/ingest")) is False

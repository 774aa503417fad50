"""A second process that looks for changes: it saves time and changes nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.build.context import scanned as scanning
from engine.build.context import scout
from engine.build.context.tree import Tree
from engine.kernel import files

FOLDERS = 8


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of which there is a memo."""
    folder = tmp_path / "folder"
    for number in range(FOLDERS):
        (folder / f"d{number}").mkdir(parents=True)
        for name in range(200):
            (folder / f"d{number}/{name}").write_text(f"{name}\n")
    time.sleep(0.08)
    tree = Tree(os.open(folder, files.DIRECTORY), "", place=str(tmp_path / "digests/memo"))
    tree.digest(b"")
    tree.close()
    return folder


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The directories that this process scanned itself."""
    paths: list[bytes] = []
    scan = scanning.scan

    def counting(path: bytes, *more: object, **options: object) -> object:
        paths.append(path)
        return scan(path, *more, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(scanning, "scan", counting)
    return paths


@pytest.fixture
def another(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tree]:
    """The next build's tree; other tests may have left threads in this process."""
    monkeypatch.setattr(scout, "worth_it", bool)
    another = Tree(os.open(folder, files.DIRECTORY), "", place=str(folder.parent / "digests/memo"))
    yield another
    another.close()
    assert another._scout is None


def plain(folder: Path) -> str:
    """Digest without memory and scout."""
    tree = Tree(os.open(folder, files.DIRECTORY), "")
    try:
        return tree.digest(b"")
    finally:
        tree.close()


def test_spares_this_process_what_did_not_change(folder: Path, another: Tree, scanned: list[bytes]) -> None:
    another.prepare()
    time.sleep(0.3)
    another.scan()
    assert scanned == []
    assert len(list(another.walk(b""))) == 1 + FOLDERS + FOLDERS * 200
    assert another.digest(b"") == plain(folder)


@pytest.mark.parametrize("change", [
    lambda folder: (folder / "d3/7").write_text("7!"),
    lambda folder: (folder / "d3/7").unlink(),
    lambda folder: (folder / "d3/new").write_text("x"),
    lambda folder: (folder / "d3").rename(folder / "moved"),
], ids=["content", "deleted", "new", "renamed"])  # fmt: skip
def test_overlooks_nothing(change: object, folder: Path, another: Tree) -> None:
    before = plain(folder)
    change(folder)  # type: ignore[operator]
    another.prepare()
    another.scan()
    assert another.digest(b"") == plain(folder) != before


def test_is_not_waited_for(folder: Path, another: Tree) -> None:
    another.prepare()
    started = time.monotonic()
    another.scan()
    assert another.digest(b"") == plain(folder)
    assert time.monotonic() - started < 10


def test_may_be_called_off(another: Tree) -> None:
    another.prepare()


@pytest.mark.parametrize(("threads", "files", "expected"), [
    (0, 5000, "True"), (1, 5000, "False"), (0, 100, "False"),
])  # fmt: skip
def test_is_made_for_much_by_a_process_without_threads(threads: int, files: int, expected: str) -> None:
    program = f"""
import threading, time
from engine.build.context.memo import Remembered, pack
from engine.build.context.scout import worth_it
for _ in range({threads}):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
packed = pack([(0o100644, n, 1, 0, 0, n, 0, n << 60, n << 60) for n in range({files})])
print(worth_it({{b"": Remembered("", "", "", packed, b"", {{}}, {{}}, (), 0, (), b"")}}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (expected if (os.cpu_count() or 1) > 1 else "False")

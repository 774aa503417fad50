"""A container that swaps paths with links to the host while files are copied in and out (CVE-2018-15664)."""

from __future__ import annotations

import io
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.containers.options import Options
from engine.engine import Engine
from engine.errors import EngineError

pytestmark = pytest.mark.root
SECONDS = float(os.environ.get("STACKYARD_RACE_SECONDS", "2"))
"""How long each direction is tried; a minute by hand."""

SWAP = """
import ctypes, os, sys
victim = sys.argv[1]
os.makedirs("/race/real/deep"); os.makedirs(victim + "/deep")
for place in ("/race/real", victim):
    for name in ("file", "deep/file"):
        open(f"{place}/{name}", "w").write("inside")
os.symlink(victim, "/race/link")
os.symlink("../" * 20 + victim, "/race/climb")
libc = ctypes.CDLL(None)
turn = [b"/race/link", b"/race/climb"]
os.rename("/race/real", "/race/x")
open("/race/ready", "w").close()
while True:
    for other in turn:
        libc.renameat2(-100, b"/race/x", -100, other, 2)
        libc.renameat2(-100, b"/race/x", -100, other, 2)
"""


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder of the host that must neither be read nor written."""
    place = tmp_path / "victim"
    (place / "deep").mkdir(parents=True)
    for name in ("file", "deep/file"):
        (place / name).write_text("the host's secret")
    return place


@pytest.fixture
def racer(yard: Engine, python_image: str, victim: Path) -> str:
    """A container that swaps for as long as it lives."""
    options = Options(command=("python3", "-c", SWAP, str(victim)))
    id = yard.containers.create(python_image, options)
    yard.containers.start(id)
    for _ in range(600):
        try:
            yard.containers.copy_from(id, "/race/ready", io.BytesIO())
            return id
        except EngineError:
            time.sleep(0.05)
    raise AssertionError("the container never began")


def listing(place: Path) -> dict[str, str]:
    return {str(path.relative_to(place)): path.read_text() for path in place.rglob("*") if path.is_file()}


def race(attempts: list[bool], attempt: Callable[[], object], share: float) -> None:
    """Try until the time is over; what the container makes impossible is no failure."""
    end = time.monotonic() + SECONDS * share
    while time.monotonic() < end:
        try:
            attempt()
            attempts.append(True)
        except EngineError:
            attempts.append(False)


def test_nothing_of_the_host_is_read(yard: Engine, racer: str) -> None:
    attempts: list[bool] = []
    paths = ("/race/x", "/race/x/", "/race/x/file", "/race/x/deep/file", "/race/x/deep/.")
    for path, follow in itertools.product(paths, (False, True)):

        def out(path: str = path, follow: bool = follow) -> None:
            stream = io.BytesIO()
            yard.containers.copy_from(racer, path, stream, follow=follow)
            assert b"secret" not in stream.getvalue(), f"{path} led to the host"

        race(attempts, out, 1 / 10)
    print(len(attempts), "tried,", sum(attempts), "copied")
    assert sum(attempts) > 10


def test_nothing_of_the_host_is_written(yard: Engine, racer: str, victim: Path, tmp_path: Path) -> None:
    before = listing(victim)
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "file").write_text("written by cp")
    (source / "deep" / "new").write_text("written by cp")
    attempts: list[bool] = []
    for path, what in (("/race/x", "file"), ("/race/x/", "file"), ("/race/x/deep", "file"), ("/race/x", ".")):

        def into(path: str = path, what: str = what) -> None:
            yard.containers.copy_to(racer, f"{source}/{what}", path)

        race(attempts, into, 1 / 4)
    print(len(attempts), "tried,", sum(attempts), "copied")
    assert listing(victim) == before
    assert sum(attempts) > 5

"""A build that is interrupted, whenever and however: nothing runs on or stays mounted, the next is good."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.engine import Engine
from tests.system.runs import groups, lives

pytestmark = pytest.mark.root

HERE = Path(__file__).resolve().parents[2]
DOCKERFILE = """FROM yard/base AS one
RUN echo a > /a; sleep {token}.1 & echo background
RUN sleep 0.02; echo b > /b
FROM yard/base AS two
RUN --mount=type=cache,target=/c,sharing=locked echo c > /c/x; sleep 0.02
FROM yard/base
COPY --from=one /a /
RUN sleep {pause}; echo d > /d
RUN --mount=from=two,target=/t ls /t > /dev/null; echo e > /e
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    context = tmp_path / "context"
    context.mkdir()
    return context


def _begin(context: Path, root: str, token: str, pause: str) -> subprocess.Popen[bytes]:
    (context / "Dockerfile").write_text(DOCKERFILE.format(token=token, pause=pause))
    return _started(context, root)


def _started(context: Path, root: str) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "app.main", "--root", root, "build", "--no-cache", str(context)]
    return subprocess.Popen(
        words, cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def _runners(root: str) -> list[int]:
    """List the runners of builds in this store."""
    found = subprocess.run(["pgrep", "-f", f"main\\('{root}/seccomp'"], capture_output=True, text=True)
    return [pid for pid in map(int, found.stdout.split()) if lives(pid)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
@pytest.mark.parametrize("delay", [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4])
def test_nothing_is_left(
    context: Path, yard: Engine, yard_root: str, delay: float, number: signal.Signals
) -> None:
    token = f"7{int(delay * 100):03}{number.value:02}"
    with _begin(context, yard_root, token, pause="30") as build:
        time.sleep(delay)
        build.send_signal(number)
        build.communicate(timeout=20)
    deadline = time.monotonic() + 5
    while (_runners(yard_root) or _sleeps(token)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _runners(yard_root)
    assert not _sleeps(token)
    assert yard_root not in Path("/proc/self/mountinfo").read_text()
    again = Engine(yard_root)
    assert again.images.list()
    again.close()
    assert os.listdir(yard.store.paths.ingest) == []
    if number == signal.SIGINT and delay >= 0.2:
        assert build.returncode == 130


def test_the_build_after_it_is_good_and_no_group_is_left(context: Path, yard_root: str) -> None:
    with _begin(context, yard_root, "7999", pause="30") as build:
        time.sleep(0.3)
        assert (runners := _runners(yard_root))
        build.kill()
        build.communicate()
    with _begin(context, yard_root, "7999", pause="0") as build:
        out, _ = build.communicate(timeout=60)
    assert build.returncode == 0, out.decode()
    assert not [name for name in groups() if name.rpartition("-")[2] in map(str, runners)]


def test_ctrl_c_ends_a_program_that_ignores_it(context: Path, yard_root: str) -> None:
    text = "FROM yard/base\nRUN trap '' INT TERM; echo here; sleep 7998 & wait\n"
    (context / "Dockerfile").write_text(text)
    with _started(context, yard_root) as build:
        assert build.stdout
        for line in build.stdout:
            if line == b"here\n":
                break
        began = time.monotonic()
        build.send_signal(signal.SIGINT)
        build.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert build.returncode == 130
    assert not _sleeps("7998")


def _sleeps(token: str) -> bool:
    return subprocess.run(["pgrep", "-f", f"sleep {token}"], capture_output=True).returncode == 0

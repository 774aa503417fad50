"""Builds that go wrong, as a user sees them: a sentence says what and where, and the next one is good."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.engine import Engine
from tests.conftest import BASE
from tests.system.test_bad_input import fill, on, said

pytestmark = pytest.mark.root

HERE = Path(__file__).parents[2]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


def failed(context: Path, root: str, dockerfile: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Build what cannot be built."""
    (context / "Dockerfile").write_text(dockerfile)
    done = build(context, root, *words)
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode != 0
    return done


def build(context: Path, root: str, *words: str) -> subprocess.CompletedProcess[str]:
    return started(context, root, *words).finish()


class Started(subprocess.Popen[str]):
    def finish(self) -> subprocess.CompletedProcess[str]:
        out, err = self.communicate(timeout=60)
        return subprocess.CompletedProcess(self.args, self.returncode, out, err)


def started(context: Path, root: str, *words: str) -> Started:
    command = [sys.executable, "-m", "app.main", "--root", root, "build", *words, str(context)]
    pipe = subprocess.PIPE
    return Started(command, cwd=HERE, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)


# A program that fails


def test_a_failing_program_is_told_with_its_code_its_last_lines_and_its_place(
    context: Path, yard_root: str
) -> None:
    text = (
        f"FROM {BASE}\nRUN echo well > /well\n"
        "RUN seq 3; \\\n    echo ouch >&2; \\\n    exit 42\nRUN echo never\n"
    )
    done = failed(context, yard_root, text)

    assert done.returncode == 42
    assert done.stdout.endswith("\n1\n2\n3\n\x1b[91mouch\n\x1b[0m")
    assert "The command '/bin/sh -c seq 3;     echo ouch >&2;     exit 42' returned a non-zero code: 42" in (
        done.stderr
    )
    assert "never" not in done.stdout


# A full disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, with a store that holds the base image."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=True)
    assert on(folder, "import", "--from-host").returncode == 0
    yield folder
    deadline = time.monotonic() + 10
    # Whatever ran on or stayed mounted would keep it busy.
    while subprocess.run(["umount", folder], capture_output=True).returncode:
        assert time.monotonic() < deadline
        time.sleep(0.05)


FULL = {
    "a program's own": ("RUN head -c 104857600 /dev/zero > /zeros", "code: 1: no space left on device"),
    "what is copied": ("COPY big /", "no space left on device"),
    "what is unpacked": ("ADD big.tar /", "no space left on device"),
}


@pytest.mark.parametrize("case", FULL)
def test_a_disk_that_is_full_in_the_middle_costs_only_that_step(disk: Path, context: Path, case: str) -> None:
    step, sentence = FULL[case]
    big = context / "big"
    with open(big, "wb") as file:
        file.truncate(100 << 20)
        for place in range(0, 100 << 20, 4096):
            os.pwrite(file.fileno(), b"x", place)
    subprocess.run(["tar", "-cf", "big.tar", "big"], cwd=context, check=True)
    start = f"FROM {BASE}\nRUN echo well > /well\n"
    done = failed(context, f"{disk}/yard", f"{start}{step}\n")

    assert sentence in done.stderr
    assert "Free some space" in done.stderr
    assert os.listdir(disk / "yard/ingest") == []
    assert str(disk / "yard") not in Path("/proc/self/mountinfo").read_text()
    big.write_text("small")
    subprocess.run(["tar", "-cf", "big.tar", "big"], cwd=context, check=True)
    (context / "Dockerfile").write_text(f"{start}{step.replace('104857600', '100')}\n")
    after = build(context, f"{disk}/yard", "-t", "after")
    assert after.returncode == 0, after.stderr
    assert after.stdout.count("Using cache") == 1
    assert on(disk, "run", "--rm", "after", "cat", "/well").stdout == "well\n"


def test_a_disk_that_is_full_before_it_begins_is_told(disk: Path, context: Path) -> None:
    filler = fill(disk)
    done = failed(context, f"{disk}/yard", f"FROM {BASE}\nRUN echo well > /well\n")

    assert "no space left on device" in said(done)
    filler.unlink()
    assert build(context, f"{disk}/yard").returncode == 0


# Two at once


def test_two_builds_of_the_same_at_once_are_both_right(context: Path, yard: Engine, yard_root: str) -> None:
    (context / "file").write_text(f"{context}\n")
    (context / "Dockerfile").write_text(
        f"FROM {BASE} AS one\nRUN echo one > /one; sleep 0.1\nFROM {BASE}\nCOPY file /\n"
        "RUN sleep 0.1; cat /file > /two\nCOPY --from=one /one /\nRUN cat /one /two\n"
    )
    both = [started(context, yard_root, "-q", "-t", f"twin:{number}") for number in range(3)]
    done = [one.finish() for one in both]

    assert [one.returncode for one in done] == [0, 0, 0], done
    for number, one in enumerate(done):
        image = yard.images.get(f"twin:{number}")
        assert one.stdout.strip() == image.id
        assert run(yard_root, f"twin:{number}") == f"one\n{context}\n"
    assert os.listdir(yard.store.paths.ingest) == []
    again = build(context, yard_root, "-q").stdout.strip()
    assert again in {one.stdout.strip() for one in done}


def run(root: str, image: str) -> str:
    command = [sys.executable, "-m", "app.main", "--root", root, "run", "--rm", image, "cat", "/one", "/two"]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True).stdout


# What cannot be meant

REFUSED = {
    "a circle": (
        f"FROM {BASE} AS a\nCOPY --from=b /x /\nFROM {BASE} AS b\nCOPY --from=a /x /\n",
        "circular dependency detected on stage: b",
    ),
    "itself": (
        f"FROM {BASE} AS a\nCOPY --from=a /x /\n",
        "circular dependency detected on stage: a",
    ),
    "a missing file": (f"FROM {BASE}\nCOPY nothing /\n", "COPY failed: file not found in build context"),
    "an unknown instruction": (f"FROM {BASE}\nRAN true\n", "unknown instruction: RAN"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_meant_is_told_with_its_line(context: Path, yard_root: str, case: str) -> None:
    text, sentence = REFUSED[case]

    assert sentence in failed(context, yard_root, text).stderr


@pytest.mark.parametrize("source", ["../secret", "out", "deep/out", "up", "/../secret"])
def test_nothing_outside_the_context_is_ever_copied(
    context: Path, yard: Engine, yard_root: str, source: str
) -> None:
    (context.parent / "secret").mkdir()
    (context.parent / "secret/key").write_text("precious")
    (context / "deep").mkdir()
    (context / "out").symlink_to("../secret")
    (context / "deep/out").symlink_to(str(context.parent / "secret"))
    (context / "up").symlink_to("..")
    done = failed(context, yard_root, f"FROM {BASE}\nCOPY {source}/key /key\n")

    assert "COPY failed" in done.stderr or "orbidden path" in done.stderr
    assert "precious" not in done.stdout + done.stderr

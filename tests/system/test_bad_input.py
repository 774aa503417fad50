"""Careless users, full disks and missing rights: one clear sentence each, and docker's exit code."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.engine import Engine

pytestmark = pytest.mark.root

BASE = "yard/base:latest"
HERE = Path(__file__).parents[2]
Stackyard = Callable[..., "subprocess.CompletedProcess[str]"]


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return what was complained of, which is never a traceback and never empty."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr
    assert done.stderr.endswith("\n")
    return done.stderr


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("run", "ghost"), 125, "Unable to find image 'ghost:latest' locally"),
        (("run", "--pull", "never", "ghost"), 125, "No such image: ghost:latest"),
        (("create", "ghost:1"), 1, "Unable to find image 'ghost:1' locally"),
        (("run", "UPPER"), 125, "repository name (library/UPPER) must be lowercase"),
        (("run", "a b"), 125, "invalid reference format"),
        (("run", "x@sha256:12"), 125, "invalid reference format"),
        (("run", ""), 125, "invalid reference format"),
        (("run", "--name", "x/y", BASE, "true"), 125, "Invalid container name (x/y)"),
        (("run", "-w", "rel", BASE, "true"), 125, "the working directory 'rel' is invalid"),
        (("run", "--stop-signal", "FOO", BASE, "true"), 125, "Invalid signal: FOO"),
        (("run", "--memory", "1m", BASE, "true"), 125, "Minimum memory limit allowed is 6MB"),
        (("run", "--cap-add", "FLY", BASE, "true"), 125, 'invalid CapAdd: unknown capability: "CAP_FLY"'),
        (("run", "--tmpfs", "/", BASE, "true"), 125, "invalid specification: destination can't be '/'"),
        (("run", "--security-opt", "x=y", BASE, "true"), 125, 'invalid --security-opt: "x=y"'),
        (("run", "-u", "ghost", BASE, "true"), 125, "unable to find user ghost: no matching entries"),
        (("run", "-e", "=x", BASE, "true"), 125, "invalid environment variable: =x"),
        (("start", "ghost"), 1, "No such container: ghost"),
        (("logs", "ghost"), 1, "No such container: ghost"),
        (("rm", "ghost"), 1, "No such container: ghost"),
        (("ps", "--filter", "colour=red"), 1, "invalid filter 'colour'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_slip_is_told_in_a_sentence(
    stackyard: Stackyard, words: tuple[str, ...], code: int, sentence: str
) -> None:
    done = stackyard(*words)
    assert sentence in said(done)
    assert done.returncode == code
    assert stackyard("ps", "-aq").stdout.count("\n") <= 1


def test_the_beginning_of_two_ids_is_ambiguous(stackyard: Stackyard, yard: Engine) -> None:
    ids: list[str] = []
    while len({id[0] for id in ids}) == len(ids):
        ids.append(stackyard("create", BASE, "true").stdout.strip())
    first = next(id[0] for id in ids if sum(other[0] == id[0] for other in ids) > 1)
    assert f"Multiple IDs found with provided prefix: {first}" in said(stackyard("stop", first))
    assert stackyard("rm", ids[0]).returncode == 0


# Stores that cannot be used


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own, with a store that holds the base image and an ended container."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", folder], check=True)
    assert on(folder, "import", "--from-host").returncode == 0
    assert on(folder, "run", "--name", "old", BASE, "echo", "logged").returncode == 0
    yield folder
    on(folder, "rm", "-f", "old", "chatty", "code")
    subprocess.run(["umount", "-l", folder], check=True)


def on(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.main", "--root", str(folder / "yard"), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=HERE, stdin=subprocess.DEVNULL)


def fill(folder: Path) -> Path:
    path = folder / "filler"
    with open(path, "wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 65536):
                pass
        except OSError:
            return path
    raise AssertionError


def test_a_full_disk_is_told_and_can_be_lived_with(disk: Path) -> None:
    ticking = "i=0; while :; do echo $i; i=$((i+1)); sleep 0.01; done"
    assert on(disk, "run", "-d", "--name", "chatty", BASE, "sh", "-c", ticking).returncode == 0
    filler = fill(disk)
    run, create = ("run", "--rm", BASE, "true"), ("create", BASE, "true")
    for words in (run, create, ("start", "old"), ("start", "-a", "old")):
        complaint = said(on(disk, *words))
        assert "no space left on device" in complaint
        assert "Free some space" in complaint
    assert on(disk, "logs", "old").stdout == "logged\n"
    assert "chatty" in on(disk, "ps").stdout
    assert on(disk, "stop", "-t", "0", "chatty").returncode == 0
    assert on(disk, "rm", "old").returncode == 0
    filler.unlink()
    assert on(disk, "run", "--rm", BASE, "echo", "fine").stdout == "fine\n"


def test_an_exit_code_survives_a_disk_that_filled_up_meanwhile(disk: Path) -> None:
    line = "trap 'exit 9' TERM; echo ready; while :; do sleep 0.02; done"
    on(disk, "run", "-d", "--name", "code", BASE, "sh", "-c", line)
    while "ready" not in on(disk, "logs", "code").stdout:
        pass
    fill(disk)
    assert on(disk, "stop", "code").returncode == 0
    assert on(disk, "inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "code").stdout == "exited 9\n"


def test_a_read_only_store_can_be_read_and_nothing_else(disk: Path) -> None:
    for _ in range(100):
        if subprocess.run(["mount", "-o", "remount,ro", disk], capture_output=True).returncode == 0:
            break
    try:
        assert on(disk, "logs", "old").stdout == "logged\n"
        assert "old" in on(disk, "ps", "-a").stdout
        assert on(disk, "inspect", "-f", "{{.State.Status}}", "old").stdout == "exited\n"
        run, create = ("run", "--rm", BASE, "true"), ("create", BASE, "true")
        for words in (run, create, ("start", "old"), ("rm", "old"), ("rename", "old", "new")):
            complaint = said(on(disk, *words))
            assert "read-only file system" in complaint
            assert "Choose a writable folder with --root." in complaint
    finally:
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)


def test_a_store_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    on(tmp_path, "ps")
    with sqlite3.connect(tmp_path / "yard/stackyard.db") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    for words in (("ps", "-a"), ("run", BASE, "true")):
        assert "version" in said(on(tmp_path, *words))


@pytest.mark.parametrize("root", ["/proc/nowhere", "/etc/passwd", "/dev/null/x"])
def test_a_root_that_cannot_be_is_told(root: str) -> None:
    command = [sys.executable, "-m", "app.main", "--root", root, "ps"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE)
    assert f"cannot open the store {root}" in said(done)


# Without rights


NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
          "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]  # fmt: skip
"""Nobody, who may read this checkout and its Python wherever they are."""


@pytest.fixture
def nobodys(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line as a user without rights, on a store of its own."""
    probe = [*NOBODY, sys.executable, "-c", "import app.main"]
    if subprocess.run(probe, capture_output=True, cwd=HERE).returncode:
        pytest.skip("needs setpriv")
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        os.chmod(folder, 0o755)
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*NOBODY, sys.executable, "-m", "app.main", "--root", str(home / "yard"), *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=HERE, stdin=subprocess.DEVNULL)

    return run


def test_who_may_not_start_containers_is_told_what_to_do(
    nobodys: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    assert nobodys("ps", "-a").returncode == 0
    assert nobodys("import", "--from-host").returncode == 0
    done = nobodys("run", "--rm", BASE, "true")
    assert "un as root" in said(done)
    assert done.returncode == 125
    assert nobodys("ps", "-aq").stdout == ""


def test_who_may_not_read_the_store_is_told_what_to_do(
    nobodys: Callable[..., subprocess.CompletedProcess[str]], yard_root: str
) -> None:
    words = [*NOBODY, sys.executable, "-m", "app.main", "--root", yard_root, "ps"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=HERE)
    complaint = said(done)
    assert "permission denied" in complaint
    assert "Run as root, or choose a folder of your own with --root." in complaint

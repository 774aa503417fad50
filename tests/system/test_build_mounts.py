"""RUN's mounts in whole builds: where they take from, when a step runs again, what is left of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from engine.engine import Engine

pytestmark = pytest.mark.root

Build = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def build(stackyard: Build, tmp_path: Path, yard: Engine) -> Build:
    """Write a Dockerfile on the base image and build it."""
    context = tmp_path / "context"
    context.mkdir()

    def run(lines: str, *flags: str) -> CompletedProcess[str]:
        (context / "Dockerfile").write_text(f"FROM yard/base AS base\n{lines}\n")
        return stackyard("build", *flags, str(context))

    return run


@pytest.fixture
def context(tmp_path: Path, build: Build) -> Path:
    return tmp_path / "context"


def test_a_bind_of_the_context_runs_again_when_what_it_shows_changes(build: Build, context: Path) -> None:
    (context / "src").mkdir()
    (context / "src" / "main").write_text("one")
    text = "RUN --mount=source=src,target=/src cat /src/main"
    assert "one" in build(text).stdout
    (context / "other").write_text("not shown")
    assert "Using cache" in build(text).stdout
    (context / "src" / "main").write_text("two")
    assert "two" in build(text).stdout


def test_a_bind_shows_nothing_that_the_context_ignores(build: Build, context: Path) -> None:
    (context / ".dockerignore").write_text("*.key\ndeep\n!deep/kept\n")
    (context / "deep").mkdir(mode=0o750)
    for name in ("a.key", "deep/gone", "deep/kept", "plain"):
        (context / name).write_text("")
    done = build("RUN --mount=target=/src cd /src; find . | sort; stat -c %a deep; cat a.key || true")
    assert [line for line in done.stdout.splitlines() if line.startswith(".") or line == "750"] == [
        ".", "./.dockerignore", "./Dockerfile", "./deep", "./deep/kept", "./plain", "750",
    ]  # fmt: skip
    assert sorted(os.listdir(context)) == [".dockerignore", "Dockerfile", "a.key", "deep", "plain"]


def test_a_bind_from_a_stage_an_image_or_a_named_context(build: Build, tmp_path: Path) -> None:
    (tmp_path / "named").mkdir()
    (tmp_path / "named" / "file").write_text("from a named context\n")
    lines = """RUN echo from a stage > /made
FROM yard/base
RUN --mount=from=base,source=/made,target=/m cat /m
RUN --mount=from=yard/base,target=/i ls -d /i/etc
RUN --mount=from=named,target=/n,rw cat /n/file; echo more > /n/file"""
    done = build(lines, "--build-context", f"named={tmp_path}/named")
    assert done.returncode == 0, done.stderr
    for line in ("from a stage", "/i/etc", "from a named context"):
        assert f"\n{line}\n" in done.stdout
    assert (tmp_path / "named" / "file").read_text() == "from a named context\n"


def test_a_source_that_is_not_there_fails_the_step(build: Build) -> None:
    done = build("RUN --mount=source=nothing,target=/x true")
    assert done.returncode == 1
    assert '"nothing" not found' in done.stderr


def test_a_cache_is_there_again_in_the_next_build_and_builder_prune_takes_it(
    build: Build, stackyard: Build
) -> None:
    assert build("RUN --mount=type=cache,target=/c echo 1 >> /c/x").returncode == 0
    assert "11" in build("RUN --mount=type=cache,target=/c echo 1 >> /c/x; tr -d '\\n' < /c/x").stdout
    assert stackyard("builder", "prune", "-af", "--filter", "type=exec.cachemount").returncode == 0
    done = build("RUN --mount=type=cache,target=/c ls /c | wc -l && echo emptied")
    assert "\n0\nemptied\n" in done.stdout


def test_builds_at_once_that_lock_a_cache_wait_for_each_other(stackyard: Build, tmp_path: Path) -> None:
    codes: list[int] = []

    def go(number: int) -> None:
        context = tmp_path / str(number)
        context.mkdir()
        (context / "Dockerfile").write_text(
            "FROM yard/base\nRUN --mount=type=cache,target=/c,sharing=locked "
            f"echo {number}; test ! -e /c/busy && touch /c/busy && sleep 0.3 && rm /c/busy\n"
        )
        codes.append(stackyard("build", "-q", str(context)).returncode)

    threads = [threading.Thread(target=go, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [0, 0, 0]


def test_a_secret_neither_stays_nor_counts(build: Build, tmp_path: Path, yard_root: str) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cr3t-value-1")
    text = "RUN --mount=type=secret,id=token test -s /run/secrets/token && echo seen"
    flags = ("--secret", f"id=token,src={secret}")
    assert "seen" in build(text, *flags).stdout
    secret.write_text("s3cr3t-value-2")
    assert "Using cache" in build(text, *flags).stdout
    for folder, _, names in os.walk(yard_root):
        for name in names:
            path = Path(folder, name)
            assert path.is_symlink() or not path.is_file() or b"s3cr3t-value" not in path.read_bytes()


def test_a_mount_point_is_not_kept(build: Build, yard: Engine, stackyard: Build) -> None:
    mounts = "--mount=type=cache,target=/deep/inside --mount=type=tmpfs,target=/t"
    assert build(f"RUN {mounts} true", "-t", "clean").returncode == 0
    assert yard.images.get("clean").chain == yard.images.get("yard/base").chain, "no layer at all"
    stackyard("rmi", "clean")

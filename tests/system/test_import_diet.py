"""What is loaded: a container's start is quick, and its monitor small, because little is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
SCREEN = {"textual", "rich", "yaml", "click", "pygments"}
EYES = {"watchfiles", "anyio"}
HEAVY = {
    "argparse", "asyncio", "concurrent.futures", "dataclasses", "email", "hashlib", "http", "inspect",
    "logging", "multiprocessing", "pathlib", "shutil", "socket", "ssl", "subprocess", "tarfile", "tempfile",
    "urllib.request", "zipfile",
}  # fmt: skip
"""None of these is needed to run a container, and each costs milliseconds or megabytes."""

NOT_IN_THE_SHIM = HEAVY | {"datetime", "gzip", "locale", "platform", "random", "sqlite3", "threading", "uuid"}

OURS_IN_THE_SHIM = (
    "engine.errors", "engine.events", "engine.kernel", "engine.paths", "engine.runtime", "engine.shim"
)  # fmt: skip


def loaded(program: str) -> set[str]:
    """List the modules that a fresh interpreter, without site, has after a program."""
    words = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(HERE)!r})\n{program}"]
    done = subprocess.run([*words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def after(program: str) -> set[str]:
    return loaded(f"before = set(sys.modules)\n{program}\nprint(*(set(sys.modules) - before))")


def test_the_engine_loads_nothing_of_the_screen() -> None:
    assert not after("import engine; from engine.engine import Engine; Engine") & SCREEN


def test_opening_an_engine_loads_next_to_nothing(tmp_path: Path) -> None:
    modules = after(f"from engine.engine import Engine; Engine({str(tmp_path)!r})")
    assert not modules & (SCREEN | HEAVY)
    assert "sqlite3" not in modules


def test_the_shim_loads_only_what_it_needs() -> None:
    modules = after("import engine.shim.monitor")
    assert not modules & (SCREEN | NOT_IN_THE_SHIM)
    ours = {name for name in modules if name.startswith(("engine.", "app."))}
    assert {name for name in ours if not name.startswith(OURS_IN_THE_SHIM)} == set()


def test_a_runner_loads_even_less_so_that_the_first_step_waits_less() -> None:
    modules = after("import engine.shim.runs")
    assert not modules & (SCREEN | NOT_IN_THE_SHIM | {"json", "hashlib"})
    assert not {name for name in modules if name.startswith(("engine.build", "engine.store", "app."))}


def test_the_shim_loads_no_compiler_of_filters_while_the_cache_has_one() -> None:
    modules = after("import engine.shim.monitor")
    assert "engine.runtime.seccomp.compiler" not in modules
    assert "engine.runtime.seccomp.profile" not in modules


@pytest.mark.root
def test_a_whole_run_loads_neither_screen_nor_weight(
    stackyard: Callable[..., object], yard_root: str
) -> None:
    program = f"""
import os, runpy
real = os._exit
def leave(code):
    os.write(2, ("LOADED " + " ".join(sys.modules) + chr(10)).encode())
    real(code)
os._exit = leave
sys.argv = ["stackyard", "--root", {yard_root!r}, "run", "--rm", "yard/base", "true"]
from app.main import main
main()
"""
    words = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(HERE)!r})\n{program}"]
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    modules = set(done.stderr.rpartition("LOADED ")[2].split())
    assert "app.cli.verbs.run" in modules
    assert not modules & (SCREEN | HEAVY)
    assert not any(name.startswith("app.workbench") for name in modules)


@pytest.mark.root
def test_a_shim_is_small(stackyard: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    id = stackyard("run", "-d", "yard/base", "sleep", "1000").stdout.strip()
    pid = stackyard("inspect", "-f", "{{.State.Pid}}", id).stdout.strip()
    shim = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]
    status = Path(f"/proc/{shim}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    assert int(resident.split()[1]) < 16 << 10
    assert "Threads:\t1\n" in status
    assert "Name:\tstackyard-shim\n" in status


def test_a_build_does_not_load_the_rules_that_nobody_asked_for() -> None:
    modules = after("import engine.build.builder")
    assert "engine.dockerfile.program" in modules
    assert not modules & {"engine.dockerfile.check", "engine.dockerfile.rules", "engine.build.checking"}


def test_the_eyes_of_a_watch_are_opened_only_by_a_watch() -> None:
    assert not after("import engine.engine, app.cli.program, app.cli.verbs.build") & EYES
    assert not after("from engine.develop.watches import Watches; import app.cli.verbs.watch") & EYES

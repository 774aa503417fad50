"""Logs of real containers: rotated while they are read, limited, kept by nobody."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.engine import Engine

pytestmark = pytest.mark.root

BASE = "yard/base:latest"
Stackyard = Callable[..., "subprocess.CompletedProcess[str]"]
COUNT = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"
LINES = [f"line {number}" for number in range(20000)]
SMALL = ("--log-opt", "max-size=20k", "--log-opt", "max-file=3")


def files(yard: Engine, name: str) -> dict[str, int]:
    folder = Path(yard.containers.inspect(name)["LogPath"]).parent
    return {one.name: one.stat().st_size for one in folder.glob("log*") if one.suffix != ".index"}


def test_whoever_is_attached_gets_all(stackyard: Stackyard) -> None:
    run = stackyard("run", "--name", "small", "--network", "none", *SMALL, BASE, "sh", "-c", COUNT)
    assert run.stdout.splitlines() == LINES


def test_only_so_much_is_kept(yard: Engine, stackyard: Stackyard) -> None:
    stackyard("run", "-d", "--name", "small", "--network", "none", *SMALL, BASE, "sh", "-c", COUNT)
    stackyard("wait", "small")
    kept = files(yard, "small")
    assert sorted(kept) == ["log", "log.1", "log.2"]
    assert max(kept.values()) <= 20_000
    said = stackyard("logs", "small").stdout.splitlines()
    assert 0 < len(said) < len(LINES)
    assert said[1:] == LINES[-len(said) + 1 :]
    assert stackyard("logs", "-n", "3000", "small").stdout.splitlines()[-2000:] == LINES[-2000:]


def test_following_goes_on_over_the_ends_of_files(yard: Engine, stackyard: Stackyard) -> None:
    pausing = "[ $((i % 200)) != 0 ] || sleep 0.05"
    slow = f"i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); {pausing}; done"
    stackyard("run", "-d", "--name", "slow", "--network", "none", *SMALL, BASE, "sh", "-c", slow)
    followed = stackyard("logs", "-f", "slow").stdout.splitlines()
    assert followed == LINES[:3000]
    assert "log.1" in files(yard, "slow")


def test_the_next_run_goes_on_in_the_same_log(yard: Engine, stackyard: Stackyard) -> None:
    stackyard("run", "--name", "again", "--network", "none", *SMALL, BASE, "echo", "one")
    stackyard("start", "-a", "again")
    assert stackyard("logs", "again").stdout == "one\none\n"


def test_a_log_that_nobody_keeps(yard: Engine, stackyard: Stackyard) -> None:
    run = stackyard(
        "run", "--name", "none", "--network", "none", "--log-driver", "none", BASE, "sh", "-c", COUNT
    )
    assert run.stdout.splitlines() == LINES
    logs = stackyard("logs", "none", check=False)
    assert logs.returncode == 1
    assert logs.stderr.startswith("Error: configured logging driver does not support reading")
    told = yard.containers.inspect("none")
    assert (told["LogPath"], told["HostConfig"]["LogConfig"]) == ("", {"Type": "none", "Config": {}})
    folder = yard.paths.container(told["Id"]).bundle
    assert sum(one.stat().st_size for one in Path(folder).glob("log*")) <= 1 << 20


def test_details_are_what_the_options_name(yard: Engine, stackyard: Stackyard) -> None:
    chosen = ("-l", "a=1", "-l", "b=x y", "-e", "E=5", "--log-opt", "labels=b", "--log-opt", "env=E")
    stackyard("run", "--name", "told", "--network", "none", *chosen, BASE, "echo", "hi")
    assert stackyard("logs", "--details", "told").stdout == "E=5,b=x+y hi\n"


@pytest.mark.parametrize("moment", ["soon", "2020-13-01"])
def test_what_is_no_moment(yard: Engine, stackyard: Stackyard, moment: str) -> None:
    stackyard("create", "--name", "quiet", "--network", "none", BASE, "true")
    said = stackyard("logs", "--since", moment, "quiet", check=False)
    assert said.returncode == 1
    assert f'invalid value for "since": failed to parse value as time or duration: "{moment}"' in said.stderr

"""`stats`, `top` and `port` on real containers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.containers.options import Options
from engine.engine import Engine
from engine.errors import NotFound
from tests.conftest import BASE, Stackyard

pytestmark = pytest.mark.root
HERE = Path(__file__).parents[2]
BUSY = "while :; do :; done"
Run = Callable[..., str]


@pytest.fixture
def run(yard: Engine) -> Run:
    def run(name: str, command: str) -> str:
        options = Options(command=("sh", "-c", command), name=name, network="none")
        id = yard.containers.create(BASE, options)
        yard.containers.start(id)
        return id

    return run


def figures(stackyard: Stackyard, *words: str) -> list[dict[str, str]]:
    done = stackyard("stats", "--no-stream", "--format", "json", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_stats_tell_what_is_used(run: Run, stackyard: Stackyard) -> None:
    limited = ("run", "-d", "--name", "idle", "--network", "none", "--memory", "64m", BASE, "sh", "-c")
    stackyard(*limited, "sleep 1000 & sleep 1000 & wait")
    run("busy", BUSY)
    busy, idle = figures(stackyard)
    assert (busy["Name"], idle["Name"]) == ("busy", "idle")
    assert float(busy["CPUPerc"].removesuffix("%")) > 5 > float(idle["CPUPerc"].removesuffix("%"))
    assert idle["MemUsage"].endswith(" / 64MiB")
    assert idle["PIDs"] == "3"
    assert (idle["NetIO"], idle["ID"]) == ("0B / 0B", idle["Container"])


def test_stats_of_what_does_not_run(run: Run, stackyard: Stackyard) -> None:
    run("idle", "sleep 1000")
    id = stackyard("create", "--name", "spare", BASE, "true").stdout[:12]
    assert [row["Name"] for row in figures(stackyard)] == ["idle"]
    assert {row["Name"] for row in figures(stackyard, "--all")} == {"idle", "spare"}
    (spare,) = figures(stackyard, "spare")
    assert spare == {
        "BlockIO": "0B / 0B", "CPUPerc": "0.00%", "Container": "spare", "ID": id, "MemPerc": "0.00%",
        "MemUsage": "0B / 0B", "Name": "spare", "NetIO": "0B / 0B", "PIDs": "0",
    }  # fmt: skip
    done = stackyard("stats", "--no-stream", "nobody")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "Error: No such container: nobody")


def test_stats_draw_the_screen_anew_and_end_at_an_interrupt(run: Run, yard: Engine, yard_root: str) -> None:
    run("idle", "sleep 1000")
    words = [sys.executable, "-m", "app.main", "--root", yard_root, "stats"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=HERE) as live:
        assert live.stdout
        first = os.read(live.stdout.fileno(), 65536)
        run("late", "sleep 1000")
        seen = b""
        while b"late" not in seen:
            seen = os.read(live.stdout.fileno(), 65536)
        live.send_signal(2)
        assert live.wait(20) in (0, 130)
    assert first.startswith(b"\033[H")
    assert b"CONTAINER ID" in first
    assert b"idle" in first


def test_top_shows_what_ps_says_of_the_containers_own_processes(run: Run, stackyard: Stackyard) -> None:
    run("pair", "sleep 1001 & exec sleep 1002")
    time.sleep(0.2)
    lines = stackyard("top", "pair").stdout.splitlines()
    assert lines[0].split() == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    assert {line.split(None, 7)[7] for line in lines[1:]} == {"sleep 1001", "sleep 1002"}
    assert lines[0].index("PID") == 20
    assert stackyard("top", "pair", "-o", "pid,comm").stdout.splitlines()[0].split() == ["PID", "COMMAND"]


def test_top_without_a_ps_reads_for_itself(run: Run, yard: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    id = run("pair", "exec sleep 1002")
    until(lambda: [row[-1] for row in yard.containers.top(id).rows] == ["sleep 1002"])
    asked = yard.containers.top(id)
    monkeypatch.setenv("PATH", "/nowhere")
    own = yard.containers.top(id)
    assert own.titles == asked.titles
    assert [row[:3] + row[4:] for row in own.rows] == [row[:3] + row[4:] for row in asked.rows]
    from engine.errors import Unsupported

    with pytest.raises(Unsupported, match="no ps"):
        yard.containers.top(id, ["aux"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("pair", "-o", "comm"), "Error: Couldn't find PID field in ps output"),
        (("pair", "-eo", "pid,user=PIDX"), 'Error: specifying "pid,user=PIDX" is not allowed'),
        (("nobody",), "Error: No such container: nobody"),
        (("spare",), "is not running"),
    ],
)
def test_top_refuses_in_dockers_words(
    run: Run, stackyard: Stackyard, words: tuple[str, ...], sentence: str
) -> None:
    run("pair", "sleep 1002")
    stackyard("create", "--name", "spare", BASE, "true")
    done = stackyard("top", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr


def test_port_tells_what_is_published(stackyard: Stackyard) -> None:
    stackyard("create", "--name", "spare", BASE, "true")
    done = stackyard("port", "spare")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stackyard("port", "spare", "80").stderr == "Error: No public port '80/tcp' published for spare\n"
    assert "No such container: nobody" in stackyard("port", "nobody").stderr


def test_a_signal_reaches_one_process_of_a_container_and_no_other(run: Run, yard: Engine) -> None:
    id = run("pair", "trap : TERM; sleep 1001 & wait; wait; sleep 1003")
    until(lambda: "sleep 1001" in [one.command for one in yard.containers.processes(id)])
    child = next(one for one in yard.containers.processes(id) if one.command == "sleep 1001")
    assert child.inner != child.pid
    yard.containers.signal(id, child.pid, "KILL")
    until(lambda: [one.command for one in yard.containers.processes(id)][1:] == ["sleep 1003"])
    with pytest.raises(NotFound, match="No such process in container pair"):
        yard.containers.signal(id, os.getpid(), "TERM")


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)

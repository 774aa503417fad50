"""Pausing, as docker has it: nothing moves, and every other verb knows about it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.containers.options import Options
from engine.engine import Engine
from tests.conftest import Stackyard
from tests.system.conftest import BASE

pytestmark = pytest.mark.root
HERE = Path(__file__).parents[2]
COUNTING = "n=0; while :; do n=$((n+1)); echo $n; sleep 0.01; done"


@pytest.fixture
def counting(yard: Engine) -> str:
    """A container that prints without end."""
    id = yard.containers.create(BASE, Options(command=("sh", "-c", COUNTING), name="counting"))
    yard.containers.start(id)
    until(lambda: any(True for _ in yard.containers.logs(id)))
    return id


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def grows(yard: Engine, id: str) -> bool:
    path = yard.store.paths.container(id).log
    before = os.stat(path).st_size
    time.sleep(0.15)
    return os.stat(path).st_size > before


def test_a_paused_container_does_nothing_until_it_goes_on(
    yard: Engine, stackyard: Stackyard, counting: str
) -> None:
    assert stackyard("pause", "counting").stdout == "counting\n"
    time.sleep(0.05)
    assert not grows(yard, counting)
    assert "(Paused)" in stackyard("ps").stdout
    assert stackyard("ps", "-q", "--filter", "status=paused").stdout.strip() == counting[:12]
    assert stackyard("ps", "-q", "--filter", "status=running").stdout == ""
    state = yard.containers.inspect(counting)["State"]
    assert (state["Status"], state["Running"], state["Paused"]) == ("paused", True, True)
    assert stackyard("unpause", "counting").stdout == "counting\n"
    assert grows(yard, counting)
    assert yard.containers.get(counting).state.status == "running"


def test_what_makes_no_sense_is_refused_in_dockers_words(stackyard: Stackyard, counting: str) -> None:
    def refused(*words: str) -> str:
        done = stackyard(*words)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr.splitlines()[0]

    stackyard("create", "--name", "idle", BASE, "true")
    assert refused("unpause", "counting") == f"Error: Container {counting} is not paused"
    stackyard("pause", "counting")
    assert refused("pause", "counting") == f"Error: Container {counting} is already paused"
    assert refused("start", "counting") == "Error: cannot start a paused container, try unpause instead"
    assert refused("rm", "counting") == (
        f"Error: You cannot remove a paused container {counting}. Unpause and then stop the container before"
        " attempting removal or force remove"
    )
    assert refused("pause", "idle").endswith(" is not running")
    assert refused("unpause", "idle").endswith(" is not paused")
    assert refused("pause", "nobody") == "Error: No such container: nobody"


@pytest.mark.parametrize("words", [("stop", "-t", "1"), ("kill",), ("kill", "-s", "TERM"), ("rm", "-f")])
def test_a_paused_container_can_be_ended(yard: Engine, stackyard: Stackyard, words: tuple[str, ...]) -> None:
    command = ("sh", "-c", "trap 'exit 3' TERM; echo; while :; do sleep 0.01; done")
    id = yard.containers.create(BASE, Options(command=command, name="held"))
    yard.containers.start(id)
    until(lambda: any(True for _ in yard.containers.logs(id)))
    yard.containers.pause(id)
    assert stackyard(*words, "held").stdout == "held\n"
    if words[0] == "rm":
        assert yard.containers.list(all=True) == []
        return
    assert yard.containers.wait(id) == (137 if words == ("kill",) else 3)
    yard.containers.start(id)
    assert yard.containers.get(id).state.status == "running"


def test_a_signal_that_ends_nothing_waits_until_it_goes_on(yard: Engine) -> None:
    command = ("sh", "-c", "trap 'echo heard' USR1; echo; while :; do sleep 0.01; done")
    options = Options(command=command, name="held", stop_signal="SIGTERM")
    id = yard.containers.create(BASE, options)
    yard.containers.start(id)
    until(lambda: any(True for _ in yard.containers.logs(id)))
    yard.containers.pause(id)
    yard.containers.kill(id, "USR1")
    assert yard.containers.get(id).state.status == "paused"
    yard.containers.unpause(id)
    until(lambda: b"heard" in b"".join(entry.data for entry in yard.containers.logs(id)))


def test_events_tell_of_it(yard: Engine, counting: str) -> None:
    yard.containers.pause(counting)
    yard.containers.unpause(counting)
    told = [event.action for event in yard.events.read() if event.id == counting]
    assert told == ["create", "start", "pause", "unpause"]


BEGIN = """
import sys, time
from engine.engine import Engine
from engine.containers.programs import pausing
yard = Engine(sys.argv[1])
one = yard.containers.get(sys.argv[2])
paths = yard.store.paths.container(one.id)
"""
COMMITTER = """
with pausing.still(one, paths, yard.events):
    print(flush=True)
    time.sleep(60)
"""
PAUSER = """
freeze = pausing.freeze
def freeze_and_stay(name):
    freeze(name)
    print(flush=True)
    time.sleep(60)
pausing.freeze = freeze_and_stay
pausing.pause(one, paths, yard.events)
"""


def killed(program: str, root: str, id: str) -> None:
    """Run a program up to where it prints a line, and kill it there."""
    words = [sys.executable, "-c", BEGIN + program, root, id]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=HERE) as client:
        assert client.stdout
        assert client.stdout.readline() == b"\n"
        client.kill()


def test_who_is_killed_while_holding_a_container_for_a_commit_leaves_it_running(
    yard: Engine, yard_root: str, counting: str
) -> None:
    killed(COMMITTER, yard_root, counting)
    until(lambda: yard.containers.get(counting).state.status == "running")
    until(lambda: grows(yard, counting))


def test_who_is_killed_while_pausing_a_container_leaves_it_shown_as_paused(
    yard: Engine, yard_root: str, counting: str
) -> None:
    killed(PAUSER, yard_root, counting)
    assert yard.containers.get(counting).state.status == "paused"
    assert not grows(yard, counting)
    yard.containers.unpause(counting)
    assert grows(yard, counting)


def test_a_monitor_that_dies_takes_the_paused_container_with_it(yard: Engine, counting: str) -> None:
    yard.containers.pause(counting)
    with open(yard.store.paths.container(counting).state, encoding="utf-8") as file:
        os.kill(json.load(file)["shim"], signal.SIGKILL)
    until(lambda: not yard.containers.get(counting).state.running)
    assert yard.containers.get(counting).state.exit_code == 137
    yard.containers.start(counting)
    assert grows(yard, counting)

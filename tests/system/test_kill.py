"""Whoever dies, at whatever moment: output and ends are told rightly, and nothing is left over."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.engine import Engine

pytestmark = pytest.mark.root

BASE = "yard/base:latest"
HERE = Path(__file__).parents[2]
Stackyard = Callable[..., "subprocess.CompletedProcess[str]"]


def state(stackyard: Stackyard, name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(stackyard("inspect", name).stdout)[0]["State"]
    return found


def eventually(look: Callable[[], object], seconds: float = 5.0) -> object:
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def names(stackyard: Stackyard) -> list[str]:
    return stackyard("ps", "-a", "--format", "{{.Names}}").stdout.split()


def processes_of(id: str) -> list[int]:
    """List the processes whose control group is this container's."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if id in Path(f"/proc/{name}/cgroup").read_text():
                found.append(int(name))
        except OSError:
            continue
    return found


def groups_of(id: str) -> list[str]:
    words = ["find", "/sys/fs/cgroup", "-type", "d", "-name", id]
    return subprocess.run(words, capture_output=True, text=True).stdout.split()


def shim_of(yard: Engine, name: str) -> int:
    pid = yard.containers.get(name).state.pid
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def running(stackyard: Stackyard, name: str, line: str, *flags: str, image: str = BASE) -> str:
    """Run a line in the background and wait until it says that it is ready."""
    done = stackyard("run", "-d", "--name", name, *flags, image, "sh", "-c", line)
    assert done.returncode == 0, done.stderr
    assert eventually(lambda: "ready" in stackyard("logs", name).stdout)
    return done.stdout.strip()


# The command line


@pytest.mark.parametrize("flags", [(), ("--rm",)], ids=["kept", "rm"])
def test_what_the_command_line_started_goes_on_without_it(
    stackyard: Stackyard, yard_root: str, flags: tuple[str, ...]
) -> None:
    line = "echo begun; while ! test -e /dev/shm/go; do sleep 0.02; done; echo done; exit 5"
    words = [sys.executable, "-m", "app.main", "--root", yard_root, "run", "--name", "orphan", *flags, BASE]
    with subprocess.Popen([*words, "sh", "-c", line], stdout=subprocess.PIPE, text=True, cwd=HERE) as front:
        assert front.stdout
        assert front.stdout.readline() == "begun\n"
        front.kill()
    assert state(stackyard, "orphan")["Running"]
    Path(f"/proc/{state(stackyard, 'orphan')['Pid']}/root/dev/shm/go").touch()
    if flags:
        assert stackyard("wait", "orphan").stdout == "5\n"
        assert eventually(lambda: "orphan" not in names(stackyard))
    else:
        assert eventually(lambda: not state(stackyard, "orphan")["Running"])
        assert state(stackyard, "orphan")["ExitCode"] == 5
        assert stackyard("logs", "orphan").stdout == "begun\ndone\n"


# The container's own first process


def test_a_container_whose_process_is_killed_from_outside_has_exited(
    stackyard: Stackyard, yard: Engine
) -> None:
    id = running(stackyard, "shot", "sleep 1000 & echo ready; sleep 1000")
    os.kill(yard.containers.get("shot").state.pid, signal.SIGKILL)
    assert stackyard("wait", "shot").stdout == "137\n"
    assert (processes_of(id), groups_of(id)) == ([], [])
    told = state(stackyard, "shot")
    assert (told["Status"], told["OOMKilled"], told["Error"]) == ("exited", False, "")


# The shim

STUBBORN = """
import ctypes, signal, time
ctypes.CDLL(None).prctl(1, 0)
for number in (1, 2, 15):
    signal.signal(number, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(1000)
"""


@pytest.mark.parametrize("stubborn", [False, True], ids=["plain", "unbound"])
def test_a_container_whose_monitor_is_killed_has_exited_and_starts_again(
    stackyard: Stackyard, yard: Engine, python_image: str, stubborn: bool
) -> None:
    """Also one that asked the kernel not to die with its parent."""
    since = time.time()
    line = f"exec python3 -c '{STUBBORN}'" if stubborn else "sleep 1000 & echo ready; sleep 1000"
    id = running(stackyard, "widow", line, image=python_image)
    os.kill(shim_of(yard, "widow"), signal.SIGKILL)
    begun = time.monotonic()
    assert eventually(lambda: "Exited (137)" in stackyard("ps", "-a").stdout)
    assert time.monotonic() - begun < 5
    assert (processes_of(id), groups_of(id)) == ([], [])
    told = state(stackyard, "widow")
    assert (told["Status"], told["ExitCode"], told["Running"]) == ("exited", 137, False)
    assert told["Error"] == "the container's monitor was killed, and the container with it"
    assert stackyard("logs", "widow").stdout == "ready\n"
    assert state(stackyard, "widow")["FinishedAt"] == told["FinishedAt"]
    assert [event.action for event in yard.events.read(since) if event.id == id].count("die") == 1
    assert stackyard("start", "widow").returncode == 0
    assert state(stackyard, "widow")["Running"]
    assert stackyard("rm", "-f", "widow").returncode == 0
    assert names(stackyard) == []


def test_whoever_waits_hears_of_a_killed_monitor(stackyard: Stackyard, yard: Engine, yard_root: str) -> None:
    running(stackyard, "watched", "echo ready; sleep 1000")
    ours = [sys.executable, "-m", "app.main", "--root", yard_root]
    waiting = [
        subprocess.Popen([*ours, *words, "watched"], stdout=subprocess.PIPE, text=True, cwd=HERE)
        for words in (["wait"], ["logs", "-f"], ["stop", "-t", "20"])
    ]
    time.sleep(0.3)
    os.kill(shim_of(yard, "watched"), signal.SIGKILL)
    assert [process.communicate(timeout=5)[0] for process in waiting] == ["137\n", "ready\n", "watched\n"]


def test_an_rm_container_whose_monitor_is_killed_goes_too(stackyard: Stackyard, yard: Engine) -> None:
    id = running(stackyard, "passing", "echo ready; sleep 1000", "--rm")
    os.kill(shim_of(yard, "passing"), signal.SIGKILL)
    assert eventually(lambda: "passing" not in names(stackyard), seconds=8)
    assert not Path(yard.paths.container(id).bundle).exists()


def test_after_a_reboot_what_ran_has_exited(stackyard: Stackyard, yard: Engine) -> None:
    """The shim, the processes and the control groups are gone; what is on the disk is not."""
    id = running(stackyard, "rebooted", "echo ready; sleep 1000")
    shim, pid = shim_of(yard, "rebooted"), yard.containers.get("rebooted").state.pid
    os.kill(shim, signal.SIGKILL)
    assert eventually(lambda: not os.path.exists(f"/proc/{pid}"))
    for group in groups_of(id):
        os.rmdir(group)
    assert state(stackyard, "rebooted")["ExitCode"] == 137
    assert stackyard("start", "rebooted").returncode == 0
    assert eventually(lambda: stackyard("logs", "rebooted").stdout == "ready\nready\n")


def test_another_process_with_the_same_number_is_never_taken_for_the_container(
    stackyard: Stackyard, yard: Engine
) -> None:
    """After a reboot the number in the record may be anybody's."""
    id = running(stackyard, "double", "echo ready; sleep 1000")
    path = Path(yard.paths.container(id).state)
    true_state = path.read_text()
    with subprocess.Popen(["sleep", "1000"]) as innocent:
        path.write_text(json.dumps({**json.loads(true_state), "pid": innocent.pid}))
        yard.containers.kill("double", "SIGTERM")
        time.sleep(0.1)
        assert innocent.poll() is None
        innocent.kill()
    path.write_text(true_state)


# At every step


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Run the command line, under whatever words come first, on a store of its own."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    root = tmp_path / "own"

    def run(*words: str, under: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [*under, sys.executable, "-m", "app.main", "--root", str(root), *words]
        return subprocess.run(command, capture_output=True, text=True, cwd=HERE, stdin=subprocess.DEVNULL)

    assert run("import", "--from-host").returncode == 0
    yield run
    for id in run("ps", "-aq").stdout.split():
        run("rm", "-f", id)


CALLS = "rename,renameat,renameat2,fsync,fdatasync,syncfs"
PREPARED = {
    "create": ((), ("create", "--name", "victim", BASE, "echo", "alive")),
    "start": ((("create", "--name", "victim", BASE, "echo", "alive"),), ("start", "-a", "victim")),
    "run": ((), ("run", "--rm", "--name", "victim", BASE, "echo", "alive")),
    "rm": ((("run", "--name", "victim", BASE, "echo", "alive"),), ("rm", "victim")),
}


@pytest.mark.parametrize("verb", PREPARED)
def test_killed_at_any_step_the_store_is_whole(
    own_store: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, verb: str
) -> None:
    """The command line and whatever it starts die at the n-th rename or sync, for every n."""
    before, words = PREPARED[verb]
    for step in range(1, 100):
        for preparation in before:
            assert own_store(*preparation).returncode == 0
        kill = ("strace", "-f", "-qq", "-o", os.devnull, "-e", f"inject={CALLS}:signal=KILL:when={step}")
        done = own_store(*words, under=kill)
        assert "Traceback" not in done.stderr
        assert_whole(own_store, tmp_path / "own")
        if done.returncode == 0:
            break
    assert 1 < step < 99


def assert_whole(own_store: Callable[..., subprocess.CompletedProcess[str]], root: Path) -> None:
    listed = own_store("ps", "-aq", "--no-trunc")
    assert listed.returncode == 0, listed.stderr
    for id in listed.stdout.split():
        assert own_store("inspect", id).returncode == 0
        eventually(lambda id=id: not processes_of(id))  # type: ignore[misc]
        started = own_store("start", "-a", id)
        gone = "No such container" in started.stderr  # an --rm container, on its way out
        assert gone or started.stdout == "alive\n", started.stderr
        assert gone or own_store("rm", "-f", id).returncode in (0, 1)
        assert groups_of(id) == []
    assert eventually(lambda: own_store("ps", "-aq").stdout == "")
    assert eventually(lambda: os.listdir(root / "containers") == []), "a bundle is left over"
    assert eventually(lambda: os.listdir(root / "ingest") == []), "something unfinished is left over"
    assert str(root) not in Path("/proc/self/mountinfo").read_text()

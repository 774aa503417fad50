"""`exec` and `attach` without a terminal: streams, exit codes, rights, and clients that go or stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.containers.programs.attaching import Program
from engine.engine import Engine
from engine.errors import Conflict
from tests.conftest import BASE, Stackyard

pytestmark = pytest.mark.root

HERE = Path(__file__).resolve().parents[2]
Client = Callable[..., "subprocess.Popen[bytes]"]
NOT_STARTED = "OCI runtime exec failed: exec failed: unable to start container process: {}: unknown\n"


@pytest.fixture
def running(stackyard: Stackyard) -> str:
    return stackyard("run", "-d", BASE, "sleep", "1000").stdout.strip()


@pytest.fixture
def client(yard_root: str) -> Iterator[Client]:
    """Start a `stackyard …` line and leave it running."""
    clients: list[subprocess.Popen[bytes]] = []

    def start(*words: str, **more: object) -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", "app.main", "--root", yard_root, *words]
        clients.append(subprocess.Popen(line, cwd=HERE, **more))  # type: ignore[call-overload]
        return clients[-1]

    yield start
    for one in clients:
        one.kill()
        one.wait()
        for stream in (one.stdin, one.stdout, one.stderr):
            if stream:
                stream.close()


def until(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)


# exec


def test_streams_stay_apart_and_the_exit_code_is_passed_on(stackyard: Stackyard, running: str) -> None:
    done = stackyard("exec", running, "sh", "-c", "echo out; echo err >&2; exit 5")
    assert (done.returncode, done.stdout, done.stderr) == (5, "out\n", "err\n")
    assert stackyard("exec", running, "sh", "-c", "kill -9 $$").returncode == 137


def test_the_end_of_the_input_is_seen(stackyard: Stackyard, running: str) -> None:
    done = stackyard("exec", "-i", running, "sh", "-c", "cat; echo over", stdin=None, input="x\ny\n")
    assert done.stdout == "x\ny\nover\n"
    assert stackyard("exec", running, "cat", stdin=None, input="nobody reads this").stdout == ""


def test_much_goes_through_both_ways(stackyard: Stackyard, running: str) -> None:
    data = os.urandom(3_000_000)
    done = stackyard("exec", "-i", running, "cat", stdin=None, input=data, text=False)
    assert done.stdout == data


def test_it_is_inside_with_the_containers_rights(stackyard: Stackyard, running: str) -> None:
    look = "cat /proc/1/comm; id -u; pwd; cat /proc/self/status"
    said = stackyard("exec", running, "sh", "-c", look).stdout.splitlines()
    assert said[:3] == ["sleep", "0", "/"]
    own = stackyard("run", "--rm", BASE, "cat", "/proc/self/status").stdout.splitlines()
    names = ("CapEff", "CapBnd", "CapInh", "NoNewPrivs", "Seccomp:")
    assert [line for line in said if line.startswith(names)] == [
        line for line in own if line.startswith(names)
    ]


def test_it_counts_with_the_container(stackyard: Stackyard, yard: Engine) -> None:
    id = stackyard("run", "-d", "--pids-limit", "10", BASE, "sleep", "1000").stdout.strip()
    done = stackyard("exec", id, "sh", "-c", "for n in $(seq 20); do sleep 5 & done")
    assert "Resource temporarily unavailable" in done.stderr or "Cannot fork" in done.stderr


def test_user_folder_and_variables_are_chosen(stackyard: Stackyard, tmp_path: Path) -> None:
    id = stackyard("run", "-d", "-e", "A=1", "-e", "B=2", "-w", "/tmp", BASE, "sleep", "1000").stdout.strip()
    file = tmp_path / "variables"
    file.write_text("C=file\n# remark\n")
    flags = ("-u", "7:8", "-w", "/usr", "-e", "B=3", "--env-file", str(file))
    said = stackyard("exec", *flags, id, "sh", "-c", "id -u; id -g; pwd; echo $A $B $C $HOME").stdout
    assert said.splitlines() == ["7", "8", "/usr", "1 3 file /"]
    assert stackyard("exec", id, "pwd").stdout == "/tmp\n"


def test_privileged_has_what_the_container_lacks(stackyard: Stackyard, running: str) -> None:
    line = "mkdir -p /x && mount -t tmpfs none /x && grep -c ' /x ' /proc/mounts"
    refused = stackyard("exec", running, "sh", "-c", line)
    assert refused.returncode != 0
    if "not found" in refused.stderr:
        line = "grep CapEff /proc/self/status"
        assert stackyard("exec", "--privileged", running, "sh", "-c", line).stdout != (
            stackyard("exec", running, "sh", "-c", line).stdout
        )
    else:
        assert stackyard("exec", "--privileged", running, "sh", "-c", line).stdout == "1\n"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("{}", "nosuch"), 'exec: "nosuch": executable file not found in $PATH'),
        (("{}", "/etc"), 'exec: "/etc": permission denied'),
        (
            ("-w", "/nosuch", "{}", "ls"),
            'chdir to cwd ("/nosuch") set in config.json failed: no such file or directory',
        ),
    ],
)
def test_what_cannot_be_started_is_said_as_docker_says_it(
    stackyard: Stackyard, running: str, words: tuple[str, ...], why: str
) -> None:
    done = stackyard("exec", *(word.format(running) for word in words))
    assert (done.returncode, done.stdout) == (126, NOT_STARTED.format(why))


def test_an_unknown_user_too(stackyard: Stackyard, running: str) -> None:
    done = stackyard("exec", "-u", "bob", running, "ls")
    assert (done.returncode, done.stdout) == (
        126,
        "unable to find user bob: no matching entries in passwd file\n",
    )


def test_only_what_runs_can_be_entered(stackyard: Stackyard, running: str) -> None:
    stackyard("pause", running)
    paused = stackyard("exec", running, "true")
    assert (paused.returncode, "is paused, unpause the container before exec" in paused.stderr) == (1, True)
    stackyard("unpause", running)
    stackyard("kill", running)
    stopped = stackyard("exec", running, "true")
    assert (stopped.returncode, f"{running} is not running" in stopped.stderr) == (1, True)
    assert "No such container: nowhere" in stackyard("exec", "nowhere", "true").stderr


def test_in_the_background_it_outlives_whoever_asked(stackyard: Stackyard, running: str) -> None:
    done = stackyard("exec", "-d", running, "sh", "-c", "sleep 0.3; echo much; echo x > /done")
    assert (done.returncode, done.stdout) == (0, "")
    until(lambda: stackyard("exec", running, "cat", "/done").stdout == "x\n")


def test_killing_the_client_does_not_kill_the_program(
    stackyard: Stackyard, running: str, client: Client
) -> None:
    line = "i=0; while [ $i -lt 2000 ]; do echo many words $i; i=$((i+1)); done; echo x > /survived"
    killed = client("exec", running, "sh", "-c", f"echo go; sleep 0.3; {line}", stdout=subprocess.PIPE)
    assert killed.stdout
    assert killed.stdout.readline() == b"go\n"
    killed.kill()
    until(lambda: stackyard("exec", running, "cat", "/survived").stdout == "x\n")


def test_it_ends_with_its_container(stackyard: Stackyard, running: str, client: Client) -> None:
    waiting = client("exec", running, "sh", "-c", "echo go; sleep 100", stdout=subprocess.PIPE)
    assert waiting.stdout
    waiting.stdout.readline()
    stackyard("kill", running)
    assert waiting.wait(10) == 137


def test_events_tell_of_it(stackyard: Stackyard, running: str) -> None:
    began = time.time()
    stackyard("exec", running, "sh", "-c", "exit 4")
    span = ("--since", str(began), "--until", str(time.time() + 0.2))
    words = ("events", *span, "--format", "{{json .}}")
    told = [json.loads(line) for line in stackyard(*words).stdout.splitlines()]
    assert [one["Action"].partition(":")[0] for one in told] == ["exec_create", "exec_start", "exec_die"]
    assert told[2]["Actor"]["Attributes"]["exitCode"] == "4"


# attach


def test_input_goes_to_the_program_and_its_end_too(stackyard: Stackyard) -> None:
    done = stackyard("run", "--rm", "-i", BASE, "sh", "-c", "cat; echo over", stdin=None, input="a\nb\n")
    assert (done.returncode, done.stdout) == (0, "a\nb\nover\n")


def test_input_that_nobody_was_asked_for_is_not_read(stackyard: Stackyard) -> None:
    assert stackyard("run", "--rm", BASE, "cat", stdin=None, input="x").stdout == ""


def test_a_second_one_sees_what_comes_from_then_on(stackyard: Stackyard, client: Client) -> None:
    line = "echo before; read x; echo $x; exit 6"
    id = stackyard("run", "-di", BASE, "sh", "-c", line).stdout.strip()
    until(lambda: stackyard("logs", id).stdout == "before\n")
    done = stackyard("attach", id, stdin=None, input="typed\n")
    assert (done.returncode, done.stdout) == (6, "typed\n")
    assert stackyard("logs", id).stdout == "before\ntyped\n"


def test_one_who_only_watches_types_nothing(stackyard: Stackyard, client: Client) -> None:
    id = stackyard("run", "-di", BASE, "sh", "-c", "read x; echo got $x").stdout.strip()
    watching = client("attach", "--no-stdin", id, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert watching.stdin
    assert watching.stdout
    watching.stdin.write(b"ignored\n")
    watching.stdin.close()
    until(lambda: attached(watching.pid))
    assert stackyard("logs", id).stdout == ""
    stackyard("attach", id, stdin=None, input="real\n")
    assert watching.wait(10) == 0
    assert watching.stdout.read() == b"got real\n"


def test_signals_go_to_the_program(stackyard: Stackyard, client: Client) -> None:
    line = "trap 'echo told; exit 9' INT; echo ready; while :; do sleep 0.1; done"
    running = client("run", "--name", "signalled", BASE, "sh", "-c", line, stdout=subprocess.PIPE)
    assert running.stdout
    assert running.stdout.readline() == b"ready\n"
    running.send_signal(signal.SIGINT)
    assert running.wait(10) == 9
    assert running.stdout.read() == b"told\n"


def test_only_what_runs_can_be_attached_to(stackyard: Stackyard, running: str) -> None:
    stackyard("pause", running)
    assert stackyard("attach", running).stderr.startswith(
        "You cannot attach to a paused container, unpause it first"
    )
    stackyard("unpause", running)
    stackyard("kill", running)
    done = stackyard("attach", running)
    assert (done.returncode, done.stderr) == (
        1,
        "You cannot attach to a stopped container, start it first\n",
    )


def test_one_who_is_stopped_holds_nobody_up(stackyard: Stackyard, client: Client, tmp_path: Path) -> None:
    megabytes = 40
    line = f"read x; head -c {megabytes}M /dev/zero | tr '\\0' x; echo; echo end"
    id = stackyard("run", "-di", BASE, "sh", "-c", line).stdout.strip()
    outputs = [tmp_path / f"{number}" for number in range(8)]
    clients = []
    for path in outputs:
        with path.open("wb") as file:
            clients.append(client("attach", "--no-stdin", id, stdout=file))
    until(lambda: all(attached(one.pid) for one in clients))
    clients[0].send_signal(signal.SIGSTOP)
    stackyard("attach", id, stdin=None, input=b"go\n", text=False)
    for one in clients[1:]:
        assert one.wait(60) == 0
    clients[0].send_signal(signal.SIGCONT)
    assert clients[0].wait(60) == 0
    for path in outputs:
        assert path.stat().st_size == (megabytes << 20) + len("\nend\n")


def test_one_who_reads_slowly_gets_all_also_of_a_container_that_is_removed(client: Client) -> None:
    line = "head -c 30M /dev/zero | tr '\\0' x"
    flags = ("--rm", "--log-opt", "max-size=1m", "--log-opt", "max-file=2")
    slow = client("run", *flags, BASE, "sh", "-c", line, stdout=subprocess.PIPE)
    time.sleep(1)  # the container ends while nobody reads
    assert slow.stdout
    assert len(slow.stdout.read()) == 30 << 20
    assert slow.wait(20) == 0


def attached(pid: int) -> bool:
    """Tell whether a client has its place: it waits for the bell."""
    return b"poll" in Path(f"/proc/{pid}/wchan").read_bytes() or b"poll" in _stack(pid)


def _stack(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/stack").read_bytes()
    except OSError:
        return b""


def test_a_place_at_a_program_that_is_gone_is_none(yard: Engine, running: str) -> None:
    yard.containers.kill(running)
    with pytest.raises(Conflict):
        yard.containers.attach(running)
    with pytest.raises(Conflict):
        yard.containers.execute(running, Program(("true",)))

"""A container's life by the command line: created, started, stopped, killed, waited for, renamed, removed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
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


# Ends


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("sh", "-c", "exit 0"), 0, ""),
        (("sh", "-c", "exit 42"), 42, ""),
        (("sh", "-c", "exit 255"), 255, ""),
        (("ghost",), 127, 'exec: "ghost": executable file not found in $PATH'),
        (("/ghost",), 127, 'exec: "/ghost": stat /ghost: no such file or directory'),
        (("/etc",), 126, 'exec: "/etc": permission denied'),
        (("/etc/passwd",), 126, 'exec: "/etc/passwd": permission denied'),
        (("",), 127, 'exec: "": executable file not found in $PATH'),
    ],
)
def test_the_command_line_ends_as_the_program_does(
    stackyard: Stackyard, command: tuple[str, ...], code: int, said: str
) -> None:
    for flags in ((), ("--init",)):
        done = stackyard("run", "--rm", *flags, BASE, *command)
        assert done.returncode == code
        assert said in done.stderr
        assert bool(said) == bool(done.stderr)


@pytest.mark.parametrize(("number", "code"), [("KILL", 137), ("SEGV", 139), ("TERM", 143), ("RTMIN", 162)])
def test_a_program_that_a_signal_ends_has_128_more_than_its_number(
    stackyard: Stackyard, number: str, code: int
) -> None:
    # As pid 1 it would be spared what it does not handle.
    line = f"ulimit -c 0; kill -{number} $$"
    assert stackyard("run", "--rm", "--init", BASE, "bash", "-c", line).returncode == code


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [("#!/ghost\n", 127, "its interpreter"), ("no program\n", 126, "exec format error")],
)
def test_a_script_that_cannot_be_run_says_why(
    stackyard: Stackyard, yard: Engine, content: str, code: int, said: str
) -> None:
    line = f"printf '{content}' > /script; chmod +x /script"
    stackyard("run", "--name", "maker", BASE, "sh", "-c", f"{line}; exec sleep 0")
    bundle = Path(yard.store.paths.container(yard.containers.get("maker").id).bundle)
    if not (bundle / "upper").is_dir():
        pytest.skip("needs a kernel that grants an overlay")
    stackyard("create", "--name", "runner", BASE, "/script")
    runner = Path(yard.store.paths.container(yard.containers.get("runner").id).bundle)
    (runner / "upper/script").write_bytes((bundle / "upper/script").read_bytes())
    (runner / "upper/script").chmod(0o755)
    done = stackyard("start", "-a", "runner")
    assert said in done.stderr
    assert state(stackyard, "runner")["ExitCode"] == code


def test_a_start_that_fails_leaves_the_container_and_its_reason(stackyard: Stackyard) -> None:
    assert stackyard("run", "--name", "broken", BASE, "/ghost").returncode == 127
    told = state(stackyard, "broken")
    assert (told["Status"], told["ExitCode"], told["Pid"]) == ("created", 127, 0)
    assert "/ghost" in str(told["Error"])
    assert stackyard("rm", "broken").returncode == 0


@pytest.mark.parametrize("words", [("/ghost",), ("-u", "ghost"), ("-w", "/etc/passwd")])
def test_a_start_that_fails_leaves_nothing_with_rm(stackyard: Stackyard, words: tuple[str, ...]) -> None:
    flags, command = (words, ("true",)) if len(words) > 1 else ((), words)
    assert stackyard("run", "--rm", "--name", "broken", *flags, BASE, *command).returncode in (125, 127)
    assert "broken" not in names(stackyard)


# Stopping

TRAP = "trap 'echo asked; exit 7' {0}; echo ready; while :; do sleep 0.05; done"


def running(stackyard: Stackyard, name: str, line: str, *flags: str) -> None:
    """Run a line in the background and wait until it says that it is ready."""
    done = stackyard("run", "-d", "--name", name, *flags, BASE, "sh", "-c", line)
    assert done.returncode == 0, done.stderr
    assert eventually(lambda: "ready" in stackyard("logs", name).stdout)


def test_a_program_that_handles_the_signal_keeps_its_exit_code(stackyard: Stackyard) -> None:
    running(stackyard, "polite", TRAP.format("TERM"))
    assert stackyard("stop", "polite").stdout == "polite\n"
    assert state(stackyard, "polite")["ExitCode"] == 7
    assert stackyard("logs", "polite").stdout == "ready\nasked\n"


def test_a_program_that_does_not_is_killed_after_the_timeout(stackyard: Stackyard) -> None:
    running(stackyard, "deaf", "echo ready; sleep 1000")
    begun = time.monotonic()
    assert stackyard("stop", "-t", "1", "deaf").returncode == 0
    assert 1 <= time.monotonic() - begun < 5
    assert state(stackyard, "deaf")["ExitCode"] == 137


@pytest.mark.parametrize(
    ("flags", "stop"),
    [(("--stop-signal", "USR1"), ()), ((), ("-s", "USR1")), (("--stop-signal", "HUP"), ("-s", "10"))],
)
def test_it_is_asked_by_the_signal_it_wants(
    stackyard: Stackyard, flags: tuple[str, ...], stop: tuple[str, ...]
) -> None:
    running(stackyard, "special", TRAP.format("USR1"), *flags)
    assert stackyard("stop", *stop, "special").returncode == 0
    assert state(stackyard, "special")["ExitCode"] == 7


def test_its_own_stop_timeout_holds(stackyard: Stackyard) -> None:
    running(stackyard, "hasty", "echo ready; sleep 1000", "--stop-timeout", "0")
    begun = time.monotonic()
    stackyard("stop", "hasty")
    assert time.monotonic() - begun < 3


def test_stop_of_what_does_not_run_is_no_error_and_kill_is(stackyard: Stackyard) -> None:
    id = stackyard("create", "--name", "idle", BASE, "true").stdout.strip()
    assert stackyard("stop", "idle").returncode == 0
    done = stackyard("kill", "idle")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Cannot kill container: idle: Container {id} is not running" in done.stderr


def test_kill_sends_the_signal_it_is_told(stackyard: Stackyard) -> None:
    running(stackyard, "target", TRAP.format("USR2"))
    assert stackyard("kill", "-s", "SIGUSR2", "target").returncode == 0
    assert stackyard("wait", "target").stdout == "7\n"
    running(stackyard, "other", "echo ready; sleep 1000")
    assert stackyard("kill", "other").returncode == 0
    assert state(stackyard, "other")["ExitCode"] == 137
    assert "Invalid signal: FOO" in stackyard("kill", "-s", "FOO", "other").stderr


def test_nothing_is_left_when_the_first_process_ends(stackyard: Stackyard) -> None:
    marker = f"{time.time_ns()}"
    stackyard("run", "--rm", BASE, "sh", "-c", f"(trap '' HUP TERM; exec sleep 1000.{marker}) & sleep 0.1")
    assert marker not in subprocess.run(["ps", "ax"], capture_output=True, text=True).stdout


# Again


def test_a_container_can_be_started_again_and_its_log_goes_on(stackyard: Stackyard) -> None:
    stackyard("run", "--name", "again", BASE, "sh", "-c", "echo one; echo two >&2; exit 3")
    done = stackyard("start", "-a", "again")
    assert (done.returncode, done.stdout, done.stderr) == (3, "one\n", "two\n")
    both = stackyard("logs", "again")
    assert (both.stdout, both.stderr) == ("one\none\n", "two\ntwo\n")


def test_starting_what_runs_is_no_error_and_starts_nothing(stackyard: Stackyard) -> None:
    running(stackyard, "up", "echo ready; sleep 1000")
    before = state(stackyard, "up")
    assert stackyard("start", "up").stdout == "up\n"
    assert state(stackyard, "up") == before


def test_restart_stops_and_starts(stackyard: Stackyard) -> None:
    running(stackyard, "turned", TRAP.format("TERM"))
    before = state(stackyard, "turned")["Pid"]
    assert stackyard("restart", "turned").stdout == "turned\n"
    after = state(stackyard, "turned")
    assert after["Running"]
    assert after["Pid"] != before
    assert eventually(lambda: stackyard("logs", "turned").stdout == "ready\nasked\nready\n")


def test_restart_keeps_even_what_is_to_go_at_its_end(stackyard: Stackyard) -> None:
    running(stackyard, "fleeting", "echo ready; sleep 1000", "--rm")
    assert stackyard("restart", "-t", "0", "fleeting").returncode == 0
    time.sleep(0.6)
    assert state(stackyard, "fleeting")["Running"]


def test_wait_tells_the_exit_code_of_each(stackyard: Stackyard) -> None:
    stackyard("run", "-d", "--name", "five", BASE, "sh", "-c", "sleep 0.3; exit 5")
    stackyard("run", "-d", "--rm", "--name", "six", BASE, "sh", "-c", "sleep 0.2; exit 6")
    assert stackyard("wait", "six", "five").stdout == "6\n5\n"
    assert stackyard("wait", "five").stdout == "5\n"


def test_a_name_can_be_changed_also_at_work(stackyard: Stackyard) -> None:
    running(stackyard, "caterpillar", "echo ready; sleep 1000")
    stackyard("create", "--name", "taken", BASE, "true")
    assert stackyard("rename", "caterpillar", "butterfly").returncode == 0
    assert "butterfly" in names(stackyard)
    assert stackyard("logs", "butterfly").stdout == "ready\n"
    assert 'The container name "/taken" is already in use' in stackyard("rename", "butterfly", "taken").stderr
    assert "same name as its current name" in stackyard("rename", "butterfly", "butterfly").stderr
    assert "Invalid container name (x y)" in stackyard("rename", "butterfly", "x y").stderr


def test_a_running_container_is_removed_only_by_force(stackyard: Stackyard) -> None:
    running(stackyard, "busy", "echo ready; sleep 1000")
    refused = stackyard("rm", "busy")
    assert refused.returncode == 1
    assert "You cannot remove a running container" in refused.stderr
    assert stackyard("rm", "-f", "busy").stdout == "busy\n"
    assert "busy" not in names(stackyard)


def test_with_rm_it_is_gone_when_it_has_ended(stackyard: Stackyard, yard: Engine) -> None:
    before = set(Path(yard.paths.containers).iterdir())
    assert stackyard("run", "--rm", "--name", "brief", BASE, "true").returncode == 0
    assert "brief" not in names(stackyard)
    stackyard("run", "-d", "--rm", "--name", "brief", BASE, "true")
    assert eventually(lambda: "brief" not in names(stackyard))
    assert eventually(lambda: set(Path(yard.paths.containers).iterdir()) == before)


# An init


def test_an_init_is_pid_1_by_dockers_name(stackyard: Stackyard) -> None:
    line = "tr '\\0' ' ' < /proc/1/cmdline; cat /proc/1/comm; echo $$"
    said = stackyard("run", "--rm", "--init", BASE, "sh", "-c", line).stdout
    assert said.startswith("/sbin/docker-init -- sh -c ")
    assert said.endswith("docker-init\n2\n")


def test_an_init_reaps_orphans(stackyard: Stackyard) -> None:
    line = "(sleep 0.05 &) ; (true &) ; sleep 0.3; cat /proc/[0-9]*/stat | cut -d' ' -f3 | sort | uniq -c"
    assert " Z" not in stackyard("run", "--rm", "--init", BASE, "sh", "-c", line).stdout


def test_an_init_passes_signals_on_from_its_first_moment(stackyard: Stackyard) -> None:
    running(stackyard, "guarded", TRAP.format("TERM"), "--init")
    stackyard("stop", "guarded")
    assert state(stackyard, "guarded")["ExitCode"] == 7
    for number in range(5):
        stackyard("run", "-d", "--init", "--name", f"early{number}", BASE, "sleep", "1000")
        begun = time.monotonic()
        stackyard("stop", f"early{number}")
        assert time.monotonic() - begun < 5
        assert state(stackyard, f"early{number}")["ExitCode"] == 143


# Output


def digest_of(words: list[str]) -> str:
    """Hash what a command prints, without holding it."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=HERE, stdin=subprocess.DEVNULL) as process:
        assert process.stdout
        return hashlib.file_digest(process.stdout, "sha256").hexdigest()  # type: ignore[arg-type]


def test_three_million_lines_arrive_exact(yard_root: str, stackyard: Stackyard) -> None:
    expected = digest_of(["seq", "3000000"])
    ours = [sys.executable, "-m", "app.main", "--root", yard_root]
    assert digest_of([*ours, "run", "--name", "lines", BASE, "seq", "3000000"]) == expected
    assert digest_of([*ours, "logs", "lines"]) == expected
    assert stackyard("logs", "--tail", "2", "lines").stdout == "2999999\n3000000\n"


def test_a_line_of_more_than_a_hundred_megabytes_arrives_exact(yard_root: str, stackyard: Stackyard) -> None:
    line = "head -c 110000000 /dev/zero | tr '\\0' x; printf end"
    expected = digest_of(["sh", "-c", line])
    ours = [sys.executable, "-m", "app.main", "--root", yard_root]
    stackyard("run", "-d", "--name", "long", BASE, "sh", "-c", line)
    assert stackyard("wait", "long").stdout == "0\n"
    assert digest_of([*ours, "logs", "long"]) == expected


def test_the_last_line_needs_no_end(stackyard: Stackyard) -> None:
    done = stackyard("run", "--name", "torn", BASE, "sh", "-c", "echo whole; printf half; printf error >&2")
    assert (done.stdout, done.stderr) == ("whole\nhalf", "error")
    told = stackyard("logs", "torn")
    assert (told.stdout, told.stderr) == ("whole\nhalf", "error")


def test_nobody_reading_holds_nobody_up(stackyard: Stackyard, yard_root: str) -> None:
    """A command line that is stopped in the middle loses nothing and stops nothing."""
    words = [sys.executable, "-m", "app.main", "--root", yard_root, "run", "--name", "fast", BASE]
    with subprocess.Popen([*words, "seq", "500000"], stdout=subprocess.PIPE, cwd=HERE) as reader:
        # It reads nothing of our pipe, so it gets stuck, and the container must not.
        assert eventually(lambda: "fast" in names(stackyard))
        assert eventually(lambda: state(stackyard, "fast")["Status"] == "exited")
        assert reader.stdout
        assert len(reader.stdout.read()) == len("".join(f"{n}\n" for n in range(1, 500_001)))


# Many at once


def test_eight_at_once_get_in_nobodys_way(yard_root: str, stackyard: Stackyard) -> None:
    loop = f"""
for n in 1 2 3 4 5 6; do
  {sys.executable} -m app.main --root {yard_root} run --rm {BASE} sh -c 'echo $HOSTNAME; exit 3'
  [ $? = 3 ] || exit 1
  {sys.executable} -m app.main --root {yard_root} ps -a > /dev/null || exit 2
done
"""
    words = ["sh", "-c", loop]
    crowd = [
        subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=HERE, text=True)
        for _ in range(8)
    ]
    told = [process.communicate() for process in crowd]
    assert [problem for _, problem in told] == [""] * 8
    assert [process.returncode for process in crowd] == [0] * 8
    assert len({name for said, _ in told for name in said.split()}) == 48
    assert eventually(lambda: names(stackyard) == [])


def test_a_name_is_given_to_one_of_many(yard_root: str, stackyard: Stackyard) -> None:
    ours = [sys.executable, "-m", "app.main", "--root", yard_root]
    words = [*ours, "create", "--name", "wanted", BASE, "true"]
    crowd = [
        subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=HERE, text=True)
        for _ in range(6)
    ]
    problems = [process.communicate()[1] for process in crowd]
    assert sorted(process.returncode for process in crowd) == [0, 1, 1, 1, 1, 1]
    assert sum("Conflict. The container name" in problem for problem in problems) == 5


def test_of_many_who_start_or_remove_one_container_each_gets_a_straight_answer(
    yard_root: str, stackyard: Stackyard
) -> None:
    stackyard("create", "--name", "shared", BASE, "sleep", "1000")
    ours = [sys.executable, "-m", "app.main", "--root", yard_root]
    words = [*ours, "start", "shared"]
    starters = [subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=HERE) for _ in range(5)]
    assert [process.wait() for process in starters] == [0] * 5
    assert state(stackyard, "shared")["Running"]
    removers = [
        subprocess.Popen([*ours, "rm", "-f", "shared"], stderr=subprocess.PIPE, text=True, cwd=HERE)
        for _ in range(5)
    ]
    problems = [process.communicate()[1] for process in removers]
    assert all(not problem or "No such container: shared" in problem for problem in problems), problems
    assert "shared" not in names(stackyard)

"""Limits proved from inside, on the control groups of this machine; and changed while a container runs."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.engine import Engine
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.cgroups.usage import Usage

pytestmark = pytest.mark.root

BASE = "yard/base:latest"
Stackyard = Callable[..., "subprocess.CompletedProcess[str]"]

HOG = "s=x; while :; do s=$s$s; done"
"""It takes twice as much with every round."""
BOMB = "(while :; do sleep 100 & done) 2>/dev/null; exec sleep 100"
SPIN = "while :; do :; done"


def inspected(stackyard: Stackyard, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stackyard("inspect", name).stdout)[0]
    return found


def cgroup_file(yard: Engine, name: str, controller: str, file: str) -> str:
    group = Cgroup.open(yard.containers.get(name).cgroup)
    group.close()
    return Path(group.directories[controller], file).read_text().strip()


def version_1(controller: str) -> bool:
    return os.path.exists(f"/sys/fs/cgroup/{controller}/tasks")


needs_version_1 = pytest.mark.skipif(not version_1("memory"), reason="needs root: version 1's memory and cpu")


# Memory


def test_out_of_memory_is_137_and_told_apart_from_a_kill(stackyard: Stackyard) -> None:
    hungry = stackyard("run", "--name", "hungry", "-m", "16m", BASE, "sh", "-c", HOG)
    assert hungry.returncode == 137, hungry.stderr
    assert inspected(stackyard, "hungry")["State"]["OOMKilled"] is True
    stackyard("run", "-d", "--name", "killed", "-m", "16m", BASE, "sleep", "100")
    stackyard("kill", "killed")
    state = inspected(stackyard, "killed")["State"]
    assert (state["ExitCode"], state["OOMKilled"]) == (137, False)


def test_what_fits_is_not_killed(stackyard: Stackyard) -> None:
    script = "head -c 8m /dev/zero | tail -c 8m | wc -c"
    done = stackyard("run", "--name", "fits", "-m", "64m", BASE, "sh", "-c", script)
    assert (done.returncode, done.stdout) == (0, f"{8 << 20}\n")
    assert inspected(stackyard, "fits")["State"]["OOMKilled"] is False


# Processes


def test_a_fork_bomb_is_held(stackyard: Stackyard, yard: Engine) -> None:
    stackyard("run", "-d", "--name", "bomb", "--pids-limit", "12", BASE, "sh", "-c", BOMB)
    deadline = time.monotonic() + 20
    while not _refused_forks(yard) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert _refused_forks(yard) > 0, "it forks until it is refused"
    assert 0 < int(cgroup_file(yard, "bomb", "pids", "pids.current")) <= 12


def _refused_forks(yard: Engine) -> int:
    try:
        return int(cgroup_file(yard, "bomb", "pids", "pids.events").split()[1])
    except FileNotFoundError:
        return 0


# Processors


def busy_share(yard: Engine, name: str, seconds: float = 2.0) -> float:
    """How much of one processor a container used meanwhile: an upper bound on any load."""
    usage = Usage(yard.containers.get(name).cgroup)
    began, first = time.monotonic(), usage.read().cpu or 0
    time.sleep(seconds)
    used = (usage.read().cpu or 0) - first
    usage.close()
    return used / 1e9 / (time.monotonic() - began)


def test_a_busy_loop_gets_no_more_than_its_share(stackyard: Stackyard, yard: Engine) -> None:
    stackyard("run", "-d", "--name", "spin", "--cpus", "0.5", BASE, "sh", "-c", SPIN)
    share = busy_share(yard, "spin")
    assert 0 < share <= 0.5 * 1.15


# What a process may take


@pytest.mark.parametrize(
    ("flags", "script", "said"),
    [
        ("--ulimit nofile=60:70 --ulimit core=0", "ulimit -n; ulimit -Hn; ulimit -c", "60\n70\n0\n"),
        ("--shm-size 3m", "df -k /dev/shm | tail -1 | awk '{print $2}'", "3072\n"),
        ("--oom-score-adj 321", "cat /proc/self/oom_score_adj", "321\n"),
        ("--sysctl kernel.msgmax=4000", "cat /proc/sys/kernel/msgmax", "4000\n"),
        ("--sysctl net.ipv4.ip_default_ttl=33", "cat /proc/sys/net/ipv4/ip_default_ttl", "33\n"),
        ("--cpuset-cpus 0", "grep Cpus_allowed_list /proc/self/status | awk '{print $2}'", "0\n"),
    ],
)
def test_it_is_so_inside(stackyard: Stackyard, flags: str, script: str, said: str) -> None:
    done = stackyard("run", "--rm", *flags.split(), BASE, "sh", "-c", script)
    assert (done.stdout, done.returncode) == (said, 0), done.stderr


@needs_version_1
@pytest.mark.parametrize(
    ("flags", "controller", "file", "value"),
    [
        ("-m 32m", "memory", "memory.limit_in_bytes", "33554432"),
        ("-m 32m", "memory", "memory.memsw.limit_in_bytes", "67108864"),
        ("-m 32m --memory-swap 32m", "memory", "memory.memsw.limit_in_bytes", "33554432"),
        ("--memory-reservation 32m", "memory", "memory.soft_limit_in_bytes", "33554432"),
        ("-m 32m --memory-swappiness 7", "memory", "memory.swappiness", "7"),
        ("--cpus 1.5", "cpu", "cpu.cfs_quota_us", "150000"),
        ("--cpu-period 50000 --cpu-quota 20000", "cpu", "cpu.cfs_period_us", "50000"),
        ("-c 300", "cpu", "cpu.shares", "300"),
        ("--cpuset-mems 0", "cpuset", "cpuset.mems", "0"),
    ],
)
def test_the_kernel_was_told(
    stackyard: Stackyard, yard: Engine, flags: str, controller: str, file: str, value: str
) -> None:
    name = stackyard("run", "-d", *flags.split(), BASE, "sleep", "100").stdout.strip()
    assert cgroup_file(yard, name, controller, file) == value


def test_a_parent_group_of_ones_own(stackyard: Stackyard, yard: Engine) -> None:
    parent = f"stackyard-test-{os.getpid()}"
    name = stackyard("run", "-d", "--cgroup-parent", f"/{parent}/deep", BASE, "sleep", "100").stdout.strip()
    directories = set(Cgroup.open(f"{parent}/deep/{name}").directories.values())
    assert directories
    assert yard.containers.processes(name)
    stackyard("rm", "-f", name)
    assert not any(map(os.path.exists, directories))
    for directory in directories:
        Path(directory).parent.rmdir()
        Path(directory).parents[1].rmdir()


@pytest.mark.parametrize(
    ("flags", "code", "sentence"),
    [
        ("--cpu-shares 1", 125, "the minimum allowed cpu-shares is 2"),
        ("--device-read-bps /dev/nosuch:1mb", 127, "stat /dev/nosuch: no such file or directory"),
        ("--device-read-bps /dev/null:1mb", 125, "/dev/null is not a block device"),
        ("--cpus 0.001", 125, "The kernel does not accept 100 for cpu."),
        ("--ulimit nofile=2000000000", 125, "setting RLIMIT_NOFILE: not allowed to raise maximum limit"),
        ("--sysctl net.ipv4.ghost=1", 125, "setting /proc/sys/net/ipv4/ghost to 1: no such file or"),
    ],
)
def test_what_cannot_be_set_is_an_error(
    stackyard: Stackyard, flags: str, code: int, sentence: str
) -> None:
    done = stackyard("run", "--rm", *flags.split(), BASE, "true")
    assert done.returncode == code
    assert sentence in done.stderr


# Update


@needs_version_1
def test_an_update_holds_at_once_and_at_the_next_start(stackyard: Stackyard, yard: Engine) -> None:
    stackyard("run", "-d", "--name", "grown", BASE, "sh", "-c", f"trap 'exit 0' TERM; {SPIN}")
    done = stackyard(
        "update", "--cpus", "0.4", "-m", "64m", "--memory-swap", "128m", "--cpuset-cpus", "0",
        "--pids-limit", "9", "grown",
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "grown\n"), done.stderr
    told = {
        "cpu": ("cpu.cfs_quota_us", "40000"), "memory": ("memory.memsw.limit_in_bytes", "134217728"),
        "cpuset": ("cpuset.cpus", "0"), "pids": ("pids.max", "9"),
    }  # fmt: skip
    assert {key: (file, cgroup_file(yard, "grown", key, file)) for key, (file, _) in told.items()} == told
    assert busy_share(yard, "grown", 1.0) <= 0.4 * 1.15
    inside = stackyard("exec", "grown", "grep", "Cpus_allowed_list", "/proc/self/status").stdout
    assert inside.split()[1] == "0", "who comes later is held too"
    # More of both: neither order of the two would do for growing and for shrinking.
    for memory, swap in (("256m", "512m"), ("32m", "48m")):
        assert stackyard("update", "-m", memory, "--memory-swap", swap, "grown").returncode == 0
    assert stackyard("restart", "-t", "0", "grown").returncode == 0
    assert cgroup_file(yard, "grown", "memory", "memory.limit_in_bytes") == str(32 << 20)
    assert inspected(stackyard, "grown")["HostConfig"]["NanoCpus"] == 400_000_000
    left = set(Cgroup.open(yard.containers.get("grown").cgroup).directories.values())
    stackyard("rm", "-f", "grown")
    assert not any(map(os.path.exists, left))


def test_a_limit_of_processes_is_taken_away_again(stackyard: Stackyard, yard: Engine) -> None:
    stackyard("run", "-d", "--name", "freed", "--pids-limit", "5", BASE, "sleep", "100")
    assert stackyard("update", "--pids-limit", "-1", "freed").stdout == "freed\n"
    assert cgroup_file(yard, "freed", "pids", "pids.max") == "max"


def test_another_restart_policy_holds_for_the_run_that_is_on(stackyard: Stackyard, yard: Engine) -> None:
    stackyard("run", "-d", "--name", "again", "--restart", "always", BASE, "sh", "-c", "sleep 0.3; exit 3")
    assert stackyard("update", "--restart", "no", "again").stdout == "again\n"
    assert stackyard("wait", "again").stdout == "3\n"
    deadline = time.monotonic() + 10
    while yard.containers.get("again").state.running and time.monotonic() < deadline:
        time.sleep(0.02)
    assert yard.containers.get("again").state.status == "exited"


def test_what_docker_does_not_update(stackyard: Stackyard) -> None:
    stackyard("create", "--name", "still", "--cpu-quota", "5000", "-m", "32m", BASE, "true")
    stackyard("create", "--name", "gone", "--rm", BASE, "true")
    id = inspected(stackyard, "still")["Id"]
    for words, sentence in (
        ("--cpus 1 still", f"Cannot update container {id}: Conflicting options: Nano CPUs cannot be updated"
         " as CPU Quota has already been set"),
        ("-m 128m still", f"Cannot update container {id}: Memory limit should be smaller than already set"
         " memoryswap limit, update the memoryswap at the same time"),
        ("-m 1m still", "Minimum memory limit allowed is 6MB"),
        ("--restart bogus still", "invalid restart policy 'bogus'"),
        ("--restart always gone", "Restart policy cannot be updated because AutoRemove is enabled for the"
         " container"),
        ("--cpus 1 nobody", "No such container: nobody"),
        ("still", "you must provide one or more flags when using this command"),
    ):  # fmt: skip
        done = stackyard("update", *words.split())
        assert (done.returncode, done.stdout) == (1, "")
        assert sentence in done.stderr
    assert stackyard("update", "--restart", "on-failure:2", "still").stdout == "still\n"
    policy = inspected(stackyard, "still")["HostConfig"]["RestartPolicy"]
    assert policy == {"Name": "on-failure", "MaximumRetryCount": 2}

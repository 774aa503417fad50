"""What a container shares with the host or with another container: namespaces, devices, groups, names."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable

import pytest

from engine.engine import Engine

pytestmark = pytest.mark.root

BASE = "yard/base:latest"
Stackyard = Callable[..., "subprocess.CompletedProcess[str]"]
Said = Callable[..., str]

DEVICE = next(
    path for path in ("/dev/loop-control", "/dev/fuse", "/dev/hwrng", "/dev/zero") if os.path.exists(path)
)
"""One that docker's default list leaves out, and that opening does nothing to."""
MAJOR, MINOR = os.major(os.stat(DEVICE).st_rdev), os.minor(os.stat(DEVICE).st_rdev)


@pytest.fixture
def said(stackyard: Stackyard) -> Said:
    """Run a shell's text in a container with these flags; what it prints."""

    def run(script: str, *flags: str) -> str:
        done = stackyard("run", "--rm", *flags, BASE, "sh", "-c", script)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


# Namespaces


@pytest.mark.parametrize("kind", ["pid", "ipc", "uts", "net", "cgroup"])
def test_the_hosts_namespace_is_the_hosts(said: Said, kind: str) -> None:
    flag = "cgroupns" if kind == "cgroup" else kind
    own = os.readlink(f"/proc/self/ns/{kind}")
    assert said(f"readlink /proc/self/ns/{kind}", f"--{flag}", "host").strip() == own
    assert said(f"readlink /proc/self/ns/{kind}").strip() != own


def test_another_containers_namespaces_are_joined(stackyard: Stackyard, yard: Engine, said: Said) -> None:
    stackyard("run", "-d", "--name", "donor", "--ipc", "shareable", "-h", "lender", BASE, "sleep", "100")
    pid = yard.containers.get("donor").state.pid
    shared = ("pid", "ipc", "net")
    script = "for k in pid ipc net; do readlink /proc/self/ns/$k; done; hostname; tr '\\0' . </proc/1/cmdline"
    words = said(
        script,
        *(f"--{kind}=container:donor" for kind in shared),
    ).splitlines()
    assert words[:3] == [os.readlink(f"/proc/{pid}/ns/{kind}") for kind in shared]
    assert words[3:] == ["lender", "sleep.100."]


def test_shared_memory_is_shared_both_ways(stackyard: Stackyard, said: Said) -> None:
    stackyard("run", "-d", "--name", "donor", "--ipc", "shareable", BASE, "sleep", "100")
    stackyard("exec", "donor", "sh", "-c", "echo theirs > /dev/shm/a")
    assert said("cat /dev/shm/a; echo ours > /dev/shm/b", "--ipc", "container:donor") == "theirs\n"
    assert stackyard("exec", "donor", "cat", "/dev/shm/b").stdout == "ours\n"


def test_shared_memory_of_nobody_and_of_the_host(said: Said) -> None:
    assert said("[ -e /dev/shm ] || echo none", "--ipc", "none") == "none\n"
    device = os.stat("/dev/shm").st_dev
    assert said("stat -c %d /dev/shm", "--ipc", "host") == f"{device}\n"


def test_among_others_pids_nothing_is_left_behind(stackyard: Stackyard, yard: Engine) -> None:
    mark = f"1000.{os.getpid()}"
    done = stackyard("run", "--rm", "--pid", "host", BASE, "sh", "-c", f"setsid sleep {mark} & echo up")
    assert (done.returncode, done.stdout) == (0, "up\n")
    alive = subprocess.run(["pgrep", "-f", f"sleep {mark}"], capture_output=True, text=True).stdout
    assert alive == ""


@pytest.mark.parametrize(
    ("flag", "sentence"),
    [
        ("--pid=container:idle", "container {id} is not running"),
        ("--ipc=container:idle", "can't join IPC of container {id}: container {id} is not running"),
        ("--net=container:idle", "cannot join network of a non running container: {id}"),
        ("--ipc=container:private", "non-shareable IPC (hint: use IpcMode:shareable for the donor container"),
        ("--pid=container:ghost", "No such container: ghost"),
    ],
)
def test_what_cannot_be_joined(stackyard: Stackyard, flag: str, sentence: str) -> None:
    id = stackyard("create", "--name", "idle", BASE, "true").stdout.strip()
    stackyard("run", "-d", "--name", "private", BASE, "sleep", "100")
    done = stackyard("run", "--rm", flag, BASE, "true")
    assert done.returncode == 125
    assert sentence.format(id=id) in done.stderr


def test_the_donor_is_known_by_its_id(stackyard: Stackyard) -> None:
    id = stackyard("create", "--name", "first", BASE, "true").stdout.strip()
    stackyard("create", "--name", "second", "--pid", "container:first", BASE, "true")
    host = json.loads(stackyard("inspect", "second").stdout)[0]["HostConfig"]
    assert host["PidMode"] == f"container:{id}"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("--net host --sysctl net.ipv4.ip_forward=1", "not allowed in host network namespace"),
        ("--ipc host --sysctl kernel.msgmax=1", "is not allowed in the hosts ipc namespace"),
    ],
)
def test_the_hosts_kernel_values_stay(stackyard: Stackyard, flags: str, sentence: str) -> None:
    done = stackyard("run", "--rm", *flags.split(), BASE, "true")
    assert done.returncode == 125
    assert sentence in done.stderr


# Devices


def test_a_device_may_be_used_as_far_as_was_allowed(said: Said) -> None:
    script = "(: </dev/other) && echo read; (: >/dev/other) 2>/dev/null || echo no; stat -c %t:%T /dev/other"
    assert said(script, "--device", f"{DEVICE}:/dev/other:r") == f"read\nno\n{MAJOR:x}:{MINOR:x}\n"


def test_a_device_anywhere_and_a_folder_of_them(said: Said) -> None:
    assert said("stat -c %t:%T /opt/deep/nil", "--device", "/dev/null:/opt/deep/nil") == "1:3\n"
    inside = said("ls /dev/many | wc -l", "--device", "/dev/pts:/dev/many")
    assert int(inside) == len(os.listdir("/dev/pts"))


@pytest.mark.parametrize("place", ["/", "/etc", "/etc/passwd"])
def test_a_device_takes_nobodys_place(stackyard: Stackyard, place: str) -> None:
    done = stackyard("run", "--rm", "--device", f"/dev/null:{place}", BASE, "true")
    assert done.returncode == 125
    assert f"making the device {place}: " in done.stderr


def test_a_rule_allows_what_a_node_is_made_for(said: Said) -> None:
    script = f"mknod /k c {MAJOR} {MINOR} && (: </k) 2>/dev/null && echo read || echo no"
    assert said(script) == "no\n"
    assert said(script, "--device-cgroup-rule", f"c {MAJOR}:* rm") == "read\n"


def test_what_is_no_device_is_refused(stackyard: Stackyard) -> None:
    for path, code, why in (
        ("/dev/nosuch", 127, "no such file or directory"), ("/etc/passwd", 125, "not a device node"),
    ):  # fmt: skip
        done = stackyard("run", "--rm", "--device", path, BASE, "true")
        assert done.returncode == code
        assert f'error gathering device information while adding custom device "{path}": {why}' in done.stderr


def test_the_privileged_see_everything(said: Said) -> None:
    own = {name for name in os.listdir("/dev") if name.startswith(("loop", "kmsg", "tty"))}
    script = "ls /dev; grep Seccomp: /proc/self/status; (: >> /proc/sys/kernel/hostname) && echo writable"
    words = said(script, "--privileged").splitlines()
    assert own <= set(words)
    assert words[-2:] == ["Seccomp:\t0", "writable"]
    assert "rw" in said("grep ' /sys sysfs' /proc/mounts", "--privileged").split()[3].split(",")
    assert "ro" in said("grep ' /sys sysfs' /proc/mounts").split()[3].split(",")


def test_system_paths_are_uncovered_on_demand(said: Said) -> None:
    count = "grep -c ' /proc/' /proc/mounts || true"
    assert int(said(count)) > 0
    assert said(count, "--security-opt", "systempaths=unconfined") == "0\n"


# Names


def test_groups_are_the_images(stackyard: Stackyard, said: Said) -> None:
    script = "id -G"
    names = said("cut -d: -f1,3 /etc/group | tail -1").strip().split(":")
    groups = said(script, "--group-add", names[0], "--group-add", "4321").split()
    assert {names[1], "4321"} <= set(groups)
    done = stackyard("run", "--rm", "--group-add", "ghosts", BASE, "true")
    assert done.returncode == 125
    assert "Unable to find group ghosts: no matching entries in group file" in done.stderr


def test_hosts_and_resolvers(said: Said) -> None:
    hosts = said("cat /etc/hosts", "--add-host", "shop:10.1.2.3", "--add-host", "six:fd00::1").splitlines()
    assert hosts[-3:-1] == ["10.1.2.3\tshop", "fd00::1\tsix"]
    own = said("cat /etc/hosts; hostname", "--network", "none", "--add-host", "shop:10.1.2.3").splitlines()
    assert own[-2] == "10.1.2.3\tshop"
    flags = ("--dns", "10.9.9.9", "--dns-search", "a.b", "--dns-search", "c", "--dns-option", "ndots:2")
    assert said("cat /etc/resolv.conf", *flags) == "search a.b c\nnameserver 10.9.9.9\noptions ndots:2\n"
    assert "search" not in said("cat /etc/resolv.conf", "--dns-search", ".")


def test_an_image_for_another_machine_is_not_run(stackyard: Stackyard) -> None:
    done = stackyard("run", "--rm", "--platform", "linux/s390x", BASE, "true")
    assert done.returncode == 125
    assert "was found but does not match the specified platform: wanted linux/s390x" in done.stderr
    own = "linux/" + {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    assert stackyard("run", "--rm", "--platform", own, BASE, "true").returncode == 0

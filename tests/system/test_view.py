"""What a program sees from inside a container: its files, names, devices and limits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.engine import Engine

pytestmark = pytest.mark.root

BASE = "yard/base:latest"
DOCKERS = "busybox:latest"
Stackyard = Callable[..., "subprocess.CompletedProcess[str]"]
Variant = Callable[..., str]


@pytest.fixture
def inside(stackyard: Stackyard) -> Callable[..., str]:
    """Run a line of shell inside and return what it prints."""

    def run(line: str, *flags: str) -> str:
        done = stackyard("run", "--rm", *flags, BASE, "sh", "-c", line)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


Inside = Callable[..., str]


def mounted(inside: Inside, *flags: str) -> dict[str, tuple[str, set[str]]]:
    rows = (line.split() for line in inside("cat /proc/mounts", *flags).splitlines())
    return {place: (kind, set(options.split(","))) for _, place, kind, options, *_ in rows}


# Files


def test_the_mounts_have_dockers_guards(inside: Inside) -> None:
    seen = mounted(inside)
    guarded = {"nosuid", "nodev", "noexec"}
    assert seen["/"][0] in ("overlay", "ext4", "xfs", "btrfs", "tmpfs")
    assert seen["/proc"][0] == "proc"
    assert guarded | {"rw"} <= seen["/proc"][1]
    assert guarded | {"ro"} <= seen["/sys"][1]
    assert guarded | {"rw"} <= seen["/dev/shm"][1]
    assert guarded <= seen["/dev/mqueue"][1]
    assert {"nosuid", "noexec", "mode=620", "ptmxmode=666"} <= seen["/dev/pts"][1]
    assert {"nosuid", "mode=755", "size=65536k"} <= seen["/dev"][1]
    assert guarded | {"ro"} <= seen["/sys/fs/cgroup"][1]
    for path in ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"):
        assert not Path(path).exists() or "ro" in seen[path][1]


@pytest.mark.peers
def test_the_mounts_are_those_that_docker_makes(inside: Inside) -> None:
    words = ["docker", "run", "--rm", "--network", "none", DOCKERS, "cat", "/proc/mounts"]
    if (
        not shutil.which("docker")
        or subprocess.run(["docker", "image", "inspect", DOCKERS], capture_output=True).returncode
    ):
        pytest.skip(f"needs a docker daemon that has {DOCKERS}")
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    theirs = {line.split()[1] for line in done.stdout.splitlines()}
    ours = set(mounted(inside))
    below = "/sys/fs/cgroup/"
    assert {path for path in theirs - ours if not path.startswith(below)} == set()
    # What later versions mask too.
    assert {path for path in ours - theirs if not path.startswith(below)} <= {"/proc/interrupts"}


def test_what_tells_of_the_host_reads_as_empty(inside: Inside) -> None:
    hidden = ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/interrupts", "/proc/sched_debug")
    for path in hidden:
        assert inside(f"test -e {path} && wc -c < {path} || echo 0").strip() == "0"
    assert inside("ls -A /sys/firmware /proc/acpi /proc/scsi 2>/dev/null | grep -v :$ | grep .; true") == ""


@pytest.mark.parametrize(
    "path",
    ["/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/irq/0/x", "/sys/x", "/sys/fs/cgroup/x"],
)
def test_what_steers_the_host_cannot_be_written(stackyard: Stackyard, path: str) -> None:
    assert stackyard("run", "--rm", BASE, "sh", "-c", f"echo h > {path}").returncode == 2


def test_the_devices_are_dockers(inside: Inside) -> None:
    names = "core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero"
    assert inside("ls /dev").split() == names.split()
    assert inside("cd /dev; stat -c '%n %t:%T %a' full null random tty urandom zero").splitlines() == [
        "full 1:7 666", "null 1:3 666", "random 1:8 666", "tty 5:0 666", "urandom 1:9 666", "zero 1:5 666",
    ]  # fmt: skip
    assert inside("echo x > /dev/null; head -c4 /dev/zero | wc -c; stat -c %a /dev/shm").split() == [
        "4",
        "1777",
    ]


def test_a_read_only_root_leaves_scratch_places_writable(stackyard: Stackyard) -> None:
    line = "echo x > /root/x; echo x > /dev/shm/x && echo x > /tmp/x && echo written"
    done = stackyard("run", "--rm", "--read-only", "--tmpfs", "/tmp", BASE, "sh", "-c", line)
    assert done.stdout == "written\n"
    assert "Read-only file system" in done.stderr


@pytest.mark.parametrize(
    ("words", "present", "absent"),
    [
        ("", {"rw", "nosuid", "nodev", "noexec"}, {"size=1024k"}),
        (":exec,size=1m", {"rw", "nosuid", "nodev", "size=1024k"}, {"noexec"}),
        (":ro,mode=700,uid=7", {"ro", "noexec", "mode=700", "uid=7"}, {"rw"}),
    ],
)
def test_a_tmpfs_has_the_options_asked_for(
    inside: Inside, words: str, present: set[str], absent: set[str]
) -> None:
    kind, options = mounted(inside, "--tmpfs", f"/a/b{words}")["/a/b"]
    assert kind == "tmpfs"
    assert present <= options
    assert not absent & options


def test_what_one_container_writes_neither_another_nor_the_image_sees(
    stackyard: Stackyard, yard: Engine
) -> None:
    line = "rm /etc/passwd; echo mine > /etc/mine; ls /etc"
    first = stackyard("run", "--rm", BASE, "sh", "-c", line).stdout.split()
    second = stackyard("run", "--rm", BASE, "ls", "/etc").stdout.split()
    assert "mine" in first
    assert "passwd" not in first
    assert "mine" not in second
    assert "passwd" in second


def test_what_it_wrote_is_there_again_at_the_next_start(stackyard: Stackyard) -> None:
    stackyard(
        "create", "--name", "diary", BASE, "sh", "-c", "echo day >> /diary; cat /diary; rm -f /etc/group"
    )
    assert stackyard("start", "-a", "diary").stdout == "day\n"
    assert stackyard("start", "-a", "diary").stdout == "day\nday\n"


def test_an_image_without_anything_but_its_program_runs(
    yard: Engine, stackyard: Stackyard, tmp_path: Path
) -> None:
    """No /etc, /proc, /dev or /tmp: what is needed is made."""
    busybox = Path("/bin/busybox")
    if not busybox.exists():
        pytest.skip("needs busybox-static")
    (tmp_path / "busybox").write_bytes(busybox.read_bytes())
    (tmp_path / "busybox").chmod(0o755)
    tar = tmp_path / "bare.tar"
    subprocess.run(["tar", "-C", tmp_path, "-cf", tar, "busybox"], check=True)
    with open(tar, "rb") as stream:
        yard.images.import_(stream, "yard/bare")
    done = stackyard(
        "run",
        "--rm",
        "-u",
        "5",
        "yard/bare",
        "/busybox",
        "sh",
        "-c",
        "/busybox ls /; /busybox wc -c < /etc/hostname",
    )
    yard.images.remove("yard/bare")
    assert done.stdout.split() == ["busybox", "dev", "etc", "proc", "sys", "13"], done.stderr


@pytest.mark.parametrize("mask", [0o077, 0o000])
def test_the_callers_umask_changes_nothing(stackyard: Stackyard, mask: int) -> None:
    before = os.umask(mask)
    try:
        done = stackyard(
            "run", "--rm", "-u", "1000", "-w", "/made", "--tmpfs", "/also/made", BASE, "sh", "-c",
            "stat -c %a / /made /also /etc/hosts /dev; umask",
        )  # fmt: skip
    finally:
        os.umask(before)
    assert done.stdout.split() == ["755", "755", "755", "644", "755", "0022"], done.stderr


# Names


def test_it_knows_its_name(inside: Inside) -> None:
    line = "cat /etc/hostname; grep web /etc/hosts; echo $HOSTNAME; cat /proc/sys/kernel/hostname"
    said = inside(line, "--hostname", "web", "--domainname", "example.org").splitlines()
    assert [said[0], said[2], said[3]] == ["web", "web", "web"]
    assert said[1].split()[1:] == ["web.example.org", "web"]


def test_without_a_name_it_is_called_by_its_short_id(stackyard: Stackyard) -> None:
    id = stackyard("create", BASE, "cat", "/etc/hostname").stdout.strip()
    assert stackyard("start", "-a", id).stdout == f"{id[:12]}\n"


def test_localhost_is_there_and_nothing_else(inside: Inside) -> None:
    assert "127.0.0.1\tlocalhost" in inside("cat /etc/hosts")
    assert inside("ls /sys/class/net; cat /proc/net/dev | wc -l", "--network", "none").split() == ["lo", "3"]


def test_on_the_hosts_network_the_host_is_seen(inside: Inside) -> None:
    assert set(inside("ls /sys/class/net", "--network", "host").split()) == set(os.listdir("/sys/class/net"))
    assert inside("cat /etc/hostname", "--network", "host").strip() == os.uname().nodename


def test_no_process_of_the_hosts_is_seen(inside: Inside) -> None:
    pids = [word for word in inside("echo /proc/[0-9]*").split() if word.startswith("/proc/")]
    assert pids == ["/proc/1"]


def test_namespaces_are_its_own(inside: Inside) -> None:
    line = "for name in pid mnt uts ipc net cgroup; do readlink /proc/self/ns/$name; done"
    theirs = {os.readlink(f"/proc/self/ns/{name}") for name in ("pid", "mnt", "uts", "ipc", "net", "cgroup")}
    assert not theirs & set(inside(line).split())


# The process


def test_the_working_directory_is_made_when_there_is_none(inside: Inside) -> None:
    assert inside("pwd; stat -c '%u:%g %a' .", "-w", "/new/place/", "-u", "1000").split() == [
        "/new/place", "0:0", "755",
    ]  # fmt: skip
    assert inside("pwd", "-w", "/new", "--read-only") == "/new\n"


def test_a_working_directory_that_is_a_file_is_refused(stackyard: Stackyard) -> None:
    done = stackyard("run", "--rm", "-w", "/etc/passwd", BASE, "pwd")
    assert done.returncode == 125
    assert "cannot use /etc/passwd as the working directory: not a directory" in done.stderr


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("mail", "8:8:8:/var/mail"),
        ("8", "8:8:8:/var/mail"),
        ("8:1234", "8:1234:1234:/var/mail"),
        ("4711", "4711:0:0:/"),
        ("mail:root", "8:0:0:/var/mail"),
    ],
)
def test_it_runs_as_the_user_asked_for(inside: Inside, user: str, expected: str) -> None:
    assert inside("echo $(id -u):$(id -g):$(id -G):$HOME", "-u", user).strip() == expected


def test_its_streams_are_its_users_own(stackyard: Stackyard) -> None:
    """A web server that logs to /dev/stdout does so as whoever it runs."""
    for flags in ((), ("--init",)):
        words = (
            "run",
            "--rm",
            *flags,
            "-u",
            "1000",
            BASE,
            "sh",
            "-c",
            "echo o > /dev/stdout; echo e > /dev/stderr",
        )
        done = stackyard(*words)
        assert (done.returncode, done.stdout, done.stderr) == (0, "o\n", "e\n")


def test_standard_input_is_at_its_end(stackyard: Stackyard) -> None:
    assert stackyard("run", "--rm", BASE, "cat", input="ignored\n", stdin=None).stdout == ""


def test_its_environment_is_what_was_given_and_nothing_of_the_callers(stackyard: Stackyard) -> None:
    caller = {**os.environ, "SECRET": "x", "LD_PRELOAD": "", "HOST_ONLY": "seen"}
    done = stackyard(
        "run", "--rm", "-e", "A=1 2", "-e", "HOST_ONLY", "-e", "ABSENT", BASE, "env", env=caller
    )  # fmt: skip
    names = sorted(line.partition("=")[0] for line in done.stdout.splitlines())
    assert names == ["A", "HOME", "HOSTNAME", "HOST_ONLY", "PATH"]
    assert "A=1 2" in done.stdout
    assert "HOST_ONLY=seen" in done.stdout


def test_words_that_are_no_text_arrive_as_they_were(yard: Engine, stackyard: Stackyard) -> None:
    name = stackyard(
        "create", "-e", "V=\udcfe", BASE, "sh", "-c", 'printf %s "$1$V"', "sh", "\udcff"
    ).stdout.strip()
    assert stackyard("start", "-a", name, text=False).stdout == b"\xff\xfe"


def test_signals_that_the_caller_ignores_are_not_ignored_inside(stackyard: Stackyard) -> None:
    words = f"trap '' CHLD QUIT USR1; exec {command(stackyard)} run --rm {BASE} grep SigIgn /proc/self/status"
    done = subprocess.run(["sh", "-c", words], capture_output=True, text=True)
    ignored = int(done.stdout.split()[1], 16)
    assert ignored & (1 << 16 | 1 << 2 | 1 << 9 | 1 << 12) == 0, done.stderr


def command(stackyard: Stackyard) -> str:
    done = stackyard("version")
    words: list[str] = done.args[:-1]
    return f"env PYTHONPATH={Path(__file__).parents[2]} " + " ".join(words)


@pytest.mark.parametrize("closed", ["<&-", "<&- 9>&-"])
def test_a_caller_without_standard_input_starts_containers_too(stackyard: Stackyard, closed: str) -> None:
    line = f"{command(stackyard)} run --rm {BASE} echo fine {closed}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "fine\n"), done.stderr


# The bundle


@pytest.mark.peers
def test_runc_runs_the_same_bundle(stackyard: Stackyard, yard: Engine, tmp_path: Path) -> None:
    id = stackyard(
        "create", "--hostname", "peer", BASE, "sh", "-c", "cat /etc/hostname; grep CapEff /proc/self/status"
    ).stdout.strip()
    assert stackyard("start", "-a", id).returncode == 0
    bundle = yard.store.paths.container(id)
    program = f"""
import subprocess, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from engine.kernel import mounts, processes
from engine.runtime.rootfs import mount_union
from engine.runtime.union import read_union
processes.unshare(processes.CLONE_NEWNS)
mounts.private_root(mounts.MS_PRIVATE)
for mount in read_union({bundle.rootfs_mounts!r}):
    mount_union(mount, {bundle.rootfs!r})
words = ["runc", "--root", {str(tmp_path / "runc")!r}, "run", "-b", {bundle.bundle!r}, "peer-{id[:8]}"]
raise SystemExit(subprocess.run(words).returncode)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stdout.split()) == (0, ["peer", "CapEff:", "00000000a80425fb"]), done.stderr

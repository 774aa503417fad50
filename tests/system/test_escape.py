"""Attempts to get out of a container, or to make the engine do harm on the host.

The numbers are those of the cases that every container engine has to answer for.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from engine.engine import Engine
from engine.kernel.libc import ARCHITECTURE, syscall

pytestmark = pytest.mark.root

BASE = "yard/base:latest"
Stackyard = Callable[..., "subprocess.CompletedProcess[str]"]
Variant = Callable[..., str]

DOCKERS = 0x00000000A80425FB
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A directory of the host that no container may touch."""
    folder = tmp_path / "victim"
    folder.mkdir()
    (folder / "file").write_text("untouched")
    return folder


def untouched(victim: Path) -> bool:
    return [path.name for path in victim.iterdir()] == ["file"] and (
        victim / "file"
    ).read_text() == "untouched"


def python(stackyard: Stackyard, image: str, program: str, *flags: str) -> str:
    """Run a program inside and return what it prints."""
    done = stackyard("run", "--rm", *flags, image, "python3", "-c", program)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# 32: capabilities


def capabilities(stackyard: Stackyard, *flags: str) -> tuple[int, ...]:
    done = stackyard("run", "--rm", *flags, BASE, "grep", "^Cap", "/proc/self/status")
    assert done.returncode == 0, done.stderr
    found = dict(line.split(":\t") for line in done.stdout.splitlines())
    return tuple(int(found[name], 16) for name in SETS)


def bit(number: int) -> int:
    return 1 << number


NET_ADMIN, CHOWN, SYS_ADMIN = bit(12), bit(0), bit(21)


@pytest.mark.parametrize(
    ("flags", "held", "bounding"),
    [
        ((), DOCKERS, DOCKERS),
        (("-u", "1000"), 0, DOCKERS),
        (("--init",), DOCKERS, DOCKERS),
        (("--cap-add", "NET_ADMIN"), DOCKERS | NET_ADMIN, DOCKERS | NET_ADMIN),
        (("--cap-add", "net_admin", "-u", "1000"), 0, DOCKERS | NET_ADMIN),
        (("--cap-drop", "CHOWN"), DOCKERS & ~CHOWN, DOCKERS & ~CHOWN),
        (("--cap-drop", "ALL"), 0, 0),
        (("--cap-drop", "all", "--cap-add", "CHOWN"), CHOWN, CHOWN),
        (("--security-opt", "no-new-privileges"), DOCKERS, DOCKERS),
        (("-u", "1000", "--security-opt", "no-new-privileges"), 0, DOCKERS),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_32_the_five_capability_sets_are_exact(
    stackyard: Stackyard, flags: tuple[str, ...], held: int, bounding: int
) -> None:
    assert capabilities(stackyard, *flags) == (0, held, held, bounding, 0)


def test_32_privileged_has_all_that_this_user_has_and_ambient_none(stackyard: Stackyard) -> None:
    here = Path("/proc/self/status").read_text()
    match = re.search(r"CapPrm:\t(\w+)", here)
    assert match
    everything = int(match[1], 16)
    assert capabilities(stackyard, "--privileged") == (0, everything, everything, everything, 0)
    without = everything & ~SYS_ADMIN
    assert capabilities(stackyard, "--privileged", "--cap-drop", "SYS_ADMIN") == (
        0,
        without,
        without,
        without,
        0,
    )


# 33: descriptors


@pytest.mark.parametrize("flags", [(), ("--init",)], ids=["plain", "init"])
def test_33_a_descriptor_that_the_caller_left_open_is_not_inside(
    stackyard: Stackyard, yard: Engine, victim: Path, flags: tuple[str, ...]
) -> None:
    leak = os.open(victim, os.O_RDONLY)
    line = "ls /proc/self/fd; sleep 100"
    done = stackyard("run", "-d", *flags, BASE, "sh", "-c", line, pass_fds=(leak,))
    os.close(leak)
    container = yard.containers.get(done.stdout.strip())
    processes = [container.state.pid, shim_of(container.state.pid)]
    for process in processes:
        files = [os.readlink(entry.path) for entry in os.scandir(f"/proc/{process}/fd")]
        assert str(victim) not in files
    # 3 is the folder that ls itself reads.
    assert eventually(lambda: stackyard("logs", container.id).stdout.split()) == ["0", "1", "2", "3"]


def test_33_an_init_holds_nothing_but_its_streams(stackyard: Stackyard, yard: Engine) -> None:
    id = stackyard("run", "-d", "--init", BASE, "sleep", "100").stdout.strip()
    assert sorted(os.listdir(f"/proc/{yard.containers.get(id).state.pid}/fd")) == ["0", "1", "2"]


def shim_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def eventually(look: Callable[[], object], seconds: float = 5.0) -> object:
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


# 34: the working directory


@pytest.mark.parametrize("below", ["", "/evil"], ids=["itself", "below"])
def test_34_a_descriptor_is_no_working_directory(stackyard: Stackyard, below: str) -> None:
    for number in range(3, 14):
        done = stackyard("run", "--rm", "-w", f"/proc/self/fd/{number}{below}", BASE, "pwd")
        assert (done.returncode, done.stdout) == (125, "")
        assert "as the working directory" in done.stderr
    assert subprocess.run(["find", "/sys/fs/cgroup", "-name", "evil"], capture_output=True).stdout == b""


def test_34_nor_is_a_link_of_the_image_to_one(stackyard: Stackyard, variant: Variant) -> None:
    links = {f"work{number}": f"/proc/self/fd/{number}" for number in range(3, 14)}
    image = variant(links)
    for link in links:
        assert stackyard("run", "--rm", "-w", f"/{link}", image, "pwd").returncode == 125


def test_34_the_callers_directory_is_left_behind(stackyard: Stackyard, yard: Engine, victim: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = stackyard("run", "-d", BASE, "sleep", "100", cwd=victim, env=environment)
    pid = yard.containers.get(done.stdout.strip()).state.pid
    assert [os.readlink(f"/proc/{process}/cwd") for process in (pid, shim_of(pid))] == ["/", "/"]


# 35: links where the engine mounts


@pytest.mark.parametrize("place", ["proc", "sys", "dev"])
def test_35_an_image_does_not_choose_where_proc_sys_and_dev_go(
    stackyard: Stackyard, variant: Variant, victim: Path, place: str
) -> None:
    done = stackyard("run", "--rm", variant({place: str(victim)}), "true")
    said = f"Error: failed to create task for container: /{place} in the image is not a directory\n"
    assert (done.returncode, done.stderr) == (125, said)
    assert untouched(victim)


def test_35_a_link_in_the_place_of_a_mount_leads_no_further_than_the_image(
    stackyard: Stackyard, variant: Variant, victim: Path
) -> None:
    image = variant(
        {
            "etc/hosts": f"{victim}/file",
            "etc/hostname": f"../../../../../..{victim}/made",
            "etc/resolv.conf": "../run/resolver/stub.conf",
            "scratch": str(victim),
        }
    )
    look = "cat /etc/hostname; df /scratch | grep -c tmpfs; ls -d /run/resolver/stub.conf"
    done = stackyard(
        "run", "--rm", "--hostname", "inside", "--tmpfs", "/scratch/deep", image, "sh", "-c", look
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "inside"), done.stderr
    assert "/run/resolver/stub.conf" in done.stdout
    assert untouched(victim)


def test_35_a_directory_swapped_for_a_link_during_the_start_leads_nowhere_either(
    yard: Engine, stackyard: Stackyard, victim: Path
) -> None:
    made = stackyard("create", "--tmpfs", "/scratch/deep", "-w", "/scratch/work", BASE, "true")
    bundle = Path(yard.store.paths.container(made.stdout.strip()).bundle)
    upper = bundle / "upper"
    if not upper.is_dir():
        pytest.skip("needs a kernel that grants an overlay")
    (upper / "scratch").mkdir()
    (upper / "link").symlink_to(victim)
    over = threading.Event()
    racer = threading.Thread(target=_swap_until, args=(over, upper))
    racer.start()
    before = mounts()
    try:
        for _ in range(15):
            stackyard("start", "-a", made.stdout.strip())
    finally:
        over.set()
        racer.join()
    assert untouched(victim)
    assert mounts() == before


def _swap_until(over: threading.Event, folder: Path) -> None:
    exchange, number = 2, {"x86_64": 316}.get(ARCHITECTURE, 276)
    while not over.is_set():
        with suppress(OSError):
            syscall(number, -100, bytes(folder / "scratch"), -100, bytes(folder / "link"), exchange)


def mounts() -> list[str]:
    """List what is mounted on the host, by place."""
    return sorted(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())


def test_35_a_null_device_of_the_images_own_covers_nothing(stackyard: Stackyard, variant: Variant) -> None:
    """What masks /proc/kcore is the device that the engine made, whatever the image has."""
    image = variant({"dev/null": b"not a device"})
    line = "stat -c %t:%T /dev/null /proc/keys"
    assert stackyard("run", "--rm", image, "sh", "-c", line).stdout == "1:3\n1:3\n"


# 36: writes of the engine that an image might redirect


def test_36_kernel_values_are_set_inside_whatever_the_image_has_in_proc(
    stackyard: Stackyard, variant: Variant
) -> None:
    name = "proc/sys/net/ipv4/ip_unprivileged_port_start"
    image = variant({name: b"fake", "proc/self": "/etc", "etc/oom_score_adj": b"fake"})
    before = Path(f"/{name}").read_text()
    line = f"cat /{name} /etc/oom_score_adj"
    assert stackyard("run", "--rm", image, "sh", "-c", line).stdout == "0\nfake"
    assert Path(f"/{name}").read_text() == before


# 37: devices


@pytest.mark.parametrize("device", ["b 254 0", "b 8 0", "c 1 1", "c 10 200"])
def test_37_a_device_can_be_made_but_not_opened(stackyard: Stackyard, python_image: str, device: str) -> None:
    line = f"mknod /tmp/node {device} && echo made && exec head -c1 /tmp/node"
    done = stackyard("run", "--rm", python_image, "sh", "-c", line)
    assert (done.returncode, done.stdout) == (1, "made\n")
    assert "Operation not permitted" in done.stderr


# 38: system calls

CALLS = """
import ctypes, errno, os, socket
libc = ctypes.CDLL(None, use_errno=True)
at = 0 if os.uname().machine == "x86_64" else 1
number = {
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "setns": (308, 268),
    "keyctl": (250, 219), "add_key": (248, 217), "bpf": (321, 280), "perf_event_open": (298, 241),
    "kexec_load": (246, 104), "init_module": (175, 105), "open_by_handle_at": (304, 265),
    "reboot": (169, 142), "swapon": (167, 224), "userfaultfd": (323, 282), "move_mount": (429, 429),
    "fsopen": (430, 430), "clone3": (435, 435),
}
for name, numbers in number.items():
    result = libc.syscall(numbers[at], 0, 0, 0, 0, 0, 0)
    print(name, errno.errorcode.get(ctypes.get_errno(), 0) if result < 0 else "allowed")
for name, family in (("AF_ALG", 38), ("AF_VSOCK", 40)):
    try:
        socket.socket(family, socket.SOCK_STREAM if family == 40 else socket.SOCK_SEQPACKET)
        print(name, "allowed")
    except OSError as error:
        print(name, errno.errorcode[error.errno])
for name, flag in (("user", 0x10000000), ("mount", 0x20000), ("cgroup", 0x2000000), ("net", 0x40000000)):
    result = libc.unshare(flag)
    print("unshare", name, errno.errorcode[ctypes.get_errno()] if result < 0 else "allowed")
"""


def test_38_the_calls_that_reach_the_kernels_depths_are_refused(
    stackyard: Stackyard, python_image: str
) -> None:
    answers = dict(line.rsplit(" ", 1) for line in python(stackyard, python_image, CALLS).splitlines())
    assert len(answers) == 23
    assert answers.pop("clone3") == "ENOSYS"
    # Nobody has the vsock family where the kernel was built without it.
    assert answers.pop("AF_VSOCK") in ("EPERM", "EAFNOSUPPORT")
    assert answers == dict.fromkeys(answers, "EPERM")


def test_38_a_user_gets_no_further(stackyard: Stackyard, python_image: str) -> None:
    said = python(stackyard, python_image, CALLS, "-u", "1000", "--security-opt", "no-new-privileges")
    assert "allowed" not in said


# 39: release_agent


def test_39_no_release_agent_can_be_set(stackyard: Stackyard, python_image: str, victim: Path) -> None:
    script = """
unshare -UrmC true && echo unshared
for flags in "" "-o rdma" "-o devices" "-o none,name=x"; do
  mount -t cgroup $flags cgroup /mnt && echo mounted
done
for agent in $(find / -xdev -name release_agent; find /sys/fs/cgroup -name release_agent); do
  echo "|/bin/sh -c 'rm -r %s'" > $agent && echo written
done
for folder in $(find /sys/fs/cgroup -type d); do mkdir $folder/x && echo made; done
exit 0
""".replace("%s", str(victim))
    done = stackyard("run", "--rm", python_image, "sh", "-c", script)
    assert (done.returncode, done.stdout) == (0, "")
    assert untouched(victim)


# 40: the engine's own program


def fingerprint() -> str:
    return hashlib.sha256(Path(os.path.realpath(sys.executable)).read_bytes()).hexdigest()


OVERWRITE = """
import errno
for path in ("/proc/self/exe", "/proc/1/exe"):
    try:
        open(path, "r+b")
        print("opened")
    except OSError as error:
        print(errno.errorcode[error.errno])
"""


@pytest.mark.parametrize("flags", [(), ("--init",), ("--cap-add", "SYS_PTRACE", "--init")], ids=" ".join)
def test_40_the_engines_interpreter_cannot_be_written_through_proc_self_exe(
    stackyard: Stackyard, python_image: str, flags: tuple[str, ...]
) -> None:
    before = fingerprint()
    words = ("run", "--rm", *flags, "--entrypoint", "/proc/self/exe", python_image, "-I", "-c", OVERWRITE)
    done = stackyard(*words)
    assert "opened" not in done.stdout
    assert fingerprint() == before


def test_40_nor_by_a_script_that_names_it(stackyard: Stackyard, variant: Variant) -> None:
    before = fingerprint()
    image = variant({"script": b"#!/proc/self/exe\nraise SystemExit(7)\n"})
    assert stackyard("run", "--rm", image, "/script").returncode != 0
    assert fingerprint() == before


def test_40_nor_by_a_loader_of_the_images_own(stackyard: Stackyard, variant: Variant) -> None:
    """The engine's program, loaded by the image's own ld.so, which then has the host's file in its hands."""
    loader = loader_of(os.path.realpath(sys.executable))
    if not loader or ARCHITECTURE != "x86_64":
        pytest.skip("the hostile loader is made of x86_64's instructions")
    before = fingerprint()
    image = variant({os.path.realpath(loader).lstrip("/"): hostile_loader()})
    done = stackyard("run", "--rm", "--entrypoint", "/proc/self/exe", image)
    assert done.returncode == READ_ONLY
    assert fingerprint() == before


OPENED_FOR_WRITING, WRITABLE, READ_ONLY = 200, 0, 1


def hostile_loader() -> bytes:
    """Assemble a program that tries to open /proc/self/exe for writing, and else ends with what it found out.

    ELF with one segment; its exit code is OPENED_FOR_WRITING, else whether the file's mount is READ_ONLY.
    """
    look = (
        bytes.fromhex("be02000000 b802000000 0f05 85c0 bfc8000000 7920")  # open for writing: well done
        + b"\x48\x8d\x3d" + struct.pack("<i", 32)
        + bytes.fromhex("488db42400fcffff b889000000 0f05 8bbc2450fcffff 83e701")  # statfs: is it read-only?
        + bytes.fromhex("b83c000000 0f05")
    )  # fmt: skip
    code = b"\x48\x8d\x3d" + struct.pack("<i", len(look)) + look + b"/proc/self/exe\0"
    start = 64 + 56
    header = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, start, 64, 0, 0, 64, 56, 1, 0, 0, 0
    )
    size = start + len(code)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, size, size, 4096) + code


def loader_of(program: str) -> str:
    match = re.search(rb"\0(/lib[^\0]*/ld-[^\0]*)\0", Path(program).read_bytes()[: 1 << 16])
    return match[1].decode() if match else ""


# 41, 42: limits


BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""


def test_41_a_fork_bomb_is_contained_and_can_be_stopped(stackyard: Stackyard, python_image: str) -> None:
    words = ("run", "-d", "--pids-limit", "20", python_image, "python3", "-c", BOMB)
    id = stackyard(*words).stdout.strip()
    assert eventually(lambda: len(processes_of(id)) >= 20)
    assert len(processes_of(id)) == 20
    begun = time.monotonic()
    assert stackyard("stop", "-t", "1", id).returncode == 0
    assert time.monotonic() - begun < 8
    assert not processes_of(id)


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


def test_41_no_more_processes_than_allowed(stackyard: Stackyard, python_image: str) -> None:
    program = """
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            time.sleep(100)
        made += 1
except OSError:
    print(made)
"""
    assert python(stackyard, python_image, program, "--pids-limit", "20") == "19"


def test_42_what_takes_too_much_memory_is_killed_and_told_of(stackyard: Stackyard) -> None:
    assert stackyard("run", "--name", "glutton", "-m", "32m", BASE, "tail", "/dev/zero").returncode == 137
    told = stackyard("inspect", "-f", "{{.State.OOMKilled}} {{.State.ExitCode}}", "glutton")
    assert told.stdout == "true 137\n"


def test_42_who_is_killed_otherwise_was_not_out_of_memory(stackyard: Stackyard) -> None:
    stackyard("run", "-d", "--name", "modest", "-m", "32m", BASE, "sleep", "100")
    stackyard("kill", "modest")
    told = stackyard("inspect", "-f", "{{.State.OOMKilled}} {{.State.ExitCode}}", "modest")
    assert told.stdout == "false 137\n"


# 43, 44: accounts


@pytest.mark.parametrize(
    "user", ["4294967296", "2147483648", "-1", "0:4294967296", "99999999999999999999999"]
)
def test_43_an_id_out_of_range_is_not_wrapped_round(stackyard: Stackyard, user: str) -> None:
    done = stackyard("run", "--rm", "-u", user, BASE, "id")
    assert (done.returncode, done.stdout) == (125, "")
    assert done.stderr == "Error: uids and gids must be in range 0-2147483647\n"


def test_43_nor_one_in_the_images_own_accounts(stackyard: Stackyard, variant: Variant) -> None:
    image = variant({"etc/passwd": b"evil:x:4294967296:0::/:/bin/sh\n"})
    assert stackyard("run", "--rm", "-u", "evil", image, "id").returncode == 125


def special(kind: bytes, major: int = 0, minor: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo()
    entry.type, entry.devmajor, entry.devminor, entry.mode = kind, major, minor, 0o666
    return entry


@pytest.mark.parametrize(
    "entry", [special(tarfile.FIFOTYPE), special(tarfile.CHRTYPE, 1, 5), "/proc/self/fd/0", "/dev/stdin"],
    ids=["fifo", "zero", "stdin", "device"],
)  # fmt: skip
def test_44_hostile_account_files_hold_nobody_up(
    stackyard: Stackyard, variant: Variant, entry: object
) -> None:
    image = variant({"etc/passwd": entry, "etc/group": entry})
    done = stackyard("run", "--rm", "-u", "7", image, "sh", "-c", "grep ^Uid /proc/self/status", timeout=20)
    assert done.stdout.split()[1] == "7"


# 45: code of the image's on the host


def test_45_between_the_switch_of_the_root_and_the_program_nothing_is_loaded(
    stackyard: Stackyard, tmp_path: Path, yard_root: str
) -> None:
    """So neither a module nor a library of the image's can run with the engine's rights."""
    for flags in ((), ("--init",)):
        opened = opened_after_pivot(tmp_path, yard_root, *flags, "-u", "mail", BASE, "true")
        assert [path for path in opened if path not in ("/proc/self/stat", ".", "/")] == []


def opened_after_pivot(tmp_path: Path, yard_root: str, *words: str) -> list[str]:
    """List what the engine opens inside a container before the program takes over."""
    calls = "trace=open,openat,openat2,execve,pivot_root"
    program = [sys.executable, "-m", "app.main", "--root", yard_root, "run", "--rm", *words]
    folder = tmp_path / "-".join(words).replace("/", "-")
    folder.mkdir()
    try:
        subprocess.run(
            ["strace", "-ff", "-qq", "-o", folder / "trace", "-e", calls, *program],
            check=True, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, capture_output=True,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("needs strace")
    inside = list(filter(None, (_inside(path.read_text().splitlines()) for path in folder.iterdir())))
    assert inside, "nobody switched the root"
    return [match[1] for calls in inside for call in calls if (match := OPENED.search(call))]


OPENED = re.compile(r'^open\w*\([^"]*"([^"]*)"')


def _inside(calls: list[str]) -> list[str]:
    """Keep one process's calls from the switch of the root, or its birth thereafter, to the program."""
    switch = [at for at, call in enumerate(calls) if call.startswith("pivot_root(")]
    program = [at for at, call in enumerate(calls) if re.match(r'execve\("[^"]*/true".*= 0$', call)]
    if not switch and not program:
        return []
    return calls[switch[0] if switch else 0 : program[0] if program else len(calls)] or ["none"]


def test_45_an_image_with_the_engines_own_modules_runs_like_any_other(
    stackyard: Stackyard, variant: Variant
) -> None:
    home = Path(__file__).parents[2]
    library = os.path.dirname(os.__file__)
    evil = b"open('/pwned', 'w').write('by the engine')\n"
    names = ("engine/runtime/credentials.py", "engine/kernel/libc.py", "engine/errors.py", "sitecustomize.py")
    modules = ("encodings/__init__.py", "encodings/idna.py", "socket.py", "pwd.py", "grp.py", "signal.py")
    planted = {f"{home}/{name}".lstrip("/"): evil for name in names}
    planted |= {f"{library}/{name}".lstrip("/"): evil for name in modules}
    planted |= {"etc/nsswitch.conf": b"passwd: evil\ngroup: evil\n"}
    for flags in ((), ("--init",)):
        done = stackyard("run", "--rm", *flags, "-u", "mail:mail", variant(planted), "ls", "/pwned")
        assert (done.returncode, done.stdout) == (2, "")
    assert not Path("/pwned").exists()

"""Filters in force: in forked children, against the real kernel."""

import ctypes
import errno
import os
import platform
import signal
from collections.abc import Callable
from contextlib import suppress

import pytest

from engine.kernel import seccomp
from engine.kernel.libc import call
from engine.kernel.syscalls import numbers
from engine.runtime.seccomp.compiler import compile
from engine.runtime.seccomp.profile import default

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason="no table for this machine"
)
PR_SET_NO_NEW_PRIVS = 38


def under(program: bytes, work: Callable[[], int], *, no_new_privs: bool = True) -> int:
    """Run `work` in a child below the filter; give its status as os.waitstatus_to_exitcode does."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            if no_new_privs:
                call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            try:
                seccomp.install(program)
            except OSError as error:
                os._exit(200 + (error.errno or 0))
            os._exit(work())
        os._exit(199)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def error_of(name: str, *arguments: int) -> int:
    """Make a raw call; give its errno, or zero."""
    libc = ctypes.CDLL(None, use_errno=True)
    words = [ctypes.c_long(word) for word in (numbers(platform.machine())[name], *arguments)]
    return ctypes.get_errno() if libc.syscall(*words) < 0 else 0


DOCKER = compile(default(["CAP_CHOWN"])) if platform.machine() in ("x86_64", "aarch64") else b""


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("mount", (0, 0, 0, 0, 0)),
        ("setns", (-1, 0)),
        ("keyctl", (0, 0, 0, 0, 0)),
        ("bpf", (0, 0, 0)),
        ("perf_event_open", (0, 0, -1, -1, 0)),
        ("socket", (38, 5, 0)),
        ("socket", (40, 1, 0)),
        ("socket", ((1 << 32) + 38, 5, 0)),
        ("unshare", (0x10000000,)),
        ("io_uring_setup", (1, 0)),
        ("clone", (0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)),
    ],
)
def test_refused(name: str, arguments: tuple[int, ...]) -> None:
    assert under(DOCKER, lambda: error_of(name, *arguments)) == errno.EPERM


@pytest.mark.parametrize(("name", "arguments"), [("clone3", (0, 0)), ("open_tree_attr", (0, 0, 0, 0, 0))])
def test_unknown(name: str, arguments: tuple[int, ...]) -> None:
    assert under(DOCKER, lambda: error_of(name, *arguments)) == errno.ENOSYS


def test_ordinary_work_goes_on() -> None:
    def work() -> int:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, b"x")
            os._exit(0)
        os.waitpid(child, 0)
        return 0 if os.read(reader, 1) == b"x" and os.listdir("/") else 1

    assert under(DOCKER, work) == 0


def test_kill() -> None:
    document = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["getpgid"], "action": "SCMP_ACT_KILL_PROCESS"}],
    }
    assert under(compile(document), lambda: os.getpgid(0)) == -signal.SIGSYS


def test_a_bad_program_is_refused() -> None:
    assert under(b"\xff" * 8, lambda: 0) == 200 + errno.EINVAL


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user's rights")
def test_needs_a_right() -> None:
    child = os.fork()
    if child == 0:
        os.setresuid(65534, 65534, 65534)
        os._exit(under(DOCKER, lambda: 0, no_new_privs=False))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 200 + errno.EACCES


def test_tables_hold_what_the_headers_say() -> None:
    assert numbers("x86_64")["mount"] == 165
    assert numbers("i386")["socketcall"] == 102
    assert numbers("x32")["execve"] == 520
    assert numbers("aarch64")["mount"] == 40
    assert numbers("arm")["set_tls"] == 0xF0005
    for table in ("x86_64", "i386", "x32", "aarch64", "arm"):
        assert numbers(table)["mseal"] == 462
        assert len(set(numbers(table).values())) == len(numbers(table))

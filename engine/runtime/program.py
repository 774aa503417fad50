"""The last steps of a process on its way to becoming a program, all of them inside the container.

What fails is told through a pipe that closes at execve.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
from collections.abc import Sequence
from typing import NoReturn

from engine.errors import StartFailed

ENGINE_FAILED, NOT_EXECUTABLE, NOT_FOUND = 125, 126, 127


def await_program(pid: int, answer: int) -> None:
    """Wait until a child has become the program; `answer` is its pipe's other end. Raises StartFailed."""
    said = b""
    while chunk := os.read(answer, 4096):
        said += chunk
    if said:
        os.waitpid(pid, 0)
        code, _, message = said.decode(errors="replace").partition(" ")
        raise StartFailed(message, int(code))


def enter_cwd(path: str) -> None:
    """Enter the working directory, which must be there.

    It must not be one of ours, reached through a descriptor (CVE-2024-21626).
    """
    os.chdir(path)
    if not os.getcwd().startswith("/"):
        raise OSError(errno.EINVAL, "the working directory is outside of the container")


def restore_signals() -> None:
    """Undo what Python changed, so that programs find the default answers they expect."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def hand_over_streams(uid: int) -> None:
    """Make the pipes the user's own, who may then open /dev/stdout like any file."""
    for descriptor in (0, 1, 2):
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.fchown(descriptor, uid, -1)


def execute(report: int, arguments: Sequence[str], environment: Sequence[str]) -> NoReturn:
    """Replace this process by the program, found as execvp finds it in the container's own PATH."""
    name, variables = arguments[0], dict(entry.partition("=")[::2] for entry in environment)
    paths = (
        [name]
        if "/" in name
        else [f"{part or '.'}/{name}" for part in variables.get("PATH", "/bin:/usr/bin").split(":")]
    )
    denied = False
    for path in paths if name else ():
        try:
            if os.path.isdir(path):
                raise PermissionError(errno.EACCES, "permission denied")
            os.execve(path, list(arguments), variables)
        except (FileNotFoundError, NotADirectoryError):
            if os.path.isfile(path):
                fail(report, NOT_FOUND, f"exec {path}: no such file or directory (its interpreter)")
        except PermissionError:
            denied = True
        except OSError as error:
            fail(report, NOT_EXECUTABLE, f"exec {path}: {(error.strerror or '').lower()}")
    if denied:
        fail(report, NOT_EXECUTABLE, f'exec: "{name}": permission denied')
    missing = "no such file or directory" if "/" in name else "executable file not found in $PATH"
    fail(report, NOT_FOUND, f'exec: "{name}": {"stat " + name + ": " if "/" in name else ""}{missing}')


def fail(report: int, code: int, message: str) -> NoReturn:
    """Tell why it cannot become the program, and end."""
    os.write(report, f"{code} {message}".encode())
    os._exit(code)

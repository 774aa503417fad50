"""`top`: a container's processes as ps shows them, with this machine's ps or without one."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from engine.containers.programs.processes import Process, members, processes
from engine.containers.record import Container
from engine.errors import Conflict, EngineError, InvalidInput, Unsupported

DEFAULT = ("-ef",)
TITLES = ("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD")
_DISGUISED = re.compile(r"\s+(\S*)=\s*(PID\S*)")
"""A column of another meaning under the title by which pids are found."""
_PTS_MAJORS = range(136, 144)
_DAY, _YEAR = 86400, 365 * 86400


class Table(NamedTuple):
    """What ps said of the container's processes."""

    titles: list[str]
    rows: list[list[str]]


def top(container: Container, name: str, options: Sequence[str]) -> Table:
    """Ask ps, with its own options. Raises Conflict, InvalidInput and Unsupported."""
    if not container.state.running:
        raise Conflict(f"Container {container.id} is not running")
    if container.state.status == "restarting":
        raise Conflict(f"Container {container.id} is restarting, wait until the container is running")
    disguised = _DISGUISED.search(" " + " ".join(options))
    if disguised:
        raise InvalidInput(f'specifying "{disguised[1]}={disguised[2]}" is not allowed')
    words = list(options) or list(DEFAULT)
    pids = members(container)
    try:
        return parsed(_asked(words, pids), pids)
    except FileNotFoundError:
        if tuple(words) != DEFAULT:
            raise Unsupported(
                f"this machine has no ps to understand {' '.join(words)}",
                resolution=f"`top {name}` alone needs none",
            ) from None
        return Table(list(TITLES), [_row(process, time.time()) for process in processes(container)])


def _asked(words: Sequence[str], pids: Collection[int]) -> str:
    """Run ps on these processes; on all where an option forbids choosing. Raises FileNotFoundError."""
    import subprocess

    chosen = f"-q{','.join(map(str, sorted(pids)))}"
    # Lines may be as long as they are.
    environment = {**os.environ, "COLUMNS": "32767"}
    options: dict[str, Any] = {"capture_output": True, "text": True, "errors": "replace", "env": environment}
    for command in (["ps", *words, chosen], ["ps", *words]):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, **options)
        if not done.returncode:
            return str(done.stdout)
    complaint = done.stderr.strip().splitlines()
    raise EngineError(f"ps: {complaint[0].removeprefix('error: ')}" if complaint else "ps has failed")


def parsed(output: str, pids: Collection[int]) -> Table:
    """Keep the lines of these processes, each cut into as many fields as there are titles."""
    lines = output.splitlines()
    titles = lines[0].split() if lines else []
    if "PID" not in titles:
        raise InvalidInput("Couldn't find PID field in ps output")
    place, rows, ours = titles.index("PID"), [], False
    for line in lines[1:]:
        fields = line.split(None, len(titles) - 1)
        if len(fields) <= place:
            continue
        # Threads stand below their process, without a pid of their own.
        ours = ours if fields[place] == "-" else fields[place].isdigit() and int(fields[place]) in pids
        if ours:
            rows.append([*fields[:-1], " ".join(fields[-1].split())])
    return Table(titles, rows)


def _row(process: Process, now: float) -> list[str]:
    lived = max(1.0, now - process.began)
    return [
        _user(process.uid),
        str(process.pid),
        str(process.parent),
        str(min(99, int(100 * process.cpu / lived))),
        _began(process.began, now),
        _terminal(process.terminal),
        _time(int(process.cpu)),
        process.command,
    ]


def _user(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _began(began: float, now: float) -> str:
    form = "%H:%M" if now - began < _DAY else "%b%d" if now - began < _YEAR else "%Y"
    return time.strftime(form, time.localtime(began))


def _terminal(device: int) -> str:
    major, minor = os.major(device), os.minor(device)
    if major in _PTS_MAJORS:
        return f"pts/{minor + (major - _PTS_MAJORS.start) * 256}"
    return f"tty{minor}" if major == 4 else "?"


def _time(seconds: int) -> str:
    days, seconds = divmod(seconds, _DAY)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{days}-{text}" if days else text

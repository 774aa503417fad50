"""Holding every process of a container still."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from engine.errors import Unsupported
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.cgroups.group import Group
from engine.runtime.cgroups.layout import Layout

_PATIENCE = 10.0


class Switch(NamedTuple):
    """The file that freezes a group, and how it is told that all are frozen."""

    group: Group
    file: str
    on: str
    off: str
    is_done: Callable[[Group], bool]


def freeze(name: str, *, layout: Layout | None = None) -> None:
    """Freeze the members of a control group, and those they may still bear; returns when all stand still.

    Raises Unsupported where this user has no freezer, or a process cannot be frozen within 10 s; they then
    go on.
    """
    switch = _switch(name, layout)
    switch.group.set(switch.file, switch.on)
    deadline, pause = time.monotonic() + _PATIENCE, 0.0002
    while not switch.is_done(switch.group):
        if time.monotonic() > deadline:
            switch.group.set(switch.file, switch.off)
            raise Unsupported("the container cannot be paused", details="a process does not stand still")
        time.sleep(pause)
        pause = min(pause * 2, 0.02)


def thaw(name: str, *, layout: Layout | None = None) -> None:
    """Let the members of a control group go on; does nothing to those that are not frozen."""
    switch = _switch(name, layout)
    switch.group.set(switch.file, switch.off)


@contextmanager
def rescued(name: str, sign: str, *, layout: Layout | None = None) -> Iterator[None]:
    """Let a shell thaw the group and remove the file `sign`, should this process be killed in the block."""
    switch = _switch(name, layout)
    theirs, ours = os.pipe2(os.O_CLOEXEC)
    words = ["sh", "-c", 'read -r _ || { echo "$1" > "$2"; rm -f "$3"; }', "thaw"]
    words += [switch.off, f"{switch.group.directory}/{switch.file}", sign]
    try:
        # Spawned, not forked, since there may be threads; in a session that no Ctrl-C reaches.
        pid = os.posix_spawn(
            "/bin/sh", words, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, theirs, 0)], setsid=True
        )
    finally:
        os.close(theirs)
    try:
        yield
    finally:
        with suppress(BrokenPipeError):
            # Broken: it was killed itself.
            os.write(ours, b"\n")
        os.close(ours)
        os.waitpid(pid, 0)


def _switch(name: str, layout: Layout | None) -> Switch:
    cgroup = Cgroup.open(name, layout=layout or Layout.probe())
    cgroup.close()
    first, second = cgroup.directories.get("freezer"), cgroup.directories.get("")
    if first:
        return Switch(Group(1, first), "freezer.state", "FROZEN", "THAWED", _is_frozen_1)
    if second and os.path.exists(f"{second}/cgroup.freeze"):
        return Switch(Group(2, second), "cgroup.freeze", "1", "0", _is_frozen_2)
    raise Unsupported(
        "the container cannot be paused: this user has no freezer control group here",
        resolution="stop it; `commit` takes --pause=false",
    )


def _is_frozen_2(group: Group) -> bool:
    return group.counter("cgroup.events", "frozen") == 1


def _is_frozen_1(group: Group) -> bool:
    with open(f"{group.directory}/freezer.state", encoding="ascii") as file:
        state = file.read().strip()
    if state != "FROZEN":
        # A member that was just forked may need to be told again.
        group.set("freezer.state", "FROZEN")
    return state == "FROZEN"

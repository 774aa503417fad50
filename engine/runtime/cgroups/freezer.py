"""Holding every process of a container still for a while."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.errors import EngineError, Unsupported
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.cgroups.group import Group, make, remove
from engine.runtime.cgroups.layout import Layout

_PATIENCE = 10.0
_ROUNDS = 100
"""How often the members are gathered: each time, those that were forked meanwhile."""


@contextmanager
def frozen(name: str, *, layout: Layout | None = None) -> Iterator[None]:
    """Freeze the members of a control group inside the block, and thaw them after it.

    Raises Unsupported where this user has no freezer, or a process cannot be frozen within 10 s.
    """
    layout = layout or Layout.probe()
    cgroup = Cgroup.open(name, layout=layout)
    try:
        unified = cgroup.directories.get("")
        if unified and os.path.exists(f"{unified}/cgroup.freeze"):
            with _switched(Group(2, unified), "cgroup.freeze", "1", "0", _is_frozen_2):
                yield
            return
        with (
            _gathered(name, cgroup, layout) as group,
            _switched(group, "freezer.state", "FROZEN", "THAWED", _is_frozen_1),
        ):
            yield
    finally:
        cgroup.close()


@contextmanager
def _switched(group: Group, file: str, on: str, off: str, is_done: Callable[[Group], bool]) -> Iterator[None]:
    thaw = _watch(f"{group.directory}/{file}", off)
    try:
        group.set(file, on)
        deadline, pause = time.monotonic() + _PATIENCE, 0.0002
        while not is_done(group):
            if time.monotonic() > deadline:
                raise Unsupported("the container cannot be paused", resolution="try again with --pause=false")
            time.sleep(pause)
            pause = min(pause * 2, 0.02)
        yield
    finally:
        group.set(file, off)
        thaw()


def _watch(file: str, off: str) -> Callable[[], None]:
    """Let a shell thaw the group should this process be killed; return what calls that off."""
    theirs, ours = os.pipe2(os.O_CLOEXEC)
    words = ["sh", "-c", 'read -r _ || echo "$1" > "$2"', "thaw", off, file]
    try:
        # Spawned, not forked, since there may be threads; in a session that no Ctrl-C reaches.
        actions = [(os.POSIX_SPAWN_DUP2, theirs, 0)]
        pid = os.posix_spawn("/bin/sh", words, {}, file_actions=actions, setsid=True)
    finally:
        os.close(theirs)

    def call_off() -> None:
        try:
            os.write(ours, b"\n")
        except BrokenPipeError:
            pass  # it was killed itself
        os.close(ours)
        os.waitpid(pid, 0)

    return call_off


@contextmanager
def _gathered(name: str, cgroup: Cgroup, layout: Layout) -> Iterator[Group]:
    """Bring the members into a version 1 freezer of their own, and back to the one above."""
    place = layout.place("freezer")
    if not cgroup or place is None or place.version != 1 or place.base is None:
        raise Unsupported(
            "the container cannot be paused: this user has no freezer control group here",
            resolution="stop it, or use --pause=false",
        )
    group = Group(1, f"{place.base}/{name}")
    if os.path.isdir(group.directory):
        # Left by a caller that was killed: its members still wait.
        group.set("freezer.state", "THAWED")
    else:
        group = make(place, name)
    above = Group(1, os.path.dirname(group.directory))
    try:
        _gather(cgroup, group)
        yield group
    finally:
        for pid in group.processes():
            _move(pid, above)
        remove(group.directory)


def _gather(cgroup: Cgroup, group: Group) -> None:
    for _ in range(_ROUNDS):
        missing = set(cgroup.processes()) - set(group.processes())
        if not missing:
            return
        for pid in missing:
            _move(pid, group)


def _move(pid: int, group: Group) -> None:
    try:
        group.set("cgroup.procs", str(pid))
    except EngineError:
        # It has ended.
        return


def _is_frozen_2(group: Group) -> bool:
    return group.counter("cgroup.events", "frozen") == 1


def _is_frozen_1(group: Group) -> bool:
    with open(f"{group.directory}/freezer.state", encoding="ascii") as file:
        state = file.read().strip()
    if state != "FROZEN":
        # A member that was just forked may need to be told again.
        group.set("freezer.state", "FROZEN")
    return state == "FROZEN"

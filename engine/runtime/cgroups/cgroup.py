"""A container's control group, over however many hierarchies it takes."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import EngineError, InUse, Unsupported, from_os
from engine.runtime.cgroups import v1
from engine.runtime.cgroups.group import Group, hand_on, make, remove
from engine.runtime.cgroups.layout import Layout, Place
from engine.runtime.cgroups.settings import Settings, settings

_KNOWN = ("devices", "memory", "pids", "cpu", "cpuacct", "cpuset", "io", "hugetlb", "freezer")
_COUNTING = ("cpuacct", "memory", "pids", "io", "freezer")
"""Version 1 groups that set no limit: they count what is used, and can hold everybody still."""
_SIGKILL = 9
"""Everywhere; importing `signal` would cost a millisecond of the shim's start."""


class Cgroup:
    """The groups of one container; falsy when this user may not make any.

    It holds open what entering needs, so that a child may enter after it has left every path behind.
    """

    __slots__ = ("_doors", "_groups", "_unified", "name")

    def __init__(self, name: str, groups: Mapping[str, Group]) -> None:
        self.name = name
        self._groups = dict(groups)
        self._unified: int | None = None
        self._doors: list[tuple[int, int]] = []
        try:
            for group in dict.fromkeys(groups.values()):
                self._doors.append((group.version, os.open(group.door, os.O_WRONLY | os.O_CLOEXEC)))
                if group.version == 2:
                    self._unified = os.open(group.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            self.close()
            raise from_os(error, f"Cannot open the control group {name}") from error

    @classmethod
    def create(
        cls, name: str, resources: Mapping[str, Any], *, counted: bool = False, layout: Layout | None = None
    ) -> Cgroup:
        """Make the groups that `resources` (OCI `linux.resources`) ask for, and set them.

        `name` is relative, "stackyard/<id>". The device list is enforced wherever this user may make
        groups. With `counted`, what is used can be read from `usage` and all members can be frozen, as far
        as this user may have that. Raises Unsupported, NotPermitted or InvalidInput for a limit that cannot
        be set, leaving nothing behind.
        """
        layout = layout or Layout.probe()
        wanted = settings(resources, layout)
        made: dict[str, Group] = {}
        try:
            _make_all(name, layout, wanted, made)
            for controller, (_, values) in wanted.items():
                for file, value in values:
                    made[controller].set(file, value)
            _guard(made, resources.get("devices") or ())
            if counted:
                _count(name, layout, made)
            return cls(name, made)
        except EngineError:
            for group in made.values():
                remove(group.directory)
            raise

    @classmethod
    def open(cls, name: str, *, layout: Layout | None = None) -> Cgroup:
        """Find the groups that another process made under this name."""
        return cls(name, _found(name, layout or Layout.probe()))

    def refresh(self) -> None:
        """Take in the groups that another process has added meanwhile, as an update of the limits does."""
        for controller, group in _found(self.name, Layout.probe()).items():
            if group in self._groups.values():
                continue
            self._groups[controller] = group
            self._doors.append((group.version, os.open(group.door, os.O_WRONLY | os.O_CLOEXEC)))

    def __bool__(self) -> bool:
        return bool(self._groups)

    @property
    def unified(self) -> int | None:
        """The version 2 group as a directory descriptor, for clone3(2) with CLONE_INTO_CGROUP."""
        return self._unified

    @property
    def directories(self) -> dict[str, str]:
        """Controllers ("" is version 2 itself) and the directories where their files are."""
        return {controller: group.directory for controller, group in self._groups.items()}

    def enter(self, pid: int = 0, *, placed: bool = False) -> None:
        """Move a process in; 0 is the caller, which must be single-threaded.

        `placed` says that clone3 has already put it into the version 2 group. Entering by another's pid, and
        a version 2 group without clone3, cost 10 to 20 ms. With 0 no path is looked up.
        """
        try:
            if pid:
                for group in dict.fromkeys(self._groups.values()):
                    group.set("cgroup.procs", str(pid))
                return
            for version, door in self._doors:
                if version == 1 or not placed:
                    os.write(door, b"0")
        except OSError as error:
            raise from_os(error, f"Cannot enter the control group {self.name}") from error

    def oom_killed(self) -> bool:
        """Tell whether the kernel killed a member for want of memory; False without a memory limit."""
        group = self._groups.get("memory")
        if group is None:
            return False
        return group.counter("memory.oom_control" if group.version == 1 else "memory.events", "oom_kill") > 0

    def processes(self) -> list[int]:
        """List the members' pids as this process sees them, without those in groups below."""
        group = self._widest()
        return group.processes() if group else []

    def _widest(self) -> Group | None:
        return max(self._groups.values(), key=lambda group: group.version, default=None)

    def kill(self) -> None:
        """Kill every member, however fast they fork; returns when none is left or after 10 s."""
        group = self._widest()
        if group is None:
            return
        if group.version == 2 and os.path.exists(f"{group.directory}/cgroup.kill"):
            group.set("cgroup.kill", "1")
        elif pids := self._groups.get("pids"):
            pids.set("pids.max", "0")
        if (freezer := self._groups.get("freezer")) is not None and freezer.version == 1:
            # Whoever is frozen there does not even die.
            freezer.set("freezer.state", "THAWED")
        deadline = time.monotonic() + 10
        while (members := group.processes()) and time.monotonic() < deadline:
            for pid in members:
                _kill(pid)
            time.sleep(0.0005)

    def remove(self, *, patience: float = 2.0) -> None:
        """Remove the groups, waiting `patience` seconds for members that are dying; idempotent.

        Raises InUse when members are still alive then.
        """
        self.close()
        left = list(dict.fromkeys(group.directory for group in self._groups.values()))
        deadline, pause = time.monotonic() + patience, 0.0002
        while left := [directory for directory in left if not remove(directory)]:
            if time.monotonic() > deadline:
                raise InUse(f"The control group {self.name} still has processes", details=left[0])
            time.sleep(pause)
            pause = min(pause * 2, 0.02)
        self._groups.clear()

    def close(self) -> None:
        """Close what `enter` needs; the groups stay."""
        for _, door in self._doors:
            os.close(door)
        self._doors.clear()
        if self._unified is not None:
            os.close(self._unified)
            self._unified = None

    def mounts(self) -> list[tuple[str, str, str]]:
        """List (type, source, name below /sys/fs/cgroup) of what the container is to see there.

        Pure version 2 is one `cgroup2` mount, made inside the container's cgroup namespace; version 1
        hierarchies are binds of the container's own groups. Nothing when there is no group.
        """
        if self._groups and {group.version for group in self._groups.values()} == {2}:
            return [("cgroup2", "cgroup", "")]
        return [("bind", group.directory, v1.directory(controller) or "unified")
                for controller, group in self._groups.items() if group.version == 1 or not controller]


def _found(name: str, layout: Layout) -> dict[str, Group]:
    found: dict[str, Group] = {}
    places = {controller: layout.place(controller) for controller in _KNOWN}
    for controller, place in {**places, "": layout.second()}.items():
        if place and place.base and os.path.isdir(f"{place.base}/{name}"):
            found[controller] = Group(place.version, f"{place.base}/{name}")
    return found


def _make_all(name: str, layout: Layout, asked: Settings, made: dict[str, Group]) -> None:
    """Make one group a hierarchy: those of the settings, and one that can control devices."""
    guard = layout.place("devices") or layout.second()
    wanted: dict[str, tuple[Place, list[str]]] = {}
    if guard and guard.base:
        wanted[guard.mount] = (guard, ["devices"] if guard.version == 1 else [""])
    for controller, (place, _) in asked.items():
        wanted.setdefault(place.mount, (place, []))[1].append(controller)
    for place, controllers in wanted.values():
        real = [controller for controller in controllers if controller]
        group = make(place, name, real)
        made.update(dict.fromkeys(controllers if place.version == 1 else ["", *real], group))


def _count(name: str, layout: Layout, made: dict[str, Group]) -> None:
    """Add the groups that count, each where this user may make it."""
    for controller in _COUNTING:
        place = layout.place(controller)
        if controller in made or place is None or place.base is None:
            continue
        directory = f"{place.base}/{name}"
        real = os.path.realpath(directory)
        same = next((group for group in made.values() if group.directory == real), None)
        try:
            # On version 2 the group is there, or nothing guards devices; its counters appear when asked for.
            if place.version == 1 and same is None:
                same = make(place, name)
            elif place.version == 2:
                same = hand_on(place, name, controller)
        except EngineError:
            continue
        if same is not None:
            made[controller] = same


def _guard(made: Mapping[str, Group], rules: Sequence[Mapping[str, Any]]) -> None:
    """Enforce the device list in whichever group can."""
    if not rules or not made:
        return
    from engine.runtime.cgroups.devices import policy

    chosen = policy(rules)
    if (group := made.get("devices")) is not None:
        if not chosen.allow:
            group.set("devices.deny", "a")
        group.set("devices.deny" if chosen.allow else "devices.allow", *chosen.lines())
        return
    if (group := made.get("")) is None or (chosen.allow and not chosen.exceptions):
        return
    from engine.kernel.bpf import attach_devices, device_program

    descriptor = os.open(group.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        attach_devices(descriptor, device_program(chosen.allow, chosen.exceptions))
    except OSError as error:
        # In a user namespace no device node can be made: nothing is left open.
        if error.errno in (errno.EPERM, errno.EACCES) and _in_user_namespace():
            return
        raise Unsupported(
            "Cannot control the container's devices", details=f"bpf: {(error.strerror or '').lower()}",
            resolution="this needs a kernel with CONFIG_CGROUP_BPF, and CAP_BPF") from error
    finally:
        os.close(descriptor)


def _in_user_namespace() -> bool:
    if os.geteuid() != 0:
        return True
    with open("/proc/self/uid_map", encoding="ascii") as file:
        return file.read().split() != ["0", "0", "4294967295"]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, _SIGKILL)
    except ProcessLookupError:
        pass

"""The host's devices that a container gets: `--device`, `--device-cgroup-rule`, all for `--privileged`."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from engine.errors import InvalidInput, StartFailed
from engine.runtime.cgroups.devices import default_devices

_NOT_COPIED = frozenset(("pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev", "console"))
"""Below /dev; they are the container's own."""

Node = dict[str, Any]


class Device(NamedTuple):
    """One `--device`."""

    outside: str
    """Absolute path on the host, of a device or of a folder of them."""
    inside: str
    access: str = "rwm"

    def entry(self) -> dict[str, str]:
        """Spell it as HostConfig does."""
        return {"PathOnHost": self.outside, "PathInContainer": self.inside, "CgroupPermissions": self.access}


def check_rule(rule: str) -> None:
    """Raise InvalidInput for a `--device-cgroup-rule` that is none."""
    kind, _, rest = rule.partition(" ")
    numbers, _, access = rest.partition(" ")
    pair = numbers.split(":")
    fine = (
        kind in ("a", "b", "c")
        and len(pair) == 2
        and all(number == "*" or (number.isascii() and number.isdecimal()) for number in pair)
        and 1 <= len(access) <= 3
        and not set(access) - set("rwm")
    )
    if not fine:
        raise InvalidInput(f"invalid device cgroup format '{rule}'")


def nodes(host: Mapping[str, Any]) -> list[Node]:
    """Build `linux.devices`: the nodes that the container gets besides the usual ones.

    Raises StartFailed for a device that the host does not have.
    """
    if host.get("Privileged"):
        return list(_everything())
    return [node for entry in host.get("Devices") or () for node, _ in _asked(entry)]


def rules(host: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Build `linux.resources.devices`: what may be opened."""
    found = default_devices()
    for entry in host.get("Devices") or ():
        found += [rule for _, rule in _asked(entry)]
    return found + [_rule(words) for words in host.get("DeviceCgroupRules") or ()]


def _rule(words: str) -> dict[str, Any]:
    kind, numbers, access = words.split(" ")
    major, _, minor = numbers.partition(":")
    rule: dict[str, Any] = {"allow": True, "type": kind, "access": access}
    for key, number in (("major", major), ("minor", minor)):
        if number != "*":
            rule[key] = int(number)
    return rule


def _asked(entry: Mapping[str, str]) -> Iterator[tuple[Node, dict[str, Any]]]:
    outside, inside = entry["PathOnHost"], entry["PathInContainer"] or entry["PathOnHost"]
    try:
        found = list(_below(os.path.realpath(outside), inside))
    except OSError as error:
        raise StartFailed(
            f'error gathering device information while adding custom device "{outside}": '
            + (error.strerror or "").lower(),
            127 if error.errno == errno.ENOENT else 125,
        ) from None
    for node in found:
        numbers = {key: node[key] for key in ("type", "major", "minor")}
        yield node, {"allow": True, **numbers, "access": entry["CgroupPermissions"] or "rwm"}


def _below(outside: str, inside: str) -> Iterator[Node]:
    status = os.stat(outside)
    if not stat.S_ISDIR(status.st_mode):
        if not _is_device(status):
            raise OSError(errno.ENOTTY, "not a device node")
        yield _node(inside, status)
        return
    found = False
    for path, status in _walk(outside):
        found = True
        yield _node(inside + path[len(outside) :], status)
    if not found:
        raise OSError(errno.ENOTTY, "not a device node")


def _everything() -> Iterator[Node]:
    return (_node(path, status) for path, status in _walk("/dev", _NOT_COPIED))


def _walk(folder: str, without: Iterable[str] = ()) -> Iterator[tuple[str, os.stat_result]]:
    """Find the device nodes below a folder; links are left out."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name in without:
            continue
        try:
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                yield from _walk(entry.path)
            elif _is_device(status):
                yield entry.path, status
        except FileNotFoundError:
            # It was unplugged meanwhile.
            continue


def _is_device(status: os.stat_result) -> bool:
    return stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)


def _node(path: str, status: os.stat_result) -> Node:
    return {
        "path": path,
        "type": "b" if stat.S_ISBLK(status.st_mode) else "c",
        "major": os.major(status.st_rdev),
        "minor": os.minor(status.st_rdev),
        "fileMode": stat.S_IMODE(status.st_mode),
        "uid": status.st_uid,
        "gid": status.st_gid,
    }

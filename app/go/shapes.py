"""What docker's types say of its JSON: which objects are maps, what null stands for, what is left out.

A document is a tree of dicts, where Go has structs and maps: a plain dict stands for a struct, a GoMap for a
map. Fields are told apart by their names, which docker uses for one thing each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MAPS = """
    Annotations Attributes BuildArgs Data DriverOpts ExposedPorts Labels Networks Options PortBindings Ports
    StorageOpt Sysctls Tmpfs Volumes
"""
_SLICES = """
    Args Binds BlkioDeviceReadBps BlkioDeviceReadIOps BlkioDeviceWriteBps BlkioDeviceWriteIOps
    BlkioWeightDevice CapAdd CapDrop Cmd DeviceCgroupRules DeviceRequests Devices Dns DnsOptions DnsSearch
    Entrypoint Env ExecIDs ExtraHosts GroupAdd Links MaskedPaths Mounts OnBuild ReadonlyPaths RepoDigests
    RepoTags SecurityOpt Shell Ulimits VolumesFrom
"""
_GO_NAMES = """
    CPUCount:CpuCount CPUPercent:CpuPercent CPUPeriod:CpuPeriod CPUQuota:CpuQuota
    CPURealtimePeriod:CpuRealtimePeriod CPURealtimeRuntime:CpuRealtimeRuntime CPUShares:CpuShares DNS:Dns
    DNSOptions:DnsOptions DNSSearch:DnsSearch ID:Id NanoCPUs:NanoCpus
"""
_LAYOUTS = {
    "Config": """
        Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin StdinOnce
        Env Cmd Healthcheck ArgsEscaped Image Volumes WorkingDir Entrypoint NetworkDisabled MacAddress
        OnBuild Labels StopSignal StopTimeout Shell
    """,
    "Mounts": "Type Name Source Destination Driver Mode RW Propagation",
}

MAPS = frozenset(_MAPS.split())
SLICES = frozenset(_SLICES.split())
_JSON_NAMES = dict(pair.split(":") for pair in _GO_NAMES.split())
"""What docker's JSON calls a field, by what its types call it."""
_FIELDS = {name: tuple(fields.split()) for name, fields in _LAYOUTS.items()}
"""The fields of structs that are printed whole, in docker's order, with those its JSON may leave out."""
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_OPEN = frozenset(("Health", "Healthcheck", "Init", "SizeRootFs", "SizeRw", "StopTimeout"))
_SWITCHES = frozenset(("ArgsEscaped", "NetworkDisabled"))
_ABSENT = _OPEN | frozenset(
    ("Annotations", "Mounts", "OsVersion", "StopSignal", "StorageOpt", "Sysctls", "Tmpfs", "Variant")
)
"""Fields that docker leaves out of its JSON when empty, and that a template may name all the same."""


class GoMap(dict[str, Any]):
    """A map, in contrast to a struct: its keys are sorted, and one that is missing is no error."""


class NilMap(GoMap):
    """A map that is null: empty, but not to JSON."""


class NilList(list[Any]):
    """A slice that is null: empty, but not to JSON."""


class RawMap(GoMap):
    """A map whose values may be anything; what it has not is nil."""


class Moment(str):
    """A moment, which JSON tells as RFC 3339 and Go prints otherwise."""

    def told(self) -> str:
        """Return it as Go's time.Time prints itself: `2026-11-23 20:18:45.5 +0000 UTC`."""
        match = _RFC3339.fullmatch(self)
        if match is None:
            return self
        day, clock, fraction, offset = match.groups()
        fraction = (fraction or "").rstrip("0").rstrip(".")
        zone = "+0000 UTC" if offset == "Z" else f"{offset.replace(':', '')} {_zone(self)}"
        return f"{day} {clock}{fraction} {zone}"


def _zone(moment: str) -> str:
    """Name the zone of a moment: this machine's, if it has that offset then, or else the offset itself."""
    import time
    from datetime import datetime

    local = time.localtime(datetime.fromisoformat(moment[:19] + moment[-6:]).timestamp())
    offset = moment[-6:].replace(":", "")
    return time.strftime("%Z", local) if time.strftime("%z", local) == offset else offset


class Struct(dict[str, Any]):
    """A struct whose JSON leaves out some of the fields it has."""

    def __init__(self, value: Mapping[str, Any], fields: tuple[str, ...]) -> None:
        super().__init__(value)
        self.fields = (*fields, *(name for name in value if name not in fields))


def json_name(struct: Mapping[str, Any], name: str) -> str:
    """Return what the JSON calls a field, or nothing for a name that only the JSON has.

    Who asks for such a name is answered from the JSON, by docker too.
    """
    if (other := _JSON_NAMES.get(name)) in struct:
        return other or ""
    return "" if name in struct and name in _JSON_NAMES.values() else name


def leaves_out(struct: Mapping[str, Any], name: str) -> bool:
    """Say whether a field belongs to a struct although its JSON may not have it."""
    return name in _ABSENT or (isinstance(struct, Struct) and name in struct.fields)


def zero(name: str) -> object:
    """Return what a field holds that the JSON leaves out."""
    if name in _OPEN:
        return None
    return False if name in _SWITCHES else typed(name, None) if name in MAPS | SLICES else ""


def typed(name: str, value: object) -> object:
    """Give a field's value the kind that docker's types give it."""
    if value is None:
        return NilMap() if name in MAPS else NilList() if name in SLICES else None
    if type(value) is dict:
        return _typed_object(name, value)
    if name == "Mounts" and isinstance(value, list):
        # The mounts of a HostConfig have a Target, and are no mount points.
        return [
            Struct(part, _FIELDS[name]) if type(part) is dict and "Destination" in part else part
            for part in value
        ]
    return Moment(value) if name == "LastTagTime" and isinstance(value, str) else value


def _typed_object(name: str, value: dict[str, Any]) -> object:
    if name == "LogConfig":
        return {**value, "Config": GoMap(value.get("Config") or {})}
    if name == "State":
        return Struct(value, (*value, *(() if "Health" in value else ("Health",))))
    if name in MAPS:
        return GoMap(value)
    if name in _FIELDS and "Env" in value:
        return Struct(value, _FIELDS[name])
    return value


def as_maps(value: object) -> object:
    """Return a document as JSON alone tells it: every struct a map."""
    if isinstance(value, dict):
        return RawMap((key, as_maps(part)) for key, part in value.items())
    return [as_maps(part) for part in value] if isinstance(value, list | tuple) else value

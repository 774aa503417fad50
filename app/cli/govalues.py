"""Values as Go prints and marshals them, for templates that were written for docker.

Our documents are JSON, where Go has types: what docker holds as a map is told from a struct by its name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.cli.units import quoted

MAPS = frozenset((
    "Annotations", "Attributes", "BuildArgs", "Data", "DriverOpts", "ExposedPorts", "Labels",
    "Networks", "Options", "PortBindings", "Ports", "StorageOpt", "Sysctls", "Tmpfs", "Volumes",
))  # fmt: skip
"""Fields that are maps in docker's own types: a missing key is no error, and keys print sorted."""
LISTS = frozenset((
    "Args", "Binds", "CapAdd", "CapDrop", "Cmd", "Devices", "Dns", "DnsOptions", "DnsSearch",
    "Entrypoint", "Env", "ExecIDs", "ExtraHosts", "GroupAdd", "Links", "Mounts", "OnBuild",
    "RepoDigests", "RepoTags", "SecurityOpt", "Shell", "Ulimits", "VolumesFrom",
))  # fmt: skip
"""Fields that are slices: null prints as an empty one."""


class GoMap(dict[str, Any]):
    """A map, in contrast to a struct."""


class NilMap(GoMap):
    """A map that is null in JSON."""


class NilList(list[Any]):
    """A slice that is null in JSON."""


def typed(name: str, value: object) -> object:
    """Give a field's value the Go kind that its name stands for."""
    if name in MAPS and (value is None or isinstance(value, dict)):
        return NilMap() if value is None else GoMap(value)
    if name in LISTS and value is None:
        return NilList()
    return value


def printed(value: object) -> str:
    """Print a value as Go's %v does."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, GoMap):
        return f"map[{' '.join(f'{key}:{printed(value[key])}' for key in sorted(value))}]"
    if isinstance(value, Mapping):
        if not isinstance(value, dict):
            return f"map[{' '.join(f'{key}:{printed(value[key])}' for key in sorted(value))}]"
        return f"{{{' '.join(printed(typed(key, value[key])) for key in value)}}}"
    if isinstance(value, Sequence):
        return f"[{' '.join(map(printed, value))}]"
    return str(value)


def marshalled(value: object) -> str:
    """Write a value as docker's `json` function does: compact, maps sorted, structs in their own order."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def formatted(form: str, arguments: Sequence[object]) -> str:
    """Format as Go's fmt.Sprintf does, for the verbs v s d q t f g x and their widths."""
    import re

    rest = list(arguments)

    def one(match: re.Match[str]) -> str:
        flags, verb = match[1], match[2]
        if verb == "%":
            return "%"
        if not rest:
            return f"%!{verb}(MISSING)"
        value = rest.pop(0)
        return _verb(flags, verb, value)

    text = re.sub(r"%([-+# 0]*\d*(?:\.\d+)?)([a-zA-Z%])", one, form)
    if rest:
        text += f"%!(EXTRA {', '.join(f'{kind(value)}={printed(value)}' for value in rest)})"
    return text


def _verb(flags: str, verb: str, value: object) -> str:
    try:
        if verb in ("v", "s", "t"):
            return f"%{flags}s" % printed(value)
        if verb == "q":
            return f"%{flags}s" % quoted(printed(value))
        if verb == "d" and isinstance(value, int) and not isinstance(value, bool):
            return f"%{flags}d" % value
        if verb in "fgeFGE" and isinstance(value, float):
            return f"%{flags}{verb}" % value
        if verb in "xX":
            return f"%{flags}{verb}" % value if isinstance(value, int) else printed(value).encode().hex()
    except (TypeError, ValueError):
        pass
    return f"%!{verb}({kind(value)}={printed(value)})"


def kind(value: object) -> str:
    """Name the Go type a value stands for."""
    kinds = ((bool, "bool"), (int, "int"), (float, "float64"), (str, "string"), (list, "[]interface {}"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "map[string]interface {}")


def _float(value: float) -> str:
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return repr(value)


def _plain(value: object) -> object:
    if isinstance(value, NilMap | NilList):
        return None
    if isinstance(value, GoMap) or (isinstance(value, Mapping) and not isinstance(value, dict)):
        return {key: _plain(typed(key, value[key])) for key in sorted(value)}
    if isinstance(value, Mapping):
        return {key: _plain(typed(key, value[key])) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(part) for part in value]
    return value

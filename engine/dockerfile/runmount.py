"""The values of RUN's `--mount`, with their variables expanded.

Follows https://docs.docker.com/reference/dockerfile/#run---mount.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.dockerfile.expansion import fields_of
from engine.errors import InvalidInput

_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_NAMES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite"}
_SWITCHES = ("readonly", "readwrite", "required")
_KEYS = {
    "bind": {"from", "source", "target", "readonly", "readwrite"},
    "cache": {"from", "source", "target", "readonly", "readwrite", "id", "sharing", "mode", "uid", "gid"},
    "tmpfs": {"target", "size", "readonly", "readwrite"},
    "secret": {"source", "target", "id", "required", "mode", "uid", "gid", "env"},
    "ssh": {"source", "target", "id", "required", "mode", "uid", "gid"},
}
"""The mount types, and what may be said of each."""
_SHARINGS = ("shared", "private", "locked")
_MOST_ID = 2**31 - 1


class RunMount(NamedTuple):
    """One `--mount`; what was not said is as docker has it."""

    type: str
    target: str
    """As written, so it may be relative; empty for a secret or a socket that has no place of its own."""
    source: str = ""
    """The path inside of what `origin` names."""
    origin: str = ""
    """`from`: a stage or an image; empty: the context of a bind, nothing for a cache."""
    writable: bool = False
    id: str = ""
    sharing: str = "shared"
    required: bool = False
    mode: int | None = None
    uid: int = 0
    gid: int = 0
    size: int = 0
    """Bytes of a tmpfs; 0: no limit of its own."""
    variable: str = ""
    """The environment variable that gets a secret."""


def understood(text: str) -> RunMount:
    """Understand what is behind `--mount=`. Raises InvalidInput with docker's sentence."""
    said = _said(text)
    kind = said.pop("type", "bind")
    if kind not in _KEYS:
        raise InvalidInput(f'unsupported mount type "{kind}"')
    for key in said:
        if key not in _KEYS[kind]:
            raise InvalidInput(f'{key} not allowed for "{kind}" type mounts')
    target = said.get("target", "")
    if kind in ("bind", "cache", "tmpfs") and not target:
        raise InvalidInput(f'invalid mount target "": a {kind} mount needs one')
    readonly = _switch(said, "readonly", default=kind == "bind" and "readwrite" not in said)
    return RunMount(
        kind,
        target,
        said.get("source", ""),
        said.get("from", ""),
        writable=not readonly and _switch(said, "readwrite", default=True),
        id=_id(kind, said),
        sharing=_sharing(said.get("sharing", "shared").lower()),
        required=_switch(said, "required", default=False),
        mode=_number(said, "mode", 8) if "mode" in said else None,
        uid=_number(said, "uid", 10),
        gid=_number(said, "gid", 10),
        size=_size(said["size"]) if "size" in said else 0,
        variable=said.get("env", ""),
    )


def _said(text: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for field in fields_of(text):
        key, equals, value = field.partition("=")
        key = _NAMES.get(key.lower(), key.lower())
        if not equals and key not in _SWITCHES:
            raise InvalidInput(f"invalid field '{field}' must be a key=value pair")
        said[key] = value if equals else "true"
        if key == "type":
            said[key] = value.lower()
    return said


def _id(kind: str, said: dict[str, str]) -> str:
    """Work out under which name the thing is known outside."""
    if kind == "secret":
        if said.get("id") and said.get("source"):
            raise InvalidInput("both source and id can't be set")
        id = said.get("id") or said.get("source") or said.get("target", "").rstrip("/").rpartition("/")[2]
        if not id:
            raise InvalidInput("invalid secret mount. one of source, target required")
        return id
    if kind == "ssh":
        return said.get("id") or said.get("source") or "default"
    return said.get("id", "")


def _sharing(value: str) -> str:
    if value not in _SHARINGS:
        raise InvalidInput(f'unsupported sharing value "{value}"')
    return value


def _switch(said: dict[str, str], key: str, *, default: bool) -> bool:
    value = said.get(key)
    if value is None:
        return default
    if value.lower() not in ("true", "1", "t", "false", "0", "f"):
        raise InvalidInput(f"invalid value for {key}: {value}")
    return value.lower() in ("true", "1", "t")


def _number(said: dict[str, str], key: str, base: int) -> int:
    text = said.get(key, "0")
    try:
        number = int(text, base)
    except ValueError:
        number = -1
    if not 0 <= number <= (0o7777 if base == 8 else _MOST_ID) or not text.isascii():
        raise InvalidInput(f"invalid value {text} for {key}")
    return number


def _size(text: str) -> int:
    number = text.lower().removesuffix("ib").removesuffix("b") if text[-1:].isalpha() else text
    unit = number[-1:] if number[-1:].isalpha() else ""
    try:
        size = int(float(number.removesuffix(unit)) * _UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        size = -1
    if size < 0:
        raise InvalidInput(f"invalid value {text} for size")
    return size

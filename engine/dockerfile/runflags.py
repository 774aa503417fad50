"""RUN's flags: their values stay as written, but what can be seen to be wrong without variables is said.

Follows https://docs.docker.com/reference/dockerfile/#run---mount.
"""

from __future__ import annotations

from engine.dockerfile.errors import Fault, quoted
from engine.dockerfile.expansion import fields_of
from engine.dockerfile.suggestion import meant
from engine.errors import InvalidInput

NETWORKS = ("default", "none", "host")
SECURITIES = ("sandbox", "insecure")
MOUNT_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
SHARINGS = ("shared", "private", "locked")
SWITCHES = ("readonly", "ro", "readwrite", "rw", "required")
MOUNT_KEYS = (
    *("type", "from", "source", "src", "target", "dst", "destination"),
    *("id", "sharing", "size", "mode", "uid", "gid", "env"),
    *SWITCHES,
)


def check_mount(text: str) -> None:
    """Check the keys of a `--mount=` and those of its values that hold no variable; raises Fault."""
    for field in _fields(text, "mounts"):
        key, equals, value = field.partition("=")
        key = key.lower()
        if not equals:
            if key not in SWITCHES:
                raise Fault(f"invalid field '{field}' must be a key=value pair")
        elif key not in MOUNT_KEYS:
            raise Fault(f"unexpected key '{key}' in '{field}'{meant(key, MOUNT_KEYS)}")
        elif "$" in value:
            if key == "from" and value.index("$") < len(value) - 1:
                raise Fault("'from' doesn't support variable expansion, define alias stage instead")
        elif key == "type" and value.lower() not in MOUNT_TYPES:
            raise Fault(f"unsupported mount type {quoted(value)}{meant(value, MOUNT_TYPES)}")
        elif key == "sharing" and value.lower() not in SHARINGS:
            raise Fault(f"unsupported sharing value {quoted(value)}{meant(value, SHARINGS)}")


def check_device(text: str) -> None:
    """Check a `--device=`: a name first, then nothing but `required`; raises Fault."""
    named = False
    for field in _fields(text, "devices"):
        key, equals, _ = field.partition("=")
        key = key.lower()
        if key == "required":
            continue
        if key == "name" and equals and named:
            raise Fault(f"device name already set in '{text}'")
        if named:
            raise Fault(f"unexpected key '{key}' in '{field}'{meant(key, ('name', 'required'))}")
        named = True


def check_network(value: str) -> None:
    """Check a `--network=`; raises Fault."""
    if value not in NETWORKS:
        raise Fault(f"invalid network mode {quoted(value)}{meant(value, NETWORKS)}")


def check_security(value: str) -> None:
    """Check a `--security=`; raises Fault."""
    if value not in SECURITIES:
        raise Fault(f"security {quoted(value)} is not valid{meant(value, SECURITIES)}")


def _fields(text: str, what: str) -> list[str]:
    try:
        return fields_of(text)
    except InvalidInput as error:
        raise Fault(f"failed to parse csv {what}: {error}") from None

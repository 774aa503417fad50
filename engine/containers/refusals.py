"""What is refused before a container is made: words that could only fail later or be silently ignored."""

from __future__ import annotations

from collections.abc import Iterable

from engine.containers.options import Options
from engine.errors import InvalidInput
from engine.kernel.capabilities import NAMES
from engine.runtime.spec import capability_name

_LEAST_MEMORY = 6 << 20
_LONGEST_HOSTNAME = 64
"""HOST_NAME_MAX; sethostname(2)."""

_TMPFS_FLAGS = frozenset((
    "ro", "rw", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "sync", "async", "atime", "noatime",
    "diratime", "nodiratime", "relatime", "norelatime", "strictatime", "nostrictatime", "private", "rprivate",
    "shared", "rshared", "slave", "rslave", "unbindable", "runbindable",
))  # fmt: skip
_TMPFS_VALUES = frozenset(("size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol", "huge"))


def refuse(options: Options) -> None:
    """Raise InvalidInput, in docker's words where it has them, for what cannot be honoured."""
    _hostname(options.hostname or "")
    _capabilities("CapAdd", options.cap_add)
    _capabilities("CapDrop", options.cap_drop)
    for path, words in options.tmpfs.items():
        _tmpfs(path, words)
    for option in options.security_options:
        _security(option)
    _restart(*options.restart)
    if options.memory and options.memory < _LEAST_MEMORY:
        raise InvalidInput("Minimum memory limit allowed is 6MB")


def _restart(name: str, retries: int) -> None:
    if name not in ("no", "always", "on-failure", "unless-stopped"):
        raise InvalidInput(f"invalid restart policy '{name}'")
    if retries and name != "on-failure":
        raise InvalidInput(f"maximum retry count cannot be used with restart policy '{name}'")
    if retries < 0:
        raise InvalidInput("maximum retry count cannot be negative")


def _hostname(name: str) -> None:
    if len(name.encode("utf-8", "surrogateescape")) > _LONGEST_HOSTNAME:
        raise InvalidInput(f"invalid hostname '{name}': it is longer than {_LONGEST_HOSTNAME} bytes")
    if any(character.isspace() or not character.isprintable() for character in name):
        # It would add lines and names to /etc/hosts.
        raise InvalidInput(f"invalid hostname {name!r}: it has a blank in it")


def _capabilities(flag: str, names: Iterable[str]) -> None:
    for name in map(capability_name, names):
        if name != "CAP_ALL" and name not in NAMES:
            raise InvalidInput(f'invalid {flag}: unknown capability: "{name}"')


def _tmpfs(path: str, words: str) -> None:
    if not path.startswith("/"):
        raise InvalidInput(f"invalid mount path: '{path}' mount path must be absolute")
    if not [part for part in path.split("/") if part not in ("", ".", "..")]:
        raise InvalidInput("invalid specification: destination can't be '/'")
    for word in filter(None, words.split(",")):
        key, equals, _ = word.partition("=")
        if key not in (_TMPFS_VALUES if equals else _TMPFS_FLAGS):
            raise InvalidInput(f'invalid tmpfs option "{word}"')


def security_option(option: str) -> tuple[str, str]:
    """Split `key=value`, or `key:value` as docker once had it; a bare key means true."""
    key, _, value = option.partition("=" if "=" in option else ":")
    return key, value or "true"


def _security(option: str) -> None:
    key, value = security_option(option)
    fine = (
        (key == "no-new-privileges" and value in ("true", "false"))
        or key == "seccomp"
        # What stands for "do not confine" is what is done anyway.
        or (key, value) in (("apparmor", "unconfined"), ("label", "disable"))
    )
    if not fine:
        raise InvalidInput(
            f'invalid --security-opt: "{option}"',
            resolution="there are seccomp=unconfined, seccomp=PROFILE and no-new-privileges",
        )

"""What is refused before a container is made: words that could only fail later or be silently ignored."""

from __future__ import annotations

from collections.abc import Iterable

from engine.containers import namespaces
from engine.containers.hostconfig import RUNTIME
from engine.containers.limits import limits
from engine.containers.limits.devices import check_rule
from engine.containers.limits.limit_rules import check as check_limits
from engine.containers.logs import logdriver
from engine.containers.options import Options
from engine.containers.record import Container
from engine.errors import Conflict, InvalidInput, NotFound, Unsupported
from engine.kernel.capabilities import NAMES
from engine.runtime import apparmor
from engine.runtime.spec import capability_name

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
    refuse_restart(*options.restart)
    logdriver.check(options.logging)
    check_limits(limits.host_config(options.limits))
    namespaces.check(options.namespaces, options.network)
    _conflicts(options)
    for rule in options.device_rules:
        check_rule(rule)
    for name in options.sysctls:
        if not namespaces.check_sysctl(name):
            raise InvalidInput(f"sysctl '{name}' is not whitelisted")
    _hosts(options.lookup.hosts, options.network)
    if options.runtime not in ("", RUNTIME):
        raise InvalidInput(
            f"Unknown runtime specified {options.runtime}",
            resolution="containers are launched by this engine itself; leave --runtime out",
        )
    if options.isolation.lower() not in ("", "default"):
        raise InvalidInput(f"Invalid isolation: \"{options.isolation}\" - linux only supports 'default'")


def refuse_platform(asked: str, image: str, actual: str) -> None:
    """Raise NotFound where the image is for another platform than was asked for."""
    if not asked:
        return
    from engine.oci.platform import Platform

    if not Platform.parse(asked).accepts(Platform.parse(actual)):
        raise NotFound(
            f"image with reference {image} was found but does not match the specified platform: "
            f"wanted {asked}, actual: {actual}"
        )


def _conflicts(options: Options) -> None:
    """Refuse a name of one's own, or ways to other machines, on what belongs to others."""
    if options.hostname and options.namespaces.uts == "host":
        raise InvalidInput("conflicting options: hostname and the UTS mode")
    if not namespaces.other(options.network):
        return
    for given, what in (
        (options.hostname, "hostname"),
        (options.lookup.servers, "dns"),
        (options.lookup.hosts, "custom host-to-IP mapping"),
    ):
        if given:
            raise InvalidInput(f"conflicting options: {what} and the network mode")
    if options.published or options.publish_all:
        raise InvalidInput("conflicting options: port publishing and the container type network mode")
    if options.exposed:
        raise InvalidInput("conflicting options: port exposing and the container type network mode")


def _hosts(entries: Iterable[str], network: str) -> None:
    for entry in entries:
        if entry.partition(":")[2] == "host-gateway" and network == "none":
            raise InvalidInput(
                "unable to derive the IP value for host-gateway",
                details="without a network there is no way from the container to this machine",
                resolution="leave --network none out",
            )


def refuse_restart(name: str, retries: int) -> None:
    """Raise InvalidInput for a restart policy that is none."""
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
        or key == "apparmor"
        or (key, value) == ("systempaths", "unconfined")
        # What stands for "do not confine" is what is done anyway.
        or (key, value) == ("label", "disable")
    )
    if key == "label" and not fine:
        raise Unsupported(f"Cannot label the container {value}", details="SELinux labels are not supported")
    if not fine:
        raise InvalidInput(
            f'invalid --security-opt: "{option}"',
            resolution="there are seccomp, no-new-privileges, apparmor and systempaths=unconfined",
        )
    if key == "apparmor" and value != "unconfined" and not apparmor.enabled():
        raise Unsupported(
            f"Cannot confine the container by {value}", details="AppArmor is not enabled on this system"
        )


def running(container: Container) -> Conflict:
    """Say that a container cannot be removed while it runs."""
    if container.state.status == "paused":
        return Conflict(
            f"You cannot remove a paused container {container.id}. Unpause and then stop the container before"
            " attempting removal or force remove"
        )
    return Conflict(
        f"You cannot remove a running container {container.id}. Stop the container before attempting removal"
        " or force remove"
    )

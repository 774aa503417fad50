"""The OCI runtime specification of a container: what its config.json says and the launcher obeys.

Follows https://github.com/opencontainers/runtime-spec/blob/v1.0.2/config.md and config-linux.md; defaults are
docker's.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.kernel.capabilities import DEFAULT, NAMES
from engine.runtime.accounts import Account
from engine.runtime.cgroups.devices import default_devices
from engine.runtime.seccomp.profile import default as default_profile

Document = dict[str, Any]

MASKED = (
    "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
    "/sys/devices/virtual/powercap", "/sys/firmware",
)  # fmt: skip
"""Paths covered so that they read as empty; moby's list (oci/defaults.go)."""

READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

SYSCTLS = {"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 2147483647"}
"""What docker sets in each network namespace of its own, so that no right is needed for low ports and for
ping.
"""

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Process(NamedTuple):
    """What to run, as whom and with what, after image and options have been merged."""

    arguments: tuple[str, ...]
    environment: tuple[str, ...]
    cwd: str
    account: Account
    capabilities: tuple[str, ...] = DEFAULT
    no_new_privileges: bool = False
    terminal: bool = False
    init: bool = False
    rlimits: Sequence[Mapping[str, Any]] = ()
    """As the runtime specification has them."""
    oom_score: int | None = None
    apparmor: str = ""
    """The name of a profile that is loaded."""


NAMESPACES: Mapping[str, str | None] = dict.fromkeys(("pid", "mount", "uts", "ipc", "cgroup", "network"))
"""A container's own, each new."""


class Isolation(NamedTuple):
    """How far the container is kept from the host."""

    hostname: str
    domainname: str = ""
    namespaces: Mapping[str, str | None] = NAMESPACES
    """A path is an existing one to join; what is absent is the host's."""
    lenders: Mapping[int, int] = {}
    """Whose namespaces those are: pids, and when each process began, in clock ticks since boot."""
    read_only: bool = False
    privileged: bool = False
    tmpfs: Mapping[str, str] = {}
    resources: Mapping[str, Any] = {}
    cgroup: str = ""
    seccomp: Mapping[str, Any] | None = None
    """None: the default profile; empty: none."""
    masked: Sequence[str] = MASKED
    guarded: Sequence[str] = READ_ONLY
    sysctls: Mapping[str, str] = {}
    devices: Sequence[Mapping[str, Any]] = ()
    """Nodes besides the usual ones, as `linux.devices`."""
    device_rules: Sequence[Mapping[str, Any]] | None = None
    """None: docker's."""
    shm: str = ""
    """Whose /dev/shm: "" is its own, `none`, `host`, or the path of a mount namespace that has it."""
    shm_bytes: int = 64 << 20


def build(
    process: Process,
    isolation: Isolation,
    files: Mapping[str, str],
    mounts: Sequence[Mapping[str, Any]] = (),
) -> Document:
    """Build config.json; `files` maps paths in the container to host files bound there.

    The container's own `mounts`, what lies deeper later, take the place of whatever else would be mounted
    there.
    """
    return {
        "ociVersion": "1.0.2",
        "process": _process(process),
        "root": {"path": "rootfs", "readonly": isolation.read_only},
        **_names(isolation),
        "mounts": _merged(
            _mounts(isolation),
            [*_tmpfs(isolation), *(_bind(host, inside) for inside, host in files.items())],
            mounts,
        ),
        "linux": _linux(process, isolation),
        "annotations": _annotations(process, isolation),
    }


def _annotations(process: Process, isolation: Isolation) -> dict[str, str]:
    lenders = " ".join(f"{pid}:{ticks}" for pid, ticks in isolation.lenders.items())
    found = {"org.stackyard.init": "true" if process.init else "", "org.stackyard.lenders": lenders}
    return {name: words for name, words in found.items() if words}


def _names(isolation: Isolation) -> Document:
    if "uts" not in isolation.namespaces:
        return {}
    domain = {"domainname": isolation.domainname} if isolation.domainname else {}
    return {"hostname": isolation.hostname, **domain}


def capability_set(add: Sequence[str], drop: Sequence[str], *, privileged: bool = False) -> tuple[str, ...]:
    """Work out the capabilities that `--cap-add`, `--cap-drop` and `--privileged` leave, in the kernel's
    order.
    """
    add_names, drop_names = set(map(capability_name, add)), set(map(capability_name, drop))
    everything = set(NAMES)
    if privileged or "CAP_ALL" in add_names:
        kept = everything - drop_names
    elif "CAP_ALL" in drop_names:
        kept = add_names & everything
    else:
        kept = (set(DEFAULT) - drop_names) | (add_names & everything)
    return tuple(name for name in NAMES if name in kept)


def capability_name(name: str) -> str:
    """Spell a capability as the kernel does: net_admin, NET_ADMIN and CAP_NET_ADMIN are the same."""
    name = name.upper()
    return name if name.startswith("CAP_") else f"CAP_{name}"


def _process(process: Process) -> Document:
    account, capabilities = process.account, list(process.capabilities)
    return {
        "terminal": process.terminal,
        "user": {"uid": account.uid, "gid": account.gid, "additionalGids": list(account.groups)},
        "args": list(process.arguments),
        "env": list(process.environment),
        "cwd": process.cwd,
        "capabilities": {"bounding": capabilities, "effective": capabilities, "permitted": capabilities},
        "noNewPrivileges": process.no_new_privileges,
        **({"rlimits": list(process.rlimits)} if process.rlimits else {}),
        **({"oomScoreAdj": process.oom_score} if process.oom_score is not None else {}),
        **({"apparmorProfile": process.apparmor} if process.apparmor else {}),
    }


def _mounts(isolation: Isolation) -> list[Document]:
    guarded = ["nosuid", "noexec", "nodev"]
    access = ["rw"] if isolation.privileged else ["ro"]
    mounts = [
        ("/proc", "proc", "proc", guarded),
        ("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        (
            "/dev/pts",
            "devpts",
            "devpts",
            ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        ),
        ("/sys", "sysfs", "sysfs", [*guarded, *access]),
        ("/sys/fs/cgroup", "cgroup", "cgroup", [*guarded, *access]),
        ("/dev/mqueue", "mqueue", "mqueue", guarded),
    ]
    if not isolation.shm:
        size = f"size={isolation.shm_bytes}"
        mounts.append(("/dev/shm", "tmpfs", "shm", [*guarded, "mode=1777", size]))
    return [
        {"destination": at, "type": kind, "source": source, "options": words}
        for at, kind, source, words in mounts
    ] + _borrowed_shm(isolation.shm)


def _borrowed_shm(whose: str) -> list[Document]:
    if whose in ("", "none"):
        return []
    entry = _bind("/dev/shm", "/dev/shm")
    return [entry if whose == "host" else {**entry, "namespace": whose}]


def _tmpfs(isolation: Isolation) -> list[Document]:
    return [
        {"destination": path, "type": "tmpfs", "source": "tmpfs", "options": _tmpfs_options(options)}
        for path, options in isolation.tmpfs.items()
    ]


def _merged(
    always: Sequence[Document], usual: Sequence[Document], own: Sequence[Mapping[str, Any]]
) -> list[Document]:
    """Leave out what the user's own mounts stand for; mount the rest from the root downwards."""
    taken = {mount["destination"] for mount in own}
    rest = [*(mount for mount in usual if mount["destination"] not in taken), *map(dict, own)]
    rest.sort(key=lambda mount: posixpath.normpath(mount["destination"]).count("/"))
    replaced = {mount["destination"] for mount in rest}
    kept = [mount for mount in always if mount["destination"] not in replaced]
    if "/dev" in replaced:
        # Whoever brings a /dev has brought what lies in it.
        kept = [mount for mount in kept if not mount["destination"].startswith("/dev/")]
    return [*kept, *rest]


def _tmpfs_options(options: str) -> list[str]:
    """Docker's defaults, each of which the user's own words may undo."""
    given = [word for word in options.split(",") if word]
    opposite = {"noexec": "exec", "nosuid": "suid", "nodev": "dev"}
    defaults = [word for word in opposite if opposite[word] not in given and word not in given]
    return [*defaults, *given]


def _bind(host: str, inside: str) -> Document:
    return {"destination": inside, "type": "bind", "source": host, "options": ["rbind", "rprivate"]}


def _linux(process: Process, isolation: Isolation) -> Document:
    networked = isolation.namespaces.get("network", "host") is None
    linux: Document = {
        "cgroupsPath": isolation.cgroup,
        "namespaces": [
            {"type": name, **({"path": path} if path else {})} for name, path in isolation.namespaces.items()
        ],
        "resources": {**isolation.resources, "devices": _device_rules(isolation)},
        "maskedPaths": [] if isolation.privileged else list(isolation.masked),
        "readonlyPaths": [] if isolation.privileged else list(isolation.guarded),
        "sysctl": {**(SYSCTLS if networked else {}), **isolation.sysctls},
        **({"devices": list(isolation.devices)} if isolation.devices else {}),
    }
    if isolation.seccomp is None and not isolation.privileged:
        linux["seccomp"] = default_profile(process.capabilities)
    elif isolation.seccomp:
        linux["seccomp"] = dict(isolation.seccomp)
    return linux


def _device_rules(isolation: Isolation) -> list[Document]:
    if isolation.privileged:
        return [{"allow": True, "access": "rwm"}]
    return default_devices() if isolation.device_rules is None else list(map(dict, isolation.device_rules))

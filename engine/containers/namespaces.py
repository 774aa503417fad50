"""Which namespaces a container has of its own, and which are the host's or another container's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from engine.errors import Conflict, InvalidInput, StartFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.containers.record import Container

Find = Callable[[str], "Container"]

_SYSCTLS_IPC = frozenset(
    ("kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
     "kernel.shmmni", "kernel.shm_rmid_forced")
)  # fmt: skip


class Namespaces(NamedTuple):
    """The modes as docker spells them; empty is docker's default."""

    pid: str = ""
    """host or container:NAME."""
    ipc: str = ""
    """none, private, shareable, host or container:NAME."""
    uts: str = ""
    """host."""
    cgroup: str = ""
    """host or private."""
    user: str = ""
    """host, which is the only one there is."""


class Joined(NamedTuple):
    """Where a container's namespaces come from."""

    namespaces: Mapping[str, str | None]
    """The runtime specification's names; None is a new one, a path an existing one, absent the host's."""
    owners: Mapping[int, int]
    """The processes whose namespaces those are: pids, and when they began, in clock ticks since boot."""
    shm: str = ""
    """Whose /dev/shm: "" is its own, `none`, `host`, or the path of a mount namespace."""
    donor: str = ""
    """The id of the container whose network it shares."""


def other(mode: str) -> str:
    """Name the container of a `container:NAME` mode; "" for another mode."""
    kind, colon, name = mode.partition(":")
    return name if colon and kind == "container" else ""


def check(modes: Namespaces, network: str) -> None:
    """Raise InvalidInput for a mode that is none."""
    if modes.pid not in ("", "host") and not other(modes.pid):
        raise InvalidInput("--pid: invalid PID mode")
    if modes.ipc not in ("", "none", "private", "shareable", "host") and not other(modes.ipc):
        raise InvalidInput(f"Invalid IPC mode: {modes.ipc}")
    if modes.uts not in ("", "host"):
        raise InvalidInput("--uts: invalid UTS mode")
    if modes.cgroup not in ("", "host", "private"):
        raise InvalidInput("--cgroupns: invalid CGROUP mode")
    if modes.user not in ("", "host"):
        raise InvalidInput("--userns: invalid USER mode")
    if network == "container:":
        raise InvalidInput("Invalid network mode: invalid container format container:<name|id>")


def check_sysctl(name: str) -> bool:
    """Tell whether a kernel value is a namespace's, so that a container may have its own."""
    return name in _SYSCTLS_IPC or name.startswith(("net.", "fs.mqueue."))


def settled(mode: str, find: Find) -> str:
    """Put the id for the name in `container:NAME`, which may be another's by the next start.

    Raises NotFound.
    """
    name = other(mode)
    return f"container:{find(name).id}" if name else mode


def joined(host: Mapping[str, Any], find: Find) -> Joined:
    """Find the namespaces to join; raises StartFailed where their container does not run or lends nothing."""
    namespaces: dict[str, str | None] = {"mount": None}
    modes = {
        "pid": host.get("PidMode") or "",
        "ipc": host.get("IpcMode") or "",
        "uts": host.get("UTSMode") or "",
        "network": host["NetworkMode"],
        "cgroup": host.get("CgroupnsMode") or "",
    }
    shm = donor = ""
    owners: dict[int, int] = {}
    for kind, mode in modes.items():
        if mode == "host":
            shm = "host" if kind == "ipc" else shm
            continue
        namespaces[kind] = None
        if name := other(mode):
            lender = find(name)
            namespaces[kind] = path = _lent(kind, lender)
            owners[lender.state.pid] = lender.state.ticks
            shm = path.removesuffix("ipc") + "mnt" if kind == "ipc" else shm
            donor = lender.id if kind == "network" else donor
    if modes["ipc"] == "none":
        shm = "none"
    return Joined(namespaces, owners, shm, donor)


def _lent(kind: str, container: Container) -> str:
    """Give the path of another container's namespace."""
    if not container.state.running:
        raise StartFailed(_idle(kind, container.id), 125)
    if kind == "ipc" and container.host_config.get("IpcMode") != "shareable":
        raise StartFailed(
            f"can't join IPC of container {container.id}: non-shareable IPC"
            " (hint: use IpcMode:shareable for the donor container)",
            125,
        )
    return f"/proc/{container.state.pid}/ns/{'net' if kind == 'network' else kind}"


def _idle(kind: str, id: str) -> str:
    if kind == "network":
        return f"cannot join network of a non running container: {id}"
    idle = f"container {id} is not running"
    return f"can't join IPC of container {id}: {idle}" if kind == "ipc" else idle


def check_sysctls(host: Mapping[str, Any]) -> None:
    """Raise Conflict for a kernel value that would be set for the host."""
    for name in host.get("Sysctls") or {}:
        network = name.startswith("net.")
        if network and host["NetworkMode"] == "host":
            raise Conflict(f'sysctl "{name}" not allowed in host network namespace')
        if not network and host.get("IpcMode") == "host":
            raise Conflict(f'sysctl "{name}" is not allowed in the hosts ipc namespace')

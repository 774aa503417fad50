"""Carrying out a RUN: one program on a stack of layers, whose writable layer is the new layer."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from engine.errors import InvalidInput, StartFailed, from_os
from engine.kernel import mounts, processes
from engine.kernel.capabilities import DEFAULT, names
from engine.kernel.mounts import Mount
from engine.runtime import accounts, hosts, spec, stubs, view
from engine.runtime.attachments import Attachment
from engine.shim.runner import Order, Runner
from engine.snapshots.protocol import Snapshotter
from engine.store.removal import remove_tree

_OWN = ("/proc", "/sys", "/dev")

Output = Callable[[int, bytes], object]
"""Told the stream, 1 or 2, and what the program printed on it."""


class Job(NamedTuple):
    """One program to run."""

    command: tuple[str, ...]
    """Its words, a shell's own ones included."""
    environment: tuple[str, ...]
    """`K=V` each; PATH, HOSTNAME and HOME are added where they are missing."""
    user: str
    """As USER has it; empty is root."""
    workdir: str
    """Empty is `/`; made if it is not there."""
    lowers: tuple[str, ...]
    """The layers' directories, topmost first."""
    folder: str
    """An empty directory on the store's file system; the new layer arises in it."""
    hostname: str
    network: str = "default"
    """`default` and `host`: the host's; `none`: a loopback of its own."""
    mounts: tuple[Attachment, ...] = ()
    hosts: tuple[str, ...] = ()
    """`name:address` each, for /etc/hosts."""
    memory: int = 0
    """Bytes; 0: no limit."""
    shm_size: int = 0
    """Bytes of /dev/shm; 0: docker's 64 MiB."""
    limits: tuple[tuple[str, int, int], ...] = ()
    """(RLIMIT_…, soft, hard)."""
    terminal: bool = False
    """Whether it runs in a terminal."""


class Ran(NamedTuple):
    """What came of it."""

    code: int
    layer: str
    """The directory that is the new layer, below the job's folder."""
    oom_killed: bool = False


def run(runner: Runner, job: Job, snapshotter: Snapshotter, output: Output) -> Ran:
    """Run the job's program to its end.

    Nothing of it runs or is mounted afterwards, even if `output` raises or the thread is interrupted. Raises
    StartFailed with docker's sentence when it cannot be started, and Cancelled when the runner was killed.
    """
    try:
        order, lowers = prepared(job, snapshotter)
        ended = runner.run(order, output)
        return Ran(ended.code, _layer(job, snapshotter, lowers), ended.oom_killed)
    except OSError as error:
        raise from_os(error, "cannot prepare the step") from error


def prepared(job: Job, snapshotter: Snapshotter) -> tuple[Order, tuple[str, ...]]:
    """Make the job's folder ready; return what to tell a runner, and the layers below the writable one."""
    mounts = (*_files(job), *sorted(job.mounts, key=lambda mount: mount.target.rstrip("/").count("/")))
    targets = [(path, True) for path in _OWN]
    targets += [(mount.target, _is_directory(mount)) for mount in mounts if not _within(mount, mounts)]
    lowers = job.lowers
    with _root(job) as root:
        try:
            account = accounts.resolve(root, job.user)
        except InvalidInput as error:
            raise StartFailed(error.brief, 125) from None
        if lowers and stubs.lay(root, targets, f"{job.folder}/stubs"):
            lowers = (f"{job.folder}/stubs", *lowers)
    union = snapshotter.prepare(job.folder, lowers)
    os.mkdir(f"{job.folder}/rootfs", 0o755)
    document = _specification(job, account)
    return Order(f"{job.folder}/rootfs", document, _quick(union), mounts, _resources(job)), lowers


def _root(job: Job) -> Any:
    if not job.lowers:
        return view.opened([Mount("bind", job.folder)])
    return view.opened([Mount("overlay", "overlay", lowers=job.lowers)])


def _quick(union: Sequence[Mount]) -> tuple[Mount, ...]:
    """Let an overlay not sync its layer when it goes: the store does, once it is known to be wanted."""
    return tuple(
        mount._replace(options=(*mount.options, *mounts.volatile())) if mount.type == "overlay" else mount
        for mount in union
    )


def _files(job: Job) -> list[Attachment]:
    """Give the program /etc/hosts, /etc/hostname and /etc/resolv.conf of its own; what it writes is lost."""
    network = "none" if job.network == "none" else "host"
    texts = {
        "/etc/resolv.conf": hosts.resolver(),
        "/etc/hostname": f"{job.hostname}\n",
        "/etc/hosts": hosts.hosts(job.hostname, "", network, job.hosts),
    }
    return [
        Attachment("file", path, content=text.encode(errors="surrogateescape"))
        for path, text in texts.items()
    ]


def _within(mount: Attachment, others: Sequence[Attachment]) -> bool:
    """Tell whether a mount stands on another one, where no image can provide for it."""
    covered = (*_OWN, *(other.target.rstrip("/") for other in others if other is not mount))
    return any(f"{mount.target}/".startswith(f"{path}/") for path in covered)


def _is_directory(mount: Attachment) -> bool:
    if mount.kind != "tree":
        return mount.kind == "tmpfs"
    for layer in mount.layers:
        path = f"{layer}/{mount.inner.strip('/')}" if mount.inner.strip("/") else layer
        if os.path.lexists(path):
            return os.path.isdir(path)
    return True


def _specification(job: Job, account: accounts.Account) -> dict[str, Any]:
    _, held, _ = processes.get_capabilities()
    within_reach = names(held)
    process = spec.Process(
        arguments=job.command,
        environment=_environment(job, account.home),
        cwd=job.workdir or "/",
        account=account,
        capabilities=tuple(name for name in DEFAULT if name in within_reach),
        terminal=job.terminal,
    )
    # The runner has the filter of system calls ready.
    namespaces = {
        name: path for name, path in spec.NAMESPACES.items() if name != "network" or job.network == "none"
    }
    isolation = spec.Isolation(job.hostname, namespaces=namespaces, seccomp={})
    document = spec.build(process, isolation, {})
    if job.limits:
        document["process"]["rlimits"] = [
            {"type": kind, "soft": soft, "hard": hard} for kind, soft, hard in job.limits
        ]
    if job.shm_size:
        shm = next(mount for mount in document["mounts"] if mount["destination"] == "/dev/shm")
        shm["options"] = [*shm["options"][:-1], f"size={job.shm_size}"]
    return document


def _environment(job: Job, home: str) -> tuple[str, ...]:
    keys = {entry.partition("=")[0] for entry in job.environment}
    wanted = {"PATH": spec.PATH, "HOSTNAME": f"HOSTNAME={job.hostname}", "HOME": f"HOME={home}"}
    missing = {key: entry for key, entry in wanted.items() if key not in keys}
    first = [missing.pop("PATH")] if "PATH" in missing else []
    return (*first, *job.environment, *missing.values())


def _resources(job: Job) -> dict[str, Any]:
    return {"memory": {"limit": job.memory, "swap": 2 * job.memory}} if job.memory else {}


def _layer(job: Job, snapshotter: Snapshotter, lowers: Sequence[str]) -> str:
    """Leave the new layer alone in the folder."""
    if snapshotter.name != "overlay" and lowers:
        from engine.build.layer.difference import write

        write(f"{job.folder}/upper", list(snapshotter.changes(job.folder, lowers)), f"{job.folder}/layer")
        remove_tree(f"{job.folder}/upper")
        os.rename(f"{job.folder}/layer", f"{job.folder}/upper")
    for name in ("rootfs", "stubs", "work"):
        remove_tree(f"{job.folder}/{name}")
    return f"{job.folder}/upper"

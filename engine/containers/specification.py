"""From a container's record to its OCI runtime specification, at each start anew.

The image's accounts are read through its root.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.containers import namespaces
from engine.containers.limits import devices
from engine.containers.limits.limits import SHM_BYTES
from engine.containers.limits.resources import resources, rlimits
from engine.containers.programs.environment import environment
from engine.containers.record import Container, find
from engine.containers.refusals import security_option
from engine.errors import InvalidInput, StartFailed
from engine.kernel import processes
from engine.kernel.capabilities import names
from engine.runtime import accounts, spec, view
from engine.runtime.union import read_union
from engine.store.store import Store

_FILES = {"/etc/resolv.conf": "resolv.conf", "/etc/hostname": "hostname", "/etc/hosts": "hosts"}


def specification(
    container: Container, store: Store, mounts: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Build config.json, with the container's own `mounts`.

    Raises StartFailed for a user that the image does not have, a device that the host does not have, and
    another container that does not run; EngineError for what else cannot be had.
    """
    config, host = container.config["Config"], container.host_config
    paths = store.paths.container(container.id)
    try:
        with view.opened(read_union(paths.rootfs_mounts)) as root:
            account = accounts.resolve(root, config["User"])
            account = accounts.with_groups(root, account, host.get("GroupAdd") or ())
    except InvalidInput as error:
        raise StartFailed(error.brief, 125) from None
    options = dict(map(security_option, host.get("SecurityOpt") or ()))
    namespaces.check_sysctls(host)
    joined = namespaces.joined(host, lambda name: find(store, name))
    files = store.paths.container(joined.donor).bundle if joined.donor else paths.bundle
    process = spec.Process(
        arguments=container.command,
        environment=environment(config, account.home),
        cwd=config["WorkingDir"] or "/",
        account=account,
        capabilities=_capabilities(host),
        no_new_privileges=options.get("no-new-privileges", "false") != "false",
        terminal=config["Tty"],
        init=bool(host["Init"]),
        rlimits=rlimits(host),
        oom_score=host.get("OomScoreAdj") or None,
        apparmor=_profile(options),
    )
    isolation = spec.Isolation(
        hostname=config["Hostname"],
        domainname=config["Domainname"],
        namespaces=joined.namespaces,
        lenders=joined.owners,
        read_only=host["ReadonlyRootfs"],
        privileged=host["Privileged"],
        tmpfs=host["Tmpfs"],
        resources=resources(host),
        cgroup=container.cgroup,
        seccomp=_seccomp(options.get("seccomp"), process.capabilities),
        **_reach(host),
        sysctls=host.get("Sysctls") or {},
        shm=joined.shm,
        shm_bytes=host.get("ShmSize") or SHM_BYTES,
    )
    network = {inside: f"{files}/{name}" for inside, name in _FILES.items()}
    return spec.build(process, isolation, network, mounts)


def _reach(host: Mapping[str, Any]) -> dict[str, Any]:
    """Say what of the host's devices, and of the kernel's files, is within the container's reach."""
    masked, guarded = host.get("MaskedPaths", spec.MASKED), host.get("ReadonlyPaths", spec.READ_ONLY)
    return {
        "masked": masked or (),
        "guarded": guarded or (),
        "devices": devices.nodes(host),
        "device_rules": devices.rules(host),
    }


def _profile(options: Mapping[str, str]) -> str:
    name = options.get("apparmor", "unconfined")
    return "" if name == "unconfined" else name


def _capabilities(host: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what was asked for, of what this process has itself: nobody can give away more.

    Raises StartFailed for a capability that was asked for by name and is out of reach.
    """
    asked = host["CapAdd"] or ()
    wanted = spec.capability_set(asked, host["CapDrop"] or (), privileged=host["Privileged"])
    _, held, _ = processes.get_capabilities()
    within_reach = names(held)
    for name in map(spec.capability_name, asked):
        if name in wanted and name not in within_reach:
            raise StartFailed(f"cannot add {name}: this user does not have it", 125)
    return tuple(name for name in wanted if name in within_reach)


def _seccomp(choice: str | None, capabilities: tuple[str, ...]) -> Mapping[str, Any] | None:
    """None is the default profile, an empty one none at all.

    The command line hands over the text of a profile's file.
    """
    if choice is None or choice == "builtin":
        return None
    if choice == "unconfined":
        return {}
    from engine.runtime.seccomp.profile import profile_from_docker_json

    try:
        return profile_from_docker_json(choice, capabilities)
    except json.JSONDecodeError as error:
        raise StartFailed(f"Decoding seccomp profile failed: {error}", 125) from None

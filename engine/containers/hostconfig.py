"""HostConfig of a new container: docker's keys, docker's defaults, and what the options say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.containers.limits import limits
from engine.containers.network.joining import bindings
from engine.containers.options import Options
from engine.runtime.spec import MASKED, READ_ONLY

RUNTIME = "stackyard"

_ORDER = (
    "Binds", "ContainerIDFile", "LogConfig", "NetworkMode", "PortBindings", "RestartPolicy", "AutoRemove",
    "VolumeDriver", "VolumesFrom", "CapAdd", "CapDrop", "CgroupnsMode", "Dns", "DnsOptions", "DnsSearch",
    "ExtraHosts", "GroupAdd", "IpcMode", "Cgroup", "Links", "OomScoreAdj", "PidMode", "Privileged",
    "PublishAllPorts", "ReadonlyRootfs", "SecurityOpt", "Tmpfs", "UTSMode", "UsernsMode", "ShmSize",
    "Sysctls", "Runtime", "ConsoleSize", "Isolation", "CpuShares", "Memory", "NanoCpus", "CgroupParent",
    "BlkioWeight", "BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps",
    "BlkioDeviceWriteIOps", "CpuPeriod", "CpuQuota", "CpuRealtimePeriod", "CpuRealtimeRuntime",
    "CpusetCpus", "CpusetMems", "Devices", "DeviceCgroupRules", "DeviceRequests", "KernelMemory",
    "KernelMemoryTCP", "MemoryReservation", "MemorySwap", "MemorySwappiness", "OomKillDisable", "PidsLimit",
    "Ulimits", "CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth", "Mounts", "MaskedPaths",
    "ReadonlyPaths", "Init",
)  # fmt: skip
_OMITTED = ("Tmpfs", "Sysctls", "Mounts", "Init")
"""What docker shows only where it was asked for."""


def shown(host: Mapping[str, Any]) -> dict[str, Any]:
    """Put HostConfig as `inspect` shows it, in docker's order."""
    ordered = {key: host[key] for key in (*_ORDER, *host) if key in host}
    return {key: value for key, value in ordered.items() if value or key not in _OMITTED}


def host_config(options: Options) -> dict[str, Any]:
    """Write what was asked of the host."""
    return {
        "Binds": list(options.binds) or None,
        "ContainerIDFile": "",
        "LogConfig": options.logging.config(),
        "NetworkMode": options.network,
        "PortBindings": bindings(options),
        "RestartPolicy": dict(zip(("Name", "MaximumRetryCount"), options.restart, strict=True)),
        "AutoRemove": options.auto_remove,
        "VolumeDriver": options.volume_driver,
        "VolumesFrom": list(options.volumes_from) or None,
        "CapAdd": list(options.cap_add) or None,
        "CapDrop": list(options.cap_drop) or None,
        "GroupAdd": list(options.groups) or None,
        "Links": None,
        "Privileged": options.privileged,
        "PublishAllPorts": options.publish_all,
        "ReadonlyRootfs": options.read_only,
        "Tmpfs": dict(options.tmpfs),
        **({"Mounts": [dict(mount) for mount in options.mounts]} if options.mounts else {}),
        "Init": options.init or None,
        "Runtime": RUNTIME,
        "ConsoleSize": [0, 0],
        "Isolation": options.isolation,
        **_lookup(options),
        **_namespaces(options),
        **_protection(options),
        **limits.host_config(options.limits),
        "Devices": [device.entry() for device in options.devices],
        "DeviceCgroupRules": list(options.device_rules) or None,
        "DeviceRequests": None,
    }


def _lookup(options: Options) -> dict[str, Any]:
    lookup = options.lookup
    return {
        "Dns": list(lookup.servers),
        "DnsOptions": list(lookup.options),
        "DnsSearch": list(lookup.search),
        "ExtraHosts": list(lookup.hosts) or None,
    }


def _namespaces(options: Options) -> dict[str, Any]:
    modes = options.namespaces
    return {
        "CgroupnsMode": modes.cgroup or "private",
        "IpcMode": modes.ipc or "private",
        "Cgroup": "",
        "PidMode": modes.pid,
        "UTSMode": modes.uts,
        "UsernsMode": modes.user,
        **({"Sysctls": dict(sorted(options.sysctls.items()))} if options.sysctls else {}),
    }


def _protection(options: Options) -> dict[str, Any]:
    words = [word for word in options.security_options if not word.startswith("systempaths")]
    bare = len(words) < len(options.security_options)
    hidden: list[str] | None = [] if bare else list(MASKED)
    guarded: list[str] | None = [] if bare else list(READ_ONLY)
    if options.privileged:
        hidden = guarded = None
    if options.privileged or "host" in (options.namespaces.pid, options.namespaces.ipc):
        words = [*(word for word in words if not word.startswith("label")), "label=disable"]
    return {
        "SecurityOpt": words if words or bare else None,
        "MaskedPaths": hidden,
        "ReadonlyPaths": guarded,
    }

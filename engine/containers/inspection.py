"""`inspect`: a container as docker's JSON document."""

from __future__ import annotations

from typing import Any

from engine.containers.hostconfig import shown
from engine.containers.mounts.mountpoints import Point
from engine.containers.network import settings
from engine.containers.network.starting import names
from engine.containers.programs import health
from engine.containers.record import Container
from engine.moments import written
from engine.network.networks import Networks
from engine.paths import ContainerPaths
from engine.store.store import Store


def inspect(container: Container, store: Store, networks: Networks) -> dict[str, Any]:
    """Describe a container with docker's names in docker's order."""
    paths = store.paths.container(container.id)
    state, host = container.state, container.host_config
    return {
        "Id": container.id,
        "Created": written(container.created),
        "Path": container.config["Path"],
        "Args": container.config["Args"],
        "State": {
            "Status": state.status,
            "Running": state.running,
            "Paused": state.status == "paused",
            "Restarting": state.status == "restarting",
            "OOMKilled": state.oom_killed,
            "Dead": state.status == "dead",
            "Pid": state.pid,
            "ExitCode": state.exit_code,
            "Error": state.error,
            "StartedAt": written(state.started_at),
            "FinishedAt": written(state.finished_at),
            **_health(container, paths),
        },
        "Image": container.image_id,
        "ResolvConfPath": f"{paths.bundle}/resolv.conf",
        "HostnamePath": f"{paths.bundle}/hostname",
        "HostsPath": f"{paths.bundle}/hosts",
        "LogPath": _log_path(container, paths),
        "Name": f"/{container.name}",
        "RestartCount": state.restarts,
        "Driver": "overlay",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": None,
        "HostConfig": shown(host),
        "GraphDriver": {
            "Data": {"UpperDir": paths.upper, "WorkDir": paths.work, "Layers": container.config["Snapshots"]},
            "Name": "overlay",
        },
        "Mounts": [_mount(point, store) for point in container.points],
        "Config": container.config["Config"],
        "NetworkSettings": _network(container, networks),
    }


def _network(container: Container, networks: Networks) -> dict[str, Any]:
    points = networks.of(container.id)
    known = {network.id: network for network in networks.all()} if points else {}
    return settings.document(container, points, known, names(container))


def _log_path(container: Container, paths: ContainerPaths) -> str:
    """Name the log, once there is one that can be read."""
    logging = container.host_config.get("LogConfig") or {}
    return "" if container.state.status == "created" or logging.get("Type") == "none" else paths.log


def _mount(point: Point, store: Store) -> dict[str, Any]:
    source = point.source
    if point.type == "volume":
        from engine.volumes.volume import from_row

        rows = store.query("SELECT * FROM volumes WHERE name = ?", (point.name,))
        source = from_row(rows[0], store.paths).mountpoint if rows else ""
    return point.document(source)


def _health(container: Container, paths: ContainerPaths) -> dict[str, Any]:
    answers = health.answers(paths) if container.config["Config"].get("Healthcheck") else None
    return {"Health": answers} if answers else {}

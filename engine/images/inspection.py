"""What `docker image inspect` prints."""

from __future__ import annotations

from typing import Any

from engine.images.execution import complete
from engine.images.records import Image
from engine.moments import rfc3339
from engine.store.store import Store

_ZERO_TIME = "0001-01-01T00:00:00Z"


def inspect(store: Store, image: Image) -> dict[str, Any]:
    """Return docker's object (API 1.41), with our directories in the place of docker's graph driver."""
    config = image.config
    execution = config.get("config")
    document: dict[str, Any] = {
        "Id": image.id,
        "RepoTags": list(image.tags),
        "RepoDigests": list(image.digests),
        "Parent": image.parent,
        "Comment": _comment(config),
        "Created": config.get("created") or _ZERO_TIME,
        "Container": config.get("container") or "",
        "ContainerConfig": complete(config.get("container_config")),
        "DockerVersion": config.get("docker_version") or "",
        "Author": config.get("author") or "",
        "Config": None if execution is None else complete(execution),
        "Architecture": config.get("architecture") or "",
    }
    if config.get("variant"):
        document["Variant"] = config["variant"]
    document["Os"] = config.get("os") or "linux"
    if config.get("os.version"):
        document["OsVersion"] = config["os.version"]
    document |= {
        "Size": image.size,
        "VirtualSize": image.size,
        "GraphDriver": {"Data": _directories(store, image), "Name": "overlay"},
        "RootFS": _rootfs(image),
        "Metadata": {"LastTagTime": _last_tag(store, image.id)},
    }
    return document


def _comment(config: dict[str, Any]) -> str:
    history = config.get("history") or [{}]
    return config.get("comment") or history[-1].get("comment") or ""


def _directories(store: Store, image: Image) -> dict[str, str]:
    """Name the unpacked layers as docker's overlay2 does: the top one, and those below it, top first."""
    paths = [store.paths.snapshot(layer.snapshot) for layer in reversed(image.chain)]
    if not paths:
        return {}
    lower = {"LowerDir": ":".join(paths[1:])} if paths[1:] else {}
    return {**lower, "UpperDir": paths[0]}


def _rootfs(image: Image) -> dict[str, Any]:
    layers = [layer.diff_id for layer in image.chain]
    return {"Type": "layers", "Layers": layers} if layers else {"Type": "layers"}


def _last_tag(store: Store, id: str) -> str:
    updated = store.query("SELECT max(updated) AS latest FROM tags WHERE image = ?", (id,))[0]["latest"]
    return rfc3339(round(updated * 1_000_000) * 1000) if updated else _ZERO_TIME

"""Containers as rows of `ps`: every field that docker's --format knows, worked out when it is asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.cli.rows import Row, local_time
from app.units import ellipsis, human_duration, human_size, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.containers.record import Container
    from engine.containers.state import State

HEADINGS = {
    "ID": "CONTAINER ID",
    "Image": "IMAGE",
    "Command": "COMMAND",
    "RunningFor": "CREATED",
    "CreatedAt": "CREATED AT",
    "Status": "STATUS",
    "State": "STATE",
    "Ports": "PORTS",
    "Names": "NAMES",
    "Size": "SIZE",
    "Labels": "LABELS",
    "Mounts": "MOUNTS",
    "LocalVolumes": "LOCAL VOLUMES",
    "Networks": "NETWORKS",
}
COMMAND_WIDTH = 20
MOUNT_WIDTH = 15


def container_row(
    container: Container,
    sizes: Callable[[str], tuple[int, int]],
    *,
    whole: bool = False,
    now: float | None = None,
) -> Row:
    """Make a container's row; `whole` cuts nothing short, `sizes` measures what it takes."""
    moment = time.time() if now is None else now
    labels = container.labels

    def command() -> str:
        text = command_line(container.command)
        return quoted(text if whole else ellipsis(text, COMMAND_WIDTH))

    def size() -> str:
        written, everything = sizes(container.id)
        return human_size(written, 3) + (f" (virtual {human_size(everything, 3)})" if everything else "")

    def mounts() -> str:
        names = list(container.mounts)
        return ",".join(names if whole else [ellipsis(name, MOUNT_WIDTH) for name in names])

    return Row(
        {
            "Command": command,
            "CreatedAt": lambda: local_time(container.created),
            "ID": container.id if whole else container.id[:12],
            "Image": lambda: image_name(container.image, container.image_id, whole),
            "Labels": ",".join(f"{key}={labels[key]}" for key in sorted(labels)),
            "LocalVolumes": lambda: str(sum(name[:1] not in ("", "/") for name in container.mounts)),
            "Mounts": mounts,
            "Names": container.name,
            "Networks": ",".join(container.networks),
            "Ports": container.ports,
            "RunningFor": lambda: f"{human_duration(moment - container.created)} ago",
            "Size": size,
            "State": container.state.status,
            "Status": lambda: status(container.state, moment),
        },
        labels,
    )


_HEALTH = {"starting": " (health: starting)", "healthy": " (healthy)", "unhealthy": " (unhealthy)"}


def status(state: State, now: float) -> str:
    """Say how a container is: `Up 3 seconds`, `Exited (0) 2 minutes ago`, `Created`."""
    if state.status in ("running", "paused"):
        note = " (Paused)" if state.status == "paused" else _HEALTH.get(state.health, "")
        return f"Up {human_duration(now - state.started_at)}{note}"
    if state.status == "created":
        return "Created"
    if state.status == "dead":
        return "Dead"
    if state.status == "removing":
        return "Removal In Progress"
    word = "Restarting" if state.status == "restarting" else "Exited"
    return f"{word} ({state.exit_code}) {human_duration(now - state.finished_at)} ago"


def command_line(words: tuple[str, ...]) -> str:
    """Join a command, with the arguments that hold blanks in quotes."""
    if not words:
        return ""
    return " ".join([words[0], *(f"'{word}'" if " " in word else word for word in words[1:])])


def image_name(name: str, image_id: str, whole: bool) -> str:
    """Name the image as briefly as docker does: familiar, without its digest, or by 12 digits of its id."""
    if not name:
        return "<no image>"
    if whole:
        return name
    bare, short = name.removeprefix("sha256:")[:12], image_id.removeprefix("sha256:")[:12]
    if bare == short:
        return short
    from engine.errors import InvalidReference
    from engine.oci.reference import Reference

    try:
        return Reference.parse(name)._replace(digest=None).familiar
    except InvalidReference:
        return name

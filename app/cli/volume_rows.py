"""Volumes as rows of `volume ls`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.rows import Row
from app.units import human_size

if TYPE_CHECKING:
    from engine.volumes.volume import Volume


def volume_row(volume: Volume, *, links: int | None = None, size: int | None = None) -> Row:
    """Make the row of one volume; who uses it and its size are told where they were measured."""
    return Row(
        {
            "Driver": volume.driver,
            "Labels": ",".join(f"{name}={volume.labels[name]}" for name in sorted(volume.labels)),
            "Links": "N/A" if links is None else str(links),
            "Mountpoint": volume.mountpoint,
            "Name": volume.name,
            "Scope": volume.scope,
            "Size": "N/A" if size is None else human_size(size),
        },
        volume.labels,
    )

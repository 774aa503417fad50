"""The mounts that make up a container's root, kept beside its bundle as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from engine.kernel.mounts import Mount


def read_union(path: str) -> tuple[Mount, ...]:
    """Read what `write_union` wrote."""
    with open(path, "rb") as file:
        rows = json.load(file)
    return tuple(
        Mount(kind, source, target, tuple(options), tuple(lowers))
        for kind, source, target, options, lowers in rows
    )


def write_union(path: str, union: Sequence[Mount]) -> None:
    """Write the mounts, the first one lowest."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(union, file)

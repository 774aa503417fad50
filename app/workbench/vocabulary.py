"""What can be named in the configuration file."""

from __future__ import annotations

from app.configuration.configuration import Vocabulary
from app.workbench import keymap, themes

DEEDS = ("remove", "prune", "stop", "restart", "kill", "pause", "start")
"""What can be asked about before it is done."""
COLUMNS = {
    "image": ("repository", "tag", "id", "created", "size", "containers"),
    "container": (
        "name", "image", "status", "health", "since", "cpu", "memory", "ports", "created", "id", "command",
    ),
    "volume": ("name", "driver", "size", "created", "used"),
    "build": ("name", "status", "steps", "time", "began", "image", "context"),
}  # fmt: skip


def vocabulary() -> Vocabulary:
    """Look up what there is now."""
    return Vocabulary(tuple(keymap.actions()), DEEDS, COLUMNS, themes.names(), keymap.proper, keymap.clashes)

"""What can be named in the configuration file."""

from __future__ import annotations

from app.configuration.configuration import Vocabulary
from app.workbench import keymap, themes
from app.workbench.columns import COLUMNS

DEEDS = ("remove", "prune", "stop", "restart", "kill", "pause", "start")
"""What can be asked about before it is done."""


def vocabulary() -> Vocabulary:
    """Look up what there is now."""
    columns = {str(kind): tuple(column.id for column in every) for kind, every in COLUMNS.items()}
    return Vocabulary(tuple(keymap.actions()), DEEDS, columns, themes.names(), keymap.proper, keymap.clashes)

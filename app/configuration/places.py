"""Where the user's own files are."""

from __future__ import annotations

import os


def folder() -> str:
    """Name the folder of the user's files."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return f"{home}/stackyard"


def file() -> str:
    """Name the configuration file: STACKYARD_CONFIG, or else `config.yaml` in the folder."""
    return os.environ.get("STACKYARD_CONFIG") or f"{folder()}/config.yaml"


def themes() -> str:
    """Name the folder of the user's themes."""
    return f"{folder()}/themes"

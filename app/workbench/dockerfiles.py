"""The Dockerfiles below a folder, the nearest first."""

from __future__ import annotations

import os

DEEPEST = 6
MOST = 200
FOLDERS = 4000
"""Folders that are looked into at most: somebody may stand in `/`."""
PASSED_OVER = frozenset(
    ("node_modules", "__pycache__", "venv", "vendor", "target", "site-packages", "proc", "sys", "dev")
)


def find(top: str) -> list[str]:
    """List them by depth, then by name, as paths from `top`."""
    found: list[str] = []
    level, looked = [""], 0
    for _ in range(DEEPEST):
        below: list[str] = []
        for folder in level:
            looked += 1
            if looked > FOLDERS or len(found) >= MOST:
                return found[:MOST]
            files, folders = _entries(top, folder)
            found += files
            below += folders
        level = below
    return found[:MOST]


def _entries(top: str, folder: str) -> tuple[list[str], list[str]]:
    files, folders = [], []
    try:
        with os.scandir(os.path.join(top, folder)) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                path = os.path.join(folder, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    if not entry.name.startswith(".") and entry.name not in PASSED_OVER:
                        folders.append(path)
                elif is_dockerfile(entry.name):
                    files.append(path)
    except OSError:
        pass
    return files, folders


def is_dockerfile(name: str) -> bool:
    """Tell by its name."""
    if name.endswith((".dockerignore", "~", ".swp", ".orig", ".rej")):
        return False
    lower = name.lower()
    return (
        lower in ("dockerfile", "containerfile")
        or lower.startswith("dockerfile.")
        or (lower.endswith((".dockerfile", ".containerfile")))
    )

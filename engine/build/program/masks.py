"""Hiding what a context ignores from a program that has the context mounted: a layer of whiteouts on top."""

from __future__ import annotations

import os
import stat

from engine.build.context.inputs import Inputs
from engine.snapshots.duplicate import describe

_WHITEOUT = stat.S_IFCHR


def mask(inputs: Inputs, directory: str, place: str) -> bool:
    """Make below `place` a layer that hides from `directory` what is not among its inputs.

    Return whether there is anything to hide; `place` is made only then. Raises OSError, EngineError.
    """
    folders: list[str] = []
    pending = [b""]
    while pending:
        path = pending.pop()
        real = os.path.join(directory, os.fsdecode(path))
        kept = {entry.path.rpartition(b"/")[2]: entry for entry in inputs.listed(path)}
        hidden = [name for name in os.listdir(os.fsencode(real)) if name not in kept]
        if hidden:
            folders += _provide(directory, path, place)
        for name in hidden:
            os.mknod(os.path.join(os.fsencode(place), path, name), _WHITEOUT, 0)
        pending += [entry.path for entry in kept.values() if stat.S_ISDIR(entry.mode)]
    for folder in reversed(folders):
        # What was put in has changed its time.
        _describe(directory, folder, place)
    return bool(folders)


def _provide(directory: str, path: bytes, place: str) -> list[str]:
    """Make a directory of the layer with those on the way to it; return the new ones."""
    made: list[str] = []
    here = ""
    for name in ["", *os.fsdecode(path).split("/")]:
        here = os.path.join(here, name)
        if not os.path.isdir(os.path.join(place, here)):
            os.mkdir(os.path.join(place, here), 0o700)
            made.append(here)
    return made


def _describe(directory: str, folder: str, place: str) -> None:
    source = os.path.join(directory, folder)
    describe(source, os.stat(source, follow_symlinks=False), os.path.join(place, folder))

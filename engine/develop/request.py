"""What a watch is asked for."""

from __future__ import annotations

from typing import NamedTuple

from engine.build.request import Request
from engine.containers.options import Options

ACTIONS = ("rebuild", "restart", "sync", "sync+restart")


class Rule(NamedTuple):
    """What to do about the files below one path; a file that no rule is for makes a build."""

    action: str
    """One of ACTIONS; where several are for one file, a rebuild goes before all others."""
    path: str
    """Absolute; a file, or a directory with all below it."""
    target: str = ""
    """Where it is inside the container: needed for a sync."""
    ignore: tuple[str, ...] = ()
    """Patterns as in .dockerignore, from `path`: files below it that nothing is done about."""


class Watched(NamedTuple):
    """One watch."""

    build: Request
    """Its context is a directory."""
    run: Options | None = None
    """What the container is to be; None: whatever runs the image's tag is replaced by its like."""
    rules: tuple[Rule, ...] = ()
    source: str = ""
    """The file that the rules come from."""

"""Which builds a watch is about: those it made, and those of the same Dockerfile and context."""

from __future__ import annotations

import os
from collections.abc import Sequence

from app.workbench.yard import Build, Lists, Watch


def watch_of(build: Build, watches: Sequence[Watch]) -> Watch | None:
    """Find the watch that a build belongs to; one that goes on before one that is over."""
    found = [one for one in watches if made(one, build) or _like(one, build)]
    return min(found, key=lambda one: (not one.alive, not made(one, build)), default=None)


def alive(build: Build, lists: Lists) -> Watch | None:
    """Find the watch that goes on and that a build belongs to."""
    found = watch_of(build, lists.watches)
    return found if found and found.alive else None


def newest(builds: Sequence[Build], watches: Sequence[Watch]) -> list[Build]:
    """Leave out the builds that later rounds of the same watch have superseded: its history tells of them."""
    kept: list[Build] = []
    seen: set[str] = set()
    for build in sorted(builds, key=lambda one: (-one.started, one.id)):
        watch = next((one.id for one in watches if made(one, build)), "")
        if not watch or watch not in seen:
            kept.append(build)
        seen.add(watch)
    return kept


def successor(id: str, lists: Lists) -> str:
    """Find the newest build of the watch that made this one; empty if there is none."""
    build = next((one for one in lists.builds if one.id == id), None)
    watch = next((one for one in lists.watches if build and made(one, build)), None)
    rounds = [one for one in lists.builds if watch and made(watch, one)]
    return max(rounds, key=lambda one: one.started).id if rounds else ""


def made(watch: Watch, build: Build) -> bool:
    """Tell whether a build is one of the watch's rounds."""
    return build.pid == watch.pid and build.started >= watch.started


def _like(watch: Watch, build: Build) -> bool:
    same = (watch.context, watch.tags) == (build.context, build.tags)
    return same and _dockerfile(watch.dockerfile) == _dockerfile(build.dockerfile)


def _dockerfile(name: str) -> str:
    return os.path.basename(name) or "Dockerfile"

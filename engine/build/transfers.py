"""COPY, ADD and WORKDIR as steps: what they read, and the layer they write."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from engine.build import canonical
from engine.build.cache import Facts, Kin, digest
from engine.build.chain import Execution
from engine.build.context.selection import target_of
from engine.build.deed import Deed
from engine.build.hashing import Hashing
from engine.dockerfile.instructions import Copy

if TYPE_CHECKING:
    from engine.build.layer.placing import Placing
    from engine.build.stage import StageRun

_NAMED = 3
"""How many changed files are named; the rest are counted."""


def copy_deed(run: StageRun, number: int, copy: Copy) -> Deed:
    """Work out a COPY or ADD: what it would read is selected and digested. Raises NotFound, InvalidInput."""
    workdir = run.execution.get("WorkingDir") or "/"
    taken = run.work.taking(number).take(copy, run.work.inputs(copy.source_from, number), workdir)
    selections = [one.selection for one in taken]
    target = target_of(copy, workdir)
    reads = digest(*(selection.digest for selection in selections))
    single = len(selections) == 1
    what = f"{selections[0].what}:{selections[0].digest}" if single else f"multi:{reads}"
    verb = "ADD" if copy.add else "COPY"
    chown = f"--chown={copy.owner}" if copy.owner else ""  # docker forgets the space, too
    text = canonical.files_by(verb, chown + what, os.fsdecode(target), run.execution)
    options = [copy.mode, f"{copy.parents:d}{copy.unpack}", *copy.exclude]
    facts = Facts(run.key, f"{verb} {copy.owner} {os.fsdecode(target)}", {}, reads, "\n".join(options))
    lowers = run.chain.lowers()

    @cache
    def placing() -> Placing:
        from engine.build.layer.placing import Placing, Source

        sources = [Source(*one) for one in taken]
        keep = bool(copy.source_from)
        return Placing(sources, target, lowers, chown=copy.owner, chmod=copy.mode, keep_owner=keep)

    def do(kin: Kin | None) -> Hashing | None:
        upper = f"{run.folder()}/upper"
        os.mkdir(upper, 0o755)
        previous = run.work.store.paths.snapshot(kin.snapshot) if kin and kin.snapshot else ""
        packed = placing().write(upper, previous=previous, check=run.work.check)
        return Hashing(upper, lambda: packed)

    def changed(kin: Kin) -> str:
        previous = run.work.store.paths.snapshot(kin.snapshot) if kin.snapshot else ""
        return _said(placing().changed(previous), target.strip(b"/"))

    return Deed(text, facts, run.execution, do, changed, silent=True)


def workdir_deed(run: StageRun, after: Execution) -> Deed:
    """Make the directory of a WORKDIR where the image has none."""
    path = after["WorkingDir"]
    text = canonical.workdir_by(path, after)

    def do(_: Kin | None) -> Hashing | None:
        from engine.build.layer.placing import make_directory

        upper = f"{run.folder()}/upper"
        os.mkdir(upper, 0o755)
        packed = make_directory(os.fsencode(path), upper, run.chain.lowers())
        return Hashing(upper, lambda: packed) if packed else None

    return Deed(text, Facts(run.key, text), after, do)


def _said(paths: Sequence[bytes], target: bytes) -> str:
    """Name the first changed files, by their names below the target."""
    names = [os.fsdecode(path.removeprefix(target + b"/")) for path in paths]
    if not names:
        return "its files changed"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more} changed"

"""COPY, ADD and WORKDIR as steps: what they read, and the layer they write."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from engine.build import canonical
from engine.build.cache import Facts, Kin
from engine.build.chain import Execution
from engine.build.deed import Deed
from engine.build.events import StepProgress
from engine.build.hashing import Hashing
from engine.dockerfile.instructions import Copy

if TYPE_CHECKING:
    from engine.build.stage import StageRun


def copy_deed(run: StageRun, number: int, copy: Copy) -> Deed:
    """Select what a COPY or ADD takes; raises NotFound, InvalidInput."""
    raise NotImplementedError


def workdir_deed(run: StageRun, after: Execution) -> Deed:
    """Make the directory of a WORKDIR where the image has none."""
    path = after["WorkingDir"]
    text = canonical.workdir_by(path, after)

    def do(_: Kin | None) -> Hashing | None:
        raise NotImplementedError

    return Deed(text, Facts(run.key, text), after, do)


_ = (os, time, StepProgress)

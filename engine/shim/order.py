"""What a shim is told when a run begins."""

from __future__ import annotations

from typing import NamedTuple

ORDER, ANSWER = 3, 4
"""Descriptors on which the shim is told what to run, and tells what came of it."""


class Order(NamedTuple):
    """One run of one container."""

    root: str
    run_folder: str
    id: str
    run: int
    auto_remove: bool
    attached: bool
    """Whether somebody waits for output and end; the answer then goes on as a bell."""
    attributes: dict[str, str]
    """Told with the `die` event: name, image, labels."""

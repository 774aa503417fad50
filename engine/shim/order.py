"""What a shim is told when a run begins."""

from __future__ import annotations

from typing import Any, NamedTuple

ORDER, ANSWER = 3, 4
"""Descriptors on which the shim is told what to run, and where whoever asked for it is its first visitor."""


class Order(NamedTuple):
    """One run of one container."""

    root: str
    run_folder: str
    id: str
    run: int
    auto_remove: bool
    attached: bool
    """Whether somebody waits for output and end: the bell rings for him."""
    attributes: dict[str, str]
    """Told with the events: name, image, labels."""
    terminal: bool = False
    stdin: bool = False
    """Whether anybody can type."""
    stdin_once: bool = False
    """The input ends when the first who types has gone."""
    restart: tuple[str, int] = ("no", 0)
    """The policy's name and its limit of attempts."""
    health: dict[str, Any] | None = None
    """What it is asked after its health, as `Check`; None: nothing."""
    log: dict[str, Any] | None = None
    """Docker's `LogConfig`."""
    network: list[Any] | None = None
    """What it is plugged into, as `Plan`; None: the specification says it all."""

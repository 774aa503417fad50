"""What containers and processes use, and what they used a while ago."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

KEPT = 1800
"""Samples of each container that are remembered: an hour."""


class Usage(NamedTuple):
    """What one container uses at a moment; None is a figure that is not known there."""

    cpu: float | None = None
    """Percent of one processor."""
    memory: int | None = None
    limit: int | None = None
    received: int | None = None
    sent: int | None = None
    read: int | None = None
    written: int | None = None
    tasks: int | None = None


class Process(NamedTuple):
    """One process of a container."""

    pid: int
    """As the host counts."""
    parent: int
    inner: int
    """As the container counts."""
    user: str
    state: str
    """One letter, as ps has it."""
    threads: int
    cpu: float
    """Seconds of processor time so far."""
    began: float
    memory: int
    """Bytes."""
    command: str


class Sample(NamedTuple):
    """What a container used at one moment; rates are bytes a second since the sample before."""

    time: float
    usage: Usage
    received: float | None = None
    sent: float | None = None
    read: float | None = None
    written: float | None = None


class History:
    """The samples of all containers, the newest last; kept for as long as the container is listed."""

    def __init__(self) -> None:
        self._samples: dict[str, deque[Sample]] = {}
        self._now: Mapping[str, Usage] = {}

    @property
    def now(self) -> Mapping[str, Usage]:
        """The newest figures of those that run."""
        return self._now

    def of(self, container: str) -> Sequence[Sample]:
        """Return the samples of one container, the oldest first."""
        return self._samples.get(container, ())

    def add(self, time: float, used: Mapping[str, Usage]) -> None:
        """Take in what all running containers use at one moment."""
        self._now = used
        for id, usage in used.items():
            samples = self._samples.setdefault(id, deque(maxlen=KEPT))
            samples.append(_sample(samples[-1] if samples else None, time, usage))

    def keep(self, ids: set[str]) -> None:
        """Forget containers that are gone."""
        for id in self._samples.keys() - ids:
            del self._samples[id]


def _sample(before: Sample | None, time: float, now: Usage) -> Sample:
    if before is None or time <= before.time:
        return Sample(time, now)
    seconds, then = time - before.time, before.usage

    def rate(old: int | None, new: int | None) -> float | None:
        return None if old is None or new is None else max(0, new - old) / seconds

    return Sample(
        time,
        now,
        rate(then.received, now.received),
        rate(then.sent, now.sent),
        rate(then.read, now.read),
        rate(then.written, now.written),
    )

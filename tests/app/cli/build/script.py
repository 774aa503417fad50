"""Builds as they are told, without an engine: each function gives the events of one step."""

from __future__ import annotations

from collections.abc import Iterator

from engine.build.events import (
    Event,
    Failed,
    Finished,
    Output,
    Planned,
    PlannedStep,
    Running,
    StepCached,
    StepFailed,
    StepFinished,
    StepMissed,
    StepStarted,
)

BUILD = "b" * 64


def image(number: int) -> str:
    """Name the image of a step."""
    return f"sha256:{number:012x}{0:052x}"


def container(number: int) -> str:
    """Name the container of a step."""
    return f"{number:x}c{0:062x}"


def planned(
    *texts: str, stages: tuple[str, ...] = (), size: int = 2048, tags: tuple[str, ...] = ()
) -> Planned:
    names = stages or ("0",) * len(texts)
    steps = (PlannedStep(n, names[n - 1], text, n, n) for n, text in enumerate(texts, 1))
    return Planned(BUILD, "Dockerfile", tuple(steps), ".", size, tags, 100.0)


def started(number: int, text: str = "", time: float = 100.0) -> StepStarted:
    return StepStarted(number, text, time)


def based(number: int, text: str = "FROM busy", time: float = 100.0) -> Iterator[Event]:
    yield started(number, text, time)
    yield StepFinished(number, image(number), 0, time)


def cached(number: int, text: str = "", time: float = 100.0) -> Iterator[Event]:
    yield started(number, text, time)
    yield StepCached(number)
    yield StepFinished(number, image(number), 0, time)


def ran(
    number: int, text: str = "", *output: Output, time: float = 100.0, why: str = "new"
) -> Iterator[Event]:
    yield started(number, text, time)
    yield StepMissed(number, why)
    yield Running(number, container(number))
    yield from output
    yield StepFinished(number, image(number), 0, time + 1.5)


def failed(number: int, message: str, code: int, text: str = "", *output: Output) -> Iterator[Event]:
    yield started(number, text)
    yield StepMissed(number, "new")
    yield Running(number, container(number))
    yield from output
    yield StepFailed(number, message, code, 102.0)
    yield Failed(message, number, code or 1, 102.0)


def finished(number: int) -> Finished:
    return Finished(image(number), 103.0)

"""A build told in events, as the journal's tests and the workbench's play it."""

from __future__ import annotations

from engine.build.events import (
    Event,
    Failed,
    Finished,
    Output,
    Planned,
    PlannedStep,
    StepCached,
    StepFailed,
    StepFinished,
    StepMissed,
    StepStarted,
)

TEXTS = ("FROM debian:bookworm", "RUN apt-get update", "COPY . /srv")
IMAGE = "sha256:" + "ab" * 32


def planned(time: float, texts: tuple[str, ...] = TEXTS) -> Planned:
    steps = tuple(PlannedStep(n, "0", text, n, n) for n, text in enumerate(texts, 1))
    return Planned("b" * 64, "Dockerfile", steps, "/srv/shop", 2048, ("shop:1",), time)


def a_success(time: float) -> list[Event]:
    return [
        planned(time),
        StepStarted(1, TEXTS[0], time),
        StepCached(1),
        StepFinished(1, IMAGE, 0, time),
        StepStarted(2, TEXTS[1], time),
        StepMissed(2, "new"),
        Output(2, 1, "Get:1 http"),
        Output(2, 1, "://deb\nbytes: \udcff\n"),
        StepFinished(2, IMAGE, 1000, time + 2),
        StepStarted(3, TEXTS[2], time + 2),
        StepMissed(3, "parent changed"),
        StepFinished(3, IMAGE, 10, time + 3),
        Finished(IMAGE, time + 3),
    ]


def a_failure(time: float) -> list[Event]:
    return [
        *a_success(time)[:8],
        StepFailed(2, "The command '/bin/sh -c apt-get update' returned a non-zero code: 100", 100, time + 1),
        Failed("The command '/bin/sh -c apt-get update' returned a non-zero code: 100", 2, 1, time + 1),
    ]

"""Builds for the workbench's tests: real journals in a folder of their own, of builds that never were."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable

from app.workbench.localbuilds import LocalBuilds
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
    StepSkipped,
    StepStarted,
    Tagged,
)
from engine.build.journal.journal import Journal
from engine.build.request import Request
from engine.paths import Paths

NOW = 1_700_000_000.0
DOCKERFILE = """\
# the shop, and what it takes to build it
ARG NODE=20
FROM node:${NODE} AS assets
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci
COPY assets ./assets
RUN npm run build

FROM debian:bookworm
RUN apt-get update \\
 && apt-get install -y --no-install-recommends nginx ca-certificates \\
 && rm -rf /var/lib/apt/lists/*
COPY --from=assets /src/dist /usr/share/nginx/html
EXPOSE 80
CMD ["nginx", "-g", "daemon off;"]
"""
STEPS = (
    PlannedStep(1, "", "ARG NODE=20", 2, 2),
    PlannedStep(2, "assets", "FROM node:${NODE} AS assets", 3, 3),
    PlannedStep(3, "assets", "WORKDIR /src", 4, 4),
    PlannedStep(4, "assets", "COPY package.json package-lock.json ./", 5, 5),
    PlannedStep(5, "assets", "RUN npm ci", 6, 6),
    PlannedStep(6, "assets", "COPY assets ./assets", 7, 7),
    PlannedStep(7, "assets", "RUN npm run build", 8, 8),
    PlannedStep(8, "1", "FROM debian:bookworm", 10, 10),
    PlannedStep(
        9,
        "1",
        "RUN apt-get update  && apt-get install -y --no-install-recommends nginx ca-certificates"
        "  && rm -rf /var/lib/apt/lists/*",
        11,
        13,
    ),
    PlannedStep(10, "1", "COPY --from=assets /src/dist /usr/share/nginx/html", 14, 14),
    PlannedStep(11, "1", "EXPOSE 80", 15, 15),
    PlannedStep(12, "1", 'CMD ["nginx", "-g", "daemon off;"]', 16, 16),
)
LATER = (10, 11, 12, "shop/web:1.4")
SIMPLE = """\
FROM debian:bookworm
RUN make check
COPY app /srv/app
"""


def build_id(number: int) -> str:
    """Make a recognizable build id."""
    return f"b{number:03x}" * 16


def image_id(number: int) -> str:
    """Make a recognizable image id."""
    return "sha256:" + f"1{number:03x}" * 16


def step(number: int, start: float, end: float, why: str = "", text: str = "", size: int = 0) -> list[Event]:
    """One step that ran, or with no reason was taken from the cache."""
    said = text or STEPS[number - 1].text
    image = image_id(number) if number > 1 else ""
    how: Event = StepMissed(number, why) if why else StepCached(number)
    return [StepStarted(number, said, start), how, StepFinished(number, image, size, end)]


def a_shop(start: float) -> list[Event]:
    """A build of two stages side by side, the second half of each carried out anew; 9.6 seconds."""
    at = start
    npm = [
        Output(5, 1, f"npm http fetch GET 200 https://registry.example/{n} {n * 7} ms\n") for n in range(30)
    ]
    return [
        Planned(build_id(1), "Dockerfile", STEPS, "/srv/shop", 2_345_678, ("shop/web:1.4",), at),
        *step(1, at, at)[:1],
        StepFinished(1, "", 0, at),
        *step(2, at, at, text="FROM node:20 AS assets"),
        *step(3, at, at),
        StepStarted(4, STEPS[3].text, at),
        StepStarted(8, STEPS[7].text, at),
        StepFinished(8, image_id(8), 0, at),
        StepStarted(9, STEPS[8].text, at),
        StepMissed(9, "the base changed"),
        StepMissed(4, "package-lock.json changed"),
        StepFinished(4, image_id(4), 182_000, at + 0.3),
        StepStarted(5, STEPS[4].text, at + 0.3),
        StepMissed(5, "parent changed"),
        *npm,
        Output(9, 1, "Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]\n"),
        Output(9, 2, "debconf: delaying package configuration\n"),
        StepFinished(5, image_id(5), 61_000_000, at + 5.2),
        *step(6, at + 5.2, at + 5.3, "parent changed", size=48_000),
        StepStarted(7, STEPS[6].text, at + 5.3),
        StepMissed(7, "parent changed"),
        Output(7, 1, "\x1b[32m✓\x1b[0m 214 modules transformed.\ndist/index.html  1.2 kB\n"),
        StepFinished(9, image_id(9), 64_200_000, at + 8.1),
        StepFinished(7, image_id(7), 1_200_000, at + 9.0),
        *step(10, at + 9.0, at + 9.4, "assets changed", size=1_200_000),
        *step(11, at + 9.4, at + 9.4, "parent changed"),
        *step(12, at + 9.4, at + 9.4, "parent changed"),
        Finished("sha256:" + "0002" * 16, at + 9.6),
        Tagged("shop/web:1.4"),
    ]


def a_failure(start: float) -> list[Event]:
    """A build whose second step failed."""
    steps = tuple(PlannedStep(n, "0", text, n, n) for n, text in enumerate(SIMPLE.splitlines(), 1))
    message = "The command '/bin/sh -c make check' returned a non-zero code: 2"
    return [
        Planned(build_id(2), "Dockerfile", steps, "/srv/lib", 4096, (), start),
        *step(1, start, start, text=steps[0].text)[:1],
        StepFinished(1, image_id(1), 0, start),
        StepStarted(2, steps[1].text, start),
        StepMissed(2, "new"),
        Output(2, 1, "cc -o check check.c\n"),
        Output(2, 2, "check.c:12: error: expected ';' before 'return'\nmake: *** [check] Error 1\n"),
        StepFailed(2, message, 2, start + 1.4),
        StepSkipped(3),
        Failed(message, 2, 2, start + 1.4),
    ]


class FakeBuilds(LocalBuilds):
    """Journals in a folder that is gone with the yard; those of builds that run are kept open."""

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="yard")
        self._open: list[Journal] = []
        weakref.finalize(self, _forget, folder, self._open)
        super().__init__(Paths(folder, ""))

    def begin(
        self, number: int, events: Iterable[Event], dockerfile: str = SIMPLE, **asked: object
    ) -> Journal:
        """Let a build begin and tell something; it runs until the journal is closed."""
        request = Request(**{"context": "/srv/shop", **asked})  # type: ignore[arg-type]
        journal = Journal.begin(self._paths, build_id(number), request, dockerfile.encode())
        self._open.append(journal)
        for event in events:
            journal.append(event)
        return journal

    def over(self, number: int, events: Iterable[Event], dockerfile: str = SIMPLE, **asked: object) -> None:
        """Let a build be over."""
        self.begin(number, events, dockerfile, **asked).close()


def _forget(folder: str, journals: list[Journal]) -> None:
    for journal in journals:
        journal.close()
    shutil.rmtree(folder, ignore_errors=True)


def with_builds(yard: FakeBuilds) -> None:
    """Give a yard a build that went well, one that failed, one that was stopped and one that runs."""
    yard.over(1, a_shop(NOW - 3600), DOCKERFILE, tags=("shop/web:1.4",))
    yard.over(2, a_failure(NOW - 600), tags=("shop/lib",))
    stopped = [*a_shop(NOW - 120)[:30], Failed("the build was cancelled", 0, 130, NOW - 117, cancelled=True)]
    yard.over(3, stopped, DOCKERFILE, tags=("shop/web:1.5",))
    running = [event for event in a_shop(NOW - 6.5) if getattr(event, "time", 0) <= NOW]
    running = [
        event for event in running if not (isinstance(event, StepMissed | Tagged) and event[0] in LATER)
    ]
    yard.begin(4, running, DOCKERFILE, tags=("shop/web:1.6",))

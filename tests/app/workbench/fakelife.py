"""What lives in the containers of the fake yard: known figures and known processes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from app.workbench.usage import Process, Usage
from app.workbench.yard import Container

MIB = 1 << 20
BEGAN = 1_699_992_800.0
"""Two hours before the yard's clock."""


def processes() -> tuple[Process, ...]:
    """A server with two workers, one of which runs a program that has ended."""
    return (
        Process(
            4711, 4700, 1, "root", "S", 1, 0.4, BEGAN, 9 * MIB, "nginx: master process nginx -g daemon off;"
        ),
        Process(4720, 4711, 7, "www-data", "R", 4, 71.5, BEGAN + 1, 48 * MIB, "nginx: worker process"),
        Process(4721, 4711, 8, "www-data", "S", 4, 2.25, BEGAN + 1, 51 * MIB, "nginx: worker process"),
        Process(4790, 4720, 31, "www-data", "Z", 1, 0.0, BEGAN + 7000, 0, "[gzip] <defunct>"),
    )


def hours(count: int = 300) -> Iterator[tuple[float, Usage]]:
    """What a busy server used, a sample every two seconds up to the yard's now."""
    received = 0
    for n in range(count):
        load = 30 + 25 * math.sin(n / 17) + (40 if n % 90 > 80 else 0)
        received += int(20_000 * (1 + math.sin(n / 9)))
        usage = Usage(
            load,
            int((180 + n / 4) * MIB),
            1 << 30,
            received,
            received * 6,
            4096 * (n // 40),
            65_536 * (n // 8),
            9,
        )
        yield BEGAN + 7200 - 2 * (count - 1 - n), usage


class FakeLife:
    """The same for every container, a little more of it for each."""

    crew: list[Container]
    crowd: Sequence[Process] = processes()

    def usage(self) -> Mapping[str, Usage]:
        alive = [one.id for one in self.crew if one.alive]
        return {
            id: Usage(0.3 + 12 * n, (12 + 170 * n) * MIB, 1 << 30, 10_000, 2_000, 40_960, 0, 3 + n)
            for n, id in enumerate(alive)
        }

    def processes(self, container: str) -> tuple[Process, ...]:
        return tuple(self.crowd)

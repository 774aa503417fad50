"""Measuring volumes: a walk through all their files, so one at a time, in a thread, and not too often."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from app.workbench.yard import Container, Volume, Yard
from engine.errors import EngineError

if TYPE_CHECKING:
    from app.workbench.errands import Errands

REST = 10.0
"""Seconds after which a volume that a running container uses is measured again."""
SHARE = 20
"""How many times as long as a walk took is rested after it."""


class Weighing:
    """Knows the sizes of volumes; `told` is called when there are new ones."""

    def __init__(self, yard: Yard, errands: Errands, told: Callable[[], object]) -> None:
        self._yard, self._errands, self._told = yard, errands, told
        self.sizes: Mapping[str, int | None] = {}
        """Bytes, or None for what cannot be measured; what is not here was not measured yet."""
        self._due: dict[str, float] = {}
        self._busy = False

    def look(self, volumes: Iterable[Volume], containers: Iterable[Container]) -> None:
        """Measure what was never measured, and again what may have changed."""
        names = [volume.name for volume in volumes]
        self.sizes = {name: size for name, size in self.sizes.items() if name in names}
        written = {name for one in containers if one.alive for name in one.volumes}
        now = self._yard.now()
        due = [
            name
            for name in names
            if name not in self.sizes or (name in written and self._due.get(name, 0) <= now)
        ]
        if due and not self._busy:
            self._busy = True
            self._errands.run(lambda: self._weigh(due), self._know, lambda _: self._know({}))

    def _weigh(self, names: Iterable[str]) -> dict[str, int | None]:
        sizes: dict[str, int | None] = {}
        for name in names:
            began = self._yard.now()
            try:
                sizes[name] = self._yard.volume_size(name)
            except EngineError:
                sizes[name] = None
            ended = self._yard.now()
            self._due[name] = ended + max(REST, SHARE * (ended - began))
        return sizes

    def _know(self, sizes: Mapping[str, int | None]) -> None:
        self._busy = False
        self.sizes = {**self.sizes, **sizes}
        self._told()

"""Filling the Stack tab: the layers first, and the writable one's size and changes when they are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from app.workbench.spans import Span
from app.workbench.stack import Writable, blocks
from app.workbench.tabs.stack import StackView
from app.workbench.yard import Container, Layer, Yard

if TYPE_CHECKING:
    from app.workbench.errands import Errands

Answer = tuple[tuple[Layer, ...], str]
"""The layers, and the kernel's name."""


class Wanted(NamedTuple):
    """Which stack is to be shown."""

    image: str
    names: Mapping[str, str]
    """The images that end at a chain id."""
    container: Container | None
    """Whose writable layer stands on top, if one does."""
    trace: Mapping[int, Span]
    """What the layers have of a path."""


class Stacking:
    """Reads stacks in threads and shows them if they are still wanted by then."""

    def __init__(self, yard: Yard, errands: Errands, view: StackView) -> None:
        self._yard, self._errands, self._view = yard, errands, view

    def show(self, wanted: Wanted, still: Callable[[], bool], *, keep: bool) -> None:
        """Show a stack; one that is shown already stays until its writable layer has been measured anew."""
        container = wanted.container
        own = Writable(container.name) if container else None

        def done(answer: Answer, writable: Writable | None = own, again: bool = keep) -> None:
            if still():
                layers, kernel = answer
                found = blocks(layers, self._yard.now(), wanted.names, writable, wanted.trace)
                self._view.show(found, kernel, keep=again)

        def read(answer: Answer) -> None:
            if not keep or not container:
                done(answer)
            if container:
                self._errands.run(
                    partial(self._measure, container),
                    lambda writable: done(answer, writable, True),
                    lambda error: done(answer, own, True),
                )

        def layers() -> Answer:
            return self._yard.layers(wanted.image), self._yard.kernel()

        self._errands.run(layers, read, lambda error: done(((), self._yard.kernel())))

    def _measure(self, container: Container) -> Writable:
        size = self._yard.writable(container.id)
        return Writable(container.name, size, self._yard.changes(container.id))

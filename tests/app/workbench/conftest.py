"""What the workbench's tests share: a fake yard, a time zone, and waiting until all has been drawn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from textual.keys import _character_to_key
from textual.pilot import Pilot

from app.workbench.app import Workbench
from tests.app.workbench.fakeyard import FakeYard

SMALL, LARGE = (80, 24), (200, 50)


class Seat:
    """Somebody who sits at the workbench: presses keys and waits until what they do is done."""

    def __init__(self, app: Workbench, pilot: Pilot[int], yard: FakeYard) -> None:
        self.app, self.pilot, self.yard = app, pilot, yard

    async def settle(self) -> None:
        """Wait until no call is under way and everything is drawn."""
        await self.pilot.pause()
        await self.until(self._quiet)
        await self.pilot.pause()
        await self.until(self._quiet)

    def _quiet(self) -> bool:
        screen = self.app.screen
        waiting = screen._dirty_widgets or screen._layout_required or screen._scroll_required
        return not (self.app.errands.open or waiting or screen._repaint_required or screen._callbacks)

    async def until(self, true: Callable[[], object], seconds: float = 5) -> None:
        """Wait until something is true."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"never came true; the status line says {self.status!r}"
            await asyncio.sleep(0.01)
            await self.pilot.pause()

    def measured(self) -> bool:
        """Tell whether the lists have come, and what those that run use."""
        screen = self.app.yard_screen
        alive = any(one.alive for one in screen.lists.containers)
        return self.app._known and (not alive or bool(screen.detail.living.history.now))

    async def press(self, *keys: str) -> None:
        """Press keys, each after what the one before did is done."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type words."""
        await self.pilot.press(*(_name(character) for character in text))
        await self.settle()

    @property
    def screen(self) -> str:
        """Everything that is drawn, as plain text."""
        return "\n".join(
            "".join(segment.text for segment in strip)
            for strip in self.app.screen._compositor.render_strips()
        )

    @property
    def status(self) -> str:
        """The status line."""
        return self.app.yard_screen.status.text

    @property
    def selected(self) -> str:
        """The name of what is selected."""
        return self.app.yard_screen.selection.name


def _name(character: str) -> str:
    return "space" if character == " " else _character_to_key(character)


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv("TZ", "UTC")
    for name in ("STACKYARD_THEME", "STACKYARD_CONFIG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    time.tzset()


@pytest.fixture
def yard() -> Iterator[FakeYard]:
    yard = FakeYard()
    yield yard
    yard.end()


Sit = Callable[..., AbstractAsyncContextManager[Seat]]


@pytest.fixture
def sit(yard: FakeYard) -> Sit:
    """Sit down at a workbench on the fake yard, at 80 columns and 24 lines unless told otherwise."""

    @asynccontextmanager
    async def sit(
        at: FakeYard | None = None, size: tuple[int, int] = SMALL, **choices: str
    ) -> AsyncIterator[Seat]:
        where = at or yard
        app = Workbench(where, **choices)
        async with app.run_test(size=size) as pilot:
            seat = Seat(app, pilot, where)
            await seat.until(seat.measured)
            await seat.settle()
            yield seat

    return sit

"""Keeping the lists true."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from app.workbench import follower
from app.workbench.follower import Follower
from app.workbench.yard import Lists
from engine.errors import EngineError, ReadOnly
from tests.app.workbench.fakeyard import FakeYard, container_id


class Told:
    """What a follower has told."""

    def __init__(self, yard: FakeYard) -> None:
        self.lists: list[Lists] = []
        self.errors: list[EngineError] = []
        self.follower = Follower(yard, self.lists.append, self.errors.append)

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + 5
        while not true():
            assert time.monotonic() < end
            time.sleep(0.005)


@pytest.fixture
def told(yard: FakeYard, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    monkeypatch.setattr(follower, "SETTLING", 0.01)
    monkeypatch.setattr(follower, "PAUSE", 0.02)
    told = Told(yard)
    yield told
    told.follower.close()


def test_the_lists_are_told_at_first_even_if_there_is_nothing(told: Told, yard: FakeYard) -> None:
    yard.stock, yard.crew, yard.shed = [], [], []
    told.follower.start()
    told.until(lambda: told.lists == [Lists()])


def test_a_change_by_another_process_is_told(told: Told, yard: FakeYard) -> None:
    told.follower.start()
    told.until(lambda: len(told.lists) == 1)
    yard.stop(container_id(1))
    told.until(lambda: len(told.lists) == 2)
    assert next(one for one in told.lists[1].containers if one.name == "web").status == "exited"


def test_a_flood_is_told_in_a_few_readings(told: Told, yard: FakeYard) -> None:
    told.follower.start()
    told.until(lambda: len(told.lists) == 1)
    before = yard.reads
    for _ in range(2000):
        yard.happen("image", "tag", "x")
    time.sleep(0.3)
    assert yard.reads - before < 20


def test_what_nobody_tells_is_seen_soon(told: Told, yard: FakeYard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "UNTOLD", 0.05)
    told.follower.start()
    told.until(lambda: len(told.lists) == 1)
    yard.crew = [one._replace(status="exited") for one in yard.crew]
    told.until(lambda: len(told.lists) == 2)


def test_a_store_that_cannot_be_read_is_tried_again(
    told: Told, yard: FakeYard, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.broken = ReadOnly("cannot read")
    told.follower.start()
    told.until(lambda: len(told.errors) == 1)
    yard.broken = None
    told.until(lambda: len(told.lists) == 1)


def test_closing_ends_the_threads(yard: FakeYard) -> None:
    told = Told(yard)
    told.follower.start()
    told.until(lambda: len(told.lists) == 1)
    told.follower.close()
    told.until(lambda: not {"lists", "happenings"} & {thread.name for thread in threading.enumerate()})

"""The bell: it tells of output and of the end, and holds nobody up."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from engine.shim.doorbell import Doorbell, Ringer


@pytest.fixture
def ends() -> Iterator[tuple[Doorbell, Ringer]]:
    read, write = os.pipe()
    bell, ringer = Doorbell(read), Ringer(write)
    yield bell, ringer
    ringer.close()
    bell.close()


def test_it_is_silent_until_it_rings(ends: tuple[Doorbell, Ringer]) -> None:
    bell, ringer = ends
    assert not bell.wait(0)
    ringer.ring()
    assert bell.wait(1)
    assert not bell.wait(0)
    assert not bell.over


def test_ringing_often_is_heard_once(ends: tuple[Doorbell, Ringer]) -> None:
    bell, ringer = ends
    for _ in range(1000):
        ringer.ring()
    assert bell.wait(1)
    assert not bell.wait(0)


def test_a_listener_that_sleeps_stops_nobody(ends: tuple[Doorbell, Ringer]) -> None:
    _, ringer = ends
    began = time.monotonic()
    for _ in range(200_000):
        ringer.ring()
    assert time.monotonic() - began < 30


def test_the_end_is_heard_and_stays_heard(ends: tuple[Doorbell, Ringer]) -> None:
    bell, ringer = ends
    ringer.ring()
    ringer.close()
    ringer.close()
    assert bell.wait(1)
    assert bell.wait(1)
    assert bell.over
    assert bell.wait(0)


def test_a_listener_that_left_is_all_right() -> None:
    read, write = os.pipe()
    ringer = Ringer(write)
    os.close(read)
    ringer.ring()
    ringer.ring()
    assert ringer.descriptor == -1

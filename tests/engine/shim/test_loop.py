from __future__ import annotations

import os
import time

from engine.shim.loop import Loop


def test_whoever_has_news_is_handled() -> None:
    loop, heard = Loop(), list[bytes]()
    read, write = os.pipe()
    loop.watch(read, lambda: heard.append(os.read(read, 9)))
    os.write(write, b"one")
    loop.turn()
    assert heard == [b"one"]
    loop.forget(read)
    os.close(read)
    os.close(write)


def test_what_an_earlier_handler_has_forgotten_is_not_handled() -> None:
    loop, heard = Loop(), list[str]()
    pipes = [os.pipe() for _ in range(2)]

    def handle(own: int, other: int) -> None:
        heard.append("once")
        loop.forget(other)

    for (own, write), (other, _) in (pipes, pipes[::-1]):
        loop.watch(own, lambda own=own, other=other: handle(own, other))  # type: ignore[misc]
        os.write(write, b"x")
    loop.turn()
    assert heard == ["once"]
    for pipe in pipes:
        os.close(pipe[0])
        os.close(pipe[1])


def test_alarms_ring_in_time_once_and_not_when_called_off() -> None:
    loop, rung = Loop(), list[str]()
    loop.alarm(0.01, lambda: rung.append("first"))
    loop.alarm(0.02, lambda: rung.append("off")).call_off()
    last = loop.alarm(0.03, lambda: rung.append("last"))
    began = time.monotonic()
    while last.act:
        loop.turn()
    assert rung == ["first", "last"]
    assert time.monotonic() - began >= 0.03


def test_an_alarm_may_set_the_next_one() -> None:
    loop, rung = Loop(), list[int]()

    def ring() -> None:
        rung.append(len(rung))
        if len(rung) < 3:
            loop.alarm(0, ring)

    loop.alarm(0, ring)
    while len(rung) < 3:
        loop.turn()
    assert rung == [0, 1, 2]

"""A list of builds that is asked for again and again, and the word that it has changed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from engine.build.events import Output
from engine.build.journal import journal
from engine.build.journal.journal import Journal
from engine.build.journal.shelf import Shelf
from engine.build.request import Request
from engine.paths import Paths
from tests.engine.build.journal_cases import a_success


@pytest.fixture
def paths(root: str) -> Paths:
    return Paths(root, f"{root}/run")


@contextmanager
def follower(shelf: Shelf) -> Iterator[Callable[[], bool]]:
    """Follow in a thread; the call waits for the next change, and tells whether one came."""
    over, changed = threading.Event(), threading.Semaphore(0)

    def follow() -> None:
        for _ in shelf.changes(over.is_set):
            shelf.listed()
            changed.release()

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield lambda: changed.acquire(timeout=3)
    finally:
        over.set()
        thread.join()


def test_a_new_build_and_what_it_tells_are_noticed(paths: Paths) -> None:
    shelf = Shelf(paths)
    with follower(shelf) as changed:
        assert changed()
        with Journal.begin(paths, "a" * 64, Request()) as told:
            assert changed()
            for event in a_success(1000.0):
                told.append(event)
        while shelf.listed()[0].state != "done":
            assert changed()
        journal.remove(paths, "a" * 64)
        while shelf.listed():
            assert changed()


def test_a_build_that_is_over_is_read_once(paths: Paths) -> None:
    with Journal.begin(paths, "a" * 64, Request()) as told:
        for event in a_success(1000.0):
            told.append(event)
    shelf = Shelf(paths)
    before = shelf.listed()
    for name in ("record", "request", "events"):
        os.truncate(f"{paths.build('a' * 64)}/{name}", 0)
    assert shelf.listed() == before


def test_what_was_printed_is_not_read_for_the_list(paths: Paths) -> None:
    shelf = Shelf(paths)
    with Journal.begin(paths, "a" * 64, Request()) as told:
        for event in a_success(1000.0)[:6]:
            told.append(event)
        with open(f"{told.folder}/events", "ab") as file:
            file.write(journal.PRINTED + b" this is no JSON\n")
        told.append(Output(2, 1, "x"))
        assert shelf.listed()[0].step == 2

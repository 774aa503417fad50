from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import Conflict, StartFailed
from engine.shim import talk
from engine.shim.door import Door, Visitor
from engine.shim.loop import Loop
from engine.shim.talk import Message
from engine.shim.visit import Visit


class House:
    """A shim that answers whatever is said to it."""

    def __init__(self, bundle: str) -> None:
        self.loop = Loop()
        self.door = Door(bundle, self.loop, self._receive)
        self.left: list[str] = []
        self._stop = False
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def _live(self) -> None:
        while not self._stop:
            self.loop.turn()

    def _receive(self, visitor: Visitor, message: Message, descriptors: list[int]) -> None:
        match message.get("do"):
            case "stop":
                self._stop = True
            case "listen":
                visitor.listens = True
                visitor.left.append(lambda: self.left.append("gone"))
            case "ring":
                for _ in range(message["times"]):
                    self.door.ring()
            case "end":
                self.door.release(7)
            case "read":
                message = {"text": os.pread(descriptors[0], 100, 0).decode()}
            case "no":
                refusal = {"error": "it will not", "code": 126, "details": None, "resolution": "ask later"}
                visitor.tell(refusal)
        visitor.tell({**message, "done": True})
        talk.release(descriptors)

    def close(self, bundle: str) -> None:
        visit = Visit.come(bundle)
        visit.ask({"do": "stop"})
        visit.close()
        self._thread.join()
        self.door.close()


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[str]:
    # A path that no socket's address has room for.
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    house = House(str(folder))
    yield str(folder)
    house.close(str(folder))
    assert not (folder / talk.SOCKET).exists()


def test_what_is_asked_is_answered(bundle: str) -> None:
    visit = Visit.come(bundle)
    assert visit.ask({"do": "say", "word": "so"})[0] == {"do": "say", "word": "so", "done": True}
    visit.close()


def test_descriptors_come_along(bundle: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    visit = Visit.come(bundle)
    with (tmp_path / "file").open() as file:
        assert visit.ask({"do": "read"}, [file.fileno()])[0]["text"] == "content"
    visit.close()


def test_a_refusal_is_raised(bundle: str) -> None:
    visit = Visit.come(bundle)
    with pytest.raises(StartFailed, match="it will not") as refused:
        visit.ask({"do": "no"})
    assert (refused.value.code, refused.value.resolution) == (126, "ask later")
    visit.close()


def test_the_bell_rings_for_those_who_listen_only(bundle: str) -> None:
    listening, other = Visit.come(bundle), Visit.come(bundle)
    listening.ask({"do": "listen"})
    other.ask({"do": "ring", "times": 1})
    assert listening.wait(5)
    assert not listening.over
    assert not other.wait(0.01)
    listening.close()
    other.close()


def test_ringing_for_one_who_sleeps_stops_nobody(bundle: str) -> None:
    asleep, other = Visit.come(bundle), Visit.come(bundle)
    asleep.ask({"do": "listen"})
    other.ask({"do": "ring", "times": 20_000})
    assert asleep.wait(5)
    assert not asleep.wait(0.01)
    asleep.close()
    other.close()


def test_the_end_is_told_and_stays_told(bundle: str) -> None:
    listening, other = Visit.come(bundle), Visit.come(bundle)
    listening.ask({"do": "listen"})
    other.ask({"do": "end"})
    assert listening.wait(5)
    assert listening.over
    assert listening.last == {"exit": 7}
    assert listening.wait(0)
    listening.close()
    other.close()


def test_nobody_opens_where_nobody_lives(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="not running"):
        Visit.come(str(tmp_path))
    with pytest.raises(Conflict, match="not running"):
        Visit.come(str(tmp_path / "nowhere"))


def test_noise_at_the_door_disturbs_nobody(bundle: str) -> None:
    line = talk.opened()
    folder = os.open(bundle, os.O_PATH)
    line.connect(talk.address(folder))
    os.close(folder)
    line.send(b"\xff not a message")
    line.close()
    visit = Visit.come(bundle)
    assert visit.ask({"do": "anything"})[0]["done"]
    visit.close()

"""What is known of all files of an image: found out once, in a process of its own, and then searched."""

from __future__ import annotations

import posixpath
import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from app.workbench.figures import count
from app.workbench.trees import Survey
from app.workbench.yard import Yard
from engine.errors import Cancelled, EngineError

if TYPE_CHECKING:
    from app.workbench.errands import Errands

MOST_PLACES = 5_000
"""Directories with matches after which a search ends."""
OFTEN = 0.1
"""Seconds between two reports of how far a walk is."""


class FileSurvey:
    """Asks for the survey of one image at a time; `told` is called when there is something new to say."""

    def __init__(self, yard: Yard, errands: Errands, told: Callable[[], object]) -> None:
        self._yard, self._errands, self._told = yard, errands, told
        self._image = ""
        self._ended = threading.Event()
        self._search = threading.Event()
        self.known: Survey | None = None
        self.walking = False
        self.note = ""
        """How far the walk is, or why it ended."""

    def show(self, image: str, *, walk: bool) -> None:
        """Turn to another image; with `walk`, look through one that nobody has looked through yet."""
        self._ended.set()
        self._search.set()
        self._image, self.known, self.walking, self.note = image, None, False, ""
        if image:
            self._ask(lambda: self._yard.surveyed(image), walk)

    def stop(self) -> None:
        """End the walk."""
        self._ended.set()

    def walk(self) -> None:
        """Look through all layers."""
        image, ended = self._image, threading.Event()
        self._ended, self.walking, self.note = ended, True, "looking through the layers"
        due = [time.monotonic() + OFTEN]

        def progress(layer: int, layers: int, names: int) -> None:
            if ended.is_set():
                raise Cancelled("stopped")
            if time.monotonic() >= due[0]:
                due[0] = time.monotonic() + OFTEN
                text = f"looking through layer {layer} of {layers}: {count(names, 'name')}"
                self._errands.tell(lambda: self._say(ended, text))

        self._ask(lambda: self._yard.survey(image, progress), False)
        self._told()

    def find(self, pattern: re.Pattern[str], layer: int, done: Callable[[Sequence[str]], object]) -> None:
        """Find the directories that hold a match, and those around them; a later search ends this one."""
        self._search.set()
        image, ended = self._image, threading.Event()
        self._search = ended

        def seek() -> Sequence[str]:
            places: dict[str, None] = {"": None}
            for name in self._yard.names(image, layer):
                if ended.is_set() or len(places) > MOST_PLACES:
                    break
                if pattern.search(name):
                    while (name := posixpath.dirname(name)) != "/" and name not in places:
                        places[name] = None
            return sorted(places)

        self._errands.run(seek, lambda places: None if ended.is_set() else done(places))

    def _say(self, ended: threading.Event, text: str) -> None:
        if ended is self._ended and not ended.is_set():
            self.note = text
            self._told()

    def _ask(self, call: Callable[[], Survey | None], walk: bool) -> None:
        image = self._image

        def done(survey: Survey | None) -> None:
            if image == self._image:
                self.known, self.walking, self.note = survey, False, ""
                if survey is None and walk:
                    self.walk()
                self._told()

        def failed(error: EngineError) -> None:
            if image == self._image:
                self.walking = False
                self.note = "stopped: w goes on" if isinstance(error, Cancelled) else str(error)
                self._told()

        self._errands.run(call, done, failed)

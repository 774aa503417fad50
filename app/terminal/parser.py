"""Telling text from controls in what a program writes, however the bytes are cut (ECMA-48, DEC STD 070)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from app.terminal import controls, strings
from app.terminal.cells import NARROW
from app.terminal.screen import Screen

LONGEST_PARAMETERS = 256
LONGEST_STRING = 4096
"""Characters of a title or a request that are looked at; all of it is read."""

# The quick way, for what comes whole: text of narrow cells, a CSI sequence, a control, any other text.
_TOKEN = re.compile(
    rf"([{NARROW}]+)(?:\r\n)?|\x1b\[([<=>?]?)([0-9:;]*)([ -/]*)([@-~])"
    rf"|(\r?[\x00-\x1a\x1c-\x1f])|([^\x00-\x1f{NARROW}]+)"
)
_TEXT, _CSI, _CONTROL, _WIDE = 1, 5, 6, 7
_STRING_END = re.compile(r"[\x07\x18\x1a\x1b]")
_UNSHOWN = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
"""C1 controls mean nothing in UTF-8 to tmux either; line separators and the like would move what draws."""
_STRINGS = {"]": "]", "P": "P", "X": "", "^": "", "_": "", "k": ""}
"""What begins a string that goes on to its terminator; only the first two are looked at."""


class Parser:
    """Feeds a screen."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._state: Callable[[str, int], int] | None = None
        """Takes the next characters of a sequence that has begun; None: there is none."""
        self._taken = ""
        self._kind = ""

    def feed(self, data: bytes) -> None:
        """Do what the bytes say; a sequence may end in a later call."""
        text = self._decode(data)
        place, end = 0, len(text)
        screen, match = self._screen, _TOKEN.match
        while place < end:
            if self._state:
                place = self._state(text, place)
                continue
            token = match(text, place)
            if token is None:
                # An escape that is no whole CSI sequence: take it one by one.
                place += 1
                self._begin(self._escape)
                continue
            place = token.end()
            kind = token.lastindex
            if kind == _TEXT:
                screen.write(token[1])
                if place > token.end(_TEXT):
                    screen.x = 0
                    screen.line_feed()
            elif kind == _CSI:
                self._control_sequence(token[2], token[3], token[4], token[5])
            elif kind == _CONTROL:
                if token[6] == "\r\n":
                    screen.x = 0
                    screen.line_feed()
                    continue
                for character in token[6]:
                    controls.control(screen, character)
            else:
                shown = _UNSHOWN.sub("", token[7])
                screen.write_wide(shown)

    def _begin(self, state: Callable[[str, int], int], kind: str = "") -> None:
        self._state, self._taken, self._kind = state, "", kind

    def _interrupted(self, character: str) -> bool:
        """Do a control that came inside of a sequence; tell whether there was one."""
        if character >= " " and character != "\x7f":
            return False
        if character == "\x1b":
            self._begin(self._escape)
        elif character in "\x18\x1a":
            self._state = None
        elif character != "\x7f":
            controls.control(self._screen, character)
        return True

    def _escape(self, text: str, place: int) -> int:
        """Behind ESC: intermediates, then what it is."""
        character = text[place]
        if self._interrupted(character):
            return place + 1
        if "\x20" <= character <= "\x2f":
            self._taken = (self._taken + character)[:4]
        elif self._taken or character > "~":
            self._state = None
            controls.escape(self._screen, self._taken + character)
        elif character == "[":
            self._begin(self._sequence)
        elif character in _STRINGS:
            self._begin(self._string, _STRINGS[character])
        else:
            self._state = None
            controls.escape(self._screen, character)
        return place + 1

    def _sequence(self, text: str, place: int) -> int:
        """Behind CSI, up to its final character."""
        character = text[place]
        if self._interrupted(character):
            return place + 1
        if character > "~":
            self._state = None
            # Not a part of it: what is no ASCII ends the sequence and is shown.
            return place
        if character >= "@":
            self._state = None
            whole = _TOKEN.match(f"\x1b[{self._taken}{character}")
            if whole and whole.lastindex == _CSI:
                self._control_sequence(whole[2], whole[3], whole[4], whole[5])
        elif len(self._taken) <= LONGEST_PARAMETERS:
            self._taken += character
        return place + 1

    def _control_sequence(self, marker: str, parameters: str, between: str, final: str) -> None:
        if len(marker) + len(parameters) + len(between) <= LONGEST_PARAMETERS:
            controls.sequence(self._screen, marker + between + final, parameters)

    def _string(self, text: str, place: int) -> int:
        """Inside of an OSC, DCS or other string, up to BEL, ST, or what breaks it off."""
        end = _STRING_END.search(text, place)
        stop = end.start() if end else len(text)
        if len(self._taken) < LONGEST_STRING:
            self._taken += text[place : min(stop, place + LONGEST_STRING - len(self._taken))]
        if end is None:
            return stop
        said, kind = self._taken, self._kind
        self._state = None
        if end[0] == "\x1b":
            # ST is ESC \\; the backslash alone means nothing.
            self._begin(self._escape)
        if end[0] in "\x07\x1b" and kind:
            strings.told(self._screen, kind, said)
        return stop + 1

"""The screen of a terminal: where the cursor is, what is written, which modes are on."""

from __future__ import annotations

from typing import NamedTuple

from app.terminal import charsets
from app.terminal.cells import width_of
from app.terminal.grid import KEPT, Grid
from app.terminal.pens import PLAIN, Pen, erasing

CURSOR_KEYS, REVERSED, ORIGIN, AUTOWRAP, SHOWN = 1, 5, 6, 7, 25
ALTERNATES = (47, 1047, 1049)
CLICKS, DRAGS, MOTION, FOCUS, SGR_MOUSE, WHEEL_KEYS, PASTE, HELD = (
    1000, 1002, 1003, 1004, 1006, 1007, 2004, 2026,
)  # fmt: skip
"""DEC private modes by their numbers (xterm's ctlseqs)."""
FIRST_MODES = frozenset((AUTOWRAP, SHOWN, WHEEL_KEYS))
KNOWN_MODES = frozenset(
    (CURSOR_KEYS, REVERSED, ORIGIN, AUTOWRAP, 9, 12, SHOWN, CLICKS, DRAGS, MOTION, FOCUS, 1005, SGR_MOUSE,
     WHEEL_KEYS, 1015, PASTE, HELD, *ALTERNATES)
)  # fmt: skip
MOUSE = (MOTION, DRAGS, CLICKS, 9)
TAB = 8


class Saved(NamedTuple):
    """What `ESC 7` keeps."""

    x: int = 0
    y: int = 0
    pen: Pen = PLAIN
    origin: bool = False
    waiting: bool = False
    sets: tuple[str, str] = ("B", "B")
    shifted: int = 0


class Screen:
    """What a program has drawn, and what it has asked of the terminal."""

    def __init__(self, width: int, height: int, *, kept: int = KEPT) -> None:
        self.width, self.height = width, height
        self.main = Grid(width, height, kept=kept)
        self.answers: list[bytes] = []
        """What the program is to read: reports it has asked for."""
        self.title = ""
        self.titles: list[str] = []
        self.rung = 0
        """How often the bell rang."""
        self.colours: dict[str, str] = {}
        """`#rrggbb` of foreground, background and cursor, for programs that ask."""
        self.reset()

    def reset(self) -> None:
        """Begin anew (`ESC c`); the past stays."""
        self.main = self.main.cleared()
        self.grid = self.main
        self.x = self.y = 0
        self.waiting = False
        """Whether the last column is full, so that the next character begins a new row."""
        self.pen = PLAIN
        self.top, self.bottom = 0, self.height
        self.modes = set(FIRST_MODES)
        self.kept_modes: dict[int, bool] = {}
        self.inserting = self.newline = self.keypad = False
        self.shape = 0
        """Of the cursor, as `CSI n SP q` numbers it; 0: as the terminal likes it."""
        self.sets = ["B", "B"]
        self.shifted = 0
        self.tabs = set(range(0, max(self.width, 1024), TAB))
        self.last = ""
        self.saved = {False: Saved(), True: Saved()}

    @property
    def alternate(self) -> bool:
        """Whether the screen without a past is shown."""
        return self.grid is not self.main

    @property
    def mouse(self) -> int:
        """The mode by which the mouse is reported; 0: it is not."""
        return next((mode for mode in MOUSE if mode in self.modes), 0)

    @property
    def text(self) -> str:
        """What is shown, as plain text without blanks at the ends."""
        return "\n".join(row.text.rstrip() for row in self.grid.rows)

    @property
    def blank(self) -> Pen:
        """The pen of what is erased now."""
        return erasing(self.pen)

    # Writing

    def write(self, text: str) -> None:
        """Write characters of one cell each."""
        drawn = self.sets[self.shifted]
        if drawn in charsets.DESIGNATED:
            text = text.translate(charsets.DESIGNATED[drawn])
        self.last = text[-1]
        end = self.x + len(text)
        if end < self.width and not self.waiting and not self.inserting:
            self.grid.rows[self.y].put(self.x, text, self.pen)
            self.x = end
            return
        while text:
            if self.waiting:
                self._wrap()
            room = self.width - self.x
            if room < len(text) and AUTOWRAP not in self.modes:
                text = text[: room - 1] + text[-1]
            part, text = text[:room], text[room:]
            row = self.grid.rows[self.y]
            if self.inserting:
                row.insert(self.x, len(part), self.blank)
            row.put(self.x, part, self.pen)
            self._advance(len(part))

    def write_wide(self, text: str) -> None:
        """Write characters of which each may take no cell, one or two."""
        for character in text:
            width = width_of(character)
            if width == 0 or self._joins():
                self._combine(character)
            elif width == 1:
                self.write(character)
            elif self.width > 1:
                self._write_double(character)

    def _write_double(self, character: str) -> None:
        self.last = character
        if self.waiting:
            self._wrap()
        if self.x == self.width - 1:
            if AUTOWRAP in self.modes:
                self.grid.rows[self.y].erase(self.x, self.width, self.blank)
                self._wrap()
            else:
                self.x -= 1
        row = self.grid.rows[self.y]
        if self.inserting:
            row.insert(self.x, 2, self.blank)
        row.put_wide(self.x, character, self.pen)
        self._advance(2)

    def _combine(self, mark: str) -> None:
        at = self.x if self.waiting else self.x - 1
        if at >= 0:
            self.grid.rows[self.y].combine(at, mark)

    def _joins(self) -> bool:
        """Tell whether the character before ends in a joiner, so that the next one is drawn with it."""
        at = self.x if self.waiting else self.x - 1
        texts = self.grid.rows[self.y].texts
        if at > 0 and not texts[at]:
            at -= 1
        return at >= 0 and texts[at].endswith("\u200d")

    def _advance(self, cells: int) -> None:
        self.x += cells
        if self.x >= self.width:
            self.x = self.width - 1
            self.waiting = AUTOWRAP in self.modes

    def _wrap(self) -> None:
        self.waiting = False
        self.grid.rows[self.y].wrapped = True
        self.x = 0
        self.line_feed()

    def repeat(self, count: int) -> None:
        """Write the last character again, up to the row's end (`CSI b`; xterm would go on)."""
        for _ in range(min(count, self.width - self.x) if self.last else 0):
            self.write_wide(self.last)

    # Moving

    def go(self, x: int, y: int) -> None:
        """Put the cursor into a cell of the whole screen, or as near as can be."""
        self.x = max(0, min(x, self.width - 1))
        self.y = max(0, min(y, self.height - 1))
        self.waiting = False

    def place(self, x: int, y: int) -> None:
        """Put the cursor into a cell, counted from the region's top in origin mode."""
        if ORIGIN in self.modes:
            self.go(x, max(self.top, min(y + self.top, self.bottom - 1)))
        else:
            self.go(x, y)

    def move_rows(self, by: int) -> None:
        """Move up or down, not out of the scrolling region if it is inside of it."""
        if by < 0:
            self.go(self.x, max(self.y + by, self.top if self.y >= self.top else 0))
        else:
            self.go(self.x, min(self.y + by, self.bottom - 1 if self.y < self.bottom else self.height - 1))

    def line_feed(self) -> None:
        """Go a row down; at the region's end its rows go up."""
        self.waiting = False
        if self.y == self.bottom - 1:
            if self.bottom - self.top == self.height:
                self.grid.advance(erasing(self.pen))
            else:
                self.grid.scroll_up(self.top, self.bottom, 1, self.blank)
        elif self.y < self.height - 1:
            self.y += 1

    def reverse_feed(self) -> None:
        """Go a row up; at the region's top its rows go down."""
        self.waiting = False
        if self.y == self.top:
            self.grid.scroll_down(self.top, self.bottom, 1, self.blank)
        elif self.y > 0:
            self.y -= 1

    def tab(self, count: int) -> None:
        """Go to the next tab stops, or to those before."""
        for _ in range(min(abs(count), self.width)):
            if count > 0:
                self.x = min((stop for stop in self.tabs if stop > self.x), default=self.width - 1)
            else:
                self.x = max((stop for stop in self.tabs if stop < self.x), default=0)
        self.x = min(self.x, self.width - 1)
        # A tab at a full row's end does not wrap, and forgets that the row is full (tmux; xterm keeps it).
        self.waiting = False

    def save(self) -> None:
        """Keep where the cursor is and how it writes."""
        sets = (self.sets[0], self.sets[1])
        origin = ORIGIN in self.modes
        self.saved[self.alternate] = Saved(
            self.x, self.y, self.pen, origin, self.waiting, sets, self.shifted
        )

    def restore(self) -> None:
        """Bring back what was kept."""
        kept = self.saved[self.alternate]
        self.go(kept.x, kept.y)
        self.pen, self.waiting = kept.pen, kept.waiting and self.x == self.width - 1
        self.sets, self.shifted = list(kept.sets), kept.shifted
        (self.modes.add if kept.origin else self.modes.discard)(ORIGIN)

    # Erasing and shifting

    def erase_rows(self, start: int, end: int) -> None:
        """Blank whole rows."""
        for row in self.grid.rows[start:end]:
            row.erase(0, self.width, self.blank)
            row.wrapped = False

    def erase(self, start: int, end: int) -> None:
        """Blank cells of the cursor's row."""
        row = self.grid.rows[self.y]
        row.erase(start, min(end, self.width), self.blank)
        if end >= self.width:
            row.wrapped = False

    def insert_rows(self, count: int) -> None:
        """Push the rows from the cursor's on down, within the region."""
        if self.top <= self.y < self.bottom:
            self.grid.scroll_down(self.y, self.bottom, count, self.blank)
            self.x, self.waiting = 0, False

    def delete_rows(self, count: int) -> None:
        """Pull up the rows below the cursor's, within the region."""
        if self.top <= self.y < self.bottom:
            # What is deleted is no past, though it may be the top row.
            self.grid.drop(self.y, self.bottom, count, self.blank)
            self.x, self.waiting = 0, False

    def scroll(self, by: int) -> None:
        """Move the region's rows up, or down by a negative number; the cursor stays."""
        if by > 0:
            self.grid.scroll_up(self.top, self.bottom, by, self.blank)
        else:
            self.grid.scroll_down(self.top, self.bottom, -by, self.blank)
        self.waiting = False

    def limit(self, top: int, bottom: int) -> None:
        """Choose the rows that scroll, `bottom` not among them (`CSI r`)."""
        bottom = min(bottom, self.height)
        if bottom - top >= 2 or self.height < 2:
            self.top, self.bottom = top, bottom
            self.place(0, 0)

    def show_pattern(self) -> None:
        """Fill the screen with E, for adjusting it (`ESC # 8`)."""
        self.top, self.bottom = 0, self.height
        for row in self.grid.rows:
            row.put(0, "E" * self.width, PLAIN)
        self.go(0, 0)

    # Screens and sizes

    def switch(self, alternate: bool) -> None:
        """Show the other screen; the alternate one begins as it was left."""
        if alternate and not self.alternate:
            self.grid = Grid(self.width, self.height, kept=0)
        elif not alternate:
            self.grid = self.main

    def resize(self, width: int, height: int) -> None:
        """Take another size."""
        if (width, height) == (self.width, self.height) or width < 1 or height < 1:
            return
        main_y = self.saved[False].y if self.alternate else self.y
        moved = self.main.resize(width, height, main_y)
        kept = self.saved[False]
        self.saved[False] = kept._replace(y=max(0, kept.y - moved))
        if self.alternate:
            moved = self.grid.resize(width, height, self.y)
        self.width, self.height = width, height
        self.top, self.bottom = 0, height
        self.go(self.x, self.y - moved)

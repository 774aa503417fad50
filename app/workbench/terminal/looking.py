"""Looking at a terminal: up to thirty times a second the rows that changed are drawn; and scrolling back."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from app.terminal.grid import Grid
from app.terminal.rows import Row
from app.terminal.screen import HELD, REVERSED, SHOWN
from app.workbench.paint import Painted
from app.workbench.spans import Span
from app.workbench.terminal.picking import Picked, row_at
from app.workbench.terminal.picture import Palette
from app.workbench.terminal.session import Session

FRAME = 1 / 30
"""Seconds between two frames."""
LONGEST_HELD = 0.15
"""Seconds for which a program may hold its picture back (mode 2026)."""


class Looking(Painted):
    """Draws a session's screen, or rows of its past."""

    class Scrolled(Message):
        """Other rows are looked at."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._session: Session | None = None
        self._back = 0
        """Rows of the past below which the view stands; 0: it shows the screen."""
        self._gone = 0
        self._drawn: Sequence[tuple[object, ...]] = ()
        self._palettes: tuple[Palette, Palette] | None = None
        self._timer: Timer | None = None
        self._last = 0.0
        self._picked: Picked | None = None
        self.frames = 0
        """How often it was drawn."""

    def show(self, session: Session | None) -> None:
        """Show another session."""
        if session is self._session:
            return
        if self._session:
            self._session.seen = False
            self._session.changed = lambda: None
        self._session, self._back, self._picked = session, 0, None
        if session:
            session.changed = self._changed
            session.seen = True
            self._gone = session.screen.grid.gone
            self.fit()
            self._colours()
        self._drawn = ()
        self.refresh()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join(row.text.rstrip() if row else "" for row in self._rows())

    @property
    def back(self) -> int:
        """How many rows the view is scrolled back."""
        return self._back

    def on_resize(self) -> None:
        """Give the program as many cells as there are."""
        self.fit()

    def fit(self) -> None:
        """Make the session as large as the view."""
        width, height = self.content_size
        if self._session and width > 1 and height > 0:
            self._session.resize(width, height)
            self._drawn = ()
            self.refresh()

    def _colours(self) -> None:
        base = self.base_of()
        if self._session and base.color and base.bgcolor:
            named = {"foreground": base.color, "background": base.bgcolor, "cursor": base.color}
            colours = {name: colour.get_truecolor().hex for name, colour in named.items()}
            self._session.screen.colours = colours

    def notify_style_update(self) -> None:
        """Forget the colours of the theme before."""
        super().notify_style_update()
        self._palettes = None

    @property
    def _palette(self) -> Palette:
        if self._palettes is None:
            base = self.base_of()
            self._palettes = Palette(base), Palette(base, reversed=True)
        return self._palettes[bool(self._session and REVERSED in self._session.screen.modes)]

    def _changed(self) -> None:
        """Draw soon; what comes until then is drawn with it."""
        if self._timer is None:
            wait = max(0.0, self._last + FRAME - time.monotonic())
            self._timer = self.set_timer(wait, self._frame) if wait else None
            if not wait:
                self._frame()

    def _frame(self) -> None:
        """Mark the rows that differ from those that were drawn."""
        self._timer = None
        session, now = self._session, time.monotonic()
        if session is None or not self.is_attached:
            return
        if HELD in session.screen.modes and now - self._last < LONGEST_HELD:
            self._timer = self.set_timer(FRAME, self._frame)
            return
        self._last = now
        self._follow_past()
        palette, before = self._palette, self._drawn
        drawn = [
            (palette.strip(row) if row else None, self._cursor_on(y), self._picked_on(y))
            for y, row in enumerate(self._rows())
        ]
        width = self.content_size.width
        if len(before) != len(drawn):
            self.refresh()
        else:
            changed = [
                y
                for y, (strip, *marks) in enumerate(drawn)
                if strip is not before[y][0] or marks != list(before[y][1:])
            ]
            if changed:
                self.refresh(*(Region(0, y, width, 1) for y in changed))
        self._drawn = drawn
        self.frames += 1

    def _follow_past(self) -> None:
        """Keep what is looked at in its place when rows scroll away below."""
        grid = self._grid
        if grid is None:
            return
        if self._back:
            self._back = max(0, min(self._back + grid.gone - self._gone, len(grid.past)))
        self._gone = grid.gone

    @property
    def _grid(self) -> Grid | None:
        return self._session.screen.grid if self._session else None

    def _rows(self) -> list[Row | None]:
        """Return the rows that are looked at."""
        grid = self._grid
        height = self.content_size.height
        if grid is None:
            return [None] * height
        first = grid.gone - self._back
        return [row_at(grid, line) for line in range(first, first + height)]

    def _cursor_on(self, y: int) -> tuple[int, str] | None:
        session = self._session
        if session is None or session.over:
            return None
        screen = session.screen
        if SHOWN not in screen.modes or screen.y + self._back != y:
            return None
        # A bar would need half a cell: it is drawn as a line.
        kind = "line" if screen.shape >= 3 else "block"
        return screen.x, kind if self.has_focus else "idle"

    def _picked_on(self, y: int) -> tuple[int, int] | None:
        grid = self._grid
        if self._picked is None or grid is None:
            return None
        return self._picked.on(grid.gone - self._back + y, self.content_size.width)

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width = self.content_size.width
        rows = self._rows()
        row = rows[y] if y < len(rows) else None
        if row is None:
            return self.strip([Span("")], width)
        strip = self._palette.strip(row).crop_extend(0, width, self._palette.base)
        picked, cursor = self._picked_on(y), self._cursor_on(y)
        if picked:
            strip = _over(strip, *picked, self.screen.get_component_rich_style("screen--selection"))
        if cursor and cursor[0] < width:
            x, kind = cursor
            wide = x + 1 < len(row.texts) and not row.texts[x + 1]
            strip = _over(strip, x, x + 1 + wide, self._cursor_style(kind))
        return strip

    def _cursor_style(self, kind: str) -> Style:
        if kind == "idle":
            return self.style_of("chosen")
        return Style(underline=True, bold=True) if kind == "line" else Style(reverse=True)

    def scroll_back(self, by: int) -> None:
        """Look at rows of the past: `by` rows further back, or with a negative number nearer."""
        grid = self._grid
        if grid is None:
            return
        self._follow_past()
        back = max(0, min(self._back + by, len(grid.past)))
        if back != self._back:
            self._back = back
            self._frame()
            self.post_message(self.Scrolled())


def _over(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """Lay a style over some columns."""
    inside = [Segment(one.text, (one.style or style) + style) for one in strip.crop(start, end)]
    return Strip.join([strip.crop(0, start), Strip(inside), strip.crop(end, strip.cell_length)])

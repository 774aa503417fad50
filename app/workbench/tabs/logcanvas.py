"""A log as it is drawn: the rows of one page, and a line that says where in it we are."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip

from app.workbench.figures import count
from app.workbench.logpage import Matcher, Page, PageRow, Place, Shape, level, page_at, page_at_end
from app.workbench.merged import Merged
from app.workbench.paint import Painted
from app.workbench.sieve import Opener, Sieve, Sifter, Wanted
from app.workbench.spans import Span, cut, spread
from app.workbench.stack import HUES
from app.workbench.yard import Log

GUTTER = 2
ERROR = "┃ "
"""Stands before what came by stderr, so that it is told apart without colour."""
MARK = "◆ "
"""Stands before a line that was marked; it is underlined too."""
WIDEST_NAME = 16
_LINE = Style(underline=True)


class LogCanvas(Painted):
    """One log, or several as one; it holds the lines it shows and no others."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.following = True
        self.live = False
        """Whether more may come."""
        self.wrap = False
        self.times = False
        self.wanted = Wanted()
        """Which lines are shown; stays when another log is opened."""
        self.marks: list[int] = []
        """Numbers of the lines that were marked."""
        self._source: Log | None = None
        self._opener: Opener | None = None
        self._log: Log | None = None
        """The source, or what is wanted of it."""
        self._sifter: Sifter | None = None
        self._names = 0
        self._missing = ""
        self._left = 0
        self._place = Place()
        self._page: Page | None = None
        self._matcher: Matcher | None = None
        self._found: int | None = None
        self._said = ""
        self._seen = 0
        self._label = ""
        """Which part of a log it is."""

    def open(
        self,
        log: Log | None,
        missing: str = "",
        *,
        live: bool = False,
        label: str = "",
        opener: Opener | None = None,
    ) -> None:
        """Show another log from its end; `missing` is what is said when it has no lines.

        `opener` opens it once more, for a thread; without one it cannot be narrowed.
        """
        self.live, self._label = live, label
        self._leave()
        if self._source is not None:
            self._source.close()
        self._source, self._opener, self._missing = log, opener, missing
        names = [cell_len(part.name) for part in log.parts] if isinstance(log, Merged) else []
        self._names = min(WIDEST_NAME, max(names)) + 1 if names else 0
        self.narrow(self.wanted)

    def narrow(self, wanted: Wanted) -> None:
        """Show only the lines that are wanted, from their end."""
        self._leave()
        self.wanted, log = wanted, self._source
        if log is not None and not wanted.all:
            sieves: list[Sieve] = []
            if isinstance(log, Merged):
                log = log.narrowed(wanted)
                sieves = [part.log for part in log.parts if isinstance(part.log, Sieve)]
            elif self._opener:
                log = Sieve(log, self._opener, wanted)
                sieves = [log]
            if sieves:
                self._sifter = Sifter(sieves, lambda: self.app.call_later(self.grow))
        self._log = log
        self._place, self._left, self._found, self._said, self.marks = Place(), 0, None, "", []
        self.following = True
        self._redraw()

    def _leave(self) -> None:
        """Stop whatever goes through the log that is shown."""
        if self._sifter:
            self._sifter.close()
            self._sifter = None

    def grow(self) -> None:
        """Take in what was written, or found."""
        grown = self._log is not None and self._log.refresh()
        if self._sifter:
            self._sifter.wake()
        if not grown:
            return
        if self.following or (self._page and self._page.at_end):
            self._redraw()
        else:
            self.refresh()

    def tell(self, missing: str, *, live: bool) -> None:
        """Say whether more may come, and what stands in place of lines."""
        if (missing, live) != (self._missing, self.live):
            self._missing, self.live = missing, live
            self.refresh()

    @property
    def text(self) -> str:
        """The rows that are shown, as plain text."""
        return "\n".join(self._gutter(row) + self._head(row) + row.text for row in self.page.rows)

    @property
    def footing(self) -> str:
        """What the lowest line says."""
        return "".join(span.text for span in self._footing(self.content_size.width))

    @property
    def page(self) -> Page:
        """The rows on the screen, read when they are first needed."""
        if self._page is None:
            shape = self._shape
            if self._log is None or shape.height <= 0:
                self._page = Page(Place(), [], True)
            elif self.following:
                self._page = page_at_end(self._log, shape)
                self._seen = self._log.line_count
            else:
                self._page = page_at(self._log, self._place, shape)
            self._place = self._page.place
        return self._page

    @property
    def _shape(self) -> Shape:
        size = self.content_size
        return Shape(
            max(8, size.width - GUTTER - 1), size.height - 1, self.wrap, self.times, self._names
        )

    def _redraw(self) -> None:
        self._page = None
        self.refresh()

    def on_resize(self) -> None:
        """Read the page anew for the new size."""
        self._redraw()

    def render_line(self, y: int) -> Strip:
        """Draw one row, or the line that says where we are."""
        width, height = self.content_size
        page = self.page
        if y == height - 1:
            return self.strip(self._footing(width), width)
        if y >= len(page.rows):
            note = self._missing if y == 0 and not page.rows else ""
            return self.strip([Span(f"  {note}", "dim")], width)
        row = self._row(page.rows[y], width - 1)
        row = self._selected(row, y).apply_offsets(0, y)
        return Strip.join([row, self.strip([self._thumb(y, height - 1)], 1)])

    def _gutter(self, row: PageRow) -> str:
        if row.number == self._found:
            return "▸ "
        return MARK if row.number in self.marks else ERROR if row.error else "  "

    def _head(self, row: PageRow) -> str:
        """Write what stands before a row's own text."""
        return row.prefix + (f"{cut(row.name, self._names - 1):{self._names}}" if self._names else "")

    def _row(self, row: PageRow, width: int) -> Strip:
        base = self.base_of()
        gutter = self._gutter(row)
        segments = [Segment(gutter, base + self.style_of("bad" if gutter == ERROR else "accent"))]
        if self.times:
            indent = row.prefix or (" " * 13 if self.wrap else "")
            segments.append(Segment(indent, base + self.style_of("dim")))
        if self._names:
            name = f"{cut(row.name, self._names - 1):{self._names}}"
            segments.append(Segment(name, base + self.style_of(f"hue{row.hue % HUES}")))
        head = Strip(segments)
        body = Strip([Segment(text, base + style) for text, style in row.runs])
        if grave := level(row.text):
            start, end, role = grave
            body = _over(body, cell_len(row.text[:start]), cell_len(row.text[:end]), self.style_of(role))
        if self._matcher:
            body = self._matches(body, row.text)
        room = width - head.cell_length
        left = 0 if self.wrap else self._left
        cropped = body.crop_extend(left, left + room, base)
        if not self.wrap and body.cell_length > left + room:
            cropped = Strip.join(
                [cropped.crop(0, room - 1), Strip([Segment("›", base + self.style_of("rule"))])]
            )
        whole = Strip.join([head, cropped])
        return _over(whole, 0, whole.cell_length, _LINE) if row.number in self.marks else whole

    def _matches(self, body: Strip, text: str) -> Strip:
        assert self._matcher
        style = self.style_of("found")
        for start, end in self._matcher.places(text):
            body = _over(body, cell_len(text[:start]), cell_len(text[:end]), style)
        return body

    def _selected(self, row: Strip, y: int) -> Strip:
        selection = self.text_selection
        span = selection.get_span(y) if selection else None
        if span is None:
            return row
        start, end = span
        style = self.screen.get_component_rich_style("screen--selection")
        return _over(row, start, row.cell_length if end == -1 else end, style)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text under the mouse's selection."""
        return selection.extract(self.text), "\n"

    def _thumb(self, y: int, height: int) -> Span:
        first, total = self._reach()
        rows = self.page.rows
        if not rows or total <= len(rows) or height <= 0:
            return Span(" ")
        size = max(1, height * height // total)
        top = (height - size) * (rows[0].number - first) // max(1, total - len(rows))
        top = height - size if self.page.at_end else min(top, height - size)
        return Span("█" if top <= y < top + size else "│", "rule")

    def _reach(self) -> tuple[int, int]:
        """Name the first line, and count all."""
        if self._log is None:
            return 0, 0
        first = self._log.first_line
        return first, self._log.line_count - first

    def _footing(self, width: int) -> list[Span]:
        first, total = self._reach()
        end = Span(" ▼ following ", "chip") if self.live else Span(" ▼ the end ", "dim")
        state = end if self.following else Span(" ‖ held ", "warn")
        flags = " ".join(word for word, on in (("wrap", self.wrap), ("times", self.times)) if on)
        left = [state, *(Span(f" {words}", "dim") for words in (self._label, flags) if words)]
        if self.wanted.label:
            left.append(Span(f" {self.wanted.label}", "accent"))
        if self._said:
            left.append(Span(f" {self._said}", "accent"))
        rows = self.page.rows
        if not rows:
            return spread(left, [], width)
        if self.following:
            right = [Span(f"{count(total, 'line')} ", "dim")]
        else:
            fresh = first + total - self._seen
            news = f" · {fresh:,} new" if fresh > 0 else ""
            shown = f"{rows[0].number - first + 1:,}–{rows[-1].number - first + 1:,}"
            right = [Span(f"{shown} of {total:,}{news} ", "dim")]
        return spread(left, right, width)


def _over(strip: Strip, start: int, end: int, style: Style) -> Strip:
    """Lay a style over some cells of a strip."""
    inside = Strip([Segment(one.text, (one.style or style) + style) for one in strip.crop(start, end)])
    return Strip.join([strip.crop(0, start), inside, strip.crop(end, strip.cell_length)])

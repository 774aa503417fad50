"""The Logs tab: lines as they come, held still while they are read, searched in a thread."""

from __future__ import annotations

import threading
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from app.workbench.figures import count
from app.workbench.keys import LOG, bindings
from app.workbench.logpage import Matcher, Page, PageRow, Place, Shape, moved, page_at, page_at_end
from app.workbench.paint import Painted
from app.workbench.spans import Span, plain, spread
from app.workbench.yard import Log

GUTTER = 2
ERROR = "┃ "
"""Stands before what came by stderr, so that it is told apart without colour."""
WHEEL = 3


class LogView(Painted, can_focus=True):
    """One log; the lowest line of the widget says where in it we are."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(LOG)]

    class Search(Message):
        """Find the next match: from a line on, in a direction."""

        def __init__(self, matcher: Matcher, start: int, backward: bool) -> None:
            super().__init__()
            self.matcher, self.start, self.backward = matcher, start, backward

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.following = True
        self.live = False
        """Whether more may come."""
        self.wrap = False
        self.times = False
        self._log: Log | None = None
        self._missing = ""
        self._left = 0
        self._place = Place()
        self._page: Page | None = None
        self._matcher: Matcher | None = None
        self._found: int | None = None
        self._said = ""
        self._searching: threading.Event | None = None
        self._seen = 0
        self._label = ""
        """Which part of a log it is."""

    def open(self, log: Log | None, missing: str = "", *, live: bool = False, label: str = "") -> None:
        """Show another log from its end; `missing` is what is said when it has no lines."""
        self.live, self._label = live, label
        self.cancel_search()
        if self._log is not None:
            self._log.close()
        self._log, self._missing = log, missing
        self._place, self._left, self._found, self._said = Place(), 0, None, ""
        self.following = True
        self._redraw()

    def grow(self) -> None:
        """Take in what was written."""
        if self._log is None or not self._log.refresh():
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
        return "\n".join((ERROR if row.error else "  ") + row.prefix + row.text for row in self.page.rows)

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
        return Shape(max(8, size.width - GUTTER - 1), size.height - 1, self.wrap, self.times)

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

    def _row(self, row: PageRow, width: int) -> Strip:
        base = self.base_of()
        here = row.number == self._found
        gutter = "▸ " if here else ERROR if row.error else "  "
        segments = [Segment(gutter, base + self.style_of("accent" if here else "bad"))]
        if self.times:
            indent = row.prefix or (" " * 13 if self.wrap else "")
            segments.append(Segment(indent, base + self.style_of("dim")))
        head = Strip(segments)
        body = Strip([Segment(text, base + style) for text, style in row.runs])
        if self._matcher:
            body = self._marked(body, row.text)
        room = width - head.cell_length
        left = 0 if self.wrap else self._left
        cropped = body.crop_extend(left, left + room, base)
        if not self.wrap and body.cell_length > left + room:
            cropped = Strip.join(
                [cropped.crop(0, room - 1), Strip([Segment("›", base + self.style_of("rule"))])]
            )
        return Strip.join([head, cropped])

    def _marked(self, body: Strip, text: str) -> Strip:
        assert self._matcher
        style = self.style_of("found")
        for start, end in self._matcher.places(text):
            first = Span(text[:start]).text
            at, to = _cells(first), _cells(text[:end])
            before, inside, after = body.crop(0, at), body.crop(at, to), body.crop(to, body.cell_length)
            marked = Strip([Segment(segment.text, (segment.style or style) + style) for segment in inside])
            body = Strip.join([before, marked, after])
        return body

    def _selected(self, row: Strip, y: int) -> Strip:
        selection = self.text_selection
        span = selection.get_span(y) if selection else None
        if span is None:
            return row
        start, end = span
        end = row.cell_length if end == -1 else end
        style = self.screen.get_component_rich_style("screen--selection")
        inside = Strip([Segment(one.text, (one.style or style) + style) for one in row.crop(start, end)])
        return Strip.join([row.crop(0, start), inside, row.crop(end, row.cell_length)])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text under the mouse's selection."""
        return selection.extract(self.text), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Hold the log still while text is selected."""
        if selection is not None:
            self._hold()
        self.refresh()

    def _thumb(self, y: int, height: int) -> Span:
        total = self._log.line_count if self._log else 0
        rows = self.page.rows
        if not rows or total <= len(rows) or height <= 0:
            return Span(" ")
        size = max(1, height * height // total)
        top = (height - size) * rows[0].number // max(1, total - len(rows))
        top = height - size if self.page.at_end else min(top, height - size)
        return Span("█" if top <= y < top + size else "│", "rule")

    def _footing(self, width: int) -> list[Span]:
        total = self._log.line_count if self._log else 0
        end = Span(" ▼ following ", "chip") if self.live else Span(" ▼ the end ", "dim")
        state = end if self.following else Span(" ‖ held ", "warn")
        flags = " ".join(word for word, on in (("wrap", self.wrap), ("times", self.times)) if on)
        left = [state, *(Span(f" {words}", "dim") for words in (self._label, flags) if words)]
        if self._said:
            left.append(Span(f" {self._said}", "accent"))
        rows = self.page.rows
        if not rows:
            return spread(left, [], width)
        if self.following:
            right = [Span(f"{count(total, 'line')} ", "dim")]
        else:
            fresh = total - self._seen
            news = f" · {fresh:,} new" if fresh > 0 else ""
            right = [Span(f"{rows[0].number + 1:,}–{rows[-1].number + 1:,} of {total:,}{news} ", "dim")]
        return spread(left, right, width)

    def _hold(self) -> None:
        if self.following and self._log:
            self.following = False
            self._seen = self._log.line_count

    def _go(self, by: int) -> None:
        if self._log is None:
            return
        page = self.page
        if by > 0 and page.at_end:
            self.action_follow()
            return
        self._hold()
        self._place = moved(self._log, page.place, by, self._shape)
        self._redraw()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scroll down."""
        event.stop()
        self._go(WHEEL)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Scroll up."""
        event.stop()
        self._go(-WHEEL)

    def on_click(self, event: Click) -> None:
        """Go to where the scroll bar was clicked."""
        height = self.content_size.height - 1
        if self._log and event.x == self.content_size.width - 1 and event.y < height:
            self._hold()
            self._place = Place(self._log.line_count * event.y // max(1, height - 1))
            self._redraw()

    def action_line_down(self) -> None:
        """Go one row down."""
        self._go(1)

    def action_line_up(self) -> None:
        """Go one row up."""
        self._go(-1)

    def action_page_down(self) -> None:
        """Go a page down."""
        self._go(max(1, self._shape.height - 1))

    def action_page_up(self) -> None:
        """Go a page up."""
        self._go(-max(1, self._shape.height - 1))

    def action_scroll_sideways(self, by: int) -> None:
        """Go left or right in long lines."""
        longest = max((_cells(row.text) for row in self.page.rows), default=0)
        self._left = max(0, min(self._left + by, longest - self._shape.width // 2)) if not self.wrap else 0
        self.refresh()

    def action_log_first(self) -> None:
        """Go to the first line."""
        self._hold()
        self._place = Place()
        self._redraw()

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self.following = True
        self._redraw()

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.wrap = not self.wrap
        self._left = 0
        self._place = Place(self._place.line)
        self._redraw()

    def action_times(self) -> None:
        """Show or hide when each line came."""
        self.times = not self.times
        self._redraw()

    async def action_search(self) -> None:
        """Ask what to search for, before the next key is looked at."""
        await self.run_action("screen.search")

    def search(self, text: str) -> None:
        """Search backward from what is on the screen, as the newest lines are seen first; no text ends it."""
        self.cancel_search()
        self._matcher = Matcher(text) if text else None
        self._found, self._said = None, ""
        self.refresh()
        if self._matcher and self._log:
            rows = self.page.rows
            self._look(rows[-1].number if rows else 0, backward=True)

    async def action_search_next(self) -> None:
        """Go to the next match down."""
        await self._look_from(1)

    async def action_search_previous(self) -> None:
        """Go to the next match up."""
        await self._look_from(-1)

    async def _look_from(self, step: int) -> None:
        if self._matcher is None:
            await self.action_search()
            return
        rows = self.page.rows
        edge = (rows[0].number - 1 if step > 0 else rows[-1].number + 1) if rows else 0
        self._look((edge if self._found is None else self._found) + step, backward=step < 0)

    def _look(self, start: int, *, backward: bool) -> None:
        assert self._matcher
        self.cancel_search()
        self._said = f"searching {plain(self._matcher.text)} …"
        self.refresh()
        self.post_message(self.Search(self._matcher, start, backward))

    def begin_search(self) -> threading.Event:
        """Return the token that cancels the search that begins."""
        self._searching = threading.Event()
        return self._searching

    def cancel_search(self) -> None:
        """Stop a search that is running."""
        if self._searching:
            self._searching.set()
            self._searching = None

    def found(self, line: int | None, backward: bool) -> None:
        """Show the match, or say that there is none."""
        self._searching = None
        if self._matcher is None or self._log is None:
            return
        word = plain(self._matcher.text)
        if line is None:
            where = ("above" if backward else "below") if self._found is not None else "here"
            self._said = f"no {'more ' if self._found is not None else ''}{word} {where}"
            self.refresh()
            return
        self._log.refresh()
        self._found, self._said = line, f"{word} · line {line + 1:,}"
        rows = self.page.rows
        if not rows or not rows[0].number <= line <= rows[-1].number:
            self._hold()
            self._place = Place(max(0, line - self._shape.height // 2))
            self._page = None
        else:
            self._hold()
        self.refresh()

    @property
    def searched(self) -> bool:
        """Whether a search is on."""
        return self._matcher is not None


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)

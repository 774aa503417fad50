"""The Steps tab: a build's steps as they go, and below them all about one of them with its last lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from app.workbench.ansi import parse
from app.workbench.keys import STEPS, bindings
from app.workbench.paint import Painted
from app.workbench.panes.rowlist import MARK
from app.workbench.progress import Progress
from app.workbench.spans import Span, cut
from app.workbench.steps import Drawn, about, draw, summary
from app.workbench.yard import Log

TICK = 0.25
"""Seconds between two looks at the clock while a build runs."""


class StepList(Painted, ScrollView, can_focus=True):
    """The steps; the cursor goes along with the build until somebody moves it."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(STEPS)]

    class Moved(Message):
        """The cursor stands on another step."""

    class Opened(Message):
        """The step under the cursor was opened."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self.cursor = 0
        self.following = True
        self.progress = Progress()
        self.missing = ""
        """What is said while there are no steps."""
        self._now = now
        self._drawn = Drawn([], [])

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(span.text for span in spans) for spans in self._drawn.lines)

    def show(self, progress: Progress, missing: str = "") -> None:
        """Show another build, or the same one as it is now."""
        fresh = progress is not self.progress
        if fresh:
            self.following = True
        self.progress, self.missing = progress, missing
        self._draw()
        self._go(progress.current() if self.following else self.cursor, fresh=fresh)

    def _draw(self) -> None:
        before = self._drawn.lines
        width, height = self.content_size
        # One column stays free for the scroll bar, one holds the cursor's mark.
        self._drawn = draw(self.progress, self._now(), width - 2, height)
        if len(before) != len(self._drawn.lines):
            self.virtual_size = Size(0, len(self._drawn.lines))
        if before != self._drawn.lines:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width, place = self.content_size.width, y + self.scroll_offset.y
        if place >= len(self._drawn.lines):
            missing = self.missing if y == 0 and not self._drawn.lines else ""
            return self.strip([Span(f" {cut(missing, width - 2)}", "dim")], width)
        spans: Sequence[Span] = self._drawn.lines[place]
        if self._drawn.owners[place] != self.cursor:
            return self.strip([Span(" "), *spans], width)
        if not self.has_focus:
            return self.strip([Span(MARK, "rule"), *spans], width)
        bright = [span if span.role != "dim" else Span(span.text) for span in spans]
        return self.strip([Span(MARK, "accent"), *bright], width, role="chosen")

    def on_resize(self, event: Resize) -> None:
        """Draw for the new size."""
        self._draw()
        self._show_cursor()

    def watch_has_focus(self, focused: bool) -> None:
        """Draw the cursor as resting or not."""
        super().watch_has_focus(focused)
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Put the cursor on the step that was clicked; open it on a double click."""
        place = event.y + self.scroll_offset.y
        if place < len(self._drawn.owners) and self._drawn.owners[place] >= 0:
            self._move(self._drawn.owners[place])
            if event.chain == 2:
                self.post_message(self.Opened())

    def _move(self, to: int) -> None:
        self.following = False
        self._go(to)

    def _go(self, to: int, *, fresh: bool = False) -> None:
        to = max(0, min(to, len(self.progress.steps) - 1))
        if to != self.cursor or fresh:
            self.cursor = to
            self.refresh()
            self.call_after_refresh(self._show_cursor)
            self.post_message(self.Moved())

    def _show_cursor(self) -> None:
        own = [place for place, owner in enumerate(self._drawn.owners) if owner == self.cursor]
        top, height = self.scroll_offset.y, max(1, self.content_size.height)
        if not own:
            return
        first = 0 if self.cursor == 0 else own[0]
        if own[-1] + 1 > top + height:
            top = own[-1] + 1 - height
        self.scroll_to(y=min(top, first), animate=False, immediate=True, force=True)

    def action_cursor_down(self) -> None:
        """Go to the step below."""
        self._move(self.cursor + 1)

    def action_cursor_up(self) -> None:
        """Go to the step above."""
        self._move(self.cursor - 1)

    def action_cursor_first(self) -> None:
        """Go to the first step."""
        self._move(0)

    def action_cursor_last(self) -> None:
        """Go to the last step."""
        self._move(len(self.progress.steps) - 1)

    def action_follow(self) -> None:
        """Go to the step that runs, and along with the build."""
        self.following = True
        self._go(self.progress.current())

    def action_open(self) -> None:
        """Open what the step printed."""
        self.post_message(self.Opened())


class StepPanel(Painted):
    """All about one step, and the last lines it printed."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self._progress = Progress()
        self._place = 0
        self._log: Log | None = None
        self._strips: list[Strip] | None = None

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join(strip.text.rstrip() for strip in self._lines())

    def show(self, progress: Progress, place: int, log: Log | None) -> None:
        """Show another step, or the same one as it is now."""
        self._progress, self._place, self._log = progress, place, log
        self._strips = None
        self.refresh()

    def on_resize(self) -> None:
        """Lay out anew."""
        self._strips = None

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        lines = self._lines()
        return lines[y] if y < len(lines) else self.strip([], self.content_size.width)

    def _lines(self) -> list[Strip]:
        if self._strips is None:
            self._strips = self._made()
        return self._strips

    def _made(self) -> list[Strip]:
        width, height = self.content_size
        steps = self._progress.steps
        if not steps or self._place >= len(steps):
            return [self.strip([Span("─" * width, "rule")], width)]
        now = self._now()
        title, whole = f" step {self._place + 1} ", f" {summary(self._progress, now)} "
        dash = "─" * max(1, width - 4 - len(title) - len(whole))
        rule = [
            Span("──", "rule"),
            Span(title, "strong"),
            Span(dash, "rule"),
            Span(whole, "dim"),
            Span("──", "rule"),
        ]
        told = list(about(self._progress, self._place, now, width))
        head = [self.strip(spans, width) for spans in (rule, *told)]
        return [*head, *self._tail(width, height - len(head))]

    def _tail(self, width: int, room: int) -> list[Strip]:
        step = self._progress.steps[self._place]
        if room <= 0 or self._log is None:
            return []
        last = self._log.line_count
        # A failing step's message is its log's last line, and stands above already.
        last -= step.state == "failed" and last > 0
        lines = self._log.lines(max(0, last - room), min(last, room))
        base = self.base_of()
        strips = [
            Strip(
                [Segment(" ", base), *(Segment(text, base + style) for text, style in parse(line.text))]
            ).crop_extend(0, width, base)
            for line in lines
        ]
        if not strips and step.over and step.state not in ("cached", "skipped"):
            return [self.strip([Span(" It printed nothing.", "dim")], width)]
        return strips


class StepsTab(Vertical):
    """Steps above, one of them below; the clock runs only while the build does and is seen."""

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__(id="steps")
        self.list, self.panel = StepList(now), StepPanel(now)
        self._now = now
        self._output: Callable[[int], Log | None] = lambda step: None
        self._shown: tuple[object, int] = (None, -1)
        self._log: Log | None = None
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out the two."""
        yield self.list
        yield self.panel

    @property
    def step(self) -> int:
        """The number of the step under the cursor; 0 if there is none."""
        return self.list.cursor + 1 if self.list.progress.steps else 0

    def show(self, progress: Progress, output: Callable[[int], Log | None], missing: str = "") -> None:
        """Show a build; `output` gives the lines of a step."""
        self._output = output
        self.list.show(progress, missing)
        self._show_step()
        self._run_clock(progress.started > 0 and not progress.over)

    def leave(self) -> None:
        """Stop the clock: nobody looks."""
        self._run_clock(False)

    def _run_clock(self, on: bool) -> None:
        if on and self._timer is None:
            self._timer = self.set_interval(TICK, self._tick)
        elif not on and self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _tick(self) -> None:
        self.list.show(self.list.progress, self.list.missing)
        self._show_step()

    def _show_step(self) -> None:
        shown = (self.list.progress, self.step)
        if shown != self._shown or self._log is None:
            self._shown, self._log = shown, self._output(self.step) if self.step else None
        elif self._log is not None:
            self._log.refresh()
        self.panel.show(self.list.progress, self.list.cursor, self._log)

    def on_step_list_moved(self) -> None:
        """Show the step that the cursor stands on."""
        self._show_step()

"""What the mouse does in a terminal: it is the program's if that wants it, else it chooses and scrolls."""

from __future__ import annotations

from textual import events
from textual.message import Message

from app.terminal import keys, mouse
from app.terminal.mouse import Act
from app.terminal.screen import CURSOR_KEYS, WHEEL_KEYS
from app.workbench.terminal.looking import Looking
from app.workbench.terminal.picking import Cell, Picked, text_of, word_at

WHEEL = 3
"""Rows for one notch."""


class Mousing(Looking):
    """Adds the mouse to what is looked at."""

    ALLOW_SELECT = False

    class Copied(Message):
        """Text was chosen with the mouse."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._anchor: Cell | None = None
        """Where choosing began."""

    def _act(self, event: events.MouseEvent, kind: str, button: int) -> bool:
        """Tell the program; tell whether it wanted to know. With Shift the mouse is ours."""
        session = self._session
        if session is None or session.over or event.shift or self._back or not session.screen.mouse:
            return False
        act = Act(kind, int(event.x), int(event.y), button, event.shift, event.meta, event.ctrl)  # type: ignore[arg-type]
        session.type(mouse.encode(session.screen, act))
        return True

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to choose text, or let the program have it."""
        event.stop()
        if self._act(event, "press", max(0, event.button - 1)):
            self.capture_mouse()
        elif event.button == 1 and self._session:
            self._pick(None)
            self._anchor = self._cell(event)
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Choose text up to here, or let the program have it."""
        if self._anchor:
            if event.y < 0:
                self.scroll_back(1)
            elif event.y >= self.content_size.height:
                self.scroll_back(-1)
            self._pick(Picked.between(self._anchor, self._cell(event)))
        else:
            self._act(event, "move", event.button - 1 if event.button else 3)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Copy what was chosen."""
        event.stop()
        self.release_mouse()
        if self._anchor is None:
            self._act(event, "release", max(0, event.button - 1))
            return
        self._anchor = None
        self._copy()

    def on_click(self, event: events.Click) -> None:
        """Choose a word with two clicks and a row with three."""
        event.stop()
        grid = self._grid
        session = self._session
        theirs = session is not None and session.screen.mouse and not event.shift
        if grid is None or event.chain < 2 or theirs:
            return
        cell = self._cell(event)
        whole = Picked(Cell(cell.line, 0), Cell(cell.line, grid.width - 1))
        self._pick(word_at(grid, cell) if event.chain == 2 else whole)
        self._copy()

    def _copy(self) -> None:
        grid = self._grid
        text = text_of(grid, self._picked) if self._picked and grid else ""
        if text:
            self.post_message(self.Copied(text))

    def _cell(self, event: events.MouseEvent) -> Cell:
        grid = self._grid
        width, height = self.content_size
        y = max(0, min(int(event.y), height - 1))
        top = (grid.gone if grid else 0) - self._back
        return Cell(top + y, max(0, min(int(event.x), width - 1)))

    def _pick(self, picked: Picked | None) -> None:
        if picked != self._picked:
            self._picked = picked
            self._frame()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll back, or let the program have it."""
        self._wheel(event, 0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll forward, or let the program have it."""
        self._wheel(event, 1)

    def _wheel(self, event: events.MouseEvent, down: int) -> None:
        event.stop()
        session = self._session
        if session is None or self._act(event, "wheel", down):
            return
        screen = session.screen
        if screen.alternate and WHEEL_KEYS in screen.modes and not session.over:
            key = keys.encode("down" if down else "up", application=CURSOR_KEYS in screen.modes)
            session.type(key * WHEEL)
        else:
            self.scroll_back(-WHEEL if down else WHEEL)

"""The rows of a tree of files, with a cursor that keeps its name whatever comes and goes."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from app.workbench.filetree import FileRow, FileTree, draw
from app.workbench.keys import FILES, bindings
from app.workbench.paint import Painted
from app.workbench.panes.rowlist import MARK
from app.workbench.spans import Span, cut
from app.workbench.trees import File


class FileList(Painted, ScrollView, can_focus=True):
    """The tree; it reads nothing itself, but tells what is to be read."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(FILES)]

    class Moved(Message):
        """The cursor stands on another name, or on none."""

    class Opened(Message):
        """A name was opened."""

        def __init__(self, row: FileRow) -> None:
            super().__init__()
            self.row = row

    class Turned(Message):
        """Another layer is wanted."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    class Traced(Message):
        """Where a name comes from is wanted."""

        def __init__(self, row: FileRow) -> None:
            super().__init__()
            self.row = row

    class Wasted(Message):
        """What is wasted is wanted."""

    class Weighed(Message):
        """What is largest is wanted."""

    class Stopped(Message):
        """The walk through the layers is to end."""

    def __init__(self) -> None:
        super().__init__()
        self.model = FileTree()
        self.cursor = 0
        self.total, self.writable = 0, False
        self._rows: Sequence[FileRow] = ()
        self.walking = False
        """Whether the layers are being looked through."""
        self._saying = ""

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(span.text for span in self._draw(row)) for row in self._rows)

    @property
    def current(self) -> FileRow | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def clear(self, *, keep: bool = False) -> None:
        """Forget what is known; with `keep` which directories are open stays, and where the cursor stands."""
        before = self.model
        self.model = FileTree()
        self.model.by_size = before.by_size
        if keep:
            self.model.open, self.model.wanted = before.open, before.wanted
            return
        self.total, self.writable, self.cursor = 0, False, 0
        self._saying = "reading …"
        self._lay_out()

    def say(self, text: str) -> None:
        """Say something in the place of the tree."""
        self._saying = text
        if self._rows:
            self.notify(text)
        self.refresh()

    def learn(self, found: dict[str, Sequence[File]]) -> None:
        """Take in what directories hold."""
        self.model.known.update(found)
        self._saying = "nothing is here" if not self.model.wanted else f"nothing matches {self.model.wanted}"
        if self.model.only_changes:
            self._saying = "nothing that was opened was changed"
        self._lay_out()

    def narrow(self, text: str) -> None:
        """Show only the names that match."""
        self.model.wanted = text
        self._saying = "looking …"
        self._lay_out()

    def select(self, path: str, link: str) -> None:
        """Go to where a link leads, if that is shown."""
        self.reach(posixpath.normpath(posixpath.join(posixpath.dirname(path), link)))

    def reach(self, path: str) -> bool:
        """Go to a path, if it is shown; tell whether it is."""
        places = [place for place, row in enumerate(self._rows) if row.path == path]
        if places:
            self._move(places[0])
        return bool(places)

    def _lay_out(self) -> None:
        before = self.current
        self._rows = self.model.rows()
        paths = [row.path for row in self._rows]
        if before and before.path in paths:
            self.cursor = paths.index(before.path)
        self.cursor = max(0, min(self.cursor, len(self._rows) - 1))
        self.virtual_size = Size(0, len(self._rows))
        self.refresh()
        self.call_after_refresh(self._show_cursor)
        self.post_message(self.Moved())

    def _draw(self, row: FileRow) -> Sequence[Span]:
        return draw(row, max(10, self.content_size.width - 2), self.total, self.writable)

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width, place = self.content_size.width, y + self.scroll_offset.y
        if place >= len(self._rows):
            said = self._saying if y == 0 and not self._rows else ""
            return self.strip([Span(f" {cut(said, width - 2)}", "dim")], width)
        spans = self._draw(self._rows[place])
        if place != self.cursor:
            return self.strip([Span(" "), *spans], width)
        if not self.has_focus:
            return self.strip([Span(MARK, "rule"), *spans], width)
        bright = [span if span.role != "dim" else Span(span.text) for span in spans]
        return self.strip([Span(MARK, "accent"), *bright], width, role="chosen")

    def on_resize(self, event: Resize) -> None:
        """Draw for the new size."""
        self.refresh()
        self._show_cursor()
        self.post_message(self.Moved())

    def watch_has_focus(self, focused: bool) -> None:
        """Draw the cursor as resting or not."""
        super().watch_has_focus(focused)
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Put the cursor on the row that was clicked; open it on a double click."""
        place = event.y + self.scroll_offset.y
        if place < len(self._rows):
            self._move(place)
            if event.chain == 2:
                self.action_open()

    def _move(self, to: int) -> None:
        to = max(0, min(to, len(self._rows) - 1))
        if to != self.cursor and self._rows:
            self.cursor = to
            self.refresh()
            self._show_cursor()
            self.post_message(self.Moved())

    def _show_cursor(self) -> None:
        top, height = self.scroll_offset.y, max(1, self.content_size.height)
        if not top <= self.cursor < top + height:
            top = self.cursor if self.cursor < top else self.cursor - height + 1
            self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def action_cursor_down(self) -> None:
        """Move down."""
        self._move(self.cursor + 1)

    def action_cursor_up(self) -> None:
        """Move up."""
        self._move(self.cursor - 1)

    def action_cursor_first(self) -> None:
        """Move to the first row."""
        self._move(0)

    def action_cursor_last(self) -> None:
        """Move to the last row."""
        self._move(len(self._rows) - 1)

    def action_page_down(self) -> None:
        """Move a page down."""
        self._move(self.cursor + max(1, self.content_size.height - 1))

    def action_page_up(self) -> None:
        """Move a page up."""
        self._move(self.cursor - max(1, self.content_size.height - 1))

    def action_open(self) -> None:
        """Open what the cursor stands on, or close an open directory."""
        row = self.current
        if row is None:
            return
        if row.open and not self.model.wanted:
            self._close(row.path)
            return
        if row.file.nature == "directory":
            self.model.open.add(row.path)
        self.post_message(self.Opened(row))

    def action_shut(self) -> None:
        """Close the directory under the cursor, or go to the one that holds it."""
        row = self.current
        if row is None:
            return
        if row.open:
            self._close(row.path)
            return
        parent = posixpath.dirname(row.path)
        for place, one in enumerate(self._rows):
            if one.path == parent:
                self._move(place)

    def _close(self, path: str) -> None:
        self.model.open.discard(path)
        self._lay_out()

    def action_sort(self) -> None:
        """Put the largest first, or sort by name again."""
        self.model.by_size = not self.model.by_size
        self._lay_out()

    def action_changes(self) -> None:
        """Show only what was changed, or all again."""
        self.model.only_changes = not self.model.only_changes and self.model.layered
        self.learn({})

    def action_next_layer(self) -> None:
        """Show what the layer above brings."""
        self.post_message(self.Turned(1))

    def action_previous_layer(self) -> None:
        """Show what the layer below brings."""
        self.post_message(self.Turned(-1))

    def action_trace(self) -> None:
        """Show in the stack where the name comes from."""
        if self.current and self.total:
            self.post_message(self.Traced(self.current))

    def action_waste(self) -> None:
        """List what is held for nothing."""
        self.post_message(self.Wasted())

    def action_largest(self) -> None:
        """List the largest files."""
        self.post_message(self.Weighed())

    def action_stop_walk(self) -> None:
        """Stop looking through the layers."""
        self.post_message(self.Stopped())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let Esc mean something else while no layers are looked through."""
        return action != "stop_walk" or self.walking

    async def action_filter(self) -> None:
        """Ask what to look for, before the next key is looked at."""
        await self.run_action("screen.find_files")

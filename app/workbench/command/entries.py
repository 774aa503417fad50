"""What the palette finds: what can be done now, the open object's tabs, all objects, themes, past lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.widget import Widget

from app.workbench import themes
from app.workbench.actions import hints, refusal, typed
from app.workbench.keymap import NOTHING, Keymap, shown
from app.workbench.keys import FILES, GLOBAL, LIST, LOG, OBJECT, PROCESSES, VOLUMES, Key, named
from app.workbench.tabs.detail import TABS
from app.workbench.tabs.filelist import FileList
from app.workbench.tabs.logs import LogView
from app.workbench.tabs.processes import ProcessList

if TYPE_CHECKING:
    from app.workbench.screens.board import Board

_SAID = frozenset(
    ("start", "stop", "restart", "pause", "kill", "remove", "prune", "logs", "attach", "output")
)
"""Actions that equal a command as it stands."""
_UNASKED = frozenset(("palette", "command", "back", "open", "cursor_down"))
_VIEWS = ((LogView, LOG), (FileList, FILES), (ProcessList, PROCESSES))


class Entry(NamedTuple):
    """One thing to choose."""

    kind: str
    """do, tab, theme, line, or the kind of an object."""
    text: str
    what: str
    """An action, a tab, a theme, a line, or the key of an object's row."""
    of: Widget
    """Whose action it is."""
    key: str = ""
    note: str = ""
    """The command that it equals."""

    @property
    def sought(self) -> str:
        """What letters are looked for in."""
        return self.text if self.kind == "do" else f"{self.text} {self.kind}"


def entries(board: Board, past: Sequence[str], keymap: Keymap = NOTHING) -> list[Entry]:
    """List everything, the likeliest first; `past` are earlier lines, the newest last."""
    found = [*_actions(board, keymap), *_tabs(board)]
    found += [Entry("line", line, line, board) for line in reversed(past)]
    for pane in board.panes:
        found += [Entry(pane.kind, row.name, row.key, board) for row in pane.every]
    return [*found, *(Entry("theme", name, name, board) for name in themes.names())]


def _tabs(board: Board) -> list[Entry]:
    selection = board.selection
    return [Entry("tab", tab, tab, board) for tab in TABS[selection.kind] if selection.key]


def _actions(board: Board, keymap: Keymap) -> Iterator[Entry]:
    selection, lists = board.selection, board.lists
    keys = hints(selection, lists)
    seen = {key.id for key in keys}
    keys += [named("prune", OBJECT), *(key for key in GLOBAL if key.id not in seen)]
    for key in keys:
        said = key.id in _SAID and refusal(key.id, selection, lists) is None
        yield from _action(board, key, keymap, typed(key.id, selection, lists) if said else "")
    own = (named("mark", LIST), *([named("order", VOLUMES)] if selection.kind == "volume" else []))
    for key in own:
        yield from _action(board.pane, key, keymap)
    for view, table in _VIEWS:
        if isinstance(board.detail.view, view):
            for key in table:
                if key.hint:
                    yield from _action(board.detail.view, key, keymap)


def _action(of: Widget, key: Key, keymap: Keymap, note: str = "") -> Iterator[Entry]:
    if key.id not in _UNASKED:
        what = f"app.{key.id}" if key.id in ("help", "theme", "quit") else key.id
        text = key.about if key.about.lower().startswith(key.hint) else f"{key.hint}: {key.about}"
        yield Entry("do", text, what, of, shown(key, keymap).split(" ")[0], note)

"""Every key of the workbench in one table: the bindings, the hints and the help page are made from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from textual.binding import Binding


class Key(NamedTuple):
    """One thing a key does in one place."""

    id: str
    """Also the name of the action, and the name under which the key can be remapped."""
    keys: str
    """As Textual names them, separated by commas."""
    shown: str
    hint: str
    """One word for the bottom line; empty: not shown there."""
    about: str


GLOBAL = (
    Key("focus_next_pane", "tab", "Tab", "", "Next pane"),
    Key("focus_previous_pane", "shift+tab", "Shift-Tab", "", "Pane before"),
    Key("pane_1", "1", "1", "", "Images"),
    Key("pane_2", "2", "2", "", "Containers"),
    Key("pane_3", "3", "3", "", "Volumes"),
    Key("pane_4", "4", "4", "", "Builds"),
    Key("previous_tab", "left_square_bracket", "[", "", "Tab to the left"),
    Key("next_tab", "right_square_bracket", "]", "", "Tab to the right"),
    Key("zoom_in", "plus,equals_sign", "+", "", "More room for the right side, up to the whole screen"),
    Key("zoom_out", "underscore,minus", "_", "", "More room for the lists, then for one list alone"),
    Key("build", "b", "b", "build", "Build a Dockerfile"),
    Key("bring", "i", "i", "import", "Load or import a file as an image"),
    Key("command", "colon", ":", "command", "Run any stackyard line"),
    Key("palette", "semicolon", ";", "", "Find any action, object, tab, theme or line"),
    Key("theme", "T", "T", "", "Choose a colour theme"),
    Key("back", "escape", "Esc", "", "Back to the list; end a filter or a search"),
    Key("help", "question_mark", "?", "help", "This page"),
    Key("quit", "q", "q", "quit", "Leave; containers and builds go on"),
)
LIST = (
    Key("cursor_down", "j,down", "j ↓", "", "Down"),
    Key("cursor_up", "k,up", "k ↑", "", "Up"),
    Key("cursor_first", "g,home", "g", "", "First"),
    Key("cursor_last", "G,end", "G", "", "Last"),
    Key("page_down", "pagedown,ctrl+f,ctrl+d", "PgDn", "", "A page down"),
    Key("page_up", "pageup,ctrl+b,ctrl+u", "PgUp", "", "A page up"),
    Key("open", "enter", "Enter", "open", "Go to the right side"),
    Key("mark", "space", "Space", "", "Mark the row: the next action is for all marked ones"),
    Key("mark_range", "v", "v", "", "Mark from the last marked row to this one"),
    Key("mark_all", "asterisk", "*", "", "Mark all rows that are shown, or none"),
    Key("mark_others", "exclamation_mark", "!", "", "Mark the others instead"),
    Key("filter", "slash", "/", "filter", "Narrow the list: words, regular expressions, !not, ~fuzzy"),
    Key("order", "o", "o", "order", "Sort by a column; chosen again: the other way"),
)
IMAGE = (
    Key("run", "x", "x", "run", "Start a container from the image"),
    Key("tag", "t", "t", "tag", "Give the image one more name"),
)
CONTAINER = (
    Key("logs", "l", "l", "logs", "Show the log; of all marked ones as one; what a build printed"),
    Key("start", "S", "S", "start", "Start"),
    Key("stop", "s", "s", "stop", "Stop; a running build too"),
    Key("restart", "r", "r", "restart", "Restart"),
    Key("pause", "p", "p", "pause", "Pause; let a paused one go on"),
    Key("kill", "K", "K", "kill", "Kill at once"),
    Key("rename", "R", "R", "rename", "Rename"),
)
TERMINALS = (
    Key("attach", "a", "a", "attach", "Attach to its terminal, in the pane"),
    Key("execute", "E", "E", "exec", "Run one more program in it, in a terminal"),
)
TERMINAL = (
    Key("enter_terminal", "enter", "Enter", "type", "Type into the terminal; Ctrl-P Ctrl-Q leaves it"),
    Key("full_screen", "plus,equals_sign", "+", "full", "Give the program the whole real terminal"),
    Key("previous_terminal", "h,left", "h ←", "", "The terminal to the left"),
    Key("next_terminal", "l,right", "l →", "next", "The terminal to the right"),
    Key("scroll_back(1)", "k,up", "k ↑", "", "Look at what has scrolled away"),
    Key("scroll_back(-1)", "j,down", "j ↓", "", "And back"),
    Key("scroll_page(1)", "pageup,ctrl+b", "PgUp", "", "A page back"),
    Key("scroll_page(-1)", "pagedown,ctrl+f", "PgDn", "", "A page nearer"),
    Key("name_terminal", "n", "n", "name", "Give the terminal another name"),
    Key("close_terminal", "x", "x", "close", "Let go of it; the program goes on"),
)
TYPING = (
    Key("", "", "Ctrl-P Ctrl-Q", "leaves, a click elsewhere too; every other key is the program's", ""),
)
"""What is shown while a terminal gets every key."""
VOLUMES = (
    Key("volume", "n", "n", "new", "Make a volume"),
)
BUILD = (
    Key("again", "B", "B", "again", "Build the same once more"),
    Key("watch", "w", "w", "watch", "Build it again at every save and replace what runs it; again: stop"),
    Key("image", "I", "I", "image", "Go to the image that came out"),
    Key("shell", "E", "E", "shell", "A shell on what the chosen step left; before a failed one"),
)
OBJECT = (
    Key("remove", "d", "d", "remove", "Remove (asks)"),
    Key("copy", "c", "c", "copy id", "Copy the id to the clipboard (OSC 52)"),
    Key("prune", "D", "D", "prune", "Remove all of these that nothing uses (asks)"),
)
LOG = (
    Key("line_down", "j,down", "j ↓", "", "Down"),
    Key("line_up", "k,up", "k ↑", "", "Up"),
    Key("scroll_sideways(-8)", "h,left", "h ←", "", "Left"),
    Key("scroll_sideways(8)", "right", "→", "", "Right"),
    Key("page_down", "pagedown,ctrl+f,space", "PgDn", "", "A page down"),
    Key("page_up", "pageup,ctrl+b", "PgUp", "", "A page up"),
    Key("log_first", "g,home", "g", "", "To the first line"),
    Key("follow", "G,end", "G", "", "To the last line, and follow"),
    Key("hold", "f", "f", "follow", "Follow, or hold still"),
    Key("search", "slash", "/", "search", "Search: words or a regular expression"),
    Key("search_next", "n", "n", "next", "Next match down"),
    Key("search_previous", "N", "N", "", "Next match up"),
    Key("wrap", "w", "w", "wrap", "Wrap long lines"),
    Key("times", "t", "t", "times", "Show when each line came"),
    Key("narrow", "ampersand", "&", "only", "Only lines that match: words, a regular expression, !not"),
    Key("window", "at", "@", "time", "Only a stretch of time: 10m, 14:00..14:30, 2026-01-31..1h"),
    Key("mark", "m", "m", "mark", "Mark the found line, or the lowest one"),
    Key("next_mark", "full_stop", ".", "", "Next mark down"),
    Key("previous_mark", "comma", ",", "", "Next mark up"),
    Key("save", "W", "W", "save", "Write what is shown to a file"),
    Key("take", "y", "y", "", "Copy the selected text, or the line"),
)
TEXT = (
    Key("scroll_line(1)", "j,down", "j ↓", "scroll", "Down"),
    Key("scroll_line(-1)", "k,up", "k ↑", "", "Up"),
    Key("scroll_sideways(-8)", "h,left", "h ←", "", "Left"),
    Key("scroll_sideways(8)", "l,right", "→", "", "Right"),
    Key("scroll_page(1)", "pagedown,ctrl+f,space", "PgDn", "", "A page down"),
    Key("scroll_page(-1)", "pageup,ctrl+b", "PgUp", "", "A page up"),
    Key("scroll_first", "g,home", "g", "", "To the beginning"),
    Key("scroll_last", "G,end", "G", "", "To the end"),
)
OUTPUT = (
    Key("previous_step", "left_curly_bracket", "{", "", "Output of the step before"),
    Key("next_step", "right_curly_bracket", "}", "step", "Output of the next step"),
)
STEPS = (
    Key("cursor_down", "j,down", "j ↓", "step", "The step below"),
    Key("cursor_up", "k,up", "k ↑", "", "The step above"),
    Key("cursor_first", "g,home", "g", "", "The first step"),
    Key("cursor_last", "G,end", "G", "", "The last step"),
    Key("follow", "f", "f", "follow", "Go along with the build"),
    Key("open", "enter", "Enter", "output", "What the step printed"),
)
STACK = (
    Key("cursor_down", "j,down", "j ↓", "layer", "The block below"),
    Key("cursor_up", "k,up", "k ↑", "", "The block above"),
    Key("cursor_first", "g,home", "g", "", "The top"),
    Key("cursor_last", "G,end", "G", "", "The base"),
)
PROCESSES = (
    Key("cursor_down", "j,down", "j ↓", "process", "The process below"),
    Key("cursor_up", "k,up", "k ↑", "", "The process above"),
    Key("cursor_first", "g,home", "g", "", "The first process"),
    Key("cursor_last", "G,end", "G", "", "The last process"),
    Key("order", "o", "o", "order", "As a tree; by CPU, memory or age"),
    Key("signal", "x", "x", "signal", "Send a signal to the process"),
)
FILES = (
    Key("cursor_down", "j,down", "j ↓", "", "Down"),
    Key("cursor_up", "k,up", "k ↑", "", "Up"),
    Key("cursor_first", "g,home", "g", "", "First"),
    Key("cursor_last", "G,end", "G", "", "Last"),
    Key("page_down", "pagedown,ctrl+f,ctrl+d", "PgDn", "", "A page down"),
    Key("page_up", "pageup,ctrl+b,ctrl+u", "PgUp", "", "A page up"),
    Key("open", "enter,l,right,space", "Enter →", "open", "Open or close a directory; view a file"),
    Key("shut", "h,left", "h ←", "", "Close the directory, or go to the one around it"),
    Key("filter", "slash", "/", "filter", "Find names: words, a regular expression"),
    Key("sort", "o", "o", "order", "The largest first, or by name"),
    Key("changes", "m", "m", "changes", "Only what was added, changed, copied up or removed"),
    Key("next_layer", "right_curly_bracket", "}", "layer", "What one layer brings; the one above"),
    Key("previous_layer", "left_curly_bracket", "{", "", "The layer below; below the base all together"),
    Key("trace", "t", "t", "trace", "Show in the stack where the name comes from and what it hides"),
    Key("waste", "w", "w", "waste", "What the layers hold for nothing"),
    Key("largest", "z", "z", "largest", "The largest files of the whole image"),
    Key("stop_walk", "escape", "Esc", "", "Stop looking through the layers"),
)
FOUND = (
    Key("move(1)", "j,down", "j ↓", "", "Down"),
    Key("move(-1)", "k,up", "k ↑", "", "Up"),
    Key("page(1)", "pagedown,ctrl+f,space", "PgDn", "", "A page down"),
    Key("page(-1)", "pageup,ctrl+b", "PgUp", "", "A page up"),
    Key("end(-1)", "g,home", "g", "", "First"),
    Key("end(1)", "G,end", "G", "", "Last"),
    Key("sort", "o", "o", "order", "By name, or the largest first"),
    Key("open", "enter", "Enter", "open", "Go to the path in its tree"),
)
PAGES: tuple[tuple[str, tuple[Key, ...]], ...] = (
    ("Everywhere", GLOBAL),
    ("In a list", LIST),
    ("Image", IMAGE),
    ("Container", CONTAINER),
    ("Terminals of a container", TERMINALS),
    ("Before a terminal", TERMINAL),
    ("Volumes", VOLUMES),
    ("Build", BUILD),
    ("Whatever is selected", OBJECT),
    ("Log and output", LOG),
    ("Stack", STACK),
    ("Processes", PROCESSES),
    ("Files", FILES),
    ("Largest files, and waste", FOUND),
    ("Steps", STEPS),
    ("Output of a build", OUTPUT),
)


def bindings(*tables: Iterable[Key]) -> list[Binding]:
    """Make Textual's bindings; each can be remapped by its id."""
    return [
        Binding(key.keys, _action(key.id), key.about, show=False, id=key.id.replace("(", ".").rstrip(")"))
        for table in tables
        for key in table
    ]


def _action(id: str) -> str:
    return f"app.{id}" if id in ("help", "theme", "quit") else id


def named(id: str, *tables: Iterable[Key]) -> Key:
    """Find a key by what it does."""
    return next(key for table in tables for key in table if key.id == id)

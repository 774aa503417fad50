"""The entries of the configuration file, and the values they become."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from app.configuration.shapes import Choice, Either, Entry, Record, Several, Switch, Table, Text, Words
from engine.errors import EngineError

CONTEXTS = ("image", "container", "volume", "build")


class Command(NamedTuple):
    """A command of the user's own."""

    name: str
    key: str
    context: str
    command: str
    attach: bool | str = "output"
    confirm: bool | str = False
    description: str = ""


class Configuration(NamedTuple):
    """All that can be chosen; these are the defaults."""

    theme: str = ""
    keymap: Mapping[str, tuple[str, ...]] = {}
    confirmations: tuple[str, ...] = ("remove", "prune")
    shell: tuple[str, ...] = ()
    mouse: bool = True
    columns: Mapping[str, tuple[str, ...]] = {}
    commands: tuple[Command, ...] = ()


class Clash(NamedTuple):
    """One key for two things: which entry is to blame (an action's name, or a command's place), and why."""

    entry: str | int
    said: str


class Vocabulary(NamedTuple):
    """What can be named in the file."""

    actions: Collection[str]
    deeds: Collection[str]
    columns: Mapping[str, Collection[str]]
    """For each list."""
    themes: Collection[str]
    key: Callable[[str], str]
    """Give a key its proper name; ValueError says why it is none."""
    clashes: Callable[[Mapping[str, tuple[str, ...]], Sequence[Command]], Iterator[Clash]]


def record(words: Vocabulary) -> Record:
    """Make the table of entries."""
    key = Text("key", words.key)
    command = {
        "name": Entry(Text(), "What the help page and the line of hints call it.", needed=True),
        "key": Entry(key, "The key that does it.", needed=True),
        "context": Entry(
            Choice("list", CONTEXTS), "On what it can be done: its key works in that list.", needed=True
        ),
        "command": Entry(
            Text("command line", _template),
            "A line for `sh`, as a Go template: `{{ .ID }}`, `{{ .Name }}`, `{{ .Image }}`, `{{ .Status }}`,"
            " `{{ .Ports }}`, `{{ .Size }}`, `{{ .Driver }}`, `{{ .Context }}`, `{{ .Dockerfile }}`; what"
            " they stand for is quoted for the shell, and `stackyard` is this very program on this store.",
            needed=True,
        ),
        "attach": Entry(
            Either((Switch(), Choice("way to run it", ("output",)))),
            "`true` lends it the whole terminal, `false` leaves it in the background, `output` (the default)"
            " shows what it prints.",
        ),
        "confirm": Entry(Either((Switch(), Text("question"))), "Whether it asks first, or what it asks."),
        "description": Entry(Text(), "A sentence for the help page."),
    }
    return Record(
        Configuration,
        {
            "theme": Entry(
                Choice("theme", words.themes),
                "The colour theme: one of those that come along, or of your own in the folder `themes` beside"
                " this file. `T` in the workbench shows them all and writes this entry.",
                "theme: daylight",
            ),
            "keymap": Entry(
                Table("action", {action: Several(key) for action in words.actions}),
                "Other keys for actions, by the names in the table of keys. An empty list takes the key away."
                " Two actions that can be meant at the same moment must not share a key.",
                "keymap:\n  stop: ctrl+s\n  remove: [delete, X]",
            ),
            "confirmations": Entry(
                Several(Choice("deed", words.deeds)),
                "Which deeds ask before they are done; `[]` for none.",
                "confirmations: [remove, prune, kill]",
            ),
            "shell": Entry(
                Words(),
                "What `E` runs in a container; otherwise bash, or else sh.",
                "shell: zsh -l",
            ),
            "mouse": Entry(
                Switch(), "Whether the workbench listens to the mouse, from its next start on.", "mouse: true"
            ),
            "columns": Entry(
                Table(
                    "list",
                    {kind: Several(Choice("column", names)) for kind, names in words.columns.items()},
                ),
                "Which columns the lists have where there is room, and in which order.",
                "columns:\n  container: [name, status, cpu, memory]",
            ),
            "commands": Entry(
                Several(Record(Command, command, "entry of a command")),
                "Commands of your own, each on a key.",
                "commands:\n  - name: top\n    key: P\n    context: container\n"
                "    command: stackyard exec -it {{ .Name }} top\n    attach: true",
            ),
        },
    )


def _template(text: str) -> str:
    from app.go.template import Template

    try:
        Template.parse(text)
    except EngineError as error:
        raise ValueError(str(error)) from None
    return text

"""Dialogs with fields: running an image, bringing in a file. Each shows the command that it will be."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Label

from app.workbench.actions import line
from app.workbench.paragraph import Paragraph
from app.workbench.spans import Span, Spans, wrap


class PathSuggester(Suggester):
    """Completes the path of a file."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the first path that begins so."""
        folder, _, start = value.rpartition("/")
        if not value or os.path.isfile(os.path.expanduser(value)):
            return None
        where = os.path.expanduser(folder) if folder else ("/" if value.startswith("/") else ".")
        try:
            name = min(name for name in os.listdir(where) if name.startswith(start) and name != start)
        except (OSError, ValueError):
            return None
        slash = "/" if os.path.isdir(os.path.join(where, name)) else ""
        return f"{value[: len(value) - len(start)]}{name}{slash}"


class Dialog(ModalScreen[list[str] | None]):
    """Fields that become the words of one command; answers those words, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", show=False),
        Binding("tab,down", "app.focus_next", show=False),
        Binding("shift+tab,up", "app.focus_previous", show=False),
    ]
    heading: ClassVar[str]
    fields: ClassVar[tuple[tuple[str, str, str], ...]]
    """(id, label, what stands in it while it is empty)."""
    advice: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self._wrong = ""

    def words(self) -> list[str]:
        """Make the words of the command; ValueError says what is missing."""
        raise NotImplementedError

    def value(self, id: str) -> str:
        """What stands in a field."""
        return self.query_one(f"#{id}", Input).value.strip()

    def compose(self) -> ComposeResult:
        """Lay out the fields over the command."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self.heading.replace("[", "\\[")
            for id, label, empty in self.fields:
                with Horizontal(classes="field"):
                    yield Label(label)
                    suggester = PathSuggester() if id == "path" else None
                    field = Input(id=id, placeholder=empty, suggester=suggester, compact=True)
                    field.cursor_blink = False
                    yield field
            yield Paragraph(self._lay, id="line")

    def _lay(self, width: int) -> list[Spans]:
        lines: list[Spans] = [[Span(part, "dim")] for part in wrap(self.advice, width)]
        try:
            command, wrong = line(self.words()), ""
        except ValueError as problem:
            command, wrong = "", str(problem)
        lines += [[], *([Span(part)] for part in wrap(command, width))]
        said = [Span(self._wrong and wrong, "warn")] if wrong else []
        keys = [
            Span("Enter", "key strong"),
            Span("  do it    "),
            Span("Esc", "key strong"),
            Span("  leave it"),
        ]
        return [*lines, said, keys]

    def on_input_changed(self) -> None:
        """Show the command as it is now."""
        self._wrong = ""
        self.query_one("#line", Paragraph).show(self._lay)

    def on_input_submitted(self) -> None:
        """Answer, unless something is missing."""
        try:
            self.dismiss(self.words())
        except ValueError as problem:
            self._wrong = str(problem)
            self.query_one("#line", Paragraph).show(self._lay)


class RunDialog(Dialog):
    """Asks for the name and the command of a new container."""

    fields = (("name", "Name", "chosen for you"), ("run", "Command", "as the image says"))
    advice = "It starts in the background; its log opens on the right."

    def __init__(self, image: str) -> None:
        self.heading = f"Run a container from {image}"  # type: ignore[misc]
        self._image = image
        super().__init__()

    def words(self) -> list[str]:
        """Make a `run -d`."""
        name = self.value("name")
        named: Sequence[str] = ["--name", name] if name else []
        try:
            command = shlex.split(self.value("run"))
        except ValueError:
            raise ValueError("A quotation mark is not closed.") from None
        return ["run", "-d", *named, self._image, *command]


class BringDialog(Dialog):
    """Asks for a file: a saved image, or with a name the tar of a root file system."""

    heading = "Bring in an image"
    fields = (
        ("path", "File", "archive or folder; → completes"),
        ("name", "Name", "only for a plain root file system"),
    )
    advice = "A saved image (docker save, OCI) carries its name. The tar of a root file system needs one."

    def words(self) -> list[str]:
        """Make a `load`, or an `import` when there is a name."""
        path = os.path.expanduser(self.value("path"))
        if not path:
            raise ValueError("Which file?")
        if not os.path.exists(path):
            raise ValueError("There is no such file.")
        name = self.value("name")
        return ["import", path, name] if name else ["load", "-i", path]

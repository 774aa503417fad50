"""The two lines at the bottom: what was done, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Size
from textual.strip import Strip

from app.workbench.keymap import Keymap, shown
from app.workbench.keys import GLOBAL, Key, named
from app.workbench.paint import Painted
from app.workbench.spans import Span, plain, width_of, wrap

ALWAYS = tuple(named(id, GLOBAL) for id in ("command", "help", "quit"))


class StatusLine(Painted):
    """The command that the last action equals, and how it ended; or why something cannot be done."""

    def __init__(self) -> None:
        super().__init__()
        self._spans: Sequence[Span] = ()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "".join(span.text for span in self._spans)

    def say(self, *spans: Span) -> None:
        """Show something else."""
        said = [Span(plain(span.text), span.role) for span in spans]
        if said != self._spans:
            self._spans = said
            self.refresh(layout=True)

    def doing(self, line: str, doing: str) -> None:
        """Say that a command is under way."""
        self.say(Span(line, "strong"), Span(f"  … {doing}", "dim"))

    def done(self, line: str, seconds: float, more: str = "") -> None:
        """Say that it is done."""
        took = f"  ✓ {seconds:.1f} s" if seconds >= 0.05 else "  ✓"
        self.say(Span(line, "strong"), Span(took, "good"), Span(f"  {more}" if more else "", "dim"))

    def refuse(self, reason: str) -> None:
        """Say why something cannot be done now."""
        self.say(Span("— ", "warn"), Span(reason))

    def fail(self, reason: str) -> None:
        """Say what went wrong."""
        self.say(Span("✕ ", "bad"), Span(reason, "bad"))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Take as many lines as the words need."""
        return len(self._lines(width)) if width_of(self._spans) > width - 2 else 1

    def _lines(self, width: int) -> list[str]:
        return wrap(self.text, max(8, width - 2))[:3]

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.content_size.width
        if width_of(self._spans) <= width - 2:
            return self.strip([Span(" "), *self._spans], width)
        lines = self._lines(width)
        role = self._spans[-1].role
        return self.strip([Span(f" {lines[y]}" if y < len(lines) else "", role)], width)


class HintLine(Painted):
    """The keys that make sense now; whole ones only."""

    def __init__(self) -> None:
        super().__init__()
        self._keys: Sequence[Key] = ()
        self._always: Sequence[Key] = ALWAYS
        self._keymap: Keymap = {}

    def remap(self, keymap: Keymap) -> None:
        """Show the user's own keys."""
        self._keymap = keymap
        self.refresh()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "".join(span.text for span in self._laid_out(self.content_size.width))

    def show(self, keys: Sequence[Key], *, always: Sequence[Key] = ALWAYS) -> None:
        """Show other keys; those that stand at the right end work everywhere but in a terminal."""
        if (keys, always) != (self._keys, self._always):
            self._keys, self._always = keys, always
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the keys."""
        width = self.content_size.width
        return self.strip(self._laid_out(width), width)

    def _laid_out(self, width: int) -> list[Span]:
        last = [span for key in self._always for span in self._hint(key)]
        left: list[Span] = []
        for key in self._keys:
            hint = self._hint(key)
            if width_of(left) + width_of(hint) + width_of(last) + 1 > width:
                break
            left += hint
        gap = " " * max(0, width - width_of(left) - width_of(last) - 1)
        return [Span(" "), *left, Span(gap), *last]

    def _hint(self, key: Key) -> list[Span]:
        keys = shown(key, self._keymap)
        first = keys if key.shown.startswith("Ctrl-") else keys.split()[0]
        return [Span(first, "key strong"), Span(f" {key.hint}  ", "dim")]

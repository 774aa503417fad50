"""Asking for words in the bottom line."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.workbench.errands import Errands
from app.workbench.screens.builds import BuildsScreen
from app.workbench.yard import Yard

if TYPE_CHECKING:
    from app.workbench.prompt import Prompt


class AskingScreen(BuildsScreen):
    """The board, with a prompt in place of the hints while something is asked."""

    def __init__(self, yard: Yard, errands: Errands, again: Callable[[], object]) -> None:
        super().__init__(yard, errands, again)
        self._prompt: Prompt | None = None

    def on_mount(self) -> None:
        """Make the prompt ready as soon as there is time: what is typed after `/` must find it."""
        super().on_mount()
        self.call_after_refresh(self._make_prompt)

    def _make_prompt(self) -> Prompt:
        if self._prompt is None:
            from app.workbench.prompt import Prompt

            self._prompt = Prompt()
            self.mount(self._prompt)
        return self._prompt

    def _ask(
        self,
        label: str,
        answered: Callable[[str], object] | None,
        *,
        value: str = "",
        changed: Callable[[str], object] | None = None,
        history: list[str] | None = None,
    ) -> None:
        self._hints.display = False
        self._make_prompt().ask(
            label, answered, value=value, changed=changed, history=history, before=self.focused
        )

    def typed_ahead(self, text: str) -> bool:
        """Add to the prompt what was typed before it had the focus; False if nothing is being asked."""
        if not (self._prompt and self._prompt.asking):
            return False
        self._prompt.add(text)
        return True

    def on_prompt_left(self, event: Prompt.Left) -> None:
        """Put the hints back, and the focus where it was."""
        self._hints.display = True
        self.set_focus(event.before or self._pane)
        self._show_hints()

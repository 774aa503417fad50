"""The workbench: the Textual app that shows a yard and keeps it true."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.filter import NoColor

from app.configuration import places
from app.configuration.configuration import Configuration
from app.workbench import keymap, themes
from app.workbench.chosen import Chosen
from app.workbench.errands import Errands, sentence
from app.workbench.follower import Follower
from app.workbench.sampler import Sampler
from app.workbench.screens.yard import YardScreen
from app.workbench.spans import Span
from app.workbench.yard import Lists, Yard
from engine.errors import EngineError

if TYPE_CHECKING:
    from app.completion.offers import Ask
    from engine import Engine


def run(engine: Engine, select: str = "", ask: Ask | None = None) -> int:
    """Open the workbench on an engine until it is left; `select` names a container to begin with.

    `ask` knows what can come next in a command line.
    """
    from app.workbench.local import LocalYard

    workbench = Workbench(LocalYard(engine), select=select, path=places.file())
    workbench.suit_terminal()
    # What is loaded stays: to look through it for garbage again and again would hold up frames.
    gc.freeze()
    workbench.yard_screen.completion = ask
    workbench.run(mouse=workbench.configuration.mouse)
    return workbench.return_code or 0


class Workbench(App[int], inherit_bindings=False):
    """The app; Ctrl-Q and Ctrl-P mean nothing to it, so that what has the focus may get them."""

    TITLE = "Stackyard"
    CSS_PATH = "workbench.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "interrupt", show=False, system=True)]

    def __init__(self, yard: Yard, *, select: str = "", theme: str = "", path: str = "") -> None:
        super().__init__()
        self.chosen = Chosen(path)
        """The user's own file; with an empty path there is none."""
        self.animation_level = "none"
        self._yard = yard
        self.errands = Errands(self)
        self._follower = Follower(
            yard,
            lambda lists: self.call_later(self._changed, lists),
            lambda error: self.call_later(self._failed, error),
        )
        self._screen = YardScreen(yard, self.errands, self._follower.again)
        self._sampler = Sampler(
            yard, self._is_watched, lambda time, used: self.call_later(self._screen.measured, time, used)
        )
        self._select = select
        self._known = False
        self._asked_theme = theme or os.environ.get("STACKYARD_THEME", "")
        self.register_theme(themes.default())
        if self.no_color:
            # Textual's own choice writes shades of grey, which are colours too.
            self._filters[-1:] = [NoColor()]
        self._complaint = ""
        self._few_colours = False
        self._configure()

    @property
    def configuration(self) -> Configuration:
        """What the user has chosen."""
        return self.chosen.configuration

    def _configure(self) -> None:
        """Do as the user's file says now; what is wrong in it is told once."""
        self.set_keymap(keymap.textual(self.configuration.keymap))
        self._screen.configure(self.configuration)
        problems = list(filter(None, (self.chosen.complaint, self._wear())))
        self._complaint = "\n".join(problems)
        if self.is_running:
            self._complain()

    def _wear(self) -> str:
        """Put the chosen theme on; return why that could not be done."""
        name = self._asked_theme or self.configuration.theme or self._fallback_theme()
        self.chosen.watch(themes.path_of(name))
        try:
            self.register_theme(themes.load(name))
        except EngineError as error:
            if self.theme not in self.available_themes or not self.is_running:
                self.theme = themes.DEFAULT
            return sentence(error)
        if self.theme == name and self.is_running:
            self._invalidate_css()
            self.refresh_css(animate=False)
        self.theme = name
        return ""

    def _fallback_theme(self) -> str:
        """Choose for a terminal that has few colours, or whose user wants none."""
        if self.no_color:
            return "plain"
        return "terminal" if self._few_colours else themes.DEFAULT

    def suit_terminal(self) -> None:
        """Make do with sixteen colours, unless a theme is asked for, on a terminal that has no more."""
        self._few_colours = self.console.color_system in (None, "standard")
        self._configure()

    def _complain(self) -> None:
        if self._complaint:
            self.notify(self._complaint, severity="warning", timeout=12, markup=False)
            self._complaint = ""

    def _look(self) -> None:
        """Hear what was saved in the user's files."""
        if self.chosen.changed():
            self._configure()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give the style sheet our colours even before a theme is on."""
        return dict(themes.default().variables)

    @property
    def yard_screen(self) -> YardScreen:
        """The yard."""
        return self._screen

    def get_default_screen(self) -> YardScreen:
        """Begin with the yard."""
        return self._screen

    def on_mount(self) -> None:
        """Begin to read."""
        self._follower.start()
        self._sampler.start()
        self._complain()
        self.set_interval(1.0, self._look)

    def on_unmount(self) -> None:
        """Stop following."""
        self._follower.close()
        self._sampler.close()

    def _changed(self, lists: Lists) -> None:
        first, self._known = not self._known, True
        self._screen.show(lists, first=first)
        if first:
            self._sampler.again()
        if first and self._select:
            self._screen.want(self._select)
        if first and not lists.images and not lists.containers:
            self._welcome()

    def _is_watched(self) -> bool:
        """Tell whether there is something to measure, and somebody may see it."""
        return self._screen.is_current and any(one.alive for one in self._screen.lists.containers)

    def _failed(self, error: EngineError) -> None:
        self._screen.status.fail(sentence(error))

    def _welcome(self) -> None:
        from app.workbench.screens.first import FirstScreen

        def left(image: str | None) -> None:
            self._follower.again()
            if image:
                self._screen.want(image)
            elif image == "":
                self._screen.action_pane_1()

        self.push_screen(FirstScreen(self._yard), left)

    def on_key(self, event: Key) -> None:
        """Give the prompt what was typed right after the key that asks, lest it be taken for a deed."""
        if self.screen is not self._screen:
            return
        typed = event.character if event.is_printable else None
        if (typed and self._screen.typed_ahead(typed)) or self._screen.custom(event.key):
            event.prevent_default()

    def action_help(self) -> None:
        """Show the keys."""
        from app.workbench.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.configuration.keymap, self.configuration.commands))

    def action_theme(self) -> None:
        """Choose a theme while seeing it."""
        from app.workbench.screens.theme import ThemeScreen

        before = self.theme

        def left(name: str | None) -> None:
            if name is None:
                self.try_on(before)
            else:
                self._keep_theme(name)

        self.push_screen(ThemeScreen(themes.names(), before, self.try_on), left)

    def try_on(self, name: str) -> None:
        """Put a theme on for a look."""
        try:
            self.register_theme(themes.load(name))
        except EngineError as error:
            self._screen.status.fail(sentence(error))
            return
        self.theme = name

    def put_on(self, name: str) -> None:
        """Put a theme on and keep it."""
        self.try_on(name)
        if self.theme == name:
            self._keep_theme(name)

    def _keep_theme(self, name: str) -> None:
        """Write it down, where there is a file to write to."""
        said = f"theme {name}"
        if not self.chosen.path:
            self._screen.status.say(Span(said, "strong"))
            return
        from app.configuration.writing import put

        try:
            put(self.chosen.path, "theme", name)
        except EngineError as error:
            self._screen.status.fail(sentence(error))
            return
        self._asked_theme = ""
        self._screen.status.say(Span(said, "strong"), Span(f"  kept in {self.chosen.path}", "dim"))

    def action_interrupt(self) -> None:
        """Copy the selected text, or else leave."""
        text = self.screen.get_selected_text()
        if text:
            self.copy_to_clipboard(text)
            self.screen.clear_selection()
        else:
            self.exit(0)

    async def action_quit(self) -> None:
        """Leave; containers keep running."""
        self.exit(0)

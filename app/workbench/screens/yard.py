"""The yard: four lists on the left, the selected object on the right, two lines below."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus, Resize
from textual.screen import Screen

from app.workbench.actions import DOING, Selection, hints, line, question, refusal, words
from app.workbench.bottom import HintLine, StatusLine
from app.workbench.deeds import deed
from app.workbench.errands import Errands, sentence
from app.workbench.keys import CONTAINER, GLOBAL, IMAGE, LOG, OBJECT, STACK, TEXT, Key, bindings, named
from app.workbench.panes.builds import Builds
from app.workbench.panes.containers import Containers
from app.workbench.panes.images import Images
from app.workbench.panes.rowlist import RowList
from app.workbench.panes.volumes import Volumes
from app.workbench.spans import Span
from app.workbench.tabs.detail import Detail
from app.workbench.tabs.logs import LogView
from app.workbench.tabs.stack import StackView
from app.workbench.tabs.text import TextView
from app.workbench.yard import Lists, Yard

if TYPE_CHECKING:
    from app.workbench.prompt import Prompt

NARROWEST, WIDEST = 28, 64
SHARE = 0.33
"""Of the width, for the lists."""


class YardScreen(Screen[None]):
    """Shows the lists it is given and acts on what is selected."""

    AUTO_FOCUS = "#pane-container"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(GLOBAL, IMAGE, CONTAINER, OBJECT)]

    def __init__(self, yard: Yard, errands: Errands, again: Callable[[], object]) -> None:
        super().__init__()
        self._yard, self._errands, self._again = yard, errands, again
        self.lists = Lists()
        self._panes: tuple[RowList, ...] = (Images(), Containers(), Volumes(), Builds())
        self._pane: RowList = self._panes[1]
        """The list that was focused last; the right side shows its row."""
        self.detail = Detail(yard, errands)
        self.status = StatusLine()
        self._hints = HintLine()
        self._prompt: Prompt | None = None
        self._wanted = ""
        self._zoom = 0
        self._typed: list[str] = []

    def compose(self) -> ComposeResult:
        """Lay the yard out."""
        with Horizontal(id="columns"):
            with Vertical(id="lists"):
                yield from self._panes
            yield self.detail
        yield self.status
        yield self._hints

    def on_mount(self) -> None:
        """Begin to let the clocks in the lists run."""
        self.set_interval(1.0, self._tick)

    # -- what is there ------------------------------------------------------------------------------------

    def show(self, lists: Lists, *, first: bool = False) -> None:
        """Show what there is now; cursors and scroll positions stay."""
        self.lists = lists
        now = self._yard.now()
        for pane in self._panes:
            pane.show(lists, now)
        if first:
            self._begin(lists)
        self._look_for_wanted()
        self._show_selected()

    def _begin(self, lists: Lists) -> None:
        """Begin where there is something to see: at a container that runs, or else at the images."""
        alive = [one for one in lists.containers if one.alive]
        if alive:
            self._panes[1].select(max(alive, key=lambda one: one.created).id)
        elif lists.images and not lists.containers:
            self._panes[0].focus()

    def want(self, key: str) -> None:
        """Select an object as soon as it is listed, by its id or a container's name."""
        self._wanted = key
        self._look_for_wanted()

    def _look_for_wanted(self) -> None:
        if not self._wanted:
            return
        for pane in self._panes[:2]:
            named = [one.id for one in self.lists.containers if one.name == self._wanted]
            for key in pane.keys:
                if key.startswith(self._wanted) or key in named:
                    self._wanted = ""
                    self._pane = pane
                    pane.focus()
                    pane.select(key)
                    return

    def _tick(self) -> None:
        now = self._yard.now()
        for pane in self._panes[:3]:
            pane.show(self.lists, now)

    @property
    def selection(self) -> Selection:
        """What keys act on."""
        row = self._pane.current
        return (
            Selection(self._pane.kind, row.key, row.target, row.name) if row else Selection(self._pane.kind)
        )

    def _show_selected(self) -> None:
        self.detail.show(self.selection, self.lists, self._pane.current)
        self._show_hints()

    def _show_hints(self) -> None:
        keys = hints(self.selection, self.lists)
        view: tuple[Key, ...] = ()
        if self.detail.has_focus_within:
            back = named("back", GLOBAL)._replace(hint="back")
            keys = [key for key in keys if key.id not in ("filter", "logs", "bring")]
            if isinstance(self.focused, LogView):
                view = tuple(named(id, LOG) for id in ("follow", "search", "wrap", "times"))
                if self.detail.logs.searched:
                    view = (named("search_next", LOG), *view)
                keys = [key for key in keys if key.id != "tag"]
            elif isinstance(self.focused, StackView):
                view = (STACK[0],)
            elif isinstance(self.focused, TextView):
                view = (TEXT[0],)
            view = (back, *view)
        self._hints.show([*view, *keys])

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        """Show what the cursor stands on, if that list is the one in use."""
        if event.rows is self._pane or event.rows.has_focus:
            self._pane = event.rows
            self._show_selected()

    def on_row_list_opened(self) -> None:
        """Go to the right side."""
        if self._zoom < 0:
            self._set_zoom(0)
        self.detail.view.focus()

    def on_row_list_filter_asked(self, event: RowList.FilterAsked) -> None:
        """Narrow a list while the words are typed."""
        rows = event.rows
        self._ask(f"filter {rows.heading.lower()}:", None, value=rows.filter.text, changed=rows.narrow)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Show the keys of what has the focus."""
        if isinstance(event.widget, RowList):
            self._pane = event.widget
        self._show_hints()

    # -- moving about -------------------------------------------------------------------------------------

    def _focus_pane(self, number: int) -> None:
        if self._zoom > 0:
            self._set_zoom(0)
        self._panes[number].focus()

    def action_pane_1(self) -> None:
        """Go to the images."""
        self._focus_pane(0)

    def action_pane_2(self) -> None:
        """Go to the containers."""
        self._focus_pane(1)

    def action_pane_3(self) -> None:
        """Go to the volumes."""
        self._focus_pane(2)

    def action_pane_4(self) -> None:
        """Go to the builds."""
        self._focus_pane(3)

    def action_focus_next_pane(self) -> None:
        """Go to the next list, or from the last one to the first."""
        self._focus_pane((self._panes.index(self._pane) + 1) % len(self._panes))

    def action_focus_previous_pane(self) -> None:
        """Go to the list before."""
        self._focus_pane((self._panes.index(self._pane) - 1) % len(self._panes))

    def action_next_tab(self) -> None:
        """Open the tab to the right."""
        self.detail.turn(1)
        self._show_hints()

    def action_previous_tab(self) -> None:
        """Open the tab to the left."""
        self.detail.turn(-1)
        self._show_hints()

    def action_back(self) -> None:
        """End a search or a filter, or go back to the list."""
        logs = self.detail.logs
        if self.focused is logs and logs.searched:
            logs.search("")
        elif self.detail.has_focus_within:
            self._focus_pane(self._panes.index(self._pane))
        elif self._pane.filter.text:
            self._pane.narrow("")
        self._show_hints()

    def action_zoom_in(self) -> None:
        """Give the right side more room."""
        self._set_zoom(min(1, self._zoom + 1))

    def action_zoom_out(self) -> None:
        """Give the lists more room."""
        self._set_zoom(max(-1, self._zoom - 1))

    def _set_zoom(self, zoom: int) -> None:
        self._zoom = zoom
        self._set_widths(self.size.width)
        if zoom > 0 and not self.detail.has_focus_within:
            self.detail.view.focus()

    def on_resize(self, event: Resize) -> None:
        """Share the width out."""
        self._set_widths(event.size.width)

    def _set_widths(self, width: int) -> None:
        lists = self.query_one("#lists")
        share = 0.6 if self._zoom < 0 else SHARE
        widest = width * 6 // 10 if self._zoom < 0 else WIDEST
        lists.styles.width = max(NARROWEST, min(widest, int(width * share)))
        lists.display = self._zoom <= 0

    # -- asking -------------------------------------------------------------------------------------------

    def _ask(
        self,
        label: str,
        answered: Callable[[str], object] | None,
        *,
        value: str = "",
        changed: Callable[[str], object] | None = None,
        history: list[str] | None = None,
    ) -> None:
        from app.workbench.prompt import Prompt

        before = self.focused
        self._hints.display = False

        def ask() -> None:
            assert self._prompt
            self._prompt.ask(label, answered, value=value, changed=changed, history=history, before=before)

        if self._prompt is None:
            self._prompt = Prompt()
            self.mount(self._prompt)
            self.call_after_refresh(ask)
        else:
            ask()

    def on_prompt_left(self, event: Prompt.Left) -> None:
        """Put the hints back, and the focus where it was."""
        self._hints.display = True
        (event.before or self._pane).focus()
        self._show_hints()

    def on_log_view_search_asked(self) -> None:
        """Ask what to search the log for."""
        self._ask("search the log:", self.detail.logs.search)

    def action_command(self) -> None:
        """Ask for a line to run."""

        def answered(text: str) -> None:
            import shlex

            try:
                words = shlex.split(text)
            except ValueError:
                self.status.fail("A quotation mark is not closed.")
                return
            if words[:1] in (["stackyard"], ["docker"]):
                words = words[1:]
            if words:
                self._typed.append(text)
                self._run_line(words)

        self._ask(": stackyard", answered, history=self._typed)

    def _run_line(self, words: list[str]) -> None:
        from app.workbench.screens.output import OutputScreen

        self.status.say(Span(line(words), "strong"))

        def left(_: None) -> None:
            self._again()

        self.app.push_screen(OutputScreen(line(words), self._yard.command(words)), left)

    # -- acting -------------------------------------------------------------------------------------------

    def _act(self, action: str, argument: str = "") -> None:
        """Do something to the selected object, unless it makes no sense now; ask if something is lost."""
        selection = self.selection
        reason = refusal(action, selection, self.lists)
        if reason:
            self.status.refuse(reason)
        elif action in ("remove", "prune"):
            from app.workbench.screens.confirm import ConfirmScreen

            command = line(words(action, selection, self.lists))
            asked = ConfirmScreen(question(action, selection, self.lists), command)
            self.app.push_screen(asked, lambda yes: self._do(action, selection) if yes else None)
        else:
            self._do(action, selection, argument)

    def _do(self, action: str, selection: Selection, argument: str = "") -> None:
        command = line(words(action, selection, self.lists, argument))
        began = time.monotonic()
        self.status.doing(command, DOING[action])

        def done(more: str) -> None:
            self.status.done(command, time.monotonic() - began, more)
            self._again()

        call = deed(action, self._yard, selection, self.lists, argument)
        self._errands.run(call, done, lambda error: self.status.fail(sentence(error)))

    def _ask_name(self, action: str, label: str, value: str) -> None:
        reason = refusal(action, self.selection, self.lists)
        if reason:
            self.status.refuse(reason)
            return
        selection = self.selection

        def answered(text: str) -> None:
            if text.strip() and text.strip() != value:
                self._do(action, selection, text.strip())

        self._ask(label, answered, value=value)

    def action_start(self) -> None:
        """Start the container."""
        self._act("start")

    def action_stop(self) -> None:
        """Stop the container."""
        self._act("stop")

    def action_restart(self) -> None:
        """Restart the container."""
        self._act("restart")

    def action_kill(self) -> None:
        """Kill the container."""
        self._act("kill")

    def action_remove(self) -> None:
        """Remove what is selected."""
        self._act("remove")

    def action_prune(self) -> None:
        """Remove what nothing uses."""
        self._act("prune")

    def action_rename(self) -> None:
        """Ask for the container's new name."""
        self._ask_name("rename", f"rename {self.selection.name} to:", self.selection.name)

    def action_tag(self) -> None:
        """Ask for one more name of the image."""
        self._ask_name("tag", f"tag {self.selection.name} as:", "")

    def action_logs(self) -> None:
        """Go to the container's log."""
        reason = refusal("logs", self.selection, self.lists)
        if reason:
            self.status.refuse(reason)
            return
        self.status.say(Span(line(["logs", "-f", self.selection.name]), "strong"))
        self.detail.choose("Logs")
        self.detail.view.focus()

    def action_copy(self) -> None:
        """Copy the id."""
        reason = refusal("copy", self.selection, self.lists)
        if reason:
            self.status.refuse(reason)
            return
        self.app.copy_to_clipboard(self.selection.id)
        self.status.say(Span("copied ", "good"), Span(self.selection.id))

    def action_run(self) -> None:
        """Ask how to run the image."""
        from app.workbench.screens.dialog import RunDialog

        reason = refusal("run", self.selection, self.lists)
        if reason:
            self.status.refuse(reason)
            return
        self.app.push_screen(RunDialog(self.selection.target), self._run_words)

    def action_bring(self) -> None:
        """Ask for a file to load or import."""
        from app.workbench.screens.dialog import BringDialog

        self.app.push_screen(BringDialog(), self._run_words)

    def _run_words(self, words: list[str] | None) -> None:
        """Run a command behind the scenes and select what it made."""
        if words:
            self.run_worker(self._run_child(words))

    async def _run_child(self, words: list[str]) -> None:
        from app.workbench.child import Child

        said: list[str] = []
        began = time.monotonic()
        self.status.doing(line(words), "at work")
        code = await Child(self._yard.command(words)).run(said.append)
        last = next((text.strip() for text in reversed(said) if text.strip()), "")
        if code:
            self.status.fail(last or f"{line(words)} ended with exit code {code}")
        else:
            self.status.done(line(words), time.monotonic() - began)
            self.want(last.rpartition(" ")[2])
        self._again()

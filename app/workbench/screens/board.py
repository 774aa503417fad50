"""The board: four lists on the left, the selected object on the right, two lines below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import DescendantFocus, Resize
from textual.screen import Screen

from app.configuration.configuration import Configuration
from app.workbench import columns, customs
from app.workbench.actions import Selection, hints
from app.workbench.bottom import HintLine, StatusLine
from app.workbench.errands import Errands
from app.workbench.keys import (
    FILES,
    GLOBAL,
    LOG,
    OUTPUT,
    PROCESSES,
    STACK,
    STEPS,
    TERMINAL,
    TEXT,
    TYPING,
    Key,
    bindings,
    named,
)
from app.workbench.panes.builds import Builds
from app.workbench.panes.containers import Containers
from app.workbench.panes.images import Images
from app.workbench.panes.rowlist import RowList
from app.workbench.panes.volumes import Volumes
from app.workbench.shares import ALONE, shares
from app.workbench.table import Order
from app.workbench.tabs.detail import Detail
from app.workbench.tabs.filelist import FileList
from app.workbench.tabs.logs import LogView
from app.workbench.tabs.processes import ProcessList
from app.workbench.tabs.stack import StackView
from app.workbench.tabs.steps import StepList
from app.workbench.tabs.text import TextView
from app.workbench.terminal.names import NameLine
from app.workbench.terminal.view import TerminalView
from app.workbench.usage import Usage
from app.workbench.weighing import Weighing
from app.workbench.yard import Lists, Yard


class Board(Screen[None]):
    """Shows the lists it is given, and what is selected in them."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(GLOBAL)]

    def __init__(self, yard: Yard, errands: Errands) -> None:
        super().__init__()
        self._yard, self._errands = yard, errands
        self.lists = Lists()
        self.configuration = Configuration()
        self._containers = Containers()
        self._volumes = Volumes()
        self._panes: tuple[RowList, ...] = (Images(), self._containers, self._volumes, Builds())
        self._left = Vertical(*self._panes, id="lists")
        self._weighing = Weighing(yard, errands, self._weighed)
        self._pane: RowList = self._panes[1]
        """The list that was focused last; the right side shows its row."""
        self.detail = Detail(yard, errands)
        self.status = StatusLine()
        self._hints = HintLine()
        self._wanted = ""
        self._wanted_pid = 0
        self._zoom = 0
        self._dragged = 0
        """Where somebody has put the border; 0 if nobody has."""

    def compose(self) -> ComposeResult:
        """Lay the yard out."""
        with Horizontal(id="columns"):
            yield self._left
            yield self.detail
        yield self.status
        yield self._hints

    def on_mount(self) -> None:
        """Begin in the containers; let the clocks in the lists run."""
        self.set_focus(self._pane)
        self.set_interval(1.0, self._tick)

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
        self._weighing.look(lists.volumes, lists.containers)

    def configure(self, configuration: Configuration) -> None:
        """Do as the user has chosen."""
        self.configuration = configuration
        for pane in self._panes:
            pane.choose(columns.chosen(pane.kind, configuration.columns.get(pane.kind, ())))
        self._hints.remap(configuration.keymap)
        if self.is_attached:
            self._show_hints()

    def _weighed(self) -> None:
        """Show what volumes were found to take."""
        self._volumes.sizes = self._weighing.sizes
        self._volumes.show(self.lists, self._yard.now())

    def measured(self, time: float, used: Mapping[str, Usage]) -> None:
        """Take in what running containers use, and show it where it is seen."""
        history = self.detail.living.history
        history.add(time, used)
        history.keep({one.id for one in self.lists.containers})
        self._containers.usage = used
        self._containers.show(self.lists, self._yard.now())
        self.detail.measured()
        self._weighing.look(self.lists.volumes, self.lists.containers)

    def _begin(self, lists: Lists) -> None:
        """Begin where there is something to see: at a container that runs, or else at the images."""
        alive = [one for one in lists.containers if one.alive]
        if alive:
            self._panes[1].select(max(alive, key=lambda one: one.created).id)
        elif lists.images and not lists.containers:
            self._pane = self._panes[0]
            self.set_focus(self._pane)

    def want(self, key: str) -> None:
        """Select an object as soon as it is listed, by its id or a container's name."""
        self._wanted = key
        self._look_for_wanted()

    def go(self, kind: str, key: str) -> None:
        """Go to an object; a filter that hides it ends."""
        number = next(number for number, pane in enumerate(self._panes) if pane.kind == kind)
        pane = self._panes[number]
        if key not in pane.keys:
            pane.narrow("")
        pane.select(key)
        self._focus_pane(number)

    def want_build(self, pid: int) -> None:
        """Select the build of a process as soon as it is listed."""
        self._wanted_pid = pid
        self._look_for_wanted()

    def _look_for_wanted(self) -> None:
        for build in self.lists.builds:
            if self._wanted_pid and build.pid == self._wanted_pid:
                self._wanted, self._wanted_pid = build.id, 0
        if not self._wanted:
            return
        for pane in (self._panes[0], self._panes[1], self._panes[3]):
            named = [one.id for one in self.lists.containers if one.name == self._wanted]
            for key in pane.keys:
                if key.startswith(self._wanted) or key in named:
                    self._wanted = ""
                    self._focus_pane(self._panes.index(pane))
                    pane.select(key)
                    return

    def _tick(self) -> None:
        now = self._yard.now()
        for pane in self._panes:
            pane.show(self.lists, now)

    @property
    def selection(self) -> Selection:
        """What keys act on."""
        row = self._pane.current
        return (
            Selection(self._pane.kind, row.key, row.target, row.name) if row else Selection(self._pane.kind)
        )

    @property
    def pane(self) -> RowList:
        """The list in use."""
        return self._pane

    @property
    def panes(self) -> tuple[RowList, ...]:
        """The four lists."""
        return self._panes

    @property
    def chosen(self) -> list[Selection]:
        """The marked rows of the list in use."""
        return [Selection(self._pane.kind, row.key, row.target, row.name) for row in self._pane.chosen]

    def _show_selected(self) -> None:
        self.detail.show(self.selection, self.lists, self._pane.current)
        self._show_hints()

    def _show_hints(self) -> None:
        if isinstance(self.focused, TerminalView):
            self._hints.show(TYPING, always=())
            return
        keys = hints(self.selection, self.lists)
        view: tuple[Key, ...] = ()
        if self.detail.has_focus_within:
            back = named("back", GLOBAL)._replace(hint="back")
            keys = [key for key in keys if key.id not in ("filter", "logs", "order", "bring", "build")]
            if isinstance(self.focused, LogView):
                view = tuple(named(id, LOG) for id in ("hold", "search", "narrow", "wrap", "times", "mark"))
                if self.detail.logs.searched:
                    view = (named("search_next", LOG), *view)
                keys = [key for key in keys if key.id != "tag"]
                if self.selection.kind == "build":
                    view = (named("next_step", OUTPUT), *view)
            elif isinstance(self.focused, ProcessList):
                view = (named("signal", PROCESSES), named("order", PROCESSES))
            elif isinstance(self.focused, StackView):
                view = (STACK[0],)
            elif isinstance(self.focused, StepList):
                view = (
                    STEPS[0],
                    named("open", STEPS),
                    *([] if self.focused.following else [named("follow", STEPS)]),
                )
            elif isinstance(self.focused, NameLine):
                view = tuple(key for key in TERMINAL if key.hint)
            elif isinstance(self.focused, FileList):
                layers = ("changes", "next_layer") if self.focused.model.layered else ()
                view = tuple(named(id, FILES) for id in ("open", "filter", "sort", *layers))
                keys = []
            elif isinstance(self.focused, TextView):
                view = (TEXT[0],)
            view = (back, *view)
        own = customs.fitting(self.configuration.commands, self.selection)
        self._hints.show([*view, *keys, *map(customs.hint, own)])

    def on_row_view_moved(self, event: RowList.Moved) -> None:
        """Show what the cursor stands on, if that list is the one in use."""
        for pane in self._panes:
            if pane is event.rows and (pane is self._pane or pane.has_focus):
                self._pane = pane
                self._show_selected()

    def on_row_list_opened(self) -> None:
        """Go to the right side."""
        if self._zoom < 0:
            self._set_zoom(0)
        self.set_focus(self.detail.view)

    def on_row_list_order_asked(self, event: RowList.OrderAsked) -> None:
        """Let a column be chosen that the list is sorted by."""
        from app.workbench.screens.chooser import Choice, Chooser

        rows, known = event.rows, {column.id: column for column in event.rows.columns}
        choices = [Choice("", "as they come", rows.own_order)]
        choices += [
            Choice(id, one.heading.lower(), rows.order.arrow if id == rows.order.column else "")
            for id, one in known.items()
        ]

        def chosen(id: str | None) -> None:
            if id:
                rows.sort_by(known[id])
            elif id is not None:
                rows.sort(Order())

        title = f"Sort {rows.heading.lower()} by"
        self.app.push_screen(Chooser(title, choices, rows.order.column), chosen)

    def on_step_list_opened(self) -> None:
        """Show what the step printed."""
        self.detail.show_output(self.detail.step)
        self._show_hints()

    def on_step_list_moved(self) -> None:
        """A cursor that was moved can be made to follow again."""
        self._show_hints()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Show the keys of what has the focus."""
        if isinstance(event.widget, RowList):
            self._pane = event.widget
        self._show_hints()

    def _focus_pane(self, number: int) -> None:
        if self._zoom > 0:
            self._set_zoom(0)
        self._pane = self._panes[number]
        self._share_out(self.size.width)
        self.set_focus(self._pane)
        self._show_selected()

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
        else:
            self._pane.unmark()
        self._show_hints()

    def action_zoom_in(self) -> None:
        """Give the right side more room."""
        self._set_zoom(min(1, self._zoom + 1))

    def action_zoom_out(self) -> None:
        """Give the lists more room, then one list alone."""
        self._set_zoom(max(ALONE, self._zoom - 1))

    def _set_zoom(self, zoom: int) -> None:
        self._zoom = zoom
        self._share_out(self.size.width)
        if zoom > 0 and not self.detail.has_focus_within:
            self.set_focus(self.detail.view)
        elif zoom <= ALONE:
            self.set_focus(self._pane)

    def on_resize(self, event: Resize) -> None:
        """Share the width out."""
        self._share_out(event.size.width)

    def _share_out(self, width: int) -> None:
        share = shares(width, self._zoom, self._dragged)
        self._left.styles.width = share.lists
        self._left.display, self.detail.display = share.lists > 0, share.detail > 0
        for pane in self._panes:
            pane.display = not share.alone or pane is self._pane

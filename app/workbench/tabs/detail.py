"""The right side: a title, the tabs of what is selected, and the open one's content."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from app.workbench import pages, rows, watchpage
from app.workbench.actions import Selection, build_of, container_of, image_of
from app.workbench.spans import Span
from app.workbench.stack import traced
from app.workbench.tabs.bars import TabBar, TitleBar
from app.workbench.tabs.building import Building
from app.workbench.tabs.filelist import FileList
from app.workbench.tabs.files import FilesTab, Owner
from app.workbench.tabs.living import Living
from app.workbench.tabs.logfeed import LogFeed
from app.workbench.tabs.logs import LogView
from app.workbench.tabs.processes import ProcessList
from app.workbench.tabs.stack import StackView
from app.workbench.tabs.stacking import Stacking, Wanted
from app.workbench.tabs.stats import StatsView
from app.workbench.tabs.steps import StepsTab
from app.workbench.tabs.text import Lay, TextView
from app.workbench.terminal.tab import TerminalTab
from app.workbench.watching import watch_of
from app.workbench.yard import Kind, Lists, Yard

if TYPE_CHECKING:
    from app.workbench.errands import Errands

TABS: dict[Kind, tuple[str, ...]] = {
    "image": ("Stack", "Files", "History", "Config"),
    "container": ("Logs", "Terminal", "Stats", "Stack", "Files", "Processes", "Config"),
    "volume": ("Files", "Used by", "Config"),
    "build": ("Steps", "Output", "Dockerfile", "Watch"),
}


_NOTHING: dict[Kind, str] = {
    "image": "The stack of an image will stand here. i brings one in from a file,"
    " `: import --from-host` makes one out of this machine's programs.",
    "container": "The log of a container will run here. x on an image starts one.",
    "volume": "Nothing here yet. A volume keeps data outside of the stack, longer than any container.",
    "build": "The steps of a build will stand here: what was taken from the cache, what ran, why, and for how"
    " long. b builds a Dockerfile.",
}
"""What an empty list's right side says."""


class Detail(Vertical):
    """Shows one object; what takes time is read in a thread, and dropped if another was chosen meanwhile."""

    def __init__(self, yard: Yard, errands: Errands) -> None:
        super().__init__(id="detail")
        self._yard, self._errands = yard, errands
        self._title, self._bar = TitleBar(), TabBar()
        self._stack, self._logs, self._text = StackView(id="stack"), LogView(id="logs"), TextView(id="text")
        self._steps, self.files = StepsTab(yard.now), FilesTab(yard, errands)
        self._stats, self._processes = StatsView(id="stats"), ProcessList(id="processes")
        self._stacking = Stacking(yard, errands, self._stack)
        self.living = Living(yard, errands, self._stats, self._processes)
        self.terminal = TerminalTab()
        self._views: tuple[Widget, ...] = (
            self._stack, self._logs, self._text, self._steps, self._stats, self._processes, self.files,
            self.terminal,
        )  # fmt: skip
        for view in self._views[1:]:
            view.display = False
        self._selection = Selection("image")
        self._lists = Lists()
        self._tabs: dict[Kind, str] = {kind: tabs[0] for kind, tabs in TABS.items()}
        self._shown: tuple[object, ...] = ()
        self._told: object = None
        self._trace: dict[int, Span] = {}
        """What the layers have of the path that was asked about."""
        self._together: tuple[str, ...] = ()
        """The containers whose logs are shown as one."""
        views = self._steps, self._logs, self._text
        self.building = Building(yard, errands, lambda *call: self.app.call_later(*call), views)
        self.feed = LogFeed(yard, errands, lambda *call: self.app.call_later(*call), self._logs)

    def compose(self) -> ComposeResult:
        """Lay out the bars and the kinds of content."""
        yield self._title
        yield self._bar
        yield from self._views

    def on_unmount(self) -> None:
        """Let go of the log."""
        self.feed.leave()
        self.building.leave()

    @property
    def tab(self) -> str:
        """The open tab."""
        return self._tabs[self._selection.kind]

    @property
    def view(self) -> Widget:
        """The widget that shows the open tab."""
        if not self._selection.key:
            return self._text
        if self.tab == "Terminal":
            return self.terminal.target
        shown: dict[str, Widget] = {"Stack": self._stack, "Logs": self._logs, "Output": self._logs}
        shown |= {"Steps": self._steps.list, "Files": self.files.list}
        shown |= {"Stats": self._stats, "Processes": self._processes}
        return shown.get(self.tab, self._text)

    @property
    def logs(self) -> LogView:
        """The log."""
        return self._logs

    def show(self, selection: Selection, lists: Lists, row: rows.Row | None) -> None:
        """Show another object, or the same one as it is now."""
        if selection != self._selection:
            self._trace, self._together = {}, ()
        self._selection, self._lists = selection, lists
        self.retitle(row)
        build = build_of(selection, lists)
        told: object = container_of(selection, lists) or image_of(selection, lists)
        told = told or (build and (build, watch_of(build, lists.watches)))
        self._open(again=told != self._told and selection.key != "")
        self._told = told

    def retitle(self, row: rows.Row | None) -> None:
        """Say what is selected."""
        if self._together:
            self._title.show(Span("≡ ", "accent"), f"{len(self._together)} containers", self.named)
        elif row is None:
            self._title.show(Span(""), "", "")
        else:
            self._title.show(row.mark, row.name, row.title)

    def on_file_list_traced(self, event: FileList.Traced) -> None:
        """Show the stack, with what each layer has of a path."""
        self._trace = traced(event.row.path, event.row.file)
        self._tabs[self._selection.kind] = "Stack"
        self._open(again=True)
        self.screen.set_focus(self.view)

    def turn(self, by: int) -> None:
        """Open the tab to the right or to the left."""
        tabs = TABS[self._selection.kind]
        self.choose(tabs[(tabs.index(self.tab) + by) % len(tabs)])

    def choose(self, tab: str) -> None:
        """Open a tab; the focus stays on the right side if it is there."""
        focused, self._trace = self.has_focus_within, {}
        self._tabs[self._selection.kind] = tab
        self._open()
        if focused:
            self.screen.set_focus(self.view)

    @property
    def step(self) -> int:
        """The number of the step under the cursor; 0 if no build is shown."""
        return self._steps.step if self._selection.kind == "build" and self._selection.key else 0

    def show_output(self, step: int) -> None:
        """Show what one step of the build printed, or with 0 all of them."""
        self.building.choose(step)
        self._tabs["build"] = "Output"
        self._open(again=True)
        self.screen.set_focus(self.view)

    def turn_step(self, by: int) -> None:
        """Show the output of the step after the shown one, or before it."""
        if self._selection.kind == "build" and self.tab == "Output":
            self.building.turn(by)

    def _open(self, *, again: bool = False) -> None:
        """Show the open tab; the same again only if something about the object has changed."""
        self._bar.show(TABS[self._selection.kind], self.tab)
        shown = (self._selection.kind, self._selection.id, self.tab, self._together)
        keep = shown == self._shown
        if keep and not again:
            return
        self._shown = shown
        if not keep:
            shown_view = self.terminal if self.view is self.terminal.target else self.view
            for view in self._views:
                view.display = view in (shown_view, shown_view.parent)
            if shown_view is not self.terminal:
                self.terminal.leave()
        build = self._selection.kind == "build" and self._selection.key
        if self.tab != "Logs" and not (build and self.building.build):
            self.feed.leave()
        if not build:
            self.building.leave()
        if self.tab not in ("Stats", "Processes"):
            self.living.leave()
        self._fill(keep)

    def _fill(self, keep: bool) -> None:
        selection, lists, now = self._selection, self._lists, self._yard.now()
        if not selection.key:
            self._nothing()
        elif selection.kind == "build":
            build = build_of(selection, lists)
            if build:
                self.building.show(build, self.tab)
                if self.tab == "Watch":
                    self._text.show(watchpage.lay(watch_of(build, lists.watches)), keep=keep)
        elif self.tab == "Logs":
            self._fill_logs()
        elif self.tab in ("Stats", "Processes"):
            self.measured()
        elif self.tab == "Terminal":
            self.terminal.show(container_of(selection, lists))
        elif self.tab == "Stack":
            self._fill_stack(keep)
        elif self.tab == "Files":
            self._fill_files()
        elif self.tab == "History":
            self._read(lambda: pages.history(self._yard.history(selection.id), now), keep)
        elif self.tab == "Used by":
            self._text.show(pages.used_by(selection.id, lists.containers, now), keep=keep)
        else:
            self._read(
                lambda: pages.config(selection.kind, self._yard.inspect(selection.kind, selection.id)), keep
            )

    def measured(self) -> None:
        """Show the newest figures, where figures are shown."""
        container = container_of(self._selection, self._lists)
        if container and self.tab in ("Stats", "Processes"):
            self.living.show(container, self.tab)

    def _nothing(self) -> None:
        self.feed.leave()
        self._stack.show((), "")
        self._text.show(pages.says(_NOTHING[self._selection.kind]))

    def _read(self, call: partial[Lay] | object, keep: bool) -> None:
        """Read a text in a thread and show it if it is still wanted."""
        shown = self._shown
        assert callable(call)

        def done(lay: Lay) -> None:
            if shown == self._shown:
                self._text.show(lay, keep=keep)

        self._errands.run(call, done, lambda error: done(pages.says(str(error))))

    def _fill_stack(self, keep: bool) -> None:
        shown, container = self._shown, container_of(self._selection, self._lists)
        image = container.image_id if container else self._selection.id
        others = (one for one in self._lists.images if one.top and one.tags and one.id != image)
        names = {one.top: one.tags[0] for one in others}
        wanted = Wanted(image, names, container, self._trace)
        self._stacking.show(wanted, lambda: shown == self._shown, keep=keep)

    def _fill_files(self) -> None:
        selection, container = self._selection, container_of(self._selection, self._lists)
        image = container.image_id if container else selection.id if selection.kind == "image" else ""
        self.files.show(Owner(selection.kind, selection.id, selection.name, image))

    def show_together(self, containers: Sequence[str]) -> None:
        """Show the logs of several containers as one, until something else is selected."""
        self._together = tuple(containers)
        self.choose("Logs")
        if self._together:
            self.retitle(None)

    @property
    def named(self) -> str:
        """The names of those whose log is shown."""
        ids = self._together or (self._selection.id,)
        return ", ".join(one.name for one in self._lists.containers if one.id in ids) or self._selection.name

    def _fill_logs(self) -> None:
        ids = self._together or (self._selection.id,)
        containers = [one for one in self._lists.containers if one.id in ids]
        if containers:
            self.feed.show(containers)

    def on_log_search_search(self, event: LogView.Search) -> None:
        """Search in a thread, in a reader of its own."""
        shown, token, opened = self._shown, self._logs.begin_search(), self._logs.reader()

        def search() -> int | None:
            if opened is None:
                return None
            log = opened()
            try:
                return log.find(event.matcher, event.start, backward=event.backward, stop=token.is_set)
            finally:
                log.close()

        def done(line: int | None) -> None:
            if shown == self._shown and not token.is_set():
                self._logs.found(line, event.backward)

        self._errands.run(search, done)

    def on_tab_bar_chosen(self, event: TabBar.Chosen) -> None:
        """Open the tab that was clicked."""
        self.choose(event.tab)

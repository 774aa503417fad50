"""The Files tab: a tree of files, read a directory at a time, of an image, a container or a volume."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.message import Message
from textual.strip import Strip

from app.workbench.filesurvey import FileSurvey
from app.workbench.filetree import about, heading, pattern_of
from app.workbench.paint import Painted
from app.workbench.spans import Span, Spans, cut_spans, plain
from app.workbench.tabs.filelist import FileList
from app.workbench.trees import File
from app.workbench.yard import Kind, Layer, Yard
from engine.errors import EngineError

if TYPE_CHECKING:
    from app.workbench.errands import Errands

BATCH, MOST = 200, 50_000
"""Directories read at a time while something is looked for, and names after which that ends."""
VIEWED = 1 << 20
"""Bytes of a file that are shown."""


class Owner(NamedTuple):
    """Whose files are shown."""

    kind: Kind
    id: str
    name: str
    image: str = ""
    """The image whose layers it stands on; empty: none."""


class FileHead(Painted):
    """The line above the tree, or its lines below."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[Spans] = ()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join("".join(span.text for span in spans) for spans in self._lines)

    def show(self, lines: Sequence[Spans]) -> None:
        """Show other lines."""
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        width = self.content_size.width
        return self.strip(cut_spans(self._lines[y], width) if y < len(self._lines) else (), width)


class FileFoot(FileHead):
    """What is said of the name under the cursor."""


class FilesTab(Vertical):
    """The tree between two lines about it."""

    class Told(Message):
        """Something was done that a command does too."""

        def __init__(self, words: Sequence[str]) -> None:
            super().__init__()
            self.words = words

    def __init__(self, yard: Yard, errands: Errands) -> None:
        super().__init__()
        self._yard, self._errands = yard, errands
        self._head, self.list, self._foot = FileHead(), FileList(), FileFoot()
        self._owner: Owner | None = None
        self._layers: Sequence[Layer] = ()
        self._layer = 0
        self.survey = FileSurvey(yard, errands, self._entitle)
        self._places: Sequence[str] | None = None
        """Directories that hold what is looked for; None: unknown, so that all must be read."""

    def compose(self) -> ComposeResult:
        """Lay the three out."""
        yield self._head
        yield self.list
        yield self._foot

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "\n".join((self._head.text, self.list.text, self._foot.text))

    def show(self, owner: Owner) -> None:
        """Show another tree, or what is open of the same one as it is now."""
        if owner == self._owner:
            for path in sorted(self.list.model.open & self.list.model.known.keys()):
                self._read(path)
            return
        self._owner, self._layer, self._layers, self._places = owner, 0, (), None
        self.list.clear()
        self._foot.show(())
        self._head.show(())
        is_image = owner.kind == "image"
        self.survey.show(owner.image if is_image else "", walk=is_image)
        if not owner.image:
            self._read("")
            return
        self._run(lambda: self._yard.layers(owner.image), self._know_layers)

    @property
    def _writable(self) -> bool:
        return self._owner is not None and self._owner.kind == "container"

    def _know_layers(self, layers: Sequence[Layer]) -> None:
        self._layers = layers
        self.list.total, self.list.writable = len(layers) + self._writable, self._writable
        self._entitle()
        self._read("")

    def _entitle(self) -> None:
        width = self.content_size.width
        self.list.walking = self.survey.walking
        spans = heading(self._layers, self._writable, self._layer, self.survey.known, width)
        if self.survey.note:
            stop = " · Esc stops" if self.survey.walking else ""
            spans = [*spans[:1], Span(f" · {self.survey.note}{stop}", "dim")]
        wanted = self.list.model.wanted
        if wanted:
            spans = [*spans[:1], Span(f" ⟨{plain(wanted)}⟩", "accent"), Span("  / Esc shows all", "dim")]
        self._head.show([spans])

    def _run(self, call: Callable[[], object], done: Callable[..., object]) -> None:
        """Make a call in a thread; what it answers is dropped if something else is shown by then."""
        owner, layer = self._owner, self._layer

        def still(answer: object) -> None:
            if (owner, layer) == (self._owner, self._layer):
                done(answer)

        self._errands.run(
            call, still, lambda error: still(error) if done == self._listed else self._fail(error)
        )

    def _fail(self, error: EngineError) -> None:
        self.list.say(str(error))

    def _read(self, path: str) -> None:
        self._run(lambda: self._list([path]), self._listed)

    def _list(self, paths: Sequence[str]) -> dict[str, Sequence[File]]:
        """Read directories, in a thread; of many, those that cannot be read are empty."""
        assert self._owner
        tree = self._yard.files(self._owner.kind, self._owner.id, self._layer)
        found: dict[str, Sequence[File]] = {}
        try:
            for path in paths:
                try:
                    found[path] = tree.list(path or "/")
                except EngineError:
                    if len(paths) == 1:
                        raise
                    found[path] = ()
        finally:
            tree.close()
        return found

    def _listed(self, found: dict[str, Sequence[File]] | EngineError) -> None:
        if isinstance(found, EngineError):
            self.list.say(str(found))
            return
        self.list.learn(found)
        unread = self._unread() if self.list.model.wanted else []
        if unread and self.list.model.count < MOST:
            self._run(lambda: self._list(unread[:BATCH]), self._listed)

    def _unread(self) -> Sequence[str]:
        """List the directories that must still be read to find what is looked for."""
        if self._places is None:
            return self.list.model.unread()
        return [place for place in self._places if place not in self.list.model.known]

    def narrow(self, text: str) -> None:
        """Show only the names that match, wherever they are."""
        begun = bool(self.list.model.wanted)
        self.list.narrow(text)
        self._entitle()
        pattern = pattern_of(text)
        if pattern and self.survey.known:
            self._places = ()
            self.survey.find(pattern, self._layer, self._look_in)
        elif text and not begun:
            self._listed({})

    def _look_in(self, places: Sequence[str]) -> None:
        self._places = places
        self._listed({})

    def on_resize(self, event: Resize) -> None:
        """Fit the line above the tree."""
        self._entitle()

    def on_file_list_moved(self, event: FileList.Moved) -> None:
        """Tell about the name under the cursor."""
        row, width = self.list.current, self.content_size.width
        self._foot.show(about(row, self._layers, self._writable, width) if row else ())

    def on_file_list_opened(self, event: FileList.Opened) -> None:
        """Read a directory, or show a file."""
        row = event.row
        if row.file.nature == "directory":
            self._read(row.path)
        elif row.file.nature == "file":
            self._view(row.path, row.file.size)
        elif row.file.nature == "link":
            self.list.select(row.path, row.file.link)

    def _view(self, path: str, size: int) -> None:
        owner, layer = self._owner, self._layer
        assert owner

        def read() -> bytes:
            tree = self._yard.files(owner.kind, owner.id, layer)
            try:
                return tree.read(path, 0, VIEWED)
            finally:
                tree.close()

        def show(content: bytes) -> None:
            from app.workbench.screens.file import FileScreen

            self.app.push_screen(FileScreen(path, content, size))
            if owner.kind == "container":
                self.post_message(self.Told(["cp", f"{owner.name}:{path}", "-"]))

        self._run(read, show)

    def on_file_list_turned(self, event: FileList.Turned) -> None:
        """Show what another layer brings, or all together."""
        total = len(self._layers) + self._writable
        if total:
            self._layer = (self._layer + event.by) % (total + 1)
            self.list.clear(keep=True)
            self._entitle()
            for path in sorted(self.list.model.open):
                self._read(path)
            if self.list.model.wanted:
                self.narrow(self.list.model.wanted)

    def on_file_list_wasted(self, event: FileList.Wasted) -> None:
        """List what is held for nothing."""
        from app.workbench.screens.found import wasted

        if self._surveyed():
            assert self.survey.known
            self.app.push_screen(wasted(self.survey.known), self._reveal)

    def on_file_list_weighed(self, event: FileList.Weighed) -> None:
        """List what is largest."""
        from app.workbench.screens.found import largest

        if self._surveyed():
            assert self.survey.known
            self.app.push_screen(largest(self.survey.known, len(self._layers)), self._reveal)

    def on_file_list_stopped(self, event: FileList.Stopped) -> None:
        """Stop looking through the layers."""
        self.survey.stop()

    def _surveyed(self) -> bool:
        """Tell whether all files are known; if not, see to it, or say why they are not."""
        if self.survey.known:
            return True
        if self._owner and self._owner.kind == "image":
            if not self.survey.walking:
                self.survey.walk()
        elif self._writable:
            self.list.say("w and z tell of an image's layers: choose the image")
        return False

    def _reveal(self, path: str | None) -> None:
        """Open the directories around a path of the merged tree, and go to it."""
        if path is None:
            return
        if self._layer or self.list.model.wanted:
            self._layer, self.list.model.wanted = 0, ""
            self.list.clear(keep=True)
            self._entitle()
        around = [""]
        for name in path.split("/")[1:-1]:
            around.append(f"{around[-1]}/{name}")
        self.list.model.open.update(around)

        def reached(found: dict[str, Sequence[File]]) -> None:
            self.list.learn(found)
            if not self.list.reach(path):
                self.list.say(f"{plain(path)} is not seen: {{ shows one layer at a time")

        self._run(lambda: self._list(around), reached)

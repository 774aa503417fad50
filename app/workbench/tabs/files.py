"""The Files tab: a tree of files, read a directory at a time, of an image, a container or a volume."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.message import Message
from textual.strip import Strip

from app.workbench.filetree import about, heading
from app.workbench.paint import Painted
from app.workbench.spans import Span, Spans, cut_spans, plain
from app.workbench.tabs.filelist import FileList
from app.workbench.trees import File, Waste
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
        self._waste: Waste | None = None

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
        self._owner, self._layer, self._waste, self._layers = owner, 0, None, ()
        self.list.clear()
        self._foot.show(())
        self._head.show(())
        if not owner.image:
            self._read("")
            return
        self._run(lambda: self._yard.layers(owner.image), self._know_layers)
        if owner.kind == "image":
            self._run(lambda: self._yard.waste(owner.id), self._know_waste)

    @property
    def _writable(self) -> bool:
        return self._owner is not None and self._owner.kind == "container"

    def _know_layers(self, layers: Sequence[Layer]) -> None:
        self._layers = layers
        self.list.total, self.list.writable = len(layers) + self._writable, self._writable
        self._entitle()
        self._read("")

    def _know_waste(self, waste: Waste) -> None:
        self._waste = waste
        self._entitle()

    def _entitle(self) -> None:
        width = self.content_size.width
        spans = heading(self._layers, self._writable, self._layer, self._waste, width)
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
        unread = self.list.model.unread() if self.list.model.wanted else []
        if unread and self.list.model.count < MOST:
            self._run(lambda: self._list(unread[:BATCH]), self._listed)

    def narrow(self, text: str) -> None:
        """Show only the names that match, wherever they are."""
        begun = bool(self.list.model.wanted)
        self.list.narrow(text)
        self._entitle()
        if text and not begun:
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

    def on_file_list_wasted(self, event: FileList.Wasted) -> None:
        """List what is held for nothing."""
        if self._waste:
            from app.workbench.screens.file import WasteScreen

            self.app.push_screen(WasteScreen(self._waste))
        elif self._writable:
            self.list.say("w lists what an image's layers hold for nothing: choose the image")

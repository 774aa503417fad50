"""What the workbench needs of an engine: a small protocol and plain values; whatever answers can be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from app.workbench.trees import Progress, Survey, Tree
    from app.workbench.usage import Process, Usage
    from engine.build.events import Event
    from engine.develop.rounds import History

Kind = Literal["image", "container", "volume", "build"]


class Image(NamedTuple):
    """One image and the names it goes by."""

    id: str
    tags: tuple[str, ...]
    created: float
    """Seconds since the epoch."""
    size: int
    top: str = ""
    """The chain id of its uppermost layer."""


class Layer(NamedTuple):
    """One read-only layer of an image."""

    chain_id: str
    size: int
    created: float | None
    command: str
    """The instruction that made it, as the image's history tells."""


class Step(NamedTuple):
    """One entry of an image's history."""

    created: float | None
    command: str
    size: int
    comment: str = ""


class Container(NamedTuple):
    """One container and its state."""

    id: str
    name: str
    image: str
    """As it was asked for."""
    image_id: str
    command: str
    created: float
    status: str
    """created, running, paused, restarting, exited or dead."""
    exit_code: int = 0
    started_at: float = 0
    finished_at: float = 0
    error: str = ""
    ports: str = ""
    volumes: tuple[str, ...] = ()
    tty: bool = False
    """Whether it has a terminal."""
    health: str = ""
    """starting, healthy or unhealthy; empty if nothing looks after it."""

    @property
    def alive(self) -> bool:
        """Whether it has a process."""
        return self.status in ("running", "paused", "restarting")


class Volume(NamedTuple):
    """One named place for data."""

    name: str
    driver: str
    created: float


class Build(NamedTuple):
    """One build, in a few words."""

    id: str
    title: str
    state: str
    """running, done, failed, cancelled or died."""
    started: float
    ended: float = 0
    """0 while it runs."""
    image: str = ""
    step: int = 0
    """The step begun last, counted from 1."""
    finished: int = 0
    total: int = 0
    """0 until there is a plan."""
    tags: tuple[str, ...] = ()
    context: str = ""
    dockerfile: str = ""
    message: str = ""
    """Why it failed."""
    line: int = 0
    """Of the Dockerfile, to blame; 0 if none is."""
    pid: int = 0

    @property
    def running(self) -> bool:
        """Whether it still works."""
        return self.state == "running"


class Watch(NamedTuple):
    """Somebody's eye on a context: a build at every save."""

    id: str
    context: str
    dockerfile: str
    tags: tuple[str, ...]
    target: str
    pid: int
    started: float
    alive: bool
    tied: bool
    """Whether it ends with whoever started it: a workbench."""
    history: History


class Lists(NamedTuple):
    """Everything the left side shows, read at one moment."""

    images: tuple[Image, ...] = ()
    containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    builds: tuple[Build, ...] = ()
    watches: tuple[Watch, ...] = ()


class Happening(NamedTuple):
    """Something changed, here or by another process."""

    type: str
    action: str
    id: str


class LogLine(Protocol):
    """One line of a log."""

    @property
    def number(self) -> int:
        """Counted from 0."""

    @property
    def time_ns(self) -> int:
        """When its newline came."""

    @property
    def stream(self) -> str:
        """stdout or stderr."""

    @property
    def text(self) -> bytes:
        """Without its newline, cut to a sane length."""


class Log(Protocol):
    """The lines of one log, by number; not for two threads at once."""

    @property
    def first_line(self) -> int:
        """Number of the first line that is still there."""

    @property
    def line_count(self) -> int:
        """Number after the last line's."""

    def lines(self, start: int, count: int) -> Sequence[LogLine]:
        """Return up to `count` lines from `start` on."""

    def refresh(self) -> bool:
        """Take in what was written since; tell whether anything was."""

    def find(
        self,
        matches: Callable[[bytes], object],
        start: int,
        *,
        backward: bool = False,
        stop: Callable[[], bool] = ...,
    ) -> int | None:
        """Return the number of the nearest line that matches."""

    def close(self) -> None:
        """Let go of it."""


class Recording(Protocol):
    """What one build told and printed; `changes` takes it in, in its own thread."""

    events: list[Event]
    """All but what was printed; it only ever grows."""

    def output(self, step: int = 0) -> Log:
        """Return the lines of one step, or with 0 those of the whole build."""

    def changes(self, stop: int) -> Iterator[None]:
        """Yield each time there was something new, until the descriptor `stop` becomes readable."""

    def close(self) -> None:
        """Let go of it."""


class Line(NamedTuple):
    """The words of a command, and the folder in which they are said."""

    words: list[str]
    folder: str = ""
    """Empty: wherever we are."""


class Terminal(Protocol):
    """A program's terminal, of which more than one can be held at once; none of its calls blocks."""

    @property
    def descriptor(self) -> int:
        """Readable when there is news."""

    @property
    def over(self) -> bool:
        """Whether the program has ended (or the line is gone) and all that it wrote was read."""

    @property
    def exit_code(self) -> int | None:
        """How the program ended, as far as it is known."""

    def read(self) -> bytes:
        """Take what has come since; empty if nothing has."""

    def write(self, data: bytes) -> int:
        """Type; return how many bytes were taken (0: it is full, try again)."""

    def resize(self, width: int, height: int) -> None:
        """Tell the program how many cells there are."""

    def close(self) -> None:
        """Let go of it; the program goes on."""


class Yard(Protocol):
    """An engine as the workbench sees it; every call may block and is made from a thread.

    Raises EngineError (a sentence) from any of them.
    """

    def now(self) -> float:
        """Tell the time, in seconds since the epoch."""

    def kernel(self) -> str:
        """Name the kernel that every container shares."""

    def images(self) -> tuple[Image, ...]:
        """Read what images there are."""

    def containers(self) -> tuple[Container, ...]:
        """Read what containers there are, and their states."""

    def volumes(self) -> tuple[Volume, ...]:
        """Read what volumes there are."""

    def builds(self) -> tuple[Build, ...]:
        """Read what builds are remembered."""

    def build_changes(self, stop: Callable[[], bool]) -> Iterator[None]:
        """Yield whenever a build has told something; `stop` is asked at least once a second."""

    def watches(self) -> tuple[Watch, ...]:
        """Read what watches are remembered."""

    def watch_changes(self, stop: Callable[[], bool]) -> Iterator[None]:
        """Yield whenever a watch has told something; `stop` is asked at least once a second."""

    def end_watch(self, watch: str) -> None:
        """Ask a watch to end; raises Conflict if it is over."""

    def recording(self, build: str) -> Recording:
        """Open what a build told and printed, all of it taken in."""

    def dockerfile(self, build: str) -> str:
        """Return the Dockerfile that was built; empty if it was never found."""

    def again(self, build: str) -> Line:
        """Return the command that builds the same once more; raises Conflict if none can."""

    def interrupt(self, build: str) -> None:
        """Ask a running build to end."""

    def shell(self, image: str) -> int:
        """Let somebody work in a shell on an image, on this terminal; return its exit code."""

    def remove_build(self, build: str) -> None:
        """Forget a build; what it made stays."""

    def layers(self, image: str) -> tuple[Layer, ...]:
        """List an image's layers, the base first."""

    def history(self, image: str) -> tuple[Step, ...]:
        """List an image's history, the newest step first."""

    def volume_size(self, volume: str) -> int | None:
        """Measure a volume, in bytes; None for what cannot be measured."""

    def writable(self, container: str) -> int:
        """Measure a container's writable layer, in bytes."""

    def changes(self, container: str) -> tuple[int, int, int]:
        """Count what a container added, changed and deleted."""

    def files(self, kind: Kind, id: str, layer: int = 0) -> Tree:
        """Open the tree of an image, a container or a volume; with `layer` only what that layer brings."""

    def surveyed(self, image: str) -> Survey | None:
        """Return what is known of all files of an image; None if nobody has looked through them yet."""

    def survey(self, image: str, progress: Progress) -> Survey:
        """Look through all files of an image, in a process of its own."""

    def names(self, image: str, layer: int = 0) -> Iterator[str]:
        """Yield every path in an image's layers, or in one; once it has been surveyed."""

    def inspect(self, kind: Kind, id: str) -> Mapping[str, Any]:
        """Tell all that is recorded of one object, as `docker inspect` does."""

    def log(self, container: str) -> Log:
        """Open a container's log."""

    def log_changes(self, containers: Sequence[str], stop: int) -> Iterator[None]:
        """Yield each time one of these logs has grown, until the descriptor `stop` becomes readable."""

    def attach(self, container: str) -> Terminal:
        """Take hold of a container's own terminal; what it wrote last comes first."""

    def execute(self, container: str, words: Sequence[str]) -> Terminal:
        """Run one more program in a running container, in a terminal of its own."""

    def happenings(self, stop: Callable[[], bool]) -> Iterator[Happening]:
        """Yield what happens from now on; `stop` is asked at least once a second."""

    def start(self, container: str) -> None:
        """Start a stopped container."""

    def stop(self, container: str) -> None:
        """Ask it to end, and end it after its grace time."""

    def restart(self, container: str) -> None:
        """Stop it, then start it."""

    def kill(self, container: str) -> None:
        """End it at once."""

    def pause(self, container: str) -> None:
        """Hold every process of it still."""

    def unpause(self, container: str) -> None:
        """Let it go on."""

    def usage(self) -> Mapping[str, Usage]:
        """Sample what every running container uses, by id; called again and again from one thread."""

    def processes(self, container: str) -> tuple[Process, ...]:
        """List what runs in it."""

    def signal(self, container: str, pid: int, name: str) -> None:
        """Send a signal to one of its processes, by the host's pid. Raises NotFound."""

    def rename(self, container: str, name: str) -> None:
        """Give it another name."""

    def remove_container(self, container: str, force: bool) -> None:
        """Remove it with its writable layer and its log."""

    def remove_image(self, image: str, force: bool) -> None:
        """Take a name off an image, and remove the image with its last name."""

    def remove_volume(self, volume: str) -> None:
        """Remove a volume and what is in it."""

    def tag(self, image: str, reference: str) -> None:
        """Give an image one more name."""

    def prune(self, kind: Kind) -> int:
        """Remove what nothing uses; return the bytes that became free."""

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the program and arguments that run a `stackyard …` line on this engine."""

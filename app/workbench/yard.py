"""What the workbench needs of an engine: a small protocol and plain values; whatever answers can be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

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

    @property
    def alive(self) -> bool:
        """Whether it has a process."""
        return self.status in ("running", "paused", "restarting")


class Volume(NamedTuple):
    """One named place for data."""

    name: str
    driver: str
    created: float


class Lists(NamedTuple):
    """Everything the left side shows, read at one moment."""

    images: tuple[Image, ...] = ()
    containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()


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
    def line_count(self) -> int:
        """How many lines there are."""

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

    def layers(self, image: str) -> tuple[Layer, ...]:
        """List an image's layers, the base first."""

    def history(self, image: str) -> tuple[Step, ...]:
        """List an image's history, the newest step first."""

    def writable(self, container: str) -> int:
        """Measure a container's writable layer, in bytes."""

    def inspect(self, kind: Kind, id: str) -> Mapping[str, Any]:
        """Tell all that is recorded of one object, as `docker inspect` does."""

    def log(self, container: str) -> Log:
        """Open a container's log."""

    def log_changes(self, container: str, stop: int) -> Iterator[None]:
        """Yield each time a log has grown, until the descriptor `stop` becomes readable."""

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

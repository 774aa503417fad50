"""The yard on this machine: the engine's values turned into the workbench's."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.workbench.localbuilds import LocalBuilds
from app.workbench.locallife import LocalLife
from app.workbench.trees import LocalTree, Progress, Share, Survey, Tree
from app.workbench.yard import Container, Happening, Image, Kind, Layer, Step, Terminal, Volume
from engine.errors import NotFound, Unsupported

if TYPE_CHECKING:
    from engine import Engine
    from engine.containers.logs.log import LogFile
    from engine.containers.record import Container as Record
    from engine.images.records import HistoryEntry
    from engine.images.records import Image as ImageRecord

_HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
"""Where this program is."""
_RECENT_BYTES = 256 << 10
"""So much of what a program printed makes its screen anew."""


class LocalYard(LocalBuilds, LocalLife):
    """Answers for one engine."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine.paths)
        self._engine = engine

    def now(self) -> float:
        """Tell the time."""
        return time.time()

    def kernel(self) -> str:
        """Name the running kernel."""
        system = os.uname()
        return f"{system.sysname} {system.release}"

    def images(self) -> tuple[Image, ...]:
        """List the images."""
        return tuple(map(_image, self._engine.images.list()))

    def containers(self) -> tuple[Container, ...]:
        """List the containers."""
        self._records = tuple(self._engine.containers.list(all=True))
        return tuple(map(_container, self._records))

    def volumes(self) -> tuple[Volume, ...]:
        """List the volumes."""
        return tuple(Volume(one.name, one.driver, one.created) for one in self._engine.volumes.list())

    def layers(self, image: str) -> tuple[Layer, ...]:
        """List the layers; each is told by the step of the history that made it."""
        found = self._engine.images.get(image)
        steps = (found.config.get("history") or []) if isinstance(found.config, dict) else []
        made = [index for index, step in enumerate(steps) if not step.get("empty_layer")]
        told = list(reversed(self._engine.images.history(image)))
        entries = [told[index] for index in made] if len(told) == len(steps) else []
        return tuple(
            Layer(layer.chain_id, layer.size, *_told(entries, number))
            for number, layer in enumerate(found.chain)
        )

    def history(self, image: str) -> tuple[Step, ...]:
        """List the steps, the newest first."""
        entries = self._engine.images.history(image)
        return tuple(Step(_moment(one.created), one.created_by, one.size, one.comment) for one in entries)

    def volume_size(self, volume: str) -> int | None:
        """Walk through its files."""
        found = self._engine.volumes.get(volume)
        return self._engine.volumes.size(volume) if found.measurable else None

    def writable(self, container: str) -> int:
        """Measure the writable layer."""
        return self._engine.containers.sizes(container).writable

    def changes(self, container: str) -> tuple[int, int, int]:
        """Count its changes."""
        kinds = [change.kind for change in self._engine.containers.diff(container)]
        return kinds.count("A"), kinds.count("C"), kinds.count("D")

    def files(self, kind: Kind, id: str, layer: int = 0) -> Tree:
        """Open a tree."""
        if kind == "image":
            return LocalTree(self._engine.images.browse(id, layer))
        if kind == "container":
            return LocalTree(self._engine.containers.browse(id, layer))
        if kind == "volume":
            return LocalTree(self._engine.volumes.browse(id))
        raise Unsupported(f"a {kind} has no files of its own")

    def surveyed(self, image: str) -> Survey | None:
        """Read what was kept."""
        found = self._engine.images.surveyed(image)
        return Survey(*found[:5], tuple(Share(*share) for share in found.layers)) if found else None

    def survey(self, image: str, progress: Progress) -> Survey:
        """Look through all layers, and keep what was found."""
        from app.workbench.surveying import walk

        walk(self.command(["image", "waste", "--json", "--progress", image]), progress)
        found = self.surveyed(image)
        if found is None:
            raise NotFound("what the layers hold could not be kept")
        return found

    def names(self, image: str, layer: int = 0) -> Iterator[str]:
        """Read the layers' indexes."""
        return self._engine.images.names(image, layer)

    def inspect(self, kind: Kind, id: str) -> Mapping[str, Any]:
        """Tell all of one object."""
        if kind == "image":
            return self._engine.images.inspect(id)
        if kind == "container":
            return self._engine.containers.inspect(id)
        return self._engine.volumes.inspect(id)

    def log(self, container: str) -> LogFile:
        """Open a log."""
        return self._engine.containers.log(container)

    def log_changes(self, containers: Sequence[str], stop: int) -> Iterator[None]:
        """Follow logs."""
        return self._engine.containers.log_changes(containers, stop)

    def attach(self, container: str) -> Terminal:
        """Sit down at a container's own program; what it printed lately comes first."""
        from app.workbench.seat import Seat

        return Seat(self._engine.containers.attach(container, stdin=True, recent=_RECENT_BYTES))

    def execute(self, container: str, words: Sequence[str]) -> Terminal:
        """Run another program in a container, and sit down at it."""
        from app.workbench.seat import Seat
        from engine.containers.programs.attaching import Program

        program = Program(tuple(words), terminal=True, stdin=True, environment=("TERM=xterm-256color",))
        return Seat(self._engine.containers.execute(container, program))

    def happenings(self, stop: Callable[[], bool]) -> Iterator[Happening]:
        """Follow the journal."""
        for event in self._engine.events.follow(stop=stop):
            yield Happening(event.type, event.action, event.id)

    def start(self, container: str) -> None:
        """Start it."""
        self._engine.containers.start(container)

    def stop(self, container: str) -> None:
        """Stop it."""
        self._engine.containers.stop(container)

    def restart(self, container: str) -> None:
        """Restart it."""
        self._engine.containers.restart(container)

    def kill(self, container: str) -> None:
        """Kill it."""
        self._engine.containers.kill(container)

    def rename(self, container: str, name: str) -> None:
        """Rename it."""
        self._engine.containers.rename(container, name)

    def remove_container(self, container: str, force: bool) -> None:
        """Remove it."""
        self._engine.containers.remove(container, force=force)

    def remove_image(self, image: str, force: bool) -> None:
        """Remove it, or one of its names."""
        self._engine.images.remove(image, force=force)

    def remove_volume(self, volume: str) -> None:
        """Remove it."""
        self._engine.volumes.remove(volume)

    def tag(self, image: str, reference: str) -> None:
        """Name it."""
        self._engine.images.tag(image, reference)

    def prune(self, kind: Kind) -> int:
        """Remove what nothing uses; of builds, what only the cache needs."""
        rooms = {
            "build": self._engine.builds,
            "image": self._engine.images,
            "container": self._engine.containers,
            "volume": self._engine.volumes,
        }
        pruned: int = rooms[kind].prune().reclaimed  # type: ignore[attr-defined]
        return pruned

    def shell(self, image: str) -> int:
        """Run a shell on the image."""
        from app.lending import lend
        from app.output import size

        with self._engine.builds.shell(image, size=size()) as session:
            lend(session, b"")
            return session.exit_code or 0

    def command(self, words: Sequence[str]) -> list[str]:
        """Run the same program on the same store."""
        # Not -m: in the folder of somebody's app.py that would be what runs.
        start = f"import sys; sys.path.insert(0, {_HOME!r}); from app.main import main; main()"
        return [sys.executable, "-P", "-c", start, "--root", self._engine.paths.root, *words]


def _image(image: ImageRecord) -> Image:
    top = image.chain[-1].chain_id if image.chain else ""
    return Image(image.id, image.tags, image.created, image.size, top)


def _container(record: Record) -> Container:
    state = record.state
    return Container(
        record.id,
        record.name,
        record.image,
        record.image_id,
        shlex.join(record.command),
        record.created,
        state.status,
        state.exit_code,
        state.started_at,
        state.finished_at,
        state.error,
        record.ports,
        record.volumes,
        bool(record.config["Config"].get("Tty")),
        "" if state.health == "none" else state.health,
    )


def _told(entries: Sequence[HistoryEntry], number: int) -> tuple[float | None, str]:
    """Return when and by what a layer was made, as far as the history tells."""
    if number >= len(entries):
        return None, ""
    entry = entries[number]
    return _moment(entry.created), entry.created_by or entry.comment


def _moment(seconds: float) -> float | None:
    """Docker's year 1 is no moment."""
    return seconds if seconds > 0 else None

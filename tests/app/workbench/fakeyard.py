"""A yard that stands in memory: its clock is frozen, its ids are known, and it tells what was asked of it."""

from __future__ import annotations

import queue
import select
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from app.workbench.trees import Progress, Survey, Tree
from app.workbench.yard import Container, Happening, Image, Kind, Layer, Step, Volume
from engine.errors import EngineError, NotFound
from tests.app.workbench.fakebuilds import FakeBuilds
from tests.app.workbench.fakelife import FakeLife
from tests.app.workbench.faketerminal import FakeTerminal, Program
from tests.app.workbench.faketree import SURVEY, VOLUME, FakeTree, alone, directories

NOW = 1_700_000_000.0
MINUTE, HOUR, DAY = 60, 3600, 86400


def digest(number: int) -> str:
    """Make a recognizable id."""
    return "sha256:" + f"{number:04x}" * 16


def container_id(number: int) -> str:
    """Make a recognizable container id."""
    return f"c{number:03x}" * 16


class FakeLine(NamedTuple):
    """A line of a log."""

    number: int
    time_ns: int
    stream: str
    text: bytes


class FakeLog:
    """A log in memory."""

    def __init__(self, lines: list[tuple[str, bytes]]) -> None:
        self._source = lines
        self._known = len(lines)
        self.closed = False
        self.most_read = 0
        self.dropped = 0
        self.begin, self.every = NOW - HOUR, 1.0

    @property
    def first_line(self) -> int:
        return self.dropped

    @property
    def line_count(self) -> int:
        return self._known

    def lines(self, start: int, count: int) -> list[FakeLine]:
        self.most_read = max(self.most_read, count)
        start = max(start, self.dropped)
        found = self._source[start : min(start + count, self._known)]
        times = range(start, start + len(found))
        return [
            FakeLine(n, int((self.begin + n * self.every) * 1e9) + 123_000_000, stream, text)
            for n, (stream, text) in zip(times, found, strict=True)
        ]

    def refresh(self) -> bool:
        grown = len(self._source) != self._known
        self._known = len(self._source)
        return grown

    def find(
        self,
        matches: Callable[[bytes], object],
        start: int,
        *,
        backward: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> int | None:
        order = (
            range(min(start, len(self._source) - 1), -1, -1) if backward else range(start, len(self._source))
        )
        return next((n for n in order if not stop() and matches(self._source[n][1])), None)

    def close(self) -> None:
        self.closed = True


BASE = (Layer(digest(0xA1), 117_000_000, NOW - 21 * DAY, "/bin/sh -c #(nop) ADD file:9b2c in / "),)
NGINX = (
    *BASE,
    Layer(
        digest(0xA2),
        64_200_000,
        NOW - 2 * DAY,
        "/bin/sh -c apt-get update && apt-get install -y --no-install-recommends nginx ca-certificates"
        " && rm -rf /var/lib/apt/lists/*",
    ),
    Layer(digest(0xA3), 1_200_000, NOW - 2 * DAY, "COPY site /usr/share/nginx/html # buildkit"),
    Layer(digest(0xA4), 4_620, NOW - 2 * HOUR, "COPY nginx.conf /etc/nginx/ # buildkit"),
)
LAYERS: dict[str, tuple[Layer, ...]] = {digest(1): BASE, digest(2): NGINX, digest(3): BASE[:1], digest(4): ()}


def some_images() -> list[Image]:
    """Four images, one with two names and one without any."""
    return [
        Image(digest(1), ("debian:bookworm",), NOW - 21 * DAY, 117_000_000, digest(0xA1)),
        Image(digest(2), ("shop/web:1.4", "shop/web:latest"), NOW - 2 * HOUR, 182_404_620, digest(0xA4)),
        Image(digest(3), (), NOW - 5 * DAY, 117_000_000, digest(0xA1)),
        Image(
            digest(4), ("registry.example.com/team/a-rather-long-name:2024.11",), NOW - 60 * DAY, 8_310_000
        ),
    ]


def some_containers() -> list[Container]:
    """One container in each state that matters."""

    def one(number: int, name: str, image: str, status: str, created: float, **more: Any) -> Container:
        image_id = digest(2) if image.startswith("shop") else digest(1)
        return Container(
            container_id(number), name, image, image_id, "nginx -g 'daemon off;'", created, status, **more
        )

    return [
        one(
            1,
            "web",
            "shop/web:1.4",
            "running",
            NOW - 3 * HOUR,
            started_at=NOW - 4 * MINUTE,
            volumes=("data",),
        ),
        one(2, "worker", "shop/web:1.4", "running", NOW - 2 * HOUR, started_at=NOW - 2 * HOUR),
        one(
            3,
            "migrate",
            "shop/web:1.4",
            "exited",
            NOW - 5 * HOUR,
            started_at=NOW - 5 * HOUR,
            finished_at=NOW - 4.9 * HOUR,
        ),
        one(4, "cron", "debian:bookworm", "exited", NOW - DAY, exit_code=137, finished_at=NOW - 3 * HOUR),
        one(5, "spare", "debian:bookworm", "created", NOW - MINUTE),
    ]


def a_log(count: int) -> list[tuple[str, bytes]]:
    """Lines of a web server, some by stderr and some in colour."""
    lines: list[tuple[str, bytes]] = []
    for n in range(count):
        if n % 17 == 5:
            lines.append(
                (
                    "stderr",
                    b"2023/11/14 21:%02d:%02d [\x1b[31merror\x1b[0m] 7#7: *%d open() failed"
                    % (n // 60 % 60, n % 60, n),
                )
            )
        else:
            lines.append(
                (
                    "stdout",
                    b'10.0.0.%d - - "GET /item/%d HTTP/1.1" \x1b[32m200\x1b[0m %d "-" "curl/8.4.0"'
                    % (n % 250, n, n * 37 % 9000),
                )
            )
    return lines


class FakeYard(FakeBuilds, FakeLife):
    """Answers from memory; `asked` lists what was asked, `fail` makes the next action fail."""

    def __init__(
        self,
        images: Sequence[Image] | None = None,
        containers: Sequence[Container] | None = None,
        volumes: Sequence[Volume] | None = None,
    ) -> None:
        super().__init__()
        self.stock = list(some_images() if images is None else images)
        self.crew = list(some_containers() if containers is None else containers)
        some = [Volume("data", "local", NOW - 3 * DAY), Volume("cache", "local", NOW - 9 * DAY)]
        self.shed = list(some if volumes is None else volumes)
        self.logs: dict[str, list[tuple[str, bytes]]] = {
            container_id(1): a_log(400),
            container_id(3): a_log(3),
        }
        self.opened: list[FakeLog] = []
        self.entry: Sequence[str] = ("sh",)
        """What runs in a container that has a terminal."""
        self.programs: dict[str, Program] = {}
        self.executed: list[Program] = []
        self.asked: list[tuple[str, ...]] = []
        self.fail: EngineError | None = None
        self.time = NOW
        self.child = "print('Hello from a child')"
        self.reads = 0
        self.looked: list[str] = []
        self.known_files = True
        """Whether the images have been surveyed."""
        self.walks: threading.Event | None = None
        """What a walk through the layers waits for."""
        self.broken: EngineError | None = None
        self._happenings: queue.SimpleQueue[Happening] = queue.SimpleQueue()
        self._grown: dict[str, list[int]] = {}

    def now(self) -> float:
        return self.time

    def kernel(self) -> str:
        return "Linux 6.6.0"

    def images(self) -> tuple[Image, ...]:
        self.reads += 1
        if self.broken:
            raise self.broken
        return tuple(self.stock)

    def containers(self) -> tuple[Container, ...]:
        return tuple(self.crew)

    def volumes(self) -> tuple[Volume, ...]:
        return tuple(self.shed)

    def layers(self, image: str) -> tuple[Layer, ...]:
        return LAYERS.get(image, BASE)

    def history(self, image: str) -> tuple[Step, ...]:
        layers = [Step(layer.created, layer.command, layer.size) for layer in reversed(self.layers(image))]
        return (Step(NOW - 2 * HOUR, '/bin/sh -c #(nop)  CMD ["nginx" "-g" "daemon off;"]', 0), *layers)

    def volume_size(self, volume: str) -> int | None:
        return {"data": 41_300_000, "cache": 9_800}.get(volume)

    def writable(self, container: str) -> int:
        return 48_200

    def changes(self, container: str) -> tuple[int, int, int]:
        return 3, 2, 1

    def files(self, kind: Kind, id: str, layer: int = 0) -> Tree:
        if kind == "volume":
            tree = FakeTree(VOLUME)
            tree.looked = self.looked
            return tree
        total = len(self.layers(id if kind == "image" else self._container(id).image_id))
        if layer:
            tree = FakeTree(alone(layer))
        else:
            tree = FakeTree(directories(total + 1 if kind == "container" else 0))
        tree.looked = self.looked
        return tree

    def surveyed(self, image: str) -> Survey | None:
        return SURVEY if self.known_files else None

    def survey(self, image: str, progress: Progress) -> Survey:
        for number in range(1, 4):
            progress(number, 4, 1000 * number)
            if self.walks is not None:
                self.walks.wait(5)
        self.known_files = True
        return SURVEY

    def names(self, image: str, layer: int = 0) -> Iterator[str]:
        for place, files in (alone(layer) if layer else directories()).items():
            yield from (f"{place.rstrip('/')}/{file.name}" for file in files)

    def inspect(self, kind: Kind, id: str) -> Mapping[str, Any]:
        if kind == "volume":
            return {"Name": id, "Driver": "local", "Mountpoint": f"/volumes/{id}/_data", "Labels": None}
        config = {
            "Cmd": ["nginx", "-g", "daemon off;"],
            "Env": ["PATH=/usr/bin", "TZ=UTC"],
            "WorkingDir": "/srv",
        }
        if kind == "image":
            return {
                "Id": id,
                "RepoTags": ["shop/web:1.4"],
                "Os": "linux",
                "Architecture": "amd64",
                "Config": config,
            }
        one = self._container(id)
        state = {"Status": one.status, "Pid": 4711 if one.alive else 0, "ExitCode": one.exit_code}
        mounts = [{"Type": "volume", "Name": name, "Destination": "/srv"} for name in one.volumes]
        return {
            "Id": id,
            "Name": f"/{one.name}",
            "State": state,
            "Config": {**config, "Image": one.image},
            "Mounts": mounts,
        }

    def log(self, container: str) -> FakeLog:
        self._container(container)
        log = FakeLog(self.logs.setdefault(container, []))
        self.opened.append(log)
        return log

    def attach(self, container: str) -> FakeTerminal:
        self._ask("attach", container)
        if container not in self.programs:
            self.programs[container] = Program(self.entry)
        return self.programs[container].terminal()

    def execute(self, container: str, words: Sequence[str]) -> FakeTerminal:
        self._ask("exec", container, *words)
        self.executed.append(Program(words))
        return self.executed[-1].terminal()

    def end(self) -> None:
        """End what runs in terminals."""
        for program in (*self.programs.values(), *self.executed):
            program.end()

    def log_changes(self, containers: Sequence[str], stop: int) -> Iterator[None]:
        import os

        bell = os.eventfd(0)
        for container in containers:
            self._grown.setdefault(container, []).append(bell)
        while True:
            yield
            if stop in select.select([stop, bell], [], [])[0]:
                for container in containers:
                    self._grown[container].remove(bell)
                os.close(bell)
                return
            os.eventfd_read(bell)

    def print(self, container: str, *lines: bytes, stream: str = "stdout") -> None:
        """Let a container print something."""
        import os

        self.logs.setdefault(container, []).extend((stream, line) for line in lines)
        for bell in self._grown.get(container, ()):
            os.eventfd_write(bell, 1)

    def happenings(self, stop: Callable[[], bool]) -> Iterator[Happening]:
        while not stop():
            try:
                yield self._happenings.get(timeout=0.2)
            except queue.Empty:
                continue

    def happen(self, type: str, action: str, id: str) -> None:
        """Tell of something that another process did."""
        self._happenings.put(Happening(type, action, id))

    def _container(self, id: str) -> Container:
        found = next((one for one in self.crew if one.id == id), None)
        if found is None:
            raise NotFound(f"No such container: {id}")
        return found

    def _change(self, action: str, id: str, **changes: Any) -> None:
        self._ask(action, id)
        place = self.crew.index(self._container(id))
        self.crew[place] = self.crew[place]._replace(**changes)
        self.happen("container", action, id)

    def _ask(self, *words: str) -> None:
        self.asked.append(words)
        if self.fail:
            error, self.fail = self.fail, None
            raise error

    def start(self, container: str) -> None:
        self._change("start", container, status="running", started_at=self.time)

    def stop(self, container: str) -> None:
        self._change("stop", container, status="exited", exit_code=0, finished_at=self.time)

    def restart(self, container: str) -> None:
        self._change("restart", container, status="running", started_at=self.time)

    def kill(self, container: str) -> None:
        self._change("kill", container, status="exited", exit_code=137, finished_at=self.time)

    def pause(self, container: str) -> None:
        self._change("pause", container, status="paused")

    def unpause(self, container: str) -> None:
        self._change("unpause", container, status="running")

    def signal(self, container: str, pid: int, name: str) -> None:
        self._ask("signal", container, str(pid), name)

    def rename(self, container: str, name: str) -> None:
        self._change("rename", container, name=name)

    def remove_container(self, container: str, force: bool) -> None:
        self._ask("rm", container, *(["force"] if force else []))
        self.crew.remove(self._container(container))
        self.happen("container", "destroy", container)

    def remove_image(self, image: str, force: bool) -> None:
        self._ask("rmi", image)
        self.stock = [one._replace(tags=tuple(tag for tag in one.tags if tag != image)) for one in self.stock]
        self.happen("image", "untag", image)

    def remove_volume(self, volume: str) -> None:
        self._ask("volume rm", volume)
        self.shed = [one for one in self.shed if one.name != volume]
        self.happen("volume", "destroy", volume)

    def tag(self, image: str, reference: str) -> None:
        self._ask("tag", image, reference)
        self.stock = [
            one._replace(tags=(*one.tags, reference)) if image in (*one.tags, one.id) else one
            for one in self.stock
        ]
        self.happen("image", "tag", image)

    def prune(self, kind: Kind) -> int:
        self._ask("prune", kind)
        self.crew = [one for one in self.crew if kind != "container" or one.alive]
        self.happen(kind, "prune", "")
        return 52_000_000

    def shell(self, image: str) -> int:
        self._ask("shell", image)
        return 0

    def command(self, words: Sequence[str]) -> list[str]:
        self.asked.append(("command", *words))
        return [sys.executable, "-c", self.child, *words]


def many(count: int) -> FakeYard:
    """A yard full of running containers, as many images, and one log that is long."""
    containers = [
        one._replace(
            id=container_id(n), name=f"{one.name}-{n}", status="running", started_at=NOW - n * MINUTE
        )
        for n in range(count)
        for one in some_containers()[:1]
    ]
    images = [
        Image(digest(n), (f"team/app-{n}:1.{n}",), NOW - n * HOUR, n * 1_234_567, digest(n))
        for n in range(count)
    ]
    return FakeYard(images, containers)

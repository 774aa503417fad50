"""The engine: one object from which everything is reached, and nothing is loaded before it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from engine.events import EventLog
from engine.paths import Paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.build.builds import Builds
    from engine.containers.containers import Containers
    from engine.containers.creation import Source
    from engine.develop.watches import Watches
    from engine.images.images import Images
    from engine.network.networks import Networks
    from engine.registry.registries import Registries
    from engine.shim.spawn import Shim
    from engine.store.store import Store
    from engine.store.usage import DiskUsage
    from engine.volumes.volumes import Volumes


class Swept(NamedTuple):
    """What `system prune` took away."""

    containers: list[str]
    volumes: list[str]
    images: list[str]
    reclaimed: int


class Engine:
    """The images, containers and volumes of one store.

    Any number of engines share it, in as many processes.
    """

    def __init__(self, root: str | None = None) -> None:
        """Open the store at `root`, else at STACKYARD_ROOT, else where this user's store is."""
        self.paths = Paths.choose(root)
        self.events = EventLog(self.paths.events)
        self._ready: Shim | None = None

    def prestart(self) -> None:
        """Bring up a monitor for the next `start`, while the rest of what it takes is loaded."""
        from engine.shim.spawn import Shim

        self._ready = self._ready or Shim()

    @cached_property
    def store(self) -> Store:
        """The records and contents, opened on first use."""
        from engine.store.store import Store

        return Store(self.paths)

    @cached_property
    def images(self) -> Images:
        """Images and their names."""
        from engine.images.images import Images

        return Images(self.store, self.events, running=self._is_running)

    @cached_property
    def builds(self) -> Builds:
        """Building images, and the builds that were."""
        from engine.build.builds import Builds

        return Builds(self.store, self.events, self.images.get, self.images.pull)

    @cached_property
    def containers(self) -> Containers:
        """Containers and their lifecycle."""
        from engine.containers.containers import Containers

        return Containers(self.store, self.events, self._image_source, self._ready)

    @cached_property
    def watches(self) -> Watches:
        """Watching files, building what was saved and replacing what runs."""
        from engine.develop.watch import Rooms
        from engine.develop.watches import Watches

        return Watches(self.paths, Rooms(self.builds, self.images, self.containers))

    @cached_property
    def volumes(self) -> Volumes:
        """Named volumes."""
        from engine.volumes.volumes import Volumes

        return Volumes(self.store, self.events)

    @cached_property
    def registries(self) -> Registries:
        """Registries, apart from what is pulled from them and pushed to them."""
        from engine.registry.registries import Registries

        return Registries()

    @cached_property
    def networks(self) -> Networks:
        """Networks and their members."""
        from engine.network.networks import Networks

        return Networks(self.store, self.events)

    def commit(
        self,
        container: str,
        reference: str = "",
        changes: Sequence[str] = (),
        message: str = "",
        author: str = "",
        pause: bool = True,
    ) -> str:
        """Make an image of a container, which may run and goes on running; return the image's id.

        `changes` are lines of a Dockerfile. Its volumes stay out. With `pause` its processes hold still
        meanwhile. Raises NotFound, InvalidInput, InvalidReference, Unsupported, NoSpace.
        """
        from engine.build.result.commit import Wanted, commit

        wanted = Wanted(reference, changes, message, author, pause)
        return commit(self.store, self.events, self.containers, container, wanted)

    def disk_usage(self) -> DiskUsage:
        """Measure what images, containers and volumes take, and what of it could go."""
        from engine.build.inventory import with_mounts
        from engine.store.usage import disk_usage

        running = frozenset(container.id for container in self.containers.list())
        usage = disk_usage(self.store, running=running)
        return usage._replace(builds=with_mounts(usage.builds, self.paths))

    @property
    def driver(self) -> str:
        """How roots are made here: overlay, or copy where the kernel grants none."""
        from engine.snapshots.choice import choose

        return choose(self.paths).name

    def version(self) -> dict[str, Any]:
        """Tell the versions of the engine and of what it stands on."""
        import os
        import platform

        from engine.version import VERSION

        return {
            "Version": VERSION,
            "Os": "linux",
            "Arch": {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine),
            "KernelVersion": os.uname().release,
            "PythonVersion": platform.python_version(),
        }

    def close(self) -> None:
        """Close the records."""
        if "store" in self.__dict__:
            self.store.close()

    def _image_source(self, name: str) -> Source:
        from engine.containers.creation import Source

        image = self.images.get(name)
        snapshots = tuple(layer.snapshot for layer in image.chain)
        words = (image.config.get(key) for key in ("os", "architecture", "variant"))
        platform = "/".join(word for word in words if word)
        return Source(image.id, name, image.config.get("config") or {}, snapshots, platform)

    def _is_running(self, container: str) -> bool:
        return self.containers.get(container).state.running

"""The objects of an engine as offers; one that cannot be asked offers nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from app.completion.offers import Offer

if TYPE_CHECKING:
    from engine.containers.record import Container
    from engine.engine import Engine

ALIVE = frozenset(("running", "paused", "restarting"))
STOPPED = frozenset(("created", "exited", "dead"))


class Objects:
    """Names of what there is; the engine is opened when it is first asked."""

    def __init__(self, open: Callable[[], Engine]) -> None:
        self._open = open

    def containers(self, statuses: Iterable[str] = ()) -> Iterator[Offer]:
        """Name the containers that are in one of these states, or all."""
        wanted = frozenset(statuses)
        for one in self._open().containers.list(all=True):
            if not wanted or one.state.status in wanted:
                yield Offer(one.name, _about(one))

    def images(self, *, loose: bool = False) -> Iterator[Offer]:
        """Name the images; with `loose` also by their ids those that have no name."""
        for one in self._open().images.list():
            if not one.tags and loose:
                yield Offer(one.id.removeprefix("sha256:")[:12], "image without a name")
            yield from (Offer(tag, f"image {one.id.removeprefix('sha256:')[:12]}") for tag in one.tags)

    def volumes(self) -> Iterator[Offer]:
        """Name the volumes."""
        for one in self._open().volumes.list():
            yield Offer(one.name, f"{one.driver} volume")

    def networks(self) -> Iterator[Offer]:
        """Name the networks."""
        for one in self._open().networks.all():
            yield Offer(one.name, f"{one.driver} network")

    def inside(self, container: str, folder: str) -> Iterator[Offer]:
        """List a directory of a container, as `NAME:/directory/…`."""
        browser = self._open().containers.browse(container)
        try:
            for item in browser.list(folder or "/"):
                if item.mark != "removed":
                    ends = "/" if item.nature == "directory" else ""
                    yield Offer(f"{container}:{folder or '/'}{item.name}{ends}", item.nature, not ends)
        finally:
            browser.close()


def _about(container: Container) -> str:
    return f"{container.state.status} · {container.image}"

"""The engine's call behind each action."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from app.workbench.actions import Selection, container_of
from app.workbench.figures import size
from app.workbench.yard import Lists, Yard


def deed(
    action: str, yard: Yard, selection: Selection, lists: Lists, argument: str = ""
) -> Callable[[], str]:
    """Return the call that does it; the call returns what else is to be said."""
    target = selection.target
    calls: dict[str, Callable[[], None]] = {
        "start": partial(yard.start, target),
        "stop": partial(yard.interrupt if selection.kind == "build" else yard.stop, target),
        "restart": partial(yard.restart, target),
        "kill": partial(yard.kill, target),
        "pause": partial(yard.unpause if _is_paused(selection, lists) else yard.pause, target),
        "rename": partial(yard.rename, target, argument),
        "tag": partial(yard.tag, target, argument),
    }
    if action == "prune":
        return lambda: f"{size(yard.prune(selection.kind))} became free"
    if action == "remove":
        return _quiet(_removal(yard, selection, lists))
    return _quiet(calls[action])


def _is_paused(selection: Selection, lists: Lists) -> bool:
    container = container_of(selection, lists)
    return container is not None and container.status == "paused"


def _removal(yard: Yard, selection: Selection, lists: Lists) -> Callable[[], None]:
    container = container_of(selection, lists)
    if container:
        return partial(yard.remove_container, container.id, container.alive)
    if selection.kind == "image":
        return partial(yard.remove_image, selection.target, False)
    if selection.kind == "build":
        return partial(yard.remove_build, selection.target)
    return partial(yard.remove_volume, selection.target)


def _quiet(call: Callable[[], None]) -> Callable[[], str]:
    def make() -> str:
        call()
        return ""

    return make

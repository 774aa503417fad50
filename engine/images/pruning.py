"""Removing the images that nobody needs."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import InvalidInput
from engine.events import EventLog
from engine.images.journal import tell
from engine.images.listing import Filters, Test, every, labelled, older, truth
from engine.images.records import Image, Pruned
from engine.images.removal import Removal, Running
from engine.store.store import Store


def prune(store: Store, events: EventLog, running: Running, *, tagged: bool, filters: Filters) -> Pruned:
    """Remove the nameless images (`tagged`: all) that no container is made from and every filter lets go.

    Filters: dangling, until, label, label!. Raises InvalidInput for others.
    """
    tests = _tests(filters)
    if "dangling" in filters:
        tagged = not truth("dangling", filters["dangling"])
    with store.discard() as discard:
        removal = Removal(store, discard, running)
        for image in every(store):
            nameless = not image.tags and not image.digests
            if (tagged or nameless) and not removal.users(image.id) and _passes(tests, image):
                removal.delete(image)
    for image, action in removal.told:
        tell(events, action, image.id, image.id, image.labels)
    return Pruned(tuple(removal.removed), removal.reclaimed)


def _tests(filters: Filters) -> list[Test]:
    tests: list[Test] = []
    for name, values in filters.items():
        if name == "until":
            tests.append(older(values))
        elif name == "label":
            tests.append(labelled(values))
        elif name == "label!":
            tests.extend(_without(value) for value in values)
        elif name != "dangling":
            raise InvalidInput(f"Invalid filter '{name}'")
    return tests


def _without(value: str) -> Test:
    has = labelled([value])
    return lambda image: not has(image)


def _passes(tests: Sequence[Test], image: Image) -> bool:
    return all(test(image) for test in tests)

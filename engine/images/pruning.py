"""Removing the images that nobody needs."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import InvalidInput
from engine.events import EventLog
from engine.images.journal import tell
from engine.images.listing import Filters, Test, every, labelled, loose, older, truth
from engine.images.records import Image, Pruned
from engine.images.removal import Removal, Running
from engine.store.store import Store


def prune(store: Store, events: EventLog, running: Running, *, tagged: bool, filters: Filters) -> Pruned:
    """Remove the nameless images (`tagged`: all) that nothing is made from and every filter lets go.

    Filters: dangling, until, label, label!. Raises InvalidInput for others.
    """
    tests = _tests(filters)
    if "dangling" in filters:
        tagged = not truth("dangling", filters["dangling"])
    with store.discard() as discard:
        removal = Removal(store, discard, running)
        for image in _candidates(store, tagged):
            used = image.id in removal.leased or removal.users(image.id)
            if not used and _passes(tests, image):
                removal.release(image)
    for image, action in removal.told:
        tell(events, action, image.id, image.id, image.labels)
    return Pruned(tuple(removal.removed), removal.reclaimed)


def _candidates(store: Store, tagged: bool) -> list[Image]:
    """Find the nameless images, or also all others; what images were built upon goes with them."""
    images = every(store)
    if not tagged:
        ids = loose(store)
        return [image for image in images if image.id in ids]
    parents = {image.parent for image in images}
    return [image for image in images if image.tags or image.digests or image.id not in parents]


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

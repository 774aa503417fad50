"""Removing what builds keep and no image needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from engine.build.inventory import CONTEXT, MOUNT, STEP, Entry, everything
from engine.build.program.cachemounts import CacheMounts
from engine.errors import InUse, InvalidInput, NotFound
from engine.events import EventLog
from engine.images.journal import tell
from engine.images.listing import read
from engine.images.removal import Removal
from engine.moments import past
from engine.store.store import Store

Filters = Mapping[str, Sequence[str]]
Test = Callable[[Entry], bool]


class Pruned(NamedTuple):
    """What went."""

    entries: tuple[Entry, ...]
    reclaimed: int
    """Bytes."""


def prune(store: Store, events: EventLog, *, all: bool, filters: Filters, keep: int) -> Pruned:
    """Remove what is longest unused until at most `keep` bytes are left.

    What an image stands on stays, unless `all` is to be forgotten: then only layers that an image needs stay.
    What a container or a build needs now always stays. Filters: until (or unused-for), id, type. Raises
    InvalidInput.
    """
    tests = _tests(filters)
    CacheMounts(store.paths).sweep()
    entries = everything(store)
    left = sum(entry.size for entry in entries)
    victims: list[Entry] = []
    for entry in entries:
        if keep and left <= keep:
            break
        optional = entry.shared or entry.kind == CONTEXT
        if entry.in_use or (optional and not all) or not _passes(tests, entry):
            continue
        victims.append(entry)
        left -= entry.size
    steps = _whole(entries, [entry for entry in victims if entry.kind == STEP], all)
    removed, reclaimed = _remove_steps(store, events, steps)
    if all and not keep and not filters:
        _forget(store)
    others = [entry for entry in victims if entry.kind != STEP and _remove(store, entry)]
    return Pruned((*removed, *others), reclaimed + sum(entry.size for entry in others))


def _whole(entries: Sequence[Entry], steps: Sequence[Entry], all: bool) -> list[Entry]:
    """Leave out those that would leave another step without what it stands on."""
    if all:
        return list(steps)
    going = {entry.id for entry in steps}
    stay = {entry.parent for entry in entries if entry.kind == STEP and entry.id not in going}
    kept: list[Entry] = []
    for entry in steps:
        if entry.id in stay:
            stay.add(entry.parent)
        else:
            kept.append(entry)
    return kept


def _remove_steps(store: Store, events: EventLog, steps: Sequence[Entry]) -> tuple[list[Entry], int]:
    """Remove steps, the children first; those that got a name or a container meanwhile stay."""
    if not steps:
        return [], 0
    gone: list[Entry] = []
    with store.discard() as discard:
        removal = Removal(store, discard, running=lambda _: False, parents=False)
        for entry in steps:
            listed = store.query("SELECT 1 FROM images WHERE id = ?", (entry.id,))
            named = store.query("SELECT 1 FROM tags WHERE image = ?", (entry.id,))
            if not listed or named or entry.id in removal.leased or removal.users(entry.id):
                continue
            discard.connection.execute("UPDATE images SET parent = NULL WHERE parent = ?", (entry.id,))
            removal.delete(read(store, entry.id))
            gone.append(entry)
    for image, action in removal.told:
        tell(events, action, image.id, image.id, image.labels)
    return gone, removal.reclaimed


def _forget(store: Store) -> None:
    """Forget by which steps the images that stay were made."""
    with store.transaction() as connection:
        connection.execute("DELETE FROM steps")


def _remove(store: Store, entry: Entry) -> bool:
    try:
        if entry.kind == MOUNT:
            CacheMounts(store.paths).remove(entry.id)
        else:
            os.unlink(f"{store.paths.digests}/{entry.id}")
    except (NotFound, InUse, FileNotFoundError):
        return False
    return True


def _tests(filters: Filters) -> list[Test]:
    tests: list[Test] = []
    for name, values in filters.items():
        if name in ("until", "unused-for"):
            tests.append(_unused_since(values))
        elif name == "id":
            tests.append(partial(_is_named, values))
        elif name == "type":
            tests.append(partial(_is_of_type, values))
        else:
            raise InvalidInput(f"Invalid filter '{name}'")
    return tests


def _unused_since(values: Sequence[str]) -> Test:
    if len(values) > 1:
        raise InvalidInput("more than one until filter specified")
    moment = past(values[0])
    return lambda entry: entry.used < moment


def _is_of_type(values: Sequence[str], entry: Entry) -> bool:
    return entry.kind in values


def _is_named(values: Sequence[str], entry: Entry) -> bool:
    return any(entry.id.removeprefix("sha256:").startswith(value.removeprefix("sha256:")) for value in values)


def _passes(tests: Sequence[Test], entry: Entry) -> bool:
    return all(test(entry) for test in tests)

"""The user's own keys: their names, how they are shown, and which actions must not share one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType

from app.configuration.configuration import Clash, Command
from app.workbench.keys import (
    BUILD,
    CONTAINER,
    GLOBAL,
    IMAGE,
    LIST,
    OBJECT,
    PAGES,
    TERMINALS,
    VOLUMES,
    Key,
)

Keymap = Mapping[str, tuple[str, ...]]
"""Actions that have other keys than at first; no keys at all if a tuple is empty."""
NOTHING: Keymap = MappingProxyType({})
NONE = "f35"
"""Stands for no key: Textual takes an empty entry for none."""
_BOARD = (*GLOBAL, *IMAGE, *CONTAINER, *TERMINALS, *BUILD, *OBJECT)
"""What can be meant wherever the focus is."""
_SHOWN = {
    "up": "↑", "down": "↓", "left": "←", "right": "→",
    "escape": "Esc", "pageup": "PgUp", "pagedown": "PgDn",
}  # fmt: skip


def id_of(key: Key) -> str:
    """Give the name under which an action can have other keys."""
    return key.id.replace("(", ".").rstrip(")")


@cache
def actions() -> dict[str, str]:
    """List the actions, each with what it does."""
    return {id_of(key): key.about for _, table in PAGES for key in table}


def proper(word: str) -> str:
    """Give a key the name that Textual knows; ValueError if there is no such key."""
    from textual.keys import Keys, _character_to_key, key_to_character

    if len(word) == 1:
        return str(_character_to_key(word))
    *before, last = word.split("+")
    modifiers = [part.lower() for part in before]
    last = str(_character_to_key(last)) if len(last) == 1 and not last.isalnum() else last
    name = "+".join([*modifiers, last.lower() if modifiers or len(last) > 1 else last])
    known = {key.value for key in Keys}
    letter = len(last) == 1 or key_to_character(last.lower()) is not None
    if name in known or (letter and set(modifiers) <= {"ctrl", "alt", "shift"}) or last.lower() in known:
        return name
    raise ValueError(f"there is no key {word!r}: a character, or a name such as enter, f5, ctrl+s")


def shown(key: Key, keymap: Keymap) -> str:
    """Write an action's keys as they are on the keyboard."""
    keys = keymap.get(id_of(key))
    return key.shown if keys is None else " ".join(map(spelled, keys)) or "—"


def spelled(key: str) -> str:
    """Write a key as it is on the keyboard."""
    from textual.keys import key_to_character

    *modifiers, last = key.split("+")
    plain = last if len(last) == 1 else _SHOWN.get(last) or key_to_character(last) or last.capitalize()
    plain = "Space" if plain == " " else plain
    named = [*map(str.capitalize, modifiers), plain.upper() if modifiers and len(plain) == 1 else plain]
    return "-".join(named)


def textual(keymap: Keymap) -> dict[str, str]:
    """Write it as Textual's; who shared a key with an action before keeps it explicitly."""
    said = {id: ",".join(keys) or NONE for id, keys in keymap.items()}
    taken = {key for one in _BOARD if id_of(one) in keymap for key in one.keys.split(",")}
    for one in _BOARD:
        if taken & set(one.keys.split(",")):
            said.setdefault(id_of(one), one.keys)
    return said


def clashes(keymap: Keymap, commands: Sequence[Command]) -> Iterator[Clash]:
    """Find keys with two meanings that had one, each with the entry that is to blame."""
    for table in _together():
        allowed = {frozenset((id_of(one), id_of(two))) for one, two in _pairs(table, {})}
        for one, two in _pairs(table, keymap):
            ids = id_of(one), id_of(two)
            if frozenset(ids) not in allowed:
                blamed = next(id for id in reversed(ids) if id in keymap)
                both = " and ".join(f"{key.about!r} ({id_of(key)})" for key in (one, two))
                common = set(_keys(one, keymap)) & set(_keys(two, keymap))
                yield Clash(blamed, f"the key {spelled(min(common))} would mean both {both}")
    for place, command in enumerate(commands):
        yield from _taken(place, command, keymap, commands[:place])


def _taken(place: int, command: Command, keymap: Keymap, before: Sequence[Command]) -> Iterator[Clash]:
    said = f"the key {spelled(command.key)} would mean both {command.name!r} and"
    for key in (*LIST, *VOLUMES, *_BOARD):
        if command.key in _keys(key, keymap):
            yield Clash(place, f"{said} {key.about!r} ({id_of(key)})")
    for other in before:
        if (other.key, other.context) == (command.key, command.context):
            yield Clash(place, f"{said} {other.name!r}")


def _together() -> Iterator[tuple[Key, ...]]:
    """Group what can be meant at the same moment: the board's, and with it that of what has the focus."""
    yield _BOARD
    for _, table in PAGES:
        if table[0] not in _BOARD:
            yield (*table, *_BOARD)


def _pairs(table: Sequence[Key], keymap: Keymap) -> Iterator[tuple[Key, Key]]:
    holders: dict[str, list[Key]] = {}
    for key in table:
        for name in _keys(key, keymap):
            others = holders.setdefault(name, [])
            yield from ((other, key) for other in others if other.id != key.id)
            others.append(key)


def _keys(key: Key, keymap: Keymap) -> tuple[str, ...]:
    keys = keymap.get(id_of(key))
    return tuple(key.keys.split(",")) if keys is None else keys

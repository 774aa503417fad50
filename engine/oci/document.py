"""JSON documents from outside: bounded, no duplicate keys, read once from the digested bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from engine.errors import Corrupt

MAX_BYTES = 4 << 20
"""The largest manifest or config that is read (the limit of the other engines and registries)."""


def load(data: bytes, what: str) -> dict[str, Any]:
    """Parse one JSON object; raises Corrupt for anything else, for duplicate keys and above MAX_BYTES."""
    if len(data) > MAX_BYTES:
        raise Corrupt(f"{what} is larger than {MAX_BYTES >> 20} MiB")
    value = load_any(data, what)
    if not isinstance(value, dict):
        raise Corrupt(f"{what} is not a JSON object")
    return value


def load_any(data: bytes, what: str) -> Any:
    """Parse one JSON value under the same rules."""
    if len(data) > MAX_BYTES:
        raise Corrupt(f"{what} is larger than {MAX_BYTES >> 20} MiB")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        document = dict(items)
        if len(document) != len(items):
            raise Corrupt(f"{what} names a key twice")
        return document

    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=pairs, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"{what} is not valid JSON", details=str(error)[:200]) from None


def field(document: dict[str, Any], key: str, kind: type, what: str) -> Any:
    """Return a member of the expected type, None where missing or null; raises Corrupt for another."""
    value = document.get(key)
    if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise Corrupt(f"{what}: {key} is not {_NAMES.get(kind, kind.__name__)}")
    return value


def strings(document: dict[str, Any], key: str, what: str) -> Sequence[str] | None:
    """Return a member that is a list of strings; None where it is missing or null."""
    value = field(document, key, list, what)
    if value is not None and not all(isinstance(item, str) for item in value):
        raise Corrupt(f"{what}: {key} is not a list of strings")
    return value  # type: ignore[no-any-return]


_NAMES: dict[type, str] = {
    str: "a string",
    int: "a number",
    list: "a list",
    dict: "an object",
    bool: "true or false",
}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")

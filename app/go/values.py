"""Values as Go's fmt prints them and as its encoding/json writes them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from app.go.shapes import MAPS, GoMap, Moment, NilList, NilMap, Struct, typed, zero


class Texts(list[str]):
    """A list of texts made by a function: one that Go knows to hold nothing else."""


class Missing:
    """What a map gives for a key it has not."""

    def __str__(self) -> str:
        return "<no value>"


MISSING = Missing()


def is_map(value: object) -> bool:
    """Say whether a value is a map rather than a struct."""
    return isinstance(value, GoMap) or (isinstance(value, Mapping) and not isinstance(value, dict))


def truth(value: object) -> bool:
    """Tell whether a template takes a value for true: not zero, not nil, not empty; a struct always is."""
    if isinstance(value, Mapping):
        return bool(value) or not is_map(value)
    return bool(value) and value is not MISSING


def kind(value: object) -> str:
    """Name the Go type a value stands for."""
    if isinstance(value, list | tuple):
        return "[]string" if value and all(isinstance(part, str) for part in value) else "[]interface {}"
    if isinstance(value, Mapping):
        texts = bool(value) and all(isinstance(part, str) for part in value.values())
        return "map[string]string" if texts else "map[string]interface {}"
    kinds = ((bool, "bool"), (int, "int"), (float, "float64"), (complex, "complex128"), (str, "string"))
    return next((name for python, name in kinds if isinstance(value, python)), "<nil>")


def printed(value: object, plus: bool = False) -> str:
    """Print a value as %v does, or with field names as %+v does."""
    if isinstance(value, str):
        return value.told() if isinstance(value, Moment) else value
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return go_float(value)
    if isinstance(value, complex):
        return f"({go_float(value.real)}+{go_float(value.imag)}i)"
    if is_map(value) and isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{printed(value[key], plus)}' for key in sorted(value))}]"
    if isinstance(value, Mapping):
        parts = ((f"{key}:" if plus else "", part) for key, part in fields(value))
        return f"{{{' '.join(name + printed(part, plus) for name, part in parts)}}}"
    if isinstance(value, list | tuple):
        return f"[{' '.join(printed(part, plus) for part in value)}]"
    return str(value)


def fields(struct: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Return a struct's fields as docker's types have them."""
    for name in struct.fields if isinstance(struct, Struct) else struct:
        yield name, typed(name, struct[name]) if name in struct else zero(name)


def go_float(value: float) -> str:
    """Write a float with as few digits as tell it apart, with an exponent below -4 and from 6 on."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    shortest = (f"{value:.{precision}e}" for precision in range(18))
    text = next(text for text in shortest if float(text) == value)
    if -4 <= int(text.partition("e")[2]) < 6 or not value:
        return repr(value).removesuffix(".0")
    return text


def marshalled(value: object) -> str:
    """Write a value as docker's `json` function does: compact, maps sorted, structs in their own order.

    Rows of listings are marshalled by themselves in docker, with <, > and & escaped.
    """
    import json

    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    if isinstance(value, Mapping) and not isinstance(value, dict):
        for character in "<>&":
            text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _plain(value: object) -> Any:
    if isinstance(value, NilMap | NilList):
        return None
    if isinstance(value, Mapping):
        keys = sorted(value) if is_map(value) else value
        return {key: _plain(_settled(value[key], key)) for key in keys}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return None if value is MISSING else value


def _settled(value: object, key: str) -> object:
    if value is not None and callable(value):
        value = value()
    return GoMap(value) if key in MAPS and type(value) is dict else value


def bytewise(text: str, start: int, end: int | None = None) -> str:
    """Slice a text by its bytes, as Go does."""
    data = text.encode("utf-8", "surrogateescape")
    return data[start:end].decode("utf-8", "replace")

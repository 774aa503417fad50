"""The functions a template may call: Go's own and docker's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.cli.govalues import formatted, kind, marshalled, printed, typed
from engine.errors import InvalidInput


def truth(value: object) -> bool:
    """Tell whether Go holds a value for true: not zero, not nil, not empty."""
    return bool(value)


def _and(*values: object) -> object:
    return next((value for value in values if not truth(value)), values[-1])


def _or(*values: object) -> object:
    return next((value for value in values if truth(value)), values[-1])


def _equal(first: object, *others: object) -> bool:
    if not others:
        raise InvalidInput("template parsing error: error calling eq: missing argument for comparison")
    for other in others:
        if isinstance(first, str) != isinstance(other, str) and None not in (first, other):
            raise InvalidInput("template parsing error: error calling eq: incompatible types for comparison")
    return any(first == other for other in others)


def _order(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def ordered(one: object, other: object) -> bool:
        if isinstance(one, str) != isinstance(other, str):
            raise InvalidInput("template parsing error: incompatible types for comparison")
        return compare(one, other)

    return ordered


def _index(value: Any, *keys: Any) -> object:
    for key in keys:
        if isinstance(value, Mapping):
            value = typed(str(key), value.get(key, ""))
        elif isinstance(value, Sequence) and isinstance(key, int):
            if not 0 <= key < len(value):
                raise InvalidInput(f"template parsing error: error calling index: index out of range: {key}")
            value = value[key]
        else:
            what = f"can't index item of type {kind(value)}"
            raise InvalidInput(f"template parsing error: error calling index: {what}")
    return value


def _slice(value: Any, *bounds: int) -> object:
    try:
        return value[slice(*bounds)]
    except TypeError:
        raise InvalidInput("template parsing error: error calling slice: can't slice item") from None


def _length(value: object) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping | Sequence):
        return len(value)
    raise InvalidInput(f"template parsing error: error calling len: len of type {kind(value)}")


def _print(*values: object) -> str:
    """Join as fmt.Sprint does: a space only between two values neither of which is a string."""
    text = ""
    for number, value in enumerate(values):
        apart = number and not isinstance(value, str) and not isinstance(values[number - 1], str)
        text += (" " if apart else "") + printed(value)
    return text


def _join(values: object, separator: str) -> str:
    parts = values if isinstance(values, Sequence) else ()
    return separator.join(printed(value) for value in parts)


def _pad(text: str, before: int, after: int) -> str:
    return f"{' ' * before}{text}{' ' * after}" if text else text


def _truncate(text: str, length: int) -> str:
    return text[:length]


FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "and": _and,
    "or": _or,
    "not": lambda value: not truth(value),
    "eq": _equal,
    "ne": lambda one, other: not _equal(one, other),
    "lt": _order(lambda one, other: bool(one < other)),
    "le": _order(lambda one, other: bool(one <= other)),
    "gt": _order(lambda one, other: bool(one > other)),
    "ge": _order(lambda one, other: bool(one >= other)),
    "len": _length,
    "index": _index,
    "slice": _slice,
    "print": _print,
    "println": lambda *values: " ".join(map(printed, values)) + "\n",
    "printf": lambda form, *values: formatted(form, values),
    "json": marshalled,
    "join": _join,
    "split": lambda text, separator: text.split(separator),
    "lower": lambda text: printed(text).lower(),
    "upper": lambda text: printed(text).upper(),
    "title": lambda text: " ".join(word[:1].upper() + word[1:] for word in printed(text).split(" ")),
    "pad": _pad,
    "truncate": _truncate,
}

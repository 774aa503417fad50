"""The functions a template may call: Go's own and docker's (text/template/funcs.go, docker/cli templates)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from app.go.errors import Misused
from app.go.shapes import RawMap
from app.go.values import MISSING, Texts, bytewise, kind, marshalled, printed, truth
from app.go.verbs import formatted


class Function(NamedTuple):
    """A function and what it takes: any, string, int or []string."""

    call: Callable[..., object]
    takes: tuple[str, ...]
    more: str | None = None
    """What any number of further arguments are."""


def _equal(first: object, *others: object) -> bool:
    if not others:
        raise Misused("missing argument for comparison")
    for other in (first, *others):
        if isinstance(other, list | tuple):
            raise Misused(f"non-comparable type {printed(other)}: []interface {{}}")
    for other in others:
        if None not in (first, other) and kind(first) != kind(other):
            raise Misused("incompatible types for comparison")
        if first == other:
            return True
    return False


def _less(one: Any, other: Any) -> bool:
    for value in (one, other):
        if not isinstance(value, int | float | str) or isinstance(value, bool):
            raise Misused("invalid type for comparison")
    if kind(one) != kind(other):
        raise Misused("incompatible types for comparison")
    return bool(one < other)


def _index(value: object, *keys: object) -> object:
    for key in keys:
        if value is None or value is MISSING:
            raise Misused("index of untyped nil")
        value = _element(value, key)
    if value is None and not keys:
        raise Misused("index of untyped nil")
    return value


def _element(value: object, key: object) -> object:
    if isinstance(value, Mapping):
        if not isinstance(key, str):
            raise Misused(f"value has type {kind(key)}; should be string")
        if isinstance(value, RawMap):
            return value.get(key)
        others = list(value.values())
        # Go gives the zero value of the map's element type, which the neighbours tell.
        zero: object = MISSING if others and not isinstance(others[0], str) else ""
        return value.get(key, zero)
    if not isinstance(value, str | list | tuple):
        raise Misused(f"can't index item of type {kind(value)}")
    if not isinstance(key, int):
        raise Misused(f"cannot index slice/array with type {kind(key)}")
    sequence: Sequence[object] = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if not 0 <= key < len(sequence):
        raise Misused(f"index out of range: {key}")
    return sequence[key]


def _slice(value: object, *bounds: object) -> object:
    if not isinstance(value, str | list | tuple):
        raise Misused(f"can't slice item of type {kind(value)}")
    if len(bounds) > 3:
        raise Misused(f"too many slice indexes: {len(bounds)}")
    if len(bounds) == 3 and isinstance(value, str):
        raise Misused("cannot 3-index slice a string")
    size = _length(value)
    numbers: list[int] = []
    for bound in bounds:
        if not isinstance(bound, int):
            raise Misused(f"cannot index slice/array with type {kind(bound)}")
        if not 0 <= bound <= size:
            raise Misused(f"index out of range: {bound}")
        numbers.append(bound)
    start, end = (numbers[0] if numbers else 0), (numbers[1] if len(numbers) > 1 else size)
    if start > end:
        raise Misused(f"invalid slice index: {start} > {end}")
    return bytewise(value, start, end) if isinstance(value, str) else value[start:end]


def _length(value: object) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, Mapping | list | tuple):
        return len(value)
    raise Misused("len of nil pointer" if value is None else f"len of type {kind(value)}")


def _print(*values: object) -> str:
    """Join as fmt.Sprint does: a space only between two values neither of which is a string."""
    text = ""
    for number, value in enumerate(values):
        apart = number and not isinstance(value, str) and not isinstance(values[number - 1], str)
        text += (" " if apart else "") + printed(value)
    return text


def _call(value: object, *arguments: object) -> object:
    if not callable(value):
        raise Misused(f"non-function {{0}} of type {kind(value)}")
    return value(*arguments)


def _html(*values: object) -> str:
    text = _print(*values).replace("&", "&amp;").replace("\0", "\ufffd")
    for character, name in (("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;")):
        text = text.replace(character, name)
    return text


def _js(*values: object) -> str:
    def escaped(match: re.Match[str]) -> str:
        character = match[0]
        return f"\\{character}" if character in "\\'\"" else f"\\u{ord(character):04X}"

    return re.sub(r"[\\'\"<>&=\x00-\x1f]", escaped, _print(*values))


def _urlquery(*values: object) -> str:
    data = _print(*values).encode("utf-8", "surrogateescape")
    safe = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
    return "".join(chr(byte) if byte in safe else "+" if byte == 32 else f"%{byte:02X}" for byte in data)


def _title(text: str) -> str:
    return re.sub(r"(?<!\w)\w", lambda match: match[0].upper(), text)


def _pad(text: str, before: int, after: int) -> str:
    return f"{' ' * before}{text}{' ' * after}" if text else ""


def _split(text: str, separator: str) -> Texts:
    return Texts(text.split(separator) if separator else text)


_ANY, _TEXT, _COUNT = "any", "string", "int"


def _json(value: object) -> str:
    try:
        return marshalled(value)
    except TypeError:
        raise Misused(f"json: unsupported type: {kind(value)}") from None


FUNCTIONS: Mapping[str, Function] = {
    # The evaluation leaves `and` and `or` off at the argument that decides.
    "and": Function(lambda *values: values[-1], (_ANY,), _ANY),
    "or": Function(lambda *values: values[-1], (_ANY,), _ANY),
    "not": Function(lambda value: not truth(value), (_ANY,)),
    "eq": Function(_equal, (_ANY,), _ANY),
    "ne": Function(lambda one, other: not _equal(one, other), (_ANY, _ANY)),
    "lt": Function(_less, (_ANY, _ANY)),
    "le": Function(lambda one, other: _less(one, other) or _equal(one, other), (_ANY, _ANY)),
    "gt": Function(lambda one, other: not (_less(one, other) or _equal(one, other)), (_ANY, _ANY)),
    "ge": Function(lambda one, other: not _less(one, other), (_ANY, _ANY)),
    "len": Function(_length, (_ANY,)),
    "index": Function(_index, (_ANY,), _ANY),
    "slice": Function(_slice, (_ANY,), _ANY),
    "call": Function(_call, (_ANY,), _ANY),
    "print": Function(_print, (), _ANY),
    "println": Function(lambda *values: " ".join(map(printed, values)) + "\n", (), _ANY),
    "printf": Function(lambda form, *values: formatted(form, values), (_TEXT,), _ANY),
    "html": Function(_html, (), _ANY),
    "js": Function(_js, (), _ANY),
    "urlquery": Function(_urlquery, (), _ANY),
    "json": Function(_json, (_ANY,)),
    "split": Function(_split, (_TEXT, _TEXT)),
    "join": Function(lambda parts, separator: separator.join(parts), ("[]string", _TEXT)),
    "title": Function(_title, (_TEXT,)),
    "lower": Function(str.lower, (_TEXT,)),
    "upper": Function(str.upper, (_TEXT,)),
    "pad": Function(_pad, (_TEXT, _COUNT, _COUNT)),
    "truncate": Function(lambda text, length: bytewise(text, 0, length), (_TEXT, _COUNT)),
}

HEADINGS: Mapping[str, Function] = {
    **FUNCTIONS,
    **{name: Function(lambda text: text, (_TEXT,)) for name in ("json", "title", "lower", "upper")},
    **{name: Function(lambda text, separator: text, (_TEXT, _TEXT)) for name in ("join", "split")},
    "truncate": Function(lambda text, length: text, (_TEXT, _COUNT)),
}
"""For a table's headings, which docker keeps as they are."""

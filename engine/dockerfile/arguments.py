"""How each instruction parts what stands behind its name and its flags into words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from engine.dockerfile.blanks import BLANKS, GAP
from engine.dockerfile.errors import Fault, quoted

Words: TypeAlias = tuple[tuple[str, ...], bool]
"""The words, and whether they were written as a JSON list."""


def split(rest: str, escape: str) -> list[str]:
    """Part at the blanks that are neither quoted nor escaped; quotes and escapes stay in the words."""
    if rest.isascii() and not ("'" in rest or '"' in rest or escape in rest):
        return GAP.split(rest)
    words, word, quote, at, end = [], "", "", 0, len(rest)
    while at < end:
        char = rest[at]
        if char == escape and quote != "'":
            # One at the very end escapes nothing and is dropped.
            word += rest[at : at + 2] if at + 1 < end else ""
            at += 2
            continue
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in BLANKS:
            if word:
                words.append(word)
            word = ""
            at += 1
            continue
        word += char
        at += 1
    return [*words, word] if word else words


def json_list(rest: str) -> tuple[str, ...] | None:
    """Read a JSON list of texts, None if it is no JSON; raises Fault if it lists anything but texts."""
    if not rest.startswith("["):
        return None
    # Read here and not above: a Dockerfile without a list does not pay for it.
    import json

    try:
        found = json.loads(rest, parse_constant=_not_json)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(text, str) for text in found):
        raise Fault("when using JSON array syntax, arrays must be comprised of strings only")
    return tuple(_whole(text) for text in found)


def _not_json(name: str) -> None:
    raise ValueError(name)


def _whole(text: str) -> str:
    """Replace half of a surrogate pair, which no file name and no argument can hold."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text(rest: str, escape: str) -> Words:
    return ((rest,) if rest else ()), False


def _text_or_json(rest: str, escape: str) -> Words:
    listed = json_list(rest)
    return _text(rest, escape) if listed is None else (listed, True)


def _words(rest: str, escape: str) -> Words:
    return (tuple(GAP.split(rest)) if rest else ()), False


def _words_or_json(rest: str, escape: str) -> Words:
    listed = json_list(rest)
    return _words(rest, escape) if listed is None else (listed, True)


def _names(rest: str, escape: str) -> Words:
    return tuple(split(rest, escape) if rest else ()), False


def _pairs(name: str) -> Callable[[str, str], Words]:
    def pairs(rest: str, escape: str) -> Words:
        words = split(rest, escape) if rest else []
        if not words:
            return (), False
        if "=" not in words[0]:
            old = GAP.split(rest, maxsplit=1)
            if len(old) < 2:
                raise Fault(f"{name} must have two arguments")
            return (old[0], old[1], ""), False
        parted: list[str] = []
        for word in words:
            key, equals, value = word.partition("=")
            if not equals:
                raise Fault(f"Syntax error - can't find = in {quoted(word)}. Must be of the form: name=value")
            parted += (key, value, "=")
        return tuple(parted), False

    return pairs


def _health(rest: str, escape: str) -> Words:
    if not rest:
        return (), False
    kind, *command = GAP.split(rest, maxsplit=1)
    words, json = _text_or_json(command[0].lstrip(BLANKS) if command else "", escape)
    return (kind, *words), json


def unknown(rest: str, escape: str) -> Words:
    """Give an instruction nobody knows its one empty word."""
    return ("",), False


SHAPES: dict[str, Callable[[str, str], Words]] = {
    "ADD": _words_or_json,
    "ARG": _names,
    "CMD": _text_or_json,
    "COPY": _words_or_json,
    "ENTRYPOINT": _text_or_json,
    "ENV": _pairs("ENV"),
    "EXPOSE": _words,
    "FROM": _words,
    "HEALTHCHECK": _health,
    "LABEL": _pairs("LABEL"),
    "MAINTAINER": _text,
    "RUN": _text_or_json,
    "SHELL": _text_or_json,
    "STOPSIGNAL": _text,
    "USER": _text,
    "VOLUME": _words_or_json,
    "WORKDIR": _text,
}
"""How to part the words of each instruction, but for ONBUILD, which holds another."""

NAMES = (*SHAPES, "ONBUILD")

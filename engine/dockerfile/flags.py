"""The flags of an instruction: `--name=value` between its name and its words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.dockerfile.blanks import BLANKS
from engine.dockerfile.errors import Fault

TEXT, TRUTH, MANY = "text", "truth", "many"
"""What a flag takes: one value, true or false or nothing, a value each time it is given."""


class Flags(NamedTuple):
    """The flags that were given, by name and without dashes."""

    texts: Mapping[str, str]
    truths: Mapping[str, bool]
    lists: Mapping[str, tuple[str, ...]]

    def text(self, name: str) -> str:
        """Return the value of a flag, or nothing."""
        return self.texts.get(name, "")

    def many(self, name: str) -> tuple[str, ...]:
        """Return the values of a flag in their order."""
        return self.lists.get(name, ())


def part(rest: str) -> tuple[tuple[str, ...], str]:
    """Part what stands behind an instruction's name into flags and the rest; `--` ends the flags."""
    flags: list[str] = []
    rest = rest.lstrip(BLANKS)
    while rest.startswith("--"):
        word, given, at = _word(rest)
        rest = rest[at:].lstrip(BLANKS)
        if word == "--":
            break
        if given:
            flags.append(word)
    return tuple(flags), rest


def _word(text: str) -> tuple[str, bool, int]:
    """Read a word without its quotes and escapes; say whether there is one, and where it ends."""
    word, quote, at = "", "", 0
    given = False
    while at < len(text):
        char = text[at]
        if char == "\\":
            # The escape directive does not reach flags: this is a backslash in every Dockerfile.
            word += text[at + 1 : at + 2]
            at += 2
            continue
        if quote:
            word, quote = (word, "") if char == quote else (word + char, quote)
        elif char in BLANKS:
            break
        elif char in "'\"":
            quote, given = char, True
        else:
            word += char
        at += 1
    return word, given or bool(word), min(at, len(text))


def read(given: Sequence[str], known: Mapping[str, str]) -> Flags:
    """Read flags, each of which must be known; raises Fault with BuildKit's sentence."""
    texts: dict[str, str] = {}
    truths: dict[str, bool] = {}
    lists: dict[str, tuple[str, ...]] = {}
    for flag in given:
        dashed, equals, value = flag.partition("=")
        name = dashed[2:]
        kind = known.get(name)
        if kind is None:
            from engine.dockerfile.suggestion import meant

            raise Fault(f"unknown flag: {dashed}{meant(name, known)}")
        if name in texts or name in truths:
            raise Fault(f"duplicate flag specified: {dashed}")
        if (not equals and kind != TRUTH) or (equals and not value and kind == TRUTH):
            raise Fault(f"missing a value on flag: {dashed}")
        if kind == TEXT:
            texts[name] = value
        elif kind == MANY:
            lists[name] = (*lists.get(name, ()), value)
        else:
            truths[name] = _truth(dashed, value)
    return Flags(texts, truths, lists)


def _truth(dashed: str, value: str) -> bool:
    if value.lower() not in ("", "true", "false"):
        raise Fault(f"expecting boolean value for flag {dashed}, not: {value}")
    return value.lower() != "false"

"""Flags as docker's own parser reads them: declarative tables in, typed values out.

Neither argparse nor click speaks this dialect (`--flag=false`, `-eA=b`, flags that end at the first word of
`run`, docker's sentences for what it cannot read), and importing click takes a quarter of the time of `run`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

PROGRAM = "stackyard"
TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))
REPEATED = frozenset(("list", "filter", "map", "mount", "network", "ulimit"))
"""Kinds that collect every value given."""


class UsageError(Exception):
    """The command line cannot be read; `code` is the exit code docker gives for it."""

    def __init__(self, message: str, code: int = 125) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class HelpAsked(Exception):
    """`--help` was among the flags."""


class Flag(NamedTuple):
    """One flag: how it is written, what it takes, what its help says."""

    name: str
    kind: str
    """bool, string, int, list, filter, or what docker's help calls the value (bytes, duration, map …)."""
    help: str
    short: str = ""
    default: Any = None
    shown: str = ""
    """The default as the help shows it."""
    check: Callable[[str], str] | None = None
    """Validate a value and return it as it is to be kept; ValueError says what is wrong with it."""
    later: str = ""
    """Why this flag is refused for now: one sentence."""
    hidden: bool = False

    @property
    def spelling(self) -> str:
        """Both spellings, as errors name the flag."""
        return f"-{self.short}, --{self.name}" if self.short else f"--{self.name}"

    def read(self, text: str) -> Any:
        """Turn the value's text into the value; ValueError says what is wrong with it."""
        if self.kind == "bool":
            return _boolean(text)
        if self.kind == "int":
            return _integer(text)
        if self.kind == "uint16":
            return _short(text)
        return self.check(text) if self.check else text


HELP = Flag("help", "bool", "Print usage")
"""Every command has it; a table lists it only where `-h` means something else."""


class Arguments:
    """What one command was given: its positional words and the values of its flags."""

    def __init__(
        self, path: str, positional: Sequence[str] = (), values: Mapping[str, Any] | None = None
    ) -> None:
        self.path = path
        """The command as the user would write it: `container ls`."""
        self.positional = list(positional)
        self._values = dict(values or {})

    def given(self, name: str) -> bool:
        """Tell whether the flag was written at all."""
        return name in self._values

    def switch(self, name: str, default: bool = False) -> bool:
        """Read a boolean flag."""
        return bool(self._values.get(name, default))

    def text(self, name: str, default: str = "") -> str:
        """Read a flag's last value."""
        return str(self._values.get(name, default))

    def number(self, name: str) -> int | None:
        """Read an integer flag; None if it was not given."""
        value = self._values.get(name)
        return None if value is None else int(value)

    def words(self, name: str) -> list[str]:
        """Read every value of a repeated flag, in order."""
        return list(self._values.get(name, ()))

    def filters(self, name: str = "filter") -> dict[str, list[str]]:
        """Read `--filter NAME=VALUE` flags, grouped by name."""
        grouped: dict[str, list[str]] = {}
        for word in self.words(name):
            key, _, value = word.partition("=")
            grouped.setdefault(key, []).append(value)
        return grouped


def parse(path: str, flags: Sequence[Flag], words: Sequence[str], *, interspersed: bool = True) -> Arguments:
    """Read a command's words by its table of flags.

    Without `interspersed`, the first positional word ends the flags. Raises UsageError and HelpAsked.
    """
    by_name = {flag.name: flag for flag in flags}
    by_short = {flag.short: flag for flag in flags if flag.short}
    values: dict[str, Any] = {}
    positional: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "--":
            positional.extend(rest)
        elif len(word) < 2 or word[0] != "-":
            positional.append(word)
            if not interspersed:
                positional.extend(rest)
        elif word.startswith("--"):
            _long(word, by_name, rest, values)
        else:
            _shorts(word[1:], by_short, rest, values)
    return Arguments(path, positional, values)


def _long(word: str, flags: Mapping[str, Flag], rest: Iterator[str], values: dict[str, Any]) -> None:
    name, equals, value = word[2:].partition("=")
    if not name or name[0] == "-":
        raise UsageError(f"bad flag syntax: {word}")
    flag = HELP if name == "help" else flags.get(name)
    if flag is None:
        raise UsageError(f"unknown flag: --{name}")
    if not equals:
        value = _following(flag, rest, f"flag needs an argument: --{name}")
    _store(flag, value, values)


def _shorts(letters: str, flags: Mapping[str, Flag], rest: Iterator[str], values: dict[str, Any]) -> None:
    while letters:
        letter, tail = letters[0], letters[1:]
        flag = flags.get(letter)
        if flag is None:
            if letter == "h":
                raise HelpAsked
            raise UsageError(f"unknown shorthand flag: {letter!r} in -{letters}")
        if tail.startswith("=") and len(tail) > 1:
            return _store(flag, tail[1:], values)
        if flag.kind == "bool":
            _store(flag, "true", values)
            letters = tail
            continue
        value = tail or _following(flag, rest, f"flag needs an argument: {letter!r} in -{letters}")
        return _store(flag, value, values)
    return None


def _following(flag: Flag, rest: Iterator[str], missing: str) -> str:
    """Give the value of a flag written without `=`: the next word, unless the flag is a switch."""
    if flag.kind == "bool":
        return "true"
    for word in rest:
        return word
    raise UsageError(missing)


def _store(flag: Flag, text: str, values: dict[str, Any]) -> None:
    try:
        value = flag.read(text)
    except ValueError as problem:
        raise UsageError(f'invalid argument "{text}" for "{flag.spelling}" flag: {problem}') from None
    if flag is HELP and value:
        raise HelpAsked
    if flag.later:
        if value is False:
            return
        raise UsageError(f"{flag.spelling} is not supported: {flag.later}")
    if flag.kind in REPEATED:
        values.setdefault(flag.name, []).append(value)
    else:
        values[flag.name] = value


def _boolean(text: str) -> bool:
    if text in TRUE:
        return True
    if text in FALSE:
        return False
    raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')


def _integer(text: str) -> int:
    try:
        if text != text.strip():
            raise ValueError
        value = int(text, 10 if text.lstrip("+-")[:1] == "0" and text.lstrip("+-").isdigit() else 0)
    except ValueError:
        raise ValueError(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError(f'strconv.ParseInt: parsing "{text}": value out of range')
    return value


def _short(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) >= 1 << 16:
        raise ValueError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)


def filter_word(text: str) -> str:
    """Check one `--filter NAME=VALUE`, and spell its name as docker compares it."""
    name, equals, value = text.partition("=")
    if text and not equals:
        raise ValueError("bad format of filter (expected name=value)")
    return f"{name.strip().lower()}={value.strip()}"


def environment_word(text: str) -> str:
    """Check one `--env NAME[=VALUE]`; a bare NAME takes the value it has here, or stays bare."""
    name, equals, _ = text.partition("=")
    if not name:
        raise ValueError(f"invalid environment variable: {text}")
    if not equals and name in os.environ:
        return f"{name}={os.environ[name]}"
    return text


def label_word(text: str) -> str:
    """Check one `--label NAME[=VALUE]`."""
    name = text.partition("=")[0].strip()
    if not name:
        raise ValueError(f"invalid label '{text}': empty name")
    if any(blank in name for blank in " \t\n"):
        raise ValueError(f"label '{name}' contains whitespaces")
    return text

"""`--volume` and `--mount` as docker's command line reads them: words in, its API's values out."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from app.cli.flags import FALSE, TRUE, UsageError

Document = dict[str, Any]


class Volumes(NamedTuple):
    """What the `--volume` flags of one command line add up to."""

    binds: tuple[str, ...]
    """Those with a source."""
    places: tuple[str, ...]
    """Where a volume of the container's own is wanted."""


def volumes(words: Sequence[str]) -> Volumes:
    """Sort the words of `--volume`; raises UsageError for those with too many or too few parts."""
    binds, places = [], []
    for word in dict.fromkeys(words):
        parts = word.split(":")
        if not word:
            raise UsageError("invalid empty volume spec")
        if not all(parts):
            raise UsageError(f"invalid spec: {word}: empty section between colons")
        if len(parts) > 3:
            raise UsageError(f"invalid spec: {word}: too many colons")
        if len(parts) == 1:
            places.append(word)
        else:
            binds.append(":".join([_absolute(parts[0]), *parts[1:]]))
    return Volumes(tuple(binds), tuple(places))


def mount_word(text: str) -> str:
    """Check one `--mount`, as a flag's check."""
    mount(text)
    return text


def mount(text: str) -> Document:
    """Read one `--mount` into docker's Mount document; ValueError says what is wrong with it."""
    wanted = _Wanted()
    for field in _fields(text):
        key, equals, value = field.partition("=")
        key = key.lower()
        if not equals:
            if key not in _SWITCHES:
                raise ValueError(f"invalid field '{field}' must be a key=value pair")
            value = "true"
        take = _KEYS.get(key)
        if take is None:
            raise ValueError(f"unexpected key '{key}' in '{field}'")
        take(wanted, key, value)
    return wanted.document()


class _Wanted:
    """The document while its fields come in."""

    def __init__(self) -> None:
        self.top: Document = {"Type": "volume"}
        self.options: dict[str, Document] = {}
        self.recursive = ""

    def within(self, kind: str) -> Document:
        """The options of one kind of mount."""
        return self.options.setdefault(kind, {})

    def driver(self) -> Document:
        """The driver of the volume."""
        made: Document = self.within("volume").setdefault("DriverConfig", {})
        return made

    def document(self) -> Document:
        """Check that the fields fit each other."""
        if not self.top["Type"]:
            raise ValueError("type is required")
        if not self.top.get("Target"):
            raise ValueError("target is required")
        for kind in self.options:
            if kind != self.top["Type"]:
                raise ValueError(f"cannot mix '{kind}-*' options with mount type '{self.top['Type']}'")
        self._check_recursive()
        if "volume" in self.options:
            self.driver()
        names = {"bind": "BindOptions", "volume": "VolumeOptions", "tmpfs": "TmpfsOptions"}
        return {**self.top, **{names[kind]: words for kind, words in self.options.items()}}

    def _check_recursive(self) -> None:
        if self.recursive in ("writable", "readonly"):
            needed = f"option 'bind-recursive={self.recursive}' requires"
            if not self.top.get("ReadOnly"):
                raise ValueError(f"{needed} 'readonly' to be specified in conjunction")
            if self.recursive == "readonly" and self.within("bind").get("Propagation") != "rprivate":
                raise ValueError(f"{needed} 'bind-propagation=rprivate' to be specified in conjunction")


def _fields(text: str) -> list[str]:
    """Split at commas, as CSV has them."""
    import csv

    if not text:
        raise ValueError("EOF")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        problem = 'extraneous or missing " in quoted-field'
        raise ValueError(f"parse error on line 1, column {len(text) + 1}: {problem}") from None


def _absolute(path: str) -> str:
    """Make a path that begins with a dot absolute; a name stays a name."""
    return os.path.abspath(path) if path.startswith(".") else path


def _truth(key: str, value: str) -> bool:
    if value not in TRUE | FALSE:
        raise ValueError(f"invalid value for {key}: {value}")
    return value in TRUE


def _source(wanted: _Wanted, key: str, value: str) -> None:
    wanted.top["Source"] = _absolute(value) if value == "." or value.startswith("./") else value


def _propagation(wanted: _Wanted, key: str, value: str) -> None:
    wanted.within("bind")["Propagation"] = value.lower()


def _recursion(wanted: _Wanted, key: str, value: str) -> None:
    if value not in ("enabled", "disabled", "writable", "readonly"):
        choices = '(must be "enabled", "disabled", "writable", or "readonly")'
        raise ValueError(f"invalid value for {key}: {value} {choices}")
    wanted.recursive = value
    if value == "disabled":
        wanted.within("bind")["NonRecursive"] = True
    elif value == "writable":
        wanted.within("bind")["ReadOnlyNonRecursive"] = True


def _switch(name: str, kind: str = "") -> Callable[[_Wanted, str, str], None]:
    def take(wanted: _Wanted, key: str, value: str) -> None:
        (wanted.within(kind) if kind else wanted.top)[name] = _truth(key, value)

    return take


def _text(name: str, kind: str = "", *, lower: bool = False) -> Callable[[_Wanted, str, str], None]:
    def take(wanted: _Wanted, key: str, value: str) -> None:
        (wanted.within(kind) if kind else wanted.top)[name] = value.lower() if lower else value

    return take


def _driver(wanted: _Wanted, key: str, value: str) -> None:
    wanted.driver()["Name"] = value


def _driver_option(wanted: _Wanted, key: str, value: str) -> None:
    name, _, text = value.partition("=")
    wanted.driver().setdefault("Options", {})[name] = text


def _label(wanted: _Wanted, key: str, value: str) -> None:
    name, _, text = value.partition("=")
    wanted.within("volume").setdefault("Labels", {})[name] = text


def _size(wanted: _Wanted, key: str, value: str) -> None:
    from app.units import parse_bytes
    from engine.errors import InvalidInput

    try:
        wanted.within("tmpfs")["SizeBytes"] = parse_bytes(value)
    except InvalidInput:
        raise ValueError(f"invalid value for {key}: {value}") from None


def _mode(wanted: _Wanted, key: str, value: str) -> None:
    if not value or set(value) - set("01234567") or int(value, 8) >= 1 << 32:
        raise ValueError(f"invalid value for {key}: {value}")
    wanted.within("tmpfs")["Mode"] = int(value, 8)


_SWITCHES = frozenset(("readonly", "ro", "volume-nocopy", "bind-nonrecursive", "bind-create-src"))
_KEYS: dict[str, Callable[[_Wanted, str, str], None]] = {
    "type": _text("Type", lower=True),
    "source": _source,
    "src": _source,
    "target": _text("Target"),
    "dst": _text("Target"),
    "destination": _text("Target"),
    "readonly": _switch("ReadOnly"),
    "ro": _switch("ReadOnly"),
    "consistency": _text("Consistency", lower=True),
    "bind-propagation": _propagation,
    "bind-nonrecursive": _switch("NonRecursive", "bind"),
    "bind-recursive": _recursion,
    "bind-create-src": _switch("CreateMountpoint", "bind"),
    "volume-subpath": _text("Subpath", "volume"),
    "volume-nocopy": _switch("NoCopy", "volume"),
    "volume-label": _label,
    "volume-driver": _driver,
    "volume-opt": _driver_option,
    "tmpfs-size": _size,
    "tmpfs-mode": _mode,
}

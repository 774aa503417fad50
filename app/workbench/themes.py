"""Colour themes: the default one at hand, the others read from YAML when they are asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.theme import Theme

from app.configuration import places
from engine.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from app.configuration.document import Fault
    from app.configuration.shapes import Record

DEFAULT = "stackyard"
COLOURS = (
    "background", "surface", "panel", "foreground", "dim", "rule", "accent", "cursor", "cursor-text",
    "good", "warn", "bad", "found", "found-text", "hue0", "hue1", "hue2", "hue3", "hue4", "hue5",
)  # fmt: skip
"""What a theme's file sets, every one of them a colour."""

_DEFAULT: Mapping[str, object] = {
    "name": DEFAULT,
    "dark": True,
    "ansi": False,
    "background": "#14181c",
    "surface": "#14181c",
    "panel": "#1d242a",
    "foreground": "#d5d9d4",
    "dim": "#8b959b",
    "rule": "#48535b",
    "accent": "#e8a04c",
    "cursor": "#2c3a44",
    "cursor-text": "#f4f2ea",
    "good": "#7fbf7f",
    "warn": "#e3c35c",
    "bad": "#ea7a62",
    "found": "#e3c35c",
    "found-text": "#14181c",
    "hue0": "#5fa8b8",
    "hue1": "#c9774c",
    "hue2": "#7d9fd3",
    "hue3": "#8fae6b",
    "hue4": "#b98ab8",
    "hue5": "#c7ab62",
}


def default() -> Theme:
    """Return the default theme without reading a file."""
    return _theme(_DEFAULT)


def folders() -> list[str]:
    """List where themes are looked for: the user's own, the checkout's, the installation's."""
    checkout = os.path.join(os.path.dirname(__file__), "..", "..", "themes")
    return [places.themes(), os.path.abspath(checkout), f"{sys.prefix}/share/stackyard/themes"]


def names() -> list[str]:
    """Name the themes there are, the default first."""
    found = {name.removesuffix(".yaml") for folder in folders() for name in _files(folder)}
    return [DEFAULT, *sorted(found - {DEFAULT})]


def path_of(name: str) -> str:
    """Find a theme's file; empty if there is none."""
    paths = (os.path.join(folder, f"{name}.yaml") for folder in folders() if f"{name}.yaml" in _files(folder))
    return next(paths, "")


def load(name: str) -> Theme:
    """Read the theme of that name.

    Raises NotFound, or InvalidInput that says what is wrong with the file, and where.
    """
    if path := path_of(name):
        return read(path)
    if name == DEFAULT:
        return default()
    raise NotFound(f"no such theme: {name}", resolution=f"there are {', '.join(names())}")


def read(path: str) -> Theme:
    """Read one theme file; colours that it leaves out are the default theme's."""
    theme, faults = _read(path)
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise InvalidInput(f"theme {faults[0].short}{more}")
    return theme


def faults() -> list[Fault]:
    """List what is wrong with the user's own themes."""
    own = places.themes()
    return [fault for name in _files(own) for fault in _read(os.path.join(own, name))[1]]


def _read(path: str) -> tuple[Theme, list[Fault]]:
    from app.configuration.document import Fault, Wrong, load

    node = load(path)
    if node is None or isinstance(node, Fault):
        return default(), [node or Fault(path, 1, 1, "it is empty")]
    found: list[Wrong] = []
    try:
        said = _record().read(node, found.append)
    except Wrong as wrong:
        return default(), [wrong.at(path)]
    name = os.path.basename(path).removesuffix(".yaml")
    return _theme({**_DEFAULT, **said, "name": name}), [wrong.at(path) for wrong in found]


def _record() -> Record:
    from app.configuration.shapes import Entry, Record, Switch, Text

    colours = {name: Entry(Text("colour", _colour), "") for name in COLOURS}
    switches = {name: Entry(Switch(), "") for name in ("dark", "ansi")}
    return Record(dict, {**switches, **colours}, "colour")


def _colour(text: str) -> str:
    from textual.color import Color, ColorParseError

    try:
        Color.parse(text)
    except ColorParseError:
        raise ValueError(f"{text!r} is no colour: '#rrggbb' was expected") from None
    return text


def _files(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(".yaml"))
    except OSError:
        return []


def _theme(said: Mapping[str, object]) -> Theme:
    colours = {name: str(said[name]) for name in COLOURS}
    return Theme(
        name=str(said["name"]),
        primary=colours["accent"],
        secondary=colours["hue0"],
        accent=colours["accent"],
        warning=colours["warn"],
        error=colours["bad"],
        success=colours["good"],
        foreground=colours["foreground"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        dark=bool(said["dark"]),
        ansi=bool(said["ansi"]),
        variables={
            **{f"yard-{name}": value for name, value in colours.items()},
            "ansi-background": "ansi_black",
            "ansi-foreground": "ansi_white",
            "scrollbar": colours["rule"],
            "scrollbar-hover": colours["dim"],
            "scrollbar-active": colours["accent"],
            "scrollbar-background": colours["background"],
            "scrollbar-background-hover": colours["background"],
            "scrollbar-background-active": colours["background"],
            "scrollbar-corner-color": colours["background"],
            "input-cursor-background": colours["accent"],
            "input-cursor-foreground": colours["background"],
            "input-selection-background": colours["cursor"],
        },
    )

"""Colour themes: the default one at hand, the others read from YAML when they are asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping

from textual.theme import Theme

from engine.errors import InvalidInput, NotFound

DEFAULT = "stackyard"
COLOURS = (
    "background", "surface", "panel", "foreground", "dim", "rule", "accent", "cursor", "cursor-text",
    "good", "warn", "bad", "found", "found-text", "hue0", "hue1", "hue2", "hue3", "hue4", "hue5",
)  # fmt: skip
"""What a theme's file sets, every one of them a colour."""

_DEFAULT: Mapping[str, object] = {
    "name": DEFAULT,
    "dark": True,
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
    config = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    checkout = os.path.join(os.path.dirname(__file__), "..", "..", "themes")
    return [f"{config}/stackyard/themes", os.path.abspath(checkout), f"{sys.prefix}/share/stackyard/themes"]


def names() -> list[str]:
    """Name the themes there are, the default first."""
    found = {name.removesuffix(".yaml") for folder in folders() for name in _files(folder)}
    return [DEFAULT, *sorted(found - {DEFAULT})]


def load(name: str) -> Theme:
    """Read the theme of that name.

    Raises NotFound, or InvalidInput that says what is wrong with the file.
    """
    for folder in folders():
        if f"{name}.yaml" in _files(folder):
            return read(os.path.join(folder, f"{name}.yaml"))
    if name == DEFAULT:
        return default()
    raise NotFound(f"no such theme: {name}", resolution=f"there are {', '.join(names())}")


def read(path: str) -> Theme:
    """Read one theme file; colours that it leaves out are the default theme's."""
    import yaml

    with open(path, encoding="utf-8") as file:
        try:
            said = yaml.safe_load(file)
        except yaml.YAMLError as error:
            raise InvalidInput(f"theme {path}: {error}") from error
    if not isinstance(said, dict):
        raise InvalidInput(f"theme {path}: it must be a list of `colour: value`")
    name = os.path.basename(path).removesuffix(".yaml")
    known = {"name", "dark", *COLOURS}
    for key, value in said.items():
        if key not in known:
            raise InvalidInput(
                f"theme {path}: unknown colour {key!r}", resolution=f"known are {', '.join(COLOURS)}"
            )
        if key in COLOURS:
            _check(path, key, value)
    return _theme({**_DEFAULT, **said, "name": name})


def _check(path: str, key: str, value: object) -> None:
    from textual.color import Color, ColorParseError

    try:
        Color.parse(str(value))
    except ColorParseError as error:
        raise InvalidInput(f"theme {path}: {key}: {value!r} is no colour") from error


def _files(folder: str) -> Iterator[str]:
    try:
        return iter(sorted(name for name in os.listdir(folder) if name.endswith(".yaml")))
    except OSError:
        return iter(())


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
        variables={
            **{f"yard-{name}": value for name, value in colours.items()},
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

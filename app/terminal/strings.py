"""What is told or asked in strings: titles, colours, settings (OSC and DCS)."""

from __future__ import annotations

from app.terminal import reports
from app.terminal.screen import Screen

LONGEST_TITLE = 120
COLOURS = {"10": "foreground", "11": "background", "12": "cursor"}


def told(screen: Screen, kind: str, said: str) -> None:
    """Take a whole string. A program can neither read the clipboard nor write to it (OSC 52 is left out)."""
    if kind == "]":
        _operating_system_command(screen, said)
    elif said.startswith("$q"):
        reports.setting(screen, said[2:])
    elif said.startswith("+q"):
        reports.say(screen, "\x1bP0+r\x1b\\")


def _operating_system_command(screen: Screen, said: str) -> None:
    number, _, rest = said.partition(";")
    if number in ("0", "2"):
        screen.title = "".join(character for character in rest if character.isprintable())[:LONGEST_TITLE]
    elif number in COLOURS and rest == "?":
        colour = screen.colours.get(COLOURS[number])
        if colour:
            parts = "/".join(colour[at : at + 2] * 2 for at in (1, 3, 5))
            reports.say(screen, f"\x1b]{number};rgb:{parts}\x1b\\")

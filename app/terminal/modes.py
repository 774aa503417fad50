"""Turning modes on and off."""

from __future__ import annotations

from collections.abc import Sequence

from app.terminal.screen import ALTERNATES, KNOWN_MODES, MOUSE, ORIGIN, Screen

INSERT, NEWLINE = 4, 20


def set_modes(screen: Screen, numbers: Sequence[int], on: bool) -> None:
    """Turn ECMA-48's modes on or off (`CSI h`)."""
    for number in numbers:
        if number == INSERT:
            screen.inserting = on
        elif number == NEWLINE:
            screen.newline = on


def set_private(screen: Screen, numbers: Sequence[int], on: bool) -> None:
    """Turn DEC's and xterm's modes on or off (`CSI ? h`); those that are not known are left out."""
    for number in numbers:
        if number in ALTERNATES:
            _switch(screen, number, on)
        elif number == 1048:
            (screen.save if on else screen.restore)()
        elif number in KNOWN_MODES:
            if number in MOUSE:
                screen.modes.difference_update(MOUSE)
            (screen.modes.add if on else screen.modes.discard)(number)
            if number == ORIGIN:
                screen.place(0, 0)


def _switch(screen: Screen, number: int, on: bool) -> None:
    """Show the alternate screen or leave it; 1049 keeps the cursor too, and begins with an empty one."""
    if on == screen.alternate:
        return
    if on:
        if number == 1049:
            screen.save()
        screen.switch(True)
        screen.modes.add(number)
    else:
        screen.switch(False)
        screen.modes.difference_update(ALTERNATES)
        if number == 1049:
            screen.restore()


def keep_modes(screen: Screen, numbers: Sequence[int]) -> None:
    """Remember whether modes are on (`CSI ? s`)."""
    for number in numbers:
        if number in KNOWN_MODES:
            screen.kept_modes[number] = number in screen.modes


def restore_modes(screen: Screen, numbers: Sequence[int]) -> None:
    """Bring back what was remembered (`CSI ? r`)."""
    for number in numbers:
        if number in screen.kept_modes:
            set_private(screen, (number,), screen.kept_modes[number])

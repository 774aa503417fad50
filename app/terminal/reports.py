"""What a terminal answers when a program asks it."""

from __future__ import annotations

from collections.abc import Sequence

from app.terminal.pens import chosen_by
from app.terminal.screen import KNOWN_MODES, ORIGIN, Screen

MOST_ANSWERS = 256
"""That wait to be read; a program that only asks and never reads gets no more."""
MOST_TITLES = 10
NAME = "stackyard"


def say(screen: Screen, answer: str) -> None:
    """Let the program read an answer."""
    if len(screen.answers) < MOST_ANSWERS:
        screen.answers.append(answer.encode())


def attributes(screen: Screen, numbers: Sequence[int]) -> None:
    """Say what kind of terminal it is (DA1): a VT100 with advanced video, as tmux says."""
    if numbers[0] == 0:
        say(screen, "\x1b[?1;2c")


def more_attributes(screen: Screen, numbers: Sequence[int]) -> None:
    """Say which version it is (DA2); from 277 on, programs use the mouse beyond column 223."""
    if numbers[0] == 0:
        say(screen, "\x1b[>1;277;0c")


def name(screen: Screen, numbers: Sequence[int]) -> None:
    """Say its name (XTVERSION)."""
    if numbers[0] == 0:
        say(screen, f"\x1bP>|{NAME}\x1b\\")


def status(screen: Screen, numbers: Sequence[int]) -> None:
    """Say that it is well, or where the cursor is (DSR)."""
    if numbers[0] == 5:
        say(screen, "\x1b[0n")
    elif numbers[0] == 6:
        say(screen, f"\x1b[{_place(screen)}R")


def private_status(screen: Screen, numbers: Sequence[int]) -> None:
    """Say where the cursor is, in DEC's own way (DECXCPR)."""
    if numbers[0] == 6:
        say(screen, f"\x1b[?{_place(screen)}R")


def _place(screen: Screen) -> str:
    top = screen.top if ORIGIN in screen.modes else 0
    return f"{screen.y - top + 1};{screen.x + 1}"


def mode(screen: Screen, numbers: Sequence[int]) -> None:
    """Say whether one of ECMA-48's modes is on (DECRQM): 1 it is, 2 it is not, 0 it is not known."""
    known = {4: screen.inserting, 20: screen.newline}
    number = numbers[0]
    say(screen, f"\x1b[{number};{(1 if known[number] else 2) if number in known else 0}$y")


def private_mode(screen: Screen, numbers: Sequence[int]) -> None:
    """Say whether one of DEC's modes is on (DECRQM)."""
    number = numbers[0]
    state = (1 if number in screen.modes else 2) if number in KNOWN_MODES else 0
    say(screen, f"\x1b[?{number};{state}$y")


def setting(screen: Screen, asked: str) -> None:
    """Say what is set (DECRQSS): the pen, the scrolling region, the cursor's shape."""
    known = {
        "m": f"{chosen_by(screen.pen)}m",
        "r": f"{screen.top + 1};{screen.bottom}r",
        " q": f"{screen.shape or 2} q",
    }
    say(screen, f"\x1bP1$r{known[asked]}\x1b\\" if asked in known else "\x1bP0$r\x1b\\")


def window(screen: Screen, numbers: Sequence[int]) -> None:
    """Say the size in cells, or keep and bring back the title (XTWINOPS); a window is nothing we have."""
    if numbers[0] == 18:
        say(screen, f"\x1b[8;{screen.height};{screen.width}t")
    elif numbers[0] == 22 and len(screen.titles) < MOST_TITLES:
        screen.titles.append(screen.title)
    elif numbers[0] == 23 and screen.titles:
        screen.title = screen.titles.pop()

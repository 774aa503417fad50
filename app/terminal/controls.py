"""What each control means: C0, escape sequences, CSI sequences (xterm's ctlseqs)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from app.terminal import reports
from app.terminal.modes import keep_modes, restore_modes, set_modes, set_private
from app.terminal.pens import PLAIN, written_with
from app.terminal.screen import AUTOWRAP, CURSOR_KEYS, ORIGIN, SHOWN, Screen

Numbers = Sequence[int]
LARGEST = 1 << 15


def control(screen: Screen, character: str) -> None:
    """Do a C0 control."""
    match character:
        case "\n" | "\v" | "\f":
            screen.line_feed()
            if screen.newline:
                screen.x = 0
        case "\r":
            screen.x, screen.waiting = 0, False
        case "\b":
            screen.go(screen.x - 1, screen.y)
        case "\t":
            screen.tab(1)
        case "\x07":
            screen.rung += 1
        case "\x0e" | "\x0f":
            screen.shifted = 1 if character == "\x0e" else 0


def escape(screen: Screen, words: str) -> None:
    """Do an escape sequence: its intermediates and its final character."""
    if words[0] in "()" and len(words) == 2:
        screen.sets["()".index(words[0])] = words[1]
    elif words in _ESCAPES:
        _ESCAPES[words](screen)


def sequence(screen: Screen, name: str, parameters: str) -> None:
    """Do a CSI sequence: its marker, intermediates and final character are its name."""
    if name == "m":
        screen.pen = written_with(screen.pen, parameters)
        return
    action = _SEQUENCES.get(name)
    if action:
        action(screen, _numbers(parameters))


@lru_cache(1024)
def _numbers(parameters: str) -> tuple[int, ...]:
    """Read parameters; what is left out is 0, of parts only the first counts."""
    fields = (field.partition(":")[0] for field in parameters.split(";"))
    return tuple(min(int(field or 0), LARGEST) for field in fields)


def _count(numbers: Numbers) -> int:
    return numbers[0] or 1


def _at(numbers: Numbers, place: int) -> int:
    """Return a coordinate, counted from 0."""
    return max(0, numbers[place] - 1) if place < len(numbers) else 0


def _next_line(screen: Screen) -> None:
    screen.line_feed()
    screen.x = 0


def _set_tab(screen: Screen) -> None:
    screen.tabs.add(screen.x)


def _keypad(on: bool) -> Callable[[Screen], None]:
    def choose(screen: Screen) -> None:
        screen.keypad = on

    return choose


_ESCAPES: dict[str, Callable[[Screen], None]] = {
    "7": Screen.save,
    "8": Screen.restore,
    "D": Screen.line_feed,
    "E": _next_line,
    "H": _set_tab,
    "M": Screen.reverse_feed,
    "Z": lambda screen: reports.attributes(screen, (0,)),
    "c": Screen.reset,
    "=": _keypad(True),
    ">": _keypad(False),
    "#8": Screen.show_pattern,
}


def _erase_display(screen: Screen, numbers: Numbers) -> None:
    kind = numbers[0]
    if kind == 0:
        screen.erase(screen.x, screen.width)
        screen.erase_rows(screen.y + 1, screen.height)
    elif kind == 1:
        screen.erase_rows(0, screen.y)
        screen.erase(0, screen.x + 1)
    elif kind == 2:
        screen.erase_rows(0, screen.height)
    elif kind == 3:
        screen.grid.forget()
    if kind < 3:
        screen.waiting = False


def _erase_line(screen: Screen, numbers: Numbers) -> None:
    ends = {0: (screen.x, screen.width), 1: (0, screen.x + 1), 2: (0, screen.width)}
    if numbers[0] in ends:
        screen.erase(*ends[numbers[0]])
        screen.waiting = False


def _insert(screen: Screen, numbers: Numbers) -> None:
    screen.grid.rows[screen.y].insert(screen.x, _count(numbers), screen.blank)
    screen.waiting = False


def _delete(screen: Screen, numbers: Numbers) -> None:
    screen.grid.rows[screen.y].delete(screen.x, _count(numbers), screen.blank)
    screen.waiting = False


def _erase_cells(screen: Screen, numbers: Numbers) -> None:
    screen.erase(screen.x, screen.x + _count(numbers))
    screen.waiting = False


def _clear_tabs(screen: Screen, numbers: Numbers) -> None:
    if numbers[0] == 0:
        screen.tabs.discard(screen.x)
    elif numbers[0] == 3:
        screen.tabs.clear()


def _region(screen: Screen, numbers: Numbers) -> None:
    bottom = numbers[1] if len(numbers) > 1 else 0
    screen.limit(_at(numbers, 0), bottom or screen.height)


def _rows_to_start(screen: Screen, by: int) -> None:
    screen.move_rows(by)
    screen.x = 0


def _row(screen: Screen, numbers: Numbers) -> None:
    screen.place(screen.x, _at(numbers, 0))


def _shape(screen: Screen, numbers: Numbers) -> None:
    if numbers[0] <= 6:
        screen.shape = numbers[0]


def _soft_reset(screen: Screen, numbers: Numbers) -> None:
    """Bring back what hinders a shell (DECSTR); what is written stays."""
    screen.modes -= {ORIGIN, CURSOR_KEYS}
    screen.modes |= {SHOWN, AUTOWRAP}
    screen.inserting = screen.keypad = False
    screen.top, screen.bottom = 0, screen.height
    screen.pen = PLAIN
    screen.sets, screen.shifted = ["B", "B"], 0
    screen.shape = 0


_SEQUENCES: dict[str, Callable[[Screen, Numbers], None]] = {
    "@": _insert,
    "A": lambda screen, numbers: screen.move_rows(-_count(numbers)),
    "B": lambda screen, numbers: screen.move_rows(_count(numbers)),
    "C": lambda screen, numbers: screen.go(screen.x + _count(numbers), screen.y),
    "D": lambda screen, numbers: screen.go(screen.x - _count(numbers), screen.y),
    "E": lambda screen, numbers: _rows_to_start(screen, _count(numbers)),
    "F": lambda screen, numbers: _rows_to_start(screen, -_count(numbers)),
    "G": lambda screen, numbers: screen.go(_at(numbers, 0), screen.y),
    "H": lambda screen, numbers: screen.place(_at(numbers, 1), _at(numbers, 0)),
    "I": lambda screen, numbers: screen.tab(_count(numbers)),
    "J": _erase_display,
    "?J": _erase_display,
    "K": _erase_line,
    "?K": _erase_line,
    "L": lambda screen, numbers: screen.insert_rows(_count(numbers)),
    "M": lambda screen, numbers: screen.delete_rows(_count(numbers)),
    "P": _delete,
    "S": lambda screen, numbers: screen.scroll(_count(numbers)),
    "T": lambda screen, numbers: screen.scroll(-_count(numbers)),
    "X": _erase_cells,
    "Z": lambda screen, numbers: screen.tab(-_count(numbers)),
    "`": lambda screen, numbers: screen.go(_at(numbers, 0), screen.y),
    "a": lambda screen, numbers: screen.go(screen.x + _count(numbers), screen.y),
    "b": lambda screen, numbers: screen.repeat(_count(numbers)),
    "c": reports.attributes,
    ">c": reports.more_attributes,
    "d": _row,
    "e": lambda screen, numbers: screen.move_rows(_count(numbers)),
    "f": lambda screen, numbers: screen.place(_at(numbers, 1), _at(numbers, 0)),
    "g": _clear_tabs,
    "h": lambda screen, numbers: set_modes(screen, numbers, True),
    "l": lambda screen, numbers: set_modes(screen, numbers, False),
    "?h": lambda screen, numbers: set_private(screen, numbers, True),
    "?l": lambda screen, numbers: set_private(screen, numbers, False),
    "?s": keep_modes,
    "?r": restore_modes,
    "n": reports.status,
    "?n": reports.private_status,
    "$p": reports.mode,
    "?$p": reports.private_mode,
    "q": lambda screen, numbers: None,
    " q": _shape,
    ">q": reports.name,
    "r": _region,
    "s": lambda screen, numbers: screen.save(),
    "u": lambda screen, numbers: screen.restore(),
    "t": reports.window,
    "!p": _soft_reset,
}

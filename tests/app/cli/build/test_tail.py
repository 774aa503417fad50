from __future__ import annotations

import pytest

from app.cli.build.tail import KEPT, Tail, shown


def test_the_last_lines_are_kept_whatever_pieces_they_come_in() -> None:
    tail = Tail()
    for piece in ("a", "b\nc", "", "\n\nd"):
        tail.feed(piece)
    assert tail.last(10) == ["ab", "c", "", "d"]
    assert tail.last(2) == ["", "d"]
    assert tail.last(0) == []


def test_a_flood_leaves_only_its_end() -> None:
    tail = Tail()
    tail.feed("".join(f"{n}\n" for n in range(100_000)))
    assert tail.last(2) == ["99998", "99999"]
    assert len(tail.last(1000)) == KEPT
    assert tail.count == 100_000


def test_a_line_without_end_does_not_grow() -> None:
    tail = Tail()
    for n in range(1000):
        tail.feed("\r" + "#" * 100 + f" {n}%")
    assert tail.last(1) == ["#" * 100 + " 999%"]


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("plain", "plain"),
        ("10%\r50%\r99%", "99%"),
        ("windows\r", "windows"),
        ("\x1b[1;31mred\x1b[0m and \x1b[Kmore", "red and more"),
        ("\x1b]0;title\x07text \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "text link"),
        ("\x1b(Bcharset \x1b=", "charset "),
        ("a\tb", "a       b"),
        ("bell\x07 back\x08 null\x00", "bell back null"),
        ("\udcff raw", "? raw"),
    ],
)
def test_a_line_is_what_a_terminal_would_show_of_it(line: str, seen: str) -> None:
    assert shown(line) == seen

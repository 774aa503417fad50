"""What programs print, made fit for a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color

from app.workbench.ansi import parse, visible


def text(line: bytes) -> str:
    return "".join(run for run, _ in parse(line))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"plain", "plain"),
        (b"", ""),
        (b"a\tb", "a       b"),
        (b"ab\x1b[1m\tc", "ab      c"),
        (b"10%\r20%\r30%", "30%"),
        (b"windows\r", "windows"),
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b[2J\x1b[Hcleared", "cleared"),
        (b"\x1b(Bcharset", "charset"),
        (b"bell\x07 null\x00 del\x7f", "bell null del"),
        (b"bad \xff utf", "bad \ufffd utf"),
        ("right\u202eleft".encode(), "rightleft"),
        (b"cut \x1b[3", "cut [3"),
    ],
)
def test_text(line: bytes, shown: str) -> None:
    assert text(line) == shown


def test_colours() -> None:
    runs = parse(
        b"\x1b[1;31mred\x1b[0m \x1b[38;5;208mo\x1b[48;2;1;2;3mb\x1b[39;49;22m.\x1b[92mg\x1b[7mr\x1b[27m!"
    )
    styles = dict(runs)
    assert styles["red"].color == Color.from_ansi(1)
    assert styles["red"].bold
    assert styles["o"].color == Color.from_ansi(208)
    assert styles["b"].bgcolor == Color.from_rgb(1, 2, 3)
    assert styles["."].color is not None
    assert styles["."].color.is_default
    assert styles["g"].color == Color.from_ansi(10)
    assert styles["r"].reverse
    assert not styles["!"].reverse


def test_visible_keeps_lines_apart() -> None:
    assert visible(b"\x1b[31mfoo\x1b[0m bar\nbaz") == b"foo bar\nbaz"


@given(st.binary(max_size=200))
def test_nothing_that_controls_a_terminal_gets_through(line: bytes) -> None:
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in text(line))

"""What sequences do to a screen: what tmux does, and where tmux differs from DEC and xterm, what those do."""

from __future__ import annotations

import json

import pytest

from app.terminal.parser import Parser
from app.terminal.screen import Screen
from tests.app.terminal.sequences import ANSWERS, FULL, HEIGHT, SEQUENCES, WIDTH

ASKED = json.loads(ANSWERS.read_text(encoding="utf-8"))


def shown(said: str, width: int = WIDTH, height: int = HEIGHT) -> Screen:
    screen = Screen(width, height)
    Parser(screen).feed(said.encode())
    return screen


@pytest.mark.parametrize("name", SEQUENCES)
def test_as_tmux(name: str) -> None:
    screen = shown(SEQUENCES[name])
    assert screen.text.split("\n") == ASKED[name]["rows"]
    # tmux counts a full row's cursor as one behind the last column.
    assert [screen.x + screen.waiting, screen.y] == ASKED[name]["cursor"]


@pytest.mark.parametrize(
    ("said", "rows"),
    [
        pytest.param("x" * 20 + "\by", ["x" * 18 + "yx"], id="backspace leaves the full row's last column"),
        pytest.param("x" * 20 + "\ny", ["x" * 20, " " * 19 + "y"], id="a line feed leaves a full row"),
        pytest.param("\x1b[2aa\x1b[1eb", ["  a", "   b"], id="relative column and row"),
        pytest.param("\x1b[2Ix", [" " * 16 + "x"], id="forward tabs"),
        pytest.param("\x1b(0lqqk\x1b(B lqqk", ["┌──┐ lqqk"], id="line drawing"),
        pytest.param("\x1b)0a\x0eq\x0fq", ["a─q"], id="line drawing by shift out"),
        pytest.param("漢字\x1b[2Gx", [" x字"], id="half of a wide character takes the other with it"),
        pytest.param("漢字ab\x1b[2G\x1b[P", [" 字ab"], id="deleting half of a wide character"),
        pytest.param("漢字ab\x1b[2G\x1b[@", ["   字ab"], id="inserting in a wide character"),
        pytest.param(FULL + "\x1b[3;5H\x1b[Lx", ["A" * 20, "B" * 20, "x", "C" * 20], id="insert rows"),
        pytest.param(FULL + "\x1b[3;5H\x1b[Mx", ["A" * 20, "B" * 20, "x" + "D" * 19], id="delete rows"),
        pytest.param(FULL + "\x1b[2;3r\x1b[2;2H\x1b[L", ["A" * 20, "", "B" * 20, "D" * 20], id="in a region"),
        pytest.param(FULL + "\x1b[3;4r\x1b[?6h\x1b[!p\x1b[Hx", ["x" + "A" * 19], id="soft reset"),
    ],
)
def test_as_dec_and_xterm(said: str, rows: list[str]) -> None:
    assert shown(said).text.split("\n")[: len(rows)] == rows

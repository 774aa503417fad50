"""What the terminal says and sends when a program asks: reports, the mouse, titles, colours, modes."""

from __future__ import annotations

import pytest

from app.terminal import pens
from app.terminal.mouse import Act, encode
from app.terminal.parser import Parser
from app.terminal.pens import TRUE_COLOUR, Pen
from app.terminal.screen import Screen


def after(said: str, width: int = 80, height: int = 24) -> Screen:
    screen = Screen(width, height)
    Parser(screen).feed(said.encode())
    return screen


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("\x1b[5n", "\x1b[0n"),
        ("\x1b[4;7H\x1b[6n", "\x1b[4;7R"),
        ("\x1b[4;7H\x1b[?6n", "\x1b[?4;7R"),
        ("\x1b[3;9r\x1b[?6h\x1b[2;1H\x1b[6n", "\x1b[2;1R"),
        ("\x1b[c", "\x1b[?1;2c"),
        ("\x1b[>c", "\x1b[>1;277;0c"),
        ("\x1b[>0q", "\x1bP>|stackyard\x1b\\"),
        ("\x1b[18t", "\x1b[8;24;80t"),
        ("\x1b[?2004h\x1b[?2004$p", "\x1b[?2004;1$y"),
        ("\x1b[?2004$p", "\x1b[?2004;2$y"),
        ("\x1b[?4711$p", "\x1b[?4711;0$y"),
        ("\x1b[4h\x1b[4$p", "\x1b[4;1$y"),
        ("\x1b[1;31m\x1bP$qm\x1b\\", "\x1bP1$r0;1;38;5;1m\x1b\\"),
        ("\x1b[2;5r\x1bP$qr\x1b\\", "\x1bP1$r2;5r\x1b\\"),
        ("\x1b[5 q\x1bP$q q\x1b\\", "\x1bP1$r5 q\x1b\\"),
        ("\x1bP$qz\x1b\\", "\x1bP0$r\x1b\\"),
        ("\x1bP+q544e\x1b\\", "\x1bP0+r\x1b\\"),
    ],
)
def test_reports(asked: str, answer: str) -> None:
    assert after(asked).answers == [answer.encode()]


def test_colours_are_told_when_they_are_known() -> None:
    screen = Screen(80, 24)
    screen.colours = {"background": "#14181c"}
    Parser(screen).feed(b"\x1b]11;?\x07\x1b]10;?\x07")
    assert screen.answers == [b"\x1b]11;rgb:1414/1818/1c1c\x1b\\"]


def test_who_never_reads_answers_is_not_answered_for_ever() -> None:
    assert len(after("\x1b[c" * 10_000).answers) == 256


def test_the_clipboard_is_not_a_programs() -> None:
    screen = after("\x1b]52;c;aGVsbG8=\x07\x1b]52;c;?\x07x")
    assert screen.answers == []
    assert screen.text.strip() == "x"


def test_titles() -> None:
    assert after("\x1b]0;one\x07").title == "one"
    assert after("\x1b]2;o\x01n\te\x1b\\").title == "one"
    assert after("\x1b]0;one\x07\x1b[22;0t\x1b]0;two\x07\x1b[23;0t").title == "one"
    assert len(after("\x1b]0;" + "x" * 100_000 + "\x07").title) == 120


@pytest.mark.parametrize(
    ("said", "pen"),
    [
        ("31", Pen(foreground=1)),
        ("97;104", Pen(foreground=15, background=12)),
        ("38;5;200", Pen(foreground=200)),
        ("48;2;1;2;3", Pen(background=TRUE_COLOUR | 0x010203)),
        ("38:2::1:2:3", Pen(foreground=TRUE_COLOUR | 0x010203)),
        ("38:2:1:2:3", Pen(foreground=TRUE_COLOUR | 0x010203)),
        ("38:5:9", Pen(foreground=9)),
        ("38;5;300;1", Pen(flags=pens.BOLD)),
        ("1;3;4;7;9", Pen(flags=pens.BOLD | pens.ITALIC | pens.UNDERLINE | pens.REVERSE | pens.STRIKE)),
        ("4:3", Pen(flags=pens.UNDERLINE)),
        ("21;53", Pen(flags=pens.DOUBLE | pens.OVERLINE)),
        ("1;2;22", Pen()),
        ("31;39", Pen()),
        ("58;5;1;31", Pen(foreground=1)),
        ("31;", Pen()),
        ("38", Pen()),
    ],
)
def test_pens(said: str, pen: Pen) -> None:
    screen = after(f"\x1b[{said}mx")
    assert screen.pen == pen
    assert screen.grid.rows[0].pens[0] == pen


def test_what_is_erased_keeps_the_background() -> None:
    screen = after("\x1b[1;31;44m\x1b[2J")
    assert screen.grid.rows[5].pens[5] == Pen(background=4)


LEFT = Act("press", 4, 2)


@pytest.mark.parametrize(
    ("modes", "act", "sent"),
    [
        ("", LEFT, b""),
        ("\x1b[?1000h", LEFT, b"\x1b[M %#"),
        ("\x1b[?1000h", LEFT._replace(kind="release"), b"\x1b[M#%#"),
        ("\x1b[?1000h", LEFT._replace(x=300), b""),
        ("\x1b[?1000h\x1b[?1006h", LEFT, b"\x1b[<0;5;3M"),
        ("\x1b[?1000h\x1b[?1006h", LEFT._replace(kind="release", button=2), b"\x1b[<2;5;3m"),
        ("\x1b[?1000h\x1b[?1006h", LEFT._replace(kind="wheel", button=1), b"\x1b[<65;5;3M"),
        ("\x1b[?1000h\x1b[?1006h", LEFT._replace(control=True, alt=True), b"\x1b[<24;5;3M"),
        ("\x1b[?1000h\x1b[?1006h", LEFT._replace(kind="move"), b""),
        ("\x1b[?1002h\x1b[?1006h", LEFT._replace(kind="move"), b"\x1b[<32;5;3M"),
        ("\x1b[?1002h\x1b[?1006h", LEFT._replace(kind="move", button=3), b""),
        ("\x1b[?1003h\x1b[?1006h", LEFT._replace(kind="move", button=3), b"\x1b[<35;5;3M"),
        ("\x1b[?1000h\x1b[?1015h", LEFT, b"\x1b[32;5;3M"),
        ("\x1b[?9h", LEFT, b"\x1b[M %#"),
        ("\x1b[?9h", LEFT._replace(kind="release"), b""),
        ("\x1b[?1000h\x1b[?1000l", LEFT, b""),
    ],
)
def test_the_mouse(modes: str, act: Act, sent: bytes) -> None:
    assert encode(after(modes), act) == sent


def test_what_scrolls_away_is_kept_but_not_of_the_alternate_screen() -> None:
    screen = after("\r\n".join(str(number) for number in range(30)), 80, 10)
    assert [row.text for row in screen.grid.past][:3] == ["0", "1", "2"]
    Parser(screen).feed(b"\x1b[?1049h" + b"x\r\n" * 50 + b"\x1b[?1049l")
    assert len(screen.grid.past) == 20
    Parser(screen).feed(b"\x1b[3J")
    assert len(screen.grid.past) == 0


def test_another_height_takes_from_the_past_and_gives_back() -> None:
    screen = after("\r\n".join(str(number) for number in range(12)), 80, 10)
    screen.resize(80, 4)
    assert screen.text.split("\n") == ["8", "9", "10", "11"]
    assert screen.y == 3
    screen.resize(80, 10)
    assert screen.text.split("\n")[0] == "2"
    assert screen.y == 9

"""The `:` line as somebody types it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.completion.line import typed
from app.completion.offers import Offer, Offers
from app.workbench.command.choices import Choices, fitting, put
from tests.app.workbench.conftest import Seat, Sit


def ask(words: Sequence[str]) -> Offers:
    if len(words) == 1:
        return Offers(
            (Offer("ps", "List containers"), Offer("run", "Run a command"), Offer("rename", "Name"))
        )
    if words[-2] == "run":
        return Offers((Offer("my image", "an image"), Offer("web:1.4"), Offer("web:latest")))
    return Offers(files=True)


async def begin(seat: Seat) -> None:
    seat.app.yard_screen.completion = ask
    seat.app.yard_screen._command_line = None
    await seat.press("colon")


def line_of(seat: Seat) -> str:
    line = seat.app.yard_screen._command_line
    assert line
    return line._input.value


async def test_what_can_come_is_listed_with_what_it_does(sit: Sit) -> None:
    async with sit() as seat:
        await begin(seat)
        await seat.type("r")
        assert "run     Run a command" in seat.screen
        assert "List containers" not in seat.screen


async def test_tab_goes_through_the_offers_and_escape_takes_them_back(sit: Sit) -> None:
    async with sit() as seat:
        await begin(seat)
        await seat.type("r")
        await seat.press("tab")
        assert line_of(seat) == "run"
        await seat.press("tab")
        assert line_of(seat) == "rename"
        await seat.press("shift+tab", "down", "up")
        assert line_of(seat) == "run"
        await seat.press("escape")
        assert line_of(seat) == "r"
        await seat.press("escape")
        assert "? help" in seat.screen
        assert "Run a command" not in seat.screen


async def test_the_only_offer_is_taken_and_quoted_as_it_must_be(sit: Sit) -> None:
    async with sit() as seat:
        await begin(seat)
        await seat.type("ru")
        await seat.press("tab")
        assert line_of(seat) == "run "
        await seat.type("my")
        await seat.press("tab")
        assert line_of(seat) == "run my\\ image "
        await seat.press("enter")
        assert seat.yard.asked[-1] == ("command", "run", "my image")


async def test_letters_in_their_order_are_enough(sit: Sit) -> None:
    async with sit() as seat:
        await begin(seat)
        await seat.type("run wlt")
        await seat.press("tab")
        assert line_of(seat) == "run web:latest "


async def test_lines_come_back_by_how_they_begin_and_by_search(sit: Sit) -> None:
    async with sit() as seat:
        await begin(seat)
        for line in ("ps -a", "rename a b", "ps -q"):
            await seat.type(line)
            await seat.press("enter")
            await seat.press("escape", "colon")
        await seat.type("ps")
        await seat.press("up")
        assert line_of(seat) == "ps -q"
        await seat.press("up")
        assert line_of(seat) == "ps -a"
        await seat.press("down", "down")
        assert line_of(seat) == "ps"
        await seat.press("ctrl+u")
        await seat.press("ctrl+r")
        await seat.type("name")
        await seat.press("tab")
        assert line_of(seat) == "rename a b"


async def test_the_right_arrow_takes_the_line_that_shines_through(sit: Sit) -> None:
    async with sit() as seat:
        await begin(seat)
        await seat.type("rename a b")
        await seat.press("enter")
        await seat.press("escape", "colon")
        await seat.type("ren")
        await seat.press("right")
        assert line_of(seat) == "rename a b"


@pytest.mark.parametrize(
    ("text", "line"),
    [("run ", "run a\\ b "), ("run 'a", "run 'a b' "), ('run "', 'run "a b" '), ("run a\\ ", "run a\\ b ")],
)
def test_an_offer_stands_in_the_quotation_marks_that_are_open(text: str, line: str) -> None:
    assert put(text, typed(text), Offer("a b"), settled=True) == line


def test_those_that_begin_so_come_first() -> None:
    offers = (Offer("--detach-keys"), Offer("--rm"), Offer("--restart"))
    assert [one.text for one in fitting(Choices((), offers), "--r")] == ["--rm", "--restart"]
    assert [one.text for one in fitting(Choices((), offers), "--ky")] == ["--detach-keys"]

"""The palette as somebody uses it."""

from __future__ import annotations

import pytest

from app.workbench.screens.palette import PaletteScreen
from tests.app.workbench.conftest import SMALL, Seat, Sit
from tests.app.workbench.fakeyard import many


async def find(seat: Seat, text: str) -> None:
    await seat.press("semicolon")
    assert isinstance(seat.app.screen, PaletteScreen)
    await seat.type(text)


async def test_an_entry_does_what_its_key_does(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("K")
        said = seat.yard.asked[-1]
        assert said[0] == "kill"
    async with sit(many(1)) as other:
        await find(other, "kill")
        assert "Kill at once" in other.screen
        await other.press("enter")
        assert other.yard.asked[-1][0] == "kill"


async def test_the_key_and_the_command_are_shown_and_only_what_can_be_done(sit: Sit) -> None:
    async with sit() as seat:
        await find(seat, "restart")
        assert f"$ stackyard restart {seat.selected}" in seat.screen
        await seat.press("escape")
        await seat.press("1")
        await find(seat, "restart")
        assert "$ stackyard restart" not in seat.screen


async def test_something_that_loses_is_still_asked_for(sit: Sit) -> None:
    async with sit() as seat:
        await find(seat, "remove")
        await seat.press("enter")
        assert "Remove container" in seat.screen
        assert not [one for one in seat.yard.asked if one[0].startswith("remove")]


async def test_an_object_is_gone_to_though_a_filter_hides_it(sit: Sit) -> None:
    async with sit() as seat:
        name = seat.app.yard_screen.panes[1].every[-1].name
        await seat.press("slash")
        await seat.type("zzz")
        await seat.press("enter", "1")
        await find(seat, f"{name} container")
        await seat.press("enter")
        assert seat.selected == name


async def test_a_tab_opens(sit: Sit) -> None:
    async with sit() as seat:
        await find(seat, "stats tab")
        await seat.press("enter")
        assert seat.app.yard_screen.detail.tab == "Stats"


async def test_a_theme_is_put_on(sit: Sit) -> None:
    async with sit() as seat:
        name = next(name for name in _themes() if name != seat.app.theme)
        await find(seat, f"{name} theme")
        await seat.press("enter")
        assert seat.app.theme == name


async def test_an_earlier_line_comes_back_to_be_entered(sit: Sit) -> None:
    async with sit() as seat:
        seat.app.yard_screen._make_command_line().past.add("ps --all --quiet")
        await find(seat, "ps quiet")
        await seat.press("enter")
        assert ": stackyard ps --all --quiet" in seat.screen


async def test_arrows_move_and_nothing_found_is_said(sit: Sit) -> None:
    async with sit(size=SMALL) as seat:
        await find(seat, "theme")
        screen = seat.app.screen
        assert isinstance(screen, PaletteScreen)
        first = screen._list.chosen
        await seat.press("down")
        assert screen._list.chosen != first
        await seat.press("up")
        assert screen._list.chosen == first
        await seat.type("qqqq")
        assert "Nothing has these letters." in seat.screen
        await seat.press("enter")
        assert seat.app.screen is screen


def _themes() -> list[str]:
    from app.workbench import themes

    return themes.names()


@pytest.mark.parametrize("key", ["a", "l"])
async def test_what_is_typed_goes_into_the_field(sit: Sit, key: str) -> None:
    async with sit() as seat:
        asked = len(seat.yard.asked)
        await find(seat, key)
        assert len(seat.yard.asked) == asked

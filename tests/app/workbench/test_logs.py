"""The Logs tab as somebody uses it."""

from __future__ import annotations

from app.workbench.tabs.logs import LogView
from tests.app.workbench.conftest import Seat, Sit
from tests.app.workbench.fakeyard import a_log, container_id

WEB, MIGRATE = container_id(1), container_id(3)


def log_of(seat: Seat) -> LogView:
    return seat.app.yard_screen.detail.logs


async def open_log(seat: Seat) -> LogView:
    """Go to web's log."""
    await seat.press("j", "l")
    log = log_of(seat)
    assert seat.app.focused is log
    return log


async def test_it_opens_at_the_end_and_reads_only_what_it_shows(sit: Sit) -> None:
    async with sit() as seat:
        seat.yard.logs[WEB] = a_log(100_000)
        log = await open_log(seat)
        assert "/item/99998 " in seat.screen
        assert "▼ following" in log.footing
        assert "100,000 lines" in log.footing
        assert seat.yard.opened[-1].most_read <= 24


async def test_stderr_is_told_apart_without_colour(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_log(seat)
        errors = [line for line in log.text.splitlines() if "[error]" in line]
        assert errors
        assert all(line.startswith("┃ ") for line in errors)
        assert not any(line.startswith("┃") for line in log.text.splitlines() if line not in errors)


async def test_new_lines_come_while_following(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_log(seat)
        seat.yard.print(WEB, b"something new")
        await seat.until(lambda: "something new" in log.text)
        assert "401 lines" in log.footing


async def test_reading_holds_it_still(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_log(seat)
        await seat.press("k")
        assert "‖ held" in log.footing
        before = log.text
        seat.yard.print(WEB, b"something new", b"and more")
        await seat.until(lambda: "2 new" in log.footing)
        assert log.text == before
        await seat.press("f")
        assert "and more" in log.text
        assert "▼ following" in log.footing


async def test_going_down_to_the_end_follows_again(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_log(seat)
        await seat.press("pageup")
        assert "held" in log.footing
        await seat.press("pagedown", "pagedown")
        assert "following" in log.footing
        await seat.press("g")
        assert "/item/0 " in log.text
        assert "1–19 of 400" in log.footing


async def test_search_goes_from_the_newest_match(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_log(seat)
        await seat.press("slash")
        await seat.type("item/3[0-9]9")
        await seat.press("enter")
        assert "line 400" in log.footing
        await seat.press("N")
        assert "line 390" in log.footing
        assert (
            any(line.startswith("▸ ") and "/item/389 " in line for line in log.text.splitlines())
            or "▸" in seat.screen
        )
        await seat.press("N", "N")
        assert "line 360" in log.footing
        await seat.press("n")
        assert "line 370" in log.footing
        await seat.press("escape")
        assert not log.searched
        assert seat.app.focused is log


async def test_a_search_without_a_match_says_so(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_log(seat)
        await seat.press("slash")
        await seat.type("kangaroo")
        await seat.press("enter")
        assert "no kangaroo here" in log.footing
        assert "following" in log.footing


async def test_searching_again_needs_words_first(sit: Sit) -> None:
    async with sit() as seat:
        await open_log(seat)
        await seat.press("n")
        assert "search the log:" in seat.screen
        await seat.press("escape")
        assert "? help" in seat.screen


async def test_wrap_and_times(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_log(seat)
        assert "›" in seat.screen
        await seat.press("w")
        assert "›" not in seat.screen
        assert "wrap" in log.footing
        assert "curl/8.4.0" in log.text
        await seat.press("t")
        assert "21:19:59.123 10.0.0.149" in log.text
        assert "wrap times" in log.footing
        await seat.press("k", "k", "w", "t")
        assert "wrap" not in log.footing


async def test_long_lines_scroll_sideways(sit: Sit) -> None:
    async with sit() as seat:
        await open_log(seat)
        await seat.press("right", "right")
        assert "/item/399 HTTP/1.1" in seat.screen
        assert "10.0.0.149" not in seat.screen
        await seat.press("left", "left", "left")
        assert "10.0.0.149" in seat.screen


async def test_silence_is_explained(sit: Sit) -> None:
    async with sit() as seat:
        assert "It has printed nothing yet." in seat.screen
        await seat.press("g")
        assert "Not started yet: S starts it." in seat.screen
        await seat.press("G")
        assert "It printed nothing." in seat.screen
        assert "▼ the end" in log_of(seat).footing


async def test_the_log_of_another_container_replaces_it(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("j")
        first = seat.yard.opened[-1]
        await seat.press("j")
        assert first.closed
        assert "/item/2 " in seat.screen
        assert "/item/399 " not in seat.screen
        seat.yard.print(WEB, b"not mine")
        await seat.settle()
        assert "not mine" not in seat.screen


async def test_text_can_be_selected_and_copied(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_log(seat)
        await seat.pilot.mouse_down(log, offset=(2, 0))
        await seat.pilot.hover(log, offset=(12, 1))
        await seat.pilot.mouse_up(log, offset=(12, 1))
        await seat.settle()
        assert "held" in log.footing
        await seat.pilot.press("ctrl+c")
        assert seat.app.clipboard.splitlines()[0].startswith("10.0.0.")
        assert seat.app.is_running


async def test_the_wheel_and_the_scroll_bar(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_log(seat)
        log.post_message(_wheel(log))
        await seat.settle()
        assert "held" in log.footing
        await seat.pilot.click(log, offset=(50, 0))
        await seat.settle()
        assert "/item/0 " in log.text


def _wheel(log: LogView) -> object:
    from textual.events import MouseScrollUp

    return MouseScrollUp(log, 5, 5, 0, 0, 0, False, False, False)

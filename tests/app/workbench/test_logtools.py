"""What can be done with logs: several as one, only some lines, marks, saving, copying."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.workbench.tabs.logs import LogView
from tests.app.workbench.conftest import LARGE, Seat, Sit
from tests.app.workbench.fakeyard import FakeYard, container_id

WEB, WORKER, MIGRATE = (container_id(number) for number in (1, 2, 3))


@pytest.fixture
def yard() -> FakeYard:
    yard = FakeYard()
    yard.logs[WORKER] = [("stdout", b"job %d done" % n) for n in range(300)]
    return yard


def log_of(seat: Seat) -> LogView:
    return seat.app.yard_screen.detail.logs


async def open_both(seat: Seat) -> LogView:
    """Mark worker and web, and show their logs."""
    await seat.press("space", "space", "l")
    assert seat.app.focused is log_of(seat)
    return log_of(seat)


async def open_web(seat: Seat) -> LogView:
    await seat.press("j", "l")
    return log_of(seat)


async def ask(seat: Seat, key: str, words: str) -> None:
    """Press a key that asks, and answer."""
    await seat.press(key)
    for _ in range(40):
        await seat.pilot.press("backspace")
    await seat.type(words)
    await seat.press("enter")


async def test_marked_containers_are_shown_as_one(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        log = await open_both(seat)
        assert "700 lines" in log.footing
        assert "2 containers" in log.footing
        assert "$ stackyard logs -f web & stackyard logs -f worker" in seat.status
        # Each printed a line a second, web for longer.
        assert log.text.splitlines()[-1].startswith("  web    10.0.0.149")
        await seat.press("g")
        heads = [line[2:9].strip() for line in log.text.splitlines()[:4]]
        assert heads == ["web", "worker", "web", "worker"]


async def test_it_stays_so_while_the_lists_change_and_with_fast_fingers(sit: Sit) -> None:
    async with sit() as seat:
        await seat.pilot.press("space", "space", "l")
        await seat.settle()
        seat.yard.crew[3] = seat.yard.crew[3]._replace(status="running")
        seat.yard.happen("container", "start", seat.yard.crew[3].id)
        await seat.until(lambda: seat.app.yard_screen.lists.containers[3].status == "running")
        await seat.settle()
        assert "2 containers" in log_of(seat).footing
        assert "≡  2 containers" in seat.screen


async def test_what_any_of_them_prints_is_seen(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_both(seat)
        seat.yard.print(WEB, b"from web")
        await seat.until(lambda: "web    from web" in log.text)
        assert "701 lines" in log.footing


async def test_another_container_ends_it(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_both(seat)
        await seat.press("escape", "k", "k")
        assert "containers" not in log.footing
        assert "job 299 done" in log.text
        assert "worker" not in log.text


async def test_only_lines_that_match(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_web(seat)
        await ask(seat, "ampersand", "error")
        await seat.until(lambda: "24 lines" in log.footing)
        assert "⟨error⟩" in log.footing
        assert all("[error]" in line for line in log.text.splitlines())
        await ask(seat, "ampersand", "!error")
        await seat.until(lambda: "376 lines" in log.footing)
        assert "[error]" not in log.text
        seat.yard.print(WEB, b"one more error", b"one more line")
        await seat.until(lambda: "one more line" in log.text)
        assert "one more error" not in log.text
        await ask(seat, "ampersand", "")
        assert "402 lines" in log.footing


async def test_of_several_too_and_only_for_a_while(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        log = await open_both(seat)
        await ask(seat, "ampersand", "job|error")
        await seat.until(lambda: "324 lines" in log.footing)
        # The frozen clock says that the first lines came an hour ago.
        await ask(seat, "at", "1h..59m50s")
        await seat.until(lambda: "11 lines" in log.footing)
        assert "1h..59m50s" in log.footing
        assert "job 9 done" in log.text
        assert "job 10 done" not in log.text


async def test_what_is_no_time_is_said(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_web(seat)
        await ask(seat, "at", "soon")
        assert "soon" in seat.status
        assert "400 lines" in log.footing


async def test_marks_are_gone_back_to(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_web(seat)
        await seat.press("m")
        assert log.text.splitlines()[-1].startswith("◆ ")
        seat.yard.print(WEB, *(b"later %d" % n for n in range(50)))
        await seat.until(lambda: "later 49" in log.text)
        assert "◆" not in log.text
        await seat.press("comma")
        assert log.text.splitlines()[-1].startswith("◆ 10.0.0.149")
        await seat.press("comma")
        assert "no mark above" in log.footing
        await seat.press("m", "full_stop")
        assert "m marks a line" in log.footing


async def test_following_pauses_and_goes_on(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_web(seat)
        await seat.press("f")
        assert "‖ held" in log.footing
        await seat.press("f")
        assert "▼ following" in log.footing


async def test_what_is_shown_is_saved(sit: Sit, tmp_path: Path) -> None:
    async with sit() as seat:
        await open_both(seat)
        target = tmp_path / "both.log"
        await ask(seat, "W", str(target))
        assert f"saved 700 lines to {target}" in " ".join(seat.status.split())
        lines = target.read_text().splitlines()
        assert lines[1] == "worker job 0 done"
        assert lines[-1].startswith('web 10.0.0.149 - - "GET /item/399 HTTP/1.1" 200')
        await ask(seat, "W", str(target))
        assert "exists" in seat.status
        assert len(target.read_text().splitlines()) == 700


async def test_only_the_wanted_lines_are_saved_with_their_times(sit: Sit, tmp_path: Path) -> None:
    async with sit() as seat:
        log = await open_web(seat)
        await ask(seat, "ampersand", "error")
        await seat.until(lambda: "24 lines" in log.footing)
        await seat.press("t")
        target = tmp_path / "errors.log"
        await ask(seat, "W", str(target))
        first = target.read_text().splitlines()[0]
        assert first == "2023-11-14T21:13:25.123Z 2023/11/14 21:00:05 [error] 7#7: *5 open() failed"


async def test_the_found_line_is_copied(sit: Sit) -> None:
    async with sit() as seat:
        await open_web(seat)
        await seat.press("slash")
        await seat.type("item/390 ")
        await seat.press("enter", "y")
        assert seat.app.clipboard.startswith('10.0.0.140 - - "GET /item/390')


async def test_a_filter_stays_for_the_next_container(sit: Sit) -> None:
    async with sit() as seat:
        log = await open_web(seat)
        await ask(seat, "ampersand", "item/2 ")
        await seat.until(lambda: "1 line" in log.footing)
        await seat.press("escape", "j")
        await seat.until(lambda: "⟨item/2 ⟩" in log.footing and "1 line" in log.footing)


async def test_how_grave_a_line_is_has_a_colour(sit: Sit) -> None:
    async with sit() as seat:
        seat.yard.logs[WEB] = [("stdout", b"2023 ERROR disk"), ("stdout", b'{"level":"warn"}')]
        log = await open_web(seat)
        bad, warn = (log.style_of(role).color for role in ("bad", "warn"))
        drawn = [
            {segment.text: segment.style.color for segment in log.render_line(y) if segment.style}
            for y in (0, 1)
        ]
        assert drawn[0]["ERROR"] == bad
        assert drawn[1]["warn"] == warn

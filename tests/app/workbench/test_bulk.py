"""Actions on marked rows, pausing, and the tabs that tell how a container lives."""

from __future__ import annotations

from app.workbench.yard import Volume
from engine.errors import EngineError
from tests.app.workbench.conftest import Seat, Sit
from tests.app.workbench.fakeyard import NOW, FakeYard, container_id

TABS = 8
WORKER, WEB = container_id(2), container_id(1)


async def turn_to(seat: Seat, tab: str) -> None:
    """Open a tab by the key that turns them."""
    for _ in range(TABS):
        if seat.app.yard_screen.detail.tab == tab:
            assert f"[{tab}]" in seat.screen or f"[ {tab} ]" in seat.screen
            return
        await seat.press("right_square_bracket")
    raise AssertionError(f"there is no tab {tab}")


async def test_an_action_is_for_all_marked_rows_that_can_take_it(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("g", "space", "space", "space", "space")
        assert "2 Containers · 5 · ◆4" in seat.screen
        assert seat.screen.count("◆") == 5
        await seat.press("s")
        assert [one for one in seat.yard.asked if one[0] == "stop"] == [("stop", WORKER), ("stop", WEB)]
        assert seat.status.startswith("$ stackyard stop worker web")
        assert "◆" not in seat.screen


async def test_removing_all_marked_rows_asks_once(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("g", "j", "space", "j", "space", "d")
        assert "Remove 2 containers?" in seat.screen
        assert "1 of them run: they are killed first." in seat.screen
        await seat.press("y")
        assert seat.yard.asked[-2:] == [("rm", WORKER, "force"), ("rm", container_id(3))]
        assert seat.status.startswith("$ stackyard rm -f worker; stackyard rm migrate")


async def test_marks_are_taken_off_by_space_and_by_escape(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("g", "space", "space", "k", "space")
        assert "◆1" in seat.screen
        await seat.press("escape")
        assert "◆" not in seat.screen


async def test_one_that_fails_does_not_keep_the_others_from_it(sit: Sit) -> None:
    async with sit() as seat:
        seat.yard.fail = EngineError("it does not want to")
        await seat.press("g", "space", "space", "space", "s")
        assert [one for one in seat.yard.asked if one[0] == "stop"] == [("stop", WORKER), ("stop", WEB)]
        assert "it does not want to" in seat.status


async def test_what_none_of_them_can_take_is_refused(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("G", "space", "s")
        assert "cron is already stopped" in seat.status


async def test_marks_of_what_is_gone_are_forgotten(sit: Sit) -> None:
    async with sit(FakeYard(volumes=[Volume("old", "local", NOW), Volume("new", "local", NOW)])) as seat:
        await seat.press("3", "space", "space", "d", "y")
        assert "No volumes yet" in seat.screen
        assert "◆" not in seat.screen


async def test_pausing_and_letting_go_on(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("p")
        assert seat.status.startswith("$ stackyard pause worker")
        await seat.until(lambda: "‖ worker" in seat.screen)
        assert "p unpause" in seat.screen
        await seat.press("p")
        assert seat.status.startswith("$ stackyard unpause worker")
        assert seat.yard.asked[-2:] == [("pause", WORKER), ("unpause", WORKER)]


async def test_what_does_not_run_cannot_be_paused(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("G", "p")
        assert "cron is not running" in seat.status


async def test_a_signal_for_one_process(sit: Sit) -> None:
    async with sit() as seat:
        await turn_to(seat, "Processes")
        await seat.press("enter", "j")
        assert "├ nginx: worker" in seat.screen
        await seat.press("x")
        assert "signal to 7 (nginx:):" in seat.screen
        await seat.press("enter")
        assert seat.yard.asked[-1] == ("signal", WORKER, "4720", "TERM")
        assert "$ stackyard exec worker kill -s TERM 7" in seat.status


async def test_processes_in_another_order(sit: Sit) -> None:
    async with sit() as seat:
        await turn_to(seat, "Processes")
        await seat.press("enter", "o", "o")
        lines = [line for line in seat.screen.splitlines() if "nginx:" in line]
        assert [line.partition("nginx:")[2].split()[0] for line in lines] == ["worker", "worker", "master"]


async def test_what_does_not_run_has_no_processes_and_no_figures(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("G")
        await turn_to(seat, "Stats")
        assert "It does not run: nothing is used." in seat.screen
        await turn_to(seat, "Processes")
        assert "It does not run: there are no processes." in seat.screen


async def test_wide_lists_show_what_is_used(sit: Sit) -> None:
    async with sit(size=(200, 50)) as seat:
        await seat.until(lambda: "12.3%" in seat.screen)
        (worker,) = [line for line in seat.screen.splitlines() if "● worker" in line[:20]]
        assert worker.split("│")[0].split()[-2:] == ["12.3%", "182MiB"]


async def test_marking_a_stretch_all_and_the_others(sit: Sit) -> None:
    async with sit() as seat:
        marked = seat.app.yard_screen._containers.marked
        await seat.press("g", "space", "j", "v")
        assert "◆3" in seat.screen
        await seat.press("exclamation_mark")
        assert "◆2" in seat.screen
        await seat.press("asterisk")
        assert "◆5" in seat.screen
        await seat.press("asterisk")
        assert "◆" not in seat.screen
        assert marked == set()


async def test_only_rows_that_are_shown_are_marked_at_once(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("slash")
        await seat.type("cron|migrate")
        await seat.press("enter", "asterisk")
        assert {row.name for row in seat.app.yard_screen._containers.chosen} == {"cron", "migrate"}


async def test_images_are_removed_at_once(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("1", "slash")
        await seat.type("rather|latest")
        await seat.press("enter", "asterisk", "d", "y")
        asked = [one for one in seat.yard.asked if one[0] == "rmi"]
        assert [one[1] for one in asked] == [
            "shop/web:latest",
            "registry.example.com/team/a-rather-long-name:2024.11",
        ]

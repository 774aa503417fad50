"""The workbench as somebody uses it: keys, what is legal, questions, what other processes do."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from textual.events import Key
from textual.keys import _character_to_key

from app.workbench.screens.confirm import ConfirmScreen
from app.workbench.screens.help import HelpScreen
from app.workbench.screens.output import OutputScreen
from app.workbench.tabs.stack import StackView
from app.workbench.yard import Container
from engine.errors import Conflict
from tests.app.workbench.conftest import LARGE, Sit
from tests.app.workbench.fakeyard import NOW, FakeYard, container_id, digest, many, some_containers


async def test_it_opens_on_a_running_container(sit: Sit) -> None:
    async with sit() as seat:
        assert seat.selected == "worker"
        assert "2 Containers · 5" in seat.screen
        assert "shop/web:1.4" in seat.screen
        assert "No builds yet" in seat.screen


async def test_a_container_asked_for_is_selected(sit: Sit) -> None:
    async with sit(select="web") as seat:
        assert seat.selected == "web"


async def test_without_containers_it_opens_on_the_images(sit: Sit) -> None:
    async with sit(FakeYard(containers=[])) as seat:
        assert seat.selected == "shop/web:1.4"
        assert "bootfs" in seat.screen


async def test_moving_and_panes(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("G")
        assert seat.selected == "cron"
        await seat.press("k", "up")
        assert seat.selected == "web"
        await seat.press("g")
        assert seat.selected == "spare"
        await seat.press("1")
        assert seat.selected == "shop/web:1.4"
        await seat.press("tab", "tab")
        assert seat.selected == "cache"
        await seat.press("shift+tab")
        assert seat.selected == "spare"
        await seat.press("4")
        assert "The steps of a build will stand here" in seat.screen


async def test_fast_typing_is_understood(sit: Sit) -> None:
    async with sit() as seat:
        await seat.pilot.press("1", "x")
        await seat.settle()
        assert "Run a container from shop/web:1.4" in seat.screen
        await seat.pilot.press("escape", "2", "l", "slash", "a", "enter", "escape", "escape", "3")
        await seat.settle()
        assert seat.selected == "cache"


async def test_tabs_are_kept_for_each_kind(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press(*(["right_square_bracket"] * 3))
        assert "writable layer" in seat.screen
        await seat.press("1", "2", "j")
        assert "writable layer" in seat.screen
        await seat.press(*(["left_square_bracket"] * 4))
        assert "all that `stackyard container inspect`" in seat.screen


async def test_stopping_and_starting(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("s")
        await seat.until(lambda: "exit 0" in seat.screen)
        assert seat.yard.asked == [("stop", container_id(2))]
        assert seat.status.startswith("$ stackyard stop worker")
        await seat.until(lambda: "S start" in seat.screen)
        assert "s stop" not in seat.screen
        await seat.press("s")
        assert seat.status == "— worker is already stopped"
        await seat.press("S")
        await seat.until(lambda: seat.yard.asked[-1] == ("start", container_id(2)))
        await seat.press("r", "K")
        assert [asked[0] for asked in seat.yard.asked] == ["stop", "start", "restart", "kill"]


async def test_what_makes_no_sense_is_refused_in_a_line(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("S")
        assert seat.status == "— worker is already running"
        await seat.press("x")
        assert seat.status == "— You can run only an image"
        await seat.press("1", "l")
        assert seat.status == "— Only a container has a log"
        assert seat.yard.asked == []


async def test_an_error_is_a_sentence(sit: Sit) -> None:
    async with sit() as seat:
        seat.yard.fail = Conflict("cannot stop worker", details="it hangs", resolution="try K")
        await seat.press("s")
        assert seat.status == "✕ cannot stop worker: it hangs (try K)"


@pytest.mark.parametrize("key", ["y", "enter"])
async def test_removing_asks_and_tells_the_consequences(sit: Sit, key: str) -> None:
    async with sit() as seat:
        await seat.press("d")
        assert isinstance(seat.app.screen, ConfirmScreen)
        assert "Remove container worker?" in seat.screen
        assert "It is running: it is killed first." in seat.screen
        assert "$ stackyard rm -f worker" in seat.screen
        await seat.press(key)
        assert seat.yard.asked == [("rm", container_id(2), "force")]
        await seat.until(lambda: seat.selected == "web")


@pytest.mark.parametrize("key", ["n", "escape", "q"])
async def test_removing_can_be_left(sit: Sit, key: str) -> None:
    async with sit() as seat:
        await seat.press("d", key)
        assert not isinstance(seat.app.screen, ConfirmScreen)
        assert seat.yard.asked == []
        assert seat.app.is_running


async def test_pruning(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("D", "y")
        assert seat.yard.asked == [("prune", "container")]
        assert "52MB became free" in seat.status
        await seat.until(lambda: "2 Containers · 2" in seat.screen)


async def test_renaming_and_tagging(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("R")
        assert "rename worker to:" in seat.screen
        await seat.press("ctrl+u")
        await seat.type("labourer")
        await seat.press("enter")
        await seat.until(lambda: seat.selected == "labourer")
        assert "l logs" in seat.screen
        await seat.press("1", "t")
        await seat.type("mine")
        await seat.press("enter")
        assert seat.yard.asked[-1] == ("tag", "shop/web:1.4", "mine")


async def test_the_id_is_copied(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("c")
        assert seat.app.clipboard == container_id(2)
        assert base64.b64encode(container_id(2).encode())
        await seat.press("1", "c")
        assert seat.app.clipboard == digest(2)


async def test_a_filter_narrows_while_it_is_typed(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("slash")
        await seat.type("web|cron")
        assert "2 Containers · 4/5 ⟨web|" in seat.screen
        await seat.press("enter")
        assert seat.selected == "worker"
        await seat.press("slash", "ctrl+u")
        await seat.type("!shop")
        await seat.press("enter", "G")
        assert seat.selected == "cron"
        await seat.press("escape")
        assert "2 Containers · 5" in seat.screen
        await seat.press("slash")
        await seat.type("nothing-like-it")
        assert "nothing matches" in seat.screen
        await seat.press("escape")
        assert "2 Containers · 5" in seat.screen


@pytest.mark.parametrize("keys", ["/crsK", ":crsK", "RcrsK", "l/crsK"])
async def test_words_typed_in_one_breath_are_no_deeds(sit: Sit, keys: str) -> None:
    async with sit() as seat:
        for key in keys:
            seat.app.post_message(Key(_character_to_key(key), key))
        await seat.settle()
        assert seat.yard.asked == []
        assert "crsK" in seat.screen


async def test_another_process_shows_at_once_and_the_cursor_stays(sit: Sit) -> None:
    async with sit() as seat:
        fresh = Container(
            container_id(9), "fresh", "shop/web:1.4", digest(2), "sh", NOW, "running", started_at=NOW
        )
        seat.yard.crew.append(fresh)
        seat.yard.happen("container", "create", fresh.id)
        await seat.until(lambda: "fresh" in seat.screen)
        assert seat.selected == "worker"
        seat.yard.crew.remove(fresh)
        seat.yard.happen("container", "destroy", fresh.id)
        await seat.until(lambda: "fresh" not in seat.screen)
        assert seat.selected == "worker"


async def test_scrolled_lists_stand_still_when_rows_come_above(sit: Sit) -> None:
    async with sit(many(40)) as seat:
        await seat.press(*["j"] * 25)
        before = [line[:26] for line in seat.screen.splitlines()[7:16]]
        first = some_containers()[0]._replace(id=container_id(99), name="first", created=NOW + 1)
        seat.yard.crew.append(first)
        seat.yard.happen("container", "create", first.id)
        await seat.until(lambda: "2 Containers · 41" in seat.screen)
        await seat.settle()
        assert [line[:26] for line in seat.screen.splitlines()[7:16]] == before


async def test_clocks_run(sit: Sit) -> None:
    async with sit() as seat:
        assert "up 4m" in seat.screen
        seat.yard.time += 60
        await seat.until(lambda: "up 5m" in seat.screen)
        await seat.press("j")
        assert "Up 5 minutes" in seat.screen


async def test_the_stack_opens_block_by_block(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("1", "enter")
        assert isinstance(seat.app.focused, StackView)
        assert "▸ layer 4" in seat.screen
        await seat.press("j", "j")
        assert "--no-install-recommends nginx" in seat.screen
        await seat.press("G")
        assert "▸ base layer · debian:bookworm" in seat.screen
        assert "bootfs" in seat.screen
        await seat.press("escape")
        assert "▸" not in seat.screen


async def test_zoom(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("plus")
        assert "1 Images" not in seat.screen
        await seat.press("minus")
        assert "1 Images" in seat.screen
        await seat.press("2", "underscore")
        assert "Exited (137) 3 hours ago" in seat.screen
        await seat.press("enter")
        assert "Exited (137) 3 hours ago" not in seat.screen


async def test_help_lists_the_keys(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("question_mark")
        assert isinstance(seat.app.screen, HelpScreen)
        assert "Choose a colour theme" in seat.screen
        await seat.press("G")
        assert "Output of the next step" in seat.screen
        await seat.press("q")
        assert not isinstance(seat.app.screen, HelpScreen)
        assert seat.app.is_running


async def test_any_line_runs_as_a_process(sit: Sit) -> None:
    async with sit() as seat:
        seat.yard.child = "import sys; print('got', sys.argv[1:]); print('\\x1b[31mred'); sys.exit(3)"
        await seat.press("colon")
        await seat.type("stackyard ps -a")
        await seat.press("enter")
        assert isinstance(seat.app.screen, OutputScreen)
        await seat.until(lambda: "exit code 3" in seat.screen)
        assert "got ['ps', '-a']" in seat.screen
        assert "red" in seat.screen
        await seat.press("escape", "colon", "up")
        assert "stackyard ps -a" in seat.screen
        await seat.press("escape")
        assert "? help" in seat.screen


async def test_a_line_that_does_not_end_is_ended(sit: Sit) -> None:
    async with sit() as seat:
        seat.yard.child = "import time; print('waiting', flush=True); time.sleep(60)"
        await seat.press("colon")
        await seat.type("logs")
        await seat.press("enter")
        await seat.until(lambda: "waiting" in seat.screen)
        await seat.press("escape")
        await seat.until(lambda: not seat.app.workers)


async def test_ctrl_c_ends_a_line_and_neither_its_output_nor_the_workbench(sit: Sit) -> None:
    async with sit() as seat:
        seat.yard.child = "import time; print('waiting', flush=True); time.sleep(60)"
        await seat.press("colon")
        await seat.type("logs")
        await seat.press("enter")
        await seat.until(lambda: "waiting" in seat.screen)
        await seat.press("ctrl+c")
        await seat.until(lambda: "exit code" in seat.screen)
        assert "waiting" in seat.screen
        assert seat.app.is_running


async def test_a_line_runs_again(sit: Sit, tmp_path: Path) -> None:
    async with sit() as seat:
        count = f"f = open({str(tmp_path / 'runs')!r}, 'a+'); f.write('x'); f.seek(0); "
        seat.yard.child = count + "print('run number', len(f.read()))"
        await seat.press("colon")
        await seat.type("ps")
        await seat.press("enter")
        await seat.until(lambda: "run number 1" in seat.screen and "done" in seat.screen)
        await seat.press("r")
        await seat.until(lambda: "run number 2" in seat.screen and "done" in seat.screen)
        assert "run number 1" not in seat.screen


async def test_a_theme_that_is_not_there_is_told(sit: Sit) -> None:
    async with sit(theme="neon") as seat:
        assert seat.app.theme == "stackyard"
        (told,) = seat.app._notifications
        assert told.message.startswith("no such theme: neon")


async def test_ctrl_q_and_ctrl_p_do_nothing(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("ctrl+q", "ctrl+p")
        assert seat.app.is_running
        assert seat.app.screen is seat.app.yard_screen


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quitting(sit: Sit, key: str) -> None:
    async with sit() as seat:
        await seat.pilot.press(key)
        await seat.pilot.pause()
        assert seat.app.return_value == 0


@pytest.mark.parametrize("size", [(80, 24), (100, 30), LARGE, (60, 16)])
async def test_no_hint_is_cut(sit: Sit, size: tuple[int, int]) -> None:
    async with sit(size=size) as seat:
        line = seat.screen.splitlines()[-1]
        assert line.rstrip().endswith("q quit")
        assert len(line) == size[0]


async def test_the_mouse_selects_and_opens(sit: Sit) -> None:
    async with sit() as seat:
        await seat.pilot.click("#pane-container", offset=(5, 3))
        await seat.settle()
        assert seat.selected == "web"
        await seat.pilot.click("TabBar", offset=(27, 0))
        await seat.settle()
        assert "writable layer" in seat.screen

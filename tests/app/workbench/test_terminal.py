"""The Terminal tab: real programs in it, every key theirs, the way out, several at once, floods."""

from __future__ import annotations

import asyncio
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from textual.events import Paste

from app.workbench.terminal import handover
from app.workbench.terminal.session import Session
from app.workbench.terminal.view import TerminalView
from tests.app.workbench.conftest import LARGE, Seat, Sit
from tests.app.workbench.fakeyard import FakeYard, container_id


@pytest.fixture
def yard() -> FakeYard:
    yard = FakeYard()
    yard.crew = [one._replace(tty=one.name == "worker") for one in yard.crew]
    return yard


@pytest.fixture(autouse=True)
def _ended(yard: FakeYard):  # type: ignore[no-untyped-def]
    yield
    yard.end()


def terminal(seat: Seat) -> TerminalView:
    return seat.app.yard_screen.detail.terminal.view


def session(seat: Seat) -> Session:
    found = seat.app.yard_screen.detail.terminal.session
    assert found
    return found


async def attach(seat: Seat, *program: str, shows: str) -> None:
    seat.yard.entry = program
    await seat.press("a")
    await seat.until(lambda: shows in terminal(seat).text)


async def test_a_shell_in_the_pane(sit: Sit) -> None:
    async with sit() as seat:
        await attach(seat, "sh", shows="$")
        assert seat.status == "$ stackyard attach worker"
        await seat.type("echo one$((1+1))three")
        await seat.press("enter")
        await seat.until(lambda: "one2three" in terminal(seat).text)
        assert "Ctrl-P Ctrl-Q leaves" in seat.screen
        assert "q quit" not in seat.screen


async def test_every_key_is_the_programs(sit: Sit) -> None:
    async with sit() as seat:
        await attach(seat, "sh", "-c", "stty raw -echo; echo ready; exec cat -vt", shows="ready")
        keys = "tab", "shift+tab", "escape", "ctrl+c", "ctrl+q", "f1", "q", "colon", "question_mark", "ctrl+z"
        await seat.press(*keys)
        await seat.until(lambda: "^I^[[Z^[^C^Q^[OPq:?^Z" in terminal(seat).text.replace("\n", ""))
        assert seat.app.is_running
        assert seat.app.focused is terminal(seat)


async def test_a_lone_ctrl_p_comes_with_the_next_key_or_after_a_silence(sit: Sit) -> None:
    async with sit() as seat:
        await attach(seat, "sh", "-c", "stty raw -echo; echo ready; exec cat -vt", shows="ready")
        await seat.press("ctrl+p", "x")
        await seat.until(lambda: "^Px" in terminal(seat).text)
        await seat.press("ctrl+p")
        await seat.until(lambda: "^Px^P" in terminal(seat).text)


async def test_detaching_and_attaching_again_shows_the_same_screen(sit: Sit, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("some text\n" * 3)
    async with sit() as seat:
        await attach(seat, "sh", "-c", f"cd {tmp_path}; exec vi -u NONE note", shows="some text")
        await seat.type("Ohello")
        await seat.press("escape")
        await seat.until(lambda: terminal(seat).text.startswith("hello\nsome text"))
        before = terminal(seat).text
        await seat.press("ctrl+p", "ctrl+q")
        assert seat.status == "detached  it goes on; a attaches again"
        assert "No terminal is open" in seat.screen
        await seat.press("a")
        await seat.until(lambda: terminal(seat).text == before)


async def test_a_program_is_told_the_size(sit: Sit) -> None:
    async with sit() as seat:
        await attach(seat, "sh", shows="$")
        width, height = terminal(seat).content_size
        assert seat.yard.programs[container_id(2)].sizes[-1][0] >= width
        await seat.pilot.resize_terminal(120, 40)
        await seat.until(lambda: terminal(seat).content_size != (width, height))
        await seat.until(
            lambda: seat.yard.programs[container_id(2)].sizes[-1] == tuple(terminal(seat).content_size)
        )


async def test_two_workbenches_see_the_same(sit: Sit, yard: FakeYard) -> None:
    async with sit() as one:
        await attach(one, "sh", shows="$")
        async with sit(yard) as other:
            await other.press("a")
            await one.type("echo to both")
            await one.press("enter")
            await other.until(lambda: "\nto both" in terminal(other).text)
            assert "\nto both" in terminal(one).text


async def test_several_terminals_each_with_a_name(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        await attach(seat, "sh", shows="$")
        await seat.press("ctrl+p", "ctrl+q", "E")
        await seat.type("cat")
        await seat.press("enter")
        await seat.until(lambda: seat.app.focused is terminal(seat))
        await seat.type("first")
        await seat.until(lambda: "first" in terminal(seat).text)
        await seat.press("ctrl+p", "ctrl+q")
        assert seat.status == "cat  stays open; Enter goes back to it"
        await seat.press("E")
        await seat.type("cat")
        await seat.press("enter")
        await seat.until(lambda: "▸ cat  ▸ cat 2" in seat.screen)
        await seat.press("ctrl+p", "ctrl+q", "h")
        assert "first" in terminal(seat).text
        await seat.press("n", "ctrl+u")
        await seat.type("diary")
        await seat.press("enter")
        assert "▸ diary  ▸ cat 2" in seat.screen
        # Another row is selected and left again: the terminals are still there.
        await seat.press("escape", "k", "j")
        await seat.until(lambda: "▸ diary  ▸ cat 2" in seat.screen)
        assert "first" in terminal(seat).text
        await seat.press("enter", "x")
        assert "▸ diary" not in seat.screen


async def test_a_shell_unless_something_else_is_said(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("E", "enter")
        await seat.until(lambda: "▸ shell" in seat.screen)
        assert seat.yard.asked[-1][:3] == ("exec", container_id(2), "/bin/sh")
        assert seat.status == "$ stackyard exec -it worker bash"


async def test_a_program_that_ends_leaves_its_last_words(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("E")
        await seat.type("sh -c 'echo bye; exit 3'")
        await seat.press("enter")
        await seat.until(lambda: "ended · exit code 3" in seat.screen)
        assert "bye" in terminal(seat).text
        assert seat.app.focused is not terminal(seat)
        await seat.press("x")
        assert "No terminal is open" in seat.screen


async def test_without_a_terminal_attaching_is_refused(sit: Sit) -> None:
    async with sit(select="web") as seat:
        await seat.press("a")
        assert seat.status.startswith("— web has no terminal, as it was made without -t")
        await seat.press("1", "a")
        assert seat.status == "— Only a container has a terminal to attach to"


async def test_scrolling_back_stays_where_it_is_and_a_key_returns(sit: Sit) -> None:
    async with sit() as seat:
        await attach(seat, "sh", shows="$")
        await seat.type("seq 500")
        await seat.press("enter")
        await seat.until(lambda: "\n500\n" in terminal(seat).text)
        terminal(seat).scroll_back(100)
        await seat.settle()
        assert "100 rows back" in seat.screen
        looked_at = terminal(seat).text
        session(seat)._parser.feed(b"more\r\n" * 7)
        terminal(seat)._frame()
        assert terminal(seat).text == looked_at
        await seat.press("x")
        assert terminal(seat).back == 0


async def test_the_mouse_chooses_and_copies(sit: Sit) -> None:
    async with sit() as seat:
        await attach(seat, "sh", "-c", "printf 'alpha beta\\n漢字 gamma\\n'; cat", shows="gamma")
        await seat.pilot.mouse_down(TerminalView, offset=(6, 0))
        await seat.pilot.hover(TerminalView, offset=(3, 1))
        await seat.pilot.mouse_up(TerminalView, offset=(3, 1))
        await seat.until(lambda: seat.app.clipboard == "beta\n漢字")
        assert seat.status == "copied 7 characters"
        await seat.pilot.click(TerminalView, offset=(7, 1), times=2)
        await seat.until(lambda: seat.app.clipboard == "gamma")


async def test_the_mouse_is_the_programs_if_it_wants(sit: Sit) -> None:
    async with sit() as seat:
        script = "stty raw -echo; printf '\\033[?1000h\\033[?1006hready'; exec cat -v"
        await attach(seat, "sh", "-c", script, shows="ready")
        await seat.pilot.click(TerminalView, offset=(4, 2))
        await seat.until(lambda: "^[[<0;5;3M^[[<0;5;3m" in terminal(seat).text)


async def test_pasting_as_the_program_wants_it(sit: Sit) -> None:
    async with sit() as seat:
        script = "stty raw -echo; printf '\\033[?2004hready'; exec cat -v"
        await attach(seat, "sh", "-c", script, shows="ready")
        terminal(seat).post_message(Paste("a\nb\x1b[201~c"))
        await seat.until(lambda: "^[[200~a^Mb[201~c^[[201~" in terminal(seat).text)


async def test_a_flood_leaves_the_rest_responsive(sit: Sit) -> None:
    async with sit() as seat:
        await attach(seat, "yes", "a flood", shows="a flood")
        end = time.monotonic() + 1
        frames = terminal(seat).frames
        while time.monotonic() < end:
            await asyncio.sleep(0)
        assert terminal(seat).frames - frames <= 32
        await seat.pilot.click("#pane-image", offset=(4, 1))
        await seat.until(lambda: seat.selected == "shop/web:1.4")


async def test_the_full_screen_and_back(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    async with sit() as seat:
        await seat.press("E")
        await seat.type("cat")
        await seat.press("enter")
        await seat.until(lambda: seat.app.focused is terminal(seat))
        await seat.press("ctrl+p", "ctrl+q")
        given: list[Session] = []
        monkeypatch.setattr(seat.app, "suspend", nullcontext)
        monkeypatch.setattr(handover, "hand_over", lambda session: given.append(session) or True)
        await seat.press("plus")
        assert given == [session(seat)]
        assert seat.status == "cat  back from the full screen"


async def test_where_there_is_no_terminal_to_hand_over(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("E", "enter")
        await seat.until(lambda: "▸ shell" in seat.screen)
        await seat.press("ctrl+p", "ctrl+q", "plus")
        assert seat.status == "— This terminal cannot be handed over"

"""Builds in the workbench: how they go, what can be done to them, and what another process does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.workbench.screens.build import BuildDialog
from app.workbench.tabs.logs import LogView
from app.workbench.tabs.steps import StepList
from engine.build.events import Failed, Finished, Output, StepFinished
from tests.app.workbench.conftest import LARGE, Sit
from tests.app.workbench.fakebuilds import (
    DOCKERFILE,
    NOW,
    a_failure,
    a_shop,
    build_id,
    image_id,
    with_builds,
)
from tests.app.workbench.fakeyard import FakeYard, digest


@pytest.fixture
def yard() -> FakeYard:
    yard = FakeYard()
    with_builds(yard)
    return yard


async def test_the_newest_build_stands_first(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("4")
        assert seat.selected == "shop/web:1.6"
        lines = [line[:28].split() for line in seat.screen.splitlines()[17:21]]
        assert [line[-1] for line in lines] == ["7/12", "stopped", "2", "9.6s"]
        assert [line[-2] for line in lines] == ["shop/web:1.6", "shop/web:1.5", "step", "shop/web:1.4"]


async def test_a_build_is_followed_while_it_goes_on(sit: Sit, yard: FakeYard) -> None:
    async with sit() as seat:
        await seat.press("4")
        assert "── step 7 ─" in seat.screen
        journal = yard._open[-1]
        journal.append(Output(7, 1, "brand new line\n"))
        await seat.until(lambda: "brand new line" in seat.screen)
        for event in a_shop(NOW - 6.5)[-13:]:
            journal.append(event)
        journal.close()
        await seat.until(lambda: "✓ shop/web:1.6" in seat.screen)
        assert "── step 12 ─" in seat.screen
        assert "12 of 12 steps · 2 cached" in seat.screen


async def test_a_cursor_that_was_moved_stays(sit: Sit, yard: FakeYard) -> None:
    async with sit() as seat:
        await seat.press("4", "enter", "g", "j", "j")
        assert "── step 3 ─" in seat.screen
        yard._open[-1].append(StepFinished(7, image_id(7), 0, NOW))
        await seat.until(lambda: "✓  7 RUN" in seat.screen)
        assert "── step 3 ─" in seat.screen
        assert "f follow" in seat.screen
        await seat.press("f")
        assert "── step 9 ─" in seat.screen
        assert "f follow" not in seat.screen


async def test_why_a_step_ran(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        await seat.press("4", "G")
        assert "package-lock.json changed" in seat.screen
        await seat.press("enter", "g", "j", "j", "j")
        assert (
            "ran 0.3s, because: package-lock.json changed · 182kB · image 100410041004 · line 5"
            in seat.screen
        )
        await seat.press("k")
        assert "taken from the cache · image 100310031003" in seat.screen


async def test_a_failed_build_opens_on_the_step_that_failed(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("4", "j", "j")
        assert "▌ ✕ 2 RUN make check" in seat.screen
        assert "returned a" in seat.screen
        assert "make: *** [check] Error 1" in seat.screen
        await seat.press("right_square_bracket", "right_square_bracket")
        assert "▶  2 │ RUN make check" in seat.screen
        assert "╰ The command" in seat.screen


async def test_output_of_all_and_of_one_step(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        await seat.press("4", "G", "l")
        assert isinstance(seat.app.focused, LogView)
        assert seat.status == "$ stackyard buildx history logs b001b001b001"
        assert "Step 12/12 : CMD" in seat.screen
        assert "all steps" in seat.screen
        await seat.press("left_curly_bracket")
        assert "step 12 of 12" in seat.screen
        assert "It printed nothing." in seat.screen
        await seat.press(*["right_curly_bracket"] * 3)
        assert "step 2 of 12" in seat.screen
        assert "Taken from the cache: nothing was printed." in seat.screen


async def test_enter_on_a_step_opens_its_output(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("4", "G", "enter")
        assert isinstance(seat.app.focused, StepList)
        await seat.press("g", *"jjjj", "enter")
        assert isinstance(seat.app.focused, LogView)
        assert "step 5 of 12" in seat.screen
        assert "30 lines" in seat.screen
        await seat.press("slash")
        await seat.type("/17 ")
        await seat.press("enter")
        assert "line 18" in seat.screen


async def test_a_step_that_prints_is_seen_at_once(sit: Sit, yard: FakeYard) -> None:
    async with sit() as seat:
        await seat.press("4", "l")
        yard._open[-1].append(Output(9, 2, "something odd\n"))
        await seat.until(lambda: "┃ something odd" in seat.screen)
        assert "▼ following" in seat.screen


async def test_another_process_builds(sit: Sit, yard: FakeYard) -> None:
    async with sit() as seat:
        await seat.press("4", "j")
        journal = yard.begin(9, a_failure(NOW - 1)[:6], tags=("fresh",))
        await seat.until(lambda: "● fresh" in seat.screen)
        assert seat.selected == "shop/web:1.5"
        journal.append(Failed("it is over", 0, 1, NOW))
        journal.close()
        await seat.until(lambda: "✕ fresh" in seat.screen)


async def test_a_builder_that_was_killed(sit: Sit, yard: FakeYard) -> None:
    async with sit() as seat:
        await seat.press("4")
        yard._open[-1].close()
        yard.happen("image", "tag", "")
        await seat.until(lambda: "† shop/web:1.6" in seat.screen, 6)
        await seat.until(lambda: "‖  7 RUN npm run build" in seat.screen)


async def test_what_a_build_cannot_do(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("4")
        for key, reason in {
            "B": "It still runs: s stops it",
            "I": "It still runs",
            "E": "It still runs: s stops it",
            "d": "It still runs: s stops it",
            "x": "You can run only an image",
        }.items():
            await seat.press(key)
            assert seat.status == f"— {reason}"
        await seat.press("j")
        for key, reason in {"s": "It is over already", "I": "No image came out of it"}.items():
            await seat.press(key)
            assert seat.status == f"— {reason}"
        await seat.press("1", "E")
        assert seat.status == "— Only a container can run one more program"


async def test_going_to_the_image(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("4", "G", "I")
        assert (seat.app.yard_screen.selection.kind, seat.selected) == ("image", "shop/web:1.4")
        assert seat.status == "$ stackyard history shop/web:1.4"


async def test_an_image_that_is_gone(sit: Sit, yard: FakeYard) -> None:
    yard.stock = [one for one in yard.stock if one.id != digest(2)]
    async with sit() as seat:
        await seat.press("4", "G", "I")
        assert seat.status.startswith("— The image that came out is gone")


async def test_a_shell_on_a_step(sit: Sit, yard: FakeYard, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    async with sit() as seat:
        monkeypatch.setattr(seat.app, "suspend", nullcontext)
        await seat.press("4", "G", "enter", "g", *"jjjj", "E")
        assert yard.asked[-1] == ("shell", image_id(5))
        assert seat.status == "$ stackyard run -it --rm 100510051005 sh  exit code 0"
        await seat.press("escape", "k", "E")
        assert yard.asked[-1] == ("shell", image_id(1))
        await seat.press("enter", "g", "E")
        await seat.press("escape", "G", "enter", "g", "E")
        assert seat.status == "— This step left no image to open a shell on"


async def test_a_terminal_that_cannot_be_handed_over(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("4", "G", "E")
        assert seat.status == "— This terminal cannot be handed over"


async def test_forgetting_a_build(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("4", "j", "d")
        assert "Forget the build of shop/web:1.5?" in seat.screen
        assert "$ stackyard buildx history rm b003b003b003" in seat.screen
        await seat.press("y")
        await seat.until(lambda: "4 Builds · 3" in seat.screen)


async def test_pruning_the_cache(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("4", "D")
        assert "$ stackyard builder prune -f" in seat.screen
        await seat.press("y")
        assert seat.yard.asked == [("prune", "build")]


async def test_stopping_a_build(sit: Sit, yard: FakeYard, monkeypatch: pytest.MonkeyPatch) -> None:
    async with sit() as seat:
        killed: list[tuple[int, int]] = []
        monkeypatch.setattr(os, "kill", lambda pid, signal: killed.append((pid, signal)))
        await seat.press("4", "s")
        assert killed == [(os.getpid(), 2)]
        assert seat.status.startswith(f"$ kill -INT {os.getpid()}")


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("Dockerfile", "api/Dockerfile.dev", "node_modules/x/Dockerfile"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


A_BUILD = """
import sys
from engine.build.journal.journal import Journal
from engine.build.request import Request
from engine.paths import Paths
from tests.app.workbench.fakebuilds import NOW, a_failure, build_id
words = sys.argv[1:]
journal = Journal.begin(Paths({root!r}, ""), build_id(7), Request(tags=("from-here",)))
for event in a_failure(NOW + 5): journal.append(event)
journal.close()
print("last words", *words, file=sys.stderr)
sys.exit(1)
"""


async def test_building_a_dockerfile(
    sit: Sit, yard: FakeYard, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    yard.child = A_BUILD.format(root=yard._paths.root)
    async with sit() as seat:
        await seat.press("b")
        assert "▌ Dockerfile" in seat.screen
        assert "node_modules" not in seat.screen
        assert "$ stackyard build ." in seat.screen
        await seat.press("down", "tab", "tab")
        await seat.type("me/api")
        assert "$ stackyard build -t me/api -f api/Dockerfile.dev api" in seat.screen
        await seat.press("enter")
        await seat.until(lambda: seat.selected == "from-here")
        assert seat.app.yard_screen.selection.kind == "build"
        await seat.until(lambda: "last words" in seat.status)
        assert seat.status == "✕ last words build -q -t me/api -f api/Dockerfile.dev api"
    assert yard.asked == [("command", "build", "-q", "-t", "me/api", "-f", "api/Dockerfile.dev", "api")]


async def test_what_a_build_needs_is_said(sit: Sit, sources: Path) -> None:
    async with sit() as seat:
        await seat.press("b", "ctrl+u", "enter")
        assert "Which Dockerfile?" in seat.screen
        await seat.type("nowhere")
        await seat.press("enter")
        assert "There is no such file." in seat.screen
        await seat.press("escape")
        assert not isinstance(seat.app.screen, BuildDialog)
        assert seat.yard.asked == []


async def test_without_any_dockerfile(sit: Sit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with sit() as seat:
        await seat.press("b")
        assert "There is no Dockerfile below this folder." in seat.screen


async def test_building_the_same_again(sit: Sit, yard: FakeYard) -> None:
    yard.child = "pass"
    async with sit() as seat:
        yard.over(
            8, a_failure(NOW - 1), folder=os.getcwd(), context="sub dir", tags=("again",), no_cache=True
        )
        await seat.until(lambda: "again" in seat.screen)
        await seat.press("4", "g", "B")
        await seat.until(lambda: "✓" in seat.status)
        assert seat.status == "$ stackyard build -t again --no-cache 'sub dir'  ✓"


async def test_what_came_by_standard_input_is_not_built_again(sit: Sit, yard: FakeYard) -> None:
    yard.over(8, [Finished(digest(2), NOW)], context="-")
    async with sit() as seat:
        await seat.press("4")
        assert seat.app.yard_screen._panes[3].select(build_id(8))
        await seat.press("B")
        assert seat.status == "— Its context came by standard input and is gone"


async def test_a_build_that_failed_before_its_first_step(sit: Sit, yard: FakeYard) -> None:
    message = "unknown instruction: RUNN (did you mean RUN?)"
    yard.over(8, [Failed(message, 2, 1, NOW)], "FROM a\nRUNN b\n", tags=("broken",))
    async with sit() as seat:
        await seat.press("4")
        assert seat.app.yard_screen._panes[3].select(build_id(8))
        await seat.settle()
        assert message in seat.screen
        await seat.press("right_square_bracket", "right_square_bracket")
        assert "▶  2 │ RUNN b" in seat.screen
        assert f"╰ {message[:20]}" in seat.screen


async def test_the_dockerfile_opens_at_the_failing_line(sit: Sit, yard: FakeYard) -> None:
    text = "\n".join(f"# line {n}" for n in range(1, 200)) + "\nRUNN\n"
    yard.over(8, [Failed("unknown instruction: RUNN", 200, 1, NOW)], text, tags=("broken",))
    async with sit() as seat:
        await seat.press("4")
        assert seat.app.yard_screen._panes[3].select(build_id(8))
        await seat.press("right_square_bracket", "right_square_bracket")
        assert "▶ 200 │ RUNN" in seat.screen


async def test_fifty_builds_are_leafed_through(sit: Sit, yard: FakeYard) -> None:
    for number in range(46):
        yard.over(100 + number, a_shop(NOW - 9000 - number), DOCKERFILE, tags=(f"old/{number}",))
    async with sit(size=LARGE) as seat:
        await seat.press("4", *"jjjjjjjjjj")
        assert seat.selected == "old/6"
        await seat.press("G")
        assert seat.selected == "old/45"
        assert "12 of 12 steps" in seat.screen
        # What is no longer shown is closed.
        await seat.until(lambda: opened(yard) <= {build_id(145)})


def opened(yard: FakeYard) -> set[str]:
    """List the builds whose journals are open, but for the one that runs."""
    found = set()
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            path = os.readlink(f"/proc/self/fd/{descriptor}")
        except FileNotFoundError:
            continue
        if path.startswith(yard._paths.builds):
            found.add(path.split("/")[-2])
    return found - {build_id(4)}

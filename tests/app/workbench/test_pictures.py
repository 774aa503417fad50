"""The main screens as pictures, small and large; `pytest --snapshot-update` draws them anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.completion.offers import Ask
from app.workbench import sampler
from app.workbench.app import Workbench
from app.workbench.tabs.detail import TABS
from app.workbench.yard import Kind
from tests.app.workbench.conftest import LARGE, SMALL, Seat
from tests.app.workbench.fakebuilds import with_builds
from tests.app.workbench.fakelife import hours
from tests.app.workbench.fakeyard import FakeYard, container_id

SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a slow machine from measuring a second time before the picture is taken."""
    monkeypatch.setattr(sampler, "PERIOD", 3600.0)


@pytest.fixture
def look(snap_compare: Compare) -> Callable[..., None]:
    """Compare the picture after some keys with the one that was approved."""

    def look(
        size: tuple[int, int],
        *keys: str,
        at: FakeYard | None = None,
        theme: str = "",
        completion: Ask | None = None,
    ) -> None:
        yard = at or FakeYard()
        app = Workbench(yard, theme=theme)
        app.yard_screen.completion = completion

        async def before(pilot: Pilot[int]) -> None:
            seat = Seat(app, pilot, yard)
            await seat.until(seat.measured)
            await seat.settle()
            for key in keys:
                await (seat.press(key) if len(key) == 1 or key in NAMED else seat.type(key))

        assert snap_compare(app, terminal_size=size, run_before=before)

    return look


NAMED = (
    "space", "enter", "down", "escape", "tab", "slash", "colon", "question_mark", "plus",
    "right_square_bracket", "semicolon",
)  # fmt: skip
Look = Callable[..., None]


def turns(kind: Kind, tab: str) -> list[str]:
    """Give the keys that turn from the first tab to another."""
    return ["right_square_bracket"] * TABS[kind].index(tab)


@SIZES
def test_log(look: Look, size: tuple[int, int]) -> None:
    look(size, "j", "l")


@SIZES
def test_a_line_with_what_can_come_next(look: Look, size: tuple[int, int]) -> None:
    from app.cli.program import completer

    look(size, "colon", "run --re", "tab", completion=completer(None))


@pytest.mark.parametrize("size", [SMALL, (120, 40)], ids=["small", "middle"])
@pytest.mark.parametrize("wanted", ["", "re"], ids=["all", "found"])
def test_the_palette(look: Look, size: tuple[int, int], wanted: str) -> None:
    look(size, "semicolon", *([wanted] if wanted else []))


@SIZES
def test_several_logs_as_one(look: Look, size: tuple[int, int]) -> None:
    yard = FakeYard()
    yard.logs[container_id(2)] = [("stdout", b"job %d done" % n) for n in range(390)]
    yard.logs[container_id(2)][380] = ("stderr", b"ERROR in job 380")
    look(size, "space", "space", "l", "t", "m", at=yard)


@SIZES
def test_log_wrapped_with_times_and_a_match(look: Look, size: tuple[int, int]) -> None:
    look(size, "j", "l", "w", "t", "slash", "error", "enter")


@pytest.fixture
def look_at_figures(snap_compare: Compare) -> Callable[..., None]:
    """Compare the picture of a container that was measured for a while."""

    def look(size: tuple[int, int], *keys: str, seconds: int = 600) -> None:
        yard = FakeYard()
        app = Workbench(yard)

        async def before(pilot: Pilot[int]) -> None:
            seat = Seat(app, pilot, yard)
            await seat.until(seat.measured)
            await seat.press("j")
            web = app.yard_screen.selection.id
            app.yard_screen.detail.living.history.keep(set())
            for time, usage in hours(seconds // 2):
                app.yard_screen.measured(time, {web: usage})
            yard.usage = lambda: {web: usage}  # type: ignore[method-assign]
            await seat.press(*keys)

        assert snap_compare(app, terminal_size=size, run_before=before)

    return look


@SIZES
def test_stats(look_at_figures: Look, size: tuple[int, int]) -> None:
    look_at_figures(size, "right_square_bracket", "right_square_bracket")


@SIZES
def test_processes(look: Look, size: tuple[int, int]) -> None:
    look(size, "j", *turns("container", "Processes"), "enter", "j")


@SIZES
def test_stack_of_a_container(look: Look, size: tuple[int, int]) -> None:
    look(size, "j", *turns("container", "Stack"))


@SIZES
def test_stack_of_an_image_with_a_block_open(look: Look, size: tuple[int, int]) -> None:
    look(size, "1", "enter", "j", "j")


@SIZES
def test_history(look: Look, size: tuple[int, int]) -> None:
    look(size, "1", *turns("image", "History"))


@SIZES
def test_config(look: Look, size: tuple[int, int]) -> None:
    look(size, "j", *turns("container", "Config"))


@SIZES
def test_volumes(look: Look, size: tuple[int, int]) -> None:
    look(size, "3", "j", "right_square_bracket")


@SIZES
def test_no_builds_yet(look: Look, size: tuple[int, int]) -> None:
    look(size, "4")


def builds() -> FakeYard:
    yard = FakeYard()
    with_builds(yard)
    return yard


@SIZES
def test_a_build_that_runs(look: Look, size: tuple[int, int]) -> None:
    look(size, "4", at=builds())


@SIZES
def test_steps_of_a_build(look: Look, size: tuple[int, int]) -> None:
    look(size, "4", "G", "enter", "k", "k", "k", "k", at=builds())


@SIZES
def test_a_build_that_failed(look: Look, size: tuple[int, int]) -> None:
    look(size, "4", "j", "j", "enter", at=builds())


@SIZES
def test_output_of_a_build(look: Look, size: tuple[int, int]) -> None:
    look(size, "4", "G", "l", at=builds())


@SIZES
def test_dockerfile_with_the_failing_line(look: Look, size: tuple[int, int]) -> None:
    look(size, "4", "j", "j", "right_square_bracket", "right_square_bracket", at=builds())


@SIZES
def test_choosing_a_dockerfile(
    look: Look, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "Dockerfile",
        "api/Dockerfile",
        "api/Dockerfile.dev",
        "web/Containerfile",
        "web/x/Dockerfile",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    look(size, "4", "b", "down", at=builds())


@SIZES
def test_question(look: Look, size: tuple[int, int]) -> None:
    look(size, "d")


@SIZES
def test_help(look: Look, size: tuple[int, int]) -> None:
    look(size, "question_mark")


@SIZES
def test_first_steps(look: Look, size: tuple[int, int]) -> None:
    look(size, at=FakeYard([], [], []))


@SIZES
def test_running_an_image(look: Look, size: tuple[int, int]) -> None:
    look(size, "1", "x")


@SIZES
def test_filter_and_refusal(look: Look, size: tuple[int, int]) -> None:
    look(size, "S", "slash", "cron|web")


@pytest.mark.parametrize("theme", ["daylight", "floodlight"])
def test_themes(look: Look, theme: str) -> None:
    look((100, 30), "j", "right_square_bracket", "right_square_bracket", theme=theme)


@SIZES
def test_files_of_a_container(look: Look, size: tuple[int, int]) -> None:
    look(size, "2", *turns("container", "Files"), "enter", "j", "enter", "j", "enter", "j", "j")


@SIZES
def test_files_of_an_image(look: Look, size: tuple[int, int]) -> None:
    look(size, "1", *turns("image", "Files"), "enter", "j", "enter", "j", "enter", "j", "j")


@SIZES
def test_files_of_a_volume(look: Look, size: tuple[int, int]) -> None:
    look(size, "3", "G", "enter", "j", "enter", "j")


@SIZES
def test_making_a_volume(look: Look, size: tuple[int, int]) -> None:
    look(size, "3", "n")


ANSI = r"""printf '\033]0;editor\007\033[1;31mbold red\033[0m \033[3;32mitalic\033[0m \033[4munderlined\033[0m
\033[7m reverse \033[0m \033[38;5;208mof 256\033[0m \033[38;2;120;180;255mtrue colour\033[0m
漢字 e\314\201 \033[9mstruck\033[0m \033(0lqqwqqk\033(B
\033[44m  \033[46m  \033[42m  \033[0m\033[6;1H$ '; exec cat"""


@pytest.fixture
def look_at_terminals(snap_compare: Compare) -> Iterator[Look]:
    """Compare the picture of a container with two terminals."""
    yard = FakeYard()
    yard.crew = [one._replace(tty=True) for one in yard.crew]
    yard.entry = ("sh", "-c", ANSI)

    def look(size: tuple[int, int], *keys: str) -> None:
        app = Workbench(yard, select="web")

        async def before(pilot: Pilot[int]) -> None:
            seat = Seat(app, pilot, yard)
            view = app.yard_screen.detail.terminal.view
            await seat.until(seat.measured)
            await seat.press("E", *"cat", "enter")
            await seat.until(lambda: view.has_focus)
            await seat.press("ctrl+p", "ctrl+q", "a")
            await seat.until(lambda: "漢字" in view.text)
            await seat.press(*keys)
            await seat.until(lambda: not keys or "echo hello" in view.text)

        assert snap_compare(app, terminal_size=size, run_before=before)

    yield look
    yard.end()


@SIZES
def test_a_terminal(look_at_terminals: Look, size: tuple[int, int]) -> None:
    look_at_terminals(size, *"echo", "space", *"hello")


@SIZES
def test_a_name_traced_through_the_stack(look: Look, size: tuple[int, int]) -> None:
    look(size, "2", *turns("container", "Files"), "enter", "j", "enter", "j", "enter", "j", "j", "t")


@SIZES
def test_what_is_wasted(look: Callable[..., None], size: tuple[int, int]) -> None:
    look(size, "1", *turns("image", "Files"), "enter", "w")


@SIZES
def test_the_largest_files(look: Callable[..., None], size: tuple[int, int]) -> None:
    look(size, "1", *turns("image", "Files"), "enter", "z", "j")

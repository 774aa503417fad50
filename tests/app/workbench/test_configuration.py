"""The user's own choices in the workbench: keys, deeds that ask, commands, and reading them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.workbench.screens.confirm import ConfirmScreen
from app.workbench.screens.output import OutputScreen
from tests.app.workbench.conftest import LARGE, Sit


@pytest.fixture
def write(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


async def test_other_keys_work_and_are_shown(sit: Sit, write: Path) -> None:
    write.write_text("keymap: {stop: X, execute: ctrl+e}\n")
    async with sit(path=str(write), size=LARGE) as seat:
        assert "X stop" in seat.screen
        assert "Ctrl-E exec" in seat.screen
        await seat.press("s")
        assert not seat.yard.asked
        await seat.press("X")
        assert seat.yard.asked[-1][0] == "stop"
        await seat.press("question_mark")
        assert "X         Stop; a running build too" in seat.screen


async def test_deeds_that_are_to_ask_do_and_others_do_not(sit: Sit, write: Path) -> None:
    write.write_text("confirmations: [stop]\n")
    async with sit(path=str(write)) as seat:
        await seat.press("s")
        assert isinstance(seat.app.screen, ConfirmScreen)
        assert "Stop container worker?" in seat.screen
        await seat.press("y")
        assert seat.yard.asked[-1][0] == "stop"
        await seat.press("d")
        assert seat.yard.asked[-1][0] == "rm"


async def test_a_command_of_ones_own(sit: Sit, write: Path) -> None:
    write.write_text(
        "commands:\n- {name: greet, key: P, context: container, command: 'echo hello {{ .Name }}'}\n"
        "- {name: hidden, key: Z, context: container, command: 'exit 3', attach: false, confirm: Really?}\n"
    )
    async with sit(path=str(write), size=LARGE) as seat:
        assert "P greet" in seat.screen
        await seat.press("P")
        screen = seat.app.screen
        assert isinstance(screen, OutputScreen)
        await seat.until(lambda: "hello worker" in screen.text)
        await seat.press("escape", "Z")
        assert "Really?" in seat.screen
        await seat.press("y")
        await seat.until(lambda: "exit code 3" in seat.status)
        await seat.press("1", "P")
        assert not isinstance(seat.app.screen, OutputScreen)


async def test_lists_have_the_columns_that_were_chosen(sit: Sit, write: Path) -> None:
    write.write_text("columns: {container: [status, name]}\n")
    async with sit(path=str(write), size=LARGE) as seat:
        heading = next(line for line in seat.screen.splitlines() if "STATUS" in line)
        assert heading.index("STATUS") < heading.index("NAME")
        assert "CPU" not in heading[: heading.index("NAME") + 10]


async def test_a_bad_file_is_told_once_and_mended_by_saving(sit: Sit, write: Path) -> None:
    write.write_text("theme: daylight\nmouse: maybe\nshel: x\n")
    async with sit(path=str(write)) as seat:
        assert seat.app.theme == "daylight"
        told = [one.message for one in seat.app._notifications]
        assert len(told) == 1
        assert told[0].startswith("config.yaml:2:8: true or false was expected")
        assert "1 more" in told[0]
        write.write_text("theme: floodlight\n")
        seat.app._look()
        assert seat.app.theme == "floodlight"
        assert len(seat.app._notifications) == 1


async def test_a_theme_is_put_on_again_when_it_is_saved(
    sit: Sit, write: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    mine = tmp_path / "stackyard/themes/mine.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("background: '#100000'\n")
    write.write_text("theme: mine\n")
    async with sit(path=str(write)) as seat:
        assert seat.app.screen.styles.background.hex == "#100000"
        mine.write_text("background: '#001000'\n# longer\n")
        seat.app._look()
        await seat.settle()
        assert seat.app.screen.styles.background.hex == "#001000"
        mine.write_text("background: blau\n")
        seat.app._look()
        await seat.settle()
        assert [one.message for one in seat.app._notifications] == [
            "theme mine.yaml:1:13: 'blau' is no colour: '#rrggbb' was expected"
        ]
        assert seat.app.screen.styles.background.hex == "#001000"


async def test_no_color_writes_none(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with sit() as seat:
        strips = seat.app.screen._compositor.render_strips()
        segments = [segment for strip in strips for segment in strip.apply_filter(
            seat.app._filters[-1], seat.app.screen.background_colors[0])]  # fmt: skip
        colours = {(segment.style.color.name, segment.style.bgcolor.name) for segment in segments
                   if segment.style and segment.style.color and segment.style.bgcolor}  # fmt: skip
        assert colours == {("default", "default")}
        chosen = [one.text for one in segments if one.style and one.style.reverse]
        assert "worker" in "".join(chosen)


async def test_a_theme_is_seen_while_it_is_chosen_and_kept_in_the_file(sit: Sit, write: Path) -> None:
    write.write_text("# mine\nshell: zsh\n")
    async with sit(path=str(write)) as seat:
        await seat.press("T", "down")
        first = seat.app.theme
        assert first != "stackyard"
        await seat.press("escape")
        assert seat.app.theme == "stackyard"
        await seat.press("T", "down", "enter")
        assert seat.app.theme == first
        assert write.read_text() == f"# mine\nshell: zsh\ntheme: {first}\n"
        seat.app._look()
        assert seat.app.theme == first

"""A build on a terminal: what is on the screen while it goes on, when it is over, and after Ctrl-C."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.engine import Engine
from tests.conftest import BASE
from tests.system.window import Window

pytestmark = pytest.mark.root

HERE = Path(__file__).parents[2]
Open = Callable[..., Window]


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


@pytest.fixture
def build(yard: Engine, yard_root: str, context: Path) -> Open:
    """Open a terminal in which `stackyard build` runs."""

    def run(text: str, *flags: str, **environment: str) -> Window:
        (context / "Dockerfile").write_text(f"FROM {BASE}\n{text}")
        given = {"TERM": "xterm-256color", "PYTHONPATH": str(HERE), **environment}
        words = ("-m", "app.main", "--root", yard_root, "build", *flags, str(context))
        return Window(*words, environment=given)

    return run


def plain(text: str) -> str:
    """Take the colours out, and the blanks that align."""
    return re.sub(r" +", " ", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text))


def test_a_running_step_shows_what_it_prints(build: Open) -> None:
    window = build("RUN echo fir''st words; sleep 2; echo last wo''rds\n", "--no-cache", "-t", "live/app")
    seen = plain(window.await_("first words"))
    assert " building live/app:latest · 2 steps · context" in seen
    assert re.search(r"[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] 2/2 RUN echo", seen)
    code, rest = window.wait()
    screen = plain(rest)
    assert code == 0
    assert "✔ 2/2 RUN echo fir''st words" in screen
    assert re.search(r"✔ built 2 steps · \d+\.\d s · image [0-9a-f]{12}\r\n tagged live/app:latest", screen)


def test_a_step_done_before_is_cached(build: Open) -> None:
    assert build("RUN true\n").wait()[0] == 0
    code, screen = build("RUN true\n").wait()
    assert code == 0
    assert "● 2/2 RUN true cached" in plain(screen)
    assert "✔ built 2 steps · all cached" in plain(screen)


def test_a_changed_file_is_named(build: Open, context: Path) -> None:
    (context / "main.sh").write_text("one")
    assert build("COPY main.sh /\nRUN true\n").wait()[0] == 0
    (context / "main.sh").write_text("two")
    screen = plain(build("COPY main.sh /\nRUN true\n").wait()[1])
    assert "✔ 2/3 COPY main.sh / main.sh changed" in screen
    assert "✔ 3/3 RUN true parent changed" in screen


def test_a_failure_shows_its_line_its_last_words_and_the_way_on(build: Open, context: Path) -> None:
    window = build("RUN true\nRUN echo why >&2; exit 3\nCMD x\n")
    code, text = window.wait()
    screen = plain(text)
    assert code == 3
    assert " ✘ 3/4 RUN echo why >&2; exit 3 exit code 3 " in screen
    assert "Dockerfile:3\r\n" in screen
    assert " ▶ 3 │ RUN echo why >&2; exit 3\r\n 4 │ CMD x\r\n" in screen
    assert "what it printed\r\n │ why\r\n" in screen
    assert "--debug-shell" in screen


def test_the_shell_of_a_failure_has_what_the_steps_before_made(build: Open) -> None:
    window = build("RUN echo made >/file\nRUN exit 3\n", "--debug-shell")
    window.await_("# ")
    window.type("cat /file; exit 9\n")
    code, text = window.wait()
    assert (code, "made" in text) == (3, True)


def test_that_shell_sees_the_variables_that_the_step_saw(build: Open) -> None:
    window = build("ENV A=env\nARG A=hidden\nARG B=arg\nRUN exit 3\n", "--debug-shell")
    window.await_("# ")
    window.type("echo $A $B; exit\n")
    _, text = window.wait()
    assert "\nenv arg\r\n" in text


def test_an_interrupt_leaves_one_line_and_nothing_running(build: Open, yard: Engine) -> None:
    window = build("RUN echo be''gun; sleep 98765\n", "--no-cache")
    window.await_("begun")
    window.type("\x03")
    code, text = window.wait()
    assert code == 130
    assert plain(text).rstrip().endswith("◌ the build was cancelled")
    assert not any("98765" in words for words in _commands())
    assert os.listdir(yard.store.paths.ingest) == []


def test_colours_and_moves_are_left_out_where_nobody_wants_them(build: Open) -> None:
    _, coloured = build("RUN true\n").wait()
    _, without = build("RUN true\n", NO_COLOR="1").wait()
    _, dumb = build("RUN true\n", TERM="dumb").wait()
    assert re.search(r"\x1b\[[0-9;]+m", coloured)
    assert not re.search(r"\x1b\[[0-9;]+m", without)
    assert "\x1b" not in dumb
    assert "Step 2/2 : RUN true" in dumb


def _commands() -> list[str]:
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            found.append(Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return found

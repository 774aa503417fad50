"""The live display, as a terminal shows it: a small terminal of our own takes what is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO

import pytest

from app.cli.build import frame, screen
from app.cli.build.board import Board
from app.cli.build.live import Live
from app.cli.build.palette import COLOURS, Line, Span, cells, cut
from app.cli.build.screen import Screen
from engine.build.events import (
    Event,
    Exported,
    Failed,
    Output,
    StepCached,
    StepFailed,
    StepFinished,
    StepMissed,
    StepProgress,
    Tagged,
    Warned,
)
from tests.app.cli.build.script import based, cached, failed, finished, image, planned, ran, started

DOCKERFILE = b"""FROM busy
COPY main.sh /
RUN make \\
  && make install
# the end
CMD ["x"]
"""
MESSAGE = "The command '/bin/sh -c make   && make install' returned a non-zero code: 2"


class Terminal(StringIO):
    """Understands what the display uses of ECMA-48, and keeps the lines."""

    def __init__(self, *, tty: bool = True) -> None:
        super().__init__()
        self.tty = tty
        self.lines = [""]
        self.row = 0
        self.seen: list[str] = []

    def isatty(self) -> bool:
        return self.tty

    def write(self, text: str) -> int:
        self.seen.append(text)
        for token in re.findall(r"\x1b\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
            self._take(token)
        return len(text)

    def _take(self, token: str) -> None:
        if token.endswith("A") and token.startswith("\x1b"):
            self.row = max(self.row - int(token[2:-1]), 0)
        elif token == "\n":
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
        elif token == "\x1b[J":
            del self.lines[self.row + 1 :]
            self.lines[self.row] = ""
        elif token == "\r" or token.startswith("\x1b"):
            return
        else:
            # The display always writes a whole line from its beginning, and clears the rest of it.
            assert "\x1b[K" in self.seen[-1] or "\x1b[?" not in self.seen[-1]
            fresh = getattr(self, "_at", None) != (len(self.seen), self.row)
            self.lines[self.row] = token if fresh else self.lines[self.row] + token
            self._at = len(self.seen), self.row

    @property
    def picture(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(Screen, "size", lambda self: (79, 24))


def display(terminal: Terminal, *, hint: bool = True, clock: Clock | None = None) -> Live:
    live = Live(terminal, lambda build: DOCKERFILE, hint=hint, clock=clock or Clock())
    # Pictures are drawn when the test asks for them.
    live._tick = lambda: None  # type: ignore[method-assign]
    return live


def tell(live: Live, *events: Event | Iterable[Event]) -> None:
    for event in events:
        for one in [event] if hasattr(event, "_fields") else event:
            live(one)


def test_a_build_while_it_goes_on() -> None:
    terminal, clock = Terminal(), Clock()
    live = display(terminal, clock=clock)
    plan = planned("FROM busy", "COPY main.sh /", "RUN make", 'CMD ["x"]', tags=("me/app:latest",))
    tell(live, plan, based(1), cached(2), started(3), StepMissed(3, "main.sh changed"))
    tell(live, Output(3, 1, "".join(f"line {n}\n" for n in range(9)) + "10%\r20%"))
    clock.now = 112.34
    live.draw()
    assert terminal.picture == (
        " building me/app:latest · 4 steps · context 2.05kB\n"
        " ✔ 1/4 FROM busy                                                          0.0 s\n"
        " ● 2/4 COPY main.sh /                                            cached\n"
        " ⠸ 3/4 RUN make                                         main.sh changed  12.3 s\n"
        "       │ line 5\n"
        "       │ line 6\n"
        "       │ line 7\n"
        "       │ line 8\n"
        "       │ 20%\n"
        " ━━━━━━━━━━──────────  2/4 · 1 cached · 12.3 s"
    )
    live.close()


def test_a_build_that_went_well() -> None:
    terminal = Terminal()
    live = display(terminal)
    tell(live, planned("FROM busy", "COPY main.sh /", "RUN make"), based(1), cached(2))
    live.draw()
    tell(live, ran(3, "RUN make", Output(3, 1, "gone when it is over\n"), why="parent changed"))
    tell(live, Warned("[Warning] One or more build-args [X] were not consumed"), finished(3))
    tell(live, Tagged("a:latest"), Tagged("b:1"), Exported("local", "out"), Exported("docker", ""))
    live.close()
    live.close()
    assert terminal.picture == (
        " building Dockerfile · 3 steps · context 2.05kB\n"
        " ✔ 1/3 FROM busy                                                          0.0 s\n"
        " ● 2/3 COPY main.sh /                                            cached\n"
        " ✔ 3/3 RUN make                                          parent changed   1.5 s\n"
        " ! One or more build-args [X] were not consumed\n"
        " ✔ built 3 steps · 1 cached · 3.0 s · image 000000000003\n"
        "   tagged a:latest\n"
        "   tagged b:1\n"
        "   local written to out"
    )


def test_a_build_that_had_nothing_to_do() -> None:
    terminal = Terminal()
    live = display(terminal)
    tell(live, planned("FROM busy", "RUN a", "RUN b"), based(1), cached(2), cached(3), finished(3))
    live.close()
    assert terminal.picture.endswith(" ✔ built 3 steps · all cached · 3.0 s · image 000000000003")


def test_a_program_that_fails() -> None:
    terminal = Terminal()
    live = display(terminal)
    plan = planned("FROM busy", "COPY main.sh /", "RUN make   && make install", 'CMD ["x"]')
    steps = list(plan.steps)
    steps[2] = steps[2]._replace(line=3, end=4)
    steps[3] = steps[3]._replace(line=6, end=6)
    tell(live, plan._replace(steps=tuple(steps)), based(1), cached(2))
    live.draw()
    tell(
        live,
        failed(3, MESSAGE, 2, "RUN make   && make install", Output(3, 2, "no rule\n\x1b[1mstop\x1b[0m\n")),
    )
    live.close()
    assert terminal.picture == (
        " building Dockerfile · 4 steps · context 2.05kB\n"
        " ✔ 1/4 FROM busy                                                          0.0 s\n"
        " ● 2/4 COPY main.sh /                                            cached\n"
        " ✘ 3/4 RUN make && make install                             exit code 2   2.0 s\n"
        "\n"
        "   Dockerfile:3\n"
        "     1 │ FROM busy\n"
        "     2 │ COPY main.sh /\n"
        " ▶   3 │ RUN make \\\n"
        " ▶   4 │   && make install\n"
        "     5 │ # the end\n"
        '     6 │ CMD ["x"]\n'
        "\n"
        "   what it printed\n"
        "   │ no rule\n"
        "   │ stop\n"
        "\n"
        " ✘ The command '/bin/sh -c make   && make install' returned a non-zero code: 2\n"
        "   failed at step 3 of 4 · exit code 2 · 1 cached · 2.0 s\n"
        "   to look around right before that step, build with --debug-shell"
    )


def test_who_asked_for_a_shell_is_not_told_of_it() -> None:
    terminal = Terminal()
    live = display(terminal, hint=False)
    tell(live, planned("FROM busy", "RUN x"), based(1), failed(2, "boom", 2))
    live.close()
    assert "--debug-shell" not in terminal.picture


def test_a_base_that_is_missing_has_nothing_to_look_around_in() -> None:
    terminal = Terminal()
    live = display(terminal)
    message = "No such image: ghost:latest"
    tell(live, planned("FROM ghost"), started(1, "FROM ghost"), StepFailed(1, message, 0, 100))
    tell(live, Failed(message, 1, 1, 100))
    live.close()
    assert f" ✘ {message}\n   failed at step 1 of 1 · 0.0 s" in terminal.picture
    assert "--debug-shell" not in terminal.picture


def test_many_last_lines_are_cut_and_counted() -> None:
    terminal = Terminal()
    live = display(terminal)
    output = Output(2, 1, "".join(f"line {n}\n" for n in range(100)))
    tell(live, planned("FROM busy", "RUN x"), based(1), failed(2, "boom", 2, "RUN x", output))
    live.close()
    assert "   the last 20 lines it printed\n   │ line 80\n" in terminal.picture


def test_a_dockerfile_that_makes_no_sense() -> None:
    terminal = Terminal()
    live = display(terminal)
    tell(
        live,
        Failed("dockerfile parse error line 1: unknown instruction: RUNN\n> 1 | RUNN x\n  2 | X", 1, 1, 100),
    )
    live.close()
    assert terminal.picture == (
        "\n ✘ dockerfile parse error line 1: unknown instruction: RUNN\n   > 1 | RUNN x\n     2 | X"
    )


def test_an_interrupted_build_is_one_line() -> None:
    terminal = Terminal()
    live = display(terminal)
    tell(live, planned("FROM busy", "RUN sleep 100", "RUN x"), based(1), started(2, "RUN sleep 100"))
    live.draw()
    tell(live, Failed("the build was cancelled", 0, 130, 109.0, cancelled=True))
    live.close()
    assert terminal.picture.split("\n")[2:] == [
        " ◌ 2/3 RUN sleep 100                                          cancelled   9.0 s",
        " ◌ the build was cancelled",
    ]


def test_steps_side_by_side_share_the_room() -> None:
    terminal = Terminal()
    live = display(terminal)
    names = ("a", "b", "c", "target")
    tell(live, planned("RUN 1", "RUN 2", "RUN 3", "COPY x y", stages=names))
    for number in (1, 2, 3):
        tell(live, started(number, f"RUN {number}"), StepMissed(number, "new"))
        tell(live, Output(number, 1, "".join(f"{number}-{n}\n" for n in range(9))))
    live.draw()
    lines = terminal.picture.split("\n")
    assert len(lines) == 20
    assert lines[1].startswith(" ⠋ 1/4 a      RUN 1 ")
    assert [line.split() for line in lines[2:7]] == [["│", f"1-{n}"] for n in range(4, 9)]
    live.close()


def test_more_steps_at_work_than_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Screen, "size", lambda self: (79, 9))
    terminal = Terminal()
    live = display(terminal)
    tell(live, planned(*(f"RUN {n}" for n in range(1, 9)), stages=tuple("abcdefgh")))
    for number in range(1, 9):
        tell(live, started(number, f"RUN {number}"))
    live.draw()
    lines = terminal.picture.split("\n")
    assert len(lines) <= 9
    assert lines[-2] == "   and 5 steps more at work"
    live.close()


def test_a_finished_step_stays_below_an_earlier_one_at_work() -> None:
    terminal = Terminal()
    live = display(terminal)
    tell(live, planned("RUN 1", "RUN 2", stages=("a", "b")), started(1, "RUN 1"), ran(2, "RUN 2"))
    live.draw()
    assert "RUN 2" not in terminal.picture
    tell(live, StepFinished(1, image(1), 0, 101.0))
    live.draw()
    assert [line[7:14] for line in terminal.picture.split("\n")[1:3]] == ["a RUN 1", "b RUN 2"]
    live.close()


def test_how_far_a_transfer_is() -> None:
    terminal = Terminal()
    live = display(terminal)
    tell(live, planned("FROM a", "ADD http://x/y /"), based(1), started(2, "ADD http://x/y /"))
    tell(live, StepProgress(2, 1_500_000, 12_000_000, "B"))
    live.draw()
    assert "1.5MB of 12MB   0.0 s" in terminal.picture
    tell(live, StepProgress(2, 1204, 0, "files"))
    live.draw()
    assert "1204 files   0.0 s" in terminal.picture
    live.close()


def test_a_step_whose_layer_is_still_hashed_is_over() -> None:
    board = Board()
    for event in (
        planned("RUN a", "RUN b"),
        started(1, time=100.0),
        StepMissed(1, "new"),
        started(2, time=103.0),
    ):
        board.take(event)
    board.take(StepFinished(1, image(1), 0, 109.0))
    assert (board.steps[0].state, board.steps[0].ended) == ("ran", 103.0)
    assert board.steps[1].state == "running"
    for event in (StepCached(2), StepFinished(2, image(2), 0, 103.5)):
        board.take(event)
    assert board.steps[1].state == "cached"


@pytest.mark.parametrize("columns", [8, 20, 30, 49, 50, 59, 60, 79, 119])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    board = Board()
    plan = planned(
        "FROM 你好你好你好你好你好你好",
        "RUN " + "x" * 300,
        stages=("a-very-long-stage-name", "第二"),
        tags=("registry.example/a/very/long/name:tag",) * 2,
    )
    events: list[Event] = [plan, *based(1, plan.steps[0].text), started(2, plan.steps[1].text)]
    events += [StepMissed(2, "a/long/path/to/a/file and 12 more files changed"), Output(2, 1, "你好" * 100)]
    for event in events:
        board.take(event)
    lines = [frame.heading(board, columns), *(frame.step_line(board, s, columns, 101.0) for s in board.steps)]
    lines += frame.running_lines(board, columns, 24, 101.0)
    for event in [*failed(2, "boom " * 40, 2), finished(2), Tagged("x" * 200)]:
        board.take(event)
    lines += [frame.step_line(board, board.steps[1], columns, 101.0), *frame.total(board, columns)]
    assert [line for line in lines if cells(line) > columns] == []


def test_a_line_is_cut_with_an_ellipsis_across_its_spans() -> None:
    line: Line = (Span("abc"), Span("def", "dim"), Span("ghi"))
    assert cut(line, 9) == line
    assert cut(line, 5) == (Span("abc"), Span("d…", "dim"))
    assert cut(line, 6) == (Span("abc"), Span("de…", "dim"))
    assert cut(line, 3) == (Span("ab…"),)


def test_every_picture_is_one_write_that_a_terminal_may_show_at_once() -> None:
    terminal = Terminal()
    live = display(terminal)
    tell(live, planned("FROM a", "RUN b"), based(1), started(2, "RUN b"))
    live.draw()
    count = len(terminal.seen)
    live.draw()
    assert len(terminal.seen) == count, "what did not change is not drawn again"
    live.close()
    for text in terminal.seen:
        assert text.startswith(screen.BEGIN)
        assert text.endswith(screen.END)


def test_a_terminal_made_narrower_is_wiped_as_far_as_its_lines_now_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    drawn = Screen(terminal, {"TERM": "xterm"})
    drawn.draw([], [(Span("x" * 70),), (Span("y" * 10),)])
    monkeypatch.setattr(Screen, "size", lambda self: (39, 24))
    drawn.draw([], [(Span("z"),)])
    assert "\x1b[3A" in terminal.seen[-1]


@pytest.mark.parametrize(
    ("environment", "tty", "colour", "moves"),
    [
        ({"TERM": "xterm"}, True, True, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True, True),
        ({"TERM": "dumb"}, True, False, False),
        ({"TERM": "xterm"}, False, False, False),
    ],
)
def test_colours_and_moves_only_where_they_are_welcome(
    environment: dict[str, str], tty: bool, colour: bool, moves: bool
) -> None:
    terminal = Terminal(tty=tty)
    drawn = Screen(terminal, environment)
    drawn.draw([(Span("good", "good"),)], [(Span("changing", "dim"),)])
    text = "".join(terminal.seen)
    assert (f"\x1b[{COLOURS['good']}m" in text) is colour
    assert ("\x1b[K" in text) is moves
    assert ("changing" in text) is moves


def test_without_a_terminal_only_what_stays_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(tty=False)
    live = display(terminal)
    tell(
        live, planned("FROM busy", "RUN x"), based(1), ran(2, "RUN x", Output(2, 1, "a\n" * 50)), finished(2)
    )
    live.close()
    assert "\x1b" not in "".join(terminal.seen)
    assert [line[:14] for line in terminal.picture.split("\n")] == [
        " building Dock",
        " ✔ 1/2 FROM bu",
        " ✔ 2/2 RUN x  ",
        " ✔ built 2 ste",
    ]

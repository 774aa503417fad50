"""What docker 20.10's classic builder printed for the same builds, with its ids replaced by ours."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO

import pytest

from app.cli.build.classic import Classic, Quiet
from engine.build.events import (
    ContextRead,
    Event,
    Exported,
    Failed,
    Finished,
    Output,
    Planned,
    Running,
    StepCached,
    StepFinished,
    StepMissed,
    StepProgress,
    StepSkipped,
    Tagged,
    Triggered,
    Warned,
)
from tests.app.cli.build.script import (
    based,
    cached,
    container,
    failed,
    finished,
    image,
    planned,
    ran,
    started,
)


def told(*events: Event | Iterable[Event], force_rm: bool = False) -> tuple[str, str]:
    """Tell a build and return what went to standard output and to standard error."""
    out, errors = StringIO(), StringIO()
    teller = Classic(out, errors, force_rm=force_rm)
    tell(teller, events)
    return out.getvalue(), errors.getvalue()


def tell(teller: Classic, events: Iterable[Event | Iterable[Event]]) -> None:
    for event in events:
        # An event is a tuple too, but one with names.
        for one in [event] if hasattr(event, "_fields") else event:
            if isinstance(one, Planned):
                teller(ContextRead(one.context_size))
            teller(one)
    teller.close()


def test_a_build_from_nothing() -> None:
    out, errors = told(
        planned("FROM  busy", 'MAINTAINER bigbang "x@y"', "RUN echo out", "COPY Dockerfile /d"),
        based(1),
        ran(2),
        ran(3, "", Output(3, 1, "out\n")),
        [started(4), StepMissed(4, "new"), Running(4, container(4)), StepFinished(4, image(4), 9, 101)],
        Tagged("me/app:latest"),
        Tagged("me/app:v2"),
        finished(4),
    )
    assert out == (
        "Sending build context to Docker daemon  2.048kB\r\r\n"
        "Step 1/4 : FROM  busy\n"
        " ---> 000000000001\n"
        'Step 2/4 : MAINTAINER bigbang "x@y"\n'
        " ---> Running in 2c0000000000\n"
        "Removing intermediate container 2c0000000000\n"
        " ---> 000000000002\n"
        "Step 3/4 : RUN echo out\n"
        " ---> Running in 3c0000000000\n"
        "out\n"
        "Removing intermediate container 3c0000000000\n"
        " ---> 000000000003\n"
        "Step 4/4 : COPY Dockerfile /d\n"
        " ---> 000000000004\n"
        "Successfully built 000000000004\n"
        "Successfully tagged me/app:latest\n"
        "Successfully tagged me/app:v2\n"
    )
    assert errors == ""


def test_a_build_that_was_done_before() -> None:
    out, _ = told(
        planned("FROM busy", "RUN true", "EXPOSE 80", size=3003000),
        based(1),
        cached(2),
        cached(3),
        finished(3),
        Tagged("a:latest"),
    )
    assert out == (
        "Sending build context to Docker daemon  3.003MB\r\r\n"
        "Step 1/3 : FROM busy\n"
        " ---> 000000000001\n"
        "Step 2/3 : RUN true\n"
        " ---> Using cache\n"
        " ---> 000000000002\n"
        "Step 3/3 : EXPOSE 80\n"
        " ---> Using cache\n"
        " ---> 000000000003\n"
        "Successfully built 000000000003\n"
        "Successfully tagged a:latest\n"
    )


def test_standard_error_is_red_and_nothing_is_added_to_an_open_line() -> None:
    pieces = Output(2, 1, "out\n"), Output(2, 2, "err\n"), Output(2, 1, "no newline")
    out, errors = told(planned("FROM busy", "RUN x"), based(1), ran(2, "", *pieces), finished(2))
    assert (
        " ---> Running in 2c0000000000\n"
        "out\n\x1b[91merr\n\x1b[0mno newlineRemoving intermediate container 2c0000000000\n"
    ) in out
    assert errors == ""


FALSE = "The command '/bin/sh -c echo last words; false' returned a non-zero code: 1"


def test_a_program_that_fails() -> None:
    words = "FROM busy", "RUN echo last words; false", "RUN true"
    output = Output(2, 1, "last words\n")
    out, errors = told(planned(*words), based(1), failed(2, FALSE, 1, "", output))
    assert out == (
        "Sending build context to Docker daemon  2.048kB\r\r\n"
        "Step 1/3 : FROM busy\n"
        " ---> 000000000001\n"
        "Step 2/3 : RUN echo last words; false\n"
        " ---> Running in 2c0000000000\n"
        "last words\n"
    )
    assert errors == f"{FALSE}\n"
    out, _ = told(planned(*words), based(1), failed(2, FALSE, 1, "", output), force_rm=True)
    assert out.endswith("last words\nRemoving intermediate container 2c0000000000\n")


def test_a_dockerfile_that_makes_no_sense() -> None:
    message = "dockerfile parse error line 1: unknown instruction: RUNN"
    assert told(Failed(message, 1, 1, 100)) == ("", f"Error: {message}\n")


def test_scratch_has_no_image_and_an_argument_before_from_has_no_line() -> None:
    out, _ = told(
        planned("ARG X=scratch", "FROM $X", "COPY a /"),
        [started(1), StepFinished(1, "", 0, 100), started(2), StepFinished(2, "", 0, 100)],
        [started(3), StepMissed(3, "new"), StepFinished(3, image(3), 9, 101)],
        finished(3),
    )
    assert out.split("\r\r\n")[1] == (
        "Step 1/3 : ARG X=scratch\n"
        "Step 2/3 : FROM $X\n"
        " ---> \n"
        "Step 3/3 : COPY a /\n"
        " ---> 000000000003\n"
        "Successfully built 000000000003\n"
    )


def test_triggers_of_the_base() -> None:
    out, _ = told(
        planned("FROM f1:onb", "RUN true"),
        [started(1), Triggered(1, 2)],
        [StepMissed(1, "new"), Running(1, container(10)), Output(1, 1, "hi\n")],
        [StepMissed(1, "parent changed"), Running(1, container(11)), StepFinished(1, image(3), 0, 101)],
        ran(2),
        finished(2),
    )
    assert out.split("\r\r\n")[1] == (
        "Step 1/2 : FROM f1:onb\n"
        "# Executing 2 build triggers\n"
        " ---> Running in ac0000000000\n"
        "hi\n"
        "Removing intermediate container ac0000000000\n"
        " ---> Running in bc0000000000\n"
        "Removing intermediate container bc0000000000\n"
        " ---> 000000000003\n"
        "Step 2/2 : RUN true\n"
        " ---> Running in 2c0000000000\n"
        "Removing intermediate container 2c0000000000\n"
        " ---> 000000000002\n"
        "Successfully built 000000000002\n"
    )


def test_triggers_that_were_pulled_before() -> None:
    out, _ = told(
        planned("FROM f1:onb"),
        [started(1), Triggered(1, 1), StepCached(1), StepFinished(1, image(3), 0, 101)],
    )
    assert out.split("\r\r\n")[1] == (
        "Step 1/1 : FROM f1:onb\n# Executing 1 build trigger\n ---> Using cache\n ---> 000000000003\n"
    )


def test_a_warning_comes_before_the_result() -> None:
    text = "One or more build-args [FOO] were not consumed"
    for warned in (Warned(text), Warned(f"[Warning] {text}")):
        out, _ = told(planned("FROM busy"), warned, based(1), finished(1), Tagged("a:latest"))
        assert out.endswith(
            f"[Warning] {text}\nSuccessfully built 000000000001\nSuccessfully tagged a:latest\n"
        )


def test_empty_lines_in_an_instruction_are_warned_of_first() -> None:
    warned = [Warned(f"Empty continuation line found in: RUN {word}") for word in ("a   b", "c")]
    out, _ = told(planned("FROM busy"), *warned, based(1), finished(1))
    assert out.split("\r\r\n")[1] == (
        "\x1b[91m[WARNING]: Empty continuation line found in:\n    RUN a   b\n"
        "[WARNING]: Empty continuation line found in:\n    RUN c\n"
        "[WARNING]: Empty continuation lines will become errors in a future release.\n\x1b[0m"
        "Step 1/1 : FROM busy\n"
        " ---> 000000000001\n"
        "Successfully built 000000000001\n"
    )


def test_a_fetched_file_leaves_the_empty_line_of_dockers_bar() -> None:
    out, _ = told(
        planned("FROM busy", "ADD http://127.0.0.1/f.txt /f"),
        based(1),
        [started(2), StepProgress(2, 6, 6, "B"), StepMissed(2, "new"), StepFinished(2, image(2), 6, 101)],
    )
    assert out.endswith("Step 2/2 : ADD http://127.0.0.1/f.txt /f\n\n ---> 000000000002\n")


def test_steps_side_by_side_are_told_one_after_the_other() -> None:
    plan = planned("FROM a AS x", "RUN one", "FROM b", "RUN two", stages=("x", "x", "1", "1"))
    events = [
        started(1),
        started(3),
        StepFinished(3, image(3), 0, 1),
        started(4),
        StepMissed(4, "new"),
        Running(4, container(4)),
        StepFinished(1, image(1), 0, 1),
        started(2),
        StepMissed(2, "new"),
        Running(2, container(2)),
        Output(4, 1, "from two\n"),
        Output(2, 1, "from one\n"),
        StepFinished(4, image(4), 0, 2),
        StepFinished(2, image(2), 0, 2),
    ]
    out, _ = told(plan, events, finished(4))
    straight, _ = told(
        plan,
        based(1),
        ran(2, "", Output(2, 1, "from one\n")),
        based(3),
        ran(4, "", Output(4, 1, "from two\n")),
        finished(4),
    )
    assert out == straight


def test_what_a_later_step_said_is_not_lost_when_an_earlier_one_is_cut_short() -> None:
    plan = planned("FROM a AS x", "RUN one", "FROM b", "RUN two", stages=("x", "x", "1", "1"))
    out, errors = told(
        plan,
        based(1),
        based(3),
        [started(2), Running(2, container(2))],
        failed(4, "boom", 3, "", Output(4, 2, "why\n")),
    )
    assert "Step 4/4 : RUN two\n ---> Running in 4c0000000000\n\x1b[91mwhy\n\x1b[0m" in out
    assert errors == "boom\n"


def test_a_skipped_step_holds_nobody_up() -> None:
    out, _ = told(planned("FROM a", "RUN one", "FROM b"), based(1), StepSkipped(2), based(3))
    assert out.endswith("Step 3/3 : FROM b\n ---> 000000000003\n")


def test_what_was_exported_is_named() -> None:
    out, _ = told(
        planned("FROM a"),
        based(1),
        Exported("tar", "-"),
        Exported("local", "out"),
        Exported("image", ""),
        Finished("", 1),
    )
    assert out.endswith("Successfully exported tar to standard output\nSuccessfully exported local to out\n")


@pytest.mark.parametrize("fails", [True, False])
def test_quiet_says_all_or_nothing(fails: bool) -> None:
    errors = StringIO()
    teller = Quiet(errors)
    last = failed(2, FALSE, 1) if fails else [*ran(2), finished(2), Tagged("a:latest")]
    tell(teller, [planned("FROM busy", "RUN x"), based(1), last])
    words = errors.getvalue()
    assert words.startswith("Sending build context") is fails
    assert words.endswith(f"Running in 2c0000000000\n{FALSE}\n") is fails
    assert (words == "") is not fails


def test_a_quiet_build_keeps_the_ends_of_a_very_long_output() -> None:
    errors = StringIO()
    teller = Quiet(errors)
    flood = [Output(1, 1, f"{line:099}\n") for line in range(60_000)]
    for event in (planned("RUN flood"), started(1, "RUN flood"), *flood, Output(1, 2, "at last\n")):
        teller(event)
    assert errors.getvalue() == ""
    teller(Failed("it failed", 1, 1, 0.0))
    told = errors.getvalue()
    assert len(told) < 3 << 20
    assert f"\n{1:099}\n" in told
    assert f"\n{59_999:099}\n" in told
    assert "MB left out]\n" in told
    assert told.index("left out") < told.index("at last") < told.index("it failed")

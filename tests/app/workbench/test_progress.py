"""How far a build is, and the picture that is drawn of it."""

from __future__ import annotations

import pytest

from app.workbench import buildrows, dockerpage
from app.workbench.progress import Progress
from app.workbench.spans import width_of
from app.workbench.steps import Chart, about, draw, summary, told_time
from app.workbench.yard import Build
from engine.build.events import Event, Failed, StepProgress, StepStarted
from tests.app.workbench.fakebuilds import DOCKERFILE, NOW, SIMPLE, a_failure, a_shop, build_id, image_id


def after(events: list[Event]) -> Progress:
    progress = Progress()
    progress.take(events)
    return progress


def drawn(progress: Progress, width: int = 50, height: int = 40) -> list[str]:
    return ["".join(span.text for span in spans) for spans in draw(progress, NOW, width, height).lines]


def test_every_step_ends_in_a_state_of_its_own() -> None:
    progress = after(a_shop(NOW - 60))
    assert [step.state for step in progress.steps] == ["ran", "cached", "cached", *["ran"] * 9]
    assert progress.steps[3].why == "package-lock.json changed"
    assert progress.steps[4].seconds(NOW) == pytest.approx(4.9)
    assert [stage.name for stage in progress.stages] == ["", "assets", "1"]
    assert progress.over


def test_events_are_taken_once() -> None:
    events = a_shop(NOW)
    progress = Progress()
    assert progress.take(events[:5])
    assert not progress.take(events[:5])
    assert progress.take(events)
    assert progress.steps == after(events).steps


def test_a_failure_leaves_the_rest_undone() -> None:
    progress = after(a_failure(NOW))
    assert [step.state for step in progress.steps] == ["ran", "failed", "skipped"]
    assert progress.current() == 1
    assert progress.line == 2


def test_what_ran_beside_a_failure_was_stopped() -> None:
    progress = after([*a_shop(NOW)[:30], Failed("no", 0, 1, NOW + 3)])
    states = {step.number: step.state for step in progress.steps}
    assert (states[5], states[9], states[10]) == ("stopped", "stopped", "skipped")


def test_a_builder_that_died_stopped_its_steps() -> None:
    progress = after(a_shop(NOW)[:30])
    progress.died(NOW + 4)
    assert progress.steps[8].state == "stopped"
    assert progress.steps[8].ended == NOW + 4


def test_the_step_to_look_at() -> None:
    assert Progress().current() == 0
    assert after(a_shop(NOW)[:1]).current() == 0
    assert after(a_shop(NOW)[:30]).current() == 4
    assert after(a_shop(NOW)).current() == 11


def test_a_shell_stands_on_a_result_or_on_what_was_before_a_failure() -> None:
    progress = after(a_shop(NOW))
    assert progress.result(4) == image_id(5)
    assert progress.result(0) == ""
    assert after(a_failure(NOW)).result(1) == image_id(1)
    assert after(a_failure(NOW)).result(2) == image_id(1)


def test_a_transfer_tells_how_far_it_is() -> None:
    progress = after(
        [*a_shop(NOW)[:1], StepStarted(2, "FROM x", NOW), StepProgress(2, 5_000_000, 10_000_000, "B")]
    )
    assert progress.steps[1].transfer == "5MB of 10MB"
    assert any("5MB of 10MB" in line for line in drawn(progress, 120))
    progress.take([*a_shop(NOW)[:1], *[StepStarted(2, "FROM x", NOW)] * 2, StepProgress(2, 1200, 0, "files")])
    assert progress.steps[1].transfer == "1,200 files"


def test_stages_are_named_where_there_are_several() -> None:
    lines = drawn(after(a_shop(NOW - 60)), height=5)
    assert lines[2].startswith(" stage assets")
    assert lines[2].endswith("9.0s")
    assert not any("stage" in line for line in drawn(after(a_failure(NOW))))


@pytest.mark.parametrize("width", [24, 40, 50, 83, 84, 135])
@pytest.mark.parametrize("height", [5, 60])
def test_lines_fit(width: int, height: int) -> None:
    for events in (a_shop(NOW - 60), a_shop(NOW - 6)[:30], a_failure(NOW)):
        progress = after(events)
        picture = draw(progress, NOW, width, height)
        assert {width_of(spans) for spans in picture.lines} == {width}
        assert {owner for owner in picture.owners if owner >= 0} == set(range(len(progress.steps)))


def test_a_narrow_place_with_room_has_two_lines_for_each_step() -> None:
    progress = after(a_failure(NOW))
    assert len(drawn(progress, 50, 6)) == 6
    assert len(drawn(progress, 50, 5)) == 3
    assert len(drawn(progress, 90, 6)) == 3


def test_the_picture_keeps_its_shape_while_the_build_goes_on() -> None:
    events = a_shop(NOW - 60)
    assert len({len(drawn(after(events[:n]), 50, 40)) for n in range(1, len(events))}) == 1


@pytest.mark.parametrize(
    ("started", "ended", "bar"),
    [
        (0.0, 10.0, "━━━━━━━━━━"),
        (0.0, 0.0, "╸"),
        (5.0, 10.0, "     ━━━━━"),
        (2.5, 4.5, "  ╺━╸"),
        (10.0, 10.0, "         ╺"),
        (9.9, 12.0, "         ╺"),
    ],
)
def test_bars(started: float, ended: float, bar: str) -> None:
    step = after(a_shop(1000.0)).steps[3]._replace(started=1000 + started, ended=1000 + ended)
    assert Chart(1000.0, 10.0, 10, 2000.0).bar(step) == bar


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.04, "0.0s"), (9.96, "10.0s"), (59.94, "59.9s"), (59.96, "1m00s"), (61, "1m01s"), (3700, "1h01m")],
)
def test_times(seconds: float, told: str) -> None:
    assert told_time(seconds) == told


def test_all_about_a_step() -> None:
    progress = after(a_failure(NOW))
    told = "\n".join("".join(span.text for span in spans) for spans in about(progress, 1, NOW, 50))
    assert told.splitlines()[:2] == [" RUN make check", " failed · new · line 2"]
    assert "non-zero code: 2" in told
    assert summary(progress, NOW) == "1 of 3 steps · 1.4s"


def test_the_dockerfile_tells_the_states_of_its_lines() -> None:
    lines = dockerpage.lay(DOCKERFILE, after(a_shop(NOW)))(60)
    told = ["".join(span.text for span in spans) for spans in lines]
    assert told[0] == "    1 │ # the shop, and what it takes to build it"
    assert told[2] == " ≡  3 │ FROM node:${NODE} AS assets"
    assert told[10] == " ✓ 11 │ RUN apt-get update \\"
    assert told[11].startswith("   12 │  && apt-get")


def test_a_failing_line_is_marked_and_explained() -> None:
    told = ["".join(s.text for s in spans) for spans in dockerpage.lay(SIMPLE, after(a_failure(NOW)))(60)]
    assert told[1] == " ▶  2 │ RUN make check"
    assert told[2].startswith("      ╰ The command")
    assert told[-1] == " –  3 │ COPY app /srv/app"


def test_a_dockerfile_that_was_not_kept() -> None:
    assert dockerpage.lay("", Progress())(60)[0][0].text == " No Dockerfile was kept."


@pytest.mark.parametrize(
    ("state", "more", "mark", "short"),
    [
        ("running", {"finished": 3, "total": 7}, "●", "3/7"),
        ("running", {}, "●", "begins"),
        ("done", {"ended": NOW}, "✓", "1m00s"),
        ("failed", {"step": 2, "total": 7}, "✕", "step 2"),
        ("failed", {}, "✕", "failed"),
        ("cancelled", {}, "‖", "stopped"),
        ("died", {}, "†", "died"),
    ],
)
def test_rows(state: str, more: dict[str, int], mark: str, short: str) -> None:
    build = Build(build_id(1), "shop", state, NOW - 60, **more)  # type: ignore[arg-type]
    (row,) = buildrows.builds([build], NOW)
    assert (row.mark.text, row.notes[0].text, row.name) == (mark, short, "shop")

"""Which stages are built, in what order, and what a plan says of their steps."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.build.plan import Plan, plan
from engine.build.variables import Arguments
from engine.dockerfile.errors import DockerfileError
from engine.dockerfile.program import understand


def planned(text: str, target: str = "", **more: Mapping[str, str]) -> Plan:
    arguments = Arguments(more.get("given", {}), {}, {"TARGETARCH": "amd64"})
    program = understand(text.encode())
    return plan(program, arguments, target, more.get("labels", {}), more.get("contexts", {}))


def titles(plan: Plan) -> list[str]:
    return [stage.title for stage in plan.stages]


def test_only_what_the_target_needs_is_built() -> None:
    text = "FROM a AS base\nFROM base AS tests\nRUN x\nFROM base AS app\nFROM scratch\nCOPY --from=app / /\n"
    assert titles(planned(text)) == ["base", "app", "3"]
    assert titles(planned(text, "tests")) == ["base", "tests"]
    assert titles(planned(text, "BASE")) == ["base"]
    assert titles(planned(text, "2")) == ["base", "app"]


@pytest.mark.parametrize(
    ("line", "needs"),
    [
        ("COPY --from=one / /", {0}),
        ("COPY --from=0 / /", {0}),
        ("RUN --mount=from=one,target=/x true", {0}),
        ("RUN --mount=type=bind,source=/a,from=0,target=/x true", {0}),
        ("COPY --from=elsewhere / /", set()),
        ("COPY one /", set()),
        ("RUN echo --mount=from=one", set()),
    ],
)
def test_a_stage_needs_whatever_it_takes_from(line: str, needs: set[int]) -> None:
    assert planned(f"FROM a AS one\nFROM b\n{line}\n").stages[-1].needs == needs


def test_from_looks_above_only_and_at_the_last_stage_of_a_name() -> None:
    stages = planned("FROM x AS x\nFROM x AS x\nFROM x\n").stages
    assert [stage.base_stage for stage in stages] == [None, 0, 1]
    assert stages[0].base == "x"


def test_a_stage_may_take_from_one_below_and_is_built_after_it() -> None:
    assert titles(planned("FROM a AS one\nCOPY --from=two / /\nFROM b AS two\n", "one")) == ["two", "one"]


def test_a_named_context_stands_in_for_a_stage() -> None:
    text = "FROM a AS one\nFROM one\nCOPY --from=one / /\n"
    contexts = {"one": "/elsewhere"}
    assert [(stage.base_stage, stage.needs) for stage in planned(text, contexts=contexts).stages] == [
        (None, frozenset())
    ]


@pytest.mark.parametrize(
    ("text", "stage", "line"),
    [
        ("FROM a AS x\nCOPY --from=x / /\n", "x", 1),
        ("FROM a AS x\nCOPY --from=y / /\n\nFROM a AS y\nCOPY --from=x / /\n", "y", 4),
        ("FROM a\nRUN --mount=from=1,target=/m true\nFROM a\nCOPY --from=0 / /\n", "1", 3),
    ],
)
def test_a_circle_of_stages_is_refused_at_one_of_them(text: str, stage: str, line: int) -> None:
    with pytest.raises(DockerfileError, match=f"circular dependency detected on stage: {stage}") as failure:
        planned(text)
    assert failure.value.line == line


def test_steps_are_numbered_through_all_stages_that_are_built() -> None:
    text = "ARG V=1\nFROM a AS idle\nRUN no\nFROM b AS two\nRUN yes \\\n  again\nFROM two\nCMD x\n"
    assert [(step.step, step.stage, step.line, step.end) for step in planned(text).steps] == [
        (1, "", 1, 1), (2, "two", 4, 4), (3, "two", 5, 6), (4, "2", 7, 7), (5, "2", 8, 8)
    ]  # fmt: skip
    assert [stage.first for stage in planned(text).stages] == [2, 4]


def test_labels_of_the_command_line_are_the_last_steps_of_the_target() -> None:
    made = planned("FROM a AS one\nFROM one\nRUN x\n", labels={"b": "2", "a": "1 1"})
    assert [(step.text, step.line) for step in made.steps[-3:]] == [
        ("RUN x", 3), ("LABEL a=1 1", 0), ("LABEL b=2", 0)
    ]  # fmt: skip
    assert "LABEL" not in made.steps[0].text


def test_from_sees_the_arguments_above_it() -> None:
    text = "ARG NAME=busy\nARG FULL=$NAME:1\nFROM ${FULL}-$TARGETARCH\n"
    assert planned(text).stages[0].base == "busy:1-amd64"
    assert planned(text, given={"NAME": "box"}).stages[0].base == "box:1-amd64"


@pytest.mark.parametrize(
    ("text", "target", "sentence"),
    [
        ("FROM a\n", "nope", "failed to reach build target nope in Dockerfile"),
        ("ARG X\nFROM $X\n", "", r"base name \(\$X\) should not be blank"),
        ("ARG X\n", "", "dockerfile contains no stages to build"),
    ],
)
def test_what_cannot_be_planned_is_told(text: str, target: str, sentence: str) -> None:
    with pytest.raises(DockerfileError, match=sentence):
        planned(text, target)

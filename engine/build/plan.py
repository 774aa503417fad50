"""From a Dockerfile to what has to be done: the stages the target needs, and what each stands on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.build.events import PlannedStep
from engine.build.variables import Arguments
from engine.dockerfile.errors import DockerfileError
from engine.dockerfile.instructions import Copy, From, Instruction, Label, Origin, Program, Run, Span
from engine.dockerfile.words import expand

SCRATCH = "scratch"
Named = Mapping[str, str]


class PlannedStage(NamedTuple):
    """One stage that will be built."""

    position: int
    """Among all stages of the Dockerfile, from 0."""
    begin: From
    base: str
    """The image's name, variables expanded, or `scratch`; for a stage, that stage's name."""
    base_stage: int | None
    instructions: tuple[Instruction, ...]
    needs: frozenset[int]
    """The stages that must be done before."""
    first: int
    """The number of its FROM among all steps."""

    @property
    def runs(self) -> bool:
        """Tell whether programs run in it."""
        return any(isinstance(instruction, Run) for instruction in self.instructions)

    @property
    def title(self) -> str:
        """Name it as its steps show it."""
        return self.begin.name or str(self.position)


class Plan(NamedTuple):
    """What will be done."""

    stages: tuple[PlannedStage, ...]
    target: int
    steps: tuple[PlannedStep, ...]
    head: tuple[PlannedStep, ...]
    """Those of the steps that are ARGs before the first FROM."""


def plan(program: Program, arguments: Arguments, target: str, labels: Named, contexts: Named) -> Plan:
    """Plan a build; `labels` become the last steps, `contexts` are names that are no stages.

    Raises DockerfileError, also for an unknown target and for stages that need each other in a circle.
    """
    arguments.declare_head(program.arguments, lambda text, known: expand(text, known, program.escape))
    chosen = _target(program, target)
    links = [_links(program, index, arguments, contexts) for index in range(len(program.stages))]
    head = tuple(
        PlannedStep(number, "", argument.origin.text, *argument.origin.span)
        for number, argument in enumerate(program.arguments, 1)
    )
    steps, stages = list(head), []
    for index in _needed(program, links, chosen):
        stage = program.stages[index]
        instructions = (*stage.instructions, *(_label(labels) if index == chosen else ()))
        planned = PlannedStage(
            index,
            stage.begin,
            links[index].base,
            links[index].base_stage,
            instructions,
            links[index].needs,
            len(steps) + 1,
        )
        origins = (stage.begin.origin, *(instruction.origin for instruction in instructions))
        steps += [
            PlannedStep(number, planned.title, origin.text, *origin.span)
            for number, origin in enumerate(origins, len(steps) + 1)
        ]
        stages.append(planned)
    return Plan(tuple(stages), chosen, tuple(steps), head)


def sources_of(instruction: Instruction) -> list[str]:
    """Name the stages or images an instruction takes files from."""
    if isinstance(instruction, Copy):
        return [instruction.source_from] if instruction.source_from else []
    if isinstance(instruction, Run):
        words = [word.partition("=") for mount in instruction.mounts for word in mount.split(",")]
        return [value for key, _, value in words if key == "from" and value]
    return []


def find_stage(program: Program, name: str, below: int | None = None) -> int | None:
    """Find a stage by its name or number; FROM looks only at those above its own, and knows no numbers."""
    stages = program.stages if below is None else program.stages[:below]
    for index in range(len(stages) - 1, -1, -1):
        if stages[index].begin.name and stages[index].begin.name == name.lower():
            return index
    if below is None and name.isascii() and name.isdigit() and int(name) < len(stages):
        return int(name)
    return None


class _Links(NamedTuple):
    """What a stage stands on, and what it takes from."""

    base: str
    base_stage: int | None
    needs: frozenset[int]


def _links(program: Program, index: int, arguments: Arguments, contexts: Named) -> _Links:
    stage = program.stages[index]
    base = expand(stage.begin.image, arguments.for_from(), program.escape)
    if not base:
        raise DockerfileError(
            f"base name ({stage.begin.image}) should not be blank", line=stage.begin.origin.span.start
        )
    earlier = None if base.lower() in contexts else find_stage(program, base, below=index)
    names = [name for instruction in stage.instructions for name in sources_of(instruction)]
    found = {find_stage(program, name) for name in names if name.lower() not in contexts} | {earlier}
    return _Links(base, earlier, frozenset(number for number in found if number is not None))


def _target(program: Program, name: str) -> int:
    if not program.stages:
        raise DockerfileError("dockerfile contains no stages to build", line=0, resolution="add a FROM")
    if not name:
        return len(program.stages) - 1
    found = find_stage(program, name)
    if found is None:
        raise DockerfileError(f"failed to reach build target {name} in Dockerfile", line=0)
    return found


def _needed(program: Program, links: list[_Links], target: int) -> list[int]:
    """Order the target and what it needs as the Dockerfile does, but what is needed always comes first."""
    order: list[int] = []
    above: list[int] = []

    def visit(index: int) -> None:
        if index in above:
            begin = program.stages[index].begin
            raise DockerfileError(
                f"circular dependency detected on stage: {begin.name or index}", line=begin.origin.span.start
            )
        if index in order:
            return
        above.append(index)
        for needed in sorted(links[index].needs):
            visit(needed)
        above.pop()
        order.append(index)

    visit(target)
    forward = any(needed > index for index in order for needed in links[index].needs)
    return order if forward else sorted(order)


def _label(labels: Named) -> tuple[Instruction, ...]:
    """Make a step of each, as docker does."""
    return tuple(
        Label(Origin(Span(0, 0), f"LABEL {key}={value}"), ((key, value),))
        for key, value in sorted(labels.items())
    )

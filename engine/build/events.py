"""What a build tells while it works: frozen values, in the order in which they happen.

Steps are numbered from 1 through all stages that are built. Events of steps that run side by side are
interleaved; those of one step come in order. Times are seconds since the epoch.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias


class PlannedStep(NamedTuple):
    """One step of the plan."""

    step: int
    stage: str
    """The stage's name, or its number where it has none."""
    text: str
    """As written, variables not expanded."""
    line: int
    end: int
    """First and last line in the Dockerfile; 0 for what an image's ONBUILD brought in."""


class ContextRead(NamedTuple):
    """The context is there; the Dockerfile comes next."""

    size: int
    """Bytes of a tar of it, as docker would have sent it."""


class Planned(NamedTuple):
    """The Dockerfile is understood, steps begin."""

    build: str
    """The build's own id, 64 digits."""
    dockerfile: str
    """Its path as the user gave it."""
    steps: tuple[PlannedStep, ...]
    context: str
    """The directory, address or `-`; empty if there is none."""
    context_size: int
    """Bytes of a tar of the context, as docker would have sent it."""
    tags: tuple[str, ...]
    time: float


class StepStarted(NamedTuple):
    """A step begins."""

    step: int
    text: str
    """With the variables of FROM expanded; else as written."""
    time: float


class StepCached(NamedTuple):
    """The step was done before; StepFinished follows."""

    step: int


class StepMissed(NamedTuple):
    """The step has to be carried out, and why: `main.sh changed`, `ARG VERSION changed`, `new`."""

    step: int
    why: str


class Triggered(NamedTuple):
    """The base's ONBUILD instructions follow within its FROM step; each may have a Running of its own."""

    step: int
    triggers: int


class Running(NamedTuple):
    """The step has a container of its own; for classic output it is named even where none was needed."""

    step: int
    container: str


class Output(NamedTuple):
    """What the step's program printed; or what a fetch said."""

    step: int
    stream: int
    """1 or 2."""
    data: str
    """Any piece of text, undecodable bytes as surrogate escapes."""


class Shortened(NamedTuple):
    """Only in a journal: of what the step prints the middle is left out; the end follows the second one."""

    step: int
    dropped: int
    """Characters; 0 where the middle begins."""
    time: float


class StepProgress(NamedTuple):
    """How far a long transfer is."""

    step: int
    current: int
    total: int
    """0 where nobody knows."""
    unit: str
    """`B` or `files`."""


class StepFinished(NamedTuple):
    """The step's image is known."""

    step: int
    image: str
    """`sha256:…`; empty for a step that makes none (an ARG before FROM, FROM scratch)."""
    size: int
    """Bytes of the layer it made, 0 if it made none."""
    time: float


class StepFailed(NamedTuple):
    """The step failed, and with it the build."""

    step: int
    message: str
    code: int
    """The program's exit code, 0 if it was no program's."""
    time: float


class StepSkipped(NamedTuple):
    """The step was not reached, because another one failed or the build was cancelled."""

    step: int


class Warned(NamedTuple):
    """Something is odd but not wrong."""

    text: str
    step: int = 0


class Tagged(NamedTuple):
    """The image has a name."""

    reference: str


class Exported(NamedTuple):
    """The result was written where `--output` said."""

    kind: str
    place: str


class Finished(NamedTuple):
    """All is done; `image` is empty if the result was only exported."""

    image: str
    time: float


class Failed(NamedTuple):
    """The build is over without a result."""

    message: str
    line: int
    """In the Dockerfile; 0 if no line is to blame."""
    code: int
    """What the command line should exit with."""
    time: float
    cancelled: bool = False


Event: TypeAlias = (
    ContextRead | Planned | StepStarted | StepCached | StepMissed | Triggered | Running | Output
    | Shortened | StepProgress | StepFinished | StepFailed | StepSkipped | Warned | Tagged | Exported
    | Finished | Failed
)  # fmt: skip

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (ContextRead, Planned, StepStarted, StepCached, StepMissed, Triggered, Running, Output,
                 Shortened, StepProgress, StepFinished, StepFailed, StepSkipped, Warned, Tagged, Exported,
                 Finished, Failed)
}  # fmt: skip


def encode(event: Event) -> dict[str, Any]:
    """Make a JSON object of an event; `event` in it is the kind."""
    fields = event._asdict()
    if isinstance(event, Planned):
        fields["steps"] = [step._asdict() for step in event.steps]
    return {"event": type(event).__name__, **fields}


def decode(document: dict[str, Any]) -> Event:
    """Make an event of what `encode` made; raises KeyError or TypeError for anything else."""
    fields = dict(document)
    kind = _KINDS[fields.pop("event")]
    if kind is Planned:
        fields["steps"] = tuple(PlannedStep(**step) for step in fields["steps"])
        fields["tags"] = tuple(fields["tags"])
    event: Event = kind(**fields)
    return event

"""What a watch tells: frozen values, in the order in which they happen.

Rounds are counted from 1; the first one is the build with which a watch begins. Times are seconds since the
epoch.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias


class Began(NamedTuple):
    """The watch looks, and its first round follows."""

    context: str
    how: str
    """inotify or polling."""
    why: str
    """Of polling: what the kernel refused."""
    time: float


class Saved(NamedTuple):
    """A round begins, because of these files; the first one has none."""

    round: int
    paths: tuple[str, ...]
    """The first ones, from the context where they are in it."""
    files: int
    """How many there are."""
    at: float
    """When the last of them was saved."""
    time: float


class Waits(NamedTuple):
    """The watch cannot go on for now."""

    why: str
    time: float


class Building(NamedTuple):
    """The round builds."""

    round: int
    time: float


class Ran(NamedTuple):
    """A step was not in the cache."""

    round: int
    step: int
    total: int
    text: str
    line: int
    why: str


class Overtaken(NamedTuple):
    """Files were saved while the round built; it ends, and the next one follows."""

    round: int
    time: float


class Failed(NamedTuple):
    """The round came to nothing; what ran runs on."""

    round: int
    message: str
    step: int
    """0 if no step is to blame, as of `line`."""
    line: int
    text: str
    """The line to blame, as it is written."""
    output: tuple[str, ...]
    """The last lines that the step printed."""
    advice: str
    time: float


class Built(NamedTuple):
    """The image is there."""

    round: int
    image: str
    build: str
    """The build's id; its journal tells all of it."""
    same: bool
    """Whether it is the image that there was before."""
    behind: bool
    """Whether files have been saved since: they never stop."""
    time: float


class Replaced(NamedTuple):
    """A container runs the round's image."""

    round: int
    container: str
    name: str
    instead: str
    """The id of the one that it took the place of; empty if there was none."""
    image: str
    time: float


class Kept(NamedTuple):
    """Nothing was replaced, and why."""

    round: int
    why: str
    time: float


class Copied(NamedTuple):
    """Files were copied into a running container, and removed from it."""

    round: int
    name: str
    files: int
    removed: int
    restarted: bool
    time: float


class Answered(NamedTuple):
    """The new process printed its first line."""

    round: int
    name: str
    line: str
    after: float
    """Seconds since the save."""
    time: float


class Ended(NamedTuple):
    """The container ended by itself."""

    round: int
    name: str
    code: int
    time: float


class Printed(NamedTuple):
    """What a container printed; only for whoever watches now, its log keeps it."""

    name: str
    stream: str
    """stdout or stderr."""
    data: bytes


class Dropped(NamedTuple):
    """An image that this watch had built, and nobody named or uses, is gone."""

    image: str


class Over(NamedTuple):
    """The watch has ended."""

    why: str
    time: float


Event: TypeAlias = (
    Began | Saved | Waits | Building | Ran | Overtaken | Failed | Built | Replaced | Kept | Copied | Answered
    | Ended | Printed | Dropped | Over
)  # fmt: skip

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (Began, Saved, Waits, Building, Ran, Overtaken, Failed, Built, Replaced, Kept, Copied,
                 Answered, Ended, Dropped, Over)
}  # fmt: skip
_LISTS = ("paths", "output")


def encode(event: Event) -> dict[str, Any]:
    """Make a JSON object of an event; `event` in it is the kind."""
    return {"event": type(event).__name__, **event._asdict()}


def decode(document: dict[str, Any]) -> Event:
    """Make an event of what `encode` made; raises KeyError or TypeError for anything else."""
    fields = dict(document)
    kind = _KINDS[fields.pop("event")]
    event: Event = kind(**{name: tuple(value) if name in _LISTS else value for name, value in fields.items()})
    return event

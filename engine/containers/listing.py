"""Listing containers: docker's filters, each a question to one container."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from engine.containers.record import Container
from engine.errors import InvalidInput
from engine.moments import past

Filters = Mapping[str, Sequence[str]]
Question = Callable[[Container], bool]

STATUSES = ("created", "running", "paused", "restarting", "removing", "exited", "dead")
HEALTH = ("starting", "healthy", "unhealthy", "none")


def select(
    containers: Sequence[Container], *, all: bool = False, filters: Filters | None = None, limit: int = 0
) -> list[Container]:
    """Keep what the filters let pass; without `all`, a status filter or a limit only what runs. Newest first.

    Raises InvalidInput for a filter docker does not have.
    """
    filters = filters or {}
    if limit > 0 or {"status", "exited"} & set(filters):
        all = True
    questions = [_any(_questions(containers, name, values)) for name, values in filters.items()]
    found = [c for c in containers if (all or c.state.running) and all_true(questions, c)]
    return found[:limit] if limit > 0 else found


def prunable(containers: Sequence[Container], filters: Filters) -> list[Container]:
    """Keep what `prune` may remove: what does not run and, as docker has it, these three filters let pass."""
    for name in filters:
        if name not in ("until", "label", "label!"):
            raise InvalidInput(f"invalid filter '{name}'", resolution="filters: label, label!, until")
    if len(filters.get("until", ())) > 1:
        raise InvalidInput("more than one until filter specified")
    end = min(map(past, filters.get("until", ())), default=float("inf"))
    wanted, unwanted = filters.get("label", ()), filters.get("label!", ())
    return [
        container
        for container in containers
        if not container.state.running
        and container.created < end
        and all(_has_label(container, label) for label in wanted)
        and not any(_has_label(container, label) for label in unwanted)
    ]


def all_true(questions: Sequence[Question], container: Container) -> bool:
    """Ask every question."""
    return all(question(container) for question in questions)


def _any(questions: Sequence[Question]) -> Question:
    return lambda container: any(question(container) for question in questions)


def _questions(containers: Sequence[Container], name: str, values: Sequence[str]) -> list[Question]:
    if name == "label":
        return [lambda c: all(_has_label(c, value) for value in values)]
    if name in ("before", "since"):
        return [_beside(containers, name, value) for value in values]
    make = _SIMPLE.get(name)
    if make is None:
        raise InvalidInput(
            f"invalid filter '{name}'",
            resolution=f"filters: {', '.join(sorted([*_SIMPLE, 'before', 'label', 'since']))}",
        )
    return [make(value) for value in values]


def _has_label(container: Container, wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    return key in container.labels and (not equals or container.labels[key] == value)


def _beside(containers: Sequence[Container], side: str, name: str) -> Question:
    other = next((c for c in containers if name in (c.name, c.id) or c.id.startswith(name)), None)
    if other is None:
        raise InvalidInput(f"No such container: {name}")
    return lambda c: c.created < other.created if side == "before" else c.created > other.created


def _by_name(value: str) -> Question:
    pattern = _pattern(value.removeprefix("/"))
    return lambda c: bool(pattern.search(c.name) or pattern.search(f"/{c.name}"))


def _by_id(value: str) -> Question:
    pattern = _pattern(value)
    return lambda c: c.id.startswith(value) or bool(pattern.search(c.id))


def _pattern(value: str) -> re.Pattern[str]:
    try:
        return re.compile(value)
    except re.error as error:
        raise InvalidInput(f"invalid filter: {value}: {error}") from None


def _by_status(value: str) -> Question:
    if value not in STATUSES:
        raise InvalidInput(f"invalid filter 'status={value}'", resolution=f"one of: {', '.join(STATUSES)}")
    return lambda c: c.state.status == value


def _by_exit(value: str) -> Question:
    try:
        code = int(value)
    except ValueError:
        raise InvalidInput(f"invalid filter 'exited={value}'", details="an exit code is a number") from None
    return lambda c: c.state.status == "exited" and c.state.exit_code == code


def _by_ancestor(value: str) -> Question:
    tagged = value if ":" in value.rpartition("/")[2] else f"{value}:latest"
    return lambda c: (
        c.image in (value, tagged)
        or c.image_id.removeprefix("sha256:").startswith(value.removeprefix("sha256:"))
    )


def _by_health(value: str) -> Question:
    if value not in HEALTH:
        raise InvalidInput(f"Unrecognised filter value for health: {value}")
    return lambda c: c.state.health == value


def _by_published(value: str) -> Question:
    ports = _ports("publish", value)
    return lambda c: bool(ports & _known(c.host_config.get("PortBindings")))


def _by_exposed(value: str) -> Question:
    ports = _ports("expose", value)
    return lambda c: bool(
        ports & (_known(c.config["Config"].get("ExposedPorts")) | _known(c.host_config.get("PortBindings")))
    )


def _known(ports: Mapping[str, object] | None) -> set[str]:
    return set(ports or ())


def _ports(name: str, value: str) -> set[str]:
    """Read `80`, `80/udp` or `8000-8080/tcp`."""
    numbers, _, protocol = value.partition("/")
    first, dash, last = numbers.partition("-")
    try:
        return {f"{port}/{protocol or 'tcp'}" for port in range(int(first), int(last if dash else first) + 1)}
    except ValueError:
        raise InvalidInput(f"error while looking up for {name} {value}: it is no port") from None


def _by_task(value: str) -> Question:
    if value not in ("true", "false", "1", "0"):
        raise InvalidInput(f"invalid filter 'is-task={value}'", resolution="it is true or false")
    return lambda _: value in ("false", "0")


_SIMPLE: dict[str, Callable[[str], Question]] = {
    "name": _by_name,
    "id": _by_id,
    "status": _by_status,
    "exited": _by_exit,
    "ancestor": _by_ancestor,
    "network": lambda value: lambda c: value in c.networks,
    "volume": lambda value: lambda c: value in c.mounts or any(value == p.destination for p in c.points),
    "health": _by_health,
    "publish": _by_published,
    "expose": _by_exposed,
    "isolation": lambda value: lambda _: value == "default",
    "is-task": _by_task,
}

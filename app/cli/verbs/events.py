"""`events`: what happens in the store, as it happens, whichever process makes it happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.cli.command import Command
from app.cli.console import say
from app.cli.flags import Arguments, Flag, UsageError, filter_word
from app.cli.verbs.logs import timestamp
from engine.errors import InvalidInput
from engine.moments import past

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.events import Event

OBJECTS = ("builder", "container", "image", "network", "volume")
KNOWN = frozenset(
    ("daemon", "event", "label", "node", "plugin", "scope", "secret", "service", "type", *OBJECTS)
)


def _run(engine: Engine, arguments: Arguments) -> int:
    import sys

    filters = arguments.filters()
    for name in filters:
        if name not in KNOWN:
            raise UsageError(f"Error: Invalid filter '{name}'", 1)
    written = _writer(arguments.text("format"))
    since, until = (
        past(arguments.text(name)) if arguments.given(name) else None for name in ("since", "until")
    )
    for event in engine.events.follow(since, until):
        if passes(event, filters):
            say(written(event))
            sys.stdout.flush()
    return 0


def _writer(form: str) -> Callable[[Event], str]:
    if not form:
        return line
    if form == "json":
        form = "{{json .}}"
    from app.go.template import Template

    try:
        template = Template.parse(form)
    except InvalidInput as error:
        raise UsageError(f"Error parsing format: {error.brief}", 64) from None
    return lambda event: template.render(message(event))


def line(event: Event) -> str:
    """Write an event on one line, its attributes sorted by name."""
    attributes = ", ".join(f"{name}={event.attributes[name]}" for name in sorted(event.attributes))
    text = f"{timestamp(event.time_ns)} {event.type} {event.action} {event.id}"
    return f"{text} ({attributes})" if attributes else text


def message(event: Event) -> dict[str, Any]:
    """Make docker's message of an event, with the older field names it still carries."""
    older = {"status": event.action, "id": event.id} if event.type in ("container", "image") else {}
    if event.attributes.get("image") and older:
        older["from"] = event.attributes["image"]
    return {
        **older,
        "Type": event.type,
        "Action": event.action,
        "Actor": {"ID": event.id, "Attributes": dict(sorted(event.attributes.items()))},
        "scope": "local",
        "time": event.time_ns // 1_000_000_000,
        "timeNano": event.time_ns,
    }


def passes(event: Event, filters: dict[str, list[str]]) -> bool:
    """Tell whether an event fits: one value of every filter named, and every label."""
    return all(_fits(event, name, values) for name, values in filters.items())


def _fits(event: Event, name: str, values: Sequence[str]) -> bool:
    if name == "type":
        return event.type in values
    if name == "event":
        return any(event.action == value or event.action.startswith(f"{value}:") for value in values)
    if name == "label":
        return all(_labelled(event, value) for value in values)
    if name == "scope":
        return "local" in values
    if name == "image":
        return _of_image(event, values)
    if name in OBJECTS:
        names = (event.id, event.attributes.get("name", ""), event.attributes.get(name, ""))
        related = event.type == name or name in event.attributes
        return related and any(known.startswith(value) for known in names for value in values if known)
    return False


def _labelled(event: Event, label: str) -> bool:
    name, equals, value = label.partition("=")
    return name in event.attributes and (not equals or event.attributes[name] == value)


def _of_image(event: Event, values: Sequence[str]) -> bool:
    """Compare an image event's id and name, or another event's image, with and without its tag."""
    names = [event.attributes.get("image", "")]
    if event.type == "image":
        names += [event.id, event.attributes.get("name", "")]
    bare = [name.rpartition(":")[0] for name in names if ":" in name.rpartition("/")[2]]
    return any(name in values for name in (*names, *bare) if name)


EVENTS = Command(
    "[OPTIONS]",
    "Get real time events from the engine",
    _run,
    (
        Flag("filter", "filter", "Filter output based on conditions provided", short="f", check=filter_word),
        Flag("format", "string", "Format the output using the given Go template"),
        Flag("since", "string", "Show all events created since timestamp"),
        Flag("until", "string", "Stream events until this timestamp"),
    ),
)

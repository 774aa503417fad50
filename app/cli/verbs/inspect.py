"""`inspect`: everything known of an object, as JSON or through a template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from app.cli.command import Command
from app.cli.console import complain, say, warn
from app.cli.flags import Arguments, Flag, UsageError
from engine.errors import EngineError, InvalidInput, InvalidReference, NotFound

if TYPE_CHECKING:
    from engine.engine import Engine

FORMAT = Flag("format", "string", "Format the output using the given Go template", short="f")
SIZE = Flag("size", "bool", "Display total file sizes", short="s")
TYPES = ("container", "image", "network", "volume")
LATER = ("node", "plugin", "secret", "service", "task")


def _inspect(engine: Engine, arguments: Arguments, kinds: Sequence[str]) -> int:
    """Look every name up among `kinds` in turn; what is found is printed even when some are missing."""
    written = _writer(arguments.text("format"))
    found, failures = [], []
    for name in arguments.positional:
        try:
            found.append(_look_up(engine, name, kinds, arguments.switch("size")))
        except EngineError as error:
            failures.append(error)
    say(written(found))
    for failure in failures:
        complain(failure)
    return 1 if failures else 0


def _look_up(engine: Engine, name: str, kinds: Sequence[str], size: bool) -> dict[str, Any]:
    ways: dict[str, Callable[[], dict[str, Any]]] = {
        "container": lambda: engine.containers.inspect(name, size=size),
        "image": lambda: engine.images.inspect(name),
        "network": lambda: engine.networks.inspect(name),
        "volume": lambda: engine.volumes.inspect(name),
    }
    for kind in kinds:
        try:
            return ways[kind]()
        except (NotFound, InvalidReference):
            continue
    raise NotFound(f"No such {kinds[0] if len(kinds) == 1 else 'object'}: {name}")


def _writer(form: str) -> Callable[[list[dict[str, Any]]], str]:
    if not form or form == "json":
        import json

        indent, separators = (None, (",", ":")) if form else (4, (",", ": "))
        return lambda found: json.dumps(found, indent=indent, separators=separators, ensure_ascii=False)
    from app.go.template import Template

    try:
        template = Template.parse(form)
    except InvalidInput as error:
        raise UsageError(error.brief, 64) from None
    return lambda found: "\n".join(template.render(value) for value in found)


def _any(engine: Engine, arguments: Arguments) -> int:
    kind = arguments.text("type")
    if kind in LATER:
        raise UsageError(f"Error: there are no objects of type {kind} yet", 1)
    if kind and kind not in TYPES:
        raise UsageError(f'"{kind}" is not a valid value for --type', 1)
    if kind not in ("", "container") and arguments.switch("size"):
        warn(f"WARNING: --size ignored for {kind}")
    return _inspect(engine, arguments, (kind,) if kind else TYPES)


def _only(kind: str) -> Callable[[Engine, Arguments], int]:
    return lambda engine, arguments: _inspect(engine, arguments, (kind,))


ANY = Command(
    "[OPTIONS] NAME|ID [NAME|ID...]",
    "Return low-level information on Stackyard objects",
    _any,
    (
        FORMAT,
        Flag("size", "bool", "Display total file sizes if the type is container", short="s"),
        Flag("type", "string", "Return JSON for specified type"),
    ),
    1,
    None,
)
CONTAINER = Command(
    "[OPTIONS] CONTAINER [CONTAINER...]",
    "Display detailed information on one or more containers",
    _only("container"),
    (FORMAT, SIZE),
    1,
    None,
)
IMAGE = Command(
    "[OPTIONS] IMAGE [IMAGE...]",
    "Display detailed information on one or more images",
    _only("image"),
    (FORMAT,),
    1,
    None,
)
VOLUME = Command(
    "[OPTIONS] VOLUME [VOLUME...]",
    "Display detailed information on one or more volumes",
    _only("volume"),
    (FORMAT,),
    1,
    None,
)
NETWORK = Command(
    "[OPTIONS] NETWORK [NETWORK...]",
    "Display detailed information on one or more networks",
    _only("network"),
    (FORMAT, Flag("verbose", "bool", "Verbose output for diagnostics", short="v")),
    1,
    None,
)

"""`volume ls`, `create`, `rm`: the volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import complain, say
from app.cli.flags import Arguments, Flag, UsageError, filter_word, label_word
from engine.errors import EngineError, NotFound

if TYPE_CHECKING:
    from engine.engine import Engine

HEADINGS = {
    "Name": "VOLUME NAME",
    "Driver": "DRIVER",
    "Scope": "SCOPE",
    "Mountpoint": "MOUNTPOINT",
    "Labels": "LABELS",
    "Links": "LINKS",
    "Size": "SIZE",
}


def _list(engine: Engine, arguments: Arguments) -> int:
    from app.cli.listing import show
    from app.cli.volume_rows import volume_row

    volumes = sorted(engine.volumes.list(arguments.filters()), key=lambda volume: volume.name)
    quiet = "Name" if arguments.switch("quiet") else ""
    raw = {"name": "Name", "driver": "Driver"}
    show(
        map(volume_row, volumes), HEADINGS, ("Driver", "Name"), arguments.text("format"), quiet=quiet, raw=raw
    )
    return 0


def _create(engine: Engine, arguments: Arguments) -> int:
    if arguments.positional and arguments.text("name"):
        raise UsageError(
            "conflicting options: cannot specify a volume-name through both --name and as a positional arg", 1
        )
    name = "".join(arguments.positional) or arguments.text("name")
    volume = engine.volumes.create(
        name or None,
        labels=_pairs(arguments.words("label")),
        options=_pairs(arguments.words("opt")),
        driver=arguments.text("driver"),
    )
    say(volume.name)
    return 0


def _pairs(words: list[str]) -> dict[str, str]:
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def _remove(engine: Engine, arguments: Arguments) -> int:
    force, code = arguments.switch("force"), 0
    for name in arguments.positional:
        try:
            engine.volumes.remove(name, force=force)
        except EngineError as error:
            if not (force and isinstance(error, NotFound)):
                complain(error)
                code = 1
                continue
        say(name)
    return code


LIST = Command(
    "[OPTIONS]",
    "List volumes",
    _list,
    (
        Flag(
            "filter", "filter", "Provide filter values (e.g. 'dangling=true')", short="f", check=filter_word
        ),
        Flag("format", "string", "Pretty-print volumes using a Go template"),
        Flag("quiet", "bool", "Only display volume names", short="q"),
    ),
)
CREATE = Command(
    "[OPTIONS] [VOLUME]",
    "Create a volume",
    _create,
    (
        Flag("driver", "string", "Specify volume driver name", short="d", shown='"local"'),
        Flag("label", "list", "Set metadata for a volume", check=label_word),
        Flag("name", "string", "", hidden=True),
        Flag("opt", "map", "Set driver specific options", short="o"),
    ),
    0,
    1,
)
REMOVE = Command(
    "[OPTIONS] VOLUME [VOLUME...]",
    "Remove one or more volumes",
    _remove,
    (Flag("force", "bool", "Force the removal of one or more volumes", short="f"),),
    1,
    None,
)

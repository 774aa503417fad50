"""The prunes: everything unused of one kind, or of all kinds, after asking."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import agreed, say
from app.cli.flags import Arguments, Flag, filter_word
from app.cli.verbs.build_flags import size
from app.units import human_size

if TYPE_CHECKING:
    from engine.engine import Engine

FORCE = Flag("force", "bool", "Do not prompt for confirmation", short="f")


def _filter(example: str) -> Flag:
    return Flag("filter", "filter", f"Provide filter values (e.g. '{example}')", check=filter_word)


def _declined(arguments: Arguments, warning: str) -> bool:
    return not arguments.switch("force") and not agreed(warning)


def _told(heading: str, lines: Iterable[str]) -> None:
    """Print what was removed under its heading, and nothing at all if nothing was."""
    shown = list(lines)
    if shown:
        say("\n".join([heading, *shown, ""]))


def _reclaimed(size: int) -> int:
    say(f"Total reclaimed space: {human_size(size)}")
    return 0


def _containers(engine: Engine, arguments: Arguments) -> int:
    if _declined(arguments, "This will remove all stopped containers."):
        return _reclaimed(0)
    pruned = engine.containers.prune(arguments.filters())
    _told("Deleted Containers:", pruned.removed)
    return _reclaimed(pruned.reclaimed)


def _images(engine: Engine, arguments: Arguments) -> int:
    everything = arguments.switch("all")
    what = (
        "all images without at least one container associated to them."
        if everything
        else "all dangling images."
    )
    if _declined(arguments, f"This will remove {what}"):
        return _reclaimed(0)
    pruned = engine.images.prune(everything, arguments.filters())
    _told("Deleted Images:", (f"{removed.kind.lower()}: {removed.name}" for removed in pruned.removed))
    return _reclaimed(pruned.reclaimed)


def _volumes(engine: Engine, arguments: Arguments) -> int:
    if _declined(arguments, "This will remove all local volumes not used by at least one container."):
        return _reclaimed(0)
    pruned = engine.volumes.prune(arguments.filters())
    _told("Deleted Volumes:", pruned.removed)
    return _reclaimed(pruned.reclaimed)


def _networks(engine: Engine, arguments: Arguments) -> int:
    if _declined(arguments, "This will remove all custom networks not used by at least one container."):
        return 0
    _told("Deleted Networks:", engine.networks.prune(arguments.filters()))
    return 0


def _cache(engine: Engine, arguments: Arguments) -> int:
    everything = arguments.switch("all")
    warning = f"This will remove all {'' if everything else 'dangling '}build cache."
    # This one question docker asks on one line.
    if not arguments.switch("force") and not agreed(warning, " "):
        return _reclaimed(0)
    keep = int(arguments.text("keep-storage", "0"))
    pruned = engine.builds.prune(everything, arguments.filters(), keep)
    if pruned.entries and arguments.switch("verbose"):
        from app.cli.cache_rows import HEADINGS, PRUNED, cache_row
        from app.cli.listing import table

        say(table(map(cache_row, pruned.entries), HEADINGS, PRUNED) + "\n")
    else:
        _told("Deleted build cache objects:", (entry.id for entry in pruned.entries))
    return _reclaimed(pruned.reclaimed)


def _system(engine: Engine, arguments: Arguments) -> int:
    everything, volumes, filters = arguments.switch("all"), arguments.switch("volumes"), arguments.filters()
    if _declined(arguments, _system_warning(everything, volumes, arguments.words("filter"))):
        return 0
    reclaimed = 0
    containers = engine.containers.prune(filters)
    _told("Deleted Containers:", containers.removed)
    reclaimed += containers.reclaimed
    if volumes:
        emptied = engine.volumes.prune({name: values for name, values in filters.items() if name != "until"})
        _told("Deleted Volumes:", emptied.removed)
        reclaimed += emptied.reclaimed
    _told("Deleted Networks:", engine.networks.prune(filters))
    images = engine.images.prune(everything, filters)
    _told("Deleted Images:", (f"{removed.kind.lower()}: {removed.name}" for removed in images.removed))
    builds = engine.builds.prune(everything, {name: filters[name] for name in filters if name == "until"}, 0)
    _told("Deleted build cache objects:", (entry.id for entry in builds.entries))
    return _reclaimed(reclaimed + images.reclaimed + builds.reclaimed)


def _system_warning(everything: bool, volumes: bool, filters: list[str]) -> str:
    kinds = ["all stopped containers", "all networks not used by at least one container"]
    if volumes:
        kinds.append("all volumes not used by at least one container")
    kinds.append(
        "all images without at least one container associated to them"
        if everything
        else "all dangling images"
    )
    kinds.append("all build cache" if everything else "unused build cache")
    lines = ["This will remove:", *(f"  - {kind}" for kind in kinds)]
    if filters:
        lines += ["", "  Items to be pruned will be filtered with:", *(f"  - {word}" for word in filters)]
    return "\n".join(lines) + "\n"


CONTAINERS = Command(
    "[OPTIONS]", "Remove all stopped containers", _containers, (_filter("until=<timestamp>"), FORCE)
)
IMAGES = Command(
    "[OPTIONS]",
    "Remove unused images",
    _images,
    (
        Flag("all", "bool", "Remove all unused images, not just dangling ones", short="a"),
        _filter("until=<timestamp>"),
        FORCE,
    ),
)
VOLUMES = Command("[OPTIONS]", "Remove all unused local volumes", _volumes, (_filter("label=<label>"), FORCE))
NETWORKS = Command(
    "[OPTIONS]", "Remove all unused networks", _networks, (_filter("until=<timestamp>"), FORCE)
)
CACHE = Command(
    "[OPTIONS]",
    "Remove build cache",
    _cache,
    (
        Flag("all", "bool", "Remove all unused build cache, not just dangling ones", short="a"),
        _filter("until=24h"),
        FORCE,
        Flag("keep-storage", "bytes", "Amount of disk space to keep for cache", check=size),
        Flag("verbose", "bool", "Say of everything what it was and how much it took"),
    ),
)
SYSTEM = Command(
    "[OPTIONS]",
    "Remove unused data",
    _system,
    (
        Flag("all", "bool", "Remove all unused images not just dangling ones", short="a"),
        _filter("label=<key>=<value>"),
        FORCE,
        Flag("volumes", "bool", "Prune volumes"),
    ),
)

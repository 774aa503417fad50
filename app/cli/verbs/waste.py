"""`image waste`: what an image's layers hold that no container can see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import say, warn
from app.cli.flags import Arguments, Flag, UsageError
from app.cli.table import table
from app.units import human_size

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.snapshots.survey import Survey

HEADINGS = {"Count": "COUNT", "Size": "WASTED", "Path": "PATH"}
SHOWN = 20
"""Paths that are listed."""


def _run(engine: Engine, arguments: Arguments) -> int:
    least = _percent(arguments.text("lowest-efficiency", "0"))
    progress = _tell if arguments.switch("progress") else lambda *_: None
    survey = engine.images.survey(arguments.positional[0], progress)
    if arguments.switch("json"):
        say(json.dumps(_told(survey)))
    else:
        _show(survey)
    if 100 * survey.efficiency < least:
        warn(f"Error: the image is {100 * survey.efficiency:.1f}% efficient, less than {least:g}%")
        return 1
    return 0


def _tell(layer: int, layers: int, names: int) -> None:
    warn(f"{layer} {layers} {names}")


def _percent(text: str) -> float:
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        percent = -1
    if not 0 <= percent <= 100:
        raise UsageError(f"--lowest-efficiency takes a percentage from 0 to 100, not {text}")
    return percent


def _told(survey: Survey) -> dict[str, object]:
    waste = [{"path": path, "count": count, "size": size} for path, count, size in survey.waste]
    largest = [{"path": path, "layer": layer, "size": size} for path, layer, size in survey.largest]
    return {
        "size": survey.size,
        "wasted": survey.wasted,
        "efficiency": survey.efficiency,
        "files": survey.files,
        "layers": [share._asdict() for share in survey.layers],
        "waste": waste,
        "largest": largest,
    }


def _show(survey: Survey) -> None:
    rows = (
        {"Count": f"{count}", "Size": human_size(size, 3), "Path": _printable(path)}
        for path, count, size in survey.waste[:SHOWN]
    )
    if survey.waste:
        say(table(rows, HEADINGS, tuple(HEADINGS)))
    if len(survey.waste) > SHOWN:
        say("… and more, which --json lists")
    wasted, size = human_size(survey.wasted, 3), human_size(survey.size, 3)
    say(f"{wasted} of {size} wasted; the image is {100 * survey.efficiency:.1f}% efficient")


def _printable(path: str) -> str:
    """Let no name reach the terminal as a command."""
    return "".join(letter if letter.isprintable() else "?" for letter in path)


WASTE = Command(
    "[OPTIONS] IMAGE",
    "Show what an image's layers hold that no container can see",
    _run,
    (
        Flag(
            "json", "bool", "Print all that was found as JSON, the largest files and every layer's share too"
        ),
        Flag("lowest-efficiency", "string", "Exit with 1 if a smaller percentage of the bytes is seen"),
        Flag(
            "progress", "bool", "Tell on standard error the layer, how many there are, and its names so far"
        ),
    ),
    1,
    1,
)

"""Help in docker's layout: usage, what it does, aliases, options aligned and wrapped."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from app.cli.flags import PROGRAM, Flag

SLOP = 5
"""A line may run over by this much rather than leave a short orphan on the next."""
LEAST = 24
"""A help column narrower than this moves to a line of its own, at column 16."""


def width() -> int:
    """Measure the terminal on stdin as docker does; 80 columns when there is none."""
    try:
        return os.get_terminal_size(0).columns or 80
    except OSError:
        return 80


def usage_line(path: str, usage: str) -> str:
    """Write `Usage:  stackyard run [OPTIONS] …`."""
    return f"Usage:  {' '.join(filter(None, (PROGRAM, path, usage)))}"


def command_help(
    path: str, usage: str, summary: str, flags: Sequence[Flag], aliases: Sequence[str] = ()
) -> str:
    """Write the page of one command."""
    parts = ["", usage_line(path, usage), "", summary]
    if aliases:
        parts += ["", "Aliases:", f"  {', '.join([path.rpartition(' ')[2], *aliases])}"]
    if flags:
        parts += ["", "Options:", *options(flags, width() - 1)]
    return "\n".join(parts) + "\n"


def group_help(path: str, summary: str, verbs: Mapping[str, str]) -> str:
    """Write the page of a noun: its verbs, sorted."""
    parts = ["", usage_line(path, "COMMAND"), "", summary, "", "Commands:", *rows(verbs)]
    return (
        "\n".join([*parts, "", f"Run '{PROGRAM} {path} COMMAND --help' for more information on a command."])
        + "\n"
    )


def rows(verbs: Mapping[str, str]) -> list[str]:
    """Align names and their summaries."""
    column = max((len(name) for name in verbs), default=0)
    column = max(column, 11)
    return [f"  {name:<{column}} {verbs[name]}" for name in sorted(verbs)]


def options(flags: Iterable[Flag], columns: int) -> list[str]:
    """Align the flags in two columns and wrap the second to the terminal."""
    shown = sorted((flag for flag in flags if not flag.hidden and not flag.later), key=lambda flag: flag.name)
    heads = [_head(flag) for flag in shown]
    margin = max((len(head) for head in heads), default=0) + 3
    return [
        f"{head:<{margin}}{_wrapped(_text(flag), margin, columns)}"
        for head, flag in zip(heads, shown, strict=True)
    ]


def _head(flag: Flag) -> str:
    lead = f"  -{flag.short}, --{flag.name}" if flag.short else f"      --{flag.name}"
    return lead if flag.kind == "bool" else f"{lead} {flag.kind}"


def _text(flag: Flag) -> str:
    return f"{flag.help} (default {flag.shown})" if flag.shown else flag.help


def _wrapped(text: str, margin: int, columns: int) -> str:
    """Wrap a flag's help into lines indented by `margin`, the first of which the caller indents."""
    lead = ""
    if columns - margin < LEAST:
        margin = 16
        lead = "\n" + " " * margin
        if columns - margin < LEAST:
            return text
    lines = []
    while text:
        line, text = _line(text, columns - margin - SLOP)
        lines.append(line)
    return lead + ("\n" + " " * margin).join(lines)


def _line(text: str, room: int) -> tuple[str, str]:
    """Split off what fits on one line, at the last blank within `room`."""
    cut = text.rfind(" ", 0, room)
    if len(text) < room + SLOP or cut <= 0:
        return text, ""
    return text[:cut], text[cut + 1 :]

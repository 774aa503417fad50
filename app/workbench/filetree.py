"""The rows of a tree of files: which directories are open, what is left out, and how a row is drawn."""

from __future__ import annotations

import re
import stat
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from app.workbench.figures import count, size
from app.workbench.spans import Span, Spans, cut, plain, spread
from app.workbench.stack import HUES, tidy
from app.workbench.trees import File, Share, Survey
from app.workbench.yard import Layer

MARKS = {"added": Span("+", "good"), "changed": Span("~", "warn"), "copied up": Span("^", "accent"),
         "removed": Span("-", "bad"), "": Span(" ")}  # fmt: skip
WIDE = 100
"""Cells from which on owner, mode and time have columns."""
_KINDS = {"directory": stat.S_IFDIR, "file": stat.S_IFREG, "link": stat.S_IFLNK, "device": stat.S_IFCHR,
          "pipe": stat.S_IFIFO, "socket": stat.S_IFSOCK}  # fmt: skip


class FileRow(NamedTuple):
    """One line."""

    path: str
    depth: int
    file: File
    open: bool = False


class FileTree:
    """What is known of a tree, and what of it is shown."""

    def __init__(self) -> None:
        self.known: dict[str, Sequence[File]] = {}
        self.open: set[str] = {""}
        self.by_size = False
        self.only_changes = False
        self.wanted = ""
        """What names must match; empty: all."""

    def rows(self) -> list[FileRow]:
        """List the rows that are shown, directories before what is in them."""
        return list(self._below("", 0))

    def unread(self) -> list[str]:
        """List directories that nobody has looked into yet."""
        return [
            path
            for place, files in self.known.items()
            for file in files
            if file.nature == "directory" and (path := f"{place}/{file.name}") not in self.known
        ]

    @property
    def layered(self) -> bool:
        """Whether its files come from layers; a volume's do not."""
        return any(file.layer for files in self.known.values() for file in files)

    @property
    def count(self) -> int:
        """How many names are known."""
        return sum(map(len, self.known.values()))

    def _below(self, place: str, depth: int) -> Iterator[FileRow]:
        pattern = pattern_of(self.wanted)
        for file in self._ordered(self.known.get(place, ())):
            path = f"{place}/{file.name}"
            is_directory = file.nature == "directory"
            opened = is_directory and path in self.known and (bool(self.wanted) or path in self.open)
            below = list(self._below(path, depth + 1)) if opened else []
            fits = pattern is None or pattern.search(path) is not None
            told = not self.only_changes or file.mark != ""
            if below or (fits and told):
                yield FileRow(path, depth, file, opened)
                yield from below

    def _ordered(self, files: Sequence[File]) -> Sequence[File]:
        if not self.by_size:
            return files
        return sorted(files, key=lambda file: (file.nature != "directory", -file.size, file.name))


def pattern_of(wanted: str) -> re.Pattern[str] | None:
    """Read what is looked for as a regular expression, or as it stands; None: nothing is."""
    if not wanted:
        return None
    try:
        return re.compile(wanted, re.IGNORECASE)
    except re.error:
        return re.compile(re.escape(wanted), re.IGNORECASE)


def draw(row: FileRow, width: int, layers: int, writable: bool) -> Spans:
    """Draw one row: its mark, its name, its layer, its size, and where there is room the rest."""
    file = row.file
    arrow = ("▾ " if row.open else "▸ ") if file.nature == "directory" else "  "
    role = "dim" if file.mark == "removed" else "strong" if file.nature == "directory" else "plain"
    name = plain(file.name) + ("/" if file.nature == "directory" else "")
    left = [MARKS[file.mark], Span(" " + "  " * row.depth), Span(arrow, "dim"), Span(name, role)]
    if file.link:
        left.append(Span(f" → {plain(file.link)}", "dim"))
    right: list[Span] = []
    if width >= WIDE:
        told = f"{mode(file)}  {file.uid}:{file.gid}"
        right.append(Span(f"{told:<22} {moment(file.mtime)}  ", "dim"))
    if layers:
        right.append(chip(file.layer, layers, writable))
    weight = "" if file.nature == "directory" else size(file.size)
    right.append(Span(f"{weight:>8}", "dim" if file.mark == "removed" else "plain"))
    return spread(left, right, width)


def chip(layer: int, layers: int, writable: bool) -> Span:
    """Name a layer in the colour that it has in the stack."""
    if writable and layer == layers:
        return Span(f"{'rw':>3}", "accent")
    return Span(f"{layer:>3}", f"hue{layer % HUES}")


def about(row: FileRow, layers: Sequence[Layer], writable: bool, width: int) -> list[Spans]:
    """Tell all about one name: what it is, the layer it comes from, and what it hides."""
    file, total = row.file, len(layers) + writable
    path = plain(row.path)
    weight = [] if file.nature == "directory" else [size(file.size)]
    facts = [f"{mode(file)} {file.uid}:{file.gid}", moment(file.mtime), *weight]
    while facts and cell_len(path) + sum(map(len, facts)) + 3 * len(facts) > width:
        facts.pop(0)
    lines: list[Spans] = [spread([Span(" "), Span(path, "strong")], [Span(" · ".join(facts), "dim")], width)]
    if not total:
        return [*lines, [], []]
    lines.append(_origin(file, layers, writable, width))
    lines.append(_hides(file, total, writable, width))
    return lines


def _origin(file: File, layers: Sequence[Layer], writable: bool, width: int) -> Spans:
    said = {"added": "added by ", "changed": "changed by ", "copied up": "copied up, as it was, by ",
            "removed": "removed by ", "": "from "}[file.mark]  # fmt: skip
    if writable and file.layer > len(layers):
        return [Span(f" {said}"), Span("the writable layer", "accent")]
    layer = layers[file.layer - 1] if 0 < file.layer <= len(layers) else None
    name = "the base layer" if file.layer == 1 else f"layer {file.layer}"
    command = tidy(layer.command) if layer else ""
    head = [Span(f" {said}"), Span(name, f"hue{file.layer % HUES}")]
    used = sum(cell_len(span.text) for span in head)
    return [*head, Span(cut(f" · {command}", max(0, width - used)), "dim")]


def _hides(file: File, total: int, writable: bool, width: int) -> Spans:
    if not file.shadows:
        return []
    names = ["the writable one" if writable and one == total else "the base" if one == 1 else f"{one}"
             for one in file.shadows]  # fmt: skip
    wasted = f": {size(file.hidden)} that nobody sees" if file.hidden else ""
    word = "layer" if len(names) == 1 else "layers"
    return [Span(cut(f" hides what is in {word} {', '.join(names)}{wasted}", width), "dim")]


def heading(
    layers: Sequence[Layer], writable: bool, layer: int, survey: Survey | None, width: int
) -> list[Span]:
    """Say what is looked at: all layers together, or one."""
    total = len(layers) + writable
    if not total:
        return []
    if layer:
        name = "the writable layer" if writable and layer == total else f"layer {layer} of {total}"
        command = "" if layer > len(layers) else f" · {tidy(layers[layer - 1].command)}"
        did = did_of(survey.layers[layer - 1]) if survey and layer <= len(survey.layers) else ""
        return [
            Span(" only "),
            chip(layer, total, writable),
            Span(f" {name}", "strong"),
            Span(f" · {did}" if did else ""),
            Span(command, "dim"),
        ]
    wide = width >= 60
    spans = [Span(f" {count(total, 'layer')}{', merged' if wide else ''}", "strong")]
    if survey and not writable:
        role = "warn" if survey.efficiency <= 95 else "dim"
        spans.append(Span(f" · {size(survey.size)} · ", "dim"))
        spans.append(Span(f"{size(survey.wasted)} wasted", role))
        spans.append(Span(f" · {survey.efficiency:.1f}%{' efficient' if wide else ''}", "dim"))
    if writable:
        gap = "  " if wide else " "
        legend = [(MARKS[mark], f" {mark}{gap}") for mark in ("added", "changed", "copied up", "removed")]
        spans += [Span(gap), *(part for sign, word in legend for part in (sign, Span(word, "dim")))]
    return spans


def did_of(share: Share) -> str:
    """Say what a layer did to the files below it, and what of that is hidden further up."""
    counts = (("+", share.added), ("~", share.changed), ("-", share.removed))
    told = " ".join(f"{sign}{number:,}" for sign, number in counts if number)
    wasted = f"{size(share.wasted)} wasted" if share.wasted else ""
    return " · ".join(part for part in (told, wasted) if part)


def mode(file: File) -> str:
    """Write kind and permissions as ls does."""
    return stat.filemode(_KINDS[file.nature] | file.mode)


def moment(seconds: float) -> str:
    """Write a time to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))

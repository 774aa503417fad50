"""Columns as docker's tabwriter makes them: cells end at tabs, neighbouring lines share a column's width."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from app.units import display_width

MINIMUM, PADDING = 10, 3
"""Docker's columns are ten wide at least, with three blanks between."""


def aligned(text: str, *, minimum: int = MINIMUM, padding: int = PADDING, blank: str = " ") -> str:
    """Put the tabbed cells of a text under each other.

    A column is a run of lines that have a cell there; it is as wide as its widest cell. What follows the last
    tab of a line belongs to no column (Go's text/tabwriter, whose widths docker counts in columns of a
    terminal).
    """
    out = []
    for page in text.split("\f"):
        lines = [line.replace("\v", "\t").split("\t") for line in page.split("\n")]
        if len(lines[-1]) > 1 and not lines[-1][-1]:
            # A last line that no newline ends has no cell after its last tab.
            lines[-1].pop()
        widths = [[display_width(cell) for cell in line] for line in lines]
        _align(lines, widths, (minimum, padding, blank), 0, len(lines), 0)
        out.append("\n".join(map("".join, lines)))
    return "\n".join(out)


def table(rows: Iterable[Mapping[str, str]], headings: Mapping[str, str], columns: Sequence[str]) -> str:
    """Lay rows out under their headings; no newline at the end."""
    lines = ["\t".join([headings[column] for column in columns])]
    lines += ["\t".join([row[column] for column in columns]) for row in rows]
    return aligned("\n".join(lines) + "\n").removesuffix("\n")


def _align(
    lines: list[list[str]],
    widths: list[list[int]],
    measures: tuple[int, int, str],
    first: int,
    last: int,
    column: int,
) -> None:
    """Pad the cells of one column, and within each run of lines that have it those of the next."""
    minimum, padding, blank = measures
    line = first
    while line < last:
        end = line
        while end < last and len(lines[end]) > column + 1:
            end += 1
        if end == line:
            line += 1
            continue
        width = max(minimum, max(cells[column] for cells in widths[line:end]) + padding)
        for index in range(line, end):
            lines[index][column] += blank * (width - widths[index][column])
        _align(lines, widths, measures, line, end, column + 1)
        line = end

"""Listings: rows as docker prints them, in columns, by a template, as JSON or as ids alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from app.cli.rows import Row
from app.cli.units import display_width

_MINIMUM, _GAP = 10, 3
"""Docker's tabwriter: cells of at least ten columns, three blanks between."""
_FIELD = re.compile(r"\.(\w+)")


def show(
    rows: Iterable[Row],
    headings: Mapping[str, str],
    columns: Sequence[str],
    form: str = "",
    *,
    quiet: str = "",
    raw: Mapping[str, str] | None = None,
) -> None:
    """Print rows as `form` asks: the verb's own columns, `table TEMPLATE`, a template, `json` or `raw`.

    `quiet` names the only field to print, unless a table was asked for. Raises InvalidInput for a template
    that cannot be parsed or names a field there is not.
    """
    import sys

    sys.stdout.write(written(rows, headings, columns, form, quiet=quiet, raw=raw))


def written(
    rows: Iterable[Row],
    headings: Mapping[str, str],
    columns: Sequence[str],
    form: str = "",
    *,
    quiet: str = "",
    raw: Mapping[str, str] | None = None,
) -> str:
    """Give the text that `show` prints."""
    if quiet and form in ("", "table", "raw"):
        names = {field: f"{name}: " for name, field in (raw or {}).items()}
        prefix = names.get(quiet, "") if form == "raw" else ""
        return "".join(f"{prefix}{row[quiet]}\n" for row in rows)
    if form in ("", "table"):
        return f"{table(rows, headings, columns)}\n"
    if form == "raw" and raw is not None:
        return "".join(_raw(row, raw) for row in rows)
    if form == "json":
        form = "{{json .}}"
    from app.cli.template import Template

    body = re.sub(r"^table\s?", "", form) if form.startswith("table") else form
    body = body.replace("\\t", "\t").replace("\\n", "\n")
    template = Template.parse(body)
    lines = [template.render(row) for row in rows]
    if not form.startswith("table"):
        return "".join(f"{line}\n" for line in lines)
    heads = _Heads(body, headings)
    cells = [line.split("\t") for line in [Template.parse(body).render(heads), *lines]]
    return f"{aligned(cells)}\n"


def table(rows: Iterable[Row], headings: Mapping[str, str], columns: Sequence[str]) -> str:
    """Lay rows out under their headings; no newline at the end."""
    cells = [[headings[column] for column in columns]]
    cells += [[row[column] for column in columns] for row in rows]
    return aligned(cells)


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Put cells under each other, each column as wide as its widest cell; the last of a line is not padded.

    As Go's tabwriter does, a column's width holds for neighbouring lines that have it, not for all.
    """
    out = [list(line) for line in lines]
    _align(out, 0, len(out), 0)
    return "\n".join("".join(line) for line in out)


def _align(lines: list[list[str]], first: int, last: int, column: int) -> None:
    row = first
    while row < last:
        if len(lines[row]) <= column + 1:
            row += 1
            continue
        end = row
        while end < last and len(lines[end]) > column + 1:
            end += 1
        block = lines[row:end]
        width = max(_MINIMUM, max(display_width(line[column]) for line in block) + _GAP)
        for line in block:
            line[column] += " " * (width - display_width(line[column]))
        _align(lines, row, end, column + 1)
        row = end


def _raw(row: Row, fields: Mapping[str, str]) -> str:
    return "".join(f"{name}: {row[field]}".rstrip(" ") + "\n" for name, field in fields.items()) + "\n"


class _Heads(dict[str, str]):
    """The headings as a row, so that a table's own template writes its first line."""

    def __init__(self, template: str, headings: Mapping[str, str]) -> None:
        super().__init__(headings)
        for name in _FIELD.findall(template):
            if name != "Label":
                self.setdefault(name, name.upper())

    def Label(self, name: str) -> str:
        """Head a column of one label's values, as docker does: the last part of the label's name."""
        return re.split(r"[.]", name)[-1].replace("-", " ").replace("_", " ")

"""Listings: rows as docker prints them, in columns, by a template, as JSON or as ids alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from app.cli.rows import Row
from app.cli.table import aligned, table

__all__ = ["show", "table", "written"]


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
    from app.go.template import Headings, Template

    tabular = form.startswith("table")
    body = form.removeprefix("table").strip(" ").replace("\\t", "\t").replace("\\n", "\n")
    template = Template.parse(body)
    lines = "".join(f"{template.render(row)}\n" for row in rows)
    return aligned(f"{template.heading(Headings(headings))}\n{lines}") if tabular else lines


def _raw(row: Row, fields: Mapping[str, str]) -> str:
    return "".join(f"{name}: {row[field]}".rstrip(" ") + "\n" for name, field in fields.items()) + "\n"

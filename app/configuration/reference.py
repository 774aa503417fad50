"""The reference of the file, written from its one table: Markdown, JSON Schema, and what is in force."""

from __future__ import annotations

import json
from typing import Any

from app.configuration.configuration import Configuration, Vocabulary, record
from app.configuration.shapes import Record, Several


def schema(words: Vocabulary) -> str:
    """Write the JSON Schema (draft 2020-12), for editors that complete and check."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Stackyard's configuration"}
    return json.dumps({**head, **record(words).schema()}, indent=2, ensure_ascii=False) + "\n"


def markdown(words: Vocabulary) -> str:
    """Write the reference for the README."""
    lines = []
    for name, entry in record(words).entries.items():
        lines += [f"**`{name}`** {entry.about}", "", "```yaml", *entry.example.splitlines(), "```", ""]
        each = entry.shape.each if isinstance(entry.shape, Several) else None
        if isinstance(each, Record):
            lines += [f"* `{part}`: {one.about}" for part, one in each.entries.items()] + [""]
        if name == "columns":
            lines += [f"* `{kind}`: {', '.join(names)}" for kind, names in words.columns.items()] + [""]
        if name == "confirmations":
            lines += [f"Deeds: {', '.join(words.deeds)}. Without the entry: remove, prune.", ""]
    return "\n".join(lines)


def effective(configuration: Configuration) -> str:
    """Write all that is in force as YAML."""
    import yaml

    return yaml.safe_dump(_plain(configuration), sort_keys=False, allow_unicode=True)


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: _plain(one) for name, one in value._asdict().items()}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return list(map(_plain, value)) if isinstance(value, tuple) else value

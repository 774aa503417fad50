"""The texts of the right side: history, configuration, who uses a volume, what builds will be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.workbench.figures import ago, size
from app.workbench.spans import Span, cut, plain, spread, wrap
from app.workbench.stack import tidy
from app.workbench.states import mark, status
from app.workbench.tabs.text import Lay
from app.workbench.yard import Container, Kind, Step

LABEL = 13
_JSON_LINE = re.compile(r'^(\s*)("(?:[^"\\]|\\.)*": )?(.*)$')
_CONFIG = (
    ("Entrypoint", "Entrypoint"), ("Command", "Cmd"), ("User", "User"), ("Work folder", "WorkingDir"),
    ("Environment", "Env"), ("Ports", "ExposedPorts"), ("Volumes", "Volumes"), ("Stop signal", "StopSignal"),
    ("Labels", "Labels"),
)  # fmt: skip


def says(text: str) -> Lay:
    """Lay out one quiet sentence."""
    return lambda width: [[Span(" " + part, "dim")] for part in wrap(text, width - 1)]


def history(steps: Sequence[Step], now: float) -> Lay:
    """Lay an image's history out, the newest step first; steps that only set something are dim."""

    def lay(width: int) -> list[list[Span]]:
        lines: list[list[Span]] = []
        for step in steps:
            weight = size(step.size) if step.size else "—"
            role = "strong" if step.size else "dim"
            when = Span(ago(step.created, now) or "", "dim")
            lines.append([Span(f"{weight:>8}  ", role), *spread([when], [], max(0, width - 10))])
            command = tidy(step.command) if step.command else step.comment or "(no command is recorded)"
            role = "plain" if step.size else "dim"
            lines += [[Span(" " * 10), Span(part, role)] for part in wrap(command, max(8, width - 10))]
            lines.append([])
        return lines[:-1] or [[Span(" This image tells no history.", "dim")]]

    return lay


def used_by(volume: str, containers: Sequence[Container], now: float) -> Lay:
    """List the containers that mount a volume."""
    users = [one for one in containers if volume in one.volumes]

    def lay(width: int) -> list[list[Span]]:
        if not users:
            return [[Span(" No container uses it.", "dim")]]
        return [
            spread(
                [Span(" "), mark(one), Span(f" {plain(one.name)}")], [Span(status(one, now), "dim")], width
            )
            for one in users
        ]

    return lay


def config(kind: Kind, said: Mapping[str, Any]) -> Lay:
    """Lay out what matters of an object in words, then all that `inspect` tells."""

    def lay(width: int) -> list[list[Span]]:
        lines = [line for label, value in _facts(kind, said) for line in _fact(label, value, width)]
        title = f" all that `stackyard {kind} inspect` tells "
        lines += [
            [],
            [Span("──" + cut(title, width - 4), "dim"), Span("─" * max(0, width - 2 - len(title)), "rule")],
        ]
        return lines + [
            _json_line(text) for text in json.dumps(said, indent=2, ensure_ascii=False).splitlines()
        ]

    return lay


def _facts(kind: Kind, said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    state = said.get("State")
    if kind == "container":
        yield "Name", str(said.get("Name", "")).removeprefix("/")
        if isinstance(state, dict):
            yield "State", _state(state)
    yield "Id", said.get("Id")
    yield "Tags", said.get("RepoTags")
    yield "Image", (said.get("Config") or {}).get("Image")
    yield "Driver", said.get("Driver") if kind == "volume" else None
    yield "Folder", said.get("Mountpoint")
    yield "Created", said.get("Created") or said.get("CreatedAt")
    if kind == "image":
        yield (
            "Platform",
            "/".join(str(said[part]) for part in ("Os", "Architecture", "Variant") if said.get(part)),
        )
    for label, key in _CONFIG:
        yield label, (said.get("Config") or {}).get(key)
    if kind == "container":
        mounts = said.get("Mounts") or []
        yield (
            "Mounts",
            [f"{one.get('Name') or one.get('Source', '')} → {one.get('Destination', '')}" for one in mounts],
        )


def _state(state: Mapping[str, Any]) -> str:
    words = [str(state.get("Status", ""))]
    if state.get("Pid"):
        words.append(f"process {state['Pid']}")
    if state.get("Status") in ("exited", "dead"):
        words.append(f"exit code {state.get('ExitCode', 0)}")
    if state.get("Error"):
        words.append(str(state["Error"]))
    return " · ".join(words)


def _fact(label: str, value: Any, width: int) -> Iterator[list[Span]]:
    if isinstance(value, Mapping):
        value = [
            f"{key}={entry}" if isinstance(entry, str) and entry else str(key) for key, entry in value.items()
        ]
    if value in (None, "", []):
        return
    texts = (
        _listed(label, value) if isinstance(value, Sequence) and not isinstance(value, str) else [str(value)]
    )
    head = f" {label:<{LABEL}}"
    for text in texts:
        for part in wrap(text, max(8, width - len(head))):
            yield [Span(head, "dim"), Span(part)]
            head = " " * len(head)


def _listed(label: str, value: Sequence[Any]) -> list[str]:
    if label not in ("Entrypoint", "Command"):
        return [str(entry) for entry in value]
    import shlex

    return [shlex.join(map(str, value))]


def _json_line(text: str) -> list[Span]:
    match = _JSON_LINE.match(text)
    assert match
    indent, key, value = match[1], match[2] or "", match[3]
    role = "plain" if value.startswith('"') else "dim" if value.strip("{}[],") == "" else "key"
    return [Span(f" {indent}"), Span(key, "hue2"), Span(plain(value), role)]

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli.verbs.events import line, message, passes
from engine.events import Event

Run = Callable[..., Any]
GOLDEN = Path(__file__).parents[4] / "shared/conformance/cli-golden/cli/command/system/testdata"

START = Event(
    1_700_000_000_000_000_001, "container", "start", "abc123", {"name": "web", "image": "busy:1", "b": "c"}
)
TAG = Event(1_700_000_000_000_000_002, "image", "tag", "sha256:fff", {"name": "busy:1"})
MOUNT = Event(3, "volume", "mount", "data", {"container": "abc123", "driver": "local"})


def test_a_line() -> None:
    assert (
        line(START) == "2023-11-14T22:13:20.000000001Z container start abc123 (b=c, image=busy:1, name=web)"
    )
    assert line(Event(0, "volume", "create", "x", {})) == "1970-01-01T00:00:00.000000000Z volume create x"


@pytest.mark.conformance
@pytest.mark.skipif(not GOLDEN.exists(), reason="the golden outputs are not beside this checkout")
def test_lines_are_dockers() -> None:
    told = [
        Event(second * 10**9, "container", action, "abc123", {"image": "ubuntu:latest"})
        for second, action in enumerate(("create", "start", "attach", "die"), 1)
    ]
    assert [line(event) for event in told] == (
        GOLDEN / "docker-events-default.golden"
    ).read_text().splitlines()


def test_the_message_keeps_dockers_older_fields() -> None:
    assert message(START) == {
        "status": "start",
        "id": "abc123",
        "from": "busy:1",
        "Type": "container",
        "Action": "start",
        "Actor": {"ID": "abc123", "Attributes": {"b": "c", "image": "busy:1", "name": "web"}},
        "scope": "local",
        "time": 1_700_000_000,
        "timeNano": 1_700_000_000_000_000_001,
    }
    assert "status" not in message(MOUNT)


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        ({}, [START, TAG, MOUNT]),
        ({"type": ["image", "volume"]}, [TAG, MOUNT]),
        ({"event": ["start"]}, [START]),
        ({"container": ["web"]}, [START]),
        ({"container": ["abc"]}, [START, MOUNT]),
        ({"container": ["other"]}, []),
        ({"image": ["busy"]}, [START, TAG]),
        ({"image": ["busy:1"], "type": ["container"]}, [START]),
        ({"volume": ["data"]}, [MOUNT]),
        ({"label": ["b"]}, [START]),
        ({"label": ["b=c"]}, [START]),
        ({"label": ["b=d"]}, []),
        ({"scope": ["swarm"]}, []),
        ({"daemon": ["x"]}, []),
    ],
)
def test_filters(filters: dict[str, list[str]], passing: list[Event]) -> None:
    assert [event for event in (START, TAG, MOUNT) if passes(event, filters)] == passing


def test_the_verb(stackyard: Run, yard: Any) -> None:
    asked: list[object] = []

    def follow(since: float | None, until: float | None) -> Iterator[Event]:
        asked.extend([since, until])
        yield from (START, TAG)

    yard.events.follow = follow
    outcome = stackyard("events", "--since", "5", "--until", "6", "--filter", "type=image")
    assert outcome == (0, f"{line(TAG)}\n", "")
    assert asked == [5.0, 6.0]
    assert stackyard("events", "--filter", "foo=bar").err.startswith("Error: Invalid filter 'foo'")
    assert stackyard("events", "--since", "soon").code == 1

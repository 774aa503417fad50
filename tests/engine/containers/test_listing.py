"""Docker's filters."""

from __future__ import annotations

from typing import Any

import pytest

from engine.containers.listing import prunable, select
from engine.containers.record import Container
from engine.containers.state import State
from engine.errors import InvalidInput


def container(name: str, created: float, status: str = "exited", **more: Any) -> Container:
    config = {
        "Path": "sh", "Args": [], "Snapshots": [1],
        "Config": {"Labels": more.get("labels", {}), "ExposedPorts": more.get("exposed")},
        "HostConfig": {"NetworkMode": more.get("network", "default")},
    }  # fmt: skip
    id = more.get("id", name.encode().hex().ljust(64, "0"))
    now = State(status, exit_code=more.get("code", 0))
    networks = (more["network"],) if "network" in more else ()
    return Container(id, name, more.get("image", "shop:1"), "sha256:abcdef", created, config, now, networks)


WEB = container("web", 4, "running", labels={"tier": "front", "on": ""}, image="nginx:latest", network="none",
                exposed={"80/tcp": {}, "53/udp": {}})  # fmt: skip
DB = container("db", 3, "exited", code=137, labels={"tier": "back"})
JOB = container("webjob", 2, "exited", code=0, labels={"tier": "front"})
NEW = container("new", 1, "created")
ALL = [WEB, DB, JOB, NEW]


def found(all: bool = True, limit: int = 0, **filters: list[str]) -> str:
    named = {name.replace("_", "-"): values for name, values in filters.items()}
    return " ".join(c.name for c in select(ALL, all=all, filters=named, limit=limit))


def test_only_what_runs_is_listed_unless_all_is_asked_for() -> None:
    assert found(all=False) == "web"
    assert found() == "web db webjob new"


def test_asking_for_a_state_or_a_number_asks_for_all() -> None:
    assert found(all=False, status=["exited"]) == "db webjob"
    assert found(all=False, exited=["0"]) == "webjob"
    assert found(all=False, limit=2) == "web db"
    assert found(all=False, limit=-1) == "web"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"name": ["web"]}, "web webjob"),
        ({"name": ["^web$"]}, "web"),
        ({"name": ["^/web$"]}, "web"),
        ({"name": ["db", "new"]}, "db new"),
        ({"id": [DB.id[:6]]}, "db"),
        ({"label": ["tier"]}, "web db webjob"),
        ({"label": ["tier=front"]}, "web webjob"),
        ({"label": ["tier=front", "on"]}, "web"),
        ({"label": ["on="]}, "web"),
        ({"status": ["created", "running"]}, "web new"),
        ({"exited": ["137"]}, "db"),
        ({"exited": ["0", "137"]}, "db webjob"),
        ({"ancestor": ["nginx"]}, "web"),
        ({"ancestor": ["shop:1"]}, "db webjob new"),
        ({"ancestor": ["shop"]}, ""),
        ({"ancestor": ["sha256:abc"]}, "web db webjob new"),
        ({"before": ["db"]}, "webjob new"),
        ({"since": ["webjob"]}, "web db"),
        ({"network": ["none"]}, "web"),
        ({"status": ["exited"], "name": ["web"]}, "webjob"),
        ({"is_task": ["false"]}, "web db webjob new"),
        ({"is_task": ["true"]}, ""),
        ({"health": ["none"]}, "web db webjob new"),
        ({"health": ["healthy"]}, ""),
        ({"expose": ["80"]}, "web"),
        ({"expose": ["50-60/udp"]}, "web"),
        ({"expose": ["80/udp"]}, ""),
        ({"publish": ["80"]}, ""),
    ],
)
def test_values_of_one_filter_are_alternatives_and_filters_add_up(
    filters: dict[str, list[str]], expected: str
) -> None:
    assert found(**filters) == expected


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({"colour": ["red"]}, "invalid filter 'colour'"),
        ({"status": ["asleep"]}, "invalid filter 'status=asleep'"),
        ({"exited": ["²"]}, "invalid filter 'exited=²'"),
        ({"exited": ["--1"]}, "invalid filter 'exited=--1'"),
        ({"exited": ["soon"]}, "invalid filter 'exited=soon'"),
        ({"before": ["ghost"]}, "No such container: ghost"),
        ({"health": ["fine"]}, "Unrecognised filter value for health: fine"),
        ({"is_task": ["perhaps"]}, "invalid filter 'is-task=perhaps'"),
        ({"publish": ["web"]}, "error while looking up for publish web"),
        ({"name": ["["]}, "invalid filter: ["),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(filters: dict[str, list[str]], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        found(**filters)
    assert caught.value.brief.startswith(sentence)


def kept(**filters: list[str]) -> str:
    named = {name.replace("_not", "!"): values for name, values in filters.items()}
    return " ".join(container.name for container in prunable(ALL, named))


def test_prune_takes_what_does_not_run() -> None:
    assert kept() == "db webjob new"
    assert kept(label=["tier=front"]) == "webjob"
    assert kept(label_not=["tier=front"]) == "db new"
    assert kept(label_not=["tier"]) == "new"
    assert kept(until=["3"]) == "webjob new"


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({"name": ["web"]}, "invalid filter 'name'"),
        ({"until": ["1h", "2h"]}, "more than one until filter specified"),
    ],
)
def test_prune_knows_three_filters(filters: dict[str, list[str]], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        prunable(ALL, filters)

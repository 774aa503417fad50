"""Finding a container by whatever name a user has for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.containers.record import everything, find
from engine.errors import Ambiguous, NotFound
from engine.paths import Paths
from engine.store.store import Store

CONFIG = {
    "Path": "sh",
    "Args": ["-c", "x"],
    "Snapshots": [],
    "Config": {},
    "HostConfig": {"NetworkMode": "none"},
}
CAFE, CAFFEINE, NUMBER = (text.ljust(64, "0") for text in ("cafe1", "caffe", "1234"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(Paths(f"{tmp_path}/yard", f"{tmp_path}/run")) as store:
        with store.transaction() as connection:
            for created, (id, name) in enumerate(
                ((CAFE, "web"), (CAFFEINE, "db"), (NUMBER, "caf"), ("f" * 64, "cafe1"))
            ):
                connection.execute(
                    "INSERT INTO containers VALUES (?, ?, 'sha256:i', 'shop:1', ?, ?)",
                    (id, name, created, json.dumps(CONFIG)),
                )
        yield store


@pytest.mark.parametrize(
    ("asked", "id"),
    [
        ("web", CAFE),
        ("/web", CAFE),
        (CAFE, CAFE),
        ("cafe10", CAFE),
        ("caff", CAFFEINE),
        ("1", NUMBER),
        ("caf", NUMBER),
        ("cafe1", "f" * 64),
        ("ff", "f" * 64),
    ],
)
def test_a_name_wins_over_the_beginning_of_an_id(store: Store, asked: str, id: str) -> None:
    assert find(store, asked).id == id


def test_the_beginning_of_two_ids_is_ambiguous(store: Store) -> None:
    with pytest.raises(Ambiguous) as caught:
        find(store, "ca")
    assert caught.value.brief == "Multiple IDs found with provided prefix: ca"


@pytest.mark.parametrize(
    "asked", ["ghost", "", "/", "0000", "w", "we%", "c*", "?", "[a-f]", "CAFE1", "web\n", "a" * 9000]
)
def test_what_is_not_there_is_said_in_dockers_words(store: Store, asked: str) -> None:
    with pytest.raises(NotFound) as caught:
        find(store, asked)
    assert caught.value.brief == f"No such container: {asked.removeprefix('/')}"


def test_the_newest_comes_first(store: Store) -> None:
    assert [c.name for c in everything(store)] == ["cafe1", "caf", "db", "web"]


def test_what_was_asked_is_told(store: Store) -> None:
    found = find(store, "web")
    assert (found.command, found.networks, found.stop_signal, found.stop_timeout) == (
        ("sh", "-c", "x"), ("none",), "SIGTERM", 10,
    )  # fmt: skip

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.events import EventLog
from engine.images.images import Images
from engine.paths import Paths
from engine.store.store import Store
from tests.engine.images.archives import Made, docker_archive

Add = Callable[..., str]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(f"{tmp_path}/yard", f"{tmp_path}/yard/run")


@pytest.fixture
def store(paths: Paths) -> Iterator[Store]:
    with Store(paths) as store:
        yield store


@pytest.fixture
def running() -> set[str]:
    """The ids of the containers that run."""
    return set()


@pytest.fixture
def images(store: Store, paths: Paths, running: set[str]) -> Images:
    return Images(store, EventLog(paths.events), running.__contains__)


@pytest.fixture
def add(images: Images) -> Add:
    """Load one made image under any number of names; return its id."""

    def add(made: Made, *names: str) -> str:
        list(images.load(io.BytesIO(docker_archive([(names, made)]))))
        return made.id

    return add


@pytest.fixture
def contain(store: Store) -> Callable[[str, str], None]:
    """Record a container made from an image."""

    def contain(container: str, image: str) -> None:
        with store.transaction() as connection:
            connection.execute(
                "INSERT INTO containers (id, name, image, created, config) VALUES (?1, ?1, ?2, 0, '{}')",
                (container, image),
            )

    return contain

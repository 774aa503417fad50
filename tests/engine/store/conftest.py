from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.paths import Paths
from engine.store.store import Store


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(f"{tmp_path}/yard", f"{tmp_path}/yard/run")


@pytest.fixture
def store(paths: Paths) -> Iterator[Store]:
    with Store(paths) as store:
        yield store

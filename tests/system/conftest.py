"""What the system tests share: an image with a Python inside, and images that mean harm."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from engine.engine import Engine
from engine.shim.runner import Runner
from tests.system.runs import Bench

BASE, PYTHON = "yard/base:latest", "yard/python:latest"

Entry = tarfile.TarInfo | str | bytes
"""A node of any kind; the target of a symbolic link; or the content of an executable file."""

Variant = Callable[[Mapping[str, Entry]], str]


@pytest.fixture(scope="session")
def python_image(yard_root: str) -> str:
    """An image with this machine's python3 and what an intruder likes beside the shell and the tools."""
    engine = Engine(yard_root)
    engine.images.import_host(("python3", "unshare", "mknod", "mount"), reference=PYTHON)
    engine.close()
    return PYTHON


@pytest.fixture
def variant(yard: Engine, tmp_path: Path) -> Iterator[Variant]:
    """Make the base image with these paths put in, each instead of whatever was there."""
    made: list[str] = []

    def make(entries: Mapping[str, Entry]) -> str:
        reference = f"yard/variant:{len(made)}"
        layer = yard.images.get(BASE).chain[0]
        path = tmp_path / f"variant-{len(made)}.tar"
        with tarfile.open(path, "w") as tar:
            tar.add(yard.store.paths.snapshot(layer.snapshot), "", filter=_without(entries))
            for name, entry in entries.items():
                _add(tar, name, entry)
        with open(path, "rb") as stream:
            yard.images.import_(stream, reference)
        made.append(reference)
        return reference

    yield make
    for container in yard.containers.list(all=True):
        yard.containers.remove(container.id, force=True)
    for reference in made:
        yard.images.remove(reference, force=True)


def _without(names: Mapping[str, Entry]) -> Callable[[tarfile.TarInfo], tarfile.TarInfo | None]:
    def keep(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        replaced = any(entry.name == name or entry.name.startswith(f"{name}/") for name in names)
        return None if replaced else entry

    return keep


def _add(tar: tarfile.TarFile, name: str, entry: Entry) -> None:
    content = b""
    if isinstance(entry, str):
        entry, link = tarfile.TarInfo(), entry
        entry.type, entry.linkname = tarfile.SYMTYPE, link
    elif isinstance(entry, bytes):
        entry, content = tarfile.TarInfo(), entry
        entry.size, entry.mode = len(content), 0o755
    entry.name = name
    tar.addfile(entry, io.BytesIO(content))


@pytest.fixture
def runner(yard_root: str) -> Iterator[Runner]:
    runner = Runner(f"{yard_root}/seccomp")
    yield runner
    runner.close()


@pytest.fixture
def bench(yard: Engine, runner: Runner, tmp_path: Path) -> Bench:
    chain = yard.images.get("yard/base:latest").chain
    lowers = tuple(yard.store.paths.snapshot(layer.snapshot) for layer in reversed(chain))
    return Bench(yard, lowers, runner, tmp_path)

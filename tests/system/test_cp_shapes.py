"""`cp` in every shape of source and destination, beside what docker 28 on dockerd 20.10 answered."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.containers.options import Options
from engine.engine import Engine
from tests.system import copying
from tests.system.copying import CASES, TABLE, Case

pytestmark = pytest.mark.root
ANSWERS: list[dict[str, Any]] = json.loads(TABLE.read_text())
OURS = {"unexpected EOF": "the archive is cut short"}
"""Where our own sentence says more."""


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[copying.Engine]:
    """Our engine, with the image."""
    scratch = tmp_path_factory.mktemp("box")
    engine = Engine(str(scratch / "yard"))
    with open(copying.image(scratch), "rb") as tar:
        engine.images.import_(tar, copying.IMAGE)

    def create() -> str:
        return engine.containers.create(copying.IMAGE, Options(command=("/none",)))

    def copy(words: Sequence[str], place: Path, stdin: bytes) -> subprocess.CompletedProcess[bytes]:
        checkout = Path(__file__).resolve().parents[2]
        boot = f"import sys; sys.path[0] = {str(checkout)!r}; from app.main import main; sys.exit(main())"
        line = [sys.executable, "-c", boot, "--root", engine.paths.root, "cp", *words]
        return subprocess.run(line, capture_output=True, cwd=place, input=stdin, timeout=60)

    def export(name: str) -> bytes:
        out = io.BytesIO()
        engine.containers.export(name, out)
        return out.getvalue()

    yield copying.Engine(create, copy, export, engine.containers.remove)
    engine.close()


@pytest.mark.parametrize(("case", "answer"), zip(CASES, ANSWERS, strict=True), ids=lambda one: _id(one))
def test_we_answer_as_docker_did(
    ours: copying.Engine, case: Case, answer: dict[str, Any], tmp_path: Path
) -> None:
    place = tmp_path / "here"
    place.mkdir()
    theirs = {key: value for key, value in answer.items() if key not in ("cp", "stdin")}
    theirs["said"] = OURS.get(theirs["said"], theirs["said"])
    assert copying.ask(ours, case, place) == theirs


@pytest.mark.peers
def test_docker_still_answers_so() -> None:
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True).returncode:
        pytest.skip("docker does not answer")
    assert copying.record(CASES[:6]) == ANSWERS[:6]


def _id(one: object) -> str:
    return f"{one.words} {one.stdin}".strip() if isinstance(one, Case) else ""

"""Build contexts of a third party, each built here and compared with what docker's two builders made of it.

Where the two agree, so must we; where they do not, one of them must be right.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

CONFORMANCE = Path(__file__).resolve().parents[3] / "shared" / "conformance"
CASES = CONFORMANCE / "build" / "cases" / "cases.json"
CLASSIC, BUILDKIT = "buildah-dockerd20.10-classic", "buildah-buildkitHEAD"

NEITHER: dict[str, str] = {}
"""Cases in which we are like neither, and why."""

FROM_DEBIAN = ("quay.io/libpod/centos:7", "quay.io/fedora/python-311:latest")
"""Base images made with debootstrap, which makes another one on each machine: tried by hand."""

IGNORED = r"^/(proc|sys|dev)$"
"""Mount points that builders leave behind."""

pytestmark = [
    pytest.mark.root,
    pytest.mark.conformance,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not CASES.exists(), reason="the conformance cases are not beside this checkout"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(shutil.which("busybox") is None, reason="needs busybox (Debian's busybox-static)"),
]


def _cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        return []
    cases = json.loads(CASES.read_text())
    return [case for case in cases if not case.get("network") and not set(FROM_DEBIAN) & set(case["needs"])]


@pytest.fixture(scope="module")
def harness() -> Any:
    """The third party's own way of describing an image and of comparing two."""
    spec = spec_from_file_location("conformance_harness", CONFORMANCE / "conformance.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What docker's builders made of each case."""
    folder = tmp_path_factory.mktemp("reference")
    with tarfile.open(CONFORMANCE / "build" / "reference.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What we make of each case: all are built at once, two at a time."""
    folder = tmp_path_factory.mktemp("cases")
    ours = f"{Path(sys.executable).with_name('stackyard')} --root {folder}/yard"
    makers = [sys.executable, str(CONFORMANCE / "make_images.py"), f"{folder}/images", "--no-debian"]
    subprocess.run([*makers, "--load", ours], check=True, capture_output=True)
    run = [sys.executable, str(CONFORMANCE / "conformance.py"), "run", str(CASES)]
    run += ["-o", f"{folder}/out", "-j", "2"]
    run += ["--build", ours + " build --no-cache {args} -t {tag} -f {dockerfile} {context}"]
    run += ["--save", ours + " save -o {out} {tag}", "--rmi", ours + " rmi -f {tag}", "--tmp", str(folder)]
    subprocess.run(run, check=True, capture_output=True)
    yield folder / "out"
    shutil.rmtree(folder / "yard", ignore_errors=True)


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case["id"])
def test_we_build_what_docker_builds(
    case: dict[str, Any], built: Path, reference: Path, harness: Any
) -> None:
    id = case["id"]
    ours = json.loads((built / f"{id}.json").read_text())
    theirs = [json.loads((reference / kind / f"{id}.json").read_text()) for kind in (CLASSIC, BUILDKIT)]
    compare: Callable[..., list[str]] = harness.compare
    differences = [compare(one, ours, ignore=IGNORED) for one in theirs]
    if id in NEITHER:
        assert all(differences), f"{id} is like docker's now: take it off the list ({NEITHER[id]})"
        return
    agree = not compare(theirs[0], theirs[1], ignore=IGNORED)
    wrong = differences if agree else ([] if not all(differences) else differences)
    assert not (wrong[0] if agree and wrong else wrong), json.dumps(differences, indent=1)


def test_few_cases_are_like_neither() -> None:
    assert len(NEITHER) <= 5

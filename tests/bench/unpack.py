"""Unpack an archive beside GNU tar: `python tests/bench/unpack.py ARCHIVE [DIRECTORY]`."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ratio import tell

OURS = """
import sys
sys.path.insert(0, sys.argv[3])
from engine.layers.apply import apply
with open(sys.argv[1], "rb", buffering=0) as tar:
    apply(tar, sys.argv[2])
"""


def main(archive: str, place: str | None = None, rounds: int = 9) -> None:
    """Time both into an empty directory, turn and turn about; the interpreter's start is ours to bear."""
    here = str(Path(__file__).resolve().parents[2])
    times: dict[str, list[float]] = {"ours": [], "tar": []}
    with tempfile.TemporaryDirectory(dir=place) as folder:
        target = f"{folder}/layer"
        words = {
            "ours": [sys.executable, "-c", OURS, archive, target, here],
            "tar": ["tar", "-xpf", archive, "-C", target],
        }
        for name in ("ours", "tar") * (rounds + 1):
            shutil.rmtree(target, ignore_errors=True)
            Path(target).mkdir()
            began = time.perf_counter()
            subprocess.run(words[name], check=True)
            times[name].append(time.perf_counter() - began)
    ours, theirs = (statistics.median(taken[1:]) for taken in times.values())
    tell(f"unpack {Path(archive).name}", ours, {"tar": theirs})


if __name__ == "__main__":
    main(*sys.argv[1:])

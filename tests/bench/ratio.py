"""Timing whole commands side by side in one run, so that only ratios matter.

The machine's mood hits both alike.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
STACKYARD = [shutil.which("stackyard") or str(Path(sys.executable).with_name("stackyard"))]


def median(task: Callable[[], object], rounds: int = 15, warmup: int = 2) -> float:
    """Run a task again and again; return the median of its seconds."""
    for _ in range(warmup):
        task()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        task()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def command(words: Sequence[str], **environment: str) -> Callable[[], object]:
    """Make a task of a command line, its output thrown away."""
    where = {**os.environ, **environment}

    def run() -> None:
        subprocess.run(
            words,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=where,
        )

    return run


def tell(what: str, ours: float, theirs: dict[str, float]) -> None:
    """Print one line: what was done, how long we took, and our ratio to each of the others."""
    ratios = "  ".join(
        f"{name} {seconds * 1e3:.1f} ms (x{ours / seconds:.2f})" for name, seconds in theirs.items()
    )
    print(f"{what:<42} ours {ours * 1e3:.1f} ms  {ratios}", flush=True)

"""From a save to the first line of the new process: a watch, beside docker's build and recreate.

Run by hand, as root, where docker runs and has `debian:bookworm`:  python tests/bench/saving.py debian.tar
(the root archive that both have as their base)
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine.build.request import Request
from engine.cancelling import Cancel
from engine.containers.options import Options
from engine.develop.events import Answered
from engine.develop.request import Watched
from engine.engine import Engine

BASE, SAVES, THEIRS = "bench/debian:root", 20, 7
DOCKERFILE = f'FROM {BASE}\nWORKDIR /srv\nCOPY . .\nCMD ["sh", "app.sh"]\n'


def save(folder: Path, number: int) -> None:
    """Write as most editors do: beside it, then renamed over it."""
    draft = folder / "app.sh.new"
    draft.write_text(f"echo answer {number}\nexec sleep 1000\n")
    os.rename(draft, folder / "app.sh")


def ours(folder: Path, archive: str) -> list[float]:
    """Watch, save, and take the times that are told."""
    times: list[float] = []
    with tempfile.TemporaryDirectory() as root:
        engine, cancel = Engine(f"{root}/yard"), Cancel()
        with open(archive, "rb") as stream:
            engine.images.import_(stream, BASE)
        request = Request(context=str(folder), tags=("bench/site",))
        watched = Watched(request, Options(name="site", network="host"))
        for event in engine.watches.watch(watched, cancel):
            if isinstance(event, Answered):
                times += [event.after] if event.round > 1 else []
                if len(times) == SAVES:
                    break
                time.sleep(0.3)
                save(folder, 1 + len(times))
        engine.containers.remove("site", force=True)
        engine.close()
    return times


def docker(folder: Path, archive: str) -> list[float]:
    """Build with BuildKit, remove and run after each save, and wait for the first line."""
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}

    def call(*words: str) -> str:
        done = subprocess.run(["docker", *words], check=True, capture_output=True, text=True, env=environment)
        return done.stdout

    with open(archive, "rb") as stream:
        subprocess.run(["docker", "import", "-", BASE], stdin=stream, check=True, stdout=subprocess.DEVNULL)
    run = ("run", "-d", "--name", "bench-site", "--network", "host", "bench/site")
    call("build", "-q", "-t", "bench/site", str(folder))
    call(*run)
    times = []
    for number in range(THEIRS):
        save(folder, 100 + number)
        began = time.perf_counter()
        call("build", "-q", "-t", "bench/site", str(folder))
        call("rm", "-f", "bench-site")
        call(*run)
        while f"answer {100 + number}" not in call("logs", "bench-site"):
            pass
        times.append(time.perf_counter() - began)
    call("rm", "-f", "bench-site")
    call("rmi", "-f", "bench/site", BASE)
    return times


def main() -> None:
    """Print median and worst of both, and the ratio."""
    archive = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "Dockerfile").write_text(DOCKERFILE)
        save(folder, 0)
        mine, theirs = ours(folder, archive), docker(folder, archive)
    for who, times in (("watch", mine), ("docker build + rm -f + run", theirs)):
        middle, worst = statistics.median(times), max(times)
        print(f"{who:<28} median {middle:.3f} s  worst {worst:.3f} s  ({len(times)} saves)")
    print(f"ratio: median x{statistics.median(mine) / statistics.median(theirs):.3f}"
          f"  worst x{max(mine) / max(theirs):.3f}")  # fmt: skip


if __name__ == "__main__":
    main()

"""Pull and push 500 MB in eight layers beside docker and podman: `python tests/bench/registry.py HOST:PORT`.

The registry is one that is told to be insecure, or on the loopback; docker is wherever DOCKER_HOST says.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ratio import STACKYARD, tell

LAYERS, FILES, SIZE = 8, 60, 1 << 20
"""Each layer has so many files of so many bytes, a quarter of which cannot be compressed."""


def context(folder: Path) -> None:
    """Write a build context whose Dockerfile makes the image."""
    chance = random.Random(1)
    lines = ["FROM scratch"]
    for layer in range(LAYERS):
        (folder / f"{layer}").mkdir()
        for number in range(FILES):
            words = b" ".join(chance.randbytes(6).hex().encode() for _ in range(2000))
            data = (chance.randbytes(SIZE // 4) + words * (SIZE // len(words)))[:SIZE]
            (folder / f"{layer}/{number}").write_bytes(data)
        lines.append(f"COPY {layer} /{layer}")
    (folder / "Dockerfile").write_text("\n".join(lines))


def timed(*words: str) -> float:
    """Run a command line once; return its seconds."""
    began = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def pulls(command: Sequence[str], name: str, rounds: int, *insecure: str) -> float:
    """Pull again and again into a store that lacks it; return the best of the seconds."""
    times = []
    for _ in range(rounds):
        subprocess.run([*command, "rmi", "-f", name], capture_output=True)
        times.append(timed(*command, "pull", *insecure, name))
    return min(times)


def main(registry: str, rounds: int = 3) -> None:
    """Measure, and print a line for each direction."""
    name = f"{registry}/bench/big:1"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir="/tmp") as state:
        place = Path(folder)
        context(place)
        ours = [*STACKYARD, "--root", f"{state}/yard"]
        podman = ["podman", "--root", f"{state}/root", "--runroot", f"{state}/run"]
        subprocess.run([*ours, "build", "-q", "-t", name, folder], check=True, capture_output=True)
        first = timed(*ours, "push", name)
        pulled = {
            "docker": pulls(["docker"], name, rounds),
            "podman": pulls(podman, name, rounds, "--tls-verify=false"),
        }
        mine = pulls(ours, name, rounds)
        tell("pull 500 MB in 8 layers", mine, pulled)
        # What was pulled is pushed to another registry's name only by those who pack it anew.
        subprocess.run(["docker", "rmi", "-f", name], check=True, capture_output=True)
        built = f"{registry}/bench/docker:{os.getpid()}"
        subprocess.run(
            ["docker", "build", "-q", "-t", built, folder],
            check=True, capture_output=True, env={**os.environ, "DOCKER_BUILDKIT": "0"},
        )  # fmt: skip
        pushed = {"docker": timed("docker", "push", built)}
        subprocess.run(["docker", "rmi", "-f", built], check=True, capture_output=True)
        tell("push 500 MB in 8 layers, packed for the first time", first, pushed)
        subprocess.run([*podman, "rmi", "-af"], capture_output=True)


if __name__ == "__main__":
    main(*sys.argv[1:2])

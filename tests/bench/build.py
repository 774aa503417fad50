"""How long builds take, beside docker's classic builder and BuildKit.

Run by hand, as root, with docker running:  python tests/bench/build.py [IMAGE]
IMAGE is a Debian image that docker has; both builders stand on it.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from ratio import STACKYARD, command, median, tell

SEED = """FROM {image}
MAINTAINER bigbang "bingbang@xxx.com"
RUN mkdir /data/
RUN echo "hello" > /data/hello.log
EXPOSE 80
"""
BIG = 'FROM {image}\nWORKDIR /app\nCOPY src /app/src\nCOPY main.sh /app/main.sh\nCMD ["sh","/app/main.sh"]\n'
FILES = 20_000
Task = Callable[[], object]


def main() -> None:
    """Measure all, one builder right after the other."""
    image = sys.argv[1] if len(sys.argv) > 1 else "debian:bookworm"
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        builders = _builders(folder, image)
        seed, big = Path(folder, "seed"), Path(folder, "big")
        seed.mkdir()
        (seed / "Dockerfile").write_text(SEED.format(image=image))
        _compare("seed, cold", builders, ["--no-cache", str(seed)], lambda: None)
        _compare("seed, cached", builders, [str(seed)], lambda: None)
        _make_big(big, image)
        _compare("20,000 files, nothing changed", builders, [str(big)], lambda: None)
        _compare(
            "20,000 files, a file outside changed", builders, [str(big)], lambda: _touch(big / "main.sh")
        )
        inside = big / "src" / "p57" / "f5701.py"
        _compare("20,000 files, one of them changed", builders, [str(big)], lambda: _touch(inside), rounds=5)


def _builders(folder: str, image: str) -> dict[str, tuple[list[str], dict[str, str]]]:
    ours = [*STACKYARD, "--root", f"{folder}/yard"]
    save = subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE)
    subprocess.run([*ours, "load", "-q"], stdin=save.stdout, check=True, stdout=subprocess.DEVNULL)
    save.wait()
    return {
        "ours": ([*ours, "build", "-q"], {}),
        "classic": (["docker", "build", "-q"], {"DOCKER_BUILDKIT": "0"}),
        "buildkit": (["docker", "build", "-q"], {"DOCKER_BUILDKIT": "1"}),
    }


def _compare(
    what: str,
    builders: dict[str, tuple[list[str], dict[str, str]]],
    arguments: list[str],
    change: Task,
    rounds: int = 9,
) -> None:
    times = {}
    for name, (words, environment) in builders.items():
        tag = "bench-" + "".join(c for c in what if c.isalpha())
        build = command([*words, "-t", tag, *arguments], **environment)
        times[name] = _median_after(change, build, rounds)
    tell(what, times.pop("ours"), times)


def _median_after(change: Task, build: Task, rounds: int) -> float:
    """Time `build` alone, each time after a change."""
    import time

    total: list[float] = []

    def once() -> None:
        change()
        began = time.perf_counter()
        build()
        total.append(time.perf_counter() - began)

    median(once, rounds, warmup=1)
    return sorted(total[1:])[rounds // 2]


def _make_big(folder: Path, image: str) -> None:
    """Make a context of 20,000 files with about 80 MB."""
    source = random.Random(1)
    for number in range(FILES):
        place = folder / "src" / f"p{number // 100}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"f{number}.py").write_bytes(source.randbytes(source.randint(200, 8000)))
    (folder / "Dockerfile").write_text(BIG.format(image=image))
    (folder / "main.sh").write_text("echo v0\n")


def _touch(path: Path) -> None:
    path.write_text(f"echo {random.random()}\n")


if __name__ == "__main__":
    main()

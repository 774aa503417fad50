"""How fast output becomes a log, and a log output: 200 MB of lines, beside writing a plain file and beside
docker.

Run by hand, as root:  python tests/bench/log.py
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile

from ratio import STACKYARD, command, median, tell

from engine.engine import Engine

IMAGE = "yard/base:latest"
LINES = "yes 'a line of output such as services print all day long' | head -c 200000000"


def main() -> None:
    """Measure writing against `> file` in the same container, and reading against `docker logs`."""
    with tempfile.TemporaryDirectory() as folder:
        root = f"{folder}/yard"
        engine = Engine(root)
        engine.images.import_host(reference=IMAGE)
        ours = [*STACKYARD, "--root", root]
        logged = median(command([*ours, "run", "--rm", "--name", "writer", IMAGE, "sh", "-c", LINES]), 5, 1)
        detached = median(_detached(ours, f"{LINES}"), 5, 1)
        plain = median(_detached(ours, f"{LINES} > /var/tmp/lines"), 5, 1)
        tell("200 MB of lines logged", detached, {"to a file": plain})
        tell("200 MB of lines logged and shown", logged, {"to a file": plain})
        subprocess.run(
            [*ours, "run", "--name", "reader", IMAGE, "sh", "-c", LINES],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        read = median(command([*ours, "logs", "reader"]), 5, 1)
        tell("200 MB of lines read back", read, _docker(engine, folder))


def _detached(ours: list[str], script: str) -> object:
    def run() -> None:
        subprocess.run(
            [*ours, "run", "-d", "--name", "detached", IMAGE, "sh", "-c", script],
            check=True,
            capture_output=True,
        )
        subprocess.run([*ours, "wait", "detached"], check=True, capture_output=True)
        subprocess.run([*ours, "rm", "detached"], check=True, capture_output=True)

    return run


def _docker(engine: Engine, folder: str) -> dict[str, float]:
    docker = shutil.which("docker")
    archive = f"{folder}/base.tar"
    with open(archive, "wb") as out:
        engine.images.save([IMAGE], out)
    if not docker or subprocess.run([docker, "load", "-qi", archive], capture_output=True).returncode:
        return {}
    name = "stackyard-bench-log"
    subprocess.run([docker, "rm", "-f", name], capture_output=True)
    subprocess.run(
        [docker, "run", "-d", "--name", name, "--network", "none", IMAGE, "sh", "-c", LINES],
        check=True,
        capture_output=True,
    )
    subprocess.run([docker, "wait", name], check=True, capture_output=True)
    try:
        return {"docker": median(command([docker, "logs", name]), 3, 1)}
    finally:
        subprocess.run([docker, "rm", "-f", name], capture_output=True)


if __name__ == "__main__":
    main()

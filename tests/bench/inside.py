"""How long it takes to get inside a container: `exec` as a whole, and a key's way to a terminal and back.

Run by hand, as root, with docker running:  python tests/bench/inside.py
"""

from __future__ import annotations

import select
import shutil
import statistics
import subprocess
import tempfile
import time

from ratio import STACKYARD, command, median, tell

from engine.containers.options import Options
from engine.containers.programs.session import Session
from engine.engine import Engine

IMAGE, NAME = "yard/base:latest", "stackyard-bench"
KEYS = 200


def main() -> None:
    """Measure, beside whichever of docker and podman are here."""
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(f"{folder}/yard")
        engine.images.import_host(reference=IMAGE)
        id = engine.containers.create(IMAGE, Options(command=("cat",), name=NAME, tty=True, open_stdin=True))
        engine.containers.start(id)
        ours = [*STACKYARD, "--root", f"{folder}/yard"]
        programs = _peers(engine, f"{folder}/base.tar")
        try:
            for what in (("true",), ("sh", "-c", "echo hello")):
                others = {name: median(command([name, "exec", NAME, *what])) for name in programs}
                tell(f"exec … {what[0]}", median(command([*ours, "exec", NAME, *what])), others)
            session = engine.containers.attach(id, stdin=True)
            times = sorted(_round(session) for _ in range(KEYS))
            session.close()
            print(f"a key and its echo, attached: median {1000 * statistics.median(times):.2f} ms, ", end="")
            print(f"95 of 100 within {1000 * times[KEYS * 95 // 100]:.2f} ms")
        finally:
            engine.containers.remove(id, force=True)
            for name in programs:
                subprocess.run([name, "rm", "-f", NAME], capture_output=True)


def _round(session: Session) -> float:
    began = time.perf_counter()
    session.write(b"k")
    while not session.read():
        select.select(session.descriptors, [], [])
    return time.perf_counter() - began


def _peers(engine: Engine, archive: str) -> list[str]:
    """Have the same container with each of them that can."""
    with open(archive, "wb") as out:
        engine.images.save([IMAGE], out)
    running = []
    for name in ("docker", "podman"):
        if not shutil.which(name):
            continue
        subprocess.run([name, "load", "-qi", archive], capture_output=True)
        subprocess.run([name, "rm", "-f", NAME], capture_output=True)
        words = [name, "run", "-dit", "--network", "none", "--name", NAME, IMAGE, "cat"]
        if subprocess.run(words, capture_output=True).returncode == 0:
            running.append(name)
    return running


if __name__ == "__main__":
    main()

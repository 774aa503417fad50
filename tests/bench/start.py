"""How long a container takes to start: `run --rm` as a whole, and `start` with the engine loaded.

Run by hand, as root:  python tests/bench/start.py
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ratio import STACKYARD, command, median, tell

from engine.containers.options import Options
from engine.engine import Engine
from engine.runtime.union import read_union

IMAGE = "yard/base:latest"


def main() -> None:
    """Measure, beside whichever of docker, podman and runc are here."""
    with tempfile.TemporaryDirectory() as folder:
        root = f"{folder}/yard"
        engine = Engine(root)
        engine.images.import_host(reference=IMAGE)
        others = _peers(engine, folder)
        ours = median(
            command([*STACKYARD, "--root", root, "run", "--rm", "--network", "none", IMAGE, "true"])
        )
        tell("run --rm --network none … true", ours, {name: median(task) for name, task in others.items()})
        if shutil.which("runc"):
            tell("start, engine loaded, until it runs", _start(engine), {"runc": _runc(engine, folder)})


def _peers(engine: Engine, folder: str) -> dict[str, object]:
    archive = f"{folder}/base.tar"
    with open(archive, "wb") as out:
        engine.images.save([IMAGE], out)
    tasks = {}
    for name in ("docker", "podman"):
        program = shutil.which(name)
        if program and subprocess.run([program, "load", "-qi", archive], capture_output=True).returncode == 0:
            tasks[name] = command([program, "run", "--rm", "--network", "none", IMAGE, "true"])
    return tasks


def _start(engine: Engine) -> float:
    """Time `start` alone; making and removing the container is not counted."""
    total: list[float] = []
    import time

    for _ in range(15):
        id = engine.containers.create(IMAGE, Options(command=("sleep", "60"), network="none"))
        began = time.perf_counter()
        engine.containers.start(id)
        total.append(time.perf_counter() - began)
        engine.containers.remove(id, force=True)
    return sorted(total)[len(total) // 2]


def _runc(engine: Engine, folder: str) -> float:
    """Time `runc run --detach` of the same bundle; its union is mounted beforehand, which favours it."""
    import time

    id = engine.containers.create(IMAGE, Options(command=("sleep", "60"), network="none"))
    engine.containers.start(id)
    bundle = engine.paths.container(id)
    spec = json.loads(Path(bundle.spec).read_text())
    engine.containers.stop(id, 0)
    spec["linux"]["cgroupsPath"] = "/stackyard-bench"
    work = f"{folder}/bundle"
    os.makedirs(f"{work}/rootfs")
    Path(f"{work}/config.json").write_text(json.dumps(spec))
    (mount,) = read_union(bundle.rootfs_mounts)
    lowers = ":".join(mount.lowers)
    upper, scratch = (option for option in mount.options if option.startswith(("upperdir", "workdir")))
    overlay = f"lowerdir={lowers},{upper},{scratch}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", overlay, f"{work}/rootfs"], check=True)
    total: list[float] = []
    try:
        for number in range(15):
            began = time.perf_counter()
            words = ["runc", "run", "--detach", "--bundle", work, f"bench{number}"]
            subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            total.append(time.perf_counter() - began)
            subprocess.run(["runc", "delete", "--force", f"bench{number}"], check=True)
    finally:
        subprocess.run(["umount", f"{work}/rootfs"], check=True)
        engine.containers.remove(id)
    return sorted(total)[len(total) // 2]


if __name__ == "__main__":
    main()

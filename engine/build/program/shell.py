"""A shell on what a step left, to look around in: whatever is done there is forgotten."""

from __future__ import annotations

import os
from collections.abc import Sequence

from engine.build.canonical import DEFAULT_SHELL
from engine.build.program.execution import Job, prepared
from engine.images.records import Image
from engine.shim.runner import Runner
from engine.shim.terminal import interact
from engine.snapshots.protocol import Snapshotter
from engine.store.store import Store


def shell(
    store: Store, snapshotter: Snapshotter, image: Image, environment: Sequence[str] = ()
) -> int:
    """Open a shell on an image in the caller's terminal, as its user and in its folder; return its exit code.

    Raises InvalidInput where there is no terminal, StartFailed where the image has no shell.
    """
    config = image.config.get("config") or {}
    words = (config.get("Shell") or DEFAULT_SHELL)[:1]
    term = os.environ.get("TERM", "xterm")
    runner = Runner(f"{store.paths.root}/seccomp")
    try:
        with store.ingest() as ingest:
            job = Job(
                tuple(words),
                (*(config.get("Env") or ()), *environment, f"TERM={term}"),
                config.get("User") or "",
                config.get("WorkingDir") or "",
                tuple(store.paths.snapshot(layer.snapshot) for layer in reversed(image.chain)),
                ingest.directory("shell"),
                image.id.removeprefix("sha256:")[:12],
                terminal=True,
            )
            order, _ = prepared(job, snapshotter)
            return interact(runner, order).code
    finally:
        runner.close()

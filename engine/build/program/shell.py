"""A shell on what a step left, to look around in: whatever is done there is forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from engine.build.canonical import DEFAULT_SHELL
from engine.build.program.execution import Job, prepared
from engine.images.records import Image
from engine.shim.runner import Runner
from engine.shim.terminal import Terminal
from engine.snapshots.protocol import Snapshotter
from engine.store.store import Store


@contextmanager
def shell(
    store: Store, snapshotter: Snapshotter, image: Image, environment: Sequence[str], size: tuple[int, int]
) -> Iterator[Terminal]:
    """Run a shell on an image, as its user and in its folder, with `environment` on top of its own.

    Raises StartFailed where the image has no shell.
    """
    config = image.config.get("config") or {}
    term = os.environ.get("TERM", "xterm")
    runner = Runner(f"{store.paths.root}/seccomp")
    try:
        with store.ingest() as ingest:
            job = Job(
                tuple((config.get("Shell") or DEFAULT_SHELL)[:1]),
                (*(config.get("Env") or ()), *environment, f"TERM={term}"),
                config.get("User") or "",
                config.get("WorkingDir") or "",
                tuple(store.paths.snapshot(layer.snapshot) for layer in reversed(image.chain)),
                ingest.directory("shell"),
                image.id.removeprefix("sha256:")[:12],
                terminal=True,
            )
            order, _ = prepared(job, snapshotter)
            terminal = Terminal(runner, order, size)
            try:
                yield terminal
            finally:
                terminal.close()
    finally:
        runner.close()

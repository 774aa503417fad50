"""What the shim leaves on disk about a run: who runs it, and how it ended.

Read by whoever asks for a container's state.
"""

from __future__ import annotations

import errno
import json
import os
from typing import Any, NamedTuple

_RESERVED_BYTES = 4096


class Started(NamedTuple):
    """A run that has begun, kept in the bundle's `state` file."""

    run: int
    """Counts the starts of one container, from 1."""
    pid: int
    ticks: int
    """When that process started, in clock ticks since boot: tells it from a later one with the same pid."""
    shim: int
    started_at: float
    restarts: int = 0
    """How often its shim has started it again."""


class Ended(NamedTuple):
    """A run that is over, or that could not begin, kept in the bundle's `exit` file."""

    run: int
    exit_code: int
    finished_at: float
    error: str = ""
    oom_killed: bool = False
    failed: bool = False
    """The process could not be started at all."""
    again: bool = False
    """Its shim waits a moment, and starts it again."""


def reserve(path: str) -> None:
    """Take the space that writing this file will need, so that a disk full by then loses no exit code."""
    descriptor = os.open(_draft(path), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, b" " * _RESERVED_BYTES)
    finally:
        os.close(descriptor)


def write(path: str, value: Started | Ended, *, sync: bool = False) -> None:
    """Put the value in the file at once; with `sync` it is on the disk afterwards."""
    draft = _draft(path)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        data = json.dumps(value._asdict()).encode()
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), draft)
        os.ftruncate(descriptor, len(data))
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(draft, path)
    if sync:
        folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _draft(path: str) -> str:
    return f"{path}.new"


def read_started(path: str) -> Started | None:
    """Read a `state` file; None when there is none."""
    values = _read(path)
    return Started(**values) if values else None


def read_ended(path: str) -> Ended | None:
    """Read an `exit` file; None when there is none."""
    values = _read(path)
    return Ended(**values) if values else None


def _read(path: str) -> dict[str, Any] | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        values: dict[str, Any] = json.loads(os.read(descriptor, 65536))
    except ValueError:
        return None
    finally:
        os.close(descriptor)
    return values

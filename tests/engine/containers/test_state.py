"""The state of a container, as its bundle tells it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.containers import state
from engine.containers.state import LOST
from engine.paths import ContainerPaths
from engine.shim.record import Ended, Started, write


@pytest.fixture
def bundle(tmp_path: Path) -> ContainerPaths:
    return ContainerPaths(str(tmp_path))


@contextmanager
def shim(bundle: ContainerPaths) -> Iterator[None]:
    """Hold what a living shim holds."""
    descriptor = os.open(bundle.alive, os.O_CREAT | os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def started(bundle: ContainerPaths, run: int = 1) -> None:
    write(bundle.state, Started(run, 4711, 99, 4710, 100.0 + run))


def test_what_never_ran_is_created(bundle: ContainerPaths) -> None:
    assert state.read(bundle).status == "created"


def test_it_runs_while_its_shim_lives(bundle: ContainerPaths) -> None:
    with shim(bundle):
        started(bundle)
        now = state.read(bundle)
    assert (now.status, now.pid, now.run, now.started_at, now.running) == ("running", 4711, 1, 101.0, True)


def test_it_has_exited_when_the_end_is_written_though_the_shim_lingers(bundle: ContainerPaths) -> None:
    with shim(bundle):
        started(bundle)
        write(bundle.exit, Ended(1, 3, 200.0, oom_killed=True), sync=True)
        now = state.read(bundle)
    assert (now.status, now.pid, now.exit_code, now.finished_at, now.oom_killed) == (
        "exited",
        0,
        3,
        200.0,
        True,
    )


def test_without_shim_and_without_end_it_is_lost_and_counts_as_killed(bundle: ContainerPaths) -> None:
    """After kill -9 of the shim, after a reboot."""
    started(bundle)
    now = state.read(bundle)
    assert (now.status, now.exit_code, now.error, now.running) == ("exited", 137, LOST, False)


def test_a_lost_run_whose_end_was_written_down_is_lost_no_longer(bundle: ContainerPaths) -> None:
    started(bundle)
    assert state.read(bundle).lost
    write(bundle.exit, Ended(1, 137, 300.0, LOST))
    now = state.read(bundle)
    assert (now.lost, now.exit_code, now.error, now.finished_at) == (False, 137, LOST, 300.0)


def test_the_end_of_an_earlier_run_is_not_this_ones(bundle: ContainerPaths) -> None:
    write(bundle.exit, Ended(1, 0, 200.0))
    started(bundle, run=2)
    assert state.read(bundle).error == LOST
    with shim(bundle):
        assert state.read(bundle).running


def test_a_first_start_that_failed_leaves_it_created_with_the_reason(bundle: ContainerPaths) -> None:
    write(bundle.exit, Ended(1, 127, 200.0, "no such file", failed=True))
    now = state.read(bundle)
    assert (now.status, now.exit_code, now.error, now.run) == ("created", 127, "no such file", 1)


def test_a_later_start_that_failed_counts_as_a_run(bundle: ContainerPaths) -> None:
    started(bundle)
    write(bundle.exit, Ended(2, 126, 200.0, "denied", failed=True))
    now = state.read(bundle)
    assert (now.status, now.exit_code, now.error, now.run) == ("exited", 126, "denied", 2)


@pytest.mark.parametrize("rubbish", [b"", b"{", b'{"run": 1', b"\0" * 64])
def test_a_file_that_a_power_cut_emptied_is_as_good_as_none(bundle: ContainerPaths, rubbish: bytes) -> None:
    Path(bundle.state).write_bytes(rubbish)
    Path(bundle.exit).write_bytes(rubbish)
    assert state.read(bundle).status == "created"


def test_a_removed_bundle_reads_as_nothing(tmp_path: Path) -> None:
    assert not state.read(ContainerPaths(str(tmp_path / "gone"))).running

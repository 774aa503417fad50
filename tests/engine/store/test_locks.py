from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from engine.store.locks import Lock, is_locked


def test_exclusive_locks_exclude_each_other_even_in_one_process(tmp_path: Path) -> None:
    path = f"{tmp_path}/lock"
    with Lock(path) as held:
        assert held.held
        assert not Lock(path).try_acquire()
        assert not Lock(path, shared=True).try_acquire()
        assert is_locked(path)
    assert not held.held
    assert not is_locked(path)


def test_shared_locks_share(tmp_path: Path) -> None:
    path = f"{tmp_path}/lock"
    with Lock(path, shared=True), Lock(path, shared=True):
        assert not Lock(path).try_acquire()
        assert not is_locked(path)


def test_a_waiter_gets_the_lock_when_it_is_released(tmp_path: Path) -> None:
    path = f"{tmp_path}/lock"
    order = []
    holder = Lock(path)
    holder.acquire()

    def wait() -> None:
        with Lock(path):
            order.append("waiter")

    waiter = threading.Thread(target=wait)
    waiter.start()
    order.append("holder")
    holder.release()
    waiter.join()
    assert order == ["holder", "waiter"]


def test_a_lock_dies_with_its_owner(tmp_path: Path) -> None:
    path = f"{tmp_path}/lock"
    child = os.fork()
    if not child:
        Lock(path).acquire()
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    assert Lock(path).try_acquire()


def test_a_directory_can_be_locked_and_is_never_made(tmp_path: Path) -> None:
    with Lock(str(tmp_path), create=False):
        assert is_locked(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        Lock(f"{tmp_path}/none", create=False).acquire()
    assert not is_locked(f"{tmp_path}/none")


def test_release_is_harmless_and_a_second_acquire_is_a_mistake(tmp_path: Path) -> None:
    lock = Lock(f"{tmp_path}/lock")
    lock.release()
    lock.acquire()
    with pytest.raises(RuntimeError):
        lock.acquire()
    lock.release()
    lock.release()

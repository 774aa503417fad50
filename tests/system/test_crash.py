"""Kills at every step of adding and removing: then what is listed is whole, and nothing else is left."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.paths import Paths
from engine.store.locks import is_locked
from engine.store.store import Store
from tests.engine.store.objects import add, assert_clean, assert_whole, drop, listed

STEPS = ("mkdir", "rename", "fsync", "unlink", "rmdir", "open")
KILLED = 99
CHECKOUT = str(Path(__file__).parents[2])


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(f"{tmp_path}/yard", f"{tmp_path}/run")


def in_child(work: Callable[[], None]) -> int:
    """Run in a forked child; return its exit code, or minus the signal that ended it."""
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        except BaseException as error:
            print(type(error).__name__, error, file=sys.stderr)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def die_at(number: int, *, after: bool) -> None:
    """Make this process vanish at its `number`-th step on disk, just before it or just after it."""
    left = number

    def guard(call: Callable[..., object]) -> Callable[..., object]:
        def guarded(*arguments: object, **keywords: object) -> object:
            nonlocal left
            left -= 1
            if not left and not after:
                os._exit(KILLED)
            try:
                return call(*arguments, **keywords)
            finally:
                if not left:
                    os._exit(KILLED)

        return guarded

    for name in STEPS:
        setattr(os, name, guard(getattr(os, name)))


def work_on(paths: Paths, operation: Callable[[Store, str], None], name: str) -> None:
    with Store(paths) as store:
        operation(store, name)


def kill_everywhere(
    paths: Paths, operation: Callable[[Store, str], None], undo: Callable[[Store, str], None]
) -> int:
    """Kill `operation` on "victim" at each step until it gets through; check the store after each kill."""
    for after in (False, True):
        for number in range(1, 500):

            def doomed(number: int = number, after: bool = after) -> None:
                die_at(number, after=after)
                work_on(paths, operation, "victim")

            code = in_child(doomed)
            with Store(paths) as store:
                assert_clean(store)
                assert_whole(store)
                assert "bystander" in listed(store)
                done = ("victim" in listed(store)) == (operation is add)
                if code == 0:
                    assert done
                    undo(store, "victim")
                    break
                assert code == KILLED
                # The same operation now succeeds, or has nothing left to do.
                if not done:
                    operation(store, "victim")
                assert_whole(store)
                undo(store, "victim")
                assert_clean(store)
        else:
            pytest.fail("the operation never came to its end")
    return number


def test_adding_may_be_killed_at_any_step(paths: Paths) -> None:
    with Store(paths) as store:
        add(store, "bystander")
    assert kill_everywhere(paths, add, drop) > 20


def test_removing_may_be_killed_at_any_step(paths: Paths) -> None:
    with Store(paths) as store:
        add(store, "bystander")
        add(store, "victim")
    assert kill_everywhere(paths, drop, add) > 20


def test_reclaiming_may_be_killed_at_any_step(paths: Paths, tmp_path: Path) -> None:
    with Store(paths) as store:
        add(store, "bystander")

    def killed_before_the_rows() -> None:
        # Just before the directories are synced for COMMIT: everything has moved, and nothing is listed.
        import engine.store.ingest as ingest

        def vanish(_: str) -> None:
            os._exit(KILLED)

        ingest.sync_directory = vanish
        work_on(paths, add, "victim")

    assert in_child(killed_before_the_rows) == KILLED
    saved = tmp_path / "saved"
    shutil.copytree(paths.root, saved)
    for number in range(1, 500):

        def doomed(number: int = number) -> None:
            die_at(number, after=False)
            Store(paths).close()

        code = in_child(doomed)
        with Store(paths) as store:
            assert_clean(store)
            assert_whole(store)
            assert listed(store) == {"bystander"}
        if code == 0:
            break
        shutil.rmtree(paths.root)
        shutil.copytree(saved, paths.root)
    assert number > 10


def test_creating_a_store_may_be_killed_at_any_step(paths: Paths) -> None:
    for number in range(1, 100):

        def doomed(number: int = number) -> None:
            die_at(number, after=False)
            Store(paths).close()

        code = in_child(doomed)
        with Store(paths) as store:
            add(store, "first")
            assert_whole(store)
            assert_clean(store)
        shutil.rmtree(paths.root)
        if code == 0:
            break
    assert number > 10


@pytest.mark.root
@pytest.mark.timeout(300)
@pytest.mark.skipif(not shutil.which("strace") or os.geteuid() != 0, reason="needs root and strace")
@pytest.mark.parametrize(("operation", "undo"), [(add, drop), (drop, add)], ids=["add", "drop"])
@pytest.mark.parametrize("call", ["rename,renameat,renameat2", "fsync,fdatasync", "pwrite64"])
def test_a_real_kill_inside_a_system_call(
    paths: Paths, operation: Callable[[Store, str], None], undo: Callable[[Store, str], None], call: str
) -> None:
    """SQLite's own writes and syncs are met too, which no patched function sees."""
    with Store(paths) as store:
        add(store, "bystander")
        if operation is drop:
            add(store, "victim")
    script = (
        "from engine.paths import Paths; from engine.store.store import Store;"
        "from tests.engine.store import objects;"
        f"objects.{operation.__name__}(Store(Paths({paths.root!r}, {paths.run!r})), 'victim')"
    )
    environment = {**os.environ, "PYTHONPATH": CHECKOUT, "PYTHONDONTWRITEBYTECODE": "1"}
    # SQLite writes each page by itself: every third of those is enough.
    for number in range(1, 400, 3 if call == "pwrite64" else 1):
        tracer = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}"]
        tracer += ["-e", f"inject={call}:signal=KILL:when={number}"]
        ended = subprocess.run(
            [*tracer, sys.executable, "-c", script], env=environment, capture_output=True, check=False
        )
        with Store(paths) as store:
            assert_clean(store)
            assert_whole(store)
            done = ("victim" in listed(store)) == (operation is add)
            if ended.returncode == 0:
                assert done
                break
            assert ended.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), ended.stderr.decode()
            if done:
                undo(store, "victim")
    assert number > 2


def busy(paths: Paths, seed: int, until: float) -> None:
    """Work as eight command lines would: open, add, list, remove, close, with names that others use too."""
    dice = random.Random(seed)
    while time.monotonic() < until:
        name = f"shared-{dice.randrange(4)}"
        with Store(paths) as store:
            try:
                if name in listed(store):
                    drop(store, name)
                else:
                    add(store, name)
            except Exception as error:
                # Somebody else has just added the same image: the row says so, and nothing else may go wrong.
                if "UNIQUE constraint failed" not in str(error):
                    raise
            own = f"own-{seed}"
            add(store, own)
            assert own in listed(store)
            drop(store, own)


def test_eight_processes_work_at_once(paths: Paths) -> None:
    Store(paths).close()
    until = time.monotonic() + 4
    children = []
    for seed in range(8):
        child = os.fork()
        if not child:
            os._exit(in_child(lambda seed=seed: busy(paths, seed, until)))  # type: ignore[misc]
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0] * 8
    with Store(paths) as store:
        assert_clean(store)
        assert_whole(store)


def test_processes_that_are_killed_at_random_leave_the_others_undisturbed(paths: Paths) -> None:
    Store(paths).close()
    until = time.monotonic() + 3
    survivors = []
    for seed in range(3):
        child = os.fork()
        if not child:
            os._exit(in_child(lambda seed=seed: busy(paths, seed, until)))  # type: ignore[misc]
        survivors.append(child)
    dice = random.Random(7)
    for seed in count(100):
        if time.monotonic() > until:
            break
        victim = os.fork()
        if not victim:
            try:
                busy(paths, seed, until + 5)
            finally:
                os._exit(1)
        time.sleep(dice.uniform(0.005, 0.08))
        os.kill(victim, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(victim, 0)[1]) == -signal.SIGKILL
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in survivors] == [0] * 3
    with Store(paths) as store:
        assert_clean(store)
        assert_whole(store)


def test_a_child_that_still_unpacks_keeps_its_ingest_alive(paths: Paths, tmp_path: Path) -> None:
    ready, go = os.pipe(), os.pipe()
    Store(paths).close()
    parent = os.fork()
    if not parent:
        ingest = Store(paths).ingest()
        if not os.fork():
            os.write(ready[1], ingest.path.encode())
            os.read(go[0], 1)
            os._exit(0)
        signal.pause()
    path = os.read(ready[0], 1000).decode()
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert is_locked(path)
    Store(paths).close()
    assert os.path.isdir(path)
    os.write(go[1], b"x")
    for descriptor in (*ready, *go):
        os.close(descriptor)
    deadline = time.monotonic() + 10
    while is_locked(path) and time.monotonic() < deadline:
        time.sleep(0.01)
    with Store(paths) as store:
        assert_clean(store)


def test_the_error_of_a_killed_disk_is_a_sentence(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(paths) as store:
        add(store, "bystander")

        def broken(*_: object, **__: object) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(os, "fsync", broken)
        for operation, name in ((add, "victim"), (drop, "bystander")):
            with pytest.raises(EngineError, match="input/output error"):
                operation(store, name)
        monkeypatch.undo()
        assert listed(store) == {"bystander"}
        assert_whole(store)
        assert_clean(store)

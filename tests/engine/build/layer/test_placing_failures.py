"""What a COPY does when its inputs, its disk or its user get in its way."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.build.layer import copying, linking, writing
from engine.errors import Conflict, EngineError, NoSpace
from engine.layers.pack import measure
from tests.engine.build.placed import make, place, placing

TREE = """
mkdir -p s/a s/b/c; echo one >s/a/one; echo two >s/a/two; echo three >s/b/c/three; : >s/empty; ln -s a s/link
touch -d @1000000000.5 s/a/one s/a/two s/b/c/three s/empty; touch -d @1000000001 s/a s/b s/b/c
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    return make(tmp_path / "context", TREE)


@pytest.fixture
def upper(tmp_path: Path) -> Path:
    return tmp_path / "upper"


@pytest.fixture
def before(context: Path, tmp_path: Path) -> Path:
    """The layer of the same COPY, done before."""
    place("COPY s /x/", context, [], tmp_path / "before")
    return tmp_path / "before"


def test_a_file_that_changes_after_it_was_selected_is_told(context: Path, upper: Path) -> None:
    work = placing("COPY s /x/", context, [])
    assert work.changed("") != []
    (context / "s/a/one").write_text("longer than before\n")
    upper.mkdir()
    with pytest.raises(Conflict, match="s/a/one changed while it was copied"):
        work.write(str(upper))


@pytest.mark.parametrize(
    "swap",
    [
        "rm s/a/one",
        "rm s/a/one; mkfifo s/a/one",
        "rm s/a/one; mkdir s/a/one",
        "rm s/a/one; ln -s ../../secret s/a/one",
        "mv s/a s/z; ln -s ../secrets s/a",
    ],
)
def test_a_file_that_became_something_else_is_not_followed(
    swap: str, context: Path, tmp_path: Path, upper: Path
) -> None:
    make(tmp_path, "echo sec >secret; mkdir secrets; echo sec >secrets/one")
    work = placing("COPY s /x/", context, [])
    assert work.changed("") != []
    make(context, swap)
    upper.mkdir()
    with pytest.raises(Conflict, match="changed while it was copied"):
        work.write(str(upper))


def test_a_new_time_on_the_same_content_is_no_change(context: Path, upper: Path) -> None:
    work = placing("COPY s /x/", context, [])
    assert work.changed("") != []
    os.utime(context / "s/a/one", (7, 7))
    upper.mkdir()
    assert work.write(str(upper)) == measure(str(upper))


def test_content_with_an_old_time_is_found_out_while_it_is_fresh(context: Path, upper: Path) -> None:
    """A file written twice within one tick of the clock has one time for two contents."""
    path = context / "s/a/one"
    path.write_text("one\n")
    work = placing("COPY s /x/", context, [])
    assert work.changed("") != []
    status = path.stat()
    path.write_text("eno\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    upper.mkdir()
    with pytest.raises(Conflict, match="changed while it was copied"):
        work.write(str(upper))


def test_a_large_file_that_grows_meanwhile_is_told(
    tmp_path: Path, upper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = make(tmp_path / "context", "head -c 2000000 /dev/urandom >big; touch -d @5 big")
    work = placing("COPY big /", context, [])
    assert work.changed("") != []
    read = os.read

    def slow(descriptor: int, size: int) -> bytes:
        with open(context / "big", "ab") as file:
            file.write(b"x")
        return read(descriptor, size)

    monkeypatch.setattr(copying.os, "read", slow)
    upper.mkdir()
    with pytest.raises(Conflict, match="big changed while it was copied"):
        work.write(str(upper))


def test_whoever_checks_can_stop_it(context: Path, upper: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    upper.mkdir()
    with pytest.raises(KeyboardInterrupt):
        placing("COPY s /x/", context, []).write(str(upper), check=stop)


def test_a_failure_of_the_linking_thread_is_told(
    context: Path, before: Path, upper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(linking.os, "link", full)
    with pytest.raises(NoSpace, match="cannot write the layer: no space left on device"):
        place("COPY s /x/", context, [], upper, previous=before)


@pytest.mark.parametrize("failure", [0, 1])
def test_no_descriptor_and_no_thread_is_left(
    failure: int, context: Path, before: Path, upper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    if failure:
        monkeypatch.setattr(writing, "header", lambda _: 1 / 0)
    work = placing("COPY s /x/", context, [])
    upper.mkdir()
    descriptors, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    try:
        work.write(str(upper), previous=str(before))
    except ZeroDivisionError:
        assert failure
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == (descriptors, threads)


@pytest.mark.root
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    context = make(tmp_path / "context", "mkdir s; for n in 1 2 3 4; do head -c 300000 /dev/zero >s/$n; done")
    script = (
        "import os, sys; sys.path[:0] = [sys.argv[1]]\n"
        "from pathlib import Path\n"
        "from engine.errors import NoSpace\n"
        "from engine.kernel import mounts, processes\n"
        "from tests.engine.build.placed import place\n"
        "processes.unshare(processes.CLONE_NEWNS); mounts.private_root()\n"
        "full = Path(sys.argv[2]); full.mkdir()\n"
        "mounts.mount('tmpfs', str(full), 'tmpfs', 0, 'size=1m')\n"
        "try:\n    place('COPY s /x/', Path(sys.argv[3]), [], full / 'upper')\n"
        "except NoSpace as error:\n    print(error.brief)\n"
    )
    here = str(Path(__file__).resolve().parents[4])
    command = [sys.executable, "-c", script, here, str(tmp_path / "full"), str(context)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "cannot write the layer: no space left on device\n", done.stderr


def test_files_are_not_read_into_memory_whole(tmp_path: Path) -> None:
    """A layer of 64 MB takes a few of them, not all."""
    import resource

    context = make(tmp_path / "context", "mkdir s; for n in 1 2 3 4; do head -c 16m /dev/zero >s/$n; done")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    placing("COPY s /x/", context, []).write(str(make(tmp_path / "upper", ":")))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 24 << 10


def test_an_error_is_the_engine_s(context: Path, tmp_path: Path) -> None:
    (tmp_path / "upper").mkdir()
    (tmp_path / "upper/x").write_text("in the way")
    with pytest.raises(EngineError, match="cannot write the layer: file exists"):
        placing("COPY s /x/", context, []).write(str(tmp_path / "upper"))

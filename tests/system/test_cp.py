"""`cp`, `diff` and `export` on containers that run, that rest, and that have mounts."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from engine.containers.options import Options
from engine.engine import Engine
from engine.errors import NotFound, ReadOnly
from tests.conftest import BASE, Stackyard

pytestmark = pytest.mark.root
WAIT = ("sh", "-c", "echo from inside > /made; exec sleep 1000")


def made(yard: Engine, **more: object) -> str:
    """Create a container that sleeps."""
    return yard.containers.create(BASE, Options(command=WAIT, **more))  # type: ignore[arg-type]


def content(yard: Engine, container: str, path: str) -> bytes:
    """Read a file of a container through `cp … -`."""
    stream = io.BytesIO()
    yard.containers.copy_from(container, path, stream)
    stream.seek(0)
    with tarfile.open(fileobj=stream) as tar:
        member = tar.next()
        assert member is not None
        file = tar.extractfile(member)
        return file.read() if file else b""


def wait_for(yard: Engine, container: str, path: str) -> None:
    import time

    for _ in range(200):
        try:
            content(yard, container, path)
            return
        except NotFound:
            time.sleep(0.02)
    raise AssertionError(f"{path} never came")


@pytest.mark.parametrize("running", [False, True], ids=["at rest", "running"])
def test_a_file_goes_in_and_comes_out_again(yard: Engine, tmp_path: Path, running: bool) -> None:
    container = made(yard)
    if running:
        yard.containers.start(container)
    (tmp_path / "note").write_text("hello")
    yard.containers.copy_to(container, str(tmp_path / "note"), "/tmp/")
    yard.containers.copy_from(container, "/tmp/note", str(tmp_path / "back"))
    assert (tmp_path / "back").read_text() == "hello"


def test_what_was_put_in_at_rest_is_there_when_it_runs(yard: Engine, tmp_path: Path) -> None:
    container = made(yard)
    (tmp_path / "note").write_text("before the start")
    yard.containers.copy_to(container, str(tmp_path / "note"), "/note")
    yard.containers.start(container)
    assert content(yard, container, "/note") == b"before the start"
    yard.containers.stop(container, 0)
    assert content(yard, container, "/note") == b"before the start"


@pytest.mark.parametrize("running", [False, True], ids=["at rest", "running"])
def test_volumes_and_binds_are_seen(
    yard: Engine, stackyard: Stackyard, tmp_path: Path, running: bool
) -> None:
    host = tmp_path / "host"
    host.mkdir()
    (host / "there").write_text("on the host")
    verb = ["run", "-d"] if running else ["create"]
    words = ["-v", "cpdata:/data", "-v", f"{host}:/bind:ro", BASE, "sleep", "1000"]
    container = stackyard(*verb, *words).stdout.strip()
    (tmp_path / "note").write_text("for the volume")
    yard.containers.copy_to(container, str(tmp_path / "note"), "/data/")
    assert Path(yard.volumes.get("cpdata").mountpoint, "note").read_text() == "for the volume"
    assert content(yard, container, "/data/note") == b"for the volume"
    assert content(yard, container, "/bind/there") == b"on the host"
    with pytest.raises(ReadOnly, match="mounted volume is marked read-only"):
        yard.containers.copy_to(container, str(tmp_path / "note"), "/bind/")
    assert sorted(os.listdir(host)) == ["there"]
    yard.containers.remove(container, force=True)
    yard.volumes.remove("cpdata")


def test_tmpfs_of_a_running_container_is_seen(yard: Engine, stackyard: Stackyard, tmp_path: Path) -> None:
    container = stackyard("run", "-d", "--tmpfs", "/fast", BASE, "sleep", "1000").stdout.strip()
    (tmp_path / "note").write_text("in memory")
    yard.containers.copy_to(container, str(tmp_path / "note"), "/fast/")
    assert content(yard, container, "/fast/note") == b"in memory"
    assert not any(change.path == "/fast/note" for change in yard.containers.diff(container))


@pytest.mark.parametrize("verb", [["create"], ["run", "-d"]], ids=["at rest", "running"])
def test_a_read_only_root_takes_nothing(
    yard: Engine, stackyard: Stackyard, tmp_path: Path, verb: list[str]
) -> None:
    container = stackyard(*verb, "--read-only", BASE, "sleep", "1000").stdout.strip()
    (tmp_path / "note").write_text("no")
    with pytest.raises(ReadOnly, match="container rootfs is marked read-only"):
        yard.containers.copy_to(container, str(tmp_path / "note"), "/tmp/")


def test_owners_stay_on_the_way_in_and_are_the_callers_on_the_way_out(yard: Engine, tmp_path: Path) -> None:
    container = made(yard)
    (tmp_path / "theirs").write_text("x")
    os.chown(tmp_path / "theirs", 1234, 5678)
    yard.containers.copy_to(container, str(tmp_path / "theirs"), "/theirs")
    stream = io.BytesIO()
    yard.containers.copy_from(container, "/theirs", stream)
    stream.seek(0)
    with tarfile.open(fileobj=stream) as tar:
        assert [(member.uid, member.gid) for member in tar] == [(1234, 5678)]
    yard.containers.copy_from(container, "/theirs", str(tmp_path / "mine"))
    assert (tmp_path / "mine").stat().st_uid == os.geteuid()


def test_the_kernels_own_files_stay_behind(yard: Engine) -> None:
    container = made(yard)
    yard.containers.start(container)
    wait_for(yard, container, "/made")
    stream = io.BytesIO()
    yard.containers.copy_from(container, "/.", stream)
    stream.seek(0)
    with tarfile.open(fileobj=stream) as tar:
        names = tar.getnames()
    assert "./proc" in names
    assert "./made" in names
    assert not [name for name in names if name.startswith(("./proc/", "./sys/", "./dev/"))]


def test_no_program_of_the_container_runs_for_a_copy(yard: Engine, tmp_path: Path) -> None:
    """A tar or a name service library of the container's is nobody's business (CVE-2019-14271)."""
    container = made(yard)
    evil = tmp_path / "evil"
    evil.write_text("#!/bin/sh\ntouch /was-run\n")
    evil.chmod(0o755)
    for path in ("/bin/tar", "/bin/gzip", "/bin/xz"):
        yard.containers.copy_to(container, str(evil), path)
    yard.containers.start(container)
    (tmp_path / "a.tar.gz").write_bytes(b"")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.add(evil, "unpacked")
    with open(tmp_path / "a.tar.gz", "rb") as stream:
        yard.containers.copy_to(container, stream, "/tmp")
    assert content(yard, container, "/tmp/unpacked").startswith(b"#!")
    with pytest.raises(NotFound):
        content(yard, container, "/was-run")


def test_diff_tells_what_was_done_and_not_what_the_launcher_made(yard: Engine, stackyard: Stackyard) -> None:
    script = "echo a > /new; rm /etc/passwd; chmod 700 /tmp; mkdir -p /deep/er; sleep 1000"
    container = yard.containers.create(BASE, Options(command=("sh", "-c", script)))
    assert stackyard("diff", container).stdout == ""
    yard.containers.start(container)
    wait_for(yard, container, "/deep/er")
    said = stackyard("diff", container).stdout
    assert said.splitlines() == ["A /deep", "A /deep/er", "C /etc", "D /etc/passwd", "A /new", "C /tmp"]


def test_export_is_the_merged_tree_in_order_and_twice_the_same(yard: Engine, tmp_path: Path) -> None:
    container = made(yard)
    yard.containers.start(container)
    wait_for(yard, container, "/made")
    first, second = io.BytesIO(), io.BytesIO()
    yard.containers.export(container, first)
    yard.containers.export(container, second)
    assert first.getvalue() == second.getvalue()
    with tarfile.open(fileobj=io.BytesIO(first.getvalue())) as tar:
        names = tar.getnames()
    assert names == sorted(names, key=lambda name: name.split("/"))
    assert "made" in names


def test_an_export_is_an_image_again(yard: Engine, stackyard: Stackyard, tmp_path: Path) -> None:
    container = made(yard)
    yard.containers.start(container)
    wait_for(yard, container, "/made")
    assert stackyard("export", "-o", str(tmp_path / "out.tar"), container).returncode == 0
    assert stackyard("import", str(tmp_path / "out.tar"), "again:1").returncode == 0
    assert stackyard("run", "--rm", "again:1", "cat", "/made").stdout == "from inside\n"
    yard.images.remove("again:1")


def test_an_export_is_not_written_to_a_terminal(yard: Engine, yard_root: str) -> None:
    import pty
    import sys

    container = made(yard)
    ours, theirs = pty.openpty()
    line = [sys.executable, "-m", "app.main", "--root", yard_root, "export", container]
    done = subprocess.run(line, stdout=theirs, stderr=subprocess.PIPE, timeout=60,
                          cwd=Path(__file__).resolve().parents[2])  # fmt: skip
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 1
    assert done.stderr.decode().strip() == (
        "cowardly refusing to save to a terminal. Use the -o flag or redirect"
    )


def test_a_terminal_is_told_what_was_copied(yard: Engine, yard_root: str, tmp_path: Path) -> None:
    import pty
    import sys

    container = made(yard, name="told")
    (tmp_path / "note").write_text("hi")
    ours, theirs = pty.openpty()
    line = [sys.executable, "-m", "app.main", "--root", yard_root, "cp", str(tmp_path / "note"), "told:/tmp/"]
    done = subprocess.run(line, stdout=theirs, stderr=subprocess.PIPE, timeout=60,
                          cwd=Path(__file__).resolve().parents[2])  # fmt: skip
    os.close(theirs)
    os.close(ours)
    assert done.stderr.decode() == "Successfully copied 2.05kB to told:/tmp/\n"
    assert content(yard, container, "/tmp/note") == b"hi"


def test_in_archive_mode_files_become_the_containers_users(yard: Engine, tmp_path: Path) -> None:
    container = made(yard, user="1000:1001")
    (tmp_path / "note").write_text("x")
    yard.containers.copy_to(container, str(tmp_path / "note"), "/note", archive=True)
    stream = io.BytesIO()
    yard.containers.copy_from(container, "/note", stream)
    stream.seek(0)
    with tarfile.open(fileobj=stream) as tar:
        assert [(member.uid, member.gid) for member in tar] == [(1000, 1001)]


def test_a_container_cannot_start_while_it_is_written_to(yard: Engine, tmp_path: Path) -> None:
    """Two mounts that write to one layer would spoil it."""
    import threading

    container = made(yard)
    beginning, going_on = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            beginning.set()
            going_on.wait(20)
            return super().read(size)

    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("late"))
    copying = threading.Thread(
        target=lambda: Engine(yard.paths.root).containers.copy_to(container, Slow(stream.getvalue()), "/")
    )
    copying.start()
    assert beginning.wait(20)
    starting = threading.Thread(target=lambda: Engine(yard.paths.root).containers.start(container))
    starting.start()
    starting.join(0.5)
    assert not yard.containers.get(container).state.running
    going_on.set()
    copying.join()
    starting.join()
    assert yard.containers.get(container).state.running
    assert content(yard, container, "/late") == b""

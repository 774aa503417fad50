"""The mounts of a RUN step: what its program sees of them, and that no layer keeps any of it."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.build.program.provisions import Supply, provided
from engine.build.request import Agent, Secret
from engine.dockerfile.runmount import understood
from engine.errors import InvalidInput, StartFailed
from tests.system.runs import Bench, Result

pytestmark = pytest.mark.root


class Mounting:
    """A bench whose steps have mounts."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self.folder = folder
        self.trees: dict[str, tuple[str, ...]] = {}
        self.secrets: dict[str, Secret] = {}
        self.agents: dict[str, Agent] = {}
        self.environment: Mapping[str, str] = {}

    def run(self, *texts: str, command: str, **more: object) -> Result:
        job = self.bench.job(command, **more)
        supply = Supply(
            self.bench.store.paths, job.folder, "/work", self.trees.__getitem__, self.secrets, self.agents,
            self.environment, str(self.folder),
        )  # fmt: skip
        with provided([understood(text) for text in texts], supply) as given:
            environment = (*given.defaults, *job.environment, *given.environment)
            result = self.bench.carry_out(job._replace(mounts=given.attachments, environment=environment))
        assert os.listdir(job.folder) == ["upper"]
        return result


@pytest.fixture
def mounting(bench: Bench, tmp_path: Path) -> Mounting:
    context = tmp_path / "context"
    (context / "sub").mkdir(parents=True)
    (context / "file").write_text("in the context\n")
    (context / "sub" / "deep").write_text("deep\n")
    mounting = Mounting(bench, tmp_path)
    mounting.trees[""] = (str(context),)
    return mounting


def test_the_context_is_seen_and_cannot_be_written_to(mounting: Mounting) -> None:
    result = mounting.run("target=/src", command="cat /src/file; touch /src/x && echo wrote")
    assert result.out == "in the context\n"
    assert "Read-only file system" in result.err
    assert result.left == set()


def test_a_single_file_or_folder_of_it_can_be_mounted(mounting: Mounting) -> None:
    texts = "source=file,target=/etc/one", "source=/sub,target=relative"
    result = mounting.run(*texts, command="cat /etc/one /work/relative/deep")
    assert result.out == "in the context\ndeep\n"
    assert result.left == set()


def test_writes_to_a_writable_bind_are_lost(mounting: Mounting, tmp_path: Path) -> None:
    result = mounting.run("target=/src,rw", command="echo new > /src/x; rm /src/file; ls /src")
    assert result.out == "sub\nx\n"
    assert sorted(os.listdir(tmp_path / "context")) == ["file", "sub"]
    assert result.left == set()


def test_a_stage_is_seen_as_its_layers_make_it(mounting: Mounting) -> None:
    first = mounting.bench.run("mkdir /d; echo one > /d/one; echo two > /d/two")
    lowers = (str(first.layer), *mounting.bench.lowers)
    second = mounting.bench.run("rm /d/two; echo three > /d/three", lowers=lowers)
    mounting.trees["made"] = (str(second.layer), *lowers)
    result = mounting.run("from=made,source=/d,target=/d", command="cd /d; ls; cat one; touch x")
    assert result.out == "one\nthree\none\n"
    assert "Read-only" in result.err
    assert mounting.run("from=made,source=d/one,target=/o", command="cat /o").out == "one\n"
    command = "echo more >> /d/one; cat /d/one; ls /d"
    written = mounting.run("from=made,source=d,target=/d,rw", command=command)
    assert written.out == "one\nmore\none\nthree\n"
    assert (first.layer / "d/one").read_text() == "one\n"


def test_a_source_that_leads_out_of_its_tree_stays_inside(mounting: Mounting, tmp_path: Path) -> None:
    os.symlink("/etc", tmp_path / "context" / "link")
    with pytest.raises(StartFailed, match="No such file or directory"):
        mounting.run("source=link,target=/x", command="ls /x")
    with pytest.raises(StartFailed, match="No such file or directory"):
        mounting.run("source=../../../../etc,target=/x", command="ls /x")


def test_a_cache_keeps_what_is_written_and_no_layer_does(mounting: Mounting) -> None:
    first = mounting.run("type=cache,target=/c", command="ls /c; echo kept > /c/x; echo layer > /y")
    second = mounting.run("type=cache,target=/c", command="cat /c/x; ls /y")
    assert (first.out, second.out) == ("", "kept\n")
    assert first.left == {"y"}
    assert mounting.run("type=cache,target=/c,ro", command="cat /c/x; touch /c/z").code != 0


def test_caches_are_told_apart_by_id_not_by_place(mounting: Mounting) -> None:
    mounting.run("type=cache,id=one,target=/a", command="echo 1 > /a/x")
    assert mounting.run("type=cache,id=one,target=/b", command="cat /b/x").out == "1\n"
    assert mounting.run("type=cache,id=two,target=/a", command="ls /a").out == ""


def test_a_cache_below_what_another_mounts_is_mounted_on_it(mounting: Mounting) -> None:
    texts = "type=cache,target=/t/c", "type=tmpfs,target=/t"
    result = mounting.run(*texts, command="touch /t/a /t/c/b; ls /t /t/c")
    assert result.out.split() == ["/t:", "a", "c", "/t/c:", "b"]
    assert mounting.run("type=cache,target=/t/c", command="ls /t/c").out == "b\n"


def test_steps_that_lock_a_cache_wait_for_each_other(mounting: Mounting) -> None:
    text = "type=cache,target=/c,sharing=locked"
    command = "test ! -e /c/busy && touch /c/busy && sleep 0.2 && rm /c/busy"
    results: list[Result] = []
    threads = [
        threading.Thread(target=lambda: results.append(mounting.run(text, command=command))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.code for result in results] == [0] * 4


def test_a_tmpfs_has_its_size_and_leaves_nothing(mounting: Mounting) -> None:
    command = "head -c 100000 /dev/zero > /t/x; stat -c %s /t/x"
    result = mounting.run("type=tmpfs,target=/t,size=64k", command=command)
    assert "No space left" in result.err
    assert result.out == "65536\n"
    assert result.left == set()


def test_a_secret_is_a_file_that_only_its_owner_reads(mounting: Mounting, tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_bytes(b"geheim\xff\0")
    mounting.secrets["key"] = Secret("key", path="key.txt")
    command = "cd /run/secrets; od -An -c key; stat -c '%a %u:%g' key; stat -f -c %T key"
    result = mounting.run("type=secret,id=key", command=command)
    assert result.out.split() == ["g", "e", "h", "e", "i", "m", "377", "\\0", "400", "0:0", "tmpfs"]
    assert result.left == set()
    told = mounting.run(
        "type=secret,id=key,target=/k,mode=0444,uid=8,gid=9", command="stat -c '%a %u:%g' /k", user="8:9"
    )
    assert told.out == "444 8:9\n"


def test_a_secret_in_the_environment_needs_no_file(mounting: Mounting) -> None:
    mounting.environment = {"TOKEN": "t0k3n"}
    mounting.secrets["token"] = Secret("token", variable="TOKEN")
    assert mounting.run("type=secret,id=token,env=T", command="echo $T; ls /run/secrets").out == "t0k3n\n"


def test_a_secret_nobody_gave_is_left_out_unless_it_is_required(mounting: Mounting) -> None:
    assert mounting.run("type=secret,id=none", command="test ! -e /run/secrets/none").code == 0
    with pytest.raises(InvalidInput, match="secret none: not found"):
        mounting.run("type=secret,id=none,required", command="true")


def test_no_secret_is_written_to_the_store(mounting: Mounting, tmp_path: Path) -> None:
    (tmp_path / "s").write_text("very-secret-value")
    mounting.secrets["s"] = Secret("s", path="s")
    mounting.run("type=secret,id=s", command="cat /run/secrets/s > /dev/null; echo x > /y")
    found = subprocess.run(
        ["grep", "-r", "very-secret-value", mounting.bench.store.paths.root, str(mounting.bench.folder)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert found.stdout == f"{tmp_path}/s:very-secret-value\n"


def test_an_agent_answers_on_a_socket_of_the_step_s_own(
    mounting: Mounting, tmp_path: Path, python_image: str
) -> None:
    agent = socket.socket(socket.AF_UNIX)
    agent.bind(str(tmp_path / "agent"))
    agent.listen()

    def answer() -> None:
        while True:
            try:
                connection, _ = agent.accept()
            except OSError:
                return
            with connection:
                while data := connection.recv(100):
                    connection.sendall(data.upper())

    thread = threading.Thread(target=answer)
    thread.start()
    mounting.agents["default"] = Agent("default", (str(tmp_path / "agent"),))
    client = (
        "import os,socket; s=socket.socket(socket.AF_UNIX); s.connect(os.environ['SSH_AUTH_SOCK']);"
        "s.sendall(b'hello'); print(s.recv(100), os.environ['SSH_AUTH_SOCK'])"
    )
    chain = mounting.bench.images.get(python_image).chain
    paths = mounting.bench.store.paths
    lowers = tuple(paths.snapshot(layer.snapshot) for layer in reversed(chain))
    try:
        for uid in (0, 8):
            result = mounting.run(
                f"type=ssh,uid={uid}", command=f'python3 -Bc "{client}"', lowers=lowers, user=str(uid)
            )
            assert result.out == "b'HELLO' /run/buildkit/ssh_agent.0\n", result.err
            assert result.left == set()
    finally:
        agent.shutdown(socket.SHUT_RDWR)
        agent.close()
        thread.join()


def test_an_agent_nobody_gave_is_left_out_unless_it_is_required(mounting: Mounting) -> None:
    assert mounting.run("type=ssh", command="echo ${SSH_AUTH_SOCK-none}").out == "none\n"
    with pytest.raises(InvalidInput, match="unset ssh forward key default"):
        mounting.run("type=ssh,required", command="true")
    mounting.agents["default"] = Agent("default")
    with pytest.raises(InvalidInput, match="invalid empty ssh agent socket"):
        mounting.run("type=ssh", command="true")


def test_a_mount_may_not_be_the_root(mounting: Mounting) -> None:
    for target in ("/", "..", "/a/.."):
        with pytest.raises(InvalidInput, match="invalid mount target"):
            mounting.run(f"type=tmpfs,target={target}", command="true")


def test_a_mount_point_that_is_a_link_of_the_image_stays_in_the_image(mounting: Mounting) -> None:
    layer = mounting.bench.run("ln -s /outside /inside").layer
    lowers = (str(layer), *mounting.bench.lowers)
    command = "touch /outside/t/x; ls /inside/t"
    result = mounting.run("type=tmpfs,target=/inside/t", command=command, lowers=lowers)
    assert result.out == "x\n"
    assert not os.path.exists("/outside")
    assert result.left == set()

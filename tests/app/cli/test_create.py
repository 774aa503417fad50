from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli.flags import Arguments, UsageError, parse
from app.cli.verbs.options import CREATE_FLAGS, options
from engine.containers.limits.limits import Limits
from engine.containers.options import Options
from engine.errors import NotFound
from engine.network.endpoint import Joining

Run = Callable[..., Any]


def chosen(*words: str) -> Options:
    return options(parse("create", CREATE_FLAGS, words, interspersed=False))


def test_nothing_chosen_is_as_the_image_says() -> None:
    assert chosen("busy") == Options()


def test_every_flag_lands_in_its_place() -> None:
    words = """-e A=1 --env=B=2 -w /w -u 1:2
        --entrypoint /bin/x --hostname h --domainname d --label a=b
        -l c
        --read-only --tmpfs /run:rw,size=1m --tmpfs /tmp --init --stop-signal INT --stop-timeout 3 --rm
        --name n
        --network none --cap-add NET_ADMIN --cap-drop ALL --privileged --pids-limit -1
        --security-opt seccomp=unconfined busy sh -c x -e y"""
    assert chosen(*words.split()) == Options(
        command=("sh", "-c", "x", "-e", "y"),
        entrypoint=("/bin/x",),
        name="n",
        hostname="h",
        domainname="d",
        user="1:2",
        workdir="/w",
        environment=("A=1", "B=2"),
        labels={"a": "b", "c": ""},
        read_only=True,
        tmpfs={"/run": "rw,size=1m", "/tmp": ""},
        init=True,
        stop_signal="INT",
        stop_timeout=3,
        auto_remove=True,
        network="none",
        joins=(Joining("none"),),
        cap_add=("NET_ADMIN",),
        cap_drop=("ALL",),
        privileged=True,
        security_options=("seccomp=unconfined",),
        limits=Limits(pids=-1),
    )


def test_an_empty_entrypoint_clears_the_images() -> None:
    assert chosen("--entrypoint", "", "busy").entrypoint == ()
    assert chosen("--entrypoint=", "busy").entrypoint == ()


def test_files_come_before_flags(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("A=file\nB=file\n")
    (tmp_path / "labels").write_text("x=file\ny\n")
    made = chosen(
        "-e",
        "A=flag",
        "--env-file",
        f"{tmp_path}/env",
        "-l",
        "x=flag",
        "--label-file",
        f"{tmp_path}/labels",
        "busy",
    )
    assert made.environment == ("A=file", "B=file", "A=flag")
    assert made.labels == {"x": "flag", "y": ""}


@pytest.mark.parametrize(
    "words",
    [
        ["--link-local-ip", "169.254.1.1"],
        ["--gpus", "all"],
        ["--kernel-memory", "10m"],
        ["--storage-opt", "size=1G"],
        ["--cpu-count", "1"],
    ],
)
def test_what_comes_later_is_refused_aloud(words: list[str]) -> None:
    with pytest.raises(UsageError, match="is not supported: "):
        chosen(*words, "busy")


@pytest.mark.parametrize(
    "words",
    [["--network", "name=n,alas=x"], ["--pull", "sometimes"], ["--restart", "on-failure:x"], ["-a", "x"]],
)
def test_values_that_cannot_be_honoured(words: list[str]) -> None:
    with pytest.raises(UsageError, match="invalid argument"):
        chosen(*words, "busy")


def test_create_prints_the_id(stackyard: Run, yard: Any, tmp_path: Path) -> None:
    yard.containers.create = lambda image, options: f"id-of-{image}"
    assert stackyard("create", "--cidfile", f"{tmp_path}/id", "busy", "true") == (0, "id-of-busy\n", "")
    assert (tmp_path / "id").read_text() == "id-of-busy"
    again = stackyard("create", "--cidfile", f"{tmp_path}/id", "busy", "true")
    assert (again.code, again.out) == (125, "")
    assert "container ID file found" in again.err


def missing(image: str, options: Options) -> str:
    raise NotFound(f"No such image: {image}:latest")


def test_an_image_that_is_not_here(stackyard: Run, yard: Any) -> None:
    def pull(name: str, *_: object) -> None:
        raise NotFound(f"manifest for {name}:latest not found", details="manifest unknown: manifest unknown")

    yard.containers.create = missing
    yard.images.pull = pull
    outcome = stackyard("run", "nosuch")
    assert outcome.code == 125
    assert outcome.err.startswith(
        "Unable to find image 'nosuch:latest' locally\n"
        "Error: manifest for nosuch:latest not found: manifest unknown: manifest unknown\n"
    )
    assert "stackyard load" in outcome.err
    assert stackyard("create", "nosuch").code == 1
    assert stackyard("run", "--pull", "never", "nosuch") == (125, "", "Error: No such image: nosuch:latest\n")


def test_arguments_know_what_was_written() -> None:
    assert not Arguments("run").given("entrypoint")
    assert Arguments("run", (), {"entrypoint": ""}).given("entrypoint")


def test_a_seccomp_profile_is_handed_over_as_its_text(tmp_path: Path) -> None:
    profile = tmp_path / "profile.json"
    profile.write_text("{}")
    assert chosen("--security-opt", f"seccomp={profile}", "busy").security_options == ("seccomp={}",)
    with pytest.raises(UsageError, match="no such file or directory"):
        chosen("--security-opt", "seccomp=/no/such/profile", "busy")

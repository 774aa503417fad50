"""Which variables a Dockerfile's instructions see."""

from __future__ import annotations

from collections.abc import Mapping

from engine.build.variables import Arguments, Scope, platform_arguments
from engine.dockerfile.instructions import Arg
from engine.dockerfile.program import understand
from engine.oci.platform import Platform


def arguments(
    head: str = "", given: Mapping[str, str | None] = {}, environment: Mapping[str, str] = {}
) -> Arguments:
    made = Arguments(given, environment, {"TARGETOS": "linux"})
    program = understand(f"{head}\nFROM x\n".encode())
    made.declare_head(program.arguments, lambda text, known: text.replace("$A", known.get("A", "")))
    return made


def test_a_given_value_wins_and_one_without_a_value_comes_from_the_environment() -> None:
    made = arguments("ARG A=1\nARG B=2\nARG C=3\nARG D=4", {"A": "a", "B": None, "C": None}, {"B": "b"})
    assert made.head == {"A": "a", "B": "b", "C": "3", "D": "4"}


def test_an_argument_of_the_head_is_seen_by_a_stage_that_declares_it() -> None:
    scope = Scope(arguments("ARG A=1\nARG B=$A$A"))
    assert scope.active({}) == {}
    scope.declare("B", None)
    scope.declare("TARGETOS", None)
    scope.declare("UNKNOWN", None)
    assert scope.active({}) == {"B": "11", "TARGETOS": "linux"}
    assert scope.declared["UNKNOWN"] is None
    scope.declare("B", "own")
    assert scope.active({}) == {"B": "own"} | {"TARGETOS": "linux"}


def test_env_beats_arg() -> None:
    scope = Scope(arguments("", {"A": "given"}))
    scope.declare("A", "default")
    scope.declare("B", "b")
    execution = {"Env": ["A=env", "PATH=/bin"]}
    assert scope.variables(execution) == {"A": "env", "B": "b", "PATH": "/bin"}
    assert scope.active(execution) == {"B": "b"}


def test_what_nobody_declared_is_told_but_for_proxies_and_options() -> None:
    made = arguments("ARG HEAD", {"HEAD": "1", "STAGE": "2", "Z": "3", "IDLE": "4", "http_proxy": "p",
                                  "BUILDKIT_DOCKERFILE_CHECK": "skip=all"})  # fmt: skip
    Scope(made).declare("STAGE", None)
    assert made.options("error=true") == "skip=all"
    assert made.unused() == ["IDLE", "Z"]


def test_proxies_need_no_declaration_and_one_that_is_declared_is_an_argument() -> None:
    scope = Scope(arguments("", {"HTTP_PROXY": "a", "no_proxy": "b", "ftp_proxy": "c", "OTHER": "d"}))
    scope.declare("ftp_proxy", None)
    assert scope.proxies({"Env": ["no_proxy=x"]}) == {"HTTP_PROXY": "a"}
    assert scope.active({}) == {"ftp_proxy": "c"}


def test_everybody_may_ask_for_the_platform() -> None:
    told = platform_arguments(Platform.parse("linux/arm/v7"), "")
    assert told["TARGETPLATFORM"] == "linux/arm/v7"
    assert (told["TARGETOS"], told["TARGETARCH"], told["TARGETVARIANT"]) == ("linux", "arm", "v7")
    assert told["BUILDPLATFORM"] == str(Platform.host())
    assert told["TARGETSTAGE"] == "default"


def test_a_declaration_of_several_is_one_of_each() -> None:
    (one,) = understand(b"ARG A=1 B C=3\nFROM x\n").arguments
    assert isinstance(one, Arg)
    assert dict(one.variables) == {"A": "1", "B": None, "C": "3"}

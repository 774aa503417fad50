"""What the instructions of a Dockerfile that touch no file do to an image's config."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine.dockerfile.expansion import expanded
from engine.dockerfile.program import understand
from engine.errors import InvalidInput
from engine.images.changes import apply, change, gives_cmd
from engine.images.execution import complete

TABLE = Path(__file__).parents[4] / "shared" / "conformance" / "tables" / "dockerfile2llb.jsonl"
PATH = "PATH=/usr/bin:/bin"
BASE: dict[str, Any] = {"Env": [PATH], "Cmd": ["sh"], "Labels": {"x": "y"}}


def built(text: str, base: dict[str, Any]) -> dict[str, Any]:
    """Apply the lines of a stage to a base as a builder does."""
    execution, given = dict(base), False
    (stage,) = understand(f"FROM base\n{text}\n".encode()).stages
    for instruction in stage.instructions:
        variables = dict(entry.partition("=")[::2] for entry in execution.get("Env") or ())
        apply(expanded(instruction, variables), execution, cmd_given=given)
        given = given or gives_cmd(instruction)
    return execution


# Each as docker 20.10's classic builder answers it.
ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("WORKDIR /a\nWORKDIR b/\nWORKDIR ../c", {"WorkingDir": "/a/c"}),
    ("WORKDIR a", {"WorkingDir": "/a"}),
    ("WORKDIR /", {"WorkingDir": "/"}),
    ("WORKDIR .", {"WorkingDir": "/"}),
    (
        'ENV X=" a "\nVOLUME $X b/ /c/../d',
        {"Env": [PATH, "X= a "], "Volumes": {" a ": {}, "/c/../d": {}, "b/": {}}},
    ),
    (
        "EXPOSE 80 443/UDP 5-7/sctp",
        {"ExposedPorts": {"443/udp": {}, "5/sctp": {}, "6/sctp": {}, "7/sctp": {}, "80/tcp": {}}},
    ),
    (
        "ENV P='80 81'\nEXPOSE $P 90",
        {"Env": [PATH, "P=80 81"], "ExposedPorts": {"80/tcp": {}, "81/tcp": {}, "90/tcp": {}}},
    ),
    ("EXPOSE $NONE", {}),
    ("STOPSIGNAL sigterm", {"StopSignal": "sigterm"}),
    ("STOPSIGNAL 9", {"StopSignal": "9"}),
    ("STOPSIGNAL RTMIN+3", {"StopSignal": "RTMIN+3"}),
    ('ENTRYPOINT ["a"]', {"Entrypoint": ["a"], "Cmd": None}),
    ('CMD x\nENTRYPOINT ["a"]', {"Entrypoint": ["a"], "Cmd": ["/bin/sh", "-c", "x"]}),
    ('ENTRYPOINT ["a"]\nCMD x', {"Entrypoint": ["a"], "Cmd": ["/bin/sh", "-c", "x"]}),
    ('CMD []\nENTRYPOINT ["a"]', {"Entrypoint": ["a"], "Cmd": None}),
    ("ENTRYPOINT a b", {"Entrypoint": ["/bin/sh", "-c", "a b"], "Cmd": None}),
    ("ENTRYPOINT []", {"Cmd": None}),
    ("CMD []", {"Cmd": []}),
    ("CMD", {"Cmd": ["/bin/sh", "-c"]}),
    ('SHELL ["/bin/x", "-y"]\nCMD a b', {"Cmd": ["/bin/x", "-y", "a b"], "Shell": ["/bin/x", "-y"]}),
    (
        'CMD a\nSHELL ["/x"]\nENTRYPOINT b',
        {"Entrypoint": ["/x", "b"], "Cmd": ["/bin/sh", "-c", "a"], "Shell": ["/x"]},
    ),
    (
        "HEALTHCHECK --interval=5s --retries=3 CMD a b",
        {"Healthcheck": {"Test": ["CMD-SHELL", "a b"], "Interval": 5 * 10**9, "Retries": 3}},
    ),
    ("HEALTHCHECK NONE", {"Healthcheck": {"Test": ["NONE"]}}),
    ('HEALTHCHECK CMD ["a"]\nHEALTHCHECK CMD ["b"]', {"Healthcheck": {"Test": ["CMD", "b"]}}),
    (
        "HEALTHCHECK --start-period=1.5m --timeout=1h2m CMD a",
        {"Healthcheck": {"Test": ["CMD-SHELL", "a"], "Timeout": 3720 * 10**9, "StartPeriod": 90 * 10**9}},
    ),
    ("ONBUILD COPY a b\nONBUILD   run  x  y", {"OnBuild": ["COPY a b", "run  x  y"]}),
    ("LABEL a=b\nLABEL a=c z=", {"Labels": {"x": "y", "a": "c", "z": ""}}),
    ("LABEL a b c", {"Labels": {"x": "y", "a": "b c"}}),
    ("ENV L=l\nLABEL $L=$L '$L'=\"$L\"", {"Env": [PATH, "L=l"], "Labels": {"x": "y", "l": "l", "$L": "l"}}),
    ("ENV a=1\nENV b=2 a=3", {"Env": [PATH, "a=3", "b=2"]}),
    ("ENV a=1 a=2", {"Env": [PATH, "a=2"]}),
    ("ENV P=1\nENV P=2 Q=$P", {"Env": [PATH, "P=2", "Q=1"]}),
    ("ENV PATH=/x:$PATH", {"Env": ["PATH=/x:/usr/bin:/bin"]}),
    ('ENV "a b"=c', {"Env": [PATH, "a b=c"]}),
    ("USER a:b", {"User": "a:b"}),
    ('USER "  a b "', {"User": "  a b "}),
    ("USER a\nUSER $NONE", {}),
    ("MAINTAINER somebody", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "difference"), ANSWERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_config_is_what_docker_s_builder_makes_it(text: str, difference: dict[str, Any]) -> None:
    assert complete(built(text, BASE)) == complete({**BASE, **difference})


def test_a_base_is_left_as_it_is() -> None:
    base = json.loads(
        json.dumps({**BASE, "Volumes": {"/v": {}}, "ExposedPorts": {"1/tcp": {}}, "OnBuild": ["RUN x"]})
    )
    before = json.dumps(base)
    built("ENV a=1\nLABEL b=c\nVOLUME /w\nEXPOSE 2\nONBUILD RUN y\nCMD z", base)
    assert json.dumps(base) == before


def test_an_absolute_workdir_is_kept_as_it_was_typed() -> None:
    assert built("WORKDIR /a//b/../c/", {})["WorkingDir"] == "/a//b/../c/"
    assert built("WORKDIR c/", {"WorkingDir": "/x/"})["WorkingDir"] == "/x/c"


def workdirs() -> list[dict[str, str]]:
    if not TABLE.exists():
        return []
    tables = [json.loads(line) for line in TABLE.read_text().splitlines()]
    names = ("TestNormalizeWorkdir", "TestNormalizeWorkdirUnix")
    rows = [row for table in tables if table["func"] in names for row in table["rows"]]
    # What BuildKit takes for the workdir of before, docker's classic builder refuses: see below.
    return [row for row in rows if row["newWorkDir"]]


@pytest.mark.conformance
@pytest.mark.skipif(not TABLE.exists(), reason="the conformance data is not beside this checkout")
@pytest.mark.parametrize("row", workdirs(), ids=str)
def test_a_row_of_the_table_of_workdirs(row: dict[str, str]) -> None:
    execution = {"WorkingDir": row["currentWorkdir"]}
    assert built(f"WORKDIR {row['newWorkDir']}", execution)["WorkingDir"] == row["desiredResult"]


def test_the_shell_of_the_base_reads_the_shell_form() -> None:
    assert built("CMD x", {"Shell": ["/bin/bash", "-ec"]})["Cmd"] == ["/bin/bash", "-ec", "x"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("STOPSIGNAL FOO", "Invalid signal: FOO"),
        ("STOPSIGNAL 0", "Invalid signal: 0"),
        ("STOPSIGNAL $NONE", "Invalid signal: "),
        ("EXPOSE x", "Invalid containerPort: x"),
        ("VOLUME $NONE", "VOLUME specified can not be an empty string"),
        ("WORKDIR $NONE", "cannot normalize nothing"),
        ("ENV $NONE=x", "ENV names can not be blank"),
    ],
)
def test_what_only_shows_once_variables_are_known_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        built(text, {})
    assert str(caught.value) == sentence


def test_changes_of_a_command_line_are_read_in_their_order() -> None:
    execution = dict(BASE)
    change(execution, ["ENV A=1", "env B=$A", "CMD x", 'ENTRYPOINT ["y"]', "LABEL l=$B"])
    assert execution == {
        "Env": [PATH, "A=1", "B=1"],
        "Cmd": ["/bin/sh", "-c", "x"],
        "Entrypoint": ["y"],
        "Labels": {"x": "y", "l": "1"},
    }


def test_an_entrypoint_of_a_command_line_takes_the_image_s_cmd_away() -> None:
    execution = dict(BASE)
    change(execution, ['ENTRYPOINT ["y"]', 'ENTRYPOINT ["z"]'])
    assert (execution["Entrypoint"], execution["Cmd"]) == (["z"], None)


def test_no_change_is_none() -> None:
    execution: dict[str, Any] = {}
    change(execution, [])
    assert execution == {}


def docker(*words: str, given: str = "") -> str:
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    return subprocess.run(
        ["docker", *words], input=given, capture_output=True, text=True, env=environment
    ).stdout.strip()


@pytest.mark.peers
def test_docker_s_builder_makes_the_same_configs_today() -> None:
    """Every case is a stage of one Dockerfile, which docker builds one by one."""
    if not shutil.which("docker") or not docker("image", "ls", "-q", "busybox:latest"):
        pytest.skip("needs a docker daemon that has busybox:latest")
    (base,) = json.loads(docker("image", "inspect", "busybox:latest"))
    dockerfile = "".join(
        f"FROM busybox:latest AS s{number}\n{text}\n" for number, (text, _) in enumerate(ANSWERS)
    )
    for number, (text, _) in enumerate(ANSWERS):
        id = docker("build", "-q", "--target", f"s{number}", "-", given=dockerfile)
        assert id, text
        (theirs,) = json.loads(docker("image", "inspect", id))
        ours = complete(built(text, base["Config"]) | {"Image": theirs["Config"]["Image"]})
        assert ours == complete(theirs["Config"]), text

"""`logs --details`: what docker 20.10 wrote before each line."""

from __future__ import annotations

from typing import Any

import pytest

from app.cli.logdetails import check_tag, details
from engine.containers.record import Container
from engine.containers.state import State
from engine.errors import InvalidInput

IMAGE = "sha256:33cc3ca40533820b28aca2ad0ec1a6fb154a5b9b831894c5f48ae1340f628bca"


def container(options: dict[str, str] | None) -> Container:
    config: dict[str, Any] = {
        "Config": {
            "Labels": {"a": "1", "b": "2", "other": "x"},
            "Env": ["E=5", "F=a,b=c d", "PATH=/bin"],
        },
        "HostConfig": {} if options is None else {"LogConfig": {"Type": "json-file", "Config": options}},
        "Path": "/bin/busybox",
        "Args": ["echo", "a  b"],
    }
    return Container("ac4307432b89" + "0" * 52, "lgd", "busy:latest", IMAGE, 0.0, config, State("running"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (None, ""),
        ({}, ""),
        ({"max-size": "1m"}, ""),
        ({"labels": "b,a,none"}, "a=1,b=2"),
        ({"labels": "b", "env": "E,F", "tag": "t-{{.Name}}"}, "E=5,F=a%2Cb%3Dc+d,b=2,tag=t-lgd"),
        ({"labels-regex": "^[ab]", "env-regex": "^P"}, "PATH=%2Fbin,a=1,b=2"),
        ({"tag": "{{.ID}}"}, "tag=ac4307432b89"),
        ({"tag": "{{.ImageID}}"}, "tag=sha256%3A33cc3"),
        ({"tag": "{{.ImageName}}/{{.DaemonName}}"}, "tag=busy%3Alatest%2Fdocker"),
        ({"tag": "{{.Command}}"}, "tag=%2Fbin%2Fbusybox+echo+a++b"),
        ({"tag": "{{.ContainerLabels.a}}"}, "tag=1"),
        ({"tag": "{{.ExtraAttributes nil}}"}, "tag=map%5B%5D"),
        ({"tag": ""}, ""),
    ],
)
def test_only_what_the_options_name_is_told(options: dict[str, str] | None, told: str) -> None:
    assert details(container(options)) == told


def test_a_tag_that_cannot_be_read_is_refused_before_there_is_a_container() -> None:
    with pytest.raises(InvalidInput, match="failed to initialize logging driver: template: log-tag:1"):
        check_tag("{{.Nam")

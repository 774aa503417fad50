from __future__ import annotations

from typing import Any

import pytest

from engine.build.result.merging import merged


@pytest.mark.parametrize(
    ("asked", "own", "expected"),
    [
        ({}, {"User": "u", "WorkingDir": "/w", "StopSignal": "INT"},
         {"User": "u", "WorkingDir": "/w", "StopSignal": "INT"}),
        ({"User": "v"}, {"User": "u"}, {"User": "v"}),
        ({"Env": ["A=1"]}, {"Env": ["B=2", "A=0"]}, {"Env": ["A=1", "B=2"]}),
        ({}, {"Env": None}, {"Env": None}),
        ({"Labels": {"a": "1"}}, {"Labels": {"a": "0", "b": "2"}}, {"Labels": {"a": "1", "b": "2"}}),
        ({}, {}, {"Labels": {}}),
        ({"ExposedPorts": {"1/tcp": {}}}, {"ExposedPorts": {"2/tcp": {}}},
         {"ExposedPorts": {"1/tcp": {}, "2/tcp": {}}}),
        ({"Volumes": {"/a": {}}}, {"Volumes": {"/b": {}}}, {"Volumes": {"/a": {}, "/b": {}}}),
        ({}, {"Cmd": ["c"], "Entrypoint": ["e"]}, {"Cmd": ["c"], "Entrypoint": ["e"]}),
        ({"Cmd": ["d"]}, {"Cmd": ["c"], "Entrypoint": ["e"]}, {"Cmd": ["d"], "Entrypoint": ["e"]}),
        ({"Entrypoint": ["f"]}, {"Cmd": ["c"], "Entrypoint": ["e"]}, {"Cmd": None, "Entrypoint": ["f"]}),
        ({"Healthcheck": {"Test": ["CMD", "t"], "Retries": 0}},
         {"Healthcheck": {"Test": ["NONE"], "Retries": 3, "Timeout": 5}},
         {"Healthcheck": {"Test": ["CMD", "t"], "Retries": 3, "Timeout": 5}}),
        ({}, {"OnBuild": ["RUN x"], "Shell": ["s"], "StopTimeout": 3},
         {"OnBuild": None, "Shell": None, "StopTimeout": None}),
    ],
    ids=str,
)  # fmt: skip
def test_docker_s_rules(asked: dict[str, Any], own: dict[str, Any], expected: dict[str, Any]) -> None:
    result = merged(asked, own)

    assert {name: result.get(name) for name in expected} == expected

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import Corrupt
from engine.oci.config import History, ImageConfig
from engine.oci.platform import Platform

A = f"sha256:{'a' * 64}"


def config(**changed: Any) -> bytes:
    return json.dumps({"rootfs": {"type": "layers", "diff_ids": [A]}, **changed}).encode()


def test_a_config_says_how_a_container_starts() -> None:
    view = ImageConfig.parse(
        config(
            architecture="arm64",
            os="linux",
            variant="v8",
            created="2026-01-02T03:04:05Z",
            config={
                "Cmd": ["sh"],
                "Entrypoint": ["/init"],
                "Env": ["A=1"],
                "User": "me",
                "WorkingDir": "/w",
                "Labels": {"k": "v"},
                "ExposedPorts": {"80/tcp": {}},
                "Volumes": {"/data": {}},
                "StopSignal": "SIGINT",
                "Shell": ["/bin/ash"],
                "OnBuild": ["RUN x"],
                "Healthcheck": {"Test": ["NONE"]},
                "ArgsEscaped": True,
            },
            history=[{"created_by": "x", "empty_layer": True}],
        )
    )

    assert (view.cmd, view.entrypoint, view.env) == (("sh",), ("/init",), ("A=1",))
    assert (view.user, view.working_dir, view.stop_signal) == ("me", "/w", "SIGINT")
    assert (view.labels, view.exposed_ports, view.volumes) == ({"k": "v"}, ("80/tcp",), ("/data",))
    assert (view.shell, view.on_build, view.args_escaped) == (("/bin/ash",), ("RUN x",), True)
    assert view.healthcheck == {"Test": ["NONE"]}
    assert view.history == (History(created_by="x", empty_layer=True),)
    assert view.platform == Platform("linux", "arm64", "v8")
    assert view.diff_ids == (A,)


def test_nulls_and_missing_members_are_empty() -> None:
    view = ImageConfig.parse(config(config={"Cmd": None, "Env": None, "Labels": None}, history=None))

    assert (view.cmd, view.env, view.labels, view.history, view.user) == ((), (), {}, (), "")
    assert ImageConfig.parse(config(config=None)).entrypoint == ()
    assert view.os == "linux"


def test_an_image_may_have_no_layers() -> None:
    assert ImageConfig.parse(config(rootfs={"type": "layers", "diff_ids": None})).diff_ids == ()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"rootfs": None}, "has no rootfs"),
        ({"rootfs": []}, "rootfs is not an object"),
        ({"rootfs": {"diff_ids": [7]}}, "diff_ids is not a list of strings"),
        ({"rootfs": {"diff_ids": ["../x"]}}, "invalid checksum digest format"),
        ({"rootfs": {"diff_ids": [A] * 2049}}, "more than 2048 layers"),
        ({"config": []}, "config is not an object"),
        ({"config": {"Cmd": "sh"}}, "Cmd is not a list"),
        ({"config": {"Env": [1]}}, "Env is not a list of strings"),
        ({"config": {"Labels": {"a": 1}}}, "a label is not a string"),
        ({"config": {"Volumes": ["/x"]}}, "Volumes is not an object"),
        ({"history": [1]}, "a history entry is not an object"),
        ({"history": [{"created": 1}]}, "created is not a string"),
        ({"architecture": 1}, "architecture is not a string"),
    ],
)
def test_a_config_of_the_wrong_shape_is_corrupt(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Corrupt, match=sentence):
        ImageConfig.parse(config(**changed))

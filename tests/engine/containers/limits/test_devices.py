"""Which of the host's devices a container gets, and how far it may open them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from engine.containers.limits import devices
from engine.containers.limits.devices import Device, check_rule, nodes, rules
from engine.errors import InvalidInput, StartFailed
from engine.runtime.cgroups.devices import default_devices


def host(*asked: Device, **more: Any) -> dict[str, Any]:
    return {"Devices": [device.entry() for device in asked], **more}


def test_a_device_is_made_as_it_is_on_the_host_and_allowed() -> None:
    asked = host(Device("/dev/null", "/dev/nil", "r"))
    (node,) = nodes(asked)
    status = os.stat("/dev/null")
    assert node == {
        "path": "/dev/nil", "type": "c", "major": 1, "minor": 3,
        "fileMode": stat.S_IMODE(status.st_mode), "uid": status.st_uid, "gid": status.st_gid,
    }  # fmt: skip
    assert rules(asked) == [
        *default_devices(), {"allow": True, "type": "c", "major": 1, "minor": 3, "access": "r"},
    ]  # fmt: skip


def test_a_link_to_a_device_is_the_device(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/zero")
    (node,) = nodes(host(Device(str(tmp_path / "link"), "/dev/nothing")))
    assert (node["path"], node["minor"]) == ("/dev/nothing", 5)


def test_a_folder_is_all_the_devices_below_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("one", "deep/two", "file"):
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to("/dev/null")
    monkeypatch.setattr(devices, "_is_device", lambda status: stat.S_ISREG(status.st_mode))
    found = nodes(host(Device(str(tmp_path), "/dev/many")))
    assert [node["path"] for node in found] == ["/dev/many/deep/two", "/dev/many/file", "/dev/many/one"]


@pytest.mark.parametrize(
    ("path", "why", "code"),
    [
        ("/dev/nosuch", "no such file or directory", 127),
        ("/etc/passwd", "not a device node", 125),
        ("/etc", "not a device node", 125),
    ],
)
def test_what_is_no_device(path: str, why: str, code: int) -> None:
    with pytest.raises(StartFailed, match=why) as caught:
        nodes(host(Device(path, path)))
    assert caught.value.code == code


def test_the_privileged_get_all_but_what_is_each_containers_own() -> None:
    found = {node["path"] for node in nodes({"Privileged": True})}
    assert "/dev/null" in found
    assert not {path for path in found if path.startswith(("/dev/pts", "/dev/shm", "/dev/console"))}


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("c 1:3 mr", {"allow": True, "type": "c", "access": "mr", "major": 1, "minor": 3}),
        ("b 7:* rwm", {"allow": True, "type": "b", "access": "rwm", "major": 7}),
        ("a *:* rwm", {"allow": True, "type": "a", "access": "rwm"}),
    ],
)
def test_rules_are_read(words: str, rule: dict[str, Any]) -> None:
    check_rule(words)
    assert rules({"DeviceCgroupRules": [words]})[-1] == rule


@pytest.mark.parametrize("words", ["", "c", "x 1:3 r", "c 1 r", "c 1:3", "c 1:3 rx", "c 1:3 rwmr", "c ²:3 r"])
def test_rules_that_are_none(words: str) -> None:
    with pytest.raises(InvalidInput, match="invalid device cgroup format"):
        check_rule(words)

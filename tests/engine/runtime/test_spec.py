"""config.json: valid by the runtime specification, and docker's default in everything that has one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.kernel.capabilities import DEFAULT, NAMES, mask, names
from engine.runtime.accounts import Account
from engine.runtime.spec import NAMESPACES, Isolation, Process, build, capability_set

ROOT = Account(0, 0, (0,), "/root")
PROCESS = Process(("sh", "-c", "true"), ("PATH=/bin", "HOME=/root"), "/", ROOT)
ISOLATION = Isolation("box", cgroup="stackyard/abc")


def document(process: Process = PROCESS, isolation: Isolation = ISOLATION) -> dict[str, Any]:
    built = build(process, isolation, {"/etc/hosts": "/bundle/hosts"})
    copied: dict[str, Any] = json.loads(json.dumps(built))
    return copied


def mount(built: dict[str, Any], destination: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in built["mounts"] if entry["destination"] == destination)
    return found


def test_it_says_everything_the_specification_requires() -> None:
    built = document()
    assert built["ociVersion"] == "1.0.2"
    assert built["root"] == {"path": "rootfs", "readonly": False}
    assert built["process"]["cwd"].startswith("/")
    assert built["process"]["args"] == ["sh", "-c", "true"]
    assert built["process"]["user"] == {"uid": 0, "gid": 0, "additionalGids": [0]}
    assert all(entry["destination"].startswith("/") for entry in built["mounts"])
    assert {entry["type"] for entry in built["linux"]["namespaces"]} == {
        "pid", "mount", "uts", "ipc", "cgroup", "network",
    }  # fmt: skip


@pytest.mark.conformance
def test_it_has_the_shape_of_the_specifications_own_example(conformance: Path) -> None:
    text = (conformance / "oci/runtime-spec/config/good/spec-example.json").read_text()
    assert list(_strangers(document(), json.loads(text), "")) == []


def _strangers(ours: Any, example: Any, where: str) -> list[str]:
    """List what is of another type than in the example; what the example leaves out is not looked at."""
    if isinstance(ours, dict) and isinstance(example, dict):
        return [
            found
            for key in ours
            if key in example and example[key] is not None
            for found in _strangers(ours[key], example[key], f"{where}.{key}")
        ]
    if isinstance(ours, list) and isinstance(example, list):
        return [found for one in ours for found in (_strangers(one, example[0], where) if example else [])]
    return [] if isinstance(ours, type(example)) else [where]


def test_the_mounts_are_dockers() -> None:
    built = document()
    assert [entry["destination"] for entry in built["mounts"]] == [
        "/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup", "/dev/mqueue", "/dev/shm", "/etc/hosts",
    ]  # fmt: skip
    assert mount(built, "/proc")["options"] == ["nosuid", "noexec", "nodev"]
    assert mount(built, "/sys")["options"] == ["nosuid", "noexec", "nodev", "ro"]
    assert mount(built, "/sys/fs/cgroup")["options"] == ["nosuid", "noexec", "nodev", "ro"]
    assert mount(built, "/dev/shm")["options"][-1] == "size=67108864"
    assert mount(built, "/etc/hosts")["source"] == "/bundle/hosts"


def test_what_tells_of_the_host_is_masked_or_read_only() -> None:
    linux = document()["linux"]
    assert {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/acpi", "/sys/firmware"} <= set(
        linux["maskedPaths"]
    )
    assert linux["readonlyPaths"] == [
        "/proc/bus",
        "/proc/fs",
        "/proc/irq",
        "/proc/sys",
        "/proc/sysrq-trigger",
    ]


def test_low_ports_and_ping_need_no_right_where_the_network_is_the_containers_own() -> None:
    own = document()["linux"]
    assert own["sysctl"]["net.ipv4.ip_unprivileged_port_start"] == "0"
    shared = {name: None for name in NAMESPACES if name != "network"}
    hosts = document(isolation=ISOLATION._replace(namespaces=shared))["linux"]
    assert hosts["sysctl"] == {}
    assert "network" not in [entry["type"] for entry in hosts["namespaces"]]


def test_privileged_takes_the_covers_off() -> None:
    linux = document(isolation=ISOLATION._replace(privileged=True))["linux"]
    assert (linux["maskedPaths"], linux["readonlyPaths"]) == ([], [])
    assert linux["resources"]["devices"] == [{"allow": True, "access": "rwm"}]
    assert "seccomp" not in linux


def test_system_calls_are_filtered_unless_told_otherwise() -> None:
    assert document()["linux"]["seccomp"]["defaultAction"] == "SCMP_ACT_ERRNO"
    assert "seccomp" not in document(isolation=ISOLATION._replace(seccomp={}))["linux"]
    own = {"defaultAction": "SCMP_ACT_ALLOW"}
    assert document(isolation=ISOLATION._replace(seccomp=own))["linux"]["seccomp"] == own


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("", ["noexec", "nosuid", "nodev"]),
        ("size=1m", ["noexec", "nosuid", "nodev", "size=1m"]),
        ("exec", ["nosuid", "nodev", "exec"]),
        ("suid,dev,exec", ["suid", "dev", "exec"]),
        ("ro,noexec,mode=700", ["nosuid", "nodev", "ro", "noexec", "mode=700"]),
    ],
)
def test_a_tmpfs_has_dockers_guards_until_the_user_lifts_them(words: str, options: list[str]) -> None:
    built = document(isolation=ISOLATION._replace(tmpfs={"/scratch": words}))
    assert mount(built, "/scratch")["options"] == options


def test_no_capability_is_inheritable_or_ambient() -> None:
    sets = document()["process"]["capabilities"]
    assert set(sets) == {"bounding", "effective", "permitted"}
    assert sets["bounding"] == sets["effective"] == sets["permitted"]
    assert mask(sets["bounding"]) == 0xA80425FB


@pytest.mark.parametrize(
    ("add", "drop", "expected"),
    [
        ((), (), set(DEFAULT)),
        (("NET_ADMIN",), (), {*DEFAULT, "CAP_NET_ADMIN"}),
        (("cap_net_admin",), ("chown",), ({*DEFAULT, "CAP_NET_ADMIN"}) - {"CAP_CHOWN"}),
        ((), ("ALL",), set()),
        (("CHOWN",), ("ALL",), {"CAP_CHOWN"}),
        (("ALL",), (), set(NAMES)),
        (("ALL",), ("SYS_ADMIN",), set(NAMES) - {"CAP_SYS_ADMIN"}),
        (("all",), ("all",), set(NAMES)),
        (("CHOWN",), ("CHOWN",), set(DEFAULT)),
    ],
)
def test_capabilities_are_added_and_dropped_as_docker_does(
    add: tuple[str, ...], drop: tuple[str, ...], expected: set[str]
) -> None:
    assert set(capability_set(add, drop)) == expected


def test_privileged_has_every_capability() -> None:
    assert capability_set((), (), privileged=True) == NAMES
    assert "CAP_KILL" not in capability_set((), ("KILL",), privileged=True)


def test_capabilities_are_the_kernels_bits() -> None:
    assert mask(("CAP_CHOWN", "CAP_CHECKPOINT_RESTORE")) == 1 | 1 << 40
    assert names(mask(NAMES)) == NAMES

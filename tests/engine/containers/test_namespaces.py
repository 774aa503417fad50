"""Where a container's namespaces come from."""

from __future__ import annotations

from typing import Any

import pytest

from engine.containers.namespaces import Namespaces, check, check_sysctl, joined, other, settled
from engine.containers.record import Container
from engine.containers.state import State
from engine.errors import InvalidInput, NotFound, StartFailed

OWN = {"NetworkMode": "default", "IpcMode": "private", "CgroupnsMode": "private"}
ID = "ab" * 32


def lender(running: bool = True, ipc: str = "shareable") -> Container:
    state = State("running", 41, ticks=7) if running else State("exited")
    return Container(ID, "lender", "i", "i", 0.0, {"HostConfig": {"IpcMode": ipc}}, state)


def nobody(name: str) -> Container:
    raise NotFound(f"No such container: {name}")


def test_each_has_its_own_unless_told_otherwise() -> None:
    found = joined(OWN, nobody)
    assert found.namespaces == dict.fromkeys(("mount", "pid", "ipc", "uts", "network", "cgroup"))
    assert (found.owners, found.shm, found.donor) == ({}, "", "")


@pytest.mark.parametrize(
    ("key", "kind"),
    [("PidMode", "pid"), ("IpcMode", "ipc"), ("UTSMode", "uts"), ("NetworkMode", "network"),
     ("CgroupnsMode", "cgroup")],
)  # fmt: skip
def test_the_hosts_is_left_out(key: str, kind: str) -> None:
    found = joined({**OWN, key: "host"}, nobody)
    assert kind not in found.namespaces
    assert found.shm == ("host" if kind == "ipc" else "")


def test_another_containers_are_named_by_its_process() -> None:
    shared = dict.fromkeys(("PidMode", "IpcMode", "NetworkMode"), f"container:{ID}")
    found = joined({**OWN, **shared}, lambda name: lender())
    paths = {kind: path for kind, path in found.namespaces.items() if path}
    assert paths == {"pid": "/proc/41/ns/pid", "ipc": "/proc/41/ns/ipc", "network": "/proc/41/ns/net"}
    assert (found.owners, found.shm, found.donor) == ({41: 7}, "/proc/41/ns/mnt", ID)


@pytest.mark.parametrize(
    ("key", "container", "sentence"),
    [
        ("PidMode", lender(running=False), f"container {ID} is not running"),
        ("IpcMode", lender(running=False), f"can't join IPC of container {ID}: container {ID} is not"),
        ("NetworkMode", lender(running=False), f"cannot join network of a non running container: {ID}"),
        ("IpcMode", lender(ipc="private"), "non-shareable IPC"),
    ],
)
def test_who_cannot_lend(key: str, container: Container, sentence: str) -> None:
    with pytest.raises(StartFailed) as caught:
        joined({**OWN, key: "container:lender"}, lambda name: container)
    assert sentence in caught.value.brief
    assert caught.value.code == 125


def test_a_name_becomes_an_id() -> None:
    assert settled("container:lender", lambda name: lender()) == f"container:{ID}"
    assert settled("host", nobody) == "host"
    with pytest.raises(NotFound):
        settled("container:ghost", nobody)


@pytest.mark.parametrize(
    ("mode", "name"), [("container:a", "a"), ("container:", ""), ("host", ""), ("a:b", "")]
)
def test_whose_it_is(mode: str, name: str) -> None:
    assert other(mode) == name


def test_modes_that_are_none() -> None:
    check(Namespaces("container:a", "shareable", "host", "private", "host"), "none")
    wrong: list[dict[str, Any]] = [{"pid": "me"}, {"ipc": "x"}, {"uts": "x"}, {"cgroup": "x"}, {"user": "x"}]
    for modes in wrong:
        with pytest.raises(InvalidInput):
            check(Namespaces(**modes), "none")


@pytest.mark.parametrize(
    ("name", "fine"),
    [("net.core.somaxconn", True), ("kernel.shmmax", True), ("fs.mqueue.msg_max", True),
     ("kernel.hostname", False), ("vm.swappiness", False)],
)  # fmt: skip
def test_which_kernel_values_are_a_containers_own(name: str, fine: bool) -> None:
    assert check_sysctl(name) is fine

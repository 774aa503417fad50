"""The flags that shape a container, held against what docker made of them."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from app.cli.flags import UsageError, parse
from app.cli.verbs.options import CREATE_FLAGS, options
from engine.containers.creation import Source, merge
from engine.containers.hostconfig import shown
from engine.containers.limits import limit_rules
from engine.containers.refusals import refuse
from engine.errors import EngineError
from tests.app.cli.dockers_answers import DEFAULTS, KEPT, REFUSED

ONLINE = {"cpu": "0-1", "node": "0"}


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit_rules.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(limit_rules, "_online", ONLINE.__getitem__)


def record(words: str) -> dict[str, Any]:
    chosen = options(parse("create", CREATE_FLAGS, [*shlex.split(words), "busy", "true"], interspersed=False))
    refuse(chosen)
    return merge("0123456789ab" + "0" * 52, Source("sha256:i", "busy", {}, (1,)), chosen)


def kept(words: str) -> dict[str, Any]:
    return shown(record(words)["HostConfig"])


@pytest.mark.parametrize("words", KEPT)
def test_it_is_kept_as_docker_keeps_it(words: str) -> None:
    nothing, given = kept(""), kept(words)
    assert {key: value for key, value in given.items() if nothing.get(key) != value} == KEPT[words]


def test_no_flag_leaves_dockers_defaults_in_dockers_order() -> None:
    host = kept("")
    assert {key: host[key] for key in DEFAULTS} == DEFAULTS
    assert [key for key in host if key in DEFAULTS] == list(DEFAULTS)


@pytest.mark.parametrize("words", REFUSED)
def test_it_is_refused_in_dockers_words(words: str) -> None:
    with pytest.raises((UsageError, EngineError)) as caught:
        record(words)
    problem = caught.value
    sentence = problem.message if isinstance(problem, UsageError) else problem.brief
    assert sentence.rpartition(" flag: ")[2] == REFUSED[words]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("--kernel-memory 10m", "no separate limit for its own memory"),
        ("--storage-opt size=1G", "project quotas"),
        ("--cpu-count 1", "Windows"),
        ("--gpus all", "could not select device driver"),
        ("--network none --add-host gw:host-gateway", "unable to derive the IP value for host-gateway"),
        ("--security-opt label=level:s0", "SELinux"),
        ("--link-local-ip 169.254.1.1", "mean nothing to the bridge driver"),
    ],
)
def test_what_cannot_be_had_is_refused_with_its_reason(words: str, reason: str) -> None:
    with pytest.raises((UsageError, EngineError), match=reason):
        record(words)


def test_a_profile_needs_apparmor(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.runtime import apparmor

    monkeypatch.setattr(apparmor, "enabled", lambda: False)
    with pytest.raises(EngineError, match="AppArmor is not enabled"):
        record("--security-opt apparmor=mine")
    monkeypatch.setattr(apparmor, "enabled", lambda: True)
    assert kept("--security-opt apparmor=mine")["SecurityOpt"] == ["apparmor=mine"]


def test_exposed_ports_join_the_images() -> None:
    ports = record("--expose 80 --expose 90-92/UDP")["Config"]["ExposedPorts"]
    assert ports == {"80/tcp": {}, "90/udp": {}, "91/udp": {}, "92/udp": {}}


def test_a_name_is_the_hosts_where_the_namespace_is() -> None:
    import os

    assert record("--uts host")["Config"]["Hostname"] == os.uname().nodename
    assert record("")["Config"]["Hostname"] == "0123456789ab"


def test_the_danger_of_no_killer_is_told(stackyard: Any, yard: Any) -> None:
    yard.containers.create = lambda image, options: "id"
    outcome = stackyard("create", "--oom-kill-disable", "busy")
    assert (outcome.code, outcome.out) == (0, "id\n")
    assert "Disabling the OOM killer on containers without setting a '-m/--memory' limit" in outcome.err

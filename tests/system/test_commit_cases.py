"""Commits of the same container by docker's daemon and by ours: the same config, or the same complaint."""

from __future__ import annotations

import http.client
import io
import json
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from engine.build.result.commit import Wanted, commit
from engine.containers.options import Options
from engine.engine import Engine
from engine.errors import InvalidInput
from engine.images.execution import complete
from tests.conftest import CONFORMANCE

CASES = CONFORMANCE / "build" / "cases" / "commit_cases.json"
BASE = f"yard-commit-{secrets.token_hex(4)}:base"

pytestmark = [pytest.mark.root, pytest.mark.conformance]


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self._path)


class Daemon:
    """Docker's daemon, by its API: its client cannot commit with a config."""

    def __init__(self) -> None:
        host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        self.path = host.removeprefix("unix://")

    def __call__(
        self, method: str, path: str, body: bytes | Mapping[str, Any] | None = None, **query: Any
    ) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        kind = "application/x-tar" if isinstance(body, bytes) else "application/json"
        connection = _Connection(self.path)
        try:
            address = f"/v1.41{path}?{urlencode(query, doseq=True)}"
            connection.request(method, address, data, {"Content-Type": kind} if data else {})
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            raise InvalidInput(json.loads(said)["message"])
        return said if method == "DELETE" or path.endswith("/load") else json.loads(said or b"null")


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    daemon = Daemon()
    try:
        daemon("GET", "/info")
    except OSError:
        pytest.skip("no docker daemon answers")
    yield daemon
    for container in daemon("GET", "/containers/json", all="1"):
        if container["Names"][0].startswith("/yard-commit-"):
            daemon("DELETE", f"/containers/{container['Id']}", force="1")
    for image in daemon("GET", "/images/json"):
        for name in image["RepoTags"] or ():
            if name.startswith("yard-commit-"):
                daemon("DELETE", f"/images/{name}", force="1")


@pytest.fixture
def base(daemon: Daemon, yard: Engine) -> str:
    """The same image in both stores."""
    changes = ["ENV A=base B=base", "LABEL A=base L=base", "EXPOSE 1", "CMD base", "VOLUME /base"]
    id = yard.images.import_(io.BytesIO(bytes(10240)), BASE, changes)
    out = io.BytesIO()
    yard.images.save([BASE], out)
    daemon("POST", "/images/load", out.getvalue())
    return id


def theirs(daemon: Daemon, image: str, changes: Any, config: Any) -> tuple[str, dict[str, Any]]:
    name = f"yard-commit-{secrets.token_hex(4)}"
    made = daemon("POST", "/containers/create", {"Image": image, "Cmd": ["true"]}, name=name)
    query = {"changes": changes} if changes else {}
    id = daemon("POST", "/commit", config, container=made["Id"], repo=name, **query)["Id"]
    return id, daemon("GET", f"/images/{id}/json")["Config"]


def ours(yard: Engine, image: str, changes: Any, config: Any) -> tuple[str, dict[str, Any]]:
    container = yard.containers.create(image, Options(command=("true",)))
    wanted = Wanted(changes=changes or (), config=config)
    id = commit(yard.store, yard.events, yard.containers, container, wanted)
    found: dict[str, Any] = yard.images.get(id).config["config"]
    return id, found


def shown(config: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the daemon's own defaults for containers decide, and what differs each time."""
    document = complete(config)
    for name in ("Hostname", "Image", "AttachStdin", "AttachStdout", "AttachStderr"):
        del document[name]
    return {name: value or None for name, value in document.items()}


def attempt(who: Callable[..., tuple[str, dict[str, Any]]], *how: Any) -> tuple[str, dict[str, Any] | str]:
    """Return the image's id and its config, or the complaint."""
    try:
        id, config = who(*how)
    except InvalidInput as refusal:
        return "", refusal.brief
    return id, shown(config)


def cases() -> list[Any]:
    if not CASES.exists():
        return [None]  # the marker says why it is skipped
    return [pytest.param(case, id=case["description"]) for case in json.loads(CASES.read_text())]


@pytest.mark.parametrize("case", cases())
def test_both_commit_alike(daemon: Daemon, yard: Engine, base: str, case: Mapping[str, Any]) -> None:
    mine, their = base, base
    for changes, config in (
        (case["changes"], case["config"]),
        (case["derivedChanges"], case["derivedConfig"]),
    ):
        their, expected = attempt(theirs, daemon, their, changes, config)
        mine, found = attempt(ours, yard, mine, changes, config)
        assert found == expected
        if not mine:
            return

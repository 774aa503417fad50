from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.registry import credentials, keeper
from engine.registry.credential import Credential
from engine.registry.login import logout
from tests.engine.registry.server import basic


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", f"{tmp_path}/run")
    return tmp_path


def write(path: Path, **document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def auth(user: str, password: str = "secret") -> dict[str, str]:
    return {"auth": basic(user, password).removeprefix("Basic ")}


def program(home: Path, name: str, body: str) -> None:
    path = home / f"bin/docker-credential-{name}"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_nobody_is_logged_in_anywhere_at_first() -> None:
    assert credentials.find("r.example", "team/app") is None


def test_the_most_specific_name_wins(home: Path) -> None:
    write(
        home / ".docker/config.json",
        auths={"r.example": auth("all"), "r.example/team": auth("team"), "r.example/team/app": auth("app")},
    )
    assert credentials.find("r.example", "team/app") == Credential("app", "secret")
    assert credentials.find("r.example", "team/other") == Credential("team", "secret")
    assert credentials.find("r.example", "x") == Credential("all", "secret")


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "index.docker.io"])
def test_docker_hub_has_several_names(home: Path, key: str) -> None:
    write(home / ".docker/config.json", auths={key: auth("me")})
    assert credentials.find("docker.io", "library/busy") == Credential("me", "secret")


def test_podmans_files_are_read_too(home: Path) -> None:
    write(home / "run/containers/auth.json", auths={"r.example": auth("pod")})
    assert credentials.find("r.example") == Credential("pod", "secret")


def test_a_program_that_keeps_credentials_is_asked(home: Path) -> None:
    write(home / ".docker/config.json", credHelpers={"r.example": "safe"}, credsStore="none")
    program(home, "safe", """read name; echo '{"Username":"me","Secret":"'$name'"}'""")
    program(home, "none", "echo credentials not found in native keychain; exit 1")
    assert credentials.find("r.example", "a") == Credential("me", "r.example")
    assert credentials.find("other.example", "a") is None


@pytest.mark.parametrize("body", ["echo SECRET", "echo SECRET; exit 1", "echo '{\"Secret\": 5}'"])
def test_a_program_that_talks_nonsense_is_told_without_what_it_said(home: Path, body: str) -> None:
    program(home, "bad", body)
    with pytest.raises(EngineError) as failure:
        keeper.get("bad", "r.example")
    assert "docker-credential-bad" in str(failure.value)
    assert "SECRET" not in str(failure.value)


def test_a_program_that_hangs_is_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_PATIENCE", 0.05)
    program(home, "slow", "exec sleep 60")
    with pytest.raises(EngineError, match="did not answer"):
        keeper.get("slow", "r.example")


@pytest.mark.parametrize("name", ["../x", "a/b", "", "-x"])
def test_a_programs_name_is_no_path(name: str) -> None:
    with pytest.raises(EngineError):
        keeper.get(name, "r.example")


def test_a_credential_does_not_show_its_secret() -> None:
    assert "secret" not in repr(Credential("me", "secret", "secret", "secret"))


def test_logging_out_leaves_the_others_and_stays_private(home: Path) -> None:
    path = home / ".docker/config.json"
    write(path, auths={"r.example": auth("me"), "s.example": auth("me")}, detachKeys="ctrl-x")
    assert logout("r.example")
    assert not logout("r.example")
    document = json.loads(path.read_text())
    assert list(document["auths"]) == ["s.example"]
    assert document["detachKeys"] == "ctrl-x"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

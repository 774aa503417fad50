"""A real registry behind TLS and a password: what one engine pushes the others pull, with the same ids."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import BASE, Stackyard
from tests.engine.registry.certificates import CA, CERTIFICATE, KEY

pytestmark = [pytest.mark.peers, pytest.mark.root]

SECRET = "yard:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"
"""`yard` with the password `secret`, as htpasswd writes it."""


class Registry(NamedTuple):
    """Where it listens."""

    address: str
    ca: Path


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    if not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not installed")
    folder = tmp_path_factory.mktemp("registry")
    for name, text in (("ca.crt", CA), ("host.crt", CERTIFICATE), ("host.key", KEY)):
        (folder / name).write_text(text)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "htpasswd").write_text(SECRET + "\n")
    (folder / "config.yml").write_text(
        json.dumps(
            {
                "version": "0.1",
                "log": {"level": "error"},
                "storage": {"filesystem": {"rootdirectory": f"{folder}/data"}},
                "http": {
                    "addr": f"127.0.0.1:{port}",
                    "tls": {"certificate": f"{folder}/host.crt", "key": f"{folder}/host.key"},
                },
                "auth": {"htpasswd": {"realm": "yard", "path": f"{folder}/htpasswd"}},
            }
        )
    )
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", f"{folder}/config.yml"], stdout=log, stderr=log
        )
    try:
        answering(port)
        yield Registry(f"127.0.0.1:{port}", folder / "ca.crt")
    finally:
        process.terminate()
        process.wait(10)


def answering(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the registry does not begin to listen")


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every engine an own place for credentials, and the CA."""
    monkeypatch.setenv("DOCKER_CONFIG", f"{tmp_path}/docker")
    monkeypatch.setenv("REGISTRY_AUTH_FILE", f"{tmp_path}/docker/config.json")
    monkeypatch.setenv("XDG_CONFIG_HOME", f"{tmp_path}/config")
    place = tmp_path / "config/stackyard/certs.d" / registry.address
    place.mkdir(parents=True)
    shutil.copy(registry.ca, place / "ca.crt")


@pytest.fixture
def logged_in(stackyard: Stackyard, registry: Registry) -> None:
    done = stackyard("login", "-u", "yard", "-p", "secret", registry.address)
    assert (done.returncode, done.stdout) == (0, "Login Succeeded\n"), done.stderr


def run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout.strip()


def skopeo(verb: str, *words: str) -> str:
    return run("skopeo", verb, *words)


@pytest.fixture
def podman() -> Iterator[tuple[str, ...]]:
    """A podman with a store of its own; the paths of its state must be short."""
    folder = tempfile.mkdtemp(dir="/tmp")
    command = ("podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run")
    yield command
    run(*command, "rmi", "-af")
    shutil.rmtree(folder, ignore_errors=True)


def id_of(stackyard: Stackyard, name: str) -> str:
    done = stackyard("image", "inspect", "-f", "{{.Id}}", name)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def digest_of(output: str) -> str:
    return next(word for word in output.split() if word.startswith("sha256:"))


def test_a_wrong_password_is_refused(stackyard: Stackyard, registry: Registry) -> None:
    done = stackyard("login", "-u", "yard", "-p", "wrong", registry.address)
    assert done.returncode == 1
    assert "401 Unauthorized" in done.stderr
    assert "wrong" not in done.stderr


def test_nobody_pushes_without_a_login(stackyard: Stackyard, registry: Registry) -> None:
    stackyard("tag", BASE, f"{registry.address}/nobody/base")
    done = stackyard("push", f"{registry.address}/nobody/base")
    assert done.returncode == 1
    assert f"`stackyard login {registry.address}`" in done.stderr


@pytest.mark.usefixtures("logged_in")
def test_what_we_push_the_others_pull(
    stackyard: Stackyard, registry: Registry, podman: tuple[str, ...]
) -> None:
    name = f"{registry.address}/ours/base:1"
    assert stackyard("tag", BASE, name).returncode == 0
    pushed = stackyard("push", name)
    assert pushed.returncode == 0, pushed.stderr
    digest, id = digest_of(pushed.stdout), id_of(stackyard, name)

    # docker trusts the loopback, podman and skopeo are told to; all read the login that we have kept.
    run("docker", "pull", name)
    assert run("docker", "image", "inspect", "-f", "{{.Id}} {{index .RepoDigests 0}}", name) == (
        f"{id} {registry.address}/ours/base@{digest}"
    )
    run("docker", "rmi", name)
    assert f"sha256:{run(*podman, 'pull', '-q', '--tls-verify=false', name)}" == id
    seen = json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{name}"))
    assert seen["Digest"] == digest


@pytest.mark.usefixtures("logged_in")
def test_what_docker_pushes_we_pull_and_push_again_as_it_was(
    stackyard: Stackyard, registry: Registry, tmp_path: Path
) -> None:
    name, again = f"{registry.address}/theirs/base:1", f"{registry.address}/again/base:2"
    archive = tmp_path / "base.tar"
    assert stackyard("save", "-o", str(archive), BASE).returncode == 0
    run("docker", "load", "-i", str(archive))
    run("docker", "tag", BASE, name)
    digest = digest_of(run("docker", "push", name))
    id = run("docker", "image", "inspect", "-f", "{{.Id}}", name)
    run("docker", "rmi", name, BASE)

    pulled = stackyard("pull", name)
    assert pulled.returncode == 0, pulled.stderr
    assert digest_of(pulled.stdout) == digest
    assert id_of(stackyard, name) == id
    stackyard("tag", name, again)
    assert digest_of(stackyard("push", again).stdout.partition("digest:")[2]) == digest


@pytest.mark.usefixtures("logged_in")
def test_an_index_gives_each_platform_its_own(
    stackyard: Stackyard, registry: Registry, podman: tuple[str, ...], tmp_path: Path
) -> None:
    for architecture in ("amd64", "s390x"):
        layer = tmp_path / f"{architecture}.tar"
        (tmp_path / architecture).mkdir()
        (tmp_path / architecture / "name").write_text(architecture)
        run("tar", "-C", str(tmp_path / architecture), "-cf", str(layer), "name")
        part = f"{registry.address}/many/part:{architecture}"
        assert stackyard("import", "--platform", f"linux/{architecture}", str(layer), part).returncode == 0
        assert stackyard("push", part).returncode == 0
    run(*podman, "manifest", "create", "many")
    for architecture in ("amd64", "s390x"):
        part = f"docker://{registry.address}/many/part:{architecture}"
        run(*podman, "manifest", "add", "--tls-verify=false", "many", part)
    whole = f"{registry.address}/many/part:all"
    run(*podman, "manifest", "push", "--tls-verify=false", "--all", "many", f"docker://{whole}")

    for architecture in ("s390x", "amd64"):
        done = stackyard("pull", "-q", "--platform", f"linux/{architecture}", whole)
        assert done.returncode == 0, done.stderr
        seen = stackyard("image", "inspect", "-f", "{{.Architecture}}", whole)
        assert seen.stdout.strip() == architecture
    listed = json.loads(stackyard("manifest", "inspect", whole).stdout)
    assert {one["platform"]["architecture"] for one in listed["manifests"]} == {"amd64", "s390x"}

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import EngineError, Unreachable
from engine.registry import trust
from engine.registry.authorization import Authorization
from engine.registry.endpoints import Endpoint, endpoints
from engine.registry.session import Session
from engine.registry.settings import read
from tests.engine.registry.certificates import CA, CERTIFICATE, KEY
from tests.engine.registry.server import Fake, serving


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    (tmp_path / "host.crt").write_text(CERTIFICATE)
    (tmp_path / "host.key").write_text(KEY)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "host.crt", tmp_path / "host.key")
    with serving(Fake(), tls) as fake:
        yield fake


@pytest.fixture
def certs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "certs.d"
    monkeypatch.setattr(trust, "folders", lambda: [str(folder)])
    return folder


def greet(*doors: Endpoint) -> None:
    with Session(doors, Authorization()) as session, session.open("GET", "/v2/"):
        pass


def test_a_certificate_that_nobody_knows_is_refused_without_a_word_in_the_open(
    fake: Fake, certs: Path
) -> None:
    with pytest.raises(Unreachable, match="cannot trust") as failure:
        greet(_sure(fake))
    assert "certs.d" in (failure.value.resolution or "")
    assert fake.asked == []


def test_a_ca_in_certs_d_is_trusted(fake: Fake, certs: Path) -> None:
    (certs / fake.address).mkdir(parents=True)
    (certs / fake.address / "ca.crt").write_text(CA)

    greet(_sure(fake))

    assert len(fake.asked) == 1


def test_a_broken_certificate_is_told_by_its_path(fake: Fake, certs: Path) -> None:
    (certs / fake.address).mkdir(parents=True)
    (certs / fake.address / "ca.crt").write_text("nonsense")
    with pytest.raises(EngineError, match=r"ca\.crt"):
        greet(_sure(fake))


def test_an_insecure_registry_need_not_be_known(fake: Fake, certs: Path) -> None:
    greet(*endpoints(fake.address))


@pytest.mark.parametrize(
    ("domain", "bases"),
    [
        ("docker.io", ["https://registry-1.docker.io"]),
        ("r.example:5000", ["https://r.example:5000"]),
        ("localhost:5000", ["https://localhost:5000", "http://localhost:5000"]),
        ("127.9.9.9", ["https://127.9.9.9", "http://127.9.9.9"]),
        ("[::1]:5000", ["https://[::1]:5000", "http://[::1]:5000"]),
    ],
)
def test_only_this_machine_is_spoken_to_without_tls_by_default(domain: str, bases: list[str]) -> None:
    assert [door.base for door in endpoints(domain)] == bases


class TestSettings:
    def test_dockers_file(self, tmp_path: Path) -> None:
        (tmp_path / "daemon.json").write_text(
            '{"insecure-registries": ["10.0.0.0/8", "lab:5000"], "registry-mirrors": ["https://m.example/"]}'
        )
        found = read([str(tmp_path)])
        assert [found.is_insecure(name) for name in ("10.1.2.3:80", "lab:5000", "lab", "r.example")] == [
            True, True, False, False,
        ]  # fmt: skip
        assert [mirror.location for mirror in found.mirrors_of("docker.io")] == ["m.example"]
        assert found.mirrors_of("r.example") == []

    def test_podmans_file(self, tmp_path: Path) -> None:
        (tmp_path / "registries.conf").write_text(
            '[[registry]]\nlocation = "r.example"\ninsecure = true\n'
            '[[registry.mirror]]\nlocation = "m.example/r"\n'
            '[[registry]]\nprefix = "bad.example"\nblocked = true\n'
        )
        found = read([str(tmp_path)])
        assert found.is_insecure("r.example")
        assert [mirror.location for mirror in found.mirrors_of("r.example")] == ["m.example/r"]
        assert found.blocked == {"bad.example"}

    @pytest.mark.parametrize("name", ["daemon.json", "registries.conf"])
    def test_a_broken_file_is_told(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).write_text("{")
        with pytest.raises(EngineError, match=name):
            read([str(tmp_path)])


def _sure(fake: Fake) -> Endpoint:
    return Endpoint(f"https://{fake.address}")

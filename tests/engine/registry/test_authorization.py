from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from engine.errors import Denied, EngineError
from engine.images.images import Images
from engine.registry import session as sessions
from engine.registry.challenge import Challenge, challenges
from engine.registry.endpoints import Endpoint
from engine.registry.realm import allowed
from tests.engine.images.archives import make
from tests.engine.images.conftest import images as images
from tests.engine.images.conftest import paths as paths
from tests.engine.images.conftest import running as running
from tests.engine.images.conftest import store as store
from tests.engine.registry.server import Call, Fake, basic, serving

BUSY = make({"bin/": b"", "bin/sh": b"#!"})
RIGHT = basic("yard", "secret")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fake]:
    monkeypatch.setattr(sessions, "USUAL", sessions.Manner(delay=0.001))
    with serving(Fake()) as fake:
        fake.put("lab/busy", "1", BUSY)
        yield fake


@pytest.fixture
def logged_in(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "docker"
    folder.mkdir()
    auth = RIGHT.removeprefix("Basic ")
    (folder / "config.json").write_text(json.dumps({"auths": {fake.address: {"auth": auth}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


def wants(header: str, challenge: str) -> object:
    def trick(call: Call) -> bool:
        if call.path.startswith("/token") or call.headers.get("Authorization") == header:
            return False
        return call.refuse(401, "UNAUTHORIZED", "authentication required", WWW_Authenticate=challenge)

    return trick


def gives_tokens(call: Call) -> bool:
    if not call.path.startswith("/token"):
        return False
    if call.headers.get("Authorization") not in (None, RIGHT):
        return call.refuse(401, "UNAUTHORIZED", "wrong password")
    return call.answer(200, b'{"token": "abc"}')


class TestChallenges:
    def test_schemes_and_parameters_are_read(self) -> None:
        bearer = 'Bearer realm="https://a/t?x=1,2",service="s \\"q\\"", scope=repository:a:pull'
        assert challenges([f'{bearer}, Basic realm="b"']) == [
            Challenge(
                "bearer", {"realm": "https://a/t?x=1,2", "service": 's "q"', "scope": "repository:a:pull"}
            ),
            Challenge("basic", {"realm": "b"}),
        ]

    def test_what_is_none_is_passed_over(self) -> None:
        assert challenges(["", "=", "1"]) == []


class TestBasic:
    def test_the_kept_credential_is_shown_when_it_is_asked_for(
        self, images: Images, fake: Fake, logged_in: Path
    ) -> None:
        fake.tricks.append(wants(RIGHT, 'Basic realm="yard"'))  # type: ignore[arg-type]

        images.pull(f"{fake.address}/lab/busy:1")

        assert "Authorization" not in fake.asked[0][2]

    def test_nobody_without_one_gets_in(self, images: Images, fake: Fake) -> None:
        fake.tricks.append(wants(RIGHT, 'Basic realm="yard"'))  # type: ignore[arg-type]

        with pytest.raises(Denied, match="may require 'stackyard login'"):
            images.pull(f"{fake.address}/lab/busy:1")


class TestBearer:
    def test_a_token_is_fetched_once_with_the_scope_of_the_pull(
        self, images: Images, fake: Fake, logged_in: Path
    ) -> None:
        realm = f'Bearer realm="http://{fake.address}/token",service="yard"'
        fake.tricks += [gives_tokens, wants("Bearer abc", realm)]  # type: ignore[list-item]

        images.pull(f"{fake.address}/lab/busy:1")

        asked = [path for _, path, _ in fake.asked if path.startswith("/token")]
        assert [parse_qs(urlsplit(path).query) for path in asked] == [
            {"service": ["yard"], "scope": ["repository:lab/busy:pull"]}
        ]
        assert fake.requests("/token")[0]["Authorization"] == RIGHT

    @pytest.mark.parametrize(
        "realm",
        [
            "http://auth.example/token",
            "https://169.254.169.254/latest",
            "https://[fe80::1]/token",
            "https://[::ffff:169.254.1.1]/token",
            "https://127.0.0.1/token",
            "https://user:pw@93.184.216.34/token",
            "ftp://93.184.216.34/token",
            "https:///token",
        ],
    )
    def test_a_realm_that_must_not_see_credentials_is_refused(self, realm: str) -> None:
        with pytest.raises(Denied):
            allowed(realm, Endpoint("https://registry.example"))

    def test_a_realm_on_link_local_gets_nothing(self, images: Images, fake: Fake, logged_in: Path) -> None:
        challenge = 'Bearer realm="http://169.254.169.254/token"'
        fake.tricks.append(wants("Bearer abc", challenge))  # type: ignore[arg-type]

        with pytest.raises(Denied, match="which no registry may name"):
            images.pull(f"{fake.address}/lab/busy:1")

    def test_a_realm_that_redirects_is_refused(self, images: Images, fake: Fake, logged_in: Path) -> None:
        def redirects(call: Call) -> bool:
            return call.path.startswith("/token") and call.answer(307, Location="http://127.0.0.1:1/")

        realm = f'Bearer realm="http://{fake.address}/token"'
        fake.tricks += [redirects, wants("Bearer abc", realm)]  # type: ignore[list-item]

        with pytest.raises(Denied, match="redirects where a token was asked for"):
            images.pull(f"{fake.address}/lab/busy:1")


class TestRedirects:
    def test_another_host_sees_no_authorization(self, images: Images, fake: Fake, logged_in: Path) -> None:
        with serving(Fake()) as other:
            other.blobs = dict(fake.blobs)

            def redirects(call: Call) -> bool:
                if "/blobs/" not in call.path:
                    return False
                return call.answer(307, Location=f"http://{other.address}{call.path}")

            fake.tricks += [wants(RIGHT, 'Basic realm="yard"'), redirects]  # type: ignore[list-item]
            images.pull(f"{fake.address}/lab/busy:1")

            assert other.asked
            assert all("Authorization" not in headers for _, _, headers in other.asked)

    def test_a_redirect_without_an_end_ends(self, images: Images, fake: Fake) -> None:
        fake.tricks.append(lambda call: call.answer(302, Location=call.path))

        with pytest.raises(EngineError, match="redirects without an end"):
            images.pull(f"{fake.address}/lab/busy:1")


def test_a_realm_is_kept_as_it_is_named() -> None:
    url = allowed("https://93.184.216.34/token?a=b", Endpoint("https://registry.example"))
    assert url == httpx.URL("https://93.184.216.34/token?a=b")

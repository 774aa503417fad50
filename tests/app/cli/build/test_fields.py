"""The flags that are little languages, and docker's sentences for what they cannot say."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.build import fields, limits
from engine.build.request import Agent, Destination, Secret
from engine.errors import InvalidInput, Unsupported

AGENT = {"SSH_AUTH_SOCK": "/run/agent"}


@pytest.fixture
def key(tmp_path: Path) -> str:
    path = tmp_path / "key"
    path.write_text("s3cret")
    return str(path)


def test_secrets_name_where_they_are_read(key: str) -> None:
    words = [f"id=a,src={key}", f"id=b,source={key},type=file", "id=c,env=HOME", "type=env,id=d", "id=TOKEN"]
    assert fields.secrets(words, {"TOKEN": "x"}) == (
        Secret("a", key),
        Secret("b", key),
        Secret("c", "", "HOME"),
        Secret("d", "", "d"),
        Secret("TOKEN", "", "TOKEN"),
    )


def test_a_secret_of_a_file_named_like_it(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(key).parent)
    assert fields.secrets(["id=key"], {}) == (Secret("key", "key"),)


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("id", "could not parse secrets: [id]: invalid field 'id' must be a key=value pair"),
        ("foo=bar", "could not parse secrets: [foo=bar]: unexpected key 'foo' in 'foo=bar'"),
        ("id=x,type=nope", 'could not parse secrets: [id=x,type=nope]: unsupported secret type "nope"'),
        ("src=/x", "could not parse secrets: [src=/x]: secret missing ID"),
        (
            "id=x,src=/nope",
            "could not parse secrets: [id=x,src=/nope]: failed to stat /nope: "
            "stat /nope: no such file or directory",
        ),
        (
            "id=nope-x",
            "could not parse secrets: [id=nope-x]: failed to stat nope-x: "
            "stat nope-x: no such file or directory",
        ),
    ],
)
def test_secrets_that_cannot_be_read(word: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        fields.secrets([word], {})
    assert str(caught.value) == sentence


def test_agents_and_keys(key: str) -> None:
    assert fields.agents(["default", f"github={key}"], AGENT) == (Agent("default"), Agent("github", (key,)))


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        (
            "default",
            "could not parse ssh: [default]: invalid empty ssh agent socket, make sure SSH_AUTH_SOCK is set",
        ),
        ("default=/nope", "could not parse ssh: [default=/nope]: stat /nope: no such file or directory"),
    ],
)
def test_agents_that_are_not_there(word: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        fields.agents([word], {})
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("word", "destination"),
    [
        ("out", Destination("local", "out")),
        ("-", Destination("tar", "-")),
        ("type=local,dest=a b", Destination("local", "a b")),
        ("type=tar,dest=-", Destination("tar", "-")),
        ("type=oci,dest=x.tar,compression=gzip", Destination("oci", "x.tar", {"compression": "gzip"})),
        ("type=docker", Destination("docker")),
        ('type=image,"name=a,b"', Destination("image", "", {"name": "a,b"})),
    ],
)
def test_destinations(word: str, destination: Destination) -> None:
    assert fields.destinations([word]) == (destination,)


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("dest=x,type=local,foo", "failed to parse outputs: invalid value foo"),
        ("type=", "failed to parse outputs: type is required for output"),
        ("dest=x,foo=bar", "failed to parse outputs: type is required for output"),
        ("type=bogus", 'exporter "bogus" could not be found'),
        ("type=local", "dest is required for local output"),
        ("type=tar", "dest is required for tar output"),
    ],
)
def test_destinations_that_cannot_be_read(word: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        fields.destinations([word])
    assert str(caught.value) == sentence


@pytest.mark.parametrize("word", ["type=registry,ref=a", "type=image,name=a,push=true"])
def test_nothing_is_pushed(word: str) -> None:
    with pytest.raises(Unsupported, match="registries come with a later step"):
        fields.destinations([word])


def test_cache_sources() -> None:
    words = ["a:1,b", "old.tar", "type=registry,ref=me/app:cache", "ref=c"]
    assert fields.cache_sources(words) == ("a:1", "b", "old.tar", "me/app:cache", "c")


@pytest.mark.parametrize("word", ["type=gha", "type=local,src=x", "type=registry"])
def test_caches_of_other_builders_are_refused(word: str) -> None:
    with pytest.raises(Unsupported, match="images and archives only"):
        fields.cache_sources([word])


def test_contexts() -> None:
    assert fields.contexts(["Alpine=docker-image://alpine", "src=../x"]) == {
        "alpine": "docker-image://alpine",
        "src": "../x",
    }
    with pytest.raises(InvalidInput) as caught:
        fields.contexts(["x"])
    assert str(caught.value) == "invalid context value: x, expected key=value"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("db:1.2.3.4", "db:1.2.3.4"),
        ("db=1.2.3.4", "db:1.2.3.4"),
        ("db:::1", "db:::1"),
        ("db=[::1]", "db:::1"),
        ("host:host-gateway", "host:host-gateway"),
    ],
)
def test_hosts(text: str, kept: str) -> None:
    assert limits.host(text) == kept


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x", 'bad format for add-host: "x"'),
        ("a:b", 'invalid IP address in add-host: "b"'),
        (":1.2.3.4", 'bad format for add-host: ":1.2.3.4"'),
    ],
)
def test_hosts_that_cannot_be_read(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - compared below
        limits.host(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nope=1", "invalid ulimit type: nope"),
        ("nope", "invalid ulimit argument: nope"),
        ("nofile=1:2:3", "too many limit value arguments - 1:2:3, can only have up to two, `soft[:hard]`"),
        ("nofile=5:3", "ulimit soft limit must be less than or equal to hard limit: 5 > 3"),
        (
            "nofile=-1:3",
            "ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: 3",
        ),
        ("nofile=x", 'strconv.ParseInt: parsing "x": invalid syntax'),
    ],
)
def test_ulimits_that_cannot_be_read(text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - compared below
        limits.ulimit(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("text", ["nofile=5", "nofile=5:10", "core=0:-1", "memlock=-1:-1"])
def test_ulimits(text: str) -> None:
    assert limits.ulimit(text) == text

"""Mount points, beside what dockerd made of the same words."""

from __future__ import annotations

import posixpath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.containers.mounts.mountpoints import Point, by_depth, from_bind, from_mount, inherit, merge
from engine.errors import InvalidInput

HOST = {"Type": "bind", "Source": "/tmp", "Target": "/x"}


def shown(point: Point) -> tuple[str, ...]:
    document = point.document(point.source)
    return (point.type, point.name or point.source, point.destination, point.mode, str(document["RW"]),
            document["Propagation"])  # fmt: skip


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("vol:/v", ("volume", "vol", "/v", "z", "True", "")),
        ("vol:/v:ro", ("volume", "vol", "/v", "ro", "False", "")),
        ("vol:/v:nocopy", ("volume", "vol", "/v", "nocopy", "True", "")),
        ("vol:/v:Z", ("volume", "vol", "/v", "Z", "True", "")),
        ("vol:/v:z,ro", ("volume", "vol", "/v", "z,ro", "False", "")),
        ("vol:/v/../w/", ("volume", "vol", "/w", "z", "True", "")),
        ("/tmp:/v", ("bind", "/tmp", "/v", "", "True", "rprivate")),
        ("/tmp:/v:rshared", ("bind", "/tmp", "/v", "rshared", "True", "rshared")),
        ("/tmp:/v:rslave,ro", ("bind", "/tmp", "/v", "rslave,ro", "False", "rslave")),
        ("/tmp:/v:private", ("bind", "/tmp", "/v", "private", "True", "private")),
        ("/tmp:/v:consistent", ("bind", "/tmp", "/v", "consistent", "True", "rprivate")),
    ],
)
def test_a_bind_is_read_as_docker_reads_it(word: str, expected: tuple[str, ...]) -> None:
    assert shown(from_bind(word)) == expected


@pytest.mark.parametrize("place", ["vol", "./vol", "../vol", "/vol/"])
def test_a_place_alone_begins_at_the_root(place: str) -> None:
    (point,) = merge([], [], [place])
    assert (point.type, point.destination, point.anonymous) == ("volume", "/vol", True)


def test_a_volume_is_filled_unless_it_is_not_to_be() -> None:
    assert from_bind("vol:/v:ro").copied
    assert not from_bind("vol:/v:nocopy").copied
    assert not from_bind("/tmp:/v").copied
    assert from_bind("/tmp:/v").made


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("/a:/b:ro,rw", "invalid mode: ro,rw"),
        ("/a:/b:bogus", "invalid mode: bogus"),
        ("vol:/v:ro,ro", "invalid mode: ro,ro"),
        ("vol:/v:volume-nocopy", "invalid mode: volume-nocopy"),
        ("/anon:ro", "invalid volume specification: '/anon:ro'"),
        (
            "/x:/",
            "invalid volume specification: '/x:/': invalid mount config for type \"bind\": invalid"
            " specification: destination can't be '/'",
        ),
        (
            "/tmp:relative",
            "invalid volume specification: '/tmp:relative': invalid mount config for type \"bind\": invalid"
            " mount path: 'relative' mount path must be absolute",
        ),
        (
            "/q:/v:nocopy",
            "invalid volume specification: '/q:/v:nocopy': invalid mount config for type \"bind\": field"
            " VolumeOptions must not be specified",
        ),
        (
            "vol:/v:rshared",
            "invalid volume specification: 'vol:/v:rshared': invalid mount config for type \"volume\": field"
            " BindOptions must not be specified",
        ),
    ],
)
def test_a_bind_is_refused_in_dockers_words(word: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        from_bind(word)
    assert caught.value.brief == sentence


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({**HOST, "Source": "/nonex"}, "bind source path does not exist: /nonex"),
        ({**HOST, "Source": "nonex"}, "invalid mount path: 'nonex' mount path must be absolute"),
        ({**HOST, "Source": ""}, "field Source must not be empty"),
        ({**HOST, "BindOptions": {"Propagation": "bogus"}}, "invalid propagation mode: bogus"),
        ({"Type": "bogus", "Target": "/x"}, "mount type unknown"),
        ({"Type": "npipe", "Source": "a", "Target": "/x"}, "mount type unknown"),
        (
            {"Type": "volume", "Source": "v", "Target": "rel"},
            "invalid mount path: 'rel' mount path must be absolute",
        ),
        (
            {"Type": "volume", "Source": "v", "Target": "/"},
            "invalid specification: destination can't be '/'",
        ),
        ({"Type": "tmpfs", "Source": "foo", "Target": "/x"}, "field Source must not be specified"),
        (
            {"Type": "volume", "Target": "/x", "ReadOnly": True},
            "must not set ReadOnly mode when using anonymous volumes",
        ),
    ],
)
def test_a_mount_is_refused_in_dockers_words(document: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        from_mount(document)
    assert caught.value.brief == f'invalid mount config for type "{document["Type"]}": {sentence}'


def test_what_is_mounted_twice_is_refused() -> None:
    mount = {"Type": "volume", "Source": "b", "Target": "/v"}
    for binds, mounts, tmpfs in (
        (["a:/v", "b:/v/"], [], []),
        (["a:/v"], [mount], []),
        (["a:/v"], [], ["/v"]),
        ([], [mount], ["/v/"]),
    ):
        with pytest.raises(InvalidInput, match=r"^Duplicate mount point: /v$"):
            merge(binds, mounts, [], tmpfs=tmpfs)


def test_a_place_gives_way_to_whatever_is_named_there() -> None:
    lent = [from_bind("lent:/lent")]
    places = ["/own", "/named/", "/lent", "/memory"]
    points = merge(["vol:/named"], [], places, lent, tmpfs=["/memory"])
    assert [(point.destination, point.name, point.anonymous) for point in points] == [
        ("/lent", "lent", False),
        ("/named", "vol", False),
        ("/own", "", True),
    ]


def test_what_is_named_wins_over_what_is_inherited() -> None:
    points = merge(["mine:/v"], [], [], [from_bind("theirs:/v"), from_bind("other:/o")])
    assert [point.name for point in points] == ["other", "mine"]


def test_inherited_points_lose_their_mode_and_may_lose_more() -> None:
    points = [from_bind("vol:/v"), from_bind("/tmp:/t:ro"), from_mount({"Type": "tmpfs", "Target": "/m"})]
    assert [(p.writable, p.mode, p.copied) for p in inherit(points, "")] == [
        (True, "", False), (False, "", False),
    ]  # fmt: skip
    assert [point.writable for point in inherit(points, "ro")] == [False, False]
    with pytest.raises(InvalidInput, match=r"^invalid mode: bogus$"):
        inherit(points, "bogus")


WORDS = st.text(alphabet="/ab.:,rowz", min_size=1, max_size=14)


@given(WORDS)
def test_any_bind_is_read_or_refused(word: str) -> None:
    try:
        point = from_bind(word)
    except InvalidInput:
        return
    assert point.destination == posixpath.normpath(point.destination)
    assert point.destination.startswith("/")
    assert point.destination.strip("/")
    assert not point.destination.startswith("//")
    assert (point.type == "bind") == word.startswith("/")


@given(st.lists(st.lists(st.sampled_from("ab"), min_size=1, max_size=4), unique_by=tuple))
def test_whatever_lies_deeper_is_mounted_later(paths: list[list[str]]) -> None:
    points = by_depth(Point("tmpfs", "/" + "/".join(path)) for path in paths)
    seen: list[str] = []
    for point in points:
        assert not any(earlier.startswith(f"{point.destination}/") for earlier in seen)
        seen.append(point.destination)

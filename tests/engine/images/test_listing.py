from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

import pytest

from engine.errors import Ambiguous, InvalidInput, InvalidReference, NotFound
from engine.images.images import Images
from engine.store.store import Store
from tests.engine.images.archives import Made, make
from tests.engine.images.conftest import Add
from tests.engine.images.steps import build


def dated(day: int, **config: object) -> Made:
    return make({f"day{day}": b"x" * day}, created=f"2026-01-{day:02}T00:00:00Z", **config)


@pytest.fixture
def three(add: Add) -> dict[str, str]:
    return {
        "old": add(dated(1, config={"Labels": {"tier": "web", "team": "a"}}), "old:1", "r.example/old:1"),
        "mid": add(dated(2, config={"Labels": {"tier": "db"}}), "mid:1"),
        "new": add(dated(3)),
    }


def names(images: Images, three: dict[str, str], **filters: str | list[str]) -> list[str]:
    listed = images.list(
        {name: [value] if isinstance(value, str) else value for name, value in filters.items()}
    )
    kinds = {id: kind for kind, id in three.items()}
    return [kinds[image.id] for image in listed]


def test_the_newest_comes_first(images: Images, three: dict[str, str]) -> None:
    assert names(images, three) == ["new", "mid", "old"]


def test_an_image_is_listed_once_with_all_its_names(images: Images, three: dict[str, str]) -> None:
    image = images.list()[2]

    assert image.tags == ("old:1", "r.example/old:1")
    assert image == images.get("old:1")
    assert (image.size, image.created, image.labels) == (1, 1767225600.0, {"tier": "web", "team": "a"})


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"dangling": "true"}, ["new"]),
        ({"dangling": "false"}, ["mid", "old"]),
        ({"label": "tier"}, ["mid", "old"]),
        ({"label": "tier=db"}, ["mid"]),
        ({"label": ["tier=web", "team"]}, ["old"]),
        ({"label": ["tier=web", "team=b"]}, []),
        ({"before": "mid:1"}, ["old"]),
        ({"since": "old:1"}, ["new", "mid"]),
        ({"before": "mid:1", "dangling": "true"}, []),
        ({"until": "2026-01-02T12:00:00Z"}, ["mid", "old"]),
        ({"until": "1h"}, ["new", "mid", "old"]),
        ({"until": "1767225601"}, ["old"]),
        ({"reference": "o*"}, ["old"]),
        ({"reference": "*/old:*"}, ["old"]),
        ({"reference": ["mid", "old"]}, ["mid", "old"]),
        ({"reference": "*:2"}, []),
    ],
    ids=repr,
)
def test_filters_choose(
    images: Images, three: dict[str, str], filters: dict[str, str | list[str]], expected: list[str]
) -> None:
    assert names(images, three, **filters) == expected


def test_only_the_names_that_fit_are_shown(images: Images, three: dict[str, str]) -> None:
    assert [image.tags for image in images.list({"reference": ["old"]})] == [("old:1",)]


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({"foo": ["x"]}, "Invalid filter 'foo'"),
        ({"dangling": ["maybe"]}, "Invalid filter 'dangling=[maybe]'"),
        ({"reference": ["["]}, "syntax error in pattern"),
        ({"until": ["soon"]}, "failed to parse the time 'soon'"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(
    images: Images, filters: dict[str, list[str]], sentence: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        images.list(filters)

    assert caught.value.brief == sentence


def test_a_filter_s_image_must_exist(images: Images) -> None:
    with pytest.raises(NotFound, match="No such image: nope:latest"):
        images.list({"before": ["nope"]})


class TestSteps:
    """An unnamed image that others stand on is nobody's result; neither is a step of a build."""

    def test_steps_are_shown_only_on_demand(self, images: Images, store: Store, add: Add) -> None:
        base = add(dated(1), "base:1")
        one, two, app = build(store, base, {"a": b"1"}, {}, {}, name="app:1")

        assert {image.id for image in images.list()} == {base, app}
        assert {image.id for image in images.list(all=True)} == {base, one, two, app}

    def test_a_step_that_gets_a_name_is_shown(self, images: Images, store: Store) -> None:
        one, app = build(store, "", {"a": b"1"}, {}, name="app:1")
        images.tag(one, "one:1")

        assert {image.id for image in images.list()} == {one, app}

    def test_a_result_without_a_name_dangles_until_something_is_built_upon_it(
        self, images: Images, store: Store
    ) -> None:
        _one, app = build(store, "", {"a": b"1"}, {})
        assert [image.id for image in images.list({"dangling": ["true"]})] == [app]
        assert images.list({"dangling": ["false"]}, all=True) == []

        (more,) = build(store, app, {"b": b"1"})
        assert [image.id for image in images.list({"dangling": ["true"]}, all=True)] == [more]
        assert [image.id for image in images.list()] == [more]

    def test_what_a_failed_build_left_does_not_dangle(self, images: Images, store: Store) -> None:
        build(store, "", {"a": b"1"}, {})
        with store.transaction() as connection:
            connection.execute("UPDATE images SET step = 1")

        assert images.list() == images.list({"dangling": ["true"]}) == []
        assert len(images.list(all=True)) == 2


class TestNames:
    def test_a_tag_an_id_and_its_beginning_find_the_same_image(
        self, images: Images, three: dict[str, str]
    ) -> None:
        id = three["old"]

        for name in ("old:1", "docker.io/library/old:1", "r.example/old:1", id, id[7:], id[7:19], id[:15]):
            assert images.get(name).id == id, name

    def test_a_name_wins_over_an_id(self, images: Images, add: Add) -> None:
        first = add(dated(1), "first")
        second = add(dated(2), first[7:11])

        assert images.get(first[7:11]).id == second
        assert images.get(first[7:12]).id == first

    def test_the_beginning_of_two_ids_is_ambiguous(self, images: Images, store: Store, add: Add) -> None:
        id = add(dated(1), "one")
        twin = id[:20] + ("0" if id[20] != "0" else "1") + id[21:]
        with store.transaction() as connection:
            connection.execute(
                "INSERT INTO images SELECT ?, manifest, created, size, top, config, NULL, 0"
                " FROM images WHERE id = ?",
                (twin, id),
            )

        with pytest.raises(Ambiguous, match=f"Multiple IDs found with provided prefix: {id[7:20]}"):
            images.get(id[7:20])
        assert images.get(id[7:21]).id == id

    def test_a_digest_finds_what_was_pulled_by_it(self, images: Images, store: Store, add: Add) -> None:
        id, digest = add(dated(1), "one"), f"sha256:{'d' * 64}"
        with store.transaction() as connection:
            connection.execute("INSERT INTO digests VALUES (?, ?)", (f"docker.io/library/one@{digest}", id))

        assert images.get(f"one@{digest}").id == id
        assert images.get(f"one:tag@{digest}").id == id
        assert images.get("one").digests == (f"one@{digest}",)

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            ("nope", "No such image: nope:latest"),
            ("nope:1", "No such image: nope:1"),
            ("sha256:1111", "No such image: sha256:1111"),
            ("e" * 64, f"No such image: sha256:{'e' * 64}"),
            (f"x@sha256:{'e' * 64}", f"No such image: x@sha256:{'e' * 64}"),
        ],
    )
    def test_what_is_not_there_is_named_as_docker_does(
        self, images: Images, name: str, sentence: str
    ) -> None:
        with pytest.raises(NotFound) as caught:
            images.get(name)

        assert caught.value.brief == sentence

    def test_nonsense_is_no_name(self, images: Images) -> None:
        with pytest.raises(InvalidReference, match="invalid reference format"):
            images.get("a b")


def test_three_hundred_images_are_listed_without_touching_their_files(
    images: Images, store: Store, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = add(dated(1), "one")
    with store.transaction() as connection:
        for number in range(300):
            connection.execute(
                "INSERT INTO images SELECT ?, manifest, created, size, top, config, NULL, 0"
                " FROM images WHERE id = ?",
                (f"sha256:{number:064x}", id),
            )
            connection.execute(
                "INSERT INTO tags VALUES (?, ?, 0)",
                (f"docker.io/library/many:{number}", f"sha256:{number:064x}"),
            )
    queries: list[str] = []
    ask = store.query

    def counted(sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        queries.append(sql)
        return ask(sql, parameters)

    monkeypatch.setattr(store, "query", counted)
    monkeypatch.setattr(store, "content", None)
    begun = time.perf_counter()

    assert len(images.list()) == 301
    assert len(queries) <= 4
    assert time.perf_counter() - begun < 1

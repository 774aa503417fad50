from __future__ import annotations

import pytest

from engine.errors import InvalidInput, InvalidReference, NotFound
from engine.images.images import Images
from tests.engine.images.archives import make
from tests.engine.images.conftest import Add

BUSY = make({"a": b"1"})
OTHER = make({"b": b"2"}, config={"Labels": {"k": "v"}})


def test_an_image_may_have_many_names(images: Images, add: Add) -> None:
    add(BUSY, "busy:1")
    images.tag("busy:1", "r.example:5000/me/busy")
    images.tag(BUSY.id[7:19], "again")

    assert images.get(BUSY.id).tags == ("again:latest", "busy:1", "r.example:5000/me/busy:latest")


def test_a_name_moves_to_the_image_that_gets_it(images: Images, add: Add) -> None:
    add(BUSY, "busy:1")
    add(OTHER, "other:1")
    images.tag("other:1", "busy:1")

    assert images.get("busy:1").id == OTHER.id
    assert images.get(BUSY.id).tags == ()


@pytest.mark.parametrize(
    ("target", "kind", "sentence"),
    [
        (
            "Foo",
            InvalidReference,
            'Error parsing reference: "Foo" is not a valid repository/tag: '
            "invalid reference format: repository name (library/Foo) must be lowercase",
        ),
        (f"a@sha256:{'1' * 64}", InvalidInput, "refusing to create a tag with a digest reference"),
    ],
)
def test_what_cannot_be_a_name_is_refused(
    images: Images, add: Add, target: str, kind: type[InvalidInput], sentence: str
) -> None:
    add(BUSY, "busy:1")

    with pytest.raises(kind) as caught:
        images.tag("busy:1", target)
    assert caught.value.brief == sentence


def test_the_image_must_exist(images: Images) -> None:
    with pytest.raises(NotFound, match="No such image: nope:latest"):
        images.tag("nope", "a")


def test_what_happened_is_journalled_as_docker_tells_it(images: Images, add: Add) -> None:
    add(OTHER, "other:1")
    images.tag("other:1", "again")
    images.remove("again")
    images.remove("other:1")
    told = [(event.type, event.action, event.id, event.attributes["name"]) for event in images.events.read()]

    assert told == [
        ("image", "load", OTHER.id, OTHER.id),
        ("image", "tag", OTHER.id, "again:latest"),
        ("image", "untag", OTHER.id, OTHER.id),
        ("image", "untag", OTHER.id, OTHER.id),
        ("image", "delete", OTHER.id, OTHER.id),
    ]
    assert all(event.attributes["k"] == "v" for event in images.events.read())

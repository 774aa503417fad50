from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine.errors import Ambiguous, InvalidReference, NotFound

Run = Callable[..., Any]


def finder(kind: str, *known: str) -> Callable[..., dict[str, Any]]:
    def inspect(name: str, **_: object) -> dict[str, Any]:
        if name == "ab":
            raise Ambiguous("Multiple IDs found with provided prefix: ab")
        if " " in name:
            raise InvalidReference("invalid reference format")
        if name not in known:
            raise NotFound(f"No such {kind}: {name}")
        return {"Id": name, "Kind": kind, "Empty": {}, "None": None}

    return inspect


@pytest.fixture
def objects(yard: Any) -> Any:
    yard.containers.inspect = finder("container", "web")
    yard.images.inspect = finder("image", "web", "busy")
    yard.volumes.inspect = finder("volume", "data")
    yard.networks.inspect = finder("network", "net")
    return yard


@pytest.mark.usefixtures("objects")
def test_containers_come_before_images_before_networks_before_volumes(stackyard: Run) -> None:
    outcome = stackyard("inspect", "web", "busy", "net", "data")
    kinds = ["container", "image", "network", "volume"]
    assert [found["Kind"] for found in json.loads(outcome.out)] == kinds
    assert outcome.out.startswith('[\n    {\n        "Id": "web",\n')
    assert '"Empty": {},\n        "None": null\n    },' in outcome.out


@pytest.mark.usefixtures("objects")
def test_what_is_found_is_printed_beside_what_is_not(stackyard: Run) -> None:
    assert stackyard("inspect", "nosuch") == (1, "[]\n", "Error: No such object: nosuch\n")
    outcome = stackyard("inspect", "nosuch", "busy", "no name")
    assert (outcome.code, len(json.loads(outcome.out))) == (1, 1)
    assert outcome.err == "Error: No such object: nosuch\nError: No such object: no name\n"


@pytest.mark.usefixtures("objects")
def test_one_kind_only(stackyard: Run) -> None:
    assert json.loads(stackyard("inspect", "--type", "image", "web").out)[0]["Kind"] == "image"
    assert stackyard("image", "inspect", "data") == (1, "[]\n", "Error: No such image: data\n")
    assert stackyard("container", "inspect", "busy").err == "Error: No such container: busy\n"
    assert stackyard("volume", "inspect", "web").err == "Error: No such volume: web\n"
    assert stackyard("inspect", "--type", "foo", "x").err.startswith(
        '"foo" is not a valid value for --type\n'
    )


@pytest.mark.usefixtures("objects")
def test_an_ambiguous_id_is_not_called_missing(stackyard: Run) -> None:
    assert stackyard("inspect", "ab").err == "Error: Multiple IDs found with provided prefix: ab\n"


def test_sizes_are_asked_for(stackyard: Run, yard: Any) -> None:
    asked: list[object] = []
    yard.containers.inspect = lambda name, size: asked.append(size) or {}
    stackyard("inspect", "-s", "web")
    stackyard("container", "inspect", "web")
    assert asked == [True, False]

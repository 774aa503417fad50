from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.build.cache import Cache, Facts
from engine.build.cachefrom import Sources, Wanted, open_sources
from engine.events import EventLog
from engine.images.images import Images
from engine.images.listing import read
from engine.images.records import Image
from engine.paths import Paths
from engine.store.store import Store
from tests.engine.images.steps import build


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(Paths(f"{tmp_path}/yard", f"{tmp_path}/yard/run")) as store:
        yield store


def images_of(store: Store) -> Images:
    return Images(store, EventLog(store.paths.events))


def archive(tmp_path: Path) -> tuple[Path, str, list[str]]:
    """Build a base and an application elsewhere; return their archive and their ids."""
    with Store(Paths(f"{tmp_path}/other", f"{tmp_path}/other/run")) as other:
        (base,) = build(other, "", {"base": b"1"}, name="base")
        steps = build(other, base, {"a": b"1"}, {}, {"b": b"22"}, name="app")
        with open(tmp_path / "app.tar", "wb") as out:
            images_of(other).save(["base", "app"], out)
    return tmp_path / "app.tar", base, steps


@pytest.fixture
def elsewhere(store: Store, tmp_path: Path) -> tuple[str, str, Sources]:
    """An application that was built elsewhere: its base's id, its own, and itself as a source."""
    path, base, steps = archive(tmp_path)
    sources, _ = open_sources(store, EventLog(store.paths.events), images_of(store).get, [str(path)])
    return base, steps[-1], sources


def wanted(parent: Image | None, text: str, key: str = "key") -> Wanted:
    return Wanted(parent, text, {"Cmd": ["sh"], "Env": [f"STEP={key}"]}, Facts(key, text), "kin")


STEPS = ("does ['a']", "does []", "does ['b']")


def test_each_step_is_taken_in_turn_and_the_last_one_is_the_image_itself(
    store: Store, elsewhere: tuple[str, str, Sources]
) -> None:
    base, app, sources = elsewhere
    image: Image | None = read(store, base)
    for number, text in enumerate(STEPS):
        found = sources.find(wanted(image, text, str(number)))
        assert found
        assert found.parent == image.id if image else ""
        image = found

    assert image
    assert image.id == app
    assert [entry.id for entry in images_of(store).history(app)][-1] == base
    assert "<missing>" not in [entry.id for entry in images_of(store).history(app)]


def test_a_step_in_the_middle_has_the_config_that_the_build_says(
    store: Store, elsewhere: tuple[str, str, Sources]
) -> None:
    base, app, sources = elsewhere
    found = sources.find(wanted(read(store, base), STEPS[0]))

    assert found
    assert found.config["config"]["Env"] == ["STEP=key"]
    assert found.config["history"] == read(store, app).config["history"][:2]
    assert found.chain == read(store, app).chain[:2]
    assert found.id not in {image.id for image in images_of(store).list()}


def test_it_is_remembered_for_the_next_build(store: Store, elsewhere: tuple[str, str, Sources]) -> None:
    base, _, sources = elsewhere
    sought = wanted(read(store, base), STEPS[0])
    found = sources.find(sought)

    assert found
    assert Cache(store).find(sought.facts.key) == found.id


@pytest.mark.parametrize("text", ["does ['c']", STEPS[1], STEPS[2], ""])
def test_another_step_is_not_found(store: Store, elsewhere: tuple[str, str, Sources], text: str) -> None:
    base, _, sources = elsewhere

    assert sources.find(wanted(read(store, base), text)) is None


def test_another_base_with_the_same_texts_is_not_enough(
    store: Store, elsewhere: tuple[str, str, Sources]
) -> None:
    _, _, sources = elsewhere
    (base,) = build(store, "", {"base": b"2"})

    assert sources.find(wanted(read(store, base), STEPS[0])) is None


def test_an_image_without_a_history_continues_nothing(
    store: Store, elsewhere: tuple[str, str, Sources]
) -> None:
    base, app, sources = elsewhere
    silent = read(store, base)._replace(config={})

    assert sources.find(wanted(silent, STEPS[0])) is None
    assert Sources(store, [read(store, app)._replace(config={})]).find(wanted(None, STEPS[0])) is None


def test_what_comes_from_an_archive_has_no_name_and_goes_with_the_cache(
    store: Store, elsewhere: tuple[str, str, Sources]
) -> None:
    assert images_of(store).list() == []
    assert len(images_of(store).list(all=True)) == 2


def test_names_are_images_before_they_are_files(store: Store, tmp_path: Path) -> None:
    path, _, _ = archive(tmp_path)
    (id,) = build(store, "", {"x": b"1"}, name="app")
    find = images_of(store).get
    sources, missing = open_sources(
        store, EventLog(store.paths.events), find, ["app", "nowhere", path.name], str(tmp_path)
    )

    assert missing == ["nowhere"]
    assert sources.images[0].id == id
    assert len(sources.images) == 3


def test_an_image_that_was_there_keeps_its_place(store: Store, tmp_path: Path) -> None:
    path, _, steps = archive(tmp_path)
    with open(path, "rb") as stream:
        list(images_of(store).load(stream))
    open_sources(store, EventLog(store.paths.events), images_of(store).get, [str(path)])

    assert {tag for image in images_of(store).list() for tag in image.tags} == {"app:latest", "base:latest"}
    assert json.loads(store.content.read(steps[-1]))["os"] == "linux"

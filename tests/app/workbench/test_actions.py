"""What can be done, when, and what it equals."""

from __future__ import annotations

import pytest

from app.workbench.actions import Selection, hints, line, question, refusal, words
from app.workbench.yard import Container, Kind, Lists, Volume
from tests.app.workbench.fakeyard import NOW, container_id, digest, some_containers, some_images

LISTS = Lists(
    tuple(some_images()),
    tuple(some_containers()),
    (Volume("data", "local", NOW), Volume("cache", "local", NOW)),
)


def chosen(name: str, kind: Kind = "container") -> Selection:
    if kind == "container":
        one = next(one for one in LISTS.containers if one.name == name)
        return Selection(kind, one.id, one.id, name)
    if kind == "image":
        image = next(one for one in LISTS.images if name in (*one.tags, one.id))
        return Selection(kind, f"{image.id} {name if image.tags else ''}", name, name)
    return Selection(kind, name, name, name)


@pytest.mark.parametrize(
    ("action", "name", "reason"),
    [
        ("stop", "web", None),
        ("stop", "cron", "cron is already stopped"),
        ("stop", "spare", "spare was never started"),
        ("start", "web", "web is already running"),
        ("start", "cron", None),
        ("start", "spare", None),
        ("kill", "cron", "cron is not running"),
        ("kill", "web", None),
        ("restart", "cron", None),
        ("remove", "web", None),
        ("rename", "web", None),
        ("run", "web", "You can run only an image"),
        ("tag", "web", "You can tag only an image"),
    ],
)
def test_containers(action: str, name: str, reason: str | None) -> None:
    assert refusal(action, chosen(name), LISTS) == reason


def test_a_paused_container_is_not_started() -> None:
    paused = Container(container_id(9), "p", "i", digest(1), "sh", NOW, "paused")
    selection = Selection("container", paused.id, paused.id, "p")
    assert refusal("start", selection, Lists((), (paused,))) == "p is paused, not stopped"


@pytest.mark.parametrize(
    ("action", "name", "reason"),
    [
        ("remove", "debian:bookworm", "debian:bookworm is used by cron, spare: remove that first"),
        ("remove", "shop/web:1.4", None),
        ("remove", digest(3), None),
        ("stop", "shop/web:1.4", "You can stop only a container"),
        ("logs", "shop/web:1.4", "Only a container has a log"),
    ],
)
def test_images(action: str, name: str, reason: str | None) -> None:
    assert refusal(action, chosen(name, "image"), LISTS) == reason


def test_volumes_in_use_stay() -> None:
    assert refusal("remove", chosen("data", "volume"), LISTS) == "data is used by web: remove that first"
    assert refusal("remove", chosen("cache", "volume"), LISTS) is None


def test_nothing_is_done_to_nothing() -> None:
    assert refusal("stop", Selection("container"), LISTS) == "There is no container here"
    assert refusal("copy", Selection("build"), LISTS) == "There is no build here"


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        (
            "web",
            "container",
            ["logs", "exec", "stop", "restart", "pause", "kill", "rename", "remove", "copy id", "filter"],
        ),
        ("cron", "container", ["logs", "start", "rename", "remove", "copy id", "filter"]),
        ("shop/web:1.4", "image", ["run", "tag", "remove", "copy id", "filter", "import"]),
        ("debian:bookworm", "image", ["run", "tag", "copy id", "filter", "import"]),
        ("data", "volume", ["new", "copy id", "filter"]),
    ],
)
def test_hints_name_only_what_is_legal(name: str, kind: Kind, shown: list[str]) -> None:
    assert [key.hint for key in hints(chosen(name, kind), LISTS)] == shown


@pytest.mark.parametrize(
    ("action", "name", "kind", "argument", "command"),
    [
        ("stop", "web", "container", "", "$ stackyard stop web"),
        ("remove", "web", "container", "", "$ stackyard rm -f web"),
        ("remove", "cron", "container", "", "$ stackyard rm cron"),
        ("rename", "web", "container", "a b", "$ stackyard rename web 'a b'"),
        ("remove", "shop/web:1.4", "image", "", "$ stackyard rmi shop/web:1.4"),
        ("remove", digest(3), "image", "", "$ stackyard rmi 000300030003"),
        ("tag", "shop/web:1.4", "image", "mine:1", "$ stackyard tag shop/web:1.4 mine:1"),
        ("remove", "cache", "volume", "", "$ stackyard volume rm cache"),
        ("prune", "web", "container", "", "$ stackyard container prune -f"),
    ],
)
def test_the_command_it_equals(action: str, name: str, kind: Kind, argument: str, command: str) -> None:
    assert line(words(action, chosen(name, kind), LISTS, argument)) == command


def test_questions_tell_what_is_lost() -> None:
    asked = question("remove", chosen("web"), LISTS)
    assert asked.title == "Remove container web?"
    assert asked.consequences[0] == "It is running: it is killed first."
    assert "1 volume stays." in asked.consequences
    assert question("remove", chosen("shop/web:1.4", "image"), LISTS).consequences == (
        "The image stays, as shop/web:latest.",
    )


def test_pruning_names_its_victims() -> None:
    told = question("prune", chosen("web"), LISTS).consequences
    assert told[0] == "3 containers: migrate, cron, spare"
    assert question("prune", chosen("shop/web:1.4", "image"), LISTS).consequences == (
        "1 image: 000300030003",
    )
    none = Lists((), tuple(one for one in LISTS.containers if one.alive))
    assert (
        question("prune", chosen("web"), none).consequences[0]
        == "None at the moment: there is no such container."
    )

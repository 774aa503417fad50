"""What can stand where, in lines of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from app.cli.catalogue import NOUNS, VERBS
from app.cli.completing import values
from app.cli.program import completer, load
from engine.errors import NotFound


def _container(name: str, status: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, image="shop/web:1.4", state=SimpleNamespace(status=status))


def _item(name: str, nature: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, nature=nature, mark="")


class Browser:
    def list(self, path: str) -> list[SimpleNamespace]:
        return {
            "/": [_item("etc", "directory"), _item("init", "file")],
            "/etc/": [_item("my conf", "file")],
        }[path]

    def close(self) -> None:
        pass


class Yard:
    """An engine with a few objects."""

    def __init__(self) -> None:
        crew = [_container("web", "running"), _container("cron", "exited"), _container("held", "paused")]
        images = [
            SimpleNamespace(id="sha256:" + "1" * 64, tags=("shop/web:1.4", "shop/web:latest")),
            SimpleNamespace(id="sha256:" + "2" * 64, tags=()),
        ]
        self.containers = SimpleNamespace(list=lambda all: crew, browse=self._browse)
        self.images = SimpleNamespace(list=lambda: images)
        networks = [SimpleNamespace(name=name, driver=name) for name in ("front", "host", "none")]
        self.networks = SimpleNamespace(all=lambda: networks)
        self.volumes = SimpleNamespace(list=lambda: [SimpleNamespace(name="data", driver="local")])

    def _browse(self, name: str) -> Browser:
        if name != "web":
            raise NotFound(f"No such container: {name}")
        return Browser()


Complete = Callable[..., list[str]]


@pytest.fixture
def ask() -> Callable[..., Any]:
    asked = completer(None, Yard())  # type: ignore[arg-type]
    return lambda *words: asked(words)


@pytest.fixture
def complete(ask: Callable[..., Any]) -> Complete:
    return lambda *words: [one.text for one in ask(*words).words if one.text.startswith(words[-1])]


def test_verbs_and_nouns_with_what_they_do(ask: Callable[..., Any], complete: Complete) -> None:
    assert complete("ru") == ["run"]
    assert {"container", "run", "ps"} <= set(complete(""))
    assert dict(offer[:2] for offer in ask("").words)["run"] == "Run a command in a new container"
    assert complete("image", "h") == ["history"]
    assert complete("help", "image", "h") == ["history"]
    assert complete("--root", "run", "imag") == ["image", "images"]


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("exec ", ["web"]),
        ("stop ", ["web", "held"]),
        ("unpause ", ["held"]),
        ("start ", ["cron"]),
        ("container start ", ["cron"]),
        ("logs ", ["web", "cron", "held"]),
        ("rm web ", ["cron", "held"]),
        ("rename web ", []),
        ("run ", ["shop/web:1.4", "shop/web:latest", "222222222222"]),
        ("run -d --name x ", ["shop/web:1.4", "shop/web:latest", "222222222222"]),
        ("run shop/web:1.4 sh ", []),
        ("run shop/web:1.4 -", []),
        ("volume rm ", ["data"]),
        ("run --volumes-from ", ["web", "cron", "held"]),
        ("run --restart=un", ["--restart=unless-stopped"]),
        ("run --network ", ["front", "host", "none", "container:"]),
        ("run --network container:", ["container:web", "container:cron", "container:held", "container:"]),
        ("run -itv ", ["data"]),
        ("ps -f status=e", ["status=exited"]),
        ("ps --format {{.St", ["{{.Status}}", "{{.State}}"]),
        ("stop --sig", ["--signal"]),
        ("cp web:", ["web:/etc/", "web:/init"]),
        ("cp web:/etc/", ["web:/etc/my conf"]),
        ("cp cron:/", []),
        ("cp c", ["cron:"]),
        ("completion z", ["zsh"]),
        ("nothing ", []),
        ("image nothing ", []),
    ],
)
def test_what_can_stand_there(complete: Complete, line: str, offers: list[str]) -> None:
    assert complete(*line.split(" ")) == offers


def test_files_are_welcome_where_a_path_is_named(ask: Callable[..., Any]) -> None:
    for line in ("build ", "cp ", "cp web:/x ", "run --env-file ", "import ", "run -v "):
        assert ask(*line.split(" ")).files, line
    assert not ask("rm", "").files


def test_a_flag_that_is_refused_is_not_offered(complete: Complete) -> None:
    assert "--link-local-ip" not in complete("run", "--li")
    assert "--init" in complete("run", "--i")
    assert "--help" in complete("run", "--h")


def _entries() -> Iterator[tuple[str, Any]]:
    for verbs in (VERBS, *(noun.verbs for noun in NOUNS.values())):
        for entry in verbs.values():
            yield entry.place, load(entry)


def test_the_tables_name_only_what_there_is() -> None:
    commands = dict(_entries())
    flags = {flag.name for command in commands.values() for flag in command.flags}
    assert set(values.FLAGS) <= flags
    for table, flag in ((values.FILTERS, "filter"), (values.FIELDS, "format")):
        for place in table:
            assert flag in {one.name for one in commands[place].flags}
    for place, words in values.WORDS.items():
        assert words
        assert commands[place].most != 0


def test_an_engine_that_cannot_be_asked_offers_nothing() -> None:
    def broken() -> None:
        raise NotFound("no store")

    yard = SimpleNamespace(containers=SimpleNamespace(list=lambda all: broken()))
    assert completer(None, yard)(("rm", "")).words == ()  # type: ignore[arg-type]

"""Which changed files a build is made for."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.build.request import Request
from engine.develop.request import Rule, Watched
from engine.develop.scope import Scope
from engine.errors import InvalidInput, NotFound


@pytest.fixture
def context(tmp_path: Path) -> Path:
    context = tmp_path / "site"
    context.mkdir()
    (context / "Dockerfile").write_text("FROM scratch\n")
    return context


def scope(context: Path, *rules: Rule, **more: object) -> Scope:
    return Scope(Watched(Request(context=str(context), **more), rules=rules))  # type: ignore[arg-type]


def actions(scope: Scope, path: Path) -> list[str]:
    return [rule.action for rule in scope.judge(str(path))]


def test_every_file_of_the_context_makes_a_build(context: Path) -> None:
    assert actions(scope(context), context / "deep" / "app.py") == ["rebuild"]


def test_what_is_ignored_makes_none(context: Path) -> None:
    (context / ".dockerignore").write_text("*.log\nnode_modules\n!keep.log\n")
    here = scope(context)
    assert actions(here, context / "x.log") == []
    assert actions(here, context / "node_modules" / "a" / "b.js") == []
    assert actions(here, context / "keep.log") == ["rebuild"]


def test_the_dockerfile_and_the_dockerignore_count_even_where_they_are_ignored(context: Path) -> None:
    (context / ".dockerignore").write_text("*\n")
    here = scope(context)
    assert actions(here, context / "Dockerfile") == ["rebuild"]
    assert actions(here, context / ".dockerignore") == ["rebuild"]
    assert actions(here, context / "app.py") == []


def test_a_dockerfile_outside_of_the_context_is_watched_and_its_neighbours_are_not(context: Path) -> None:
    outside = context.parent / "docker" / "Site.Dockerfile"
    outside.parent.mkdir()
    outside.write_text("FROM scratch\n")
    here = scope(context, dockerfile=str(outside))
    assert list(here.folders) == [str(outside.parent)]
    assert actions(here, outside) == ["rebuild"]
    assert actions(here, outside.with_name("Site.Dockerfile.dockerignore")) == ["rebuild"]
    assert actions(here, outside.with_name("other")) == []


def test_where_a_linked_dockerfile_leads_is_watched(context: Path) -> None:
    real = context.parent / "real" / "Dockerfile"
    real.parent.mkdir()
    real.write_text("FROM scratch\n")
    (context / "Linked").symlink_to(real)
    here = scope(context, dockerfile=str(context / "Linked"))
    assert str(real.parent) in here.folders
    assert actions(here, real) == ["rebuild"]


def test_a_named_context_is_watched_with_what_it_ignores(context: Path) -> None:
    shared = context.parent / "shared"
    shared.mkdir()
    (shared / ".dockerignore").write_text("*.o\n")
    here = scope(context, contexts={"shared": str(shared)})
    assert list(here.trees) == [str(context), str(shared)]
    assert actions(here, shared / "lib.c") == ["rebuild"]
    assert actions(here, shared / "lib.o") == []


def test_a_changed_dockerignore_counts_from_the_next_round_on(context: Path) -> None:
    here = scope(context)
    (context / ".dockerignore").write_text("*.log\n")
    here.refresh()
    assert actions(here, context / "x.log") == []


def test_a_rule_says_what_is_done_instead(context: Path) -> None:
    web = Rule("sync", str(context / "web"), "/srv/web", ("*.map", "cache/"))
    here = scope(context, web)
    assert actions(here, context / "web" / "a.css") == ["sync"]
    assert actions(here, context / "web" / "a.map") == []
    assert actions(here, context / "web" / "cache" / "x") == []
    assert actions(here, context / "app.py") == ["rebuild"]


def test_a_rule_may_be_for_one_file_outside_of_the_context(context: Path) -> None:
    settings = context.parent / "settings.ini"
    settings.write_text("")
    here = scope(context, Rule("restart", str(settings)))
    assert actions(here, settings) == ["restart"]
    assert list(here.folders) == [str(context.parent)]
    assert actions(here, settings.with_name("other")) == []


def test_what_is_no_folder_cannot_be_watched(context: Path) -> None:
    with pytest.raises(NotFound, match="there is no such folder"):
        scope(context / "missing")
    with pytest.raises(InvalidInput, match="standard input"):
        Scope(Watched(Request(context="-")))

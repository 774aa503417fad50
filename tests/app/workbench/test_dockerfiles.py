"""Finding Dockerfiles, and writing a build that was as the command it would be."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.workbench import dockerfiles
from app.workbench.localbuilds import LocalBuilds, typed
from app.workbench.yard import Line
from engine.build.journal.journal import Journal
from engine.build.request import Agent, Destination, Request, Secret
from engine.errors import Conflict, InUse
from engine.paths import Paths

ID = "a" * 64


def test_the_nearest_are_found_first(tmp_path: Path) -> None:
    names = ("x/y/Dockerfile", "b/Dockerfile.dev", "a/app.dockerfile", "Containerfile", "dockerfile")
    others = (
        "Dockerfile.dockerignore",
        ".git/Dockerfile",
        "node_modules/a/Dockerfile",
        "Dockerfile~",
        "a/b.txt",
    )
    for name in (*names, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    assert dockerfiles.find(str(tmp_path)) == [
        "Containerfile",
        "dockerfile",
        "a/app.dockerfile",
        "b/Dockerfile.dev",
        "x/y/Dockerfile",
    ]


def test_a_great_many_folders_are_not_all_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dockerfiles, "FOLDERS", 5)
    for number in range(20):
        (tmp_path / f"{number:02}").mkdir()
        (tmp_path / f"{number:02}" / "Dockerfile").touch()
    assert len(dockerfiles.find(str(tmp_path))) == 4


def again(root: str, request: Request) -> Line:
    paths = Paths(root, "")
    Journal.begin(paths, ID, request).close()
    return LocalBuilds(paths).again(ID)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request("."), "build ."),
        (Request("/srv", tags=("a", "b:1")), "build -t a -t b:1 /srv"),
        (Request(".", dockerfile="x/Dockerfile", target="t"), "build -f x/Dockerfile --target t ."),
        (Request(".", arguments={"A": "1 2", "B": None}), "build --build-arg A=1 2 --build-arg B ."),
        (Request(".", no_cache=True, pull=True, network="none"), "build --no-cache --pull --network none ."),
        (
            Request(".", secrets=(Secret("a", path="/k"), Secret("b", variable="V"))),
            "build --secret id=a,src=/k --secret id=b,env=V .",
        ),
        (Request(".", agents=(Agent("default"), Agent("k", ("/k",)))), "build --ssh default --ssh k=/k ."),
        (Request(".", output=(Destination("local", "out"),)), "build -o type=local,dest=out ."),
        (Request("https://x/y.git#main"), "build https://x/y.git#main"),
    ],
)
def test_a_build_is_written_as_it_was_asked_for(root: str, request_: Request, words: str) -> None:
    assert " ".join(again(root, request_).words) == words


def test_a_dockerfile_from_standard_input_was_kept(root: str) -> None:
    line = again(root, Request(".", folder="/srv", dockerfile="-"))
    assert line == Line(["build", "-f", f"{root}/builds/{ID}/Dockerfile", "."], "/srv")


def test_a_context_from_standard_input_is_gone(root: str) -> None:
    with pytest.raises(Conflict, match="standard input"):
        again(root, Request("-"))


def test_a_command_tells_its_folder_where_it_is_another() -> None:
    assert typed(Line(["build", "a b"], "/srv"), "/srv") == "$ stackyard build 'a b'"
    assert typed(Line(["build", "."], "/my srv"), "/srv") == "$ cd '/my srv' && stackyard build ."


def test_a_running_build_is_not_forgotten(root: str) -> None:
    paths = Paths(root, "")
    with Journal.begin(paths, ID, Request()), pytest.raises(InUse):
        LocalBuilds(paths).remove_build(ID)
    LocalBuilds(paths).remove_build(ID)
    assert LocalBuilds(paths).builds() == ()

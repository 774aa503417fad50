"""Saving a file of a watched context: the image follows, and the container that runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.build.request import Request
from engine.cancelling import Cancel
from engine.containers.options import Options
from engine.develop.events import (
    Answered,
    Built,
    Copied,
    Dropped,
    Failed,
    Kept,
    Overtaken,
    Replaced,
    Saved,
    Waits,
)
from engine.develop.request import Rule, Watched
from engine.engine import Engine
from engine.errors import AlreadyExists
from tests.system.conftest import BASE
from tests.system.saving import Watching, like_code, like_vim, plain

pytestmark = pytest.mark.root

RUN = Options(name="site", network="none")
DOCKERFILE = f"FROM {BASE}\nWORKDIR /srv\nCOPY . .\nCMD [\"sh\", \"app.sh\"]\n"
APP = "echo {}\nsleep 1000\n"


@pytest.fixture
def context(yard: Engine, tmp_path: Path) -> Iterator[Path]:
    context = tmp_path / "site"
    context.mkdir()
    (context / "Dockerfile").write_text(DOCKERFILE)
    (context / "app.sh").write_text(APP.format("first"))
    yield context
    for container in yard.containers.list(all=True):
        yard.containers.remove(container.id, force=True, volumes=True)
    for image in yard.images.list():
        if BASE not in image.tags and "yard/python:latest" not in image.tags:
            yard.images.remove(image.id, force=True)


def request(context: Path, **more: object) -> Request:
    return Request(context=str(context), tags=("site",), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("save", [plain, like_vim, like_code])
def test_a_saved_file_is_what_runs_next(
    yard: Engine, context: Path, save: Callable[[Path, str], None]
) -> None:
    with Watching(yard, Watched(request(context), RUN)) as watching:
        assert watching.until(Answered).line == "first"
        for number in range(3):
            save(context / "app.sh", APP.format(f"answer {number}"))
            replaced, answered = watching.until(Replaced), watching.until(Answered)
            assert (replaced.name, answered.line) == ("site", f"answer {number}")
            assert [one.name for one in yard.containers.list(all=True)] == ["site"]
        saves = [event for event in watching.told if isinstance(event, Saved)]
        # Atomic or not: one save is one round, and names the file alone.
        assert [one.paths for one in saves] == [(), *[("app.sh",)] * 3]


def test_the_superseded_images_go_and_a_named_one_stays(yard: Engine, context: Path) -> None:
    with Watching(yard, Watched(request(context), RUN)) as watching:
        first = watching.until(Built).image
        watching.until(Answered)
        yard.images.tag("site", "keep")
        plain(context / "app.sh", APP.format(2))
        second = watching.until(Built).image
        watching.until(Answered)
        plain(context / "app.sh", APP.format(3))
        assert watching.until(Dropped).image == second
    assert yard.images.get("keep").id == first
    assert not any(one.id == second for one in yard.images.list(all=True))


def test_a_build_that_fails_keeps_what_runs_and_says_where_it_failed(yard: Engine, context: Path) -> None:
    with Watching(yard, Watched(request(context), RUN)) as watching:
        before = watching.until(Replaced).container
        plain(context / "Dockerfile", DOCKERFILE + "RUN echo about to fail; exit 3\n")
        failed = watching.until(Failed)
        assert (failed.line, failed.step, failed.output) == (5, 5, ("about to fail",))
        assert failed.text == "RUN echo about to fail; exit 3"
        plain(context / "Dockerfile", DOCKERFILE + "RUNN echo\n")
        assert "unknown instruction: RUNN" in watching.until(Failed).message
        assert yard.containers.get("site").id == before
        assert yard.containers.get("site").state.running
        plain(context / "Dockerfile", DOCKERFILE + "LABEL mended=yes\n")
        assert watching.until(Replaced).instead == before


def test_an_image_that_cannot_be_started_gives_way_to_the_old_one(yard: Engine, context: Path) -> None:
    with Watching(yard, Watched(request(context), RUN)) as watching:
        before = watching.until(Replaced).container
        plain(context / "Dockerfile", DOCKERFILE + 'CMD ["/no/such/program"]\n')
        assert "cannot be started" in watching.until(Failed).message
        assert yard.containers.get("site").id == before
        assert yard.containers.get("site").state.running
        assert len(yard.containers.list(all=True)) == 1
        plain(context / "Dockerfile", DOCKERFILE + "LABEL mended=yes\n")
        assert watching.until(Replaced).instead == before


def test_the_same_image_replaces_nothing(yard: Engine, context: Path) -> None:
    with Watching(yard, Watched(request(context), RUN)) as watching:
        before = watching.until(Replaced).container
        os.utime(context / "app.sh")
        assert "the same" in watching.until(Kept).why
        assert yard.containers.get("site").id == before


def test_what_editors_leave_for_a_moment_and_what_is_ignored_begin_nothing(
    yard: Engine, context: Path
) -> None:
    (context / ".dockerignore").write_text("*.log\n")
    with Watching(yard, Watched(request(context), RUN)) as watching:
        watching.until(Answered)
        for name in ("4913", ".app.sh.swp", "app.sh~", "app.sh___jb_tmp___", "x.log"):
            (context / name).write_text("x")
        gone = context / "draft"
        gone.write_text("x")
        gone.unlink()
        assert watching.quiet(0.4) == []


def test_a_save_in_the_middle_of_a_build_ends_it_and_the_latest_wins(yard: Engine, context: Path) -> None:
    slow = DOCKERFILE.replace("CMD", "RUN if grep -q slow app.sh; then sleep 1000; fi\nCMD")
    plain(context / "Dockerfile", slow)
    with Watching(yard, Watched(request(context), RUN)) as watching:
        watching.until(Answered)
        plain(context / "app.sh", "echo slow\n")
        watching.until(Saved)
        assert watching.quiet(0.4)
        plain(context / "app.sh", APP.format("latest"))
        watching.until(Overtaken)
        assert watching.until(Answered).line == "latest"
    assert len([event for event in watching.told if isinstance(event, Replaced)]) == 2


def test_a_context_that_was_deleted_is_waited_for_and_is_new_when_it_is_back(
    yard: Engine, context: Path
) -> None:
    with Watching(yard, Watched(request(context), RUN)) as watching:
        before = watching.until(Replaced).container
        aside = context.with_name("aside")
        os.rename(context, aside)
        assert "is gone" in watching.until(Waits).why
        assert yard.containers.get("site").id == before
        shutil.copytree(aside, context)
        plain(context / "app.sh", APP.format("back"))
        watching.until(Answered, lambda event: event.line == "back")
        plain(context / "app.sh", APP.format("seen again"))
        watching.until(Answered, lambda event: event.line == "seen again")


def test_thousands_of_files_at_once_are_all_in_what_runs_in_the_end(yard: Engine, context: Path) -> None:
    with Watching(yard, Watched(request(context), RUN)) as watching:
        watching.until(Answered)
        for folder in range(50):
            (context / f"d{folder}").mkdir()
            for number in range(100):
                (context / f"d{folder}" / str(number)).touch()
        plain(context / "app.sh", APP.format("all"))
        watching.until(Answered, lambda event: event.line == "all")
        while watching.quiet(1.0):
            pass  # A build that read the tree while it was written has been followed by another one.
        assert not [event for event in watching.told if isinstance(event, Built)][-1].behind
        out = context.parent / "out"
        yard.containers.copy_from("site", "/srv", str(out))
        assert sum(path.is_file() for path in out.rglob("*")) == 5002


def test_containers_that_run_the_tag_are_replaced_by_their_like(yard: Engine, context: Path) -> None:
    yard.builds.build(request(context), lambda _: None)
    options = Options(
        name="mine", network="none", environment=("MODE=dev",), labels={"a": "b"}, workdir="/",
        command=("sh", "-c", "echo $MODE; exec sleep 1000"), volumes=("/data",), tty=True,
    )  # fmt: skip
    id = yard.containers.create("site", options)
    yard.containers.start(id)
    old = yard.containers.get(id)
    with Watching(yard, Watched(request(context))) as watching:
        watching.until(Kept)
        plain(context / "Dockerfile", DOCKERFILE + "ENV ADDED=1\nLABEL c=d\n")
        replaced = watching.until(Replaced)
        assert (replaced.name, replaced.instead) == ("mine", id)
        assert watching.until(Answered).line == "dev"
    new = yard.containers.get("mine")
    assert (new.command, new.volumes, new.host_config) == (old.command, old.volumes, old.host_config)
    config = new.config["Config"]
    assert config["Labels"] == {"a": "b", "c": "d"}
    assert {"MODE=dev", "ADDED=1"} <= set(config["Env"])
    assert (config["WorkingDir"], config["Tty"], config["Hostname"]) == ("/", True, new.id[:12])


def test_a_container_of_another_image_is_never_replaced(yard: Engine, context: Path) -> None:
    yard.containers.create(BASE, RUN._replace(command=("true",)))
    with pytest.raises(AlreadyExists, match="is of another image"):
        list(yard.watches.watch(Watched(request(context), RUN), Cancel()))


def test_a_watch_is_seen_by_whoever_looks(yard: Engine, context: Path) -> None:
    with Watching(yard, Watched(request(context), RUN)) as watching:
        watching.until(Answered)
        plain(context / "app.sh", APP.format("second"))
        watching.until(Answered)
        (seen,) = [one for one in Engine(yard.paths.root).watches.list() if one.alive]
        assert (seen.context, seen.tags, seen.pid) == (str(context), ("site",), os.getpid())
        last = seen.history.last
        assert last is not None
        assert (last.number, last.state, last.paths, last.answer) == (2, "done", ("app.sh",), "second")
        assert (last.step, last.text, last.why) == (3, "COPY . .", "app.sh changed")
        assert last.after > 0
    (ended,) = [one for one in yard.watches.list() if one.id == seen.id]
    assert not ended.alive
    assert ended.history.over


def test_a_sync_takes_files_into_the_running_container_and_out_of_it(yard: Engine, context: Path) -> None:
    web = context / "web"
    web.mkdir()
    (web / "a.css").write_text("one")
    rules = (Rule("sync", str(web), "/srv/web", ("*.map",)), Rule("sync+restart", str(context / "app.sh"),
                                                                  "/srv/app.sh"))  # fmt: skip
    with Watching(yard, Watched(request(context), RUN, rules)) as watching:
        id = watching.until(Replaced).container
        watching.until(Answered)
        plain(web / "a.css", "two")
        assert watching.until(Copied)[1:4] == ("site", 1, 0)
        (web / "a.css").unlink()
        assert watching.until(Copied)[1:4] == ("site", 0, 1)
        (web / "deep").mkdir()
        plain(web / "deep" / "b.css", "three")
        plain(web / "b.map", "ignored")
        watching.until(Copied)
        plain(context / "app.sh", APP.format("again"))
        assert watching.until(Answered).line == "again"
        assert yard.containers.get("site").id == id
        out = context.parent / "out"
        yard.containers.copy_from("site", "/srv/web", str(out))
        assert {str(path.relative_to(out)) for path in out.rglob("*")} == {"deep", "deep/b.css"}
        assert (out / "deep" / "b.css").read_text() == "three"


def test_where_no_inotify_watch_is_left_it_polls_and_says_so(yard: Engine, context: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from engine.build.request import Request
from engine.develop.request import Rule, Watched
from engine.develop.scope import Scope
from engine.develop.sight import Sight
from engine.cancelling import Cancel
Path("/proc/sys/user/max_inotify_watches").write_text("0")
sight = Sight(Scope(Watched(Request(context={str(context)!r}))), lambda: None)
print(sight.how, sight.why)
cancel = Cancel()
cancel.wait(0.5)
for text in ("changed", "CHANGED"):  # within one second
    Path({str(context)!r}, "app.sh").write_text(text)
    print(sight.wait(cancel, 20), [change.path for change in sight.settled(cancel).changes])
sight.close()
"""
    words = ["unshare", "--user", "--map-root-user", sys.executable, "-c", program]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    told, *seen = done.stdout.splitlines()
    assert told == "polling all inotify watches are taken (fs.inotify.max_user_watches)"
    assert seen == [f"True ['{context}/app.sh']"] * 2

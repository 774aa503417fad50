"""What a build leaves to be read: as it happens, after it is over, and after its builder was killed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.build.events import Event, Failed, Output, StepStarted
from engine.build.journal import journal
from engine.build.journal.journal import Journal
from engine.build.journal.shelf import Shelf
from engine.build.request import Request, Secret
from engine.errors import Conflict, InUse, NotFound
from engine.paths import Paths
from tests.engine.build.journal_cases import IMAGE, a_failure, a_success, planned

ID = "a" * 64


@pytest.fixture
def paths(root: str) -> Paths:
    return Paths(root, f"{root}/run")


def a_build(paths: Paths, events: list[Event], id: str = ID, request: Request | None = None) -> None:
    with Journal.begin(paths, id, request or Request("/srv/shop", tags=("shop:1", "shop:2"))) as told:
        for event in events:
            told.append(event)


def test_nothing_was_built_yet(paths: Paths) -> None:
    assert journal.listed(paths) == []


def test_what_was_told_is_read_back(paths: Paths) -> None:
    a_build(paths, a_success(1000.0))
    assert journal.events(paths, ID)[0] == a_success(1000.0)


def test_a_reader_goes_on_where_it_stopped(paths: Paths) -> None:
    first, *rest = a_success(1000.0)
    with Journal.begin(paths, ID, Request()) as told:
        told.append(first)
        seen, offset = journal.events(paths, ID)
        assert seen == [first]
        assert journal.events(paths, ID, offset) == ([], offset)
        for event in rest:
            told.append(event)
        assert journal.events(paths, ID, offset)[0] == rest


def test_a_long_journal_is_read_in_parts(paths: Paths) -> None:
    piece = "x" * 9000
    a_build(paths, [Output(1 + number // 100, 1, piece) for number in range(300)])
    seen, offset, parts = 0, 0, 0
    while True:
        events, offset = journal.events(paths, ID, offset)
        if not events:
            break
        seen, parts = seen + len(events), parts + 1
        assert len(events) * len(piece) <= journal.CHUNK
    assert (seen, parts) == (300, 3)


def test_one_event_longer_than_a_part(paths: Paths) -> None:
    long = Output(1, 1, "x" * (2 * journal.CHUNK))
    a_build(paths, [long])
    assert journal.events(paths, ID)[0] == [long]


def test_a_line_half_written_is_not_read_yet(paths: Paths) -> None:
    a_build(paths, a_success(1000.0)[:2])
    with open(f"{paths.build(ID)}/events", "ab") as file:
        file.write(b'{"event":"StepCached","st')
    events, offset = journal.events(paths, ID)
    assert len(events) == 2
    with open(f"{paths.build(ID)}/events", "ab") as file:
        file.write(b'ep":1}\n')
    assert len(journal.events(paths, ID, offset)[0]) == 1


def test_events_of_a_later_version_are_passed_over(paths: Paths) -> None:
    a_build(paths, [planned(1.0)])
    with open(f"{paths.build(ID)}/events", "ab") as file:
        file.write(b'{"event":"Sung","song":"la"}\n[]\n')
    assert journal.events(paths, ID)[0] == [planned(1.0)]
    assert len(journal.listed(paths)) == 1


def test_a_running_build(paths: Paths) -> None:
    shelf = Shelf(paths)
    with Journal.begin(paths, ID, Request("/srv/shop")) as told:
        (record,) = shelf.listed()
        assert (record.state, record.title, record.step, record.total) == ("running", "shop", 0, 0)
        for event in a_success(1000.0)[:6]:
            told.append(event)
        (record,) = shelf.listed()
        assert (record.state, record.step, record.finished, record.total) == ("running", 2, 1, 3)
        assert (record.started, record.ended) == (1000.0, 0)


def test_a_build_that_came_to_its_end(paths: Paths) -> None:
    a_build(paths, a_success(1000.0))
    (record,) = journal.listed(paths)
    assert (record.state, record.image, record.title) == ("done", IMAGE, "shop:1")
    assert (record.started, record.ended, record.finished, record.total) == (1000.0, 1003.0, 3, 3)
    assert record.tags == ("shop:1", "shop:2")


def test_a_build_that_failed_says_where(paths: Paths) -> None:
    a_build(paths, a_failure(1000.0))
    (record,) = journal.listed(paths)
    assert (record.state, record.step, record.line) == ("failed", 2, 2)
    assert record.message.endswith("returned a non-zero code: 100")


def test_a_build_that_was_cancelled(paths: Paths) -> None:
    a_build(paths, [planned(1.0), Failed("cancelled", 0, 130, 2.0, True)])
    assert journal.listed(paths)[0].state == "cancelled"


def test_a_summary_is_the_same_with_and_without_its_record(paths: Paths) -> None:
    a_build(paths, a_failure(1000.0))
    before = journal.listed(paths)
    os.unlink(f"{paths.build(ID)}/record")
    assert journal.listed(paths) == before


def test_a_builder_that_was_killed_died(paths: Paths) -> None:
    program = (
        "import os, sys\n"
        "from engine.build.journal.journal import Journal\n"
        "from engine.build.request import Request\n"
        "from engine.paths import Paths\n"
        "from tests.engine.build.journal_cases import a_success\n"
        "told = Journal.begin(Paths(sys.argv[1], ''), 'a' * 64, Request())\n"
        "for event in a_success(1000.0)[:6]: told.append(event)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    here = Path(__file__).resolve().parents[4]
    subprocess.run([sys.executable, "-c", program, paths.root], cwd=here, check=False)
    (record,) = journal.listed(paths)
    assert (record.state, record.step) == ("died", 2)
    assert record.ended > 1000.0


def test_builds_are_listed_from_the_newest(paths: Paths) -> None:
    for number in range(3):
        a_build(paths, a_success(1000.0 + number), id=f"{number:064x}")
    assert [record.started for record in journal.listed(paths)] == [1002.0, 1001.0, 1000.0]


def test_the_oldest_are_forgotten_but_never_one_that_runs(paths: Paths) -> None:
    with Journal.begin(paths, "f" * 64, Request()):
        os.utime(paths.build("f" * 64), (1, 1))
        for number in range(journal.KEPT + 3):
            a_build(paths, [planned(1000.0 + number)], id=f"{number:064x}")
            os.utime(paths.build(f"{number:064x}"), (1000 + number,) * 2)
        kept = {record.id for record in journal.listed(paths)}
    assert "f" * 64 in kept
    assert f"{0:064x}" not in kept
    assert f"{journal.KEPT + 2:064x}" in kept
    assert len(kept) <= journal.KEPT + 1


def test_forgetting_a_build(paths: Paths) -> None:
    with Journal.begin(paths, ID, Request()) as told:
        with pytest.raises(InUse, match="still runs"):
            journal.remove(paths, ID)
        told.append(planned(1.0))
    journal.remove(paths, ID)
    assert journal.listed(paths) == []
    for name in (ID, "", "../builds"):
        with pytest.raises(NotFound):
            journal.remove(paths, name)
    with pytest.raises(NotFound):
        journal.events(paths, ID)


def test_interrupting_a_build(paths: Paths) -> None:
    before = signal.signal(signal.SIGINT, lambda *_: asked.append(True))
    asked: list[bool] = []
    with Journal.begin(paths, ID, Request()):
        journal.interrupt(paths, ID)
    signal.signal(signal.SIGINT, before)
    assert asked == [True]
    with pytest.raises(Conflict, match="is over"):
        journal.interrupt(paths, ID)


def test_the_dockerfile_is_kept(paths: Paths) -> None:
    with Journal.begin(paths, ID, Request()) as told:
        assert journal.dockerfile(paths, ID) == b""
        told.dockerfile(b"FROM scratch\n")
    assert journal.dockerfile(paths, ID) == b"FROM scratch\n"
    with pytest.raises(NotFound):
        journal.dockerfile(paths, "c" * 64)


def test_the_request_is_kept_without_any_secret(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    request = Request(
        "app",
        stream=io.BytesIO(b"FROM scratch"),
        tags=("a", "b"),
        arguments={"VERSION": "1", "TOKEN": None},
        environment={"TOKEN": "hush"},
        secrets=(Secret("npm", path="/root/.npmrc"),),
    )
    a_build(paths, [], request=request)
    kept = journal.request(paths, ID)
    assert (kept["folder"], kept["context"], kept["tags"]) == ("/", "app", ["a", "b"])
    assert kept["arguments"] == {"VERSION": "1", "TOKEN": None}
    assert kept["secrets"] == [{"id": "npm", "path": "/root/.npmrc", "variable": ""}]
    assert kept["stream"] is True
    assert "hush" not in Path(f"{paths.build(ID)}/request").read_text()


def test_threads_tell_whole_lines(paths: Paths) -> None:
    with Journal.begin(paths, ID, Request()) as told:

        def tell(step: int) -> None:
            for _ in range(200):
                told.append(Output(step, 1, "words " * step))

        threads = [threading.Thread(target=tell, args=(step,)) for step in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(journal.events(paths, ID)[0]) == 800


def test_a_journal_that_cannot_be_written_stops_no_build(tmp_path: Path) -> None:
    (tmp_path / "yard").write_text("a file, where the store should be")
    paths = Paths(str(tmp_path / "yard"), "")
    with Journal.begin(paths, ID, Request(), b"FROM scratch") as told:
        told.append(StepStarted(1, "FROM scratch", 1.0))
    assert journal.listed(paths) == []

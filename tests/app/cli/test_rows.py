from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.cli import container_rows, image_rows
from app.cli.container_rows import command_line, container_row, image_name, status
from app.cli.image_rows import image_row
from app.cli.listing import written
from app.cli.rows import Row, local_stamp, local_time
from app.cli.verbs import df, history, images, ps, volumes
from app.cli.volume_rows import volume_row
from engine.build.inventory import Entry
from engine.containers.state import State
from engine.images.records import HistoryEntry, Image, LayerRecord
from engine.moments import NEVER
from engine.store.usage import DiskUsage, Usage
from engine.volumes.volume import Volume

SHARED = Path(__file__).parents[4] / "shared/conformance"
GOLDEN = SHARED / "cli-golden/cli/command"
NOW = 1_700_000_000.0
DAY = 86400.0

recorded = pytest.mark.skipif(not SHARED.exists(), reason="the conformance data is not beside this checkout")


class Box(NamedTuple):
    """As much of a container as its row asks for."""

    id: str = "containerID1"
    name: str = "foobar_baz"
    image: str = "ubuntu"
    image_id: str = "sha256:0"
    command: tuple[str, ...] = ()
    created: float = NOW - DAY
    state: State = State("running", started_at=NOW)
    labels: Mapping[str, str] = {}
    ports: str = ""
    networks: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()


def row(sizes: tuple[int, int] = (0, 0), whole: bool = False, **fields: Any) -> Row:
    return container_row(Box(**fields), lambda _: sizes, whole=whole, now=NOW)  # type: ignore[arg-type]


def table(function: str, variable: str = "cases") -> list[dict[str, Any]]:
    if SHARED.exists():
        for line in (SHARED / "tables/docker-cli.jsonl").read_text().splitlines():
            found = json.loads(line)
            if (found["func"], found["var"]) == (function, variable):
                return list(found["rows"])
    return []


# -- containers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State(), "Created"),
        (State("running", 1, started_at=NOW - 3), "Up 3 seconds"),
        (State("running", 1, started_at=NOW), "Up Less than a second"),
        (State("paused", 1, started_at=NOW - 3600), "Up About an hour (Paused)"),
        (State("exited", 0, 137, NOW - 9, NOW - 120), "Exited (137) 2 minutes ago"),
        (State("restarting", 0, 4, NOW - 9, NOW - 1), "Restarting (4) 1 second ago"),
        (State("dead"), "Dead"),
        (State("removing"), "Removal In Progress"),
    ],
)
def test_status(state: State, text: str) -> None:
    assert status(state, NOW) == text


def test_commands_are_quoted_as_docker_quotes_them() -> None:
    assert command_line(("sh", "-c", "exit 3", "x")) == "sh -c 'exit 3' x"
    assert row(command=("sh", "-c", "echo a very long line"))["Command"] == '"sh -c \'echo a very …"'
    assert (
        row(command=("sh", "-c", "echo a very long line"), whole=True)["Command"]
        == "\"sh -c 'echo a very long line'\""
    )
    assert row(command=("a\n\tb",))["Command"] == '"a\\n\\tb"'


def test_sizes_are_measured_when_asked_for() -> None:
    def never(_: str) -> tuple[int, int]:
        raise AssertionError("nobody asked")

    made = container_row(Box(), never, now=NOW)  # type: ignore[arg-type]
    assert made["Names"] == "foobar_baz"
    assert row((10, 0))["Size"] == "10B"
    assert row((10, 20))["Size"] == "10B (virtual 20B)"


def test_labels_and_mounts() -> None:
    made = row(labels={"storage": "ssd", "cpu": "6"}, mounts=("a-name-longer-than-fifteen", "/a/path"))
    assert made["Labels"] == "cpu=6,storage=ssd"
    assert (made.Label("cpu"), made.Label("none")) == ("6", "")
    assert made["Mounts"] == "a-name-longer-…,/a/path"
    assert made["LocalVolumes"] == "1"


@recorded
@pytest.mark.conformance
def test_names_of_images_are_dockers() -> None:
    for case in table("TestContainerPsContext"):
        if case["call"]["$ref"] == "ctx.Image":
            asked = case["container"]
            name = image_name(asked["Image"], asked.get("ImageID", ""), not case.get("trunc", False))
            assert name == case["expValue"]


def listed(made: list[Row], form: str, quiet: bool = False, size: bool = False) -> str:
    if quiet and form.startswith("table"):
        form = "table"
    columns = (*ps.COLUMNS, "Size") if size else ps.COLUMNS
    raw = {**ps.RAW, "size": "Size"} if size else ps.RAW
    return written(made, container_rows.HEADINGS, columns, form, quiet="ID" if quiet else "", raw=raw)


def containers() -> list[Row]:
    made = [row(), row(id="containerID2", name="foobar_bar")]
    return [Row({**one, "Status": ""}) for one in made]


def expectation(case: dict[str, Any], *times: float) -> str:
    expected = case.get("expected", "")
    if isinstance(expected, str):
        return expected
    if expected["$call"] == "fmt.Sprintf":
        return str(expected["args"][0]) % tuple(map(local_time, times))
    return next(GOLDEN.glob(f"*/testdata/{expected['args'][0]['args'][1]}")).read_text()


@recorded
@pytest.mark.conformance
def test_listings_of_containers_are_dockers() -> None:
    created = NOW - DAY
    for case in table("TestContainerContextWrite"):
        form = case["context"]["Format"]
        words, *flags = form["args"] if isinstance(form, dict) else (form,)
        expected = expectation(case, created, created)
        # What templates say of wrong functions, and `split` of headings, is tested with the templates.
        if "split" not in words and not expected.startswith("template parsing error"):
            assert listed(containers(), words, *flags) == expected, words


@recorded
@pytest.mark.conformance
def test_the_table_of_containers_is_dockers() -> None:
    made = [
        {"name": "c1"}, {"name": "c2"}, {"name": "c3", "ports": "80-82/tcp"},
        {"name": "c4", "ports": "81/udp"}, {"name": "c5", "ports": "8.8.8.8:82->82/tcp"},
    ]  # fmt: skip
    rows = [
        row(id="container_id", image="busybox:latest", command=("top",), created=NOW - 61, **one)
        for one in made
    ]
    text = listed([Row({**one, "Status": "Up 1 minute"}) for one in rows], "")
    assert text == (GOLDEN / "container/testdata/container-list-without-format.golden").read_text()


# -- images --------------------------------------------------------------------------------------------------


def image(id: str = "imageID1", created: float = NOW - DAY, **fields: Any) -> Image:
    return Image(
        id, {}, created, fields.pop("size", 0), fields.pop("tags", ()), fields.pop("digests", ()), ()
    )


def test_a_row_for_every_name() -> None:
    many = image(tags=("a:1", "a:2", "host:5000/b:1"), digests=("a@sha256:1", "c@sha256:2"))
    names = [(made["Repository"], made["Tag"], made["Digest"]) for made in image_rows.image_rows(many)]
    assert names == [
        ("a", "1", "<none>"),
        ("a", "2", "<none>"),
        ("host:5000/b", "1", "<none>"),
        ("c", "<none>", "sha256:2"),
    ]
    with_digests = [made["Digest"] for made in image_rows.image_rows(many, digests=True)]
    assert with_digests == ["sha256:1", "sha256:1", "<none>", "sha256:2"]
    (nameless,) = image_rows.image_rows(image())
    assert (nameless["Repository"], nameless["Tag"]) == ("<none>", "<none>")


def test_images_that_do_not_say_when() -> None:
    made = image_row(image(created=NEVER), "a", "b", "<none>", now=NOW)
    assert made["CreatedSince"] == "N/A"
    assert made["CreatedAt"].startswith("0001-01-01 00:00:00")


def test_sizes_have_three_digits() -> None:
    made = image_row(image(size=1_984_172), "a", "b", "<none>", now=NOW)
    assert (made["Size"], made["VirtualSize"]) == ("1.98MB", "1.984MB")


@recorded
@pytest.mark.conformance
def test_listings_of_images_are_dockers() -> None:
    digest = "sha256:cbbf2f9a99b47fc460d422812b6a5adff7dfee951d8fa2e4a98caa0382cfbdbf"
    made = (
        image(tags=("image:tag1",), digests=(f"image@{digest}",)),
        image("imageID2", NEVER, tags=("image:tag2",)),
        image("imageID3"),
    )
    for case in table("TestImageContextWrite"):
        form = case["context"]["Context"]["Format"]
        words, quiet, digests = form["args"] if isinstance(form, dict) else (form, False, False)
        expected = expectation(case, NOW - DAY, NEVER, NOW - DAY)
        if expected.startswith("template parsing error"):
            continue
        if digests and words.startswith("table "):
            words += "\t{{.Digest}}"
        shown = digests or ".Digest" in words
        rows = [one for each in made for one in image_rows.image_rows(each, digests=shown, now=NOW)]
        columns = images.COLUMNS_WITH_DIGESTS if digests else images.COLUMNS
        raw = {key: field for key, field in images.RAW.items() if digests or key != "digest"}
        text = written(rows, image_rows.HEADINGS, columns, words, quiet="ID" if quiet else "", raw=raw)
        assert text == expected, words


# -- history, volumes, disk usage ----------------------------------------------------------------------------


def entry(id: str, created_by: str, created: float = NOW - DAY) -> HistoryEntry:
    return HistoryEntry(id, created, created_by, 182_964_289, "Hi", ())


@recorded
@pytest.mark.conformance
def test_histories_are_dockers() -> None:
    long = "/bin/bash ls && npm i && npm run test && karma -c karma.conf.js start && npm start"
    entries = [
        entry("imageID1", f"{long} && more commands here && the list goes on"),
        entry("imageID2", "/bin/bash echo"),
        entry("imageID3", "/bin/bash ls"),
        entry("imageID4", "/bin/bash grep"),
        entry("imageID5", "/bin/bash echo", NEVER),
        entry("imageID6", "/bin/bash echo", NOW - 17.1 * 365 * DAY),
    ]
    columns = ("ID", "CreatedSince", "CreatedBy", "Size", "Comment")
    for case in table("TestHistoryContext_Table"):
        whole = not case["context"]["Trunc"]
        rows = [history.history_row(one, whole=whole, now=NOW) for one in entries]
        assert written(rows, history.HEADINGS, columns) == case["expected"]


def test_history_for_programs() -> None:
    made = history.history_row(entry("sha256:" + "a" * 64, "a\tb"), human=False, now=NOW)
    assert (made["ID"], made["Size"], made["CreatedBy"]) == ("a" * 12, "182964289", "a b")
    assert made["CreatedSince"] == made["CreatedAt"] == local_stamp(NOW - DAY)
    assert history.history_row(entry("<missing>", ""), now=NOW)["ID"] == "<missing>"


@recorded
@pytest.mark.conformance
def test_listings_of_volumes_are_dockers() -> None:
    made = [
        volume_row(Volume(name, driver, NOW, {}, {}, False, ""))
        for name, driver in (("foobar_baz", "foo"), ("foobar_bar", "bar"))
    ]
    for case in table("TestVolumeContextWrite"):
        form = case["context"]["Format"]
        words, quiet = form["args"] if isinstance(form, dict) else (form, False)
        if not case["expected"].startswith("template parsing error"):
            columns, raw = ("Driver", "Name"), {"name": "Name", "driver": "Driver"}
            text = written(made, volumes.HEADINGS, columns, words, quiet="Name" if quiet else "", raw=raw)
            assert text == case["expected"], words


@recorded
@pytest.mark.conformance
def test_disk_usage_is_dockers(stackyard: Callable[..., Any], yard: Any) -> None:
    nothing = Usage(0, 0, 0, 0)
    yard.disk_usage = lambda: DiskUsage(nothing, nothing, nothing)
    for service in (yard.images, yard.containers, yard.volumes):
        service.list = lambda *_, **__: []
    for case in table("TestDiskUsageContextFormatWrite"):
        form = case["context"]["Context"]["Format"]
        words, verbose = form["args"] if isinstance(form, dict) else (form, False)
        if "parsing error" in str(case["expected"]) or (words, verbose) == ("raw", True):
            continue
        outcome = stackyard("system", "df", "--format", words, *(["-v"] if verbose else []))
        assert outcome.out.rstrip("\n") == expectation(case).rstrip("\n"), words


def test_disk_usage_tells_the_share() -> None:
    usage = DiskUsage(Usage(2, 1, 200_900_000, 198_900_000), Usage(1, 1, 0, 0), Usage(0, 0, 0, 0))
    made = list(df.usage_rows(usage))
    assert [one["Reclaimable"] for one in made] == ["198.9MB (99%)", "0B", "0B", "0B"]


def test_images_share_layers(stackyard: Callable[..., Any], yard: Any) -> None:
    base, top = LayerRecord("c1", "d1", None, 1, 10_000, NOW), LayerRecord("c2", "d2", "c1", 2, 5_000, NOW)
    low = Image("sha256:" + "a" * 64, {}, time.time(), 10_000, ("low:1",), (), (base,))
    high = Image("sha256:" + "b" * 64, {}, time.time(), 15_000, ("high:1",), (), (base, top))
    yard.images.list = lambda **_: [low, high]
    yard.containers.list = lambda **_: []
    yard.volumes.list = list
    lines = stackyard("system", "df", "-v").out.splitlines()
    assert lines[3].split()[-4:] == ["10kB", "10kB", "0B", "0"]
    assert lines[4].split()[-4:] == ["15kB", "10kB", "5kB", "0"]


def test_what_builds_keep_is_listed(stackyard: Callable[..., Any], yard: Any) -> None:
    step = Entry(f"sha256:{10:064x}", "regular", "RUN x", 5_000, 0, 0, shared=True, ways=2)
    yard.builds.cache = lambda: [step, Entry("k", "exec.cachemount", "", 200, 0, 0, in_use=True)]
    yard.images.list = yard.containers.list = yard.volumes.list = lambda **_: []
    lines = stackyard("system", "df", "-v").out.splitlines()
    assert lines[-5] == "Build cache usage: 5.2kB"
    assert lines[-2].split()[:3] == ["000000000000", "regular", "5kB"]
    assert lines[-2].split()[-2:] == ["2", "true"]
    assert lines[-1].split()[:3] == ["k*", "exec.cachemount", "200B"]
    ids = stackyard("system", "df", "-v", "--format", "{{range .BuildCache}}{{.ID}} {{end}}").out
    assert ids == "000000000000 k* \n"

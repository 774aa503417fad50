"""The rows of the lists."""

from __future__ import annotations

import pytest

from app.workbench import rows, states
from app.workbench.rows import Row
from app.workbench.spans import Span, width_of
from app.workbench.yard import Container, Volume
from tests.app.workbench.fakeyard import HOUR, NOW, container_id, digest, some_containers, some_images


def said(row: Row, width: int, columns: list[int] | None = None) -> str:
    spans = rows.line(row, rows.layout([row], width) if columns is None else columns, width)
    assert width_of(spans) == width
    return "".join(span.text for span in spans)


def test_an_image_has_a_row_for_each_name() -> None:
    listed = rows.images(some_images(), NOW)
    assert [row.name for row in listed] == [
        "shop/web:1.4",
        "shop/web:latest",
        "<none> 000300030003",
        "debian:bookworm",
        "registry.example.com/team/a-rather-long-name:2024.11",
    ]
    assert [row.target for row in listed][1:3] == ["shop/web:latest", digest(3)]
    assert len({row.key for row in listed}) == 5


def test_containers_keep_their_order_whatever_their_state() -> None:
    before = [row.name for row in rows.containers(some_containers(), NOW)]
    stopped = [one._replace(status="exited") for one in some_containers()]
    assert (
        [row.name for row in rows.containers(stopped, NOW)]
        == before
        == ["spare", "worker", "web", "migrate", "cron"]
    )


@pytest.mark.parametrize(
    ("status", "more", "mark", "short", "long"),
    [
        ("running", {"started_at": NOW - 90}, "●", "up 1m", "Up About a minute"),
        ("paused", {"started_at": NOW - HOUR}, "‖", "paused", "Up About an hour (Paused)"),
        ("created", {}, "◌", "created", "Created"),
        ("exited", {"finished_at": NOW - 5}, "○", "exit 0", "Exited (0) 5 seconds ago"),
        ("exited", {"exit_code": 1, "finished_at": NOW - 5}, "✕", "exit 1", "Exited (1) 5 seconds ago"),
        (
            "restarting",
            {"exit_code": 2, "finished_at": NOW - 5},
            "↻",
            "restarting",
            "Restarting (2) 5 seconds ago",
        ),
        ("dead", {}, "†", "dead", "Dead"),
    ],
)
def test_states(status: str, more: dict[str, float], mark: str, short: str, long: str) -> None:
    one = Container(container_id(1), "web", "img", digest(1), "sh", NOW, status, **more)  # type: ignore[arg-type]
    assert states.mark(one).text == mark
    assert (states.short_status(one, NOW), states.status(one, NOW)) == (short, long)


def test_every_state_has_a_shape_of_its_own() -> None:
    every = ["running", "paused", "created", "exited", "restarting", "dead"]
    one = Container(container_id(1), "web", "img", digest(1), "sh", NOW, "")
    assert len({states.mark(one._replace(status=status)).text for status in every}) == len(every)


def test_a_narrow_line_keeps_the_first_note_and_cuts_the_name() -> None:
    row = Row("k", "t", "registry.example.com/team/app:1", (Span("182MB"), Span("2 hours ago")))
    assert said(row, 26) == "registry.example.co… 182MB"
    assert said(row, 60) == "registry.example.com/team/app:1" + " " * 11 + "182MB  2 hours ago"


def test_columns_stand_under_each_other() -> None:
    listed = rows.containers(some_containers(), NOW, wide=True)
    columns = rows.layout(listed, 70)
    lines = [said(row, 70, columns) for row in listed]
    assert len({line.index("debian:") for line in lines if "debian:" in line}) == 1
    assert len({line.index("shop/") for line in lines if "shop/" in line}) == 1


def test_no_rows_need_no_columns() -> None:
    assert rows.layout([], 40) == []


def test_a_volume_tells_who_uses_it() -> None:
    unnamed = Volume("f" * 64, "local", NOW)
    listed = rows.volumes([Volume("data", "local", NOW), unnamed], some_containers(), NOW)
    assert [(row.name, row.notes[0].text) for row in listed] == [("data", "in use by 1"), ("f" * 12, "free")]
    assert listed[1].target == "f" * 64


def test_names_cannot_move_the_cursor() -> None:
    one = some_containers()[0]._replace(name="bad\x1b[2Jname")
    assert rows.containers([one], NOW)[0].name == "bad [2Jname"

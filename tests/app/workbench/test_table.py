"""Lists with columns: which ones there is room for, headings, sorting, a list alone on the screen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.workbench.columns import COLUMNS
from app.workbench.rows import containers
from app.workbench.spans import Span, width_of
from app.workbench.table import Cell, Order, Table
from app.workbench.usage import Usage
from tests.app.workbench.conftest import LARGE, Seat, Sit
from tests.app.workbench.fakeyard import NOW, container_id, some_containers

USED = {container_id(1): Usage(3.5, 1 << 20), container_id(2): Usage(90.0, 1 << 30)}
ROWS = containers(some_containers(), NOW, USED)


def headings(width: int) -> list[str]:
    table = Table(COLUMNS["container"], [row.cells for row in ROWS], width, 2)
    return [column.heading for column, _ in table.columns]


def test_what_matters_most_stays_longest() -> None:
    assert headings(60) == ["NAME", "STATUS", "SINCE", "CPU", "MEMORY"]
    assert headings(100) == ["NAME", "IMAGE", "STATUS", "SINCE", "CPU", "MEMORY", "ID", "COMMAND"]
    assert headings(200)[-1] == "COMMAND"


@given(st.integers(14, 220))
def test_a_line_is_never_wider_than_its_list(width: int) -> None:
    table = Table(COLUMNS["container"], [row.cells for row in ROWS], width, 2)
    lines = [table.heading(Order("cpu", True)), *(table.line(row.mark, row.cells) for row in ROWS)]
    assert len({width_of(line) for line in lines}) == 1
    assert width_of(lines[0]) <= width


def test_figures_are_sorted_by_what_they_stand_for() -> None:
    cells = [Cell("10MB", weight=10), Cell("9kB", weight=9e-3), Cell("", weight=-1)]
    assert min(cells, key=lambda cell: cell.order).text == ""
    assert max(cells, key=lambda cell: cell.order).text == "10MB"
    assert min([Cell("b"), Cell("A")], key=lambda cell: cell.order).text == "A"


def test_the_heading_points_to_the_greater_ones() -> None:
    table = Table(COLUMNS["container"], [row.cells for row in ROWS], 80)
    assert Span("CPU▼", "accent strong") in table.heading(Order("cpu", True))
    assert Span("CPU▲", "accent strong") in table.heading(Order("cpu"))


def names(seat: Seat) -> list[str]:
    return [row.name for row in seat.app.yard_screen._containers._rows]


async def test_a_list_is_sorted_by_a_column_that_was_chosen(sit: Sit) -> None:
    async with sit() as seat:
        assert names(seat) == ["spare", "worker", "web", "migrate", "cron"]
        await seat.press("o")
        assert "Sort containers by" in seat.screen
        await seat.press("1")
        assert names(seat) == ["cron", "migrate", "spare", "web", "worker"]
        assert seat.selected == "worker", "the cursor stays on its row"
        assert "▲name" in seat.screen
        await seat.press("o", "enter")
        assert names(seat)[0] == "worker", "chosen again, it is turned round"
        await seat.press("o", "0")
        assert names(seat) == ["spare", "worker", "web", "migrate", "cron"]


async def test_wide_lists_have_headings_that_sort_when_they_are_clicked(sit: Sit) -> None:
    async with sit(size=LARGE) as seat:
        heading = next(line for line in seat.screen.splitlines() if "NAME" in line and "CPU" in line)
        await seat.pilot.click("#pane-container", offset=(heading.index("CPU"), 1))
        await seat.settle()
        assert "CPU▼" in seat.screen
        await seat.pilot.click("#pane-container", offset=(heading.index("NAME"), 1))
        await seat.settle()
        assert "NAME▲" in seat.screen
        assert names(seat)[0] == "cron"
        await seat.pilot.click("#pane-container", offset=(5, 2))
        await seat.settle()
        assert seat.selected == "cron", "the headings are no row"


async def test_one_list_alone_on_the_screen(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("underscore", "underscore")
        assert "1 Images" not in seat.screen
        assert "NAME" in seat.screen
        assert "12.3%" in seat.screen
        await seat.press("tab")
        assert "2 Containers" not in seat.screen
        assert "3 Volumes" in seat.screen
        await seat.press("plus", "plus")
        assert "1 Images" in seat.screen


async def test_what_the_filter_found_is_marked(sit: Sit) -> None:
    async with sit() as seat:
        await seat.press("slash")
        await seat.type("~wkr")
        assert names(seat) == ["worker"]
        pane = seat.app.yard_screen._containers
        found = pane.style_of("found")
        drawn = [one.text for one in pane.render_line(0) if one.style and one.style.bgcolor == found.bgcolor]
        assert drawn == ["w", "k", "r"]

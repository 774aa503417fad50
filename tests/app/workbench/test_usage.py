"""What was measured: rates, plots and the order of processes."""

from __future__ import annotations

import pytest

from app.workbench.plots import area, highest, nice
from app.workbench.processpage import heading, lines, row
from app.workbench.spans import width_of
from app.workbench.statspage import page
from app.workbench.usage import KEPT, History, Sample, Usage
from tests.app.workbench.fakelife import hours, processes
from tests.app.workbench.fakeyard import NOW


def text(lines: list[object]) -> str:
    return "\n".join("".join(span.text for span in spans) for spans in lines)  # type: ignore[attr-defined]


def test_rates_are_between_two_samples_and_never_negative() -> None:
    history = History()
    history.add(10, {"a": Usage(received=1000, sent=50, read=None)})
    history.add(12, {"a": Usage(received=5000, sent=20, read=7)})
    first, second = history.of("a")
    assert (first.received, first.sent) == (None, None)
    assert (second.received, second.sent, second.read) == (2000, 0, None)


def test_a_history_forgets_what_is_old_and_who_is_gone() -> None:
    history = History()
    for second in range(KEPT + 5):
        history.add(second, {"a": Usage(), "b": Usage()})
    assert len(history.of("a")) == KEPT
    history.keep({"b"})
    assert (len(history.of("a")), len(history.of("b"))) == (0, KEPT)


def test_an_area_grows_from_the_right_and_what_is_more_than_nothing_is_seen() -> None:
    assert area([4, 8], 2, 2, 8) == [" ⢸", " ⣿"]
    assert area([0.001], 1, 1, 100) == ["⢀"]
    assert area([0, None], 1, 1, 100) == [" "]
    assert area([100, 1, 1], 1, 1, 4) == ["⣀"]


def test_a_hanging_area_grows_down() -> None:
    assert area([4, 8], 1, 2, 8, hanging=True) == ["⣿", "⢸"]


@pytest.mark.parametrize(
    ("value", "base", "top"), [(0, 10, 1), (78.7, 10, 100), (12, 10, 20), (41, 10, 50), (3000, 1024, 4096)]
)
def test_scales_end_at_round_numbers(value: float, base: float, top: float) -> None:
    assert nice(value, base) == top


def test_the_highest_of_nothing_is_nothing() -> None:
    assert highest([None], []) == 0


@pytest.mark.parametrize(("width", "height"), [(52, 20), (134, 46), (48, 8)])
def test_the_page_fits(width: int, height: int) -> None:
    samples = [Sample(time, usage) for time, usage in hours(50)]
    drawn = page(samples, width, height, period=2, alive=True, apology="")
    assert max(map(width_of, drawn)) <= width
    assert len(drawn) == max(height, 9)


def test_figures_that_are_not_known_are_said_to_be_unknown() -> None:
    drawn = text(page([Sample(1, Usage())], 120, 30, period=2, alive=True, apology=""))  # type: ignore[arg-type]
    assert drawn.count("unknown") == 6


def test_what_is_over_says_so() -> None:
    assert "last figures" in text(page([Sample(1, Usage())], 60, 20, period=2, alive=False, apology=""))  # type: ignore[arg-type]


def test_processes_stand_below_their_parents() -> None:
    tree = [(line.branch, line.process.inner) for line in lines(processes(), "tree", {})]
    assert tree == [("", 1), ("├ ", 7), ("│ └ ", 31), ("└ ", 8)]


@pytest.mark.parametrize(
    ("order", "expected"), [("cpu", [8, 7, 1, 31]), ("memory", [8, 7, 1, 31]), ("age", [1, 7, 8, 31])]
)
def test_processes_in_the_order_of_a_figure(order: str, expected: list[int]) -> None:
    found = lines(processes(), order, {4721: 12.5})
    assert [line.process.inner for line in found] == expected


@pytest.mark.parametrize("width", [50, 130])
def test_columns_stand_below_their_titles(width: int) -> None:
    (line, *_) = lines(processes(), "tree", {4711: 3.25})
    head, first = text([heading(width, "tree")]), text([row(line, width, NOW)])
    assert head.index("COMMAND") - 1 == first.index("nginx")
    assert head.index("CPU%") + 3 == first.index("3.2") + 3

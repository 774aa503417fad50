"""A watch in the workbench: which builds it is about, and its rounds in words and marks."""

from __future__ import annotations

from app.workbench import watchpage
from app.workbench.buildrows import builds
from app.workbench.watching import newest, successor, watch_of
from app.workbench.yard import Build, Lists, Watch
from engine.develop.events import (
    Answered,
    Began,
    Building,
    Built,
    Ended,
    Event,
    Failed,
    Kept,
    Overtaken,
    Ran,
    Replaced,
    Saved,
)
from engine.develop.rounds import History

NOW = 1_700_000_000.0
MINE = Build("b1", "site", "done", NOW - 50, NOW - 49, tags=("site",), context="/srv/site", pid=7)
BEFORE = Build("b0", "site", "done", NOW - 900, NOW - 899, tags=("site",), context="/srv/site", pid=3)
NEXT = MINE._replace(id="b2", started=NOW - 20, ended=NOW - 19)
OTHER = BEFORE._replace(id="b9", title="shop", tags=("shop",), context="/srv/shop")


def watch(*events: Event, **more: object) -> Watch:
    history = History()
    for event in (Began("/srv/site", "inotify", "", NOW - 60), *events):
        history = history.after(event)
    one = Watch("w1", "/srv/site", "", ("site",), "", 7, NOW - 60, True, True, history)
    return one._replace(**more)  # type: ignore[arg-type]


def page(one: Watch | None, width: int = 100) -> str:
    return "\n".join("".join(span.text for span in spans) for spans in watchpage.lay(one)(width))


def round(number: int, *events: Event) -> tuple[Event, ...]:
    return Saved(number, ("app.py",), 1, NOW - 30, NOW - 30), Building(number, NOW - 30), *events


RAN = Ran(2, 3, 4, "COPY . .", 3, "app.py changed")
BUILT = Built(2, "sha256:1", "b2", False, False, NOW - 29)
REPLACED = Replaced(2, "c2", "web", "c1", "sha256:1", NOW - 29)


def test_a_watch_is_about_the_builds_it_made_and_about_those_of_the_same_files() -> None:
    one = watch()
    assert watch_of(MINE, [one]) == one
    assert watch_of(BEFORE, [one]) == one
    assert watch_of(OTHER, [one]) is None


def test_a_watch_that_goes_on_comes_before_one_that_is_over() -> None:
    over = watch(id="w0", alive=False, pid=3, started=NOW - 1000)
    assert watch_of(BEFORE, [over, watch()]).id == "w1"  # type: ignore[union-attr]


def test_of_a_watch_only_its_last_build_is_listed() -> None:
    assert [one.id for one in newest([BEFORE, MINE, NEXT, OTHER], [watch()])] == ["b2", "b0", "b9"]
    assert successor("b1", Lists(builds=(MINE, NEXT), watches=(watch(),))) == "b2"
    assert successor("b9", Lists(builds=(OTHER,), watches=(watch(),))) == ""


def test_a_watched_build_says_so_in_words() -> None:
    rows = builds([MINE, BEFORE], NOW, [watch()])
    told = [" ".join(span.text for span in row.notes) for row in rows]
    assert "◉ watched" in told[0]
    assert "watched" not in told[1]


def test_a_round_tells_what_was_saved_what_ran_and_how_soon_it_answered() -> None:
    said = page(watch(*round(2, RAN, BUILT, REPLACED, Answered(2, "web", "ready", 0.134, NOW - 28))))
    assert "✓" in said
    for words in ("app.py", "3/4 COPY . .", "app.py changed", "web replaced", "│ ready", "0.13 s"):
        assert words in said


def test_a_failed_round_shows_the_line_and_the_output_and_that_what_runs_is_older() -> None:
    failed = Failed(2, "returned a non-zero code: 3", 4, 4, "RUN make", ("cc: error",), "", NOW)
    said = page(watch(*round(2, failed)))
    for words in ("✕", "line 4  RUN make", "│ cc: error", "non-zero code: 3", "not what was saved"):
        assert words in said


def test_every_end_of_a_round_has_a_mark_and_words_of_its_own() -> None:
    assert "‖" in page(watch(*round(2, Overtaken(2, NOW))))
    assert "≡" in page(watch(*round(2, Kept(2, "the same", NOW))))
    assert "no container runs it" in page(watch(*round(2, RAN, BUILT, Kept(2, "no container runs it", NOW))))
    ended = page(watch(*round(2, RAN, BUILT, REPLACED, Ended(2, "web", 1, NOW))))
    assert "†" in ended
    assert "ended with exit code 1" in ended


def test_it_says_with_whom_a_watch_ends() -> None:
    assert "it ends with the workbench" in page(watch())
    assert "it goes on without the workbench" in page(watch(tied=False))
    assert "it is over" in page(watch(alive=False))
    assert "w builds it again whenever" in page(None)


def test_nothing_is_wider_than_the_screen() -> None:
    failed = Failed(2, "it failed " * 30, 4, 4, "RUN " + "make " * 40, ("x" * 300,), "", NOW)
    events = [*round(2, RAN._replace(why="long " * 40), failed), *round(3, REPLACED._replace(round=3))]
    for line in page(watch(*events), 40).splitlines():
        assert len(line) <= 40, line

"""`image waste`: what is shown of a survey, and the exit code for an image that wastes too much."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from engine.snapshots.survey import Share, Survey
from tests.app.cli.conftest import Outcome, Yard

Run = Callable[..., Outcome]
SURVEY = Survey(1000, 100, 3, (("/a\x1b[2J", 2, 100),), (("/b", 1, 900),), (Share(3, 0, 0, 1000, 100),))


@pytest.fixture(autouse=True)
def _surveyed(yard: Yard) -> None:
    yard.images.survey = lambda name, progress: (progress(1, 2, 30), SURVEY)[1]


def test_the_paths_that_waste_most_and_the_sum(stackyard: Run) -> None:
    done = stackyard("image", "waste", "web")
    assert done.code == 0
    assert done.out.splitlines()[0].split() == ["COUNT", "WASTED", "PATH"]
    assert done.out.splitlines()[1].split() == ["2", "100B", "/a?[2J"]
    assert "100B of 1kB wasted; the image is 90.0% efficient" in done.out


def test_a_limit_for_continuous_integration(stackyard: Run) -> None:
    assert stackyard("image", "waste", "--lowest-efficiency", "90", "web").code == 0
    done = stackyard("image", "waste", "--lowest-efficiency", "95%", "web")
    assert (done.code, done.err) == (1, "Error: the image is 90.0% efficient, less than 95%\n")
    assert stackyard("image", "waste", "--lowest-efficiency", "much", "web").code == 125


def test_everything_as_json_while_the_progress_is_told_beside_it(stackyard: Run) -> None:
    done = stackyard("image", "waste", "--json", "--progress", "web")
    told = json.loads(done.out)
    assert told["efficiency"] == 0.9
    assert told["layers"] == [{"added": 3, "changed": 0, "removed": 0, "size": 1000, "wasted": 100}]
    assert told["largest"] == [{"path": "/b", "layer": 1, "size": 900}]
    assert done.err == "1 2 30\n"

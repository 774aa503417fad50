"""`top`: what is kept of ps's output, and how lines are written where there is no ps."""

from __future__ import annotations

import os

import pytest

from engine.containers.programs.top import _began, _terminal, _time, parsed
from engine.errors import InvalidInput

OUTPUT = """\
UID          PID    PPID  C STIME TTY          TIME CMD
root           1       0  0 09:00 ?        00:00:01 /sbin/init
root          42       1  3 09:01 pts/0    00:00:07 sh -c  while :; do   :; done
nobody        43      42  0 09:01 pts/0    00:00:00 sleep 600
"""


def test_only_the_containers_own_lines_are_kept_and_the_last_field_takes_the_rest() -> None:
    table = parsed(OUTPUT, {42, 43})
    assert table.titles == ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
    assert [row[1] for row in table.rows] == ["42", "43"]
    assert table.rows[0][-1] == "sh -c while :; do :; done"


def test_threads_go_with_the_process_above_them() -> None:
    output = "PID LWP CMD\n1 - init\n- 1 -\n42 - sh\n- 42 -\n- 44 -\n50 - other\n- 50 -\n"
    assert parsed(output, {42}).rows == [["42", "-", "sh"], ["-", "42", "-"], ["-", "44", "-"]]


def test_without_pids_nothing_can_be_told() -> None:
    with pytest.raises(InvalidInput, match="Couldn't find PID field in ps output"):
        parsed("COMMAND\nsh\n", {42})


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00:00"), (3661, "01:01:01"), (86400 * 3 + 60, "3-00:01:00")]
)
def test_times(seconds: int, text: str) -> None:
    assert _time(seconds) == text


def test_terminals() -> None:
    assert _terminal(0) == "?"
    assert _terminal(os.makedev(136, 3)) == "pts/3"
    assert _terminal(os.makedev(137, 1)) == "pts/257"
    assert _terminal(os.makedev(4, 1)) == "tty1"


def test_beginnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    now = 1_700_000_000.0
    assert _began(now - 60, now) == "22:12"
    assert _began(now - 3 * 86400, now) == "Nov11"
    assert _began(now - 500 * 86400, now) == "2022"

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_a_closed_standard_descriptor_is_as_good_as_nothing(tmp_path: Path, closed: str) -> None:
    script = f'"$0" -m app.main --root "$1" volume create kept {closed}'
    made = subprocess.run(["sh", "-c", script, sys.executable, tmp_path], capture_output=True, text=True)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout == ("" if ">&-" in closed.split() else "kept\n")
    assert (tmp_path / "volumes" / "kept").is_dir()


def test_a_closed_input_has_ended(tmp_path: Path) -> None:
    script = '"$0" -m app.main --root "$1" import - <&-'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, tmp_path], capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert done.stderr.startswith("Error: ")
    assert "unexpected" not in done.stderr

"""`stackyard config`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def config(tmp_path: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": str(tmp_path), "PYTHONPATH": ".", **more}
    command = [sys.executable, "-m", "app.main", "--root", str(tmp_path / "root"), "config", *words]
    here = Path(__file__).resolve().parents[3]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=here, timeout=60)


def test_it_says_where_the_files_are(tmp_path: Path) -> None:
    said = config(tmp_path, "locate").stdout
    assert f"{tmp_path}/stackyard/config.yaml  (not there yet)" in said
    assert f"{tmp_path}/stackyard/themes" in said
    assert "/elsewhere.yaml" in config(tmp_path, "locate", STACKYARD_CONFIG="/elsewhere.yaml").stdout


def test_checking_prints_each_fault_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("theme: dark\nmouse: 7\n")
    answer = config(tmp_path, "check", str(path))
    assert answer.returncode == 1
    assert len(answer.stdout.splitlines()) == 2
    assert answer.stdout.splitlines()[1] == f"{path}:2:8: true or false was expected, not '7'"
    assert config(tmp_path, "check").returncode == 0
    assert "there is no file" in config(tmp_path, "check", "/nowhere.yaml").stderr


def test_a_users_broken_theme_is_a_fault_too(tmp_path: Path) -> None:
    theme = tmp_path / "stackyard/themes/mine.yaml"
    theme.parent.mkdir(parents=True)
    theme.write_text("accent: blau\n")
    answer = config(tmp_path, "check")
    assert (answer.returncode, "mine.yaml:1:9: 'blau' is no colour" in answer.stdout) == (1, True)


def test_editing_begins_with_an_explained_file_and_checks_it(tmp_path: Path) -> None:
    answer = config(tmp_path, "edit", EDITOR="sed -i '$ a mouse: 7'")
    assert answer.returncode == 1
    assert "true or false was expected" in answer.stdout
    assert "# Which deeds ask" in (tmp_path / "stackyard/config.yaml").read_text()
    failed = config(tmp_path, "edit", EDITOR="/no/editor")
    assert failed.stderr.startswith("Error: the editor '/no/editor' cannot be run")


@pytest.mark.parametrize("verb", ["create", "ls"])
def test_swarms_own_configs_are_not_meant(tmp_path: Path, verb: str) -> None:
    assert config(tmp_path, verb).returncode == 1

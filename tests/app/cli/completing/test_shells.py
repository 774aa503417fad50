"""Completion as real shells do it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.completing.scripts import SCRIPTS

BASH = """
eval "$(stackyard completion bash)"
COMP_LINE="$1" COMP_POINT=${#1}
read -a COMP_WORDS <<<"${1//:/ : }"; [[ $1 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { echo "compopt $*" >&2; }
_stackyard
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment whose `stackyard` is this checkout's."""
    program = tmp_path / "bin" / "stackyard"
    program.parent.mkdir()
    root = Path(__file__).parents[4]
    program.write_text(f'#!/bin/sh\nexport PYTHONPATH={root}\nexec {sys.executable} -m app.main "$@"\n')
    program.chmod(0o755)
    (tmp_path / "my files").mkdir()
    (tmp_path / "Dockerfile").touch()
    path = f"{program.parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "STACKYARD_ROOT": str(tmp_path / "store"), "HOME": str(tmp_path)}


def _bash(environment: dict[str, str], line: str) -> list[str]:
    words = ["bash", "--norc", "-c", BASH, "bash", line]
    done = subprocess.run(
        words, env=environment, cwd=environment["HOME"], check=True, capture_output=True, text=True
    )
    assert not [said for said in done.stderr.splitlines() if not said.startswith("compopt")]
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("stackyard imag", ["image", "images"]),
        ("stackyard run --restart un", ["unless-stopped"]),
        ("stackyard run --network=ho", ["host"]),
        ("stackyard build D", ["Dockerfile"]),
        ("stackyard cp my\\ f", ["my files"]),
        ("stackyard rm ", [""]),
    ],
)
def test_bash(shell: dict[str, str], line: str, offers: list[str]) -> None:
    assert _bash(shell, line) == offers


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not here")
def test_fish(shell: dict[str, str]) -> None:
    script = "stackyard completion fish | source; complete -C 'stackyard run --rest'"
    done = subprocess.run(["fish", "-c", script], env=shell, check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["--restart\tRestart policy to apply when a container exits"]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_no_script_has_a_mistake_in_it(name: str) -> None:
    if not shutil.which(name):
        pytest.skip(f"{name} is not here")
    subprocess.run([name, "-n"], input=SCRIPTS[name], text=True, check=True)


def test_the_lines_are_those_of_dockers_own_scripts(shell: dict[str, str]) -> None:
    words = ["stackyard", "__complete", "container", "unp"]
    done = subprocess.run(words, env=shell, check=True, capture_output=True, text=True)
    assert done.stdout == "unpause\tUnpause all processes within one or more containers\n:4\n"


def test_it_loads_no_screen(shell: dict[str, str]) -> None:
    script = (
        "import sys; from app.cli.program import run; run(['__complete', 'ps', '--format', '']);"
        " assert not {'textual', 'rich', 'app.workbench'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], env=shell, check=True, capture_output=True)


def test_a_shell_that_is_not_known_gets_a_sentence(shell: dict[str, str]) -> None:
    done = subprocess.run(["stackyard", "completion", "tcsh"], env=shell, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no completion for 'tcsh'" in done.stderr

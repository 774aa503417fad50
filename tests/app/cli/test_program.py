from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from app.cli import program
from engine.errors import Conflict, EngineError, NotFound

Run = Callable[..., Any]


def test_an_unknown_verb_gets_a_hint(stackyard: Run) -> None:
    outcome = stackyard("imags")
    assert outcome.code == 1
    assert outcome.err.startswith("stackyard: 'imags' is not a stackyard command.\nSee 'stackyard --help'\n")
    assert "\timages\n" in outcome.err


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help_goes_to_stdout(stackyard: Run, words: list[str]) -> None:
    outcome = stackyard(*words)
    assert outcome.code == 0
    assert outcome.out.startswith("\nUsage:  stackyard [OPTIONS] COMMAND\n")


def test_help_of_a_verb(stackyard: Run) -> None:
    page = stackyard("rm", "--help")
    assert page.code == 0
    assert "Usage:  stackyard rm [OPTIONS] CONTAINER [CONTAINER...]" in page.out
    assert stackyard("help", "rm").out == page.out
    assert "Usage:  stackyard image rm" in stackyard("help", "image", "rm").out
    assert stackyard("help", "nothing") == (1, "", "unknown help topic: nothing\n")


def test_a_noun_lists_its_verbs(stackyard: Run) -> None:
    assert stackyard("container").out == stackyard("container", "--help").out
    wrong = stackyard("container", "foo")
    assert (wrong.code, wrong.out) == (1, "")
    assert "Usage:  stackyard container COMMAND" in wrong.err


def test_aliases_of_a_noun(stackyard: Run) -> None:
    assert "Aliases:\n  ls, ps, list\n" in stackyard("container", "list", "--help").out
    assert "Usage:  stackyard image rm" in stackyard("image", "remove", "--help").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rename", "a"], '"stackyard rename" requires exactly 2 arguments.'),
        (["rm"], '"stackyard rm" requires at least 1 argument.'),
        (["load", "x"], '"stackyard load" accepts no arguments.'),
        (["container", "rm"], '"stackyard container rm" requires at least 1 argument.'),
    ],
)
def test_too_many_or_too_few_words(stackyard: Run, words: list[str], message: str) -> None:
    outcome = stackyard(*words)
    path = message.split('"')[1]
    assert outcome.code == 1
    assert outcome.err.startswith(f"{message}\nSee '{path} --help'.\n\nUsage:  {path} ")


def test_a_wrong_flag_names_the_page_to_read(stackyard: Run) -> None:
    assert stackyard("rm", "--foo") == (125, "", "unknown flag: --foo\nSee 'stackyard rm --help'.\n")
    assert stackyard("--foo") == (125, "", "unknown flag: --foo\nSee 'stackyard --help'.\n")


def test_there_is_no_host_to_connect_to(stackyard: Run) -> None:
    outcome = stackyard("-H", "unix:///x", "rm", "x")
    assert outcome.code == 125
    assert "there is no daemon" in outcome.err


def test_each_name_has_its_own_outcome(stackyard: Run, yard: Any) -> None:
    yard.containers.fails = {
        "b": NotFound("No such container: b"),
        "c": Conflict("c is busy", resolution="stop it"),
    }
    outcome = stackyard("stop", "-t", "3", "a", "b", "c", "d")
    assert outcome == (1, "a\nd\n", "Error: No such container: b\nError: c is busy\n  Stop it.\n")
    assert yard.containers.made[0] == ("stop", "a", {"timeout": 3, "signal": None})


def test_force_forgives_what_is_not_there(stackyard: Run, yard: Any) -> None:
    yard.containers.fails = {"b": NotFound("No such container: b")}
    assert stackyard("rm", "-f", "a", "b") == (0, "a\n", "Error: No such container: b\n")
    assert stackyard("rm", "b").code == 1


def test_errors_are_a_sentence_and_what_to_do(stackyard: Run, yard: Any) -> None:
    yard.containers.fails = {"a": EngineError("It broke", details="badly", resolution="try again")}
    assert stackyard("rename", "a", "b") == (1, "", "Error: It broke: badly\n  Try again.\n")


def test_the_unexpected_is_a_sentence_too(stackyard: Run, yard: Any) -> None:
    yard.containers.fails = {"a": ZeroDivisionError("division by zero")}
    outcome = stackyard("rename", "a", "b")
    assert outcome.code == 125
    assert "ZeroDivisionError: division by zero" in outcome.err
    assert "stackyard --debug" in outcome.err
    assert "Traceback" not in outcome.err
    with pytest.raises(ZeroDivisionError):
        program.run(["--debug", "rename", "a", "b"])


def test_an_os_error_is_told_like_the_engines_own(stackyard: Run, yard: Any) -> None:
    yard.containers.fails = {"a": PermissionError(13, "Permission denied", "/var/lib/stackyard")}
    outcome = stackyard("rename", "a", "b")
    assert outcome.code == 1
    assert outcome.err.startswith("Error: stackyard rename: permission denied (/var/lib/stackyard)\n")


def test_interruption_and_a_closed_pipe_are_quiet(
    stackyard: Run, yard: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    yard.containers.fails = {"a": KeyboardInterrupt(), "b": BrokenPipeError()}
    monkeypatch.setattr(program, "discard_output", lambda: None)
    assert stackyard("rename", "a", "b") == (130, "", "")
    assert stackyard("rename", "b", "a") == (141, "", "")


def test_no_words_open_the_workbench(yard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    workbench = SimpleNamespace(run=lambda engine, ask: opened.append(engine) or 0)
    monkeypatch.setitem(sys.modules, "app.workbench.app", workbench)
    monkeypatch.setattr(program, "on_terminal", lambda: True)
    assert program.run(["--root", "/nonexistent"]) == 0
    assert opened == [yard]


def test_without_a_terminal_there_is_no_workbench(stackyard: Run) -> None:
    outcome = stackyard()
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("Error: the workbench needs a terminal\n")


def test_reading_a_command_line_imports_next_to_nothing() -> None:
    heavy = {
        "argparse", "asyncio", "click", "dataclasses", "datetime", "hashlib", "inspect", "logging", "pathlib",
        "rich", "shutil", "subprocess", "tempfile", "textual", "urllib",
    }  # fmt: skip
    probe = (
        "import sys; before = set(sys.modules); "
        "from app.cli.program import load; from app.cli.catalogue import VERBS; "
        "load(VERBS['run']); import app.cli.foreground; print(*sorted(set(sys.modules) - before))"
    )
    found = subprocess.run(
        [sys.executable, "-S", "-c", probe], capture_output=True, text=True, check=True, cwd="."
    )
    assert not heavy & set(found.stdout.split())

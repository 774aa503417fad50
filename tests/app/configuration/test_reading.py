"""The configuration file: what is right is heard, what is wrong is told with its line and column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.configuration import reference
from app.configuration.configuration import Configuration
from app.configuration.reading import read
from app.configuration.writing import begin, put, starter
from app.workbench.vocabulary import vocabulary
from engine.errors import InvalidInput

WORDS = vocabulary()


def heard(tmp_path: Path, text: str) -> tuple[Configuration, list[str]]:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    configuration, faults = read(str(path), WORDS)
    return configuration, [fault.short for fault in faults]


def test_a_file_that_is_not_there_leaves_everything_as_it_is(tmp_path: Path) -> None:
    assert read(str(tmp_path / "none.yaml"), WORDS) == (Configuration(), [])
    assert heard(tmp_path, "") == (Configuration(), [])
    assert heard(tmp_path, "# nothing\n") == (Configuration(), [])


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    configuration, faults = heard(
        tmp_path,
        "theme: daylight\nkeymap:\n  stop: ctrl+s\n  remove: [delete, '<']\n  prune: []\n"
        "confirmations: [kill]\nshell: zsh -l\nmouse: no\ncolumns: {container: [name, cpu]}\n"
        "commands:\n  - {name: top, key: P, context: container, command: 'top {{ .Name }}', attach: true}\n",
    )
    assert not faults
    assert configuration.theme == "daylight"
    assert configuration.keymap == {"stop": ("ctrl+s",), "remove": ("delete", "less_than_sign"), "prune": ()}
    assert configuration.confirmations == ("kill",)
    assert configuration.shell == ("zsh", "-l")
    assert configuration.mouse is False
    assert configuration.columns == {"container": ("name", "cpu")}
    assert configuration.commands[0].attach is True


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("theme: dayligt\n", "1:8: there is no theme 'dayligt': did you mean 'daylight'?"),
        ("shel: sh\n", "1:1: there is no entry 'shel': did you mean 'shell'?"),
        ("keymap:\n  stpo: X\n", "2:3: there is no action 'stpo': did you mean 'stop'?"),
        ("keymap: {stop: foo}\n", "1:16: there is no key 'foo': a character, or a name such as"),
        ("mouse: maybe\n", "1:8: true or false was expected, not 'maybe'"),
        ("confirmations: [kil]\n", "1:17: there is no deed 'kil': did you mean 'kill'?"),
        ("columns: {container: [nam]}\n", "1:23: there is no column 'nam': did you mean 'name'?"),
        ("columns: [name]\n", "1:10: this must be `name: value` lines, not a list"),
        ("commands:\n- name: a\n", "2:3: `key`, `context` and `command` are missing here"),
        ("shell: 'zsh\n", "2:1: found unexpected end of stream"),
        ('shell: zsh "-l\n', "1:8: a quotation mark is not closed"),
        ("mouse: true\nmouse: false\n", "2:1: 'mouse' stands here twice"),
        ("- theme\n", "1:1: this must be `name: value` lines, not a list"),
    ],
)
def test_a_fault_has_its_place(tmp_path: Path, text: str, fault: str) -> None:
    faults = heard(tmp_path, text)[1]
    assert len(faults) == 1
    assert faults[0].startswith(f"config.yaml:{fault}")


def test_the_rest_is_heard_all_the_same(tmp_path: Path) -> None:
    configuration, faults = heard(tmp_path, "theme: none\nshell: zsh\nkeymap: {stop: X, stpo: Y}\n")
    assert configuration.shell == ("zsh",)
    assert configuration.keymap == {"stop": ("X",)}
    assert len(faults) == 2


def test_a_key_with_two_meanings_names_both(tmp_path: Path) -> None:
    configuration, faults = heard(tmp_path, "keymap:\n  stop: x\n")
    assert faults == [
        "config.yaml:2:9: the key x would mean both 'Start a container from the image' (run)"
        " and 'Stop; a running build too' (stop)"
    ]
    assert not configuration.keymap


def test_two_actions_may_change_places(tmp_path: Path) -> None:
    configuration, faults = heard(tmp_path, "keymap: {stop: S, start: s}\n")
    assert not faults
    assert configuration.keymap == {"stop": ("S",), "start": ("s",)}


def test_a_command_must_not_take_a_key_that_is_in_use(tmp_path: Path) -> None:
    command = "commands:\n- {name: mine, context: image, command: ls, key: d}\n"
    assert heard(tmp_path, command) == (
        Configuration(),
        ["config.yaml:2:50: the key d would mean both 'mine' and 'Remove (asks)' (remove)"],
    )
    assert not heard(tmp_path, "keymap: {remove: X}\n" + command)[1]


@given(st.text())
def test_any_text_is_read_or_told(text: str) -> None:
    from app.configuration.document import Fault, parse

    node = parse(text, "x")
    assert node is None or isinstance(node, Fault) or node.start_mark.line >= 0


def test_the_starter_says_nothing_until_its_examples_are_let_in(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "config.yaml"
    assert begin(str(path), WORDS)
    assert not begin(str(path), WORDS)
    assert read(str(path), WORDS) == (Configuration(), [])
    examples = [line[2:] for line in starter(WORDS).splitlines() if line[:2] == "# "]
    said = [line for line in examples if line.split(":")[0].strip(" -") in ALL or line.startswith("  ")]
    path.write_text("\n".join(said))
    assert read(str(path), WORDS)[1] == []


ALL = ("theme", "keymap", "confirmations", "shell", "mouse", "columns", "commands")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "theme: a\n"),
        ("# mine\ntheme: old  # dark\nshell: sh\n", "# mine\ntheme: a  # dark\nshell: sh\n"),
        ("shell: sh", "shell: sh\ntheme: a\n"),
        ("theme:\nshell: sh\n", "theme: a\nshell: sh\n"),
        ('theme: "old"\r\nshell: sh\r\n', "theme: a\r\nshell: sh\r\n"),
        ("# Grüße\ntheme: old\n", "# Grüße\ntheme: a\n"),
    ],
)
def test_one_entry_is_written_and_all_else_stays(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(before.encode())
    put(str(path), "theme", "a")
    assert path.read_bytes() == after.encode()
    assert [one.name for one in tmp_path.iterdir()] == ["config.yaml"]


def test_a_link_is_followed_and_a_broken_file_is_left_alone(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    real.write_text("shell: sh\n")
    link.symlink_to(real)
    put(str(link), "theme", "a")
    assert link.is_symlink()
    assert real.read_text() == "shell: sh\ntheme: a\n"
    real.write_text("theme: [")
    with pytest.raises(InvalidInput, match=r"theme was not written: link\.yaml:2"):
        put(str(link), "theme", "b")
    assert real.read_text() == "theme: ["


def test_the_schema_and_the_reference_tell_every_entry() -> None:
    schema = json.loads(reference.schema(WORDS))
    assert tuple(schema["properties"]) == ALL
    assert schema["additionalProperties"] is False
    assert all(f"**`{name}`**" in reference.markdown(WORDS) for name in ALL)


def test_what_is_in_force_is_yaml() -> None:
    assert yaml.safe_load(reference.effective(Configuration()))["confirmations"] == ["remove", "prune"]

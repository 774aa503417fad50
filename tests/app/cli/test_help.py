from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from app.cli import help as pages
from app.cli.catalogue import NOUNS, VERBS, Entry
from app.cli.flags import Flag
from app.cli.program import load, overview


def every_entry() -> list[tuple[str, Entry]]:
    nouns = [
        (f"{noun} {verb}", entry) for noun, group in NOUNS.items() for verb, entry in group.verbs.items()
    ]
    return [*VERBS.items(), *nouns]


def test_options_align_and_wrap() -> None:
    flags = (
        Flag("time", "int", "Seconds to wait for stop before killing the container", short="t", shown="10"),
        Flag("all", "bool", "Everything"),
        Flag("gone", "bool", "Never shown", later="no"),
    )
    assert pages.options(flags, 79) == [
        "      --all        Everything",
        "  -t, --time int   Seconds to wait for stop before killing the container\n"
        + " " * 19
        + "(default 10)",
    ]


def test_a_narrow_terminal_puts_the_help_below() -> None:
    flags = (Flag("a-very-long-name-of-a-flag", "string", "Words " * 8),)
    (text,) = pages.options(flags, 50)
    assert text.split("\n")[1].startswith(" " * 16 + "Words")
    assert all(len(line) <= 50 for line in text.split("\n"))


@pytest.mark.parametrize(
    ("path", "entry"), every_entry(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_says_what_the_catalogue_says(path: str, entry: Entry) -> None:
    command = load(entry)
    assert command.summary == entry.summary
    page = command.help(path, entry.aliases)
    assert page.startswith(f"\nUsage:  stackyard {path}")
    for flag in command.flags:
        assert flag.help or flag.hidden or flag.later, f"--{flag.name} has no help"
        assert not flag.later or flag.later[0].islower()


def test_no_flag_is_there_twice() -> None:
    for path, entry in every_entry():
        flags = load(entry).flags
        names = [flag.name for flag in flags]
        shorts = [flag.short for flag in flags if flag.short]
        assert len(set(names)) == len(names), path
        assert len(set(shorts)) == len(shorts), path


def test_the_overview_lists_every_verb() -> None:
    page = overview()
    for name in [*VERBS, *NOUNS]:
        assert f"\n  {name} " in page


SAME = """
container create, container inspect, container kill, container logs, container ls, container prune,
container rename, container restart, container rm, container run, container start, container stop,
container wait, history, image history, image inspect, image ls, image prune, image rm, image tag,
images, info, inspect, kill, logs, ps, rename, restart, rm, rmi, run, start, stop, system prune,
tag, version, volume inspect, volume ls, wait
"""


@pytest.mark.peers
@pytest.mark.skipif(not shutil.which("docker"), reason="docker is not installed")
@pytest.mark.parametrize("path", [path.strip() for path in SAME.split(",")])
def test_usage_lines_are_dockers(path: str) -> None:
    environment = {**os.environ, "DOCKER_HOST": "unix:///nonexistent"}
    page = subprocess.run(
        ["docker", *path.split(), "--help"], capture_output=True, text=True, env=environment, timeout=20
    ).stdout
    verb = dict(every_entry())[path]
    theirs = next(line for line in page.split("\n") if line.startswith("Usage:"))
    assert pages.usage_line(path, load(verb).usage) == theirs.replace("docker", "stackyard", 1)

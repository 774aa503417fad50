"""The user's own commands: which of them fit what is selected, and the lines that they become."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from app.configuration.configuration import Command
from app.workbench.actions import Question, Selection, build_of, container_of, image_of
from app.workbench.figures import short_id
from app.workbench.keymap import spelled
from app.workbench.keys import Key
from app.workbench.yard import Lists


def fitting(commands: Sequence[Command], selection: Selection) -> list[Command]:
    """Keep those that can be done to what is selected."""
    return [one for one in commands if selection.key and one.context == selection.kind]


def hint(command: Command) -> Key:
    """Make it look like a key of our own."""
    return Key("", command.key, spelled(command.key), command.name, command.description or command.command)


def line(command: Command, selection: Selection, lists: Lists) -> str:
    """Write the line for the shell; InvalidInput says what the template asks for in vain."""
    from app.go.template import Template

    quoted = {name: shlex.quote(value) for name, value in _values(selection, lists).items()}
    return Template.parse(command.command).render(quoted)


def question(command: Command, selection: Selection, line: str) -> Question:
    """Ask before it is done."""
    asked = command.confirm if isinstance(command.confirm, str) else f"{command.name}: {selection.name}?"
    return Question(asked, (command.description,) if command.description else (), "do it")


def program(own: Sequence[str], line: str) -> list[str]:
    """Make the words that run a line; `stackyard` in it is this program on this store."""
    return ["/bin/sh", "-c", f'stackyard() {{ {shlex.join(own)} "$@"; }}\n{line}']


def _values(selection: Selection, lists: Lists) -> dict[str, str]:
    values = {"ID": selection.id.removeprefix("sha256:"), "Name": selection.name}
    if container := container_of(selection, lists):
        return {
            **values, "Image": container.image, "Status": container.status, "Ports": container.ports,
        }  # fmt: skip
    if image := image_of(selection, lists):
        named = selection.target if image.tags else short_id(image.id)
        return {**values, "Name": named, "Image": named, "Size": str(image.size)}
    if build := build_of(selection, lists):
        made = {"Image": build.image.removeprefix("sha256:"), "Status": build.state}
        return {**values, **made, "Context": build.context, "Dockerfile": build.dockerfile}
    driver = next((one.driver for one in lists.volumes if one.name == selection.key), "")
    return {**values, "Name": selection.target, "Driver": driver}

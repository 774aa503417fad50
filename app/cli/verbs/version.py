"""`version`: which Stackyard this is, and what it runs on."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from app.cli.command import Command
from app.cli.console import say
from app.cli.flags import Arguments, Flag

if TYPE_CHECKING:
    from engine.engine import Engine

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}


def versions() -> dict[str, Any]:
    """Tell the versions in docker's shape; client and server are one process here."""
    from engine.version import VERSION

    machine = os.uname()
    here = {
        "Version": VERSION,
        "Os": "linux",
        "Arch": ARCHITECTURES.get(machine.machine, machine.machine),
    }
    python = ".".join(map(str, sys.version_info[:3]))
    return {
        "Client": {"Platform": {"Name": "Stackyard"}, **here, "PythonVersion": python},
        "Server": {
            "Platform": {"Name": "Stackyard engine, in this process"},
            **here,
            "KernelVersion": machine.release,
        },
    }


def _run(engine: Engine, arguments: Arguments) -> int:
    form, told = arguments.text("format"), versions()
    if form == "json":
        form = "{{json .}}"
    if form:
        from app.go.template import Template

        say(Template.parse(form).render(told))
        return 0
    client, server = told["Client"], told["Server"]
    say(f"Client: {client['Platform']['Name']}")
    say(f" Version:           {client['Version']}")
    say(f" Python version:    {client['PythonVersion']}")
    say(f" OS/Arch:           {client['Os']}/{client['Arch']}")
    say()
    say(f"Server: {server['Platform']['Name']}")
    say(f" Version:           {server['Version']}")
    say(f" Kernel version:    {server['KernelVersion']}")
    return 0


VERSION = Command(
    "[OPTIONS]",
    "Show the Stackyard version information",
    _run,
    (Flag("format", "string", "Format the output using the given Go template", short="f"),),
)

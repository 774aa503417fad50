"""`info`: what is in the store, and what the engine runs on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from app.cli.command import Command
from app.cli.console import say
from app.cli.flags import Arguments, Flag
from app.cli.verbs.version import versions

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    form, told = arguments.text("format"), gather(engine)
    if form == "json":
        form = "{{json .}}"
    if form:
        from app.go.template import Template

        say(Template.parse(form).render(told))
    else:
        say("\n".join(_page(told)))
    return 0


def gather(engine: Engine) -> dict[str, Any]:
    """Collect the facts, under docker's names."""
    states = [container.state.status for container in engine.containers.list(all=True)]
    machine = os.uname()
    return {
        "Containers": len(states),
        "ContainersRunning": states.count("running"),
        "ContainersPaused": states.count("paused"),
        "ContainersStopped": sum(status not in ("running", "paused") for status in states),
        "Images": len(engine.images.list(all=True)),
        "Driver": engine.driver,
        "CgroupVersion": "2" if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else "1",
        "KernelVersion": machine.release,
        "OperatingSystem": _distribution(),
        "OSType": "linux",
        "Architecture": machine.machine,
        "NCPU": os.cpu_count() or 1,
        "MemTotal": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "Name": machine.nodename,
        "DockerRootDir": engine.paths.root,
        "ServerVersion": versions()["Server"]["Version"],
    }


def _distribution() -> str:
    try:
        with open("/etc/os-release", encoding="utf-8") as release:
            for line in release:
                name, _, value = line.rstrip("\n").partition("=")
                if name == "PRETTY_NAME":
                    return value.strip("\"'")
    except OSError:
        pass
    return "Linux"


def _page(told: dict[str, Any]) -> list[str]:
    from app.units import human_memory

    return [
        "Client:",
        f" Version:    {told['ServerVersion']}",
        "",
        "Server:",
        f" Containers: {told['Containers']}",
        f"  Running: {told['ContainersRunning']}",
        f"  Paused: {told['ContainersPaused']}",
        f"  Stopped: {told['ContainersStopped']}",
        f" Images: {told['Images']}",
        f" Server Version: {told['ServerVersion']}",
        f" Storage Driver: {told['Driver']}",
        f" Cgroup Version: {told['CgroupVersion']}",
        f" Kernel Version: {told['KernelVersion']}",
        f" Operating System: {told['OperatingSystem']}",
        f" OSType: {told['OSType']}",
        f" Architecture: {told['Architecture']}",
        f" CPUs: {told['NCPU']}",
        f" Total Memory: {human_memory(told['MemTotal'])}",
        f" Name: {told['Name']}",
        f" Stackyard Root Dir: {told['DockerRootDir']}",
    ]


INFO = Command(
    "[OPTIONS]",
    "Display system-wide information",
    _run,
    (Flag("format", "string", "Format the output using the given Go template", short="f"),),
)

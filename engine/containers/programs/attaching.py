"""Coming to a container that runs: to its own program, or with another one."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from engine.containers.programs.environment import environment
from engine.containers.programs.session import Attached, Executed, beside, place
from engine.containers.record import Container
from engine.errors import Conflict, StartFailed
from engine.events import EventLog, event
from engine.kernel.processes import start_time
from engine.runtime import accounts
from engine.shim.visit import Visit
from engine.store.store import Store

_FAILED = "OCI runtime exec failed: exec failed: unable to start container process: {}: unknown"
"""The words of docker and its runtime."""


class Program(NamedTuple):
    """A program to be run in a container, as `exec` says it."""

    arguments: tuple[str, ...]
    terminal: bool = False
    stdin: bool = False
    detached: bool = False
    user: str = ""
    """As `--user`; empty: the container's own."""
    workdir: str = ""
    """Absolute; empty: the container's own."""
    environment: tuple[str, ...] = ()
    """KEY=VALUE, after the container's own."""
    privileged: bool = False
    size: tuple[int, int] = (0, 0)
    """Its terminal's columns and rows."""


def attach(store: Store, container: Container, *, stdin: bool, recent: int) -> Attached:
    """Take a place at a container's own program. Raises Conflict."""
    status = container.state.status
    if status in ("paused", "restarting"):
        what = "unpause it first" if status == "paused" else "wait until the container is running"
        raise Conflict(f"cannot attach to a {status} container, {what}")
    if status != "running":
        raise Conflict("cannot attach to a stopped container, start it first")
    paths = store.paths.container(container.id)
    visit = Visit.come(paths.bundle)
    answer, handed = visit.ask({"do": "attach", "input": stdin})
    return place(visit, answer, handed, paths, recent)


def execute(store: Store, events: EventLog, container: Container, program: Program) -> Executed:
    """Run a program in a container. Raises Conflict, InvalidInput, StartFailed."""
    _check(container)
    id = os.urandom(32).hex()
    words = " ".join(program.arguments)
    _tell(events, container, f"exec_create: {words}", id)
    file = os.memfd_create("exec", os.MFD_CLOEXEC)
    try:
        manner = {"id": id, "stdin": program.stdin, "detached": program.detached}
        document = {**_process(container, program), **manner}
        with open(file, "w", encoding="utf-8", closefd=False) as stream:
            json.dump(document, stream)
        visit = Visit.come(store.paths.container(container.id).bundle)
        _tell(events, container, f"exec_start: {words}", id)
        try:
            _, handed = visit.ask({"do": "exec"}, [file])
        except StartFailed as error:
            visit.close()
            raise StartFailed(_FAILED.format(error.brief), error.code, resolution=error.resolution) from None
    finally:
        os.close(file)
    return beside(visit, handed, terminal=program.terminal)


def _check(container: Container) -> None:
    status = container.state.status
    if status == "paused":
        raise Conflict(f"Container {container.name} is paused, unpause the container before exec")
    if status == "restarting":
        raise Conflict(f"Container {container.id} is restarting, wait until the container is running")
    if status != "running":
        raise Conflict(f"container {container.id} is not running")


def _process(container: Container, program: Program) -> dict[str, Any]:
    """Describe it as the runtime specification's `process`, but for its rights, which the shim knows."""
    config = container.config["Config"]
    account = _account(container, program.user or config["User"])
    own = {**config, "Env": [], "Tty": program.terminal}
    variables = dict(entry.partition("=")[::2] for entry in (*config["Env"], *program.environment))
    own["Env"] = [f"{key}={value}" for key, value in variables.items()]
    return {
        "args": list(program.arguments),
        "cwd": program.workdir or config["WorkingDir"] or "/",
        "env": environment(own, account.home),
        "user": {"uid": account.uid, "gid": account.gid, "additionalGids": list(account.groups)},
        "terminal": program.terminal,
        "consoleSize": {"width": program.size[0], "height": program.size[1]},
        "privileged": program.privileged or container.host_config["Privileged"],
    }


def _account(container: Container, user: str) -> accounts.Account:
    """Look a user up in the container as it is now."""
    state = container.state
    try:
        root = os.open(f"/proc/{state.pid}/root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        raise Conflict(f"container {container.id} is not running") from None
    try:
        # Asked once the root is open: it is that of this process and of no later one with its number.
        if start_time(state.pid) != state.ticks:
            raise Conflict(f"container {container.id} is not running")
        groups = container.host_config.get("GroupAdd") or ()
        return accounts.with_groups(root, accounts.resolve(root, user), groups)
    finally:
        os.close(root)


def _tell(events: EventLog, container: Container, action: str, id: str) -> None:
    events.append(event("container", action, container.id, **container.attributes(), execID=id))

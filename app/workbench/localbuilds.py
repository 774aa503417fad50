"""The builds of a store on this machine, as the workbench asks for them."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.workbench.yard import Build, Line, Watch
from engine.errors import Conflict

if TYPE_CHECKING:
    from engine.build.journal.recording import Recording
    from engine.build.journal.shelf import Shelf
    from engine.develop.journal import Shelf as Watches
    from engine.paths import Paths


class LocalBuilds:
    """Answers from the journals that builds leave."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._shelf: Shelf | None = None
        self._watched: Watches | None = None

    @property
    def _builds(self) -> Shelf:
        from engine.build.journal.shelf import Shelf

        self._shelf = self._shelf or Shelf(self._paths)
        return self._shelf

    def builds(self) -> tuple[Build, ...]:
        """List the builds."""
        return tuple(Build(*record) for record in self._builds.listed())

    def build_changes(self, stop: Callable[[], bool]) -> Iterator[None]:
        """Follow the journals."""
        return self._builds.changes(stop)

    @property
    def _watches(self) -> Watches:
        from engine.develop.journal import Shelf

        self._watched = self._watched or Shelf(self._paths)
        return self._watched

    def watches(self) -> tuple[Watch, ...]:
        """List the watches."""
        return tuple(Watch(*record) for record in self._watches.listed())

    def watch_changes(self, stop: Callable[[], bool]) -> Iterator[None]:
        """Follow their journals."""
        return self._watches.changes(stop)

    def end_watch(self, watch: str) -> None:
        """Interrupt it."""
        from engine.develop.journal import stop

        stop(self._paths, watch)

    def recording(self, build: str) -> Recording:
        """Open a journal."""
        from engine.build.journal.recording import Recording

        recording = Recording(self._paths, build)
        recording.take_in()
        return recording

    def dockerfile(self, build: str) -> str:
        """Read the Dockerfile that the journal kept."""
        from engine.build.journal.journal import dockerfile

        return dockerfile(self._paths, build).decode("utf-8", "replace")

    def again(self, build: str) -> Line:
        """Write the command that builds the same."""
        from engine.build.journal.journal import request

        asked = request(self._paths, build)
        if asked.get("context") == "-":
            raise Conflict("Its context came by standard input and is gone")
        kept = f"{self._paths.build(build)}/Dockerfile"
        return Line(build_words(asked, kept), asked.get("folder") or "")

    def interrupt(self, build: str) -> None:
        """Interrupt the builder."""
        from engine.build.journal.journal import interrupt

        interrupt(self._paths, build)

    def remove_build(self, build: str) -> None:
        """Remove the journal."""
        from engine.build.journal.journal import remove

        remove(self._paths, build)


_SAME: tuple[tuple[str, str], ...] = (
    ("-t", "tags"), ("--cache-from", "cache_from"), ("--no-cache-filter", "no_cache_filter"),
    ("--add-host", "hosts"), ("--ulimit", "ulimits"),
)  # fmt: skip
_SWITCHES = (("--no-cache", "no_cache"), ("--pull", "pull"), ("--squash", "squash"))
_VALUES = (
    ("--target", "target"), ("--platform", "platform"), ("--memory", "memory"), ("--shm-size", "shm_size"),
)  # fmt: skip
_PAIRS = (("--build-arg", "arguments"), ("--label", "labels"), ("--build-context", "contexts"))


def build_words(asked: Mapping[str, Any], kept: str) -> list[str]:
    """Write a request the way it is typed; `kept` is a copy of the Dockerfile, for one that came by stdin."""
    words = ["build"]
    for flag, name in _SAME:
        for value in asked.get(name) or ():
            words += [flag, value]
    if asked.get("dockerfile"):
        words += ["-f", kept if asked["dockerfile"] == "-" else asked["dockerfile"]]
    for flag, name in _PAIRS:
        for key, value in (asked.get(name) or {}).items():
            words += [flag, key if value is None else f"{key}={value}"]
    words += [flag for flag, name in _SWITCHES if asked.get(name)]
    for flag, name in _VALUES:
        if asked.get(name):
            words += [flag, str(asked[name])]
    if asked.get("network", "default") != "default":
        words += ["--network", asked["network"]]
    for secret in asked.get("secrets") or ():
        source = f"env={secret['variable']}" if secret.get("variable") else f"src={secret.get('path', '')}"
        words += ["--secret", f"id={secret['id']},{source}"]
    for agent in asked.get("agents") or ():
        paths = ",".join(agent.get("paths") or ())
        words += ["--ssh", f"{agent['id']}={paths}" if paths else agent["id"]]
    for output in asked.get("output") or ():
        words += ["-o", _output(output)]
    return [*words, asked.get("context") or "."]


def _output(output: Mapping[str, Any]) -> str:
    fields = {"type": output["kind"], "dest": output.get("place", ""), **(output.get("options") or {})}
    return ",".join(f"{key}={value}" for key, value in fields.items() if value)


def typed(line: Line, here: str) -> str:
    """Write a command the way it is typed in the folder `here`."""
    command = f"stackyard {shlex.join(line.words)}"
    return f"$ {command}" if line.folder in ("", here) else f"$ cd {shlex.quote(line.folder)} && {command}"

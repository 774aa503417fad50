"""Image configs: a typed view on the JSON document whose digest is the image's id (image-spec config.md).

The bytes are never written again once they were read: an image keeps its id through load, tag and save.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine.errors import Corrupt, EngineError
from engine.oci import digest
from engine.oci.document import field, load, strings
from engine.oci.platform import Platform

MAX_LAYERS = 2048


class History(NamedTuple):
    """One step that made the image, oldest first."""

    created: str = ""
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False


class ImageConfig(NamedTuple):
    """A view on an image's config document."""

    document: Mapping[str, Any]

    @classmethod
    def parse(cls, data: bytes, what: str = "image config") -> ImageConfig:
        """Read a config from its bytes and check every member this engine relies on; raises Corrupt."""
        document = load(data, what)
        rootfs = field(document, "rootfs", dict, what)
        if rootfs is None:
            raise Corrupt(f"{what} has no rootfs")
        if len(strings(rootfs, "diff_ids", what) or ()) > MAX_LAYERS:
            raise Corrupt(f"{what} has more than {MAX_LAYERS} layers")
        for key in ("architecture", "os", "variant", "created", "author", "comment", "docker_version"):
            field(document, key, str, what)
        _check_history(document, what)
        _check_execution(field(document, "config", dict, what) or {}, what)
        view = cls(document)
        try:
            for diff_id in view.diff_ids:
                digest.parse(diff_id)
        except EngineError as error:
            raise Corrupt(f"{what}: {error.brief}", details=error.details) from None
        return view

    @property
    def architecture(self) -> str:
        """The processor, as GOARCH."""
        return self.document.get("architecture") or ""

    @property
    def os(self) -> str:
        """The operating system; docker's oldest configs mean linux by saying nothing."""
        return self.document.get("os") or "linux"

    @property
    def variant(self) -> str:
        """The processor's variant."""
        return self.document.get("variant") or ""

    @property
    def platform(self) -> Platform:
        """What the image runs on."""
        return Platform(self.os, self.architecture, self.variant)

    @property
    def created(self) -> str:
        """RFC 3339, empty where not said."""
        return self.document.get("created") or ""

    @property
    def diff_ids(self) -> tuple[str, ...]:
        """The layers, bottom first."""
        return tuple(self.document["rootfs"].get("diff_ids") or ())

    @property
    def history(self) -> tuple[History, ...]:
        """The steps, oldest first."""
        return tuple(
            History(
                step.get("created") or "",
                step.get("created_by") or "",
                step.get("author") or "",
                step.get("comment") or "",
                bool(step.get("empty_layer")),
            )
            for step in self.document.get("history") or ()
        )

    @property
    def execution(self) -> Mapping[str, Any]:
        """The `config` member: how a container is started, in docker's names."""
        return self.document.get("config") or {}

    @property
    def cmd(self) -> tuple[str, ...]:
        """Cmd."""
        return tuple(self.execution.get("Cmd") or ())

    @property
    def entrypoint(self) -> tuple[str, ...]:
        """Entrypoint."""
        return tuple(self.execution.get("Entrypoint") or ())

    @property
    def env(self) -> tuple[str, ...]:
        """Env, KEY=VALUE each."""
        return tuple(self.execution.get("Env") or ())

    @property
    def user(self) -> str:
        """User, as typed."""
        return self.execution.get("User") or ""

    @property
    def working_dir(self) -> str:
        """WorkingDir; empty means the root."""
        return self.execution.get("WorkingDir") or ""

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels."""
        return self.execution.get("Labels") or {}

    @property
    def exposed_ports(self) -> tuple[str, ...]:
        """ExposedPorts, `80/tcp` each."""
        return tuple(self.execution.get("ExposedPorts") or ())

    @property
    def volumes(self) -> tuple[str, ...]:
        """Volumes, a path each."""
        return tuple(self.execution.get("Volumes") or ())

    @property
    def stop_signal(self) -> str:
        """StopSignal; empty means SIGTERM."""
        return self.execution.get("StopSignal") or ""

    @property
    def healthcheck(self) -> Mapping[str, Any] | None:
        """Healthcheck: Test, and Interval, Timeout, StartPeriod in nanoseconds, Retries."""
        return self.execution.get("Healthcheck")

    @property
    def shell(self) -> tuple[str, ...]:
        """Shell for the shell form."""
        return tuple(self.execution.get("Shell") or ())

    @property
    def on_build(self) -> tuple[str, ...]:
        """OnBuild triggers."""
        return tuple(self.execution.get("OnBuild") or ())

    @property
    def args_escaped(self) -> bool:
        """ArgsEscaped."""
        return bool(self.execution.get("ArgsEscaped"))


_LISTS: Sequence[str] = ("Cmd", "Entrypoint", "Env", "Shell", "OnBuild")
_TEXTS: Sequence[str] = ("User", "WorkingDir", "StopSignal", "Hostname", "Domainname", "Image")
_MAPS: Sequence[str] = ("ExposedPorts", "Volumes", "Labels", "Healthcheck")


def _check_execution(execution: dict[str, Any], what: str) -> None:
    for key in _LISTS:
        strings(execution, key, what)
    for key in _TEXTS:
        field(execution, key, str, what)
    for key in _MAPS:
        field(execution, key, dict, what)
    if not all(isinstance(value, str) for value in (execution.get("Labels") or {}).values()):
        raise Corrupt(f"{what}: a label is not a string")


def _check_history(document: dict[str, Any], what: str) -> None:
    for step in field(document, "history", list, what) or ():
        if not isinstance(step, dict):
            raise Corrupt(f"{what}: a history entry is not an object")
        for key in ("created", "created_by", "author", "comment"):
            field(step, key, str, f"{what}: history")

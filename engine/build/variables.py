"""Which variables a Dockerfile's instructions see: ENV, ARG, and what `--build-arg` says.

Follows https://docs.docker.com/reference/dockerfile/#arg: an ARG before the first FROM is seen by FROM lines
only, until a stage declares it again; ENV beats ARG; proxies need no declaration and leave no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from engine.dockerfile.directives import OPTIONS_ARGUMENT
from engine.dockerfile.instructions import Arg
from engine.oci.platform import Platform

PROXIES = frozenset(
    name for word in ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
    for name in (word, word.upper())
)  # fmt: skip

Expand = Callable[[str, Mapping[str, str]], str]


def platform_arguments(target: Platform, stage: str) -> dict[str, str]:
    """Return the ARGs that BuildKit defines for everybody who declares them."""
    host = Platform.host()
    return {
        "BUILDPLATFORM": str(host), "BUILDOS": host.os, "BUILDARCH": host.architecture,
        "BUILDVARIANT": host.variant, "TARGETPLATFORM": str(target), "TARGETOS": target.os,
        "TARGETARCH": target.architecture, "TARGETVARIANT": target.variant, "TARGETSTAGE": stage or "default",
    }  # fmt: skip


class Arguments:
    """The ARGs of a build: what was given, what the Dockerfile's head declares, and which were used."""

    def __init__(
        self, given: Mapping[str, str | None], environment: Mapping[str, str], predefined: Mapping[str, str]
    ) -> None:
        self.given = {
            name: environment[name] if value is None else value
            for name, value in given.items()
            if value is not None or name in environment
        }
        self.predefined = predefined
        self.used: set[str] = set()
        self.head: dict[str, str] = {}

    def declare_head(self, declarations: Iterable[Arg], expand: Expand) -> None:
        """Take the ARGs before the first FROM, each of which may use those before it."""
        for declaration in declarations:
            for name, default in declaration.variables:
                if name in self.given:
                    self.used.add(name)
                    self.head[name] = self.given[name]
                elif default is not None:
                    self.head[name] = expand(default, self.for_from())

    def for_from(self) -> dict[str, str]:
        """Return what a FROM line sees."""
        return {**self.predefined, **self.head}

    def options(self, directive: str) -> str:
        """Return what `# check=` says, or the argument that stands in for it."""
        self.used.add(OPTIONS_ARGUMENT)
        return self.given.get(OPTIONS_ARGUMENT, directive)

    def unused(self) -> list[str]:
        """Name what was given and never declared; proxies are welcome anyhow."""
        return sorted(set(self.given) - self.used - PROXIES)


class Scope:
    """The variables of one stage at one moment."""

    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments
        self.declared: dict[str, str | None] = {}
        """Name to value, None while an ARG has none."""

    def declare(self, name: str, default: str | None) -> None:
        """Take an ARG with its expanded default; a given value wins, the head lends one at last."""
        given = self._arguments.given
        if name in given:
            self._arguments.used.add(name)
            self.declared[name] = given[name]
        elif default is not None:
            self.declared[name] = default
        else:
            self.declared[name] = self._arguments.for_from().get(name)

    def variables(self, execution: Mapping[str, Any]) -> dict[str, str]:
        """Return what an instruction sees: ENV over ARG."""
        return {**self.active(execution), **environment(execution)}

    def active(self, execution: Mapping[str, Any]) -> dict[str, str]:
        """Return the declared ARGs that have a value and that no ENV hides."""
        hidden = environment(execution)
        return {
            name: value for name, value in self.declared.items() if value is not None and name not in hidden
        }

    def proxies(self, execution: Mapping[str, Any]) -> dict[str, str]:
        """Return the proxies that were given without being declared."""
        hidden = {**environment(execution), **self.declared}
        given = self._arguments.given
        return {name: given[name] for name in sorted(PROXIES) if name in given and name not in hidden}


def environment(execution: Mapping[str, Any]) -> dict[str, str]:
    """Read a config's Env."""
    return dict(entry.partition("=")[::2] for entry in execution.get("Env") or ())

"""Platforms an image is for, in Go's names GOOS and GOARCH (image-spec image-index.md)."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from engine.errors import InvalidInput

_PART = re.compile(r"[a-z0-9._-]+", re.ASCII)
_MACHINES = {
    "x86_64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armv8l": ("arm", "v7"),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
    "i386": ("386", ""),
    "i686": ("386", ""),
    "loongarch64": ("loong64", ""),
    "ppc64le": ("ppc64le", ""),
    "riscv64": ("riscv64", ""),
    "s390x": ("s390x", ""),
}
_ALIASES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm", "i386": "386"}
_DEFAULT_VARIANT = {"arm64": "v8", "arm": "v7", "amd64": "v1"}


class Platform(NamedTuple):
    """An operating system, a processor and its variant; empty means: not said."""

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def host(cls) -> Platform:
        """Name the platform of this machine."""
        machine = os.uname().machine
        architecture, variant = _MACHINES.get(machine, (machine, ""))
        return cls("linux", architecture, variant)

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Parse `os/architecture[/variant]`, or either half alone; raises InvalidInput."""
        parts = text.lower().split("/")
        if len(parts) > 3 or not all(_PART.fullmatch(part) for part in parts):
            raise InvalidInput(f'"{text}" is an invalid platform: it must be os[/architecture[/variant]]')
        if len(parts) == 1:
            return cls.host() if parts[0] == "linux" else cls("linux", _ALIASES.get(parts[0], parts[0]))
        return cls(parts[0], _ALIASES.get(parts[1], parts[1]), parts[2] if len(parts) > 2 else "")

    def accepts(self, other: Platform) -> bool:
        """Tell whether an image for `other` runs here; an unsaid variant is the architecture's usual one."""
        if (self.os, self.architecture) != (other.os, other.architecture):
            return False
        usual = _DEFAULT_VARIANT.get(self.architecture, "")
        return (self.variant or usual) == (other.variant or usual)

    def __str__(self) -> str:
        return "/".join(part for part in self if part)

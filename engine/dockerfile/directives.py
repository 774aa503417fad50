"""The parser directives at the very top: `# syntax=`, `# escape=`, `# check=`.

Follows https://docs.docker.com/reference/dockerfile/#parser-directives.
"""

from __future__ import annotations

import re

from engine.dockerfile.errors import Fault

KNOWN = ("syntax", "escape", "check")
DEFAULT_ESCAPE = "\\"
OPTIONS_ARGUMENT = "BUILDKIT_DOCKERFILE_CHECK"
"""A build argument that stands in for the `# check=` directive."""

_FORM = r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*"


class Directives:
    """The directives read so far; they end at the first line that is none."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.escape = DEFAULT_ESCAPE
        self._over = False

    def take(self, line: str) -> bool:
        """Read a line, which has no blanks in front; say whether it is a directive. Raises Fault."""
        if self._over:
            return False
        match = re.fullmatch(_FORM, line, re.ASCII) if line.startswith("#") else None
        name = match[1].lower() if match else ""
        if not match or name not in KNOWN:
            self._over = True
            return False
        if name in self.values:
            raise Fault(f"only one {name} parser directive can be used")
        if name == "escape":
            if match[2] not in ("`", "\\"):
                raise Fault(f"invalid escape token '{match[2]}' does not match ` or \\")
            self.escape = match[2]
        self.values[name] = match[2]
        return True

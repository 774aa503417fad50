"""The rules a Dockerfile is checked by, with BuildKit's names; each can be switched off.

Follows https://docs.docker.com/reference/build-checks/.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from engine.dockerfile.errors import DockerfileError, quoted
from engine.dockerfile.instructions import Span

_PAGE = "https://docs.docker.com/go/dockerfile/rule/"
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=JSON)(?=[A-Z])")
_COMMENT = re.compile(r"check\s*=\s*(\S+)", re.IGNORECASE)
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")

DESCRIPTIONS = {
    "ConsistentInstructionCasing":
        "All commands within the Dockerfile should use the same casing (either upper or lower)",
    "CopyIgnoredFile":
        "Attempting to Copy file that is excluded by .dockerignore",
    "DuplicateStageName":
        "Stage names should be unique",
    "ExposeInvalidFormat":
        "IP address and host-port mapping should not be used in EXPOSE instruction. This will become an error"
        " in a future release",
    "ExposeProtoCasing":
        "Protocol in EXPOSE instruction should be lowercase",
    "FromAsCasing":
        "The 'as' keyword should match the case of the 'from' keyword",
    "FromPlatformFlagConstDisallowed":
        "FROM --platform flag should not use a constant value",
    "InvalidDefaultArgInFrom":
        "Default value for global ARG results in an empty or invalid base image name",
    "InvalidDefinitionDescription":
        "Comment for build stage or argument should follow the format: `# <arg/stage name> <description>`. If"
        " this is not intended to be a description comment, add an empty line or comment between the"
        " instruction and the comment.",
    "JSONArgsRecommended":
        "JSON arguments recommended for ENTRYPOINT/CMD to prevent unintended behavior related to OS signals",
    "LegacyKeyValueFormat":
        "Legacy key/value format with whitespace separator should not be used",
    "MaintainerDeprecated":
        "The MAINTAINER instruction is deprecated, use a label instead to define an image author",
    "MultipleInstructionsDisallowed":
        "Multiple instructions of the same type should not be used in the same stage",
    "NoEmptyContinuation":
        "Empty continuation lines will become errors in a future release",
    "RedundantTargetPlatform":
        "Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior",
    "ReservedStageName":
        "Reserved words should not be used as stage names",
    "SecretsUsedInArgOrEnv":
        "Sensitive data should not be used in the ARG or ENV commands",
    "StageNameCasing":
        "Stage names should be lowercase",
    "UndefinedArgInFrom":
        "FROM command must use declared ARGs",
    "UndefinedVar":
        "Variables should be defined before their use",
    "WorkdirRelativePath":
        "Relative workdir without an absolute workdir declared within the build can have unexpected results"
        " if the base image changes",
}  # fmt: skip
"""Each rule by its name, in docker's words."""

EXPERIMENTAL = frozenset({"InvalidDefinitionDescription"})
"""What is looked for only where it is asked for."""


class Finding(NamedTuple):
    """Something that works, and that somebody will regret."""

    rule: str
    span: Span
    text: str

    @property
    def line(self) -> int:
        """The line it begins on, counted from 1."""
        return self.span.start

    @property
    def description(self) -> str:
        """What the rule is about."""
        return DESCRIPTIONS[self.rule]

    @property
    def url(self) -> str:
        """Where the rule is explained."""
        return _PAGE + _CAPITAL.sub("-", self.rule).lower() + "/"


class Options(NamedTuple):
    """What `# check=` says."""

    skipped: Collection[str] = ()
    """Names of rules, or `all`."""
    wanted: Collection[str] = ()
    """Experimental ones, or `all`."""
    fails: bool = False
    """A finding makes the build fail."""

    def wants(self, rule: str) -> bool:
        """Say whether a rule's findings are told."""
        if rule in EXPERIMENTAL:
            return rule in self.wanted or "all" in self.wanted
        return rule not in self.skipped and "all" not in self.skipped


def options(text: str) -> Options:
    """Read `skip=A,B;experimental=C;error=true`; raises DockerfileError."""
    chosen = Options()
    for part in text.strip().split(";", 2) if text.strip() else ():
        key, equals, value = part.partition("=")
        key, value = key.strip(), value.strip()
        names = frozenset(name.strip() for name in value.split(","))
        if equals and key == "skip":
            chosen = chosen._replace(skipped=names)
        elif equals and key == "experimental":
            chosen = chosen._replace(wanted=names)
        elif equals and key == "error" and value in (*_TRUE, *_FALSE):
            chosen = chosen._replace(fails=value in _TRUE)
        else:
            fault = "failed to parse" if equals and key == "error" else "invalid"
            wrong = part if fault.startswith("failed") or not equals else key
            raise DockerfileError(
                f"failed to parse check options: {fault} check option {quoted(wrong)}", line=0
            )
    return chosen


class Findings:
    """The findings so far."""

    def __init__(self, chosen: Options) -> None:
        self._chosen = chosen
        self._found: dict[Finding, None] = {}

    def add(self, rule: str, span: Span, text: str, comments: Collection[str] = ()) -> None:
        """Take a finding, once, unless its rule is off, for all or by a `# check=skip=` right above."""
        if self._chosen.wants(rule) and all(chosen.wants(rule) for chosen in _above(comments)):
            self._found[Finding(rule, span, text)] = None

    def sorted(self) -> list[Finding]:
        """Return all, by line."""
        return sorted(self._found, key=lambda finding: finding.line)


def _above(comments: Collection[str]) -> list[Options]:
    for comment in comments:
        if match := _COMMENT.match(comment):
            try:
                chosen = options(match[1])
            except DockerfileError:
                return []
            return [chosen._replace(wanted={"all"})]
    return []

"""What may be regretted of a Dockerfile's head and of its FROM lines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from engine.dockerfile.errors import quoted
from engine.dockerfile.instructions import Arg, From, Program
from engine.dockerfile.node import Node, upper
from engine.dockerfile.rules import Findings
from engine.dockerfile.suggestion import meant
from engine.dockerfile.words import expand, unset, used
from engine.errors import InvalidInput

_RESERVED = ("context", "scratch")
_TARGET = "TARGETPLATFORM"
_SYSTEMS = ("linux", "windows", "darwin", "freebsd")
_OTHER_NAMES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "armhf": "arm",
    "armel": "arm",
    "i386": "386",
}
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = (
    rf"(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?/)?{_COMPONENT}(?:/{_COMPONENT})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?"
)


class Head(NamedTuple):
    """The ARGs before the first FROM."""

    declared: frozenset[str]
    variables: Mapping[str, str]
    """What FROM lines see."""
    defaults: Mapping[str, str]
    """What they would see if nothing were given."""
    escape: str

    def image(self, begin: From) -> str:
        """Return the image of a FROM with its variables put in, as it stands where that is impossible."""
        try:
            return expand(begin.image, self.variables, self.escape)
        except InvalidInput:
            return begin.image


def head_of(
    arguments: Sequence[Arg], given: Mapping[str, str], predefined: Mapping[str, str], escape: str
) -> Head:
    """Work out what the FROM lines see."""
    variables, defaults = dict(predefined), dict(predefined)
    declared = set(predefined)
    for argument in arguments:
        for name, default in argument.variables:
            declared.add(name)
            for known in (variables, defaults):
                if known is variables and name in given:
                    known[name] = given[name]
                elif default is not None:
                    try:
                        known[name] = expand(default, known, escape)
                    except InvalidInput:
                        known[name] = default
    return Head(frozenset(declared), variables, defaults, escape)


def check_headings(
    arguments: Sequence[Node], headings: Sequence[Node], program: Program, head: Head, findings: Findings
) -> None:
    """Check the ARGs before the first FROM, and every FROM."""
    for node, argument in zip(arguments, program.arguments, strict=True):
        check_description(node, "ARG", [name for name, _ in argument.variables], findings)
    names: set[str] = set()
    for node, stage in zip(headings, program.stages, strict=True):
        begin = stage.begin
        _check_name(node, begin, names, findings)
        _check_variables(node, begin, head, findings)
        if begin.platform:
            _check_platform(node, begin, head, findings)


def check_description(node: Node, what: str, names: Sequence[str], findings: Findings) -> None:
    """Check that the comment right above describes what it stands above."""
    if names and node.comments and node.comments[-1].split(" ")[0] not in names:
        name = names[0] if len(names) == 1 else "<arg_key>"
        text = f"Comment for {what} should follow the format: `# {name} <description>`"
        findings.add("InvalidDefinitionDescription", node.span, text, node.comments)


def _check_name(node: Node, begin: From, names: set[str], findings: Findings) -> None:
    def add(rule: str, text: str) -> None:
        findings.add(rule, node.span, text, node.comments)

    if not begin.name:
        return
    _, between, name = node.words
    if name != name.lower():
        add("StageNameCasing", f"Stage name '{name}' should be lowercase")
    consistent = node.name in (node.name.lower(), upper(node.name))
    if consistent and between != (between.lower() if node.name == node.name.lower() else between.upper()):
        add("FromAsCasing", f"'{between}' and '{node.name}' keywords' casing do not match")
    if begin.name in _RESERVED:
        text = f"Stage name should not use the same name as reserved stage {quoted(begin.name)}"
        add("ReservedStageName", text)
    if begin.name in names:
        add("DuplicateStageName", f"Duplicate stage name {quoted(begin.name)}, stage names should be unique")
    names.add(begin.name)
    check_description(node, "FROM", [begin.name], findings)


def _check_variables(node: Node, begin: From, head: Head, findings: Findings) -> None:
    for word in (begin.image, begin.platform):
        for name in unset(word, head.variables, head.escape):
            if name not in head.declared:
                text = f"FROM argument '{name}' is not declared{meant(name, head.declared)}"
                findings.add("UndefinedArgInFrom", node.span, text, node.comments)
    if "$" not in begin.image:
        return
    try:
        image = expand(begin.image, head.defaults, head.escape)
    except InvalidInput:
        return
    if not re.fullmatch(_IMAGE, image, re.ASCII):
        text = f"Default value for ARG {begin.image} results in empty or invalid base image name"
        findings.add("InvalidDefaultArgInFrom", node.span, text, node.comments)


def _check_platform(node: Node, begin: From, head: Head, findings: Findings) -> None:
    word = begin.platform
    found, missing = used(word, head.variables, head.escape), unset(word, head.variables, head.escape)
    try:
        platform = expand(word, head.variables, head.escape)
    except InvalidInput:
        return
    if found == (_TARGET,) and not missing and platform == head.variables[_TARGET]:
        text = f"Setting platform to predefined {word} in FROM is redundant as this is the default behavior"
        findings.add("RedundantTargetPlatform", node.span, text, node.comments)
    if not found and not missing and not any(part in begin.name for part in _parts(platform)):
        text = f"FROM --platform flag should not use constant value {quoted(platform)}"
        findings.add("FromPlatformFlagConstDisallowed", node.span, text, node.comments)


def _parts(platform: str) -> list[str]:
    """Return the system and the processor that a platform names."""
    first, *rest = platform.lower().split("/")
    if first not in _SYSTEMS and not rest:
        return ["linux", _OTHER_NAMES.get(first, first)]
    return [first, *(_OTHER_NAMES.get(part, part) for part in rest[:1])]

"""What may be regretted of the instructions of one stage."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from engine.dockerfile.errors import quoted
from engine.dockerfile.expansion import expanded
from engine.dockerfile.headings import Head, check_description
from engine.dockerfile.instructions import (
    Arg,
    Cmd,
    Command,
    Copy,
    Entrypoint,
    Env,
    Expose,
    Healthcheck,
    Instruction,
    Label,
    Maintainer,
    Run,
    Shell,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from engine.dockerfile.node import Node
from engine.dockerfile.patterns import Patterns
from engine.dockerfile.ports import port
from engine.dockerfile.rules import Findings
from engine.dockerfile.suggestion import meant
from engine.dockerfile.words import expand, unset
from engine.errors import InvalidInput

_SECRET = re.compile(
    "(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)", re.IGNORECASE
)
_HARMLESS = re.compile("(?:_|^)(?:public|file|version)(?:_|$)", re.IGNORECASE)
_ALWAYS = ("PATH", "BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE")
_ALL_OF_ROOT = ("*", "**", "**/*")
_ADDRESS = re.compile(r"(?:https?|git|ssh)://|git@", re.IGNORECASE)


class Known:
    """What is known at one place of a stage; a stage upon it begins with a copy."""

    def __init__(self, environment: Mapping[str, str] | None) -> None:
        self.complete = environment is not None
        """False where the image is not at hand, which may set anything."""
        self.variables = dict(environment or {})
        self.declared: set[str] = set()
        self.workdir = False
        """A WORKDIR was said."""
        self.shell = False
        """A SHELL was said."""

    def copy(self) -> Known:
        """Return the same, to be changed."""
        other = Known(self.variables)
        other.complete, other.declared = self.complete, set(self.declared)
        other.workdir, other.shell = self.workdir, self.shell
        return other


class StageCheck:
    """One stage being checked."""

    def __init__(
        self, findings: Findings, head: Head, given: Mapping[str, str], ignore: Patterns | None, known: Known
    ) -> None:
        self._findings = findings
        self._head = head
        self._given = given
        self._ignore = ignore
        self.known = known
        self._last: dict[str, Node] = {}
        self._node: Node

    def check(self, nodes: Sequence[Node], instructions: Sequence[Instruction]) -> None:
        """Check the instructions behind a FROM, in order."""
        for node, instruction in zip(nodes, instructions, strict=True):
            self._node = node
            if isinstance(instruction, Arg):
                self._arg(instruction)
                continue
            self._unset(_words(instruction))
            try:
                instruction = expanded(instruction, self.known.variables, self._head.escape)
            except InvalidInput:
                continue  # the build will say so
            self._one(instruction)

    def _add(self, rule: str, text: str, node: Node | None = None) -> None:
        node = node or self._node
        self._findings.add(rule, node.span, text, node.comments)

    def _one(self, said: Instruction) -> None:
        match said:
            case Env():
                self._env(said)
            case Label():
                self._legacy()
            case Maintainer():
                text = "Maintainer instruction is deprecated in favor of using label"
                self._add("MaintainerDeprecated", text)
            case Shell():
                self.known.shell = True
            case Cmd() | Entrypoint():
                self._once()
                self._form(said.command)
            case Healthcheck():
                self._once()
            case Workdir():
                self._workdir(said.path)
            case Copy():
                self._copy(said)
            case Expose():
                self._expose(said.ports)

    def _env(self, said: Env) -> None:
        self._legacy()
        for name, value in said.pairs:
            self._secret("ENV", name)
            self.known.variables[name] = value

    def _form(self, command: Command) -> None:
        if command.shell and not self.known.shell:
            text = f"JSON arguments recommended for {self._node.name} to prevent unintended behavior"
            self._add("JSONArgsRecommended", f"{text} related to OS signals")

    def _workdir(self, path: str) -> None:
        if not self.known.workdir and not path.startswith("/"):
            text = f"Relative workdir {quoted(path)} can have unexpected results"
            self._add("WorkdirRelativePath", f"{text} if the base image changes")
        self.known.workdir = True

    def _arg(self, instruction: Arg) -> None:
        check_description(self._node, "ARG", [name for name, _ in instruction.variables], self._findings)
        for name, default in instruction.variables:
            self._secret("ARG", name)
            value = self._given.get(name)
            if value is None and default is not None:
                self._unset([(default, True)])
                try:
                    value = expand(default, self.known.variables, self._head.escape)
                except InvalidInput:
                    value = default
            elif value is None:
                value = self._head.variables.get(name)
            self.known.declared.add(name)
            if value is not None:
                self.known.variables.setdefault(name, value)

    def _unset(self, words: Sequence[tuple[str, bool]]) -> None:
        """Look for variables that nobody set; False beside a word: it is a heredoc."""
        for word, quotes in words:
            if "$" not in word:
                continue
            escape = self._head.escape if quotes else "\\"
            for name in unset(word, self.known.variables, escape, quotes=quotes):
                if name in self.known.declared or name in _ALWAYS:
                    continue
                near = meant(name, [*self.known.variables, *self.known.declared]).replace("mean ", "mean $")
                # Of an image that is not at hand, only what looks misspelt is told then.
                if self.known.complete or near:
                    self._add("UndefinedVar", f"Usage of undefined variable '${name}'{near}")

    def _legacy(self) -> None:
        name = self._node.name
        if "" in self._node.words[2::3]:
            text = f'"{name} key=value" should be used instead of legacy "{name} key value" format'
            self._add("LegacyKeyValueFormat", text)

    def _secret(self, instruction: str, name: str) -> None:
        if _SECRET.search(name) and not _HARMLESS.search(name):
            text = f"Do not use ARG or ENV instructions for sensitive data ({instruction} {quoted(name)})"
            self._add("SecretsUsedInArgOrEnv", text)

    def _once(self) -> None:
        """Tell of an instruction that a later one of the same kind makes useless."""
        name = self._node.name
        if earlier := self._last.get(name.upper()):
            text = f"Multiple {name} instructions should not be used in the same stage"
            self._add(
                "MultipleInstructionsDisallowed", f"{text} because only the last one will be used", earlier
            )
        self._last[name.upper()] = self._node

    def _copy(self, said: Copy) -> None:
        ignore = self._ignore
        # With a `!`, what is left out as a directory may be taken in as a file.
        if not ignore or said.source_from or any(pattern.keeps for pattern in ignore.patterns):
            return
        verb = "Add" if said.add else "Copy"
        for source in said.sources:
            if said.add and _ADDRESS.match(source):
                continue
            path = posixpath.normpath(source).lstrip("/") or "."
            root = path == "." and any(pattern.text in _ALL_OF_ROOT for pattern in ignore.patterns)
            if root or ignore.excluded(path):
                text = f"Attempting to {verb} file {quoted(path)} that is excluded by .dockerignore"
                self._add("CopyIgnoredFile", text)

    def _expose(self, ports: Sequence[str]) -> None:
        for text in ports:
            try:
                found = port(text)
            except InvalidInput:
                continue  # the build will say so
            if found.protocol != found.protocol.lower():
                told = f"Defined protocol '{text}' in EXPOSE instruction should be lowercase"
                self._add("ExposeProtoCasing", told)
            if found.mapped:
                told = "EXPOSE instruction should not define an IP address or host-port mapping"
                self._add("ExposeInvalidFormat", f"{told}, found '{text}'")


def _words(said: Instruction) -> list[tuple[str, bool]]:
    """Return the words whose variables BuildKit looks for; False beside one: it is a heredoc."""
    match said:
        case Env(pairs=pairs) | Label(pairs=pairs):
            return [(word, True) for pair in pairs for word in pair]
        case Copy():
            words = (*said.sources, said.target, said.owner, said.mode, said.checksum)
            documents = [heredoc.content for heredoc in said.heredocs if heredoc.expand]
            return [*((word, True) for word in words), *((text, False) for text in documents)]
        case Run(mounts=words) | Volume(paths=words) | Expose(ports=words):
            return [(word, True) for word in words]
        case Workdir(path=word) | User(user=word) | StopSignal(signal=word):
            return [(word, True)]
    return []

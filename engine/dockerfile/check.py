"""`build --check`: what works today and may be regretted.

Follows https://docs.docker.com/reference/build-checks/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from engine.dockerfile.directives import OPTIONS_ARGUMENT
from engine.dockerfile.headings import check_headings, head_of
from engine.dockerfile.instructions import Span
from engine.dockerfile.node import Node, Tree, upper
from engine.dockerfile.parser import parse
from engine.dockerfile.patterns import Patterns
from engine.dockerfile.program import understand_tree
from engine.dockerfile.rules import Finding, Findings, options
from engine.dockerfile.stagecheck import Known, StageCheck

_SCRATCH = "scratch"
_EMPTY = "Empty continuation line"


class Verdict(NamedTuple):
    """What a check came to."""

    findings: tuple[Finding, ...]
    error: str
    """Docker's sentence where `# check=error=true` makes a build fail; empty otherwise."""


class Surroundings(NamedTuple):
    """What is known of the world around a Dockerfile."""

    ignore: Patterns | None = None
    arguments: Mapping[str, str] = {}
    """`--build-arg`."""
    predefined: Mapping[str, str] = {}
    """The platform's ARGs."""
    environment: Callable[[str], Mapping[str, str] | None] = lambda image: None
    """An image's ENV, None where the image is not at hand."""


def check(text: bytes, around: Surroundings | None = None) -> Verdict:
    """Check a Dockerfile; raises DockerfileError if it cannot be understood at all."""
    around = around or Surroundings()
    tree = parse(text)
    program = understand_tree(tree)
    chosen = options(around.arguments.get(OPTIONS_ARGUMENT, tree.check))
    findings = Findings(chosen)
    for warned in tree.warnings:
        if warned.text.startswith(_EMPTY):
            findings.add("NoEmptyContinuation", Span(warned.line, warned.line), _EMPTY)
    top, stages = _parted(tree)
    _check_casing([node for nodes in stages for node in nodes], findings)
    head = head_of(program.arguments, around.arguments, around.predefined, tree.escape)
    check_headings(top, [nodes[0] for nodes in stages], program, head, findings)
    done: dict[str, Known] = {}
    for nodes, stage in zip(stages, program.stages, strict=True):
        image = head.image(stage.begin)
        earlier = done.get(image.lower())
        known = earlier.copy() if earlier else Known({} if image == _SCRATCH else around.environment(image))
        StageCheck(findings, head, around.arguments, around.ignore, known).check(
            nodes[1:], stage.instructions
        )
        if stage.begin.name:
            done[stage.begin.name] = known
    found = tuple(findings.sorted())
    names = sorted({finding.rule for finding in found})
    failed = chosen.fails and bool(found)
    return Verdict(found, f"lint violation found for rules: {', '.join(names)}" if failed else "")


def _parted(tree: Tree) -> tuple[list[Node], list[list[Node]]]:
    """Part the nodes into those before the first FROM and those of each stage."""
    head: list[Node] = []
    stages: list[list[Node]] = []
    for node in tree.nodes:
        if upper(node.name) == "FROM":
            stages.append([node])
        else:
            (stages[-1] if stages else head).append(node)
    return head, stages


def _check_casing(nodes: list[Node], findings: Findings) -> None:
    small = sum(node.name.islower() for node in nodes)
    large = sum(node.name.isupper() for node in nodes)
    casing = "lowercase" if small > large else "uppercase"
    for node in nodes:
        if not (node.name.islower() if small > large else node.name.isupper()):
            text = f"Command '{node.name}' should match the case of the command majority ({casing})"
            findings.add("ConsistentInstructionCasing", node.span, text, node.comments)

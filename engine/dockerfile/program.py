"""Tree to program: stages of understood instructions."""

from __future__ import annotations

from engine.dockerfile.errors import DockerfileError, Fault, excerpt, located
from engine.dockerfile.instructions import Arg, From, Instruction, Program, Stage
from engine.dockerfile.node import Node, Tree, upper
from engine.dockerfile.parser import parse, parse_lines
from engine.dockerfile.syntax import DEAF, Said, said


def understand(text: bytes) -> Program:
    """Read a whole Dockerfile; one without a FROM has no stages. Raises DockerfileError."""
    return understand_tree(parse(text))


def understand_tree(tree: Tree) -> Program:
    """Put the instructions of a tree into stages; raises DockerfileError."""
    arguments: list[Arg] = []
    stages: list[tuple[From, list[Instruction]]] = []
    for node in tree.nodes:
        found = _said(tree, node)
        if isinstance(found, From):
            stages.append((found, []))
        elif stages:
            stages[-1][1].append(found)
        elif isinstance(found, Arg):
            arguments.append(found)
        else:
            raise DockerfileError(
                "no build stage in current context",
                line=node.span.start,
                details=excerpt(tree.lines, node.span),
                resolution="begin with a FROM; only ARG may stand before it",
            )
    return Program(
        tuple(arguments),
        tuple(Stage(begin, tuple(instructions)) for begin, instructions in stages),
        tree.escape,
        tree.syntax,
        tree.check,
        (*(warned.text for warned in tree.warnings), *_idle_flags(tree)),
    )


def instruction(text: str) -> Instruction:
    """Read the text of one instruction, as ONBUILD or `--change` has it; raises DockerfileError."""
    tree = parse_lines(text)
    if len(tree.nodes) != 1:
        raise DockerfileError(f"one instruction is wanted here, not {len(tree.nodes)}: {text}", line=0)
    found = _said(tree, tree.nodes[0])
    if isinstance(found, From):
        raise DockerfileError(f"FROM begins a stage and cannot stand here: {text}", line=0)
    return found


def _idle_flags(tree: Tree) -> list[str]:
    return [
        f"{node.name} on line {node.span.start} takes no flags: {flag} does nothing"
        for node in tree.nodes
        for flag in node.flags
        if upper(node.name) in DEAF
    ]


def _said(tree: Tree, node: Node) -> Said:
    try:
        return said(node)
    except Fault as fault:
        raise located(fault, node.span, tree.lines) from None

"""BuildKit's parser files, edge inputs and real Dockerfiles: its trees, its stages, its faults."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.dockerfile.errors import DockerfileError
from engine.dockerfile.instructions import Copy, Heredoc, Program, Run
from engine.dockerfile.node import Node, Tree
from engine.dockerfile.parser import parse
from engine.dockerfile.program import understand

DATA = Path(__file__).parents[4] / "shared" / "conformance"
ON_LINE = "dockerfile parse error on line "
TEMPLATE = "dotnet__dotnet-docker__eng__dockerfile-templates__runtime-deps__Dockerfile.distroless-azurelinux"
"""The one among the real Dockerfiles that is a template of one."""

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not DATA.exists(), reason="the conformance data is not beside this checkout"),
]

Answer = dict[str, Any]


def answers(*tables: str) -> Iterator[Answer]:
    for table in tables:
        path = DATA / table
        if path.exists():
            yield from (json.loads(line) for line in path.read_text().splitlines())


def named(found: Iterator[Answer]) -> list[Any]:
    return [pytest.param(answer, id=answer["file"].removesuffix("/Dockerfile")) for answer in found]


ANSWERS = named(answers("parser/testfiles_expected.jsonl", "parser/edge/expected.jsonl"))
REAL = sorted((DATA / "dockerfiles" / "files").glob("*"))
DIGESTS = json.loads(Path(__file__).with_name("real_dockerfiles.json").read_text())
"""Of BuildKit's own answer for each, as its parser gave it at commit 73ed6825c4b7."""
KINDS = ("bind", "cache", "tmpfs", "secret", "ssh")


def features() -> list[Any]:
    index = DATA / "dockerfiles" / "index.json"
    rows = json.loads(index.read_text()) if index.exists() else []
    return [pytest.param(row, id=row["file"]) for row in rows if row["file"] != TEMPLATE]


FEATURES = features()


@pytest.mark.parametrize("answer", ANSWERS)
def test_each_file_gives_buildkits_tree_and_stages_or_its_fault(answer: Answer) -> None:
    text = (DATA / answer["file"]).read_bytes()
    if "parse_error" in answer:
        with pytest.raises(DockerfileError) as refused:
            parse(text)
        assert answer["parse_error"] in refused.value.brief
        return
    tree = parse(text)
    assert told(tree) == {key: answer[key] for key in ("nodes", "escape", "warnings", "sexpr")}
    if "instruction_error" in answer:
        with pytest.raises(DockerfileError) as refused:
            understand(text)
        assert refused.value.brief == answer["instruction_error"]
        assert refused.value.line == line_of(answer, tree)
        return
    assert stages(understand(text)) == {key: answer[key] for key in ("n_meta_args", "n_stages", "stages")}


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_each_real_dockerfile_gives_buildkits_tree_and_stages_but_for_the_template(path: Path) -> None:
    text = path.read_bytes()
    if path.name == TEMPLATE:
        with pytest.raises(DockerfileError, match=r"on line 1: unknown instruction: \{\{"):
            understand(text)
        return
    answer = told(parse(text)) | stages(understand(text))
    digest = hashlib.sha256(json.dumps(answer, sort_keys=True).encode()).hexdigest()
    assert digest[:16] == DIGESTS[path.name], answer


@pytest.mark.parametrize("features", FEATURES)
def test_each_real_dockerfile_has_the_features_its_index_names(features: Answer) -> None:
    program = understand((DATA / "dockerfiles" / "files" / features["file"]).read_bytes())
    said = [instruction for stage in program.stages for instruction in stage.instructions]
    copies = [instruction for instruction in said if isinstance(instruction, Copy)]
    runs = [instruction for instruction in said if isinstance(instruction, Run)]
    found = {f"stages={len(program.stages)}"}
    found |= {instruction.origin.text.split()[0].upper() for instruction in (*program.arguments, *said)}
    found |= {"platform" for stage in program.stages if stage.begin.platform}
    found |= {"chown" for copy in copies if copy.owner} | {"chmod" for copy in copies if copy.mode}
    found |= {"link" for copy in copies if copy.link} | {"checksum" for copy in copies if copy.checksum}
    found |= {
        f"mount-{kind}" for run in runs for mount in run.mounts for kind in KINDS if f"type={kind}" in mount
    }
    found |= {"heredoc" for run in runs if run.command.heredocs} | {
        "heredoc" for copy in copies if copy.heredocs
    }
    found |= {"syntax"} if program.syntax else set()
    found |= {"escape-backtick"} if program.escape == "`" else set()
    assert set(features["features"]) - {"comment-in-continuation", "crlf"} <= found


def test_no_case_is_missing() -> None:
    files = [answer.values[0]["file"] for answer in ANSWERS]
    assert len([file for file in files if "/positive/" in file]) == 33
    assert len([file for file in files if "/negative/" in file]) == 4
    assert len([file for file in files if "/edge/" in file]) == 84
    assert len(REAL) == 168


@pytest.mark.parametrize(
    "path", sorted(DATA.glob("parser/positive/*/result")), ids=lambda path: path.parent.name
)
def test_each_tree_is_written_as_beside_its_file(path: Path) -> None:
    assert sexpr(parse((path.parent / "Dockerfile").read_bytes())) == path.read_text().rstrip("\n")


def test_lines_are_counted_through_blanks_comments_and_continued_lines() -> None:
    tree = parse((DATA / "parser/testfile-line/Dockerfile").read_bytes())
    assert [node.span for node in tree.nodes] == [(5, 5), (11, 12), (17, 31)]


def line_of(answer: Answer, tree: Tree) -> int:
    """BuildKit names the line in its sentence, or means the first instruction."""
    said = answer["instruction_error"]
    if said.startswith(ON_LINE):
        return int(said.removeprefix(ON_LINE).partition(":")[0])
    return tree.nodes[0].span.start


def told(tree: Tree) -> Answer:
    return {
        "nodes": [{**told_node(node), "Start": node.span.start, "End": node.span.end} for node in tree.nodes],
        "escape": tree.escape,
        "warnings": [warned.text for warned in tree.warnings],
        "sexpr": sexpr(tree),
    }


def told_node(node: Node) -> Answer:
    answer: Answer = {"value": node.name, "args": list(node.words), "original": node.text}
    if node.json:
        answer["json"] = True
    if node.flags:
        answer["flags"] = list(node.flags)
    if node.heredocs:
        answer["heredocs"] = [told_heredoc(heredoc) for heredoc in node.heredocs]
    if node.trigger:
        answer["onbuild"] = told_node(node.trigger)
    return answer


def told_heredoc(heredoc: Heredoc) -> Answer:
    return {
        "Name": heredoc.name,
        "FileDescriptor": heredoc.descriptor,
        "Expand": heredoc.expand,
        "Chomp": heredoc.strip_tabs,
        "Content": heredoc.content,
    }


def stages(program: Program) -> Answer:
    return {
        "n_meta_args": len(program.arguments),
        "n_stages": len(program.stages),
        "stages": [
            {
                "base": stage.begin.image,
                "name": stage.begin.name,
                "platform": stage.begin.platform,
                "commands": [instruction.origin.text.split()[0] for instruction in stage.instructions],
            }
            for stage in program.stages
        ],
    }


def sexpr(tree: Tree) -> str:
    return "\n".join(map(sexpr_node, tree.nodes))


def sexpr_node(node: Node) -> str:
    flags = [f"[{' '.join(map(go_quoted, node.flags))}]"] if node.flags else []
    inner = [sexpr_node(node.trigger)] if node.trigger else []
    return f"({' '.join([node.name.lower(), *flags, *map(go_quoted, node.words), *inner])})"


def go_quoted(text: str) -> str:
    return '"' + "".join(map(go_letter, text)) + '"'


def go_letter(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char in "\a\b\f\n\r\t\v":
        return "\\" + "abfnrtv"["\a\b\f\n\r\t\v".index(char)]
    return char if char.isprintable() else f"\\x{ord(char):02x}"

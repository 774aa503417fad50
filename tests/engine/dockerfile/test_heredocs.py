"""Heredocs: which words announce one, and what they hold."""

import json
from pathlib import Path

import pytest

from engine.dockerfile.heredocs import announced, announcement
from engine.dockerfile.program import understand

TABLE = Path(__file__).parents[4] / "shared" / "conformance" / "tables" / "dockerfile.jsonl"


def table(function, variable):
    tables = [json.loads(line) for line in TABLE.read_text().splitlines()] if TABLE.exists() else []
    return [
        row
        for found in tables
        if (found["func"], found["var"]) == (function, variable)
        for row in found["rows"]
    ]


def names(line):
    return [heredoc.name for heredoc in announced(line)]


def said(text):
    (instruction,) = understand(b"FROM a\n" + text.encode()).stages[0].instructions
    return instruction


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("RUN <<EOF", ["EOF"]),
        ("RUN << EOF", ["EOF"]),
        ("RUN <<-EOF cat", ["EOF"]),
        ("RUN 3<<EOF python", ["EOF"]),
        ("RUN <<A cat <<B", ["A", "B"]),
        ("RUN <<'A B'", ["A B"]),
        ('RUN <<EO"F"', ["EOF"]),
        ("RUN <<EOF;", ["EOF;"]),
        ("RUN echo $(cat <<EOF", ["EOF"]),
        ("RUN echo ${A:-${B}} <<EOF", ["EOF"]),
        ("RUN echo '<<EOF'", []),
        ('RUN echo "\\"<<EOF"', []),
        ("RUN cat <<<EOF", []),
        ("RUN echo $((1<<2))", []),
        ("RUN cat<<EOF", []),
        ("RUN <<", []),
        ("RUN it's <<EOF", []),
        ("RUN echo ${A <<EOF", []),
    ],
)
def test_a_word_announces_a_heredoc(line, found):
    assert names(line) == found


@pytest.mark.parametrize(
    ("word", "expand"),
    [("<<EOF", True), ("<<'EOF'", False), ('<<"EOF"', False), ("<<E'O'F", False), ("<<\\EOF", True)],
)
def test_a_quoted_word_keeps_variables_as_they_are(word, expand):
    heredoc = announcement(word)
    assert (heredoc.name, heredoc.expand) == ("EOF", expand)


def test_only_a_dash_takes_tabs_away_and_nothing_but_tabs():
    kept, gone = said("RUN cat <<A <<-B\n\ta\nA\n\t\tb\n \tc\n\tB\n").command.heredocs
    assert kept.content == "\ta\n"
    assert gone.content == "b\n \tc\n"


def test_lines_of_a_heredoc_are_neither_joined_nor_stripped_nor_comments():
    run = said("RUN <<EOF\n# c\n\n  a \\\n b  \r\nEOF\n")
    assert run.command.heredocs[0].content == "# c\n\n  a \\\n b  \r\n"
    assert run.command.words == ("<<EOF",)
    assert run.origin.span == (2, 7)


def test_heredocs_of_a_copy_are_no_paths():
    copy = said("COPY one <<'E' <<\"F\" /d/\n$x\nE\ny\nF\n")
    assert copy.sources == ("one",)
    assert [(heredoc.name, heredoc.content, heredoc.expand) for heredoc in copy.heredocs] == [
        ("E", "$x\n", False),
        ("F", "y\n", False),
    ]


@pytest.mark.parametrize("text", ["ENV A=<<EOF", 'RUN ["<<EOF"]', 'COPY ["<<EOF", "/b"]', "LABEL a=<<EOF"])
def test_other_instructions_and_lists_have_none(text):
    understand(f"FROM a\n{text}\nRUN x\n".encode())


@pytest.mark.conformance
@pytest.mark.parametrize("word", table("TestParseHeredocHelpers", "validHeredocs"))
def test_buildkits_heredocs_are_heredocs(word):
    assert announcement(word).name == "EOF"


@pytest.mark.conformance
@pytest.mark.parametrize(
    "word",
    table("TestParseHeredocHelpers", "invalidHeredocs") + table("TestParseHeredocHelpers", "notHeredocs"),
)
def test_what_buildkit_takes_for_no_heredoc_is_none(word):
    assert announcement(word) is None


@pytest.mark.conformance
@pytest.mark.parametrize("row", table("TestCopyHeredoc", "cases"), ids=lambda row: row["dockerfile"])
def test_copies_hold_buildkits_documents(row):
    wanted = row["sourcesAndDest"]
    copy = said(row["dockerfile"])
    assert copy.target == wanted["DestPath"]
    assert list(copy.sources) == wanted.get("SourcePaths", [])
    assert [(heredoc.name, heredoc.content, heredoc.expand) for heredoc in copy.heredocs] == [
        (content["Path"], content["Data"], content["Expand"]) for content in wanted.get("SourceContents", [])
    ]


@pytest.mark.conformance
@pytest.mark.parametrize("row", table("TestRunHeredoc", "cases"), ids=lambda row: row["dockerfile"])
def test_runs_hold_buildkits_documents(row):
    command = said(row["dockerfile"]).command
    assert list(command.words) == row["command"]
    assert command.shell == row["shell"]
    assert [heredoc.name for heredoc in command.heredocs] == [file["Name"] for file in row.get("files", [])]

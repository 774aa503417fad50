"""What holds for every text: it is understood or refused, and an instruction's lines hold it."""

import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dockerfile.arguments import NAMES
from engine.dockerfile.errors import DockerfileError
from engine.dockerfile.parser import parse
from engine.dockerfile.program import instruction, understand_tree

PIECES = [
    *(name + " " for name in NAMES),
    *(name.lower() + " " for name in NAMES),
    *(
        "\n",
        "\n",
        " ",
        "\t",
        "\r\n",
        "\\\n",
        "\\",
        "`",
        "`\n",
        "# c\n",
        "#",
        "\n\n",
        "\v",
        "\f",
        "\x00",
        "\x1c",
    ),
    *(
        "'",
        '"',
        "$",
        "${",
        "}",
        "=",
        ",",
        "[",
        "]",
        "[]",
        '["a", "b"]',
        '["\\ud800"]',
        "[1]",
        "-",
        "--",
        "-- ",
    ),
    *("--from=x ", "--link ", "--mount=type=cache,target=/c ", "--interval=1.5s ", "--retries=3 ", "--x"),
    *("<<EOF", "<<-EOF", "<<'EOF'", "3<<EOF", "<< EOF", "EOF\n", "\nEOF\n", "\n\tEOF\n", "<<<", "<<"),
    *("FROM a\n", "FROM a AS b\n", "a=b", "A", "é", "中", "\xa0", "\u2003", "\ufeff", "ı", "\ufffd"),
    *("# escape=`\n", "# escape=x\n", "# syntax=a\n", "# check=error=true\n", "NONE", "CMD", "AS"),
]
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=30).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=30).map(lambda pieces: "FROM a\n" + "".join(pieces)),
    st.text(max_size=200),
)


def tree_of(text):
    try:
        return parse(text)
    except DockerfileError:
        return None


def outcome(text):
    try:
        return understand_tree(parse(text)), None
    except DockerfileError as refused:
        return None, refused


@settings(max_examples=500, deadline=None)
@given(st.one_of(texts.map(lambda text: text.encode(errors="replace")), st.binary(max_size=200)))
def test_every_text_is_understood_or_refused_on_one_of_its_lines(text):
    program, refused = outcome(text)
    if refused:
        assert 0 <= refused.line <= text.count(b"\n") + 1
        assert refused.brief
        assert str(refused).replace("\n", "").isprintable()
    else:
        assert all(stage.begin.image for stage in program.stages)


@settings(max_examples=500, deadline=None)
@given(texts)
def test_the_lines_of_an_instruction_hold_that_instruction(text):
    tree = tree_of(text.encode(errors="replace"))
    for node in tree.nodes if tree else ():
        lines = "\n".join(tree.lines[node.span.start - 1 : node.span.end])
        again = parse(f"# escape={tree.escape}\n{lines}\n".encode())
        (found,) = again.nodes
        assert found.span == (2, 2 + node.span.end - node.span.start)
        assert moved(found) == moved(node)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_instructions_stand_apart_and_in_order(text):
    tree = tree_of(text.encode(errors="replace"))
    before = 0
    for node in tree.nodes if tree else ():
        assert before < node.span.start <= node.span.end <= len(tree.lines)
        before = node.span.end


@settings(max_examples=300, deadline=None)
@given(texts)
def test_what_is_no_single_instruction_is_refused(text):
    try:
        found = instruction(text)
    except DockerfileError:
        return
    assert found.origin.span.start >= 1


@settings(max_examples=200, deadline=None)
@given(texts)
def test_carriage_returns_change_nothing_but_documents(text):
    text = text.replace("\r", "").replace("\\", "")
    unix, windows = (
        tree_of(text.encode(errors="replace")),
        tree_of(text.replace("\n", "\r\n").encode(errors="replace")),
    )
    assert (unix is None) == (windows is None)
    if unix and windows:
        assert [(node.words, node.flags, node.span) for node in unix.nodes] == [
            (node.words, node.flags, node.span) for node in windows.nodes
        ]


def test_many_lines_take_no_more_than_many_times_one():
    text = b"FROM a\n" + b"# comment\nENV A=b\nRUN <<EOF\nx\nEOF\nRUN a \\\n" * 5000
    calls = counted(text)
    assert calls < 12 * counted(text[: len(text) // 10])


def counted(text):
    """Count the calls that parsing a text takes, so that no clock decides."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        parse(text + b"\n")
    except DockerfileError:
        pass
    finally:
        sys.setprofile(None)
    return calls


def moved(node):
    """Forget where a node stands, and the comments above, which are not its lines."""
    trigger = moved(node.trigger) if node.trigger else None
    return node._replace(span=None, comments=(), trigger=trigger)

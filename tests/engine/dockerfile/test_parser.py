"""From text to tree: lines, comments, directives, words and flags."""

import pytest

from engine.dockerfile.errors import DockerfileError
from engine.dockerfile.parser import parse


def nodes(text, begin="FROM a\n"):
    """Parse what stands below a FROM."""
    return parse((begin + text).encode()).nodes[begin.count("FROM") :]


def words(text, **more):
    (node,) = nodes(text, **more)
    return node.words


def refusal(text):
    with pytest.raises(DockerfileError) as refused:
        parse(text.encode() if isinstance(text, str) else text)
    return refused.value


def test_comments_and_blank_lines_vanish_from_a_continued_line_which_goes_on():
    (run,) = nodes("RUN echo a \\\n# why\n\n   # and how\n  && echo b\n")
    assert run.words == ("echo a   && echo b",)
    assert run.span == (2, 6)


def test_a_blank_line_within_a_continued_one_is_warned_of():
    tree = parse(b"FROM a\nRUN x \\\n\n  y\n")
    assert tree.warnings == (("Empty continuation line found in: RUN x   y", 4),)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("RUN a \\\n b", "a  b"),
        ("RUN a \\   \n b", "a  b"),
        ("RUN a \\\t\r\n b\r\n", "a  b"),
        ("RUN a \\", "a"),
        ("RUN a \\\\", "a \\\\"),
        ("RUN a\\\\\\", "a\\\\\\"),
        ("\\\nRUN a", "a"),
        ("RUN \\\n  a", "a"),
        ("RU\\\nN a", "a"),
    ],
)
def test_one_escape_at_the_end_continues_a_line(text, command):
    assert words(text) == (command,)


def test_the_mark_of_an_editor_is_no_letter():
    assert parse(b"\xef\xbb\xbfFROM a\n").nodes[0].name == "FROM"


def test_bytes_that_are_no_utf8_are_replaced_and_told():
    tree = parse(b"FROM a\nRUN echo \xff\n")
    assert tree.nodes[1].words == ("echo \ufffd",)
    assert tree.warnings == (("Bytes that are no UTF-8 were replaced on line 2", 2),)


def test_directives_stand_at_the_top_in_any_case():
    tree = parse(
        b"# Syntax = docker/dockerfile:1\n#ESCAPE=`\n# check=skip=all;error=true\nFROM a\nRUN x `\n y\n"
    )
    assert (tree.syntax, tree.escape, tree.check) == ("docker/dockerfile:1", "`", "skip=all;error=true")
    assert tree.nodes[1].words == ("x  y",)


@pytest.mark.parametrize("before", ["# a comment\n", "\n", "# other=1\n", "ARG A\n"])
def test_behind_anything_else_a_directive_is_a_comment(before):
    assert parse(f"{before}# escape=`\nFROM a\n".encode()).escape == "\\"


@pytest.mark.parametrize(
    ("text", "sentence", "line"),
    [
        ("# escape=`\n# escape=`\nFROM a", "only one escape parser directive can be used", 2),
        ("# syntax=a\n# Syntax=b\nFROM a", "only one syntax parser directive can be used", 2),
        ("# escape=x\nFROM a", "invalid escape token 'x' does not match ` or \\", 1),
        ("FROM a\nENV A", "ENV must have two arguments", 2),
        ("FROM a\nLABEL A", "LABEL must have two arguments", 2),
        ("FROM a\n\nENV A=b C", 'Syntax error - can\'t find = in "C". Must be of the form: name=value', 3),
        ("FROM a\nRUN ['a']\nCMD [\"a\", 1]", "arrays must be comprised of strings only", 3),
        ("FROM a\nRUN <<EOF\nEOF2\n", "unterminated heredoc", 2),
        ("FROM a\nONBUILD ENV A", "ENV must have two arguments", 2),
    ],
)
def test_what_no_tree_can_be_made_of_is_refused_on_its_line(text, sentence, line):
    refused = refusal(text)
    assert sentence in refused.brief
    assert refused.brief.startswith(f"dockerfile parse error on line {line}: ")
    assert refused.line == line


@pytest.mark.parametrize("text", ["", "\n \n", "# only\n# comments", b"\xef\xbb\xbf"])
def test_a_file_without_instructions_is_refused(text):
    assert refusal(text).brief == "failed to parse Dockerfile: file with no instructions"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('["a", "b c"]', (("a", "b c"), True)),
        (' [ "\\u00e9", "\\"\\\\\\n" ] ', (("é", '"\\\n'), True)),
        ("[]", ((), True)),
        ('["\\ud800"]', (("\ufffd",), True)),
        ('["\\ud83d\\ude00"]', (("😀",), True)),
        ("['a']", (("['a']",), False)),
        ('["a",]', (('["a",]',), False)),
        ('["a"] b', (('["a"] b',), False)),
        ("[NaN]", (("[NaN]",), False)),
        ("[" * 100_000, (("[" * 100_000,), False)),
        ('"a"', (('"a"',), False)),
    ],
)
def test_a_json_list_of_texts_is_a_list_and_anything_else_is_for_the_shell(text, found):
    (node,) = nodes(f"CMD {text}")
    assert (node.words, node.json) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ENV a=b c='d e' f=g\\ h", ("a", "b", "=", "c", "'d e'", "=", "f", "g\\ h", "=")),
        ("ENV a b  c", ("a", "b  c", "")),
        ('ENV "a b"=c', ('"a b"', "c", "=")),
        ("ENV a='b", ("a", "'b", "=")),
        ("ENV a=b\\", ("a", "b", "=")),
        ('LABEL a="\\"', ("a", '"\\"', "=")),
        ("ENV é=\u3000ü=x", ("é", "", "=", "ü", "x", "=")),
        ("ARG a b=c d='e f'", ("a", "b=c", "d='e f'")),
        ("EXPOSE 80\t443/tcp", ("80", "443/tcp")),
        ("USER a b", ("a b",)),
        ("HEALTHCHECK CMD  a  b", ("CMD", "a  b")),
        ('HEALTHCHECK CMD ["a"]', ("CMD", "a")),
        ("VOLUME /a /b", ("/a", "/b")),
        ("NOTHING known", ("",)),
    ],
)
def test_each_instruction_parts_its_words_in_its_own_way(text, found):
    assert words(text) == found


def test_the_escape_directive_rules_the_words_too():
    assert words("ENV a=b` c d=e\\ f=g", begin="# escape=`\nFROM a\n") == (
        *("a", "b` c", "="),
        *("d", "e\\", "="),
        *("f", "g", "="),
    )


@pytest.mark.parametrize(
    ("text", "flags", "rest"),
    [
        ("--from=x a b", ("--from=x",), ("a", "b")),
        ("--link --chown=1:1 a b", ("--link", "--chown=1:1"), ("a", "b")),
        ('--chown="a b" c d', ("--chown=a b",), ("c", "d")),
        ("--chown=a\\ b c d", ("--chown=a b",), ("c", "d")),
        ("--chown=é c d", ("--chown=é",), ("c", "d")),
        ("-- --from=x b", (), ("--from=x", "b")),
        ("a --from=x", (), ("a", "--from=x")),
        ("--from=x", ("--from=x",), ()),
    ],
)
def test_flags_stand_before_the_words(text, flags, rest):
    (node,) = nodes(f"COPY {text}")
    assert (node.flags, node.words) == (flags, rest)


def test_a_node_has_the_comments_right_above_it():
    (arg,) = nodes("# VERSION is the version\n#\n# A says a\nARG A\n# last\n")
    assert arg.comments == ("A says a",)


def test_onbuild_holds_a_node():
    (onbuild,) = nodes("OnBuild copy --from=x <<EOF /a\ntext\nEOF\n")
    assert onbuild.trigger.name == "copy"
    assert onbuild.trigger.flags == ("--from=x",)
    assert onbuild.heredocs[0].content == "text\n"
    assert onbuild.span == (2, 4)

"""Which words of which instruction have their variables put in."""

import pytest

from engine.dockerfile.expansion import expanded, fields_of
from engine.dockerfile.instructions import (
    Arg,
    Cmd,
    Command,
    Copy,
    Env,
    Expose,
    From,
    Healthcheck,
    Heredoc,
    Label,
    Maintainer,
    Onbuild,
    Origin,
    Run,
    Span,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from engine.errors import InvalidInput

AT = Origin(Span(1, 1), "")
X = {"X": "one two", "PORT": "80 443/udp"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (From(AT, "i:$X", "$X", "$X"), From(AT, "i:one two", "$X", "one two")),
        (Arg(AT, (("a", None), ("$X", "$X"))), Arg(AT, (("a", None), ("$X", "one two")))),
        (Env(AT, (("$X", "'$X'"),)), Env(AT, (("one two", "$X"),))),
        (Label(AT, (("a", '"$X"'),)), Label(AT, (("a", "one two"),))),
        (Expose(AT, ("$PORT", "9")), Expose(AT, ("80", "443/udp", "9"))),
        (Volume(AT, ("/$X",)), Volume(AT, ("/one two",))),
        (Workdir(AT, "$X"), Workdir(AT, "one two")),
        (User(AT, "$X"), User(AT, "one two")),
        (StopSignal(AT, "$X"), StopSignal(AT, "one two")),
    ],
)
def test_these_have_their_variables_put_in(written, meant):
    assert expanded(written, X) == meant


@pytest.mark.parametrize(
    "said",
    [
        Cmd(AT, Command(("echo $X",), True)),
        Run(AT, Command(("echo $X",), True), (), "$X", ""),
        Healthcheck(AT, ("CMD-SHELL", "$X")),
        Maintainer(AT, "$X"),
        Onbuild(AT, "RUN $X"),
    ],
)
def test_what_a_shell_or_somebody_later_reads_stays(said):
    assert expanded(said, X) == said


def copy(**fields):
    plain = Copy(AT, False, ("a",), "/", (), "", "", "", False, False, ())
    return plain._replace(**fields)


def test_copy_has_its_paths_and_its_owner_put_in_and_its_patterns_left():
    said = copy(sources=("$X", "b"), target="/$X/", owner="$X", mode="$X", checksum="$X", exclude=("$X",))
    done = expanded(said, X)
    assert done.sources == ("one two", "b")
    assert (done.target, done.owner, done.mode, done.checksum) == ("/one two/", *["one two"] * 3)
    assert done.exclude == ("$X",)


def test_a_heredoc_is_put_in_unless_its_word_was_quoted():
    documents = (Heredoc("A", "'$X'\n", True, False), Heredoc("B", "$X\n", False, False))
    done = expanded(copy(heredocs=documents), X, "`")
    assert [document.content for document in done.heredocs] == ["'one two'\n", "$X\n"]


def test_a_stage_to_copy_from_is_no_variable():
    with pytest.raises(InvalidInput, match="variable expansion is not supported for --from"):
        expanded(copy(source_from="$X"), X)


def test_a_mount_has_its_values_put_in_and_no_value_adds_a_field():
    run = Run(AT, Command(("true",), True), ("type=cache,target=/$V,ro", '"target=a,b",id=$X'), "", "")
    done = expanded(run, {"V": "x,from=y", "X": 'q"'})
    assert [fields_of(mount) for mount in done.mounts] == [
        ["type=cache", "target=/x,from=y", "ro"],
        ["target=a,b", 'id=q"'],
    ]


@pytest.mark.parametrize("text", ['a="b"', '"a', '"a"b'])
def test_a_mount_that_is_no_comma_separated_line_is_refused(text):
    with pytest.raises(InvalidInput, match=r'bare "|extraneous'):
        fields_of(text)

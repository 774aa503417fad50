from __future__ import annotations

import pytest

from app.cli.flags import (
    HELP,
    Arguments,
    Flag,
    HelpAsked,
    UsageError,
    environment_word,
    filter_word,
    label_word,
    parse,
)

FLAGS = (
    Flag("all", "bool", "", short="a"),
    Flag("env", "list", "", short="e", check=environment_word),
    Flag("filter", "filter", "", short="f", check=filter_word),
    Flag("interactive", "bool", "", short="i"),
    Flag("last", "int", "", short="n"),
    Flag("name", "string", ""),
    Flag("publish", "list", "", short="p", later="ports come later"),
    Flag("rm", "bool", ""),
    Flag("tag", "string", "", short="t"),
    Flag("tty", "bool", "", later="terminals come later"),
)


def read(*words: str, interspersed: bool = True) -> Arguments:
    return parse("ps", FLAGS, words, interspersed=interspersed)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-ai"], {"all": True, "interactive": True}),
        (["-eA=b"], {"env": ["A=b"]}),
        (["-e", "A=b", "--env=C=d", "--env", "E=f=g"], {"env": ["A=b", "C=d", "E=f=g"]}),
        (["-e=A=b"], {"env": ["A=b"]}),
        (["-aeA=b"], {"all": True, "env": ["A=b"]}),
        (["--rm=false"], {"rm": False}),
        (["--rm", "--rm=F"], {"rm": False}),
        (["-t=x"], {"tag": "x"}),
        (["-t=a=b"], {"tag": "a=b"}),
        (["-tx"], {"tag": "x"}),
        (["-t", "-x"], {"tag": "-x"}),
        (["--name="], {"name": ""}),
        (["--name", "a", "--name", "b"], {"name": "b"}),
        (["-n", "-1"], {"last": -1}),
        (["-n0x10"], {"last": 16}),
        (["-n010"], {"last": 10}),
        (["-f", " Name = x y "], {"filter": ["name=x y"]}),
        (["--tty=false"], {}),
    ],
)
def test_values(words: list[str], expected: dict[str, object]) -> None:
    assert read(*words)._values == expected


def test_flags_mix_with_words_unless_they_stop_at_the_first() -> None:
    assert read("x", "-a", "y").positional == ["x", "y"]
    strict = read("-a", "image", "-i", "--", "--rm", interspersed=False)
    assert strict.positional == ["image", "-i", "--", "--rm"]
    assert not strict.switch("interactive")


def test_two_dashes_end_the_flags() -> None:
    assert read("-a", "--", "-i", "--rm").positional == ["-i", "--rm"]
    assert read("--", "image", "--", "-x", interspersed=False).positional == ["image", "--", "-x"]
    assert read("-").positional == ["-"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--foo"], "unknown flag: --foo"),
        (["--foo=1"], "unknown flag: --foo"),
        (["-Z"], "unknown shorthand flag: 'Z' in -Z"),
        (["-aix"], "unknown shorthand flag: 'x' in -x"),
        (["-axi"], "unknown shorthand flag: 'x' in -xi"),
        (["---all"], "bad flag syntax: ---all"),
        (["--=x"], "bad flag syntax: --=x"),
        (["-n"], "flag needs an argument: 'n' in -n"),
        (["--name"], "flag needs an argument: --name"),
        (
            ["-n", "x"],
            'invalid argument "x" for "-n, --last" flag: strconv.ParseInt: parsing "x": invalid syntax',
        ),
        (
            ["-n", ""],
            'invalid argument "" for "-n, --last" flag: strconv.ParseInt: parsing "": invalid syntax',
        ),
        (
            ["--all=maybe"],
            'invalid argument "maybe" for "-a, --all" flag: '
            'strconv.ParseBool: parsing "maybe": invalid syntax',
        ),
        (
            ["--rm=maybe"],
            'invalid argument "maybe" for "--rm" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
        ),
        (
            ["-f", "bad"],
            'invalid argument "bad" for "-f, --filter" flag: bad format of filter (expected name=value)',
        ),
        (["-e", "=x"], 'invalid argument "=x" for "-e, --env" flag: invalid environment variable: =x'),
        (["-p", "80:80"], "-p, --publish is not supported: ports come later"),
        (["--tty"], "--tty is not supported: terminals come later"),
    ],
)
def test_what_cannot_be_read(words: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(*words)
    assert caught.value.message == message
    assert caught.value.code == 125


@pytest.mark.parametrize("word", ["--help", "-h", "-ah", "--help=true"])
def test_help_is_asked(word: str) -> None:
    with pytest.raises(HelpAsked):
        read(word, "--foo")


def test_help_of_a_command_that_has_another_h() -> None:
    flags = (HELP, Flag("hostname", "string", "", short="h"))
    assert parse("run", flags, ["-h", "x", "--help=false"]).text("hostname") == "x"
    with pytest.raises(HelpAsked):
        parse("run", flags, ["--help"])


def test_filters_group_by_name() -> None:
    assert read("-f", "a=1", "-f", "b=2=3", "-f", "a=4").filters() == {"a": ["1", "4"], "b": ["2=3"]}


def test_a_bare_variable_takes_its_value_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKYARD_TEST", "one=two")
    monkeypatch.delenv("STACKYARD_ABSENT", raising=False)
    assert environment_word("STACKYARD_TEST") == "STACKYARD_TEST=one=two"
    assert environment_word("STACKYARD_ABSENT") == "STACKYARD_ABSENT"
    assert environment_word("STACKYARD_TEST=") == "STACKYARD_TEST="


def test_labels() -> None:
    assert label_word("  a=b c") == "  a=b c"
    with pytest.raises(ValueError, match="contains whitespaces"):
        label_word("a b=c")

"""From tree to stages of typed instructions."""

import pytest

from engine.dockerfile.errors import DockerfileError
from engine.dockerfile.instructions import Cmd, Command, Copy, Env, Healthcheck, Onbuild, Run, Shell
from engine.dockerfile.program import instruction, understand

NO_TARGET = "requires at least two arguments, but only one was provided. Destination could not be determined"
SECOND = 1_000_000_000


def said(text):
    (found,) = understand(f"FROM a\n{text}\n".encode()).stages[0].instructions
    return found


def refusal(text):
    with pytest.raises(DockerfileError) as refused:
        understand(f"FROM a\n{text}\n".encode())
    assert refused.value.line == 2
    return refused.value.brief.removeprefix("dockerfile parse error on line 2: ")


def test_stages_begin_at_their_froms_and_arguments_stand_before_the_first():
    program = understand(b"ARG V=1\nFROM --platform=linux/arm64 a:$V AS Base\nRUN x\nfrom base\nCMD y\n")
    assert [argument.variables for argument in program.arguments] == [(("V", "1"),)]
    first, second = program.stages
    assert (first.begin.image, first.begin.name, first.begin.platform) == ("a:$V", "base", "linux/arm64")
    assert (second.begin.image, second.begin.name) == ("base", "")
    assert second.instructions[0].origin == ((5, 5), "CMD y")


def test_a_file_of_arguments_alone_has_no_stages():
    assert understand(b"ARG A\n").stages == ()


def test_an_instruction_before_the_first_from_is_refused():
    with pytest.raises(DockerfileError, match="no build stage in current context") as refused:
        understand(b"ARG A\nRUN x\n")
    assert refused.value.line == 2


def test_directives_and_warnings_come_along():
    program = understand(
        b"# syntax=x/y\n# escape=`\n# check=error=true\nFROM a\nRUN a `\n\n b\nSTOPSIGNAL --x 9\n"
    )
    assert (program.syntax, program.escape, program.check) == ("x/y", "`", "error=true")
    assert program.warnings == (
        "Empty continuation line found in: RUN a  b",
        "STOPSIGNAL on line 8 takes no flags: --x does nothing",
    )


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("CMD a b", Command(("a b",), shell=True)),
        ('CMD ["a", "b"]', Command(("a", "b"), shell=False)),
        ("CMD []", Command((), shell=False)),
        ("CMD", Command((), shell=True)),
    ],
)
def test_a_command_is_a_list_or_a_text_for_the_shell(text, command):
    found = said(text)
    assert isinstance(found, Cmd)
    assert found.command == command


def test_runs_flags_stay_as_they_are_written():
    run = said(
        "RUN --mount=type=cache,target=/c --mount=type=secret,id=$ID,required"
        " --network=none --security=sandbox --device=vendor.com/gpu=all,required make"
    )
    assert isinstance(run, Run)
    assert run.mounts == ("type=cache,target=/c", "type=secret,id=$ID,required")
    assert (run.network, run.security, run.devices) == ("none", "sandbox", ("vendor.com/gpu=all,required",))
    assert run.command.words == ("make",)


def test_copys_flags_are_understood():
    copy = said("COPY --from=x --chown=1:2 --chmod=755 --link --parents --exclude=*.o --exclude=*.a a b /c/")
    assert isinstance(copy, Copy)
    assert (copy.add, copy.sources, copy.target) == (False, ("a", "b"), "/c/")
    assert (copy.source_from, copy.owner, copy.mode) == ("x", "1:2", "755")
    assert (copy.link, copy.parents, copy.exclude) == (True, True, ("*.o", "*.a"))


def test_adds_flags_are_understood():
    add = said("ADD --checksum=sha256:aa --keep-git-dir=true --unpack=false --link=false https://x/y /z")
    assert (add.add, add.checksum, add.keep_git_dir, add.unpack, add.link) == (
        True,
        "sha256:aa",
        True,
        False,
        False,
    )
    assert said("ADD a b").unpack is None


def test_names_and_values_are_pairs():
    assert said('ENV A=1 B="x y"') == Env(((2, 2), 'ENV A=1 B="x y"'), (("A", "1"), ("B", '"x y"')))
    assert said("LABEL a b  c").pairs == (("a", "b  c"),)
    assert said("ARG A B= C=x=y").variables == (("A", None), ("B", ""), ("C", "x=y"))


def test_ports_are_sorted_as_docker_does():
    assert said("EXPOSE 80 443/tcp 22").ports == ("22", "443/tcp", "80")


def test_a_shell_is_a_list():
    assert said('SHELL ["/bin/bash", "-c"]') == Shell(
        ((2, 2), 'SHELL ["/bin/bash", "-c"]'), ("/bin/bash", "-c")
    )


@pytest.mark.parametrize(
    ("text", "test", "times"),
    [
        ("HEALTHCHECK NONE", ("NONE",), (0, 0, 0, 0, 0)),
        ("HEALTHCHECK none", ("NONE",), (0, 0, 0, 0, 0)),
        ("HEALTHCHECK CMD a || b", ("CMD-SHELL", "a || b"), (0, 0, 0, 0, 0)),
        ('HEALTHCHECK CMD ["a", "b"]', ("CMD", "a", "b"), (0, 0, 0, 0, 0)),
        (
            "HEALTHCHECK --interval=1m30s --timeout=1.5s --start-period=5ms --start-interval=0s"
            " --retries=3 cmd a",
            ("CMD-SHELL", "a"),
            (90 * SECOND, 3 * SECOND // 2, 5_000_000, 0, 3),
        ),
    ],
)
def test_a_healthcheck_is_as_an_images_config_has_it(text, test, times):
    assert said(text) == Healthcheck(((2, 2), text), test, *times)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("ONBUILD RUN a \\\n  b", "RUN a   b"),
        ("onbuild   copy --from=x a b", "copy --from=x a b"),
        ("ONBUILD RUN <<EOF\n\ta\nEOF", "RUN <<EOF\n\ta\nEOF"),
    ],
)
def test_onbuild_keeps_the_text_and_the_text_is_an_instruction(text, kept):
    found = said(text)
    assert isinstance(found, Onbuild)
    assert found.text == kept
    assert instruction(found.text)[1:] == said(kept)[1:]


@pytest.mark.parametrize("text", ["CMD a\nCMD b", "FROM a", "", "# CMD a", "ENV A"])
def test_one_instruction_is_wanted_where_one_is(text):
    with pytest.raises(DockerfileError):
        instruction(text)


@pytest.mark.parametrize("text", ["from a as B\nrun x\nenv a=b\n", "From a aS B\nRuN x\nEnV a=b\n"])
def test_case_matters_to_none(text):
    program = understand(text.encode())
    assert program.stages[0].begin.name == "b"
    assert [type(found).__name__ for found in program.stages[0].instructions] == ["Run", "Env"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("RUNN x", "unknown instruction: RUNN (did you mean RUN?)"),
        ("cpoy a b", "unknown instruction: cpoy (did you mean copy?)"),
        ("MANTAINER me", "unknown instruction: MANTAINER (did you mean MAINTAINER?)"),
        ("ENTRY x", "unknown instruction: ENTRY (did you mean ENTRYPOINT?)"),
        ("HEALTH x", "unknown instruction: HEALTH (did you mean HEALTHCHECK?)"),
        ("apt-get install x", "unknown instruction: apt-get"),
        ("FROM", "FROM requires either one or three arguments"),
        ("FROM a b", "FROM requires either one or three arguments"),
        ("FROM a to b", "FROM requires either one or three arguments"),
        (
            "FROM a AS 1",
            'invalid name for build stage: "1", name can\'t start with a number or contain symbols',
        ),
        (
            "COPY a",
            f"COPY {NO_TARGET}",
        ),
        (
            "ADD",
            f"ADD {NO_TARGET}",
        ),
        ("COPY --chwon=1 a b", "unknown flag: --chwon (did you mean chown?)"),
        ("ADD --from=x a b", "unknown flag: --from"),
        ("COPY --checksum=x a b", "unknown flag: --checksum"),
        ("COPY --from=a --from=b x y", "duplicate flag specified: --from"),
        ("COPY --from x y", "missing a value on flag: --from"),
        ("COPY --link= x y", "missing a value on flag: --link"),
        ("COPY --link=1 x y", "expecting boolean value for flag --link, not: 1"),
        ("COPY a <<EOF\nEOF", "COPY cannot accept a heredoc as a destination"),
        ("COPY it's <<EOF /b\nEOF", "unterminated heredoc: <<EOF stands on a line whose quotes do not match"),
        ("ENV", "ENV requires at least one argument"),
        ("ENV =b", "ENV names can not be blank"),
        ("LABEL =b", "LABEL names can not be blank"),
        ("ENV --x a=b", "unknown flag: --x"),
        ("ARG", "ARG requires at least one argument"),
        ("ARG =1", "ARG names can not be blank"),
        ("USER", "USER requires exactly one argument"),
        ("WORKDIR", "WORKDIR requires exactly one argument"),
        ("STOPSIGNAL", "STOPSIGNAL requires exactly one argument"),
        ("MAINTAINER", "MAINTAINER requires exactly one argument"),
        ("EXPOSE", "EXPOSE requires at least one argument"),
        ("VOLUME", "VOLUME requires at least one argument"),
        ('VOLUME [" "]', "VOLUME specified can not be an empty string"),
        ("SHELL a", "SHELL requires the arguments to be in JSON form"),
        ("SHELL []", "SHELL requires at least one argument"),
        ("ONBUILD", "ONBUILD requires at least one argument"),
        ("ONBUILD FROM a", "FROM isn't allowed as an ONBUILD trigger"),
        ("ONBUILD maintainer a", "MAINTAINER isn't allowed as an ONBUILD trigger"),
        ("ONBUILD ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("ONBUILD " * 5000, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("HEALTHCHECK", "HEALTHCHECK requires at least one argument"),
        ("HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"),
        ("HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"),
        ("HEALTHCHECK x", 'Unknown type "X" in HEALTHCHECK (try CMD)'),
        ("HEALTHCHECK --interval=5 CMD x", 'time: missing unit in duration "5"'),
        ("HEALTHCHECK --timeout=-5s CMD x", 'Interval "timeout" cannot be less than 1ms'),
        ("HEALTHCHECK --retries=x CMD x", 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("HEALTHCHECK --retries=-1 CMD x", "--retries cannot be negative (-1)"),
        (
            "HEALTHCHECK --retries=2147483648 CMD x",
            'strconv.ParseInt: parsing "2147483648": value out of range',
        ),
        ("RUN --mount=type=chache x", 'unsupported mount type "chache" (did you mean cache?)'),
        (
            "RUN --mount=type=bind,tagret=/x x",
            "unexpected key 'tagret' in 'tagret=/x' (did you mean target?)",
        ),
        ("RUN --mount=type=bind,x y", "invalid field 'x' must be a key=value pair"),
        ("RUN --mount=type=cache,sharing=lock x", 'unsupported sharing value "lock" (did you mean locked?)'),
        (
            "RUN --mount=from=$x,target=/x y",
            "'from' doesn't support variable expansion, define alias stage instead",
        ),
        ("RUN --network=bridge x", 'invalid network mode "bridge"'),
        ("RUN --security=insecrue x", 'security "insecrue" is not valid (did you mean insecure?)'),
        ("RUN --device=a,b x", "unexpected key 'b' in 'b'"),
        ("RUN --moutn=x y", "unknown flag: --moutn (did you mean mount?)"),
    ],
)
def test_what_makes_no_sense_is_refused_with_buildkits_sentence(text, sentence):
    assert refusal(text) == sentence

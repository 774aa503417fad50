"""What `build --check` finds: each of BuildKit's rules, and how it is switched off."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dockerfile.check import Surroundings, check
from engine.dockerfile.errors import DockerfileError
from engine.dockerfile.ignore import Ignore
from engine.dockerfile.instructions import Span
from engine.dockerfile.rules import DESCRIPTIONS, Finding

DOCKERFILES = Path(__file__).parents[4] / "shared" / "conformance" / "dockerfiles"
PLATFORM = {"TARGETPLATFORM": "linux/amd64", "BUILDPLATFORM": "linux/amd64", "TARGETARCH": "amd64"}


def found(text, **around):
    """Tell each finding as `line rule: text`."""
    around = Surroundings(predefined=PLATFORM, **around)
    return [f"{one.line} {one.rule}: {one.text}" for one in check(text.encode(), around).findings]


SENTENCES = {
    "StageNameCasing": "Stage name '{}' should be lowercase",
    "FromAsCasing": "'{}' and '{}' keywords' casing do not match",
    "NoEmptyContinuation": "Empty continuation line",
    "ConsistentInstructionCasing": "Command '{}' should match the case of the command majority ({})",
    "DuplicateStageName": 'Duplicate stage name "{}", stage names should be unique',
    "ReservedStageName": 'Stage name should not use the same name as reserved stage "{}"',
    "JSONArgsRecommended": "JSON arguments recommended for {} to prevent unintended behavior related to OS"
    " signals",
    "MaintainerDeprecated": "Maintainer instruction is deprecated in favor of using label",
    "UndefinedArgInFrom": "FROM argument '{}' is not declared{}",
    "InvalidDefaultArgInFrom": "Default value for ARG {} results in empty or invalid base image name",
    "UndefinedVar": "Usage of undefined variable '{}'{}",
    "WorkdirRelativePath": 'Relative workdir "{}" can have unexpected results if the base image changes',
    "MultipleInstructionsDisallowed": "Multiple {} instructions should not be used in the same stage because"
    " only the last one will be used",
    "LegacyKeyValueFormat": '"{0} key=value" should be used instead of legacy "{0} key value" format',
    "RedundantTargetPlatform": "Setting platform to predefined {} in FROM is redundant as this is the default"
    " behavior",
    "FromPlatformFlagConstDisallowed": 'FROM --platform flag should not use constant value "{}"',
    "SecretsUsedInArgOrEnv": 'Do not use ARG or ENV instructions for sensitive data ({} "{}")',
    "ExposeProtoCasing": "Defined protocol '{}' in EXPOSE instruction should be lowercase",
    "ExposeInvalidFormat": "EXPOSE instruction should not define an IP address or host-port mapping, found"
    " '{}'",
}
"""What BuildKit says."""


def said(line, rule, *words):
    return f"{line} {rule}: {SENTENCES[rule].format(*words)}"


CASES = [
    ("FROM a AS Base", [said(1, "StageNameCasing", "Base")]),
    ("FROM a as b", [said(1, "FromAsCasing", "as", "FROM")]),
    ("from a AS b", [said(1, "FromAsCasing", "AS", "from")]),
    ("from a as b\nrun x", []),
    ("FROM a\nRUN x \\\n\n  y", [said(4, "NoEmptyContinuation")]),
    ("FROM a\nrun x\nRUN y", [said(2, "ConsistentInstructionCasing", "run", "uppercase")]),
    ("from a\nrun x\nRun y", [said(3, "ConsistentInstructionCasing", "Run", "lowercase")]),
    ("FROM a AS b\nFROM c AS b", [said(2, "DuplicateStageName", "b")]),
    ("FROM a AS scratch", [said(1, "ReservedStageName", "scratch")]),
    ("FROM a\nCMD x", [said(2, "JSONArgsRecommended", "CMD")]),
    ("from a\nentrypoint x", [said(2, "JSONArgsRecommended", "entrypoint")]),
    ('FROM a AS b\nSHELL ["x"]\nCMD x\nFROM b\nENTRYPOINT x', []),
    ("FROM a\nMAINTAINER x", [said(2, "MaintainerDeprecated")]),
    (
        "ARG VERSION=1\nFROM a:$VERSIN",
        [
            said(2, "UndefinedArgInFrom", "VERSIN", " (did you mean VERSION?)"),
            said(2, "InvalidDefaultArgInFrom", "a:$VERSIN"),
        ],
    ),
    ("ARG VERSION\nFROM a:${VERSION:-1}", []),
    ("ARG T\nFROM a:$T", [said(2, "InvalidDefaultArgInFrom", "a:$T")]),
    ("ARG T=1\nFROM a:$T-$TARGETARCH", []),
    ("FROM scratch\nENV A=$FOO", [said(2, "UndefinedVar", "$FOO", "")]),
    ("FROM scratch\nARG FOO\nARG BAR=$FOO\nENV A=$FOO$PATH\nENV B=$A", []),
    ("FROM a\nARG FOO\nENV A=$FO", [said(3, "UndefinedVar", "$FO", " (did you mean $FOO?)")]),
    ("FROM a\nENV A=$JAVA_HOME", []),
    ("FROM scratch AS b\nENV A=1\nFROM b\nENV B=$A", []),
    (
        "FROM scratch\nWORKDIR /$A\nCOPY <<E /$B\n$C '$D'\nE\nCOPY <<'E' /\n$F\nE\nRUN $G",
        [
            said(2, "UndefinedVar", "$A", ""),
            *(said(3, "UndefinedVar", name, "") for name in ("$B", "$C", "$D")),
        ],
    ),
    ("FROM scratch\nENV A=$X B=$X", [said(2, "UndefinedVar", "$X", "")]),
    ("FROM scratch\nRUN --mount=type=cache,target=/$X true", [said(2, "UndefinedVar", "$X", "")]),
    ("FROM a\nWORKDIR b\nWORKDIR c", [said(2, "WorkdirRelativePath", "b")]),
    ("FROM a AS b\nWORKDIR /x\nFROM b\nWORKDIR y", []),
    ("FROM scratch\nARG D=/d\nWORKDIR $D", []),
    ('FROM a\nCMD ["a"]\nRUN x\nCMD ["b"]', [said(2, "MultipleInstructionsDisallowed", "CMD")]),
    ('FROM a\nCMD ["a"]\nFROM a\nCMD ["b"]', []),
    (
        "FROM a\nHEALTHCHECK NONE\nHEALTHCHECK CMD x",
        [said(2, "MultipleInstructionsDisallowed", "HEALTHCHECK")],
    ),
    ("FROM a\nENV A b\nLABEL c=d", [said(2, "LegacyKeyValueFormat", "ENV")]),
    ("FROM a\nLABEL A b", [said(2, "LegacyKeyValueFormat", "LABEL")]),
    ("FROM --platform=$TARGETPLATFORM a", [said(1, "RedundantTargetPlatform", "$TARGETPLATFORM")]),
    ("FROM --platform=$BUILDPLATFORM a", []),
    ("FROM --platform=linux/amd64 a AS b", [said(1, "FromPlatformFlagConstDisallowed", "linux/amd64")]),
    ("FROM --platform=linux/arm64 a AS build_arm64\nFROM --platform=aarch64 a AS arm64", []),
    (
        "FROM a\nARG DB_PASSWORD\nENV TOKEN=x",
        [
            said(2, "SecretsUsedInArgOrEnv", "ARG", "DB_PASSWORD"),
            said(3, "SecretsUsedInArgOrEnv", "ENV", "TOKEN"),
        ],
    ),
    ("FROM a\nENV PUBLIC_KEY=x TOKEN_FILE=/y MONKEY=z KEYBOARD=q", []),
    (
        "FROM a\nEXPOSE 80/TCP 8080:80",
        [said(2, "ExposeProtoCasing", "80/TCP"), said(2, "ExposeInvalidFormat", "8080:80")],
    ),
    ("FROM a\nEXPOSE 80/tcp 81", []),
    ("# about nothing\nFROM a AS b\n# neither\nARG C", []),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_what_is_found(text, expected):
    assert sorted(found(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "ignored", "files"),
    [
        ("COPY a.log b /", "*.log", ['Copy file "a.log"']),
        ("ADD ./x/../a.log /", "*.log", ['Add file "a.log"']),
        ("COPY /sub/x /", "sub", ['Copy file "sub/x"']),
        ("COPY . /", "*", ['Copy file "."']),
        ("COPY . /", "*.log", []),
        ("COPY a.log /", "*.log\n!keep.log", []),
        ("COPY --from=b a.log /", "*.log", []),
        ("ADD https://x/a.log /", "**/*.log", []),
        ("COPY a.log /", "", []),
    ],
)
def test_a_file_that_is_left_out_cannot_be_copied(text, ignored, files):
    expected = [
        f"2 CopyIgnoredFile: Attempting to {file} that is excluded by .dockerignore" for file in files
    ]
    assert found(f"FROM a\n{text}", ignore=Ignore(ignored)) == expected


def test_the_variables_of_an_image_at_hand_are_known():
    images = {"java": {"JAVA_HOME": "/jdk"}}
    text = "FROM java\nENV A=$JAVA_HOME B=$FOO"
    assert found(text, environment=images.get) == ["2 UndefinedVar: Usage of undefined variable '$FOO'"]


def test_what_is_given_stands_in_for_a_default():
    text = "ARG T\nFROM a:$T AS b\nARG W\nWORKDIR $W"
    told = found(text, arguments={"T": "1", "W": "/x"})
    assert [line.split(":")[0] for line in told] == ["2 InvalidDefaultArgInFrom"]


def test_a_rule_is_switched_off_for_the_file():
    text = "FROM a as B\nMAINTAINER x"
    assert len(found(text)) == 3
    assert [line.split(":")[0] for line in found("# check=skip=FromAsCasing,StageNameCasing\n" + text)] == [
        "3 MaintainerDeprecated"
    ]
    assert found("# check=skip=all\n" + text) == []


def test_a_rule_is_switched_off_right_above_an_instruction():
    text = "FROM a\n# check=skip=SecretsUsedInArgOrEnv as it is none\nARG TOKEN\nARG AUTH"
    assert [line.split(":")[0] for line in found(text)] == ["4 SecretsUsedInArgOrEnv"]


def test_descriptions_are_looked_at_only_where_that_is_asked_for():
    text = "# check=experimental={}\n# the base\nFROM a AS b\n# C is good\nARG C\n# two\nARG D E"
    told = "{} InvalidDefinitionDescription: Comment for {} should follow the format: `# {} <description>`"
    expected = [told.format(3, "FROM", "b"), told.format(7, "ARG", "<arg_key>")]
    assert found(text.format("InvalidDefinitionDescription")) == found(text.format("all")) == expected
    assert found(text.format("Other")) == []


def test_findings_make_a_build_fail_where_that_is_asked_for():
    text = b"# check=error=true\nFROM a as b\nMAINTAINER x\nMAINTAINER y"
    assert check(text).error == "lint violation found for rules: FromAsCasing, MaintainerDeprecated"
    assert check(b"FROM a as b").error == ""
    assert check(b"# check=error=true\nFROM a").error == ""


def test_an_argument_stands_in_for_the_directive():
    around = Surroundings(arguments={"BUILDKIT_DOCKERFILE_CHECK": "skip=all"})
    assert check(b"# check=error=true\nFROM a as b", around).findings == ()


@pytest.mark.parametrize(
    ("directive", "fault"),
    [
        ("skip", 'invalid check option "skip"'),
        ("foo=x", 'invalid check option "foo"'),
        ("error=maybe", 'failed to parse check option "error=maybe"'),
    ],
)
def test_a_directive_that_cannot_be_read_is_refused(directive, fault):
    with pytest.raises(DockerfileError) as caught:
        check(f"# check={directive}\nFROM a".encode())
    assert str(caught.value) == f"failed to parse check options: {fault}"


@pytest.mark.parametrize(
    ("rule", "page"),
    [
        ("JSONArgsRecommended", "json-args-recommended"),
        ("FromPlatformFlagConstDisallowed", "from-platform-flag-const-disallowed"),
        ("UndefinedVar", "undefined-var"),
    ],
)
def test_a_finding_says_what_its_rule_is_about_and_where_that_is_explained(rule, page):
    finding = Finding(rule, Span(2, 3), "")
    assert finding.url == f"https://docs.docker.com/go/dockerfile/rule/{page}/"
    assert finding.description == DESCRIPTIONS[rule]


@pytest.mark.conformance
@pytest.mark.skipif(not DOCKERFILES.exists(), reason="the conformance data is not beside this checkout")
def test_every_real_dockerfile_can_be_checked():
    told = {}
    for path in sorted(DOCKERFILES.rglob("*")):
        if path.is_file() and path.suffix not in (".json", ".jsonl"):
            try:
                findings = check(path.read_bytes()).findings
            except DockerfileError:
                continue
            lines = path.read_bytes().count(b"\n") + 1
            assert all(1 <= one.span.start <= one.span.end <= lines for one in findings), path
            told.update(dict.fromkeys((one.rule for one in findings), path))
    assert {"LegacyKeyValueFormat", "JSONArgsRecommended", "MaintainerDeprecated"} <= set(told)


LINES = st.sampled_from(
    ["FROM a AS b", "from scratch as C", "FROM $X", "ARG X=$Y", "# check=skip=all", "ENV A=$X", "ENV a b",
     "CMD x", "COPY <<E /$X\n$Y\nE", "WORKDIR $X", "EXPOSE $X 80/TCP", "RUN --mount=target=$X y", "# X",
     "LABEL a=${",
     "FROM --platform=$X a", "FROM --platform=arm b", "HEALTHCHECK NONE", 'SHELL ["a"]', "x \\\n\ny"]
)  # fmt: skip


@given(st.lists(LINES, max_size=8).map("\n".join))
def test_whatever_can_be_built_can_be_checked(text):
    try:
        findings = check(text.encode(), Surroundings(predefined=PLATFORM, ignore=Ignore("*"))).findings
    except DockerfileError:
        return
    assert list(findings) == sorted(findings, key=lambda one: one.line)
    assert len(set(findings)) == len(findings)

"""`build --check` in BuildKit's form: the verdict first, then every finding with its lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import program
from app.cli.build.findings import excerpt
from engine.dockerfile.instructions import Span

DOCKERFILE = """FROM busy as b
MAINTAINER x
CMD npm \\
  start
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    return folder


def checked(context: Path, root: str, capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = program.run(["--root", root, "build", *words, str(context)])
    out, err = capfd.readouterr()
    return code, out, err


def test_findings(context: Path, root: str, capfd: pytest.CaptureFixture[str]) -> None:
    (context / "Dockerfile").write_text(DOCKERFILE)
    page = "https://docs.docker.com/go/dockerfile/rule"
    assert checked(context, root, capfd, "--check") == (
        1,
        "Check complete, 3 warnings have been found!\n"
        "\n"
        f"WARNING: FromAsCasing - {page}/from-as-casing/\n"
        "'as' and 'FROM' keywords' casing do not match\n"
        "Dockerfile:1\n"
        "--------------------\n"
        "   1 | >>> FROM busy as b\n"
        "   2 |     MAINTAINER x\n"
        "   3 |     CMD npm \\\n"
        "--------------------\n"
        "\n"
        f"WARNING: MaintainerDeprecated - {page}/maintainer-deprecated/\n"
        "Maintainer instruction is deprecated in favor of using label\n"
        "Dockerfile:2\n"
        "--------------------\n"
        "   1 |     FROM busy as b\n"
        "   2 | >>> MAINTAINER x\n"
        "   3 |     CMD npm \\\n"
        "   4 |       start\n"
        "--------------------\n"
        "\n"
        f"WARNING: JSONArgsRecommended - {page}/json-args-recommended/\n"
        "JSON arguments recommended for CMD to prevent unintended behavior related to OS signals\n"
        "Dockerfile:3\n"
        "--------------------\n"
        "   2 |     MAINTAINER x\n"
        "   3 | >>> CMD npm \\\n"
        "   4 | >>>   start\n"
        "   5 |     \n"
        "--------------------\n",
        "",
    )


def test_nothing_to_find(context: Path, root: str, capfd: pytest.CaptureFixture[str]) -> None:
    (context / "Dockerfile").write_text("FROM busy\nRUN x\n")
    for words in (["--check"], ["--call=check"]):
        assert checked(context, root, capfd, *words) == (0, "Check complete, no warnings found.\n", "")


def test_what_the_ignore_file_leaves_out_is_missed(
    context: Path, root: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (context / "Dockerfile").write_text("FROM busy\nCOPY secret.txt /\n")
    (context / ".dockerignore").write_text("*.txt\n")
    code, out, _ = checked(context, root, capfd, "--check")
    assert (code, out.split("\n")[0]) == (1, "Check complete, 1 warning has been found!")
    assert 'Attempting to Copy file "secret.txt" that is excluded by .dockerignore\n' in out


def test_a_dockerfile_may_say_that_a_finding_is_an_error(
    context: Path, root: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (context / "Dockerfile").write_text("# check=error=true\nFROM busy as b\n")
    code, _, err = checked(context, root, capfd, "--check")
    assert (code, err) == (1, "Error: lint violation found for rules: FromAsCasing\n")


WRONG = """lint violation found for rules: JSONArgsRecommended, MaintainerDeprecated
  line 3: MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label
  line 4: JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to \
OS signals
"""


def test_then_a_build_fails_before_anything_is_done(
    context: Path, root: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (context / "Dockerfile").write_text("# check=error=true\nFROM scratch\nMAINTAINER x\nCMD ls\n")
    code, out, err = checked(context, root, capfd)
    assert (code, err) == (1, WRONG)
    assert "Step 1" not in out

    assert checked(context, root, capfd, "-q", "--build-arg", "BUILDKIT_DOCKERFILE_CHECK=skip=all")[0] == 0
    assert checked(context, root, capfd, "-q", "--build-arg", "BUILDKIT_DOCKERFILE_CHECK=error=0")[0] == 0


@pytest.mark.parametrize("words", [(), ("--build-arg", "BUILDKIT_DOCKERFILE_CHECK=skip=all;error=true")])
def test_a_build_that_nobody_wants_to_fail_does_not(
    context: Path, root: str, capfd: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    (context / "Dockerfile").write_text("FROM scratch\nMAINTAINER x\n")
    code, out, err = checked(context, root, capfd, *words)
    assert (code, err) == (0, "")
    assert "[Warning]" not in out


def test_a_dockerfile_that_makes_no_sense(
    context: Path, root: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (context / "Dockerfile").write_text("FROM busy\nRUNN x\n")
    code, out, err = checked(context, root, capfd, "--check")
    assert (code, out) == (1, "")
    assert err.startswith(
        "Error: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)"
    )


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        (1, 1, [1, 2, 3]),
        (5, 5, [3, 4, 5, 6, 7]),
        (4, 6, [3, 4, 5, 6, 7]),
        (9, 9, [7, 8, 9]),
        (1, 9, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (12, 12, []),
        (0, 0, []),
    ],
)
def test_how_many_neighbours_are_shown(start: int, end: int, shown: list[int]) -> None:
    text = [f"line {number}" for number in range(1, 10)]
    rows = excerpt(Span(start, end), "x/Dockerfile", text)
    assert [int(row.split("|")[0]) for row in rows[2:-1]] == shown
    assert rows[:1] == [f"x/Dockerfile:{start}"] * bool(shown)

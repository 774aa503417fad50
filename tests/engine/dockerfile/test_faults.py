"""How a fault in a Dockerfile is told."""

import pytest

from engine.dockerfile.errors import DockerfileError
from engine.dockerfile.program import understand
from engine.errors import InvalidInput


def refusal(text):
    with pytest.raises(DockerfileError) as refused:
        understand(text)
    return refused.value


def test_the_line_is_shown_between_its_neighbours():
    refused = refusal(b"FROM a\nWORKDIR /x\nRUNN make\nCMD y\nCMD z\n")
    assert isinstance(refused, InvalidInput)
    assert refused.line == 3
    assert str(refused).splitlines() == [
        "dockerfile parse error on line 3: unknown instruction: RUNN (did you mean RUN?)",
        "  2 | WORKDIR /x",
        "> 3 | RUNN make",
        "  4 | CMD y",
    ]


def test_all_lines_of_an_instruction_are_marked():
    assert refusal(b"FROM a\nRUNN a \\\n # why\n  b\n").details == "\n".join(
        ["  1 | FROM a", "> 2 | RUNN a \\", "> 3 |  # why", "> 4 |   b"]
    )


def test_the_middle_of_a_long_instruction_is_left_out():
    details = refusal(b"FROM a\nRUNN a \\\n" + b"  b \\\n" * 50 + b"  c\nCMD x\n").details.splitlines()
    assert details[0] == "   1 | FROM a"
    assert details[1] == ">  2 | RUNN a \\"
    assert details[4] == "     …"
    assert details[-2:] == ["> 53 |   c", "  54 | CMD x"]
    assert len(details) == 9


def test_a_long_line_is_cut():
    assert refusal(b"FROM a\nRUNN " + b"x" * 500).details.endswith("x…")


def test_nothing_that_is_shown_steers_the_terminal():
    told = str(refusal(b"FROM a\n\x1b[31mRUN\tx\x07\r\n"))
    assert "unknown instruction: \\x1b[31mRUN" in told
    assert told.splitlines()[-1] == "> 2 | \\x1b[31mRUN        x\\x07"
    assert not set(told) & set("\x1b\x07\t\r")

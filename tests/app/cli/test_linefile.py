from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.flags import UsageError
from app.cli.linefile import environment_lines, lines


def written(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "file"
    path.write_bytes(data)
    return str(path)


def test_nothing_is_unquoted_or_expanded(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbfA=\"x y\" \n# comment\n\n  B='$A'\r\n\tC=#no\n")
    assert environment_lines(path) == ['A="x y" ', "B='$A'", "C=#no"]


def test_labels_may_have_no_value(tmp_path: Path) -> None:
    assert lines(written(tmp_path, b"a\nb=c\n")) == ["a", "b=c"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"=x\n", "no variable name on line '=x'"),
        (b"a b=c\n", "variable 'a b' contains whitespaces"),
        (b"ok=1\nx=\xff\n", "invalid utf8 bytes at line 2"),
    ],
)
def test_lines_that_cannot_be_read(tmp_path: Path, data: bytes, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        environment_lines(written(tmp_path, data))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"open .*/absent: no such file or directory"):
        environment_lines(str(tmp_path / "absent"))

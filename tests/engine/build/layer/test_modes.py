"""--chmod, octal and symbolic; what symbols mean is chmod(1)'s word."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from engine.build.layer.modes import change
from engine.errors import InvalidInput

SYMBOLIC = ["u+x", "go-rwx", "a=rX", "u=rwX,go=rX", "ug+s", "+t", "o=u", "g=o", "u=rw,g=u-w", "a=", "u+rwx-x",
            "u=g,o=", "+x", "-w", "=r", "u+"]  # fmt: skip


@pytest.mark.parametrize("text", ["0", "755", "0755", "4711", "7777", "00644"])
def test_an_octal_mode_replaces_every_bit(text: str) -> None:
    assert change(text)(stat.S_IFREG | 0o6123) == int(text, 8)


@pytest.mark.parametrize("before", [0o644, 0o755, 0o600, 0o1777, 0o4750, 0o000])
@pytest.mark.parametrize("directory", [False, True])
@pytest.mark.parametrize("text", SYMBOLIC)
def test_symbols_mean_what_chmod_says(text: str, directory: bool, before: int, tmp_path: Path) -> None:
    path = tmp_path / "x"
    if directory:
        path.mkdir()
    else:
        path.write_text("")
    path.chmod(before)
    mode = os.stat(path).st_mode
    subprocess.run(["sh", "-c", f"umask 022; chmod {text} x || :"], cwd=tmp_path, check=True)
    assert oct(change(text)(mode)) == oct(stat.S_IMODE(os.stat(path).st_mode))


@pytest.mark.parametrize(
    "text", ["8", "10000", "-1", "u", "u+z", "x+u", "755,u+x", "rwx", "u+x,", "u=gr", "٧", ","]
)
def test_what_is_no_mode_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="invalid chmod parameter"):
        change(text)

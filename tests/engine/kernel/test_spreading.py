"""Where new directories go: a hint that ext4 understands and others need not."""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

import pytest

from engine.kernel.spreading import spread


def flags(path: Path) -> int:
    here = os.open(path, os.O_RDONLY)
    try:
        return int(struct.unpack("l", fcntl.ioctl(here, 0x80086601, bytes(8)))[0])
    except OSError:
        pytest.skip("needs a file system of the ext family")
    finally:
        os.close(here)


def test_the_hint_is_set_beside_what_was_there(tmp_path: Path) -> None:
    before = flags(tmp_path)
    spread(str(tmp_path))
    spread(str(tmp_path))
    assert flags(tmp_path) == before | 0x20000


@pytest.mark.parametrize("path", ["/proc/self", "/nowhere"])
def test_where_it_means_nothing_it_does_nothing(path: str) -> None:
    spread(path)
    assert os.path.exists(path) == (path != "/nowhere")

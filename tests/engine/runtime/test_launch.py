"""What the launcher looks at before it makes a process."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.errors import EngineError, StartFailed
from engine.kernel.processes import start_time
from engine.runtime import launch


def bundle(folder: Path, lenders: str) -> Any:
    spec = {"annotations": {launch.LENDERS: lenders}, "linux": {"cgroupsPath": "a/b", "namespaces": []}}
    (folder / "config.json").write_text(json.dumps(spec))
    return SimpleNamespace(spec=str(folder / "config.json"), rootfs_mounts=str(folder / "none"), rootfs="")


@pytest.mark.parametrize("lenders", [f"{os.getpid()}:1", f"4194305:{7}"])
def test_a_later_process_with_the_lenders_pid_lends_nothing(tmp_path: Path, lenders: str) -> None:
    with pytest.raises(StartFailed, match="whose namespaces are shared does not run any more") as caught:
        launch.launch(bundle(tmp_path, lenders), (0, 1, 2), cache="")
    assert caught.value.code == 125


def test_the_lender_itself_is_known(tmp_path: Path) -> None:
    lenders = f"{os.getpid()}:{start_time(os.getpid())}"
    with pytest.raises((OSError, EngineError)) as caught:
        launch.launch(bundle(tmp_path, lenders), (0, 1, 2), cache="")
    assert "shared" not in str(caught.value), "it goes on to what this bundle does not have"

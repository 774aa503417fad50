"""A volume plugin that runs for as long as a test does."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parent / "plugin.py"


class Plugged:
    """The plugin `shelf`; `directory` is to be looked for plugins in."""

    def __init__(self, folder: Path) -> None:
        self.directory = folder / "plugins"
        self.home = folder / "home"
        self.directory.mkdir()
        self.home.mkdir()
        socket = self.directory / "shelf.sock"
        self._process = subprocess.Popen([sys.executable, PROGRAM, socket, self.home])
        deadline = time.monotonic() + 20
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.01)

    def asked(self, method: str) -> list[dict[str, Any]]:
        """What it was asked by this method so far."""
        lines = map(json.loads, (self.home / "asked").read_text().splitlines())
        return [words for asked, words in lines if asked == f"VolumeDriver.{method}"]

    def volumes(self) -> list[str]:
        """The volumes that it keeps."""
        return sorted(path.name for path in (self.home / "volumes").iterdir())

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()

"""Looking through an image's layers in a process of its own, so that no frame waits for it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from app.workbench.trees import Progress
from engine.errors import EngineError


def walk(words: Sequence[str], progress: Progress) -> None:
    """Run the command to its end; whatever `progress` raises ends it. Raises EngineError if it fails."""
    said = ""
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        try:
            for line in process.stderr:
                numbers = line.split()
                if len(numbers) == 3 and all(map(str.isdigit, numbers)):
                    progress(*map(int, numbers))
                else:
                    said = said or line.strip()
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise EngineError(said.removeprefix("Error: ") or "the layers could not be looked through")

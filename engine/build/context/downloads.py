"""What ADD has downloaded before: a server that says that it is still the same need not send it again.

Each is a cache mount named after its address, so that it is locked, listed and pruned as those are: `content`
is the file, `answer` what the server said of it.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from shutil import copyfileobj
from typing import BinaryIO

from engine.build.context.remote import Downloaded, download
from engine.build.program.cachemounts import CacheMounts, Owner
from engine.errors import InUse, NotFound
from engine.paths import Paths

Progress = Callable[[int], None]
_OWNER = Owner(0o700)
_SETTLED = 60
"""Seconds after which a time says which file it is: what changes twice in a second has but one time."""


class Downloads:
    """The downloads of one store."""

    def __init__(self, paths: Paths) -> None:
        self._mounts = CacheMounts(paths)

    def take(
        self, url: str, out: BinaryIO, doing: str, progress: Progress, *, expected: str = ""
    ) -> Downloaded:
        """Write what is behind a URL to the empty file `out`, from here where that is the same.

        With the digest that is `expected`, 64 digits, nobody needs to be asked at all. Raises EngineError,
        beginning with `doing`, in docker's words.
        """
        held = self._mounts.take(f"download of {url}", "locked", _OWNER, check=lambda: progress(0))
        folder = held.data
        try:
            before = _remembered(folder)
            if before and before.digest == expected:
                found = before
            else:
                found = download(url, out, doing, progress, before)
            if found is before:
                with open(f"{folder}/content", "rb") as content:
                    copyfileobj(content, out)
            elif found.tag or 0 < found.modified < time.time() - _SETTLED:
                _remember(folder, found, out.name)
            vain = not os.listdir(folder)
        finally:
            held.release()
        if vain:
            self._forget(folder)
        return found

    def _forget(self, folder: str) -> None:
        try:
            self._mounts.remove(os.path.basename(os.path.dirname(folder)))
        except (InUse, NotFound):
            return


def _remembered(folder: str) -> Downloaded | None:
    try:
        with open(f"{folder}/answer", encoding="utf-8") as file:
            found = Downloaded(**json.load(file))
        return found if os.stat(f"{folder}/content").st_size == found.size else None
    except (OSError, ValueError, TypeError):
        return None


def _remember(folder: str, found: Downloaded, path: str) -> None:
    """Keep a download; one that there is no room for is none that a build should fail for."""
    try:
        if os.path.exists(f"{folder}/answer"):
            os.unlink(f"{folder}/answer")
        with open(path, "rb") as file, open(f"{folder}/content", "wb") as content:
            copyfileobj(file, content)
        with open(f"{folder}/answer", "w", encoding="utf-8") as answer:
            json.dump(found._asdict(), answer)
    except OSError:
        return

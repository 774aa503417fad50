"""What the dead left behind in `ingest/`."""

from __future__ import annotations

import os

from engine.errors import EngineError
from engine.paths import Paths
from engine.store.journal import settle
from engine.store.locks import Lock
from engine.store.records import Records
from engine.store.removal import remove_tree


def reclaim(paths: Paths, records: Records) -> None:
    """Delete every ingest directory whose owner is dead, and what it had moved but never listed.

    What cannot be deleted now is left for the next time.
    """
    for token in os.listdir(paths.ingest):
        path = f"{paths.ingest}/{token}"
        lock = Lock(path, create=False)
        try:
            if not lock.try_acquire():
                continue
            settle(paths, records, path)
            remove_tree(path)
        except (OSError, EngineError):
            continue
        finally:
            lock.release()

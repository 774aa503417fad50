"""Cache mounts: folders in the store that RUN steps share, which no layer keeps.

Each is `caches/<key>` with `data`, what is mounted, and `id`, its name. A step holds the folder locked while
it runs: alone if it asked to be, else together with others. What is only half made or half removed has a name
that begins with a dot.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from engine.errors import InUse, NotFound, from_os
from engine.paths import Paths
from engine.store.locks import Lock
from engine.store.removal import remove_tree
from engine.store.usage import tree_size

_FIRST_PAUSE, _LAST_PAUSE = 0.001, 0.05


class CacheMount(NamedTuple):
    """One cache mount, as `builder prune` sees it."""

    key: str
    """Its own name in the store."""
    id: str
    """As Dockerfiles name it; the copies of a private one share it."""
    size: int
    """Bytes."""
    used_at: float
    in_use: bool


class Owner(NamedTuple):
    """Who a new cache mount belongs to."""

    mode: int = 0o755
    uid: int = 0
    gid: int = 0


class Held(NamedTuple):
    """A cache mount that a step may use until it is released."""

    data: str
    lock: Lock

    def release(self) -> None:
        """Let others have it."""
        self.lock.release()


class CacheMounts:
    """The cache mounts of one store."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths

    def take(
        self,
        id: str,
        sharing: str,
        owner: Owner,
        base: Sequence[str] = (),
        check: Callable[[], object] = lambda: None,
    ) -> Held:
        """Take this owner's cache mount `id`, waiting for it if it is `locked`.

        A `private` one that is taken is left to its user, and another one is taken.

        A new one starts with what lies in the directories of `base`, topmost first. `check` is called while
        waiting and may raise.
        """
        try:
            for number in count():
                folder = f"{self.paths.caches}/{_key(id, owner)}{f'-{number}' if number else ''}"
                held = self._take(folder, id, sharing, owner, base, check)
                if held:
                    os.utime(folder)
                    return held
        except OSError as error:
            raise from_os(error, f"cannot use the cache mount {id}") from error
        raise AssertionError("there is always another number")

    def listed(self) -> Iterator[CacheMount]:
        """Yield every cache mount."""
        try:
            keys = sorted(os.listdir(self.paths.caches))
        except FileNotFoundError:
            return
        for key in keys:
            folder = f"{self.paths.caches}/{key}"
            if key.startswith("."):
                continue
            try:
                with open(f"{folder}/id", encoding="utf-8", errors="surrogateescape") as file:
                    id = file.read()
                size, used_at = tree_size(f"{folder}/data"), os.stat(folder).st_mtime
            except FileNotFoundError:
                continue
            yield CacheMount(key, id, size, used_at, not _is_free(folder))

    def remove(self, key: str) -> None:
        """Delete a cache mount. Raises NotFound, or InUse while a step uses it."""
        folder = f"{self.paths.caches}/{key}"
        lock = Lock(folder, create=False)
        try:
            if not lock.try_acquire():
                raise InUse(f"the cache mount {key} is used by a build")
            if not lock.still_there():
                raise FileNotFoundError
            aside = f"{self.paths.caches}/.gone-{os.urandom(6).hex()}"
            os.rename(folder, aside)
            remove_tree(aside)
        except FileNotFoundError:
            raise NotFound(f"No such cache mount: {key}") from None
        except OSError as error:
            raise from_os(error, f"cannot remove the cache mount {key}") from error
        finally:
            lock.release()

    def sweep(self) -> None:
        """Delete what an interrupted step or removal left behind more than an hour ago."""
        for name in os.listdir(self.paths.caches) if os.path.isdir(self.paths.caches) else ():
            path = f"{self.paths.caches}/{name}"
            try:
                if name.startswith(".") and os.stat(path).st_mtime < time.time() - 3600:
                    remove_tree(path)
            except FileNotFoundError:
                continue  # somebody else sweeps

    def _take(
        self,
        folder: str,
        id: str,
        sharing: str,
        owner: Owner,
        base: Sequence[str],
        check: Callable[[], object],
    ) -> Held | None:
        pause = _FIRST_PAUSE
        while True:
            if not os.path.isdir(folder):
                self._make(folder, id, owner, base)
            lock = Lock(folder, shared=sharing == "shared", create=False)
            try:
                taken = lock.try_acquire()
            except FileNotFoundError:
                continue
            if taken and lock.still_there():
                return Held(f"{folder}/data", lock)
            lock.release()
            if not taken and sharing == "private":
                return None
            check()
            time.sleep(pause)
            pause = min(pause * 2, _LAST_PAUSE)

    def _make(self, folder: str, id: str, owner: Owner, base: Sequence[str]) -> None:
        os.makedirs(self.paths.caches, mode=0o700, exist_ok=True)
        draft = f"{self.paths.caches}/.new-{os.urandom(6).hex()}"
        os.mkdir(draft, 0o700)
        with open(f"{draft}/id", "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(id)
        data = f"{draft}/data"
        os.mkdir(data, 0o700)
        if base:
            from engine.snapshots.copying import flatten

            flatten(base, data)
        os.chown(data, owner.uid, owner.gid)
        os.chmod(data, owner.mode)
        try:
            os.rename(draft, folder)
        except OSError as error:
            remove_tree(draft)
            # Somebody else has made it meanwhile, whether or not it is still there.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise


def _key(id: str, owner: Owner) -> str:
    """Name a folder for an id; like BuildKit's, a mount for another owner is another one."""
    from hashlib import sha256

    text = f"{id}\0{owner.uid}:{owner.gid}"
    return sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]


def _is_free(folder: str) -> bool:
    """Tell whether nobody holds the folder, not even together with others."""
    lock = Lock(folder, create=False)
    try:
        return lock.try_acquire()
    except FileNotFoundError:
        return True
    finally:
        lock.release()

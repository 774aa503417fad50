"""Hearing of changed files: watchfiles' eyes on the trees, and the wait until it is quiet."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from engine.cancelling import Cancel
from engine.develop.passing import passing
from engine.develop.polling import Poller
from engine.develop.request import Rule
from engine.develop.scope import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

QUIET, MOST = 0.05, 1.0
"""Seconds without a save after which saves are one, and the longest that they are waited for."""
_STEP, _LOOK, _POLL = 10, 500, 200
"""Milliseconds: how soon we hear, how often the context itself is looked at, how often files are polled."""
_ADDED, _REMOVED = 1, 3


class Change(NamedTuple):
    """A file that changed, and what is to be done about it."""

    path: str
    rules: tuple[Rule, ...]


class Batch(NamedTuple):
    """What was saved at once."""

    changes: tuple[Change, ...]
    saved: float
    """When the last of it was."""
    whole: bool = False
    """The context itself is another one."""


class _Seen(NamedTuple):
    """What was heard of one path."""

    rules: tuple[Rule, ...]
    new: bool
    """It was not there before."""


class Sight:
    """Looks at a scope's files from the moment it is made, in threads of its own."""

    def __init__(self, scope: Scope, noticed: Callable[[], object]) -> None:
        """`noticed` is called, from a thread, at every change that counts."""
        self.scope = scope
        self.how, self.why = "inotify", ""
        self._noticed = noticed
        self._closed = threading.Event()
        self._news = threading.Condition()
        self._changes: dict[str, _Seen] = {}
        self._fleeting: set[str] = set()
        """What came and went before it was looked at: its end may be heard of later than its beginning."""
        self._since = self._last = self._saved = 0.0
        self._whole = False
        self._gone = False
        self._threads: list[threading.Thread] = []
        self._identity: tuple[int, int] | None = None
        self._look()

    @property
    def gone(self) -> bool:
        """Whether the context is not there."""
        return self._gone

    @property
    def restless(self) -> bool:
        """Whether something changed that no batch has told of."""
        with self._news:
            return bool(self._changes) or self._whole

    def wait(self, cancel: Cancel, seconds: float) -> bool:
        """Wait for a change that counts; tell whether there is one."""
        with cancel.calling(self._wake), self._news:
            self._news.wait_for(lambda: self._changes or self._whole or cancel.cancelled, seconds)
            return bool(self._changes) or self._whole

    def settled(self, cancel: Cancel) -> Batch:
        """Wait until it is quiet, and take what changed; what has come and gone meanwhile did not.

        Raises Cancelled.
        """
        with cancel.calling(self._wake), self._news:
            while not cancel.cancelled:
                left = min(self._last + QUIET, self._since + MOST) - time.monotonic()
                if left <= 0:
                    break
                self._news.wait(left)
            cancel.check()
            found, self._changes = self._changes, {}
            whole, self._whole = self._whole, False
            self._fleeting.clear()
            saved = self._saved
        changes = (
            Change(path, seen.rules) for path, seen in sorted(found.items())
            if not seen.new or os.path.lexists(path)
        )  # fmt: skip
        return Batch(tuple(changes), saved, whole)

    def close(self) -> None:
        """Look no more."""
        self._closed.set()
        for thread in self._threads:
            thread.join()

    def _wake(self) -> None:
        with self._news:
            self._news.notify_all()

    def _look(self) -> None:
        """Open the eyes; raises OSError."""
        self._identity = _identity(self.scope.context)
        eyes = [(self._eye(self.scope.trees, recursive=True), True)]
        if self.scope.folders:
            eyes.append((self._eye(self.scope.folders, recursive=False), False))
        for eye, deep in eyes:
            thread = threading.Thread(target=self._follow, args=(eye, deep), daemon=True, name="sight")
            self._threads.append(thread)
            thread.start()

    def _eye(self, paths: Sequence[str], *, recursive: bool) -> RustNotify | Poller:
        from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

        def opened(*, lenient: bool = False) -> RustNotify:
            return RustNotify(list(paths), False, False, _POLL, recursive, lenient)

        if self.how == "polling":
            return self._poller(paths, recursive=recursive)
        try:
            return opened()
        except PermissionError:
            return opened(lenient=True)
        except FileNotFoundError:
            raise
        except OSError as error:
            if error.errno not in (None, errno.ENOSPC):
                raise
            self.why = "all inotify watches are taken (fs.inotify.max_user_watches)"
        except WatchfilesRustInternalError:
            self.why = "all inotify instances are taken (fs.inotify.max_user_instances)"
        self.how = "polling"
        return self._poller(paths, recursive=recursive)

    def _poller(self, paths: Sequence[str], *, recursive: bool) -> Poller:
        return Poller(paths, _POLL / 1000, lambda path: passing(self.scope.shown(path)), deep=recursive)

    def _follow(self, eye: RustNotify | Poller, deep: bool) -> None:
        while not self._closed.is_set():
            raw = eye.watch(0, _STEP, _LOOK, self._closed)
            if isinstance(raw, set):
                self._take(raw)
            elif raw == "signal":
                # Only the main thread hears signals.
                time.sleep(_STEP / 1000)
            if deep and _identity(self.scope.context) != self._identity:
                eye = self._found_again(eye)

    def _found_again(self, eye: RustNotify | Poller) -> RustNotify | Poller:
        """Wait for the context to be there again: whatever is in it then is new."""
        while not self._closed.is_set():
            self._gone = not os.path.isdir(self.scope.context)
            if not self._gone:
                try:
                    self._identity = _identity(self.scope.context)
                    eye = self._eye(self.scope.trees, recursive=True)
                except OSError:
                    continue
                self._notice({}, time.time(), whole=True)
                break
            self._closed.wait(_POLL / 1000)
        return eye

    def _take(self, raw: Iterable[tuple[int, str]]) -> None:
        """Leave out what nobody reads, and directories that only hold what changed."""
        now, kinds = time.time(), dict[str, set[int]]()
        for kind, path in raw:
            kinds.setdefault(path, set()).add(kind)
        counting: dict[str, _Seen] = {}
        saved = 0.0
        for path, seen in kinds.items():
            rules = self.scope.judge(path)
            moment = _changed(path) if rules else None
            if not rules or (moment == 0 and not seen & {_ADDED, _REMOVED}):
                continue
            if moment is None and path not in self._changes and (_ADDED in seen or path in self._fleeting):
                self._fleeting.add(path)
                continue
            counting[path] = _Seen(rules, _ADDED in seen and _REMOVED not in seen)
            saved = max(saved, moment or 0)
        if counting:
            self._notice(counting, min(saved, now) if now - 5 < saved else now)

    def _notice(self, changes: dict[str, _Seen], saved: float, *, whole: bool = False) -> None:
        with self._news:
            now = time.monotonic()
            if not self._changes and not self._whole:
                self._since = now
            # Whether a file is new was decided when it was first heard of.
            self._changes = {**changes, **self._changes}
            self._whole |= whole
            self._last, self._saved = now - _STEP / 1000, saved
            self._news.notify_all()
        self._noticed()


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _changed(path: str) -> float | None:
    """Tell when a file changed last; None if there is none, 0 for a directory."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return 0.0 if found.st_mode & 0o170000 == 0o040000 else found.st_ctime

"""Whether a container that has ended is started again, and after how long: docker's rules."""

from __future__ import annotations

from typing import NamedTuple

_FIRST, _LAST = 0.1, 60.0
_STEADY_SECONDS = 10.0
"""A run that lasted so long has proved itself, and the waiting begins anew."""


class Policy(NamedTuple):
    """What `--restart` says."""

    name: str = "no"
    """no, always, on-failure or unless-stopped."""
    retries: int = 0
    """Of on-failure; 0 is no limit."""


class Restarts:
    """How often a container was started again, and what comes next."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.count = 0
        self.forbidden = False
        """Somebody has stopped it."""
        self._wait = 0.0

    def after(self, code: int, seconds: float) -> float | None:
        """Tell how long to wait, after a run of so many seconds that ended with `code`; None is for ever."""
        if self.forbidden or not self._wanted(code):
            return None
        if seconds >= _STEADY_SECONDS:
            self._wait = 0.0
        self._wait = min(2 * self._wait, _LAST) or _FIRST
        self.count += 1
        return self._wait

    def _wanted(self, code: int) -> bool:
        name, retries = self.policy
        if name == "on-failure":
            return code != 0 and (not retries or self.count < retries)
        return name in ("always", "unless-stopped")

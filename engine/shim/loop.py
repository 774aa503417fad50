"""Waiting for many things at once in one thread: descriptors that have news, and moments that come."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

Handler = Callable[[], object]


class Alarm:
    """Something to be done at a moment, unless it is called off before."""

    __slots__ = ("act", "moment")

    def __init__(self, moment: float, act: Handler) -> None:
        self.moment = moment
        self.act: Handler | None = act

    def call_off(self) -> None:
        """Have nothing done."""
        self.act = None


class Loop:
    """The descriptors that are watched, and the alarms that are set."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._handlers: dict[int, Handler] = {}
        self._alarms: list[Alarm] = []

    def watch(self, descriptor: int, handler: Handler, events: int = select.POLLIN) -> None:
        """Call `handler` whenever the descriptor is ready, or its other side has gone."""
        self._handlers[descriptor] = handler
        self._poll.register(descriptor, events)

    def forget(self, descriptor: int) -> None:
        """Watch a descriptor no more; to be called before it is closed."""
        if self._handlers.pop(descriptor, None):
            self._poll.unregister(descriptor)

    def alarm(self, seconds: float, act: Handler) -> Alarm:
        """Call `act` once, so many seconds from now."""
        alarm = Alarm(time.monotonic() + seconds, act)
        self._alarms.append(alarm)
        return alarm

    def turn(self) -> None:
        """Wait until something has happened, and let it be handled."""
        self._alarms = [alarm for alarm in self._alarms if alarm.act]
        first = min((alarm.moment for alarm in self._alarms), default=None)
        wait = None if first is None else max(0.0, first - time.monotonic()) * 1000
        for descriptor, _ in self._poll.poll(wait):
            # What was handled before may have forgotten it.
            handler = self._handlers.get(descriptor)
            if handler:
                handler()
        now = time.monotonic()
        for alarm in [alarm for alarm in self._alarms if alarm.moment <= now]:
            act, alarm.act = alarm.act, None
            if act:
                act()

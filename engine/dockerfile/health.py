"""HEALTHCHECK: a test and when to make it.

Follows https://docs.docker.com/reference/dockerfile/#healthcheck.
"""

from __future__ import annotations

import re

from engine.dockerfile.duration import nanoseconds
from engine.dockerfile.errors import Fault, quoted
from engine.dockerfile.flags import TEXT, read
from engine.dockerfile.instructions import Healthcheck, Origin
from engine.dockerfile.node import Node

_DURATIONS = ("interval", "timeout", "start-period", "start-interval")
_SHORTEST = 1_000_000
_MOST = (1 << 31) - 1
_NUMBER = r"[+-]?[0-9]{1,40}"


def healthcheck(node: Node, origin: Origin) -> Healthcheck:
    """Understand a HEALTHCHECK; raises Fault."""
    if not node.words:
        raise Fault("HEALTHCHECK requires at least one argument")
    kind, command = node.words[0].upper(), node.words[1:]
    if kind == "NONE":
        if command:
            raise Fault("HEALTHCHECK NONE takes no arguments")
        return Healthcheck(origin, ("NONE",))
    flags = read(node.flags, dict.fromkeys((*_DURATIONS, "retries"), TEXT))
    if kind != "CMD":
        raise Fault(f"Unknown type {quoted(kind)} in HEALTHCHECK (try CMD)")
    if not command:
        raise Fault("Missing command after HEALTHCHECK CMD")
    interval, timeout, start_period, start_interval = (
        _duration(name, flags.text(name)) for name in _DURATIONS
    )
    return Healthcheck(
        origin,
        ("CMD" if node.json else "CMD-SHELL", *command),
        interval,
        timeout,
        start_period,
        start_interval,
        _retries(flags.text("retries")),
    )


def _duration(name: str, text: str) -> int:
    found = nanoseconds(text) if text else 0
    if found and found < _SHORTEST:
        raise Fault(f"Interval {quoted(name)} cannot be less than 1ms")
    return found


def _retries(text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(_NUMBER, text):
        raise Fault(f"strconv.ParseInt: parsing {quoted(text)}: invalid syntax")
    number = int(text)
    if not -_MOST - 1 <= number <= _MOST:
        raise Fault(f"strconv.ParseInt: parsing {quoted(text)}: value out of range")
    if number < 0:
        raise Fault(f"--retries cannot be negative ({number})")
    return number

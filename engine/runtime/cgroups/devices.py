"""Which devices a container may open or make: from OCI's ordered rules to what either version enforces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from engine.errors import InvalidInput, Unsupported

_ANY = -1
Node = tuple[str, int, int]
"""Type ("b" or "c"), major, minor; -1 is any."""

_ALLOWED: tuple[tuple[str, int, int, str], ...] = (
    ("c", _ANY, _ANY, "m"), ("b", _ANY, _ANY, "m"),
    ("c", 1, 3, "rwm"), ("c", 1, 5, "rwm"), ("c", 1, 7, "rwm"), ("c", 1, 8, "rwm"), ("c", 1, 9, "rwm"),
    ("c", 5, 0, "rwm"), ("c", 5, 1, "rwm"), ("c", 5, 2, "rwm"), ("c", 136, _ANY, "rwm"),
)
"""docker's list: any node may be made; null zero full random urandom tty console ptmx pts may be opened."""


def default_devices() -> list[dict[str, Any]]:
    """Build OCI's `linux.resources.devices` as docker's default container has it."""
    rules: list[dict[str, Any]] = [{"allow": False, "access": "rwm"}]
    for kind, major, minor, access in _ALLOWED:
        rule: dict[str, Any] = {"allow": True, "type": kind, "access": access}
        if major != _ANY:
            rule["major"] = major
        if minor != _ANY:
            rule["minor"] = minor
        rules.append(rule)
    return rules


class Policy(NamedTuple):
    """Ordered rules in their normal form: what holds for all devices, and the accesses that are excepted."""

    allow: bool
    exceptions: dict[Node, str]

    def lines(self) -> Iterator[str]:
        """Yield version 1's lines: for `devices.deny` where all is allowed, else for `devices.allow`."""
        for (kind, major, minor), access in self.exceptions.items():
            numbers = ":".join("*" if number == _ANY else str(number) for number in (major, minor))
            yield f"{kind} {numbers} {access}"


def policy(rules: Iterable[Mapping[str, Any]]) -> Policy:
    """Reduce rules, of which the last that fits decides, to a policy.

    Raises InvalidInput for a rule that makes no sense and Unsupported for one that takes a part out of an
    earlier wildcard, which version 1 cannot express.
    """
    allow, exceptions = True, dict[Node, str]()
    for rule in rules:
        access = str(rule.get("access") or "rwm")
        kind = str(rule.get("type") or "a")
        if kind not in ("a", "b", "c", "u") or set(access) - set("rwm"):
            raise InvalidInput(f"Invalid device rule: {dict(rule)}")
        major, minor = _number(rule.get("major")), _number(rule.get("minor"))
        if kind == "a" and major == minor == _ANY and set(access) == set("rwm"):
            allow, exceptions = bool(rule.get("allow")), {}
            continue
        for letter in ("b", "c") if kind == "a" else ("c" if kind == "u" else kind,):
            _apply(exceptions, (letter, major, minor), access, excepted=bool(rule.get("allow")) is not allow)
    return Policy(allow, exceptions)


def _number(number: int | None) -> int:
    return _ANY if number is None else int(number)


def _apply(exceptions: dict[Node, str], node: Node, access: str, *, excepted: bool) -> None:
    if excepted:
        held = exceptions.get(node, "")
        exceptions[node] = "".join(letter for letter in "rwm" if letter in held + access)
        return
    for other, held in list(exceptions.items()):
        if not set(held) & set(access):
            continue
        if _covers(node, other):
            left = "".join(letter for letter in held if letter not in access)
            exceptions[other] = left
            if not left:
                del exceptions[other]
        elif _covers(other, node):
            raise Unsupported(f"Cannot take {_name(node)} out of the rule for {_name(other)}")


def _covers(wide: Node, narrow: Node) -> bool:
    return wide[0] == narrow[0] and all(w in (_ANY, n) for w, n in zip(wide[1:], narrow[1:], strict=True))


def _name(node: Node) -> str:
    return f"{node[0]} {node[1]}:{node[2]}".replace("-1", "*")

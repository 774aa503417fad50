"""Classic BPF for seccomp: the few instructions filters are made of, and comparisons of 64-bit arguments.

Kernel documentation: userspace-api/seccomp_filter, and <linux/filter.h>. A program is a list of
(code, jump if true, jump if false, operand); jumps are relative, and at most 255 if they are conditional.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.errors import InvalidInput

Instruction = tuple[int, int, int, int]
Fragment = tuple[Instruction, ...]

LOAD, AND, RETURN, JUMP = 0x20, 0x54, 0x06, 0x05
EQUAL, GREATER, GREATER_OR_EQUAL = 0x15, 0x25, 0x35
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
"""Offsets in struct seccomp_data."""

LIMIT = 4096
"""BPF_MAXINSNS."""

_PASS, _FAIL = -1, -2
"""Jump targets still to be resolved: behind this comparison, and to the next rule."""


def load(offset: int) -> Instruction:
    """Load a word of struct seccomp_data."""
    return LOAD, 0, 0, offset


def answer(value: int) -> Instruction:
    """End with a verdict."""
    return RETURN, 0, 0, value


def branch(code: int, operand: int, yes: Fragment, no: Fragment) -> Fragment:
    """Compare the loaded word and go on with one of two fragments, however long they are."""
    if len(no) <= 255:
        return ((code, len(no), 0, operand), *no, *yes)
    return ((code, 0, 1, operand), (JUMP, 0, 0, len(no)), *no, *yes)


def pack(program: Sequence[Instruction]) -> bytes:
    """Write struct sock_filter after struct sock_filter."""
    if len(program) > LIMIT:
        raise InvalidInput(f"The seccomp profile is too large: {len(program)} instructions of {LIMIT}")
    return b"".join([struct.pack("=HBBI", *instruction) for instruction in program])


def rule(conditions: Sequence[Mapping[str, Any]], verdict: int) -> Fragment:
    """Answer `verdict` when all of OCI's argument `conditions` hold; otherwise fall through."""
    parts = [_comparison(condition) for condition in conditions]
    total = sum(map(len, parts)) + 1
    resolved: list[Instruction] = []
    for part in parts:
        behind = len(resolved) + len(part)
        for code, yes, no, operand in part:
            here = len(resolved) + 1
            target = {_PASS: behind - here, _FAIL: total - here}
            resolved.append((code, target.get(yes, yes), target.get(no, no), operand))
    return (*resolved, answer(verdict))


def _comparison(condition: Mapping[str, Any]) -> Fragment:
    index, operator = condition["index"], str(condition["op"]).removeprefix("SCMP_CMP_")
    value, second = condition["value"], condition.get("valueTwo") or 0
    words = all(0 <= number < 1 << 64 for number in (value, second))
    if not 0 <= index < 6 or not words or operator not in _OPERATORS:
        raise InvalidInput(f"Invalid seccomp argument rule: {dict(condition)}")
    # Both machines that have a table are little-endian: the low word comes first.
    low = load(ARGUMENTS + 8 * index)
    high = load(ARGUMENTS + 8 * index + 4)
    return _OPERATORS[operator](high, low, value, second)


def _halves(value: int) -> tuple[int, int]:
    return value >> 32, value & 0xFFFFFFFF


def _equal(high: Instruction, low: Instruction, value: int, _: int) -> Fragment:
    upper, lower = _halves(value)
    return high, (EQUAL, 0, _FAIL, upper), low, (EQUAL, 0, _FAIL, lower)


def _unequal(high: Instruction, low: Instruction, value: int, _: int) -> Fragment:
    upper, lower = _halves(value)
    return high, (EQUAL, 0, _PASS, upper), low, (EQUAL, _FAIL, 0, lower)


def _ordered(code: int, yes: int, no: int) -> Callable[[Instruction, Instruction, int, int], Fragment]:
    def comparison(high: Instruction, low: Instruction, value: int, _: int) -> Fragment:
        upper, lower = _halves(value)
        return high, (GREATER, yes, 0, upper), (EQUAL, 0, no, upper), low, (code, yes, no, lower)

    return comparison


def _masked(high: Instruction, low: Instruction, mask: int, value: int) -> Fragment:
    (upper_mask, lower_mask), (upper, lower) = _halves(mask), _halves(value)
    return (
        high, (AND, 0, 0, upper_mask), (EQUAL, 0, _FAIL, upper),
        low, (AND, 0, 0, lower_mask), (EQUAL, 0, _FAIL, lower),
    )  # fmt: skip


_OPERATORS: dict[str, Callable[[Instruction, Instruction, int, int], Fragment]] = {
    "EQ": _equal,
    "NE": _unequal,
    "GT": _ordered(GREATER, _PASS, _FAIL),
    "GE": _ordered(GREATER_OR_EQUAL, _PASS, _FAIL),
    "LT": _ordered(GREATER_OR_EQUAL, _FAIL, _PASS),
    "LE": _ordered(GREATER, _FAIL, _PASS),
    "MASKED_EQ": _masked,
}

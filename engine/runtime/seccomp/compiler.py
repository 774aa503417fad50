"""From the OCI document to a program: rules by system call, then a search tree over the numbers.

What the document means is what runc and libseccomp make of it:
- a rule whose action is the default action says nothing;
- a rule without arguments outweighs all rules with arguments for that call;
- of several rules with arguments the first that fits decides;
- a rule that names one argument twice is one rule for each of its conditions;
- a call that is newer than the newest the document names gets ENOSYS, not the default errno, so that programs
  fall back to what their container knows (runc's `patchbpf`);
- a call of a foreign architecture kills the process.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.errors import InvalidInput, Unsupported
from engine.kernel.libc import ARCHITECTURE as MACHINE
from engine.kernel.syscalls import numbers
from engine.runtime.seccomp import assembler
from engine.runtime.seccomp.assembler import EQUAL, GREATER_OR_EQUAL, Fragment, answer, branch, load

KILL_PROCESS = 0x80000000
_ACTIONS = {
    "ALLOW": 0x7FFF0000, "LOG": 0x7FFC0000, "TRACE": 0x7FF00000, "ERRNO": 0x00050000, "TRAP": 0x00030000,
    "KILL": 0, "KILL_THREAD": 0, "KILL_PROCESS": KILL_PROCESS,
}  # fmt: skip
_WITH_VALUE = ("ERRNO", "TRACE")

X32_BIT = 0x40000000
_PRIVATE = 0xF0000
"""32-bit ARM numbers its own calls from here; they say nothing about how new the document is."""

_TOKENS = {
    "SCMP_ARCH_X86_64": ("x86_64", 0xC000003E),
    "SCMP_ARCH_X86": ("i386", 0x40000003),
    "SCMP_ARCH_X32": ("x32", 0xC000003E),
    "SCMP_ARCH_AARCH64": ("aarch64", 0xC00000B7),
    "SCMP_ARCH_ARM": ("arm", 0x40000028),
}
"""Tables, and the AUDIT_ARCH_* values that struct seccomp_data carries."""

_NATIVE = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}


class _Call(NamedTuple):
    """What the document says about one name: a verdict for all arguments, or rules in order."""

    verdict: int | None
    rules: Fragment


def compile(document: Mapping[str, Any], architecture: str = MACHINE) -> bytes:
    """Compile OCI's `linux.seccomp` into an array of struct sock_filter for a machine.

    Raises Unsupported for a machine or an action that is not known, InvalidInput for a document that makes no
    sense. Names this kernel does not know are passed over.
    """
    native = _NATIVE.get(architecture)
    if native is None:
        raise Unsupported(
            f"Seccomp filters are not known for {architecture}",
            resolution="run the container with --security-opt seccomp=unconfined",
        )
    default = verdict(document.get("defaultAction", ""), document.get("defaultErrnoRet"))
    calls = _calls(document.get("syscalls") or (), default)
    wanted = list(dict.fromkeys([native, *(document.get("architectures") or ())]))
    trees = {token: _tree(numbers(_TOKENS[token][0]), calls, default)
             for token in wanted if token in _usable(native)}
    return assembler.pack(_dispatch(trees, native))


def verdict(action: str, value: int | None = None) -> int:
    """Translate an action, with its errno, into what a filter returns."""
    word = action.removeprefix("SCMP_ACT_")
    if word == "NOTIFY":
        raise Unsupported("A seccomp listener (SCMP_ACT_NOTIFY) is not supported")
    if word not in _ACTIONS:
        raise InvalidInput(f"Invalid seccomp action: {action!r}")
    number = errno.EPERM if value is None else value
    if not 0 <= number <= 0xFFFF:
        raise InvalidInput(f"Invalid seccomp errno: {number}")
    return _ACTIONS[word] | (number if word in _WITH_VALUE else 0)


def _usable(native: str) -> tuple[str, ...]:
    """List what a machine can run: other architectures in the document are other machines' business."""
    return tuple(_TOKENS)[:3] if native == "SCMP_ARCH_X86_64" else tuple(_TOKENS)[3:]


def _calls(rules: Iterable[Mapping[str, Any]], default: int) -> dict[str, _Call]:
    """Gather what is said about each name; a rule that repeats the default still makes its names known."""
    calls: dict[str, _Call] = {}
    for rule in rules:
        said = verdict(rule["action"], rule.get("errnoRet"))
        fragment = _fragment(rule.get("args") or (), said)
        for name in rule["names"]:
            before = calls.get(name, _Call(None, ()))
            if said == default:
                calls[name] = before
            elif fragment:
                calls[name] = before._replace(rules=before.rules + fragment)
            elif before.verdict is None:
                calls[name] = before._replace(verdict=said)
    return calls


def _fragment(conditions: Sequence[Mapping[str, Any]], said: int) -> Fragment:
    if len({condition["index"] for condition in conditions}) == len(conditions):
        return assembler.rule(conditions, said) if conditions else ()
    return tuple(part for condition in conditions for part in assembler.rule([condition], said))


def _tree(table: Mapping[str, int], calls: Mapping[str, _Call], default: int) -> Fragment:
    """Build the decision over all numbers of one architecture, the number being loaded."""
    known = sorted((table[name], call) for name, call in calls.items() if name in table)
    highest = max((number for number, _ in known if number < _PRIVATE), default=-1)
    refusal = _ACTIONS["ERRNO"] | errno.ENOSYS
    newer = default if default in (_ACTIONS["ALLOW"], _ACTIONS["LOG"]) or not known else refusal
    starts: list[tuple[int, Fragment]] = [(0, (answer(default),))]
    for number, call in known:
        after = default if number < highest else newer
        _extend(starts, number, _decision(call, default))
        _extend(starts, number + 1, (answer(after),))
    return _search(starts)


def _decision(call: _Call, default: int) -> Fragment:
    if call.verdict is not None:
        return (answer(call.verdict),)
    return (*call.rules, answer(default))


def _extend(starts: list[tuple[int, Fragment]], number: int, decision: Fragment) -> None:
    """Let `decision` hold from `number` on, joining it with an equal one before."""
    if starts[-1][0] == number:
        starts.pop()
    if not starts or starts[-1][1] != decision:
        starts.append((number, decision))


def _search(starts: Sequence[tuple[int, Fragment]]) -> Fragment:
    if len(starts) == 1:
        return starts[0][1]
    middle = len(starts) // 2
    return branch(GREATER_OR_EQUAL, starts[middle][0], _search(starts[middle:]), _search(starts[:middle]))


def _dispatch(trees: Mapping[str, Fragment], native: str) -> Fragment:
    """Choose the tree by architecture; on x86_64, also by the bit that marks x32."""
    kill = (answer(KILL_PROCESS),)
    rest: Fragment = kill
    for token in reversed([token for token in trees if token != "SCMP_ARCH_X32"]):
        tree: Fragment = (load(assembler.NUMBER), *trees[token])
        if token == "SCMP_ARCH_X86_64":
            x32 = trees.get("SCMP_ARCH_X32")
            marked = ((assembler.AND, 0, 0, ~X32_BIT & 0xFFFFFFFF), *x32) if x32 else kill
            tree = (load(assembler.NUMBER), *branch(GREATER_OR_EQUAL, X32_BIT, marked, trees[token]))
        rest = branch(EQUAL, _TOKENS[token][1], tree, rest)
    return (load(assembler.ARCHITECTURE), *rest)

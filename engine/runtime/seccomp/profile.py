"""From a profile and a set of capabilities to the OCI document `linux.seccomp`.

The default's facts (which calls, for which capability, which socket families and personalities) are those of
https://github.com/moby/profiles (seccomp/default.json, 2026), kept in `profile.json` in a form of our own:
the first of the families is a bound, the others are single values, so that neither AF_ALG (38) and AF_VSOCK
(40) pass nor a number whose upper half the kernel would cut off. 32-bit programs of an x86_64 container still
reach them through `socketcall`, whose arguments no filter can see, as they do under docker.

Runtime spec: https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#seccomp
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from engine.errors import InvalidInput

_PATH = __file__.rpartition("/")[0] + "/profile.json"
_ALLOW, _ERRNO = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"
_EPERM, _ENOSYS = 1, 38
_NAMESPACES = 0x7E020000
"""The CLONE_NEW* flags, except CLONE_NEWTIME, which clone(2) cannot express."""

_ARCHITECTURES = {
    "x86_64": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "aarch64": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
}
"""Machines, and what they run besides their own programs."""

_DOCKER_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}

Document = dict[str, Any]


def default(capabilities: Collection[str], machine: str | None = None) -> Document:
    """Build docker's default document for a container with these capabilities ("CAP_CHOWN", …)."""
    import json

    machine = machine or os.uname().machine
    with open(_PATH, encoding="ascii") as file:
        facts = json.load(file)
    names = _split(facts["allow"]) + facts["machines"].get(machine, "").split()
    for capability, more in facts["capabilities"].items():
        if capability in capabilities:
            names += _split(more)
    names = list(dict.fromkeys(names))
    rules: list[Document] = [{"names": names, "action": _ALLOW}]
    rules.append(_when("socket", facts["families"][0], "SCMP_CMP_LT"))
    rules += (_when("socket", family) for family in facts["families"][1:])
    rules += (_when("personality", value) for value in facts["personalities"])
    if "CAP_SYS_ADMIN" not in capabilities:
        rules.append(_when("clone", _NAMESPACES, "SCMP_CMP_MASKED_EQ"))
        # glibc falls back to clone, whose flags a filter can see, on ENOSYS only.
        rules.append({"names": ["clone3"], "action": _ERRNO, "errnoRet": _ENOSYS})
    return {
        "defaultAction": _ERRNO,
        "defaultErrnoRet": _EPERM,
        "architectures": _ARCHITECTURES.get(machine, []),
        "syscalls": rules,
    }


def _split(lines: Iterable[str]) -> list[str]:
    return " ".join(lines).split()


def _when(name: str, value: int, operator: str = "SCMP_CMP_EQ") -> Document:
    return {"names": [name], "action": _ALLOW, "args": [{"index": 0, "value": value, "op": operator}]}


def profile_from_docker_json(text: str | bytes, capabilities: Collection[str]) -> Document:
    """Resolve a profile in docker's format (`--security-opt seccomp=FILE`) into the OCI document.

    Raises InvalidInput for text that is no such profile.
    """
    import json

    try:
        profile = json.loads(text)
        if not isinstance(profile, dict):
            raise TypeError("it is not an object")
        return _resolve(profile, capabilities)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInput("Decoding seccomp profile failed", details=str(error)) from error


def _resolve(profile: Mapping[str, Any], capabilities: Collection[str]) -> Document:
    machine = os.uname().machine
    if profile.get("architectures") and profile.get("archMap"):
        raise InvalidInput(
            "both 'architectures' and 'archMap' are specified in the seccomp profile, use either one"
        )
    if "defaultAction" not in profile:
        raise InvalidInput("the seccomp profile has no 'defaultAction'")
    architectures = list(profile.get("architectures") or ())
    native = (_ARCHITECTURES.get(machine) or [""])[0]
    for entry in profile.get("archMap") or ():
        if entry["architecture"] == native:
            architectures = [native, *(entry.get("subArchitectures") or ())]
    document: Document = {"defaultAction": profile["defaultAction"], "architectures": architectures}
    for key in ("defaultErrnoRet", "flags"):
        if profile.get(key) is not None:
            document[key] = profile[key]
    if profile.get("listenerPath"):
        raise InvalidInput("a seccomp listener (SCMP_ACT_NOTIFY) is not supported")
    document["syscalls"] = [
        _rule(rule) for rule in profile.get("syscalls") or () if _applies(rule, capabilities, machine)
    ]
    return document


def _rule(rule: Mapping[str, Any]) -> Document:
    if rule.get("name") and rule.get("names"):
        raise InvalidInput(
            "both 'name' and 'names' are specified in a rule of the seccomp profile, use either one"
        )
    resolved: Document = {"names": rule.get("names") or [rule["name"]], "action": rule["action"]}
    if rule.get("errnoRet") is not None:
        resolved["errnoRet"] = rule["errnoRet"]
    if rule.get("args"):
        resolved["args"] = [
            {key: argument[key] for key in ("index", "value", "valueTwo", "op") if key in argument}
            for argument in rule["args"]
        ]
    return resolved


def _applies(rule: Mapping[str, Any], capabilities: Collection[str], machine: str) -> bool:
    machine = _DOCKER_NAMES.get(machine, machine)
    included, excluded = rule.get("includes") or {}, rule.get("excludes") or {}
    return not (
        (excluded.get("arches") and machine in excluded["arches"])
        or any(capability in capabilities for capability in excluded.get("caps") or ())
        or (excluded.get("minKernel") and _kernel() >= _version(excluded["minKernel"]))
        or (included.get("arches") and machine not in included["arches"])
        or any(capability not in capabilities for capability in included.get("caps") or ())
        or (included.get("minKernel") and _kernel() < _version(included["minKernel"]))
    )


def _kernel() -> tuple[int, ...]:
    return _version(os.uname().release)


def _version(text: str) -> tuple[int, ...]:
    """Read the two numbers that docker compares: "4.8", "6.18.44-fc"."""
    major, _, minor = text.partition(".")
    digits = len(minor) - len(minor.lstrip("0123456789"))
    return int(major), int(minor[:digits] or 0)

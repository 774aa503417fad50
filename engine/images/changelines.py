"""`--change`: the lines of a Dockerfile that docker's import and commit accept, applied to a config."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from typing import Any

from engine.errors import InvalidInput
from engine.images import words

_SHELL = ["/bin/sh", "-c"]
_PORT = re.compile(r"(\d+)(?:-(\d+))?(?:/(\w+))?", re.ASCII)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)", re.ASCII)
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}

Execution = dict[str, Any]


def change(execution: Execution, lines: Sequence[str]) -> None:
    """Apply the changes in their order; raises InvalidInput with docker's sentence."""
    for text in lines:
        instructions = _instructions(text)
        if not instructions:
            raise InvalidInput("file with no instructions")
        for name, rest in instructions:
            action = _ACTIONS.get(name.upper())
            if action is None:
                raise InvalidInput(f"{name.lower()} is not a valid change command")
            action(execution, rest)


def _instructions(text: str) -> list[tuple[str, str]]:
    """Join continued lines; drop blank ones and comments; split the first word off."""
    lines: list[str] = []
    pending = ""
    for line in text.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line.rstrip().endswith("\\"):
            pending += line.rstrip()[:-1]
            continue
        lines.append((pending + line).strip())
        pending = ""
    if pending.strip():
        lines.append(pending.strip())
    found = []
    for line in lines:
        name, *rest = line.split(maxsplit=1)
        found.append((name, rest[0] if rest else ""))
    return found


def _cmd(execution: Execution, text: str) -> None:
    execution["Cmd"] = _command(text)


def _entrypoint(execution: Execution, text: str) -> None:
    execution["Entrypoint"] = _command(text)


def _command(text: str) -> list[str] | None:
    listed = words.json_form(text)
    if listed is not None:
        return listed or None
    return [*_SHELL, text] if text else list(_SHELL)


def _env(execution: Execution, text: str) -> None:
    variables = _variables(execution)
    fresh = {name: words.expand(value, variables) for name, value in words.pairs("ENV", text)}
    execution["Env"] = [f"{name}={value}" for name, value in {**variables, **fresh}.items()]


def _label(execution: Execution, text: str) -> None:
    variables = _variables(execution)
    labels = execution.get("Labels") or {}
    for name, value in words.pairs("LABEL", text):
        labels[words.expand(name, variables)] = words.expand(value, variables)
    execution["Labels"] = labels


def _expose(execution: Execution, text: str) -> None:
    ports = execution.get("ExposedPorts") or {}
    variables = _variables(execution)
    for word in _some("EXPOSE", words.split(text)):
        ports.update({port: {} for port in _ports(words.expand(word, variables))})
    execution["ExposedPorts"] = ports


def _ports(text: str) -> list[str]:
    container, _, protocol = text.partition("/")
    match = _PORT.fullmatch(container)
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (-1, -1)
    if not 0 <= low <= high <= 65535:
        raise InvalidInput(f"Invalid containerPort: {container}")
    protocol = protocol.lower() or "tcp"
    if protocol not in ("tcp", "udp", "sctp"):
        raise InvalidInput(f"Invalid proto: {protocol}")
    return [f"{port}/{protocol}" for port in range(low, high + 1)]


def _healthcheck(execution: Execution, text: str) -> None:
    flags, rest = _flags(text)
    kind, _, arguments = rest.partition(" ")
    if not kind:
        raise InvalidInput("HEALTHCHECK requires at least one argument")
    if kind.upper() == "NONE":
        if arguments.strip():
            raise InvalidInput("HEALTHCHECK NONE takes no arguments")
        execution["Healthcheck"] = {"Test": ["NONE"]}
        return
    if kind.upper() != "CMD":
        raise InvalidInput(f'Unknown type "{kind.upper()}" in HEALTHCHECK (try CMD)')
    listed = words.json_form(arguments)
    if not (listed if listed is not None else arguments.strip()):
        raise InvalidInput("Missing command after HEALTHCHECK CMD")
    check: dict[str, Any] = {"Test": ["CMD-SHELL", arguments.strip()] if listed is None else ["CMD", *listed]}
    for flag, field in (("interval", "Interval"), ("timeout", "Timeout"), ("start-period", "StartPeriod")):
        if value := _nanoseconds(flag, flags.get(flag, "")):
            check[field] = value
    if retries := _retries(flags.get("retries", "")):
        check["Retries"] = retries
    execution["Healthcheck"] = check


def _flags(text: str) -> tuple[dict[str, str], str]:
    flags: dict[str, str] = {}
    while text.startswith("--"):
        word, _, text = text.partition(" ")
        text = text.lstrip()
        if word == "--":
            break
        name, _, value = word[2:].partition("=")
        if name not in ("interval", "timeout", "start-period", "retries"):
            raise InvalidInput(f"Unknown flag: {name}")
        if name in flags:
            raise InvalidInput(f"Duplicate flag specified: {name}")
        flags[name] = value
    return flags, text


def _nanoseconds(flag: str, text: str) -> int:
    if text in ("", "0"):
        return 0
    parts = _DURATION.findall(text)
    if "".join(number + unit for number, unit in parts) != text:
        missing = text.replace(".", "", 1).isdigit()
        raise InvalidInput(f'time: {"missing unit in" if missing else "invalid"} duration "{text}"')
    value = round(sum(float(number) * _UNITS[unit] for number, unit in parts))
    if value < 1_000_000:
        raise InvalidInput(f'Interval "{flag}" cannot be less than 1ms')
    return value


def _retries(text: str) -> int:
    if not text:
        return 0
    if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        raise InvalidInput(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if int(text) < 1:
        raise InvalidInput(f"--retries must be at least 1 (not {int(text)})")
    return int(text)


def _onbuild(execution: Execution, text: str) -> None:
    if not text:
        raise InvalidInput("ONBUILD requires at least one argument")
    trigger = text.split(maxsplit=1)[0].upper()
    if trigger == "ONBUILD":
        raise InvalidInput("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if trigger in ("MAINTAINER", "FROM"):
        raise InvalidInput(f"{trigger} isn't allowed as an ONBUILD trigger")
    execution["OnBuild"] = [*(execution.get("OnBuild") or ()), text]


def _user(execution: Execution, text: str) -> None:
    execution["User"] = words.expand(_one("USER", text), _variables(execution))


def _volume(execution: Execution, text: str) -> None:
    variables = _variables(execution)
    listed = words.json_form(text)
    volumes = execution.get("Volumes") or {}
    for word in _some("VOLUME", words.split(text) if listed is None else listed):
        path = words.expand(word, variables).strip()
        if not path:
            raise InvalidInput("VOLUME specified can not be an empty string")
        volumes[path] = {}
    execution["Volumes"] = volumes


def _workdir(execution: Execution, text: str) -> None:
    path = words.expand(_one("WORKDIR", text), _variables(execution))
    path = posixpath.normpath(posixpath.join("/", execution.get("WorkingDir") or "", path))
    execution["WorkingDir"] = "/" + path.lstrip("/")


def _variables(execution: Execution) -> dict[str, str]:
    return {name: value for name, _, value in (item.partition("=") for item in execution.get("Env") or ())}


def _one(instruction: str, text: str) -> str:
    if not text:
        raise InvalidInput(f"{instruction} requires exactly one argument")
    return text


def _some(instruction: str, found: list[str]) -> list[str]:
    if not found:
        raise InvalidInput(f"{instruction} requires at least one argument")
    return found


_ACTIONS: dict[str, Callable[[Execution, str], None]] = {
    "CMD": _cmd,
    "ENTRYPOINT": _entrypoint,
    "ENV": _env,
    "EXPOSE": _expose,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _label,
    "ONBUILD": _onbuild,
    "USER": _user,
    "VOLUME": _volume,
    "WORKDIR": _workdir,
}

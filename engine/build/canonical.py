"""What an image's history says of a step, to the letter what docker's classic builder writes.

The text is canonical: two instructions with the same text, on the same image, reading the same files, do the
same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.dockerfile.instructions import (
    Arg,
    Cmd,
    Entrypoint,
    Env,
    Expose,
    Healthcheck,
    Instruction,
    Label,
    Maintainer,
    Onbuild,
    Shell,
    StopSignal,
    User,
    Volume,
)  # fmt: skip

DEFAULT_SHELL = ("/bin/sh", "-c")
_UNITS = (("h", 3600 * 10**9), ("m", 60 * 10**9))


def created_by(instruction: Instruction, execution: Mapping[str, Any]) -> str:
    """Describe a step that only changes the config; `execution` is the config after it."""
    return f"{shell(execution)} #(nop)  {_said(instruction, execution)}"


def run_by(words: Sequence[str], arguments: Mapping[str, str]) -> str:
    """Describe a RUN by its command line and the ARGs it sees."""
    listed = [f"{name}={value}" for name, value in sorted(arguments.items())]
    return " ".join([*([f"|{len(listed)}", *listed] if listed else []), *words])


def files_by(verb: str, what: str, target: str, execution: Mapping[str, Any]) -> str:
    """Describe a COPY or an ADD by what it read, `file:…`, `dir:…` or `multi:…`."""
    return f"{shell(execution)} #(nop) {verb} {what} in {target} "


def workdir_by(path: str, execution: Mapping[str, Any]) -> str:
    """Describe a WORKDIR."""
    return f"{shell(execution)} #(nop) WORKDIR {path}"


def shell(execution: Mapping[str, Any]) -> str:
    """Return the SHELL of the moment as one text."""
    return " ".join(execution.get("Shell") or DEFAULT_SHELL)


def _said(instruction: Instruction, execution: Mapping[str, Any]) -> str:
    match instruction:
        case Arg(variables=variables):
            words = [name if value is None else f"{name}={value}" for name, value in variables]
            return "ARG " + " ".join(words)
        case Env(pairs=pairs) | Label(pairs=pairs):
            name = type(instruction).__name__.upper()
            return f"{name} " + " ".join(f"{key}={value}" for key, value in pairs)
        case Cmd():
            return f"CMD {_quoted(execution.get('Cmd') or ())}"
        case Entrypoint():
            return f"ENTRYPOINT {_quoted(execution.get('Entrypoint') or ())}"
        case Expose(ports=ports):
            return "EXPOSE " + " ".join(ports)
        case Volume(paths=paths):
            return f"VOLUME [{' '.join(paths)}]"
        case Shell(words=words):
            return f"SHELL [{' '.join(words)}]"
        case Healthcheck():
            return f"HEALTHCHECK {_health(execution.get('Healthcheck') or {})}"
        case User(user=text) | StopSignal(signal=text) | Onbuild(text=text) | Maintainer(author=text):
            return f"{type(instruction).__name__.upper()} {text}"
        case _:
            raise AssertionError(f"{type(instruction).__name__} is no matter of the config alone")


def _quoted(words: Sequence[str]) -> str:
    """Write a list as Go's %q does."""
    return f"[{' '.join(map(_quote, words))}]"


def _quote(word: str) -> str:
    import json

    return json.dumps(word, ensure_ascii=False)


def _health(check: Mapping[str, Any]) -> str:
    times = [_quote(_duration(check.get(name, 0))) for name in ("Interval", "Timeout", "StartPeriod")]
    retries = check.get("Retries", 0)
    rune = repr(chr(retries)) if 32 <= retries < 127 else f"'\\x{retries:02x}'"
    return f"&{{{_quoted(check.get('Test', ()))} {' '.join(times)} {rune}}}"


def _duration(nanoseconds: int) -> str:
    """Write a duration as Go does: 1m30s, 1.5s, 20ms, 0s."""
    if nanoseconds < 10**9:
        for unit, size in (("ms", 10**6), ("µs", 10**3), ("ns", 1)):
            if nanoseconds >= size:
                return f"{_decimal(nanoseconds, size)}{unit}"
        return "0s"
    text = ""
    for unit, size in _UNITS:
        whole, nanoseconds = divmod(nanoseconds, size)
        if whole or text:
            text += f"{whole}{unit}"
    return f"{text}{_decimal(nanoseconds, 10**9)}s"


def _decimal(value: int, size: int) -> str:
    whole, part = divmod(value, size)
    digits = len(str(size)) - 1
    return f"{whole}.{part:0{digits}d}".rstrip("0").rstrip(".") if part else str(whole)

"""What becomes of a container's output: docker's log drivers and their options, where they have a meaning.

`json-file` and `local` are both the engine's own log; they differ in their options and in what they keep by
default. `none` keeps only what those who are attached still have to read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from engine.errors import InvalidInput, Unsupported
from engine.shim.rotation import decimal_size

_ANY = frozenset(("mode", "max-buffer-size"))
_FILES = frozenset(("max-size", "max-file", "compress"))
_OWN = {
    "json-file": _FILES | {"labels", "labels-regex", "env", "env-regex", "tag"},
    "local": _FILES,
    "none": frozenset[str](),
}
_CACHE = frozenset(("cache-disabled", "cache-max-size", "cache-max-file", "cache-compress"))
_MODES = ("", "blocking", "non-blocking")
_TRUE, _FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")
UNLIMITED = "-1"
"""As `max-size`, what docker says its default is: one file, however large."""


class Logging(NamedTuple):
    """The driver, and its options."""

    driver: str = ""
    """Empty: json-file."""
    options: Mapping[str, str] = {}

    def config(self) -> dict[str, object]:
        """Write docker's `LogConfig`."""
        return {"Type": self.driver or "json-file", "Config": dict(sorted(self.options.items()))}


def check(logging: Logging) -> None:
    """Raise InvalidInput, in docker's words, for what docker refuses at the latest when it starts."""
    driver, options = logging.driver or "json-file", logging.options
    if driver == "none" and options:
        raise InvalidInput("invalid logging opts for driver none")
    _mode(options)
    if driver not in _OWN:
        raise InvalidInput(
            f'error looking up logging plugin {driver}: plugin "{driver}" not found',
            details="output goes into a log of this engine, beside the container, and nowhere else",
            resolution="use json-file, local or none",
        )
    for name in options:
        if name not in _OWN[driver] | _ANY | _CACHE:
            where = "for log driver local" if driver == "local" else "for json-file log driver"
            raise InvalidInput(f"unknown log opt '{name}' {where}")
    try:
        (_local if driver == "local" else _json_file)(options)
    except ValueError as error:
        raise InvalidInput(f"failed to initialize logging driver: {error}") from None


def refuse_reading(host: Mapping[str, object]) -> None:
    """Raise Unsupported if nothing of a container's output is kept, by its `HostConfig`."""
    config = host.get("LogConfig")
    if isinstance(config, dict) and config.get("Type") == "none":
        raise Unsupported("configured logging driver does not support reading")


def _mode(options: Mapping[str, str]) -> None:
    mode = options.get("mode", "")
    if mode not in _MODES:
        raise InvalidInput(f"logger: logging mode not supported: {mode}")
    if "max-buffer-size" not in options:
        return
    if mode != "non-blocking":
        raise InvalidInput("logger: max-buffer-size option is only supported with 'mode=non-blocking'")
    try:
        decimal_size(options["max-buffer-size"])
    except ValueError as error:
        raise InvalidInput(f"error parsing option max-buffer-size: {error}") from None


def _json_file(options: Mapping[str, str]) -> None:
    """Raise ValueError where docker's json-file does not start."""
    size = options.get("max-size", UNLIMITED)
    if size != UNLIMITED and decimal_size(size) <= 0:
        raise ValueError("max-size must be a positive number")
    files = _integer(options.get("max-file", "1"))
    if files < 1:
        raise ValueError("max-file cannot be less than 1")
    if _boolean(options.get("compress", "false")) and (files < 2 or size == UNLIMITED):
        raise ValueError("compress cannot be true when max-file is less than 2 or max-size is not set")
    for name in ("labels-regex", "env-regex"):
        try:
            re.compile(options.get(name, ""))
        except re.error as error:
            raise ValueError(f"error parsing regexp: {error.msg}: `{options[name]}`") from None


def _local(options: Mapping[str, str]) -> None:
    """Raise ValueError where docker's local driver does not start."""
    for name, read in (("max-size", decimal_size), ("max-file", _integer)):
        try:
            read(options.get(name, "5"))
        except ValueError as error:
            raise ValueError(f"invalid value for {name}: {options[name]}: {error}") from None
    try:
        compress = _boolean(options.get("compress", "true"))
    except ValueError as error:
        raise ValueError(f"error reading compress log option: {error}") from None
    files = int(options.get("max-file", "5"))
    if files <= 1 and compress:
        raise ValueError("compression cannot be enabled when max file count is 1")
    if files < 1:
        raise ValueError("max-file cannot be less than 1")


def _integer(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        raise ValueError(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)


def _boolean(text: str) -> bool:
    if text not in (*_TRUE, *_FALSE):
        raise ValueError(f'strconv.ParseBool: parsing "{text}": invalid syntax')
    return text in _TRUE

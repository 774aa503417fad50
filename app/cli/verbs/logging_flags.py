"""The flags about what becomes of a container's output."""

from __future__ import annotations

from app.cli.flags import Arguments, Flag, UsageError
from engine.containers.logs.logdriver import Logging

FLAGS = (
    Flag("log-driver", "string", "Logging driver for the container (json-file, local or none)"),
    Flag("log-opt", "list", "Log driver options (without max-size the last 1GB is kept)"),
)


def logging(arguments: Arguments) -> Logging:
    """Add them up; raises UsageError as docker's client does."""
    chosen: dict[str, str] = {}
    for word in arguments.words("log-opt"):
        key, _, value = word.partition("=")
        chosen[key] = value
    driver = arguments.text("log-driver")
    if driver == "none" and chosen:
        raise UsageError("invalid logging opts for driver none")
    if tag := chosen.get("tag"):
        from app.cli.logdetails import check_tag

        check_tag(tag)
    return Logging(driver, chosen)


def without_effect(logging: Logging) -> str:
    """Say which options are kept and shown but change nothing; empty: none."""
    if logging.options.get("compress", "").lower() in ("1", "t", "true"):
        return "--log-opt compress: rotated logs stay as they are, so that any place in them can be read."
    return ""

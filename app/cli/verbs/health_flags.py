"""The flags about a container's health check."""

from __future__ import annotations

from typing import Any

from app.cli.flags import Arguments, Flag, UsageError

_TIMES = {
    "health-interval": "Interval",
    "health-timeout": "Timeout",
    "health-start-period": "StartPeriod",
    "health-start-interval": "StartInterval",
}


def _duration(text: str) -> str:
    from engine.dockerfile.duration import nanoseconds
    from engine.dockerfile.errors import Fault

    try:
        return str(nanoseconds(text))
    except Fault as error:
        raise ValueError(str(error)) from None


FLAGS = (
    Flag("health-cmd", "string", "Command to run to check health"),
    Flag(
        "health-interval",
        "duration",
        "Time between running the check (ms|s|m|h)",
        shown="0s",
        check=_duration,
    ),
    Flag("health-retries", "int", "Consecutive failures needed to report unhealthy"),
    Flag(
        "health-start-interval",
        "duration",
        "Time between running the check during the start period (ms|s|m|h)",
        shown="0s",
        check=_duration,
    ),
    Flag(
        "health-start-period",
        "duration",
        "Start period for the container to initialize before starting health-retries countdown (ms|s|m|h)",
        shown="0s",
        check=_duration,
    ),
    Flag(
        "health-timeout",
        "duration",
        "Maximum time to allow one check to run (ms|s|m|h)",
        shown="0s",
        check=_duration,
    ),
    Flag("no-healthcheck", "bool", "Disable any container-specified HEALTHCHECK"),
)


def healthcheck(arguments: Arguments) -> dict[str, Any] | None:
    """Read docker's `Healthcheck`, what was not said left out; None if nothing was. Raises UsageError."""
    said: dict[str, Any] = {}
    if arguments.text("health-cmd"):
        said["Test"] = ["CMD-SHELL", arguments.text("health-cmd")]
    for flag, key in _TIMES.items():
        time = int(arguments.text(flag) or 0)
        if time < 0:
            raise UsageError(f"--{flag} cannot be negative")
        if time:
            said[key] = time
    retries = arguments.number("health-retries") or 0
    if retries < 0:
        raise UsageError("--health-retries cannot be negative")
    if retries:
        said["Retries"] = retries
    if not arguments.switch("no-healthcheck"):
        return said or None
    if said:
        raise UsageError("--no-healthcheck conflicts with --health-* options")
    return {"Test": ["NONE"]}

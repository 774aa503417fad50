"""The flags about a program that is run: the variables it finds, and the keys that leave its terminal."""

from __future__ import annotations

from app.cli.flags import Arguments, Flag, environment_word

DETACH_KEYS = Flag("detach-keys", "string", "Override the key sequence for detaching a container")
ENVIRONMENT = (
    Flag("env", "list", "Set environment variables", short="e", check=environment_word),
    Flag("env-file", "list", "Read in a file of environment variables"),
)


def environment(arguments: Arguments) -> list[str]:
    """List the variables that are set, those of files first, so that --env has the last word."""
    words: list[str] = []
    for path in arguments.words("env-file"):
        from app.cli.linefile import environment_lines

        words += environment_lines(path)
    return words + arguments.words("env")


def detach_keys(arguments: Arguments, *, terminal: bool) -> bytes:
    """Read the keys that detach; without a terminal there are none."""
    if not (terminal or arguments.given("detach-keys")):
        return b""
    from app.detaching import DEFAULT, sequence

    return sequence(arguments.text("detach-keys") or DEFAULT)

"""`--ulimit`: what the kernel lets one process use; setrlimit(2)."""

from __future__ import annotations

from engine.errors import InvalidInput, Unsupported

_ENDLESS = -1


def parsed(text: str) -> tuple[str, int, int]:
    """Read `type=soft[:hard]`, -1 being no limit, as the runtime specification names it.

    Raises InvalidInput, and Unsupported for a type that this system does not have.
    """
    import resource

    name, equals, values = text.partition("=")
    numbers = values.split(":")
    try:
        soft, hard = int(numbers[0]), int(numbers[-1])
    except ValueError:
        raise InvalidInput(f"invalid ulimit argument: {text}") from None
    if not equals or len(numbers) > 2:
        raise InvalidInput(f"invalid ulimit argument: {text}")
    if hard != _ENDLESS and (soft > hard or soft == _ENDLESS):
        raise InvalidInput(f"ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}")
    kind = f"RLIMIT_{name.upper()}"
    if not hasattr(resource, kind):
        raise Unsupported(f"this system cannot limit {name}")
    return kind, soft, hard

"""JSON byte for byte as Go writes it, where a digest depends on it."""

from __future__ import annotations

import json
from collections.abc import Mapping


def encode(value: object) -> bytes:
    """Write compact JSON with <, >, & and the two odd line separators escaped; keys keep their order."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text.encode()


def encode_map(value: Mapping[str, object]) -> bytes:
    """Write a Go map: its own keys are sorted, what they hold is kept."""
    return encode(dict(sorted(value.items())))

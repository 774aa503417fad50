"""The keys that detach from a terminal, found among what is typed; all else goes to the program."""

from __future__ import annotations

from engine.errors import InvalidInput

DEFAULT = "ctrl-p,ctrl-q"
PATIENCE_SECONDS = 0.3
"""How long the beginning of the sequence is held back, before it is taken for a key of the program's."""

_NAMED = {"@": 0, "[": 27, "\\": 28, "]": 29, "^": 30, "_": 31, "del": 127}


def sequence(text: str) -> bytes:
    """Read docker's `--detach-keys`: characters and ctrl-X, with commas between. Raises InvalidInput."""
    return bytes(_key(word) for word in text.split(","))


def _key(word: str) -> int:
    if len(word) == 1:
        return ord(word.encode("latin-1", "replace"))
    name = word.lower().removeprefix("ctrl-")
    if word.lower().startswith("ctrl-") and len(name) == 1 and "a" <= name <= "z":
        return ord(name) - ord("a") + 1
    if word.lower() == "del" or (word.lower().startswith("ctrl-") and name in _NAMED and name != "del"):
        return _NAMED[name]
    raise InvalidInput(f"Unknown character: '{word}'", resolution="keys are single characters, or ctrl-X")


class Detaching:
    """What of the sequence has been typed so far."""

    def __init__(self, keys: bytes) -> None:
        """Watch for these keys; for none if there are none."""
        self._keys = keys
        self._held = 0

    @property
    def held(self) -> bool:
        """Whether something is held back that nobody knows the meaning of yet."""
        return self._held > 0

    def feed(self, typed: bytes) -> tuple[bytes, bool]:
        """Tell what of all that was typed is for the program, and whether the sequence is complete."""
        if not self._keys:
            return typed, False
        passed = bytearray()
        for key in typed:
            while self._held and key != self._keys[self._held]:
                self._slip(passed)
            if key == self._keys[self._held]:
                self._held += 1
                if self._held == len(self._keys):
                    self._held = 0
                    return bytes(passed), True
            else:
                passed.append(key)
        return bytes(passed), False

    def let_go(self) -> bytes:
        """Give up waiting: what was held back is for the program."""
        held, self._held = self._keys[: self._held], 0
        return held

    def _slip(self, passed: bytearray) -> None:
        """Let the first of the held keys pass, and hold on to what may still begin the sequence."""
        held, self._held = self._keys[: self._held], 0
        passed.append(held[0])
        for key in held[1:]:
            if key == self._keys[self._held]:
                self._held += 1
            else:
                passed += self._keys[: self._held] + bytes((key,))
                self._held = 0

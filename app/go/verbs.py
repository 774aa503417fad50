"""Go's fmt.Sprintf: verbs, flags, widths, and its way of telling that an argument does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.go.values import is_map, kind, printed
from app.units import quoted

_VERB = re.compile(
    r"%([-+# 0]*)((?:\[\d+\])?\*|\d+)?(?:\.((?:\[\d+\])?\*|\d*))?(?:\[(\d+)\])?(.?)", re.DOTALL | re.ASCII
)
_LARGEST = 1_000_000
"""The widest Go takes (fmt's tooLarge)."""
_INTEGERS = "bcdoOqxXU"
_FLOATS = "eEfFgG"


def formatted(form: str, arguments: Sequence[object]) -> str:
    """Format as fmt.Sprintf does."""
    supply = _Supply(arguments)
    return _VERB.sub(supply.one, form) + supply.extra()


class _Supply:
    """The arguments, taken one after the other or by their numbers."""

    def __init__(self, arguments: Sequence[object]) -> None:
        self.arguments = arguments
        self.next = 0
        self.numbered = False

    def one(self, match: re.Match[str]) -> str:
        flags, wide, precise, index, verb = match.groups()
        if not verb:
            return "%!(NOVERB)"
        if verb == "%":
            return "%"
        complaint = ""
        width, precision = self._measure(wide), self._measure(precise)
        if width is not None and not -_LARGEST <= width <= _LARGEST:
            width, complaint = None, "%!(BADWIDTH)"
        if width is not None and width < 0:
            width, flags = -width, flags + "-"
        if precision is not None and not 0 <= precision <= _LARGEST:
            precision, complaint = None, complaint + "%!(BADPREC)"
        if not self._go_to(index):
            return f"{complaint}%!{verb}(BADINDEX)"
        if self.next >= len(self.arguments):
            return f"{complaint}%!{verb}(MISSING)"
        return complaint + _Verb(verb, flags, width or 0, precision).write(self._take())

    def extra(self) -> str:
        """Tell of the arguments that no verb took."""
        left = () if self.numbered else self.arguments[self.next :]
        return f"%!(EXTRA {', '.join(map(_told, left))})" if left else ""

    def _measure(self, text: str | None) -> int | None:
        """Read a width or a precision; what is out of bounds stands for one that is none."""
        if text is None or not text.endswith("*"):
            return None if text is None else int(text or 0)
        if not self._go_to(text[1:-2] or None) or self.next >= len(self.arguments):
            return -_LARGEST - 1
        value = self._take()
        return value if isinstance(value, int) and not isinstance(value, bool) else -_LARGEST - 1

    def _go_to(self, index: str | None) -> bool:
        if index is None:
            return True
        self.numbered = True
        if not 1 <= int(index) <= len(self.arguments):
            return False
        self.next = int(index) - 1
        return True

    def _take(self) -> object:
        self.next += 1
        return self.arguments[self.next - 1]


class _Verb:
    def __init__(self, verb: str, flags: str, width: int, precision: int | None) -> None:
        self.verb = verb
        self.flags = flags
        self.width = width
        self.precision = precision

    def write(self, value: object) -> str:
        if self.verb == "T":
            return self._padded(kind(value))
        if self.verb == "v":
            return self._padded(self._plain(value))
        if isinstance(value, list | tuple):
            return f"[{' '.join(map(self.write, value))}]"
        if isinstance(value, Mapping):
            keys = sorted(value) if is_map(value) else list(value)
            named = is_map(value)
            parts = ((f"{self.write(key)}:" if named else "") + self.write(value[key]) for key in keys)
            return f"map[{' '.join(parts)}]" if named else f"{{{' '.join(parts)}}}"
        text = self._one(value)
        return f"%!{self.verb}({_told(value)})" if text is None else self._padded(text, value)

    def _one(self, value: object) -> str | None:
        if isinstance(value, bool):
            return printed(value) if self.verb == "t" else None
        if isinstance(value, str):
            return self._string(value)
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float) and self.verb in _FLOATS:
            return self._float(value)
        return None

    def _string(self, text: str) -> str | None:
        text = text if self.precision is None else text[: self.precision]
        if self.verb == "s":
            return text
        if self.verb == "q":
            return (
                f"`{text}`" if "#" in self.flags and text.isprintable() and "`" not in text else quoted(text)
            )
        if self.verb in "xX":
            digits = text.encode("utf-8", "surrogateescape").hex(*(" " if " " in self.flags else ()))
            return digits.upper() if self.verb == "X" else digits
        return None

    def _integer(self, value: int) -> str | None:
        if self.verb not in _INTEGERS:
            return None
        if self.verb in "cqU":
            character = chr(value) if 0 <= value < 0x110000 else "�"
            return {"c": character, "q": f"'{character}'", "U": f"U+{value:04X}"}[self.verb]
        sign = "+" if "+" in self.flags else " " if " " in self.flags else "-"
        alternate = "#" if "#" in self.flags or self.verb == "O" else ""
        text = f"{value:{sign}{alternate}{self.verb.replace('O', 'o')}}"
        text = text.replace("0o", "0") if self.verb == "o" else text
        if self.precision is None:
            return text
        if not self.precision and not value:
            return ""
        head = len(text) - len(text.lstrip("+- "))
        return text[:head] + text[head:].rjust(self.precision, "0")

    def _float(self, value: float) -> str:
        sign = "+" if "+" in self.flags else " " if " " in self.flags else "-"
        if self.precision is None and self.verb in "gG":
            text = printed(value)
            return ("+" if "+" in self.flags and value >= 0 else "") + text
        return f"{value:{sign}.{6 if self.precision is None else self.precision}{self.verb}}"

    def _plain(self, value: object) -> str:
        if isinstance(value, str):
            return quoted(value) if "#" in self.flags else self._string_plain(value)
        if isinstance(value, int) and not isinstance(value, bool) and "+" in self.flags:
            return f"{value:+d}"
        return printed(value, plus="+" in self.flags)

    def _string_plain(self, text: str) -> str:
        return text if self.precision is None else text[: self.precision]

    def _padded(self, text: str, value: object = "") -> str:
        lacking = self.width - len(text)
        if lacking <= 0:
            return text
        if "-" in self.flags:
            return text + " " * lacking
        if "0" in self.flags and isinstance(value, int | float):
            sign = text[:1] if text[:1] in "+- " else ""
            return sign + "0" * lacking + text[len(sign) :]
        return " " * lacking + text


def _told(value: object) -> str:
    return "<nil>" if value is None else f"{kind(value)}={printed(value)}"

"""Go's fmt.Sprintf: verbs, flags, widths, and its way of telling that an argument does not fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.cli.go.values import is_map, kind, printed
from app.units import quoted

_VERB = re.compile(r"%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d*))?(.?)", re.DOTALL)
_INTEGERS = "bcdoOqxXU"
_FLOATS = "eEfFgG"


def formatted(form: str, arguments: Sequence[object]) -> str:
    """Format as fmt.Sprintf does."""
    rest = list(arguments)

    def one(match: re.Match[str]) -> str:
        flags, width, precision, verb = match.groups()
        if not verb:
            return "%!(NOVERB)"
        if verb == "%":
            return "%"
        measures = [str(rest.pop(0)) if text == "*" and rest else text for text in (width, precision)]
        if not rest:
            return f"%!{verb}(MISSING)"
        return _Verb(verb, flags, *measures).write(rest.pop(0))

    text = _VERB.sub(one, form)
    if rest:
        text += f"%!(EXTRA {', '.join(f'{kind(value)}={printed(value)}' for value in rest)})"
    return text


class _Verb:
    def __init__(self, verb: str, flags: str, width: str | None, precision: str | None) -> None:
        self.verb = verb
        self.flags = flags
        self.width = int(width or 0)
        self.precision = None if precision is None else int(precision or 0)

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
            return quoted(text)
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
        return text.replace("0o", "0") if self.verb == "o" else text

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

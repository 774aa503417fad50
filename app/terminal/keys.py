"""What a terminal sends for a key, as xterm does (ctlseqs, "PC-Style Function Keys")."""

from __future__ import annotations

import unicodedata

_SHIFT, _ALT, _CONTROL = 1, 2, 4
_MODIFIERS = {"shift": _SHIFT, "alt": _ALT, "ctrl": _CONTROL, "meta": _ALT}
_LETTERS = {
    "up": "A", "down": "B", "right": "C", "left": "D", "end": "F", "home": "H",
    "f1": "P", "f2": "Q", "f3": "R", "f4": "S",
}  # fmt: skip
_NUMBERS = {
    "insert": 2, "delete": 3, "pageup": 5, "pagedown": 6,
    "f5": 15, "f6": 17, "f7": 18, "f8": 19, "f9": 20, "f10": 21, "f11": 23, "f12": 24,
    "f13": 25, "f14": 26, "f15": 28, "f16": 29, "f17": 31, "f18": 32, "f19": 33, "f20": 34,
}  # fmt: skip
_PLAIN = {"enter": "\r", "tab": "\t", "escape": "\x1b", "backspace": "\x7f", "space": " "}
_CONTROLS = {
    "@": 0, "at": 0, "space": 0, "2": 0, "backslash": 28, "4": 28, "left_square_bracket": 27, "3": 27,
    "right_square_bracket": 29, "5": 29, "circumflex_accent": 30, "6": 30, "underscore": 31, "slash": 31,
    "7": 31, "minus": 31, "8": 127, "question_mark": 127, "backspace": 8, "j": 10, "enter": 13, "tab": 9,
}  # fmt: skip
"""What Ctrl makes of a key that is no letter (VT220; xterm)."""
_NAMES = {
    "slash": "/", "backslash": "\\", "at": "@", "minus": "-", "plus": "+", "underscore": "_",
}  # fmt: skip


def encode(key: str, character: str | None = None, *, application: bool = False) -> bytes:
    """Write a key, named as Textual does (`ctrl+shift+up`); `application`: cursor keys send `ESC O`.

    What no terminal could send is empty.
    """
    *words, name = key.split("+") if key != "+" else ["+"]
    modifiers = sum({_MODIFIERS.get(word, 0) for word in words})
    if name in _LETTERS or name in _NUMBERS:
        return _function(name, modifiers, application).encode()
    if character and not modifiers & (_ALT | _CONTROL) and character.isprintable():
        return character.encode()
    text = _text(name, modifiers, character)
    if text and modifiers & _ALT:
        text = "\x1b" + text
    return text.encode("utf-8", "replace")


def _function(name: str, modifiers: int, application: bool) -> str:
    number = _NUMBERS.get(name)
    if number:
        return f"\x1b[{number};{modifiers + 1}~" if modifiers else f"\x1b[{number}~"
    letter = _LETTERS[name]
    if modifiers:
        return f"\x1b[1;{modifiers + 1}{letter}"
    return f"\x1bO{letter}" if application or letter in "PQRS" else f"\x1b[{letter}"


def _text(name: str, modifiers: int, character: str | None) -> str:
    if name == "tab" and modifiers & _SHIFT:
        return "\x1b[Z"
    if modifiers & _CONTROL:
        if len(name) == 1 and name.isascii() and name.isalpha():
            return chr(ord(name.upper()) - 64)
        if name in _CONTROLS:
            return chr(_CONTROLS[name])
        return character if character and ord(character[0]) < 32 else ""
    if name in _PLAIN:
        return _PLAIN[name]
    if len(name) == 1:
        return name.upper() if modifiers & _SHIFT else name
    return _named(name) or (character or "")


def _named(name: str) -> str:
    """Return the character that Textual names in words."""
    if name in _NAMES:
        return _NAMES[name]
    for words in (name.replace("_", " "), name.replace("_", "-", 1).replace("_", " ")):
        try:
            return unicodedata.lookup(words.upper())
        except KeyError:
            continue
    return ""

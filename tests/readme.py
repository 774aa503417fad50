"""The parts of README.md that are made from the program: `python -m tests.readme` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

from app.configuration import reference
from app.workbench.keymap import id_of
from app.workbench.keys import PAGES
from app.workbench.vocabulary import vocabulary

README = Path(__file__).resolve().parents[1] / "README.md"


def keys() -> str:
    """Write the table of keys; what has no name cannot be remapped."""
    lines = []
    for title, table in PAGES:
        lines += [f"**{title}**", "", "| key | does | name |", "|---|---|---|"]
        for key in table:
            shown = " ".join(f"`{word}`" if "`" not in word else word for word in key.shown.split())
            shown = shown.replace("|", "\\|")
            lines.append(f"| {shown} | {key.about} | {f'`{id_of(key)}`' if key.id else ''} |")
        lines.append("")
    return "\n".join(lines)


PARTS = {"keys": keys, "configuration": lambda: reference.markdown(vocabulary())}


def made(text: str) -> str:
    """Return the README with its made parts as they should be."""
    for name, make in PARTS.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        text, count = re.subn(pattern, lambda found, make=make: f"{found[1]}\n{make()}\n{found[2]}",  # type: ignore[misc]
                              text, flags=re.DOTALL)  # fmt: skip
        assert count == 1, f"README.md has no part {name}"
    return text


if __name__ == "__main__":
    README.write_text(made(README.read_text()))

"""Giving roles their colours: a widget that draws spans line by line."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from app.workbench.spans import Spans

ROLES = ("dim", "strong", "good", "warn", "bad", "accent", "key", "rule", "chosen", "found", "chip",
         *(f"hue{number}" for number in range(6)))  # fmt: skip


class Painted(Widget):
    """A widget whose lines are spans; the roles are component classes, `paint--dim` and so on."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"paint--{role}" for role in ROLES}

    def notify_style_update(self) -> None:
        """Forget the colours of the theme before."""
        super().notify_style_update()
        for cache in ("_roles", "_bases"):
            self.__dict__.pop(cache, None)

    def style_of(self, role: str) -> Style:
        """Return a role's style; several roles in one name add up."""
        known: dict[str, Style] = self.__dict__.setdefault("_roles", {})
        if role not in known:
            style = Style()
            for one in role.split():
                if one != "plain":
                    style += self.get_component_rich_style(f"paint--{one}", partial=True)
            known[role] = style
        return known[role]

    def base_of(self, role: str = "plain") -> Style:
        """Return the widget's own style with a role over it; it costs more to compute than to draw."""
        known: dict[str, Style] = self.__dict__.setdefault("_bases", {})
        if role not in known:
            known[role] = self.rich_style + self.style_of(role)
        return known[role]

    def strip(self, spans: Spans, width: int, *, role: str = "plain", start: int = 0) -> Strip:
        """Make one line of `width` cells, from cell `start` of the spans on; `role` lies under all of it."""
        base = self.base_of(role)
        strip = Strip([Segment(span.text, base + self.style_of(span.role)) for span in spans])
        return strip.crop_extend(start, start + width, base)

"""The dialog that makes a volume."""

from __future__ import annotations

import shlex

from app.workbench.screens.dialog import Dialog


class VolumeDialog(Dialog):
    """Asks for the name, the driver and the options of a new volume."""

    heading = "Make a volume"
    fields = (
        ("name", "Name", "made up for you"),
        ("driver", "Driver", "local"),
        ("options", "Options", "type=tmpfs device=tmpfs o=size=64m"),
        ("labels", "Labels", "key=value …"),
    )
    advice = "It outlives every container: `-v NAME:/path` mounts it into one, or into several at once."

    def words(self) -> list[str]:
        """Make a `volume create`."""
        words = ["volume", "create"]
        if driver := self.value("driver"):
            words += ["-d", driver]
        for id, flag in (("options", "-o"), ("labels", "--label")):
            try:
                pairs = shlex.split(self.value(id))
            except ValueError:
                raise ValueError("A quotation mark is not closed.") from None
            if wrong := next((pair for pair in pairs if "=" not in pair), ""):
                raise ValueError(f"{wrong} is no key=value.")
            words += [word for pair in pairs for word in (flag, pair)]
        name = self.value("name")
        return [*words, name] if name else words

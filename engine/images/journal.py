"""Telling the journal of events what happened to an image."""

from __future__ import annotations

from collections.abc import Mapping

from engine.events import EventLog, event


def tell(events: EventLog, action: str, id: str, name: str, labels: Mapping[str, str]) -> None:
    """Journal an action under the name that docker gives it: a tag's new name, the id for all else."""
    happened = event("image", action, id)
    events.append(happened._replace(attributes={**labels, "name": name}))

"""A build in a few words, made of its request and of its events one after the other."""

from __future__ import annotations

import os
from typing import Any, NamedTuple


class BuildRecord(NamedTuple):
    """One build, in a few words."""

    id: str
    title: str
    """Its first tag, else the folder or address it was built from."""
    state: str
    """running, done, failed, cancelled or died."""
    started: float
    """Seconds since the epoch."""
    ended: float = 0
    """0 while it runs."""
    image: str = ""
    step: int = 0
    """The step begun last, counted from 1."""
    finished: int = 0
    """How many steps are over."""
    total: int = 0
    """0 until there is a plan."""
    tags: tuple[str, ...] = ()
    context: str = ""
    """Where it was built from: a whole path, an address, or `-`."""
    dockerfile: str = ""
    """Its path as the user gave it."""
    message: str = ""
    """Why it failed."""
    line: int = 0
    """Of the Dockerfile, to blame; 0 if none is."""
    pid: int = 0
    """The builder's."""


def first(id: str, document: dict[str, Any]) -> BuildRecord:
    """Describe a build of which nothing is known but its request, as the journal keeps it."""
    tags = tuple(document.get("tags") or ())
    context = document.get("context") or ""
    if context and context != "-" and "://" not in context and not context.startswith("git@"):
        context = os.path.normpath(os.path.join(document.get("folder") or "", context))
    where = context if "://" in context else os.path.basename(context)
    title = tags[0] if tags else where or document.get("dockerfile") or id[:12]
    started = document.get("time") or 0.0
    dockerfile = document.get("dockerfile") or ""
    said = BuildRecord(id, title, "running", started, tags=tags, context=context, dockerfile=dockerfile)
    return said._replace(pid=document.get("pid") or 0)


def told(record: BuildRecord, event: dict[str, Any]) -> BuildRecord:
    """Return the record after one more event, given as `encode` writes it."""
    match event.get("event"):
        case "Planned":
            return record._replace(
                total=len(event["steps"]), dockerfile=event["dockerfile"], started=event["time"]
            )
        case "StepStarted":
            return record._replace(step=event["step"])
        case "StepFinished":
            return record._replace(finished=record.finished + 1)
        case "StepFailed":
            return record._replace(step=event["step"])
        case "Finished":
            return record._replace(state="done", image=event["image"], ended=event["time"])
        case "Failed":
            state = "cancelled" if event.get("cancelled") else "failed"
            return record._replace(
                state=state, message=event["message"], line=event["line"], ended=event["time"]
            )
    return record

"""Making an image out of the tar of a root file system."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

from engine.errors import InvalidInput, from_os
from engine.events import EventLog
from engine.images.changes import change
from engine.images.execution import complete
from engine.images.intake import Draft, Intake, Layer
from engine.images.journal import tell
from engine.images.records import Progress, Report
from engine.moments import rfc3339
from engine.oci import media
from engine.oci.platform import Platform
from engine.oci.reference import Reference
from engine.store.store import Store

_COMMENT = "Imported from -"
_HOST_COMMENT = "Grown from this machine"


class Source(NamedTuple):
    """A root file system on its way in."""

    stream: BinaryIO
    message: str = ""
    platform: str | None = None


def import_(
    store: Store, events: EventLog, source: Source, name: str | None, changes: Sequence[str], report: Report
) -> str:
    """Import a stream; what the caller typed is checked before a byte is read."""
    reference = _target(name)
    platform = Platform.parse(source.platform) if source.platform else Platform.host()
    execution: dict[str, Any] = {}
    change(execution, changes)
    with store.ingest() as ingest:
        intake = Intake(store, ingest, report)
        layer = intake.layer(source.stream, phase="Importing")
        config = _config(layer, execution, platform, source.message or _COMMENT)
        return _commit(
            events, intake, Draft(config, [layer], config_type=media.DOCKER_CONFIG), execution, reference
        )


def import_host(
    store: Store, events: EventLog, programs: Sequence[str], name: str | None, report: Report
) -> str:
    """Import what `host.grow` finds on this machine."""
    from engine.images.host import grow

    reference = _target(name)
    with store.ingest() as ingest:
        try:
            with open(f"{ingest.path}/host.tar", "x+b") as tar:
                grown = grow(tar, programs, lambda count: report(Progress("Collecting", count, 0)))
                size = tar.tell()
                tar.seek(0)
                intake = Intake(store, ingest, report)
                layer = intake.layer(tar, phase="Importing", total=size)
        except OSError as error:
            raise from_os(error, "cannot collect this machine's programs") from error
        execution: dict[str, Any] = {"Cmd": [grown.shell], "Env": list(grown.environment)}
        config = _config(layer, execution, Platform.host(), _HOST_COMMENT)
        return _commit(
            events, intake, Draft(config, [layer], config_type=media.DOCKER_CONFIG), execution, reference
        )


def _target(name: str | None) -> Reference | None:
    if name is None:
        return None
    if (reference := Reference.parse(name)).digest is not None:
        raise InvalidInput("cannot import digest reference")
    return reference.tagged


def _commit(
    events: EventLog, intake: Intake, draft: Draft, execution: dict[str, Any], reference: Reference | None
) -> str:
    listed = intake.commit(draft, [reference] if reference else [])
    labels = execution.get("Labels") or {}
    if reference:
        tell(events, "tag", listed.id, reference.familiar, labels)
    tell(events, "import", listed.id, listed.id, labels)
    return listed.id


def _config(layer: Layer, execution: dict[str, Any], platform: Platform, comment: str) -> bytes:
    """Write the config with the members, and in the order, that docker's import gives it."""
    created = rfc3339(time.time_ns())
    document: dict[str, Any] = {
        "architecture": platform.architecture,
        "comment": comment,
        "config": complete(execution),
        "container_config": complete(None),
        "created": created,
        "history": [{"created": created, "comment": comment}],
        "os": platform.os,
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id]},
    }
    if platform.variant:
        document["variant"] = platform.variant
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()

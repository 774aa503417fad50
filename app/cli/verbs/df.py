"""`system df`: the disk space in use, by kind of object, and with -v by object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from app.cli import cache_rows, container_rows, image_rows
from app.cli.command import Command
from app.cli.console import say
from app.cli.flags import Arguments, Flag
from app.cli.listing import show, table
from app.cli.rows import Row
from app.cli.volume_rows import volume_row
from app.units import human_size

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.images.records import Image
    from engine.store.usage import DiskUsage

HEADINGS = {
    "Type": "TYPE",
    "TotalCount": "TOTAL",
    "Active": "ACTIVE",
    "Size": "SIZE",
    "Reclaimable": "RECLAIMABLE",
}
RAW = {
    "type": "Type",
    "total": "TotalCount",
    "active": "Active",
    "size": "Size",
    "reclaimable": "Reclaimable",
}
IMAGE_COLUMNS = (
    "Repository",
    "Tag",
    "ID",
    "CreatedSince",
    "VirtualSize",
    "SharedSize",
    "UniqueSize",
    "Containers",
)
CONTAINER_COLUMNS = ("ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names")
VOLUME_HEADINGS = {"Name": "VOLUME NAME", "Links": "LINKS", "Size": "SIZE"}


def _run(engine: Engine, arguments: Arguments) -> int:
    form = arguments.text("format")
    if not arguments.switch("verbose"):
        show(usage_rows(engine.disk_usage()), HEADINGS, tuple(HEADINGS), form, raw=RAW)
        return 0
    images, containers, volumes = _images(engine), _containers(engine), _volumes(engine)
    if form not in ("", "table"):
        from app.go.template import Template

        everything = {
            "Images": list(images),
            "Containers": list(containers),
            "Volumes": list(volumes),
            "BuildCache": list(map(cache_rows.cache_row, engine.builds.cache())),
        }
        say(Template.parse("{{json .}}" if form == "json" else form).render(everything))
        return 0
    _section("Images space usage:", table(images, image_rows.HEADINGS, IMAGE_COLUMNS))
    _section("Containers space usage:", table(containers, container_rows.HEADINGS, CONTAINER_COLUMNS))
    _section("Local Volumes space usage:", table(volumes, VOLUME_HEADINGS, tuple(VOLUME_HEADINGS)))
    kept = engine.builds.cache()
    _section(
        f"Build cache usage: {human_size(sum(entry.size for entry in kept))}",
        table(map(cache_rows.cache_row, kept), cache_rows.HEADINGS, cache_rows.COLUMNS),
        last=True,
    )
    return 0


def usage_rows(usage: DiskUsage) -> Iterator[Row]:
    """Make a row for each kind of object."""
    kinds = (
        ("Images", usage.images),
        ("Containers", usage.containers),
        ("Local Volumes", usage.volumes),
        ("Build Cache", usage.builds),
    )
    for name, used in kinds:
        yield _usage_row(name, used.total, used.active, used.size, used.reclaimable)


def _usage_row(name: str, total: int, active: int, size: int, reclaimable: int) -> Row:
    share = f" ({reclaimable * 100 // size}%)" if size else ""
    return Row(
        {
            "Active": str(active),
            "Reclaimable": human_size(reclaimable) + share,
            "Size": human_size(size),
            "TotalCount": str(total),
            "Type": name,
        }
    )


def _section(title: str, lines: str, *, last: bool = False) -> None:
    say(f"{title}\n\n{lines}" + ("" if last else "\n"))


def _images(engine: Engine) -> Iterator[Row]:
    images = engine.images.list()
    holders = Counter(layer.chain_id for image in images for layer in image.chain)
    users = Counter(container.image_id for container in engine.containers.list(all=True))
    for image in images:
        shared = _shared(image, holders)
        for row in image_rows.image_rows(image):
            sizes = {"SharedSize": human_size(shared), "UniqueSize": human_size(image.size - shared)}
            yield Row({**row, **sizes, "Containers": str(users[image.id])})


def _shared(image: Image, holders: Counter[str]) -> int:
    return sum(layer.size for layer in image.chain if holders[layer.chain_id] > 1)


def _containers(engine: Engine) -> Iterator[Row]:
    for container in engine.containers.list(all=True):
        row = container_rows.container_row(container, lambda name: (engine.containers.sizes(name)[0], 0))
        yield Row({**row, "Image": container.image_id.removeprefix("sha256:")[:12]})


def _volumes(engine: Engine) -> Iterable[Row]:
    for volume in engine.volumes.list():
        users = engine.volumes.users(volume.name)
        yield volume_row(volume, links=len(users), size=engine.volumes.size(volume.name))


DISK_USAGE = Command(
    "[OPTIONS]",
    "Show the disk space in use",
    _run,
    (
        Flag("format", "string", "Pretty-print images using a Go template"),
        Flag("verbose", "bool", "Show detailed information on space usage", short="v"),
    ),
)

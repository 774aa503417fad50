"""`images`, `tag`, `rmi`: the images and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import complain, say
from app.cli.flags import Arguments, Flag, filter_word
from engine.errors import EngineError, NotFound

if TYPE_CHECKING:
    from engine.engine import Engine

COLUMNS = ("Repository", "Tag", "ID", "CreatedSince", "Size")
COLUMNS_WITH_DIGESTS = ("Repository", "Tag", "Digest", "ID", "CreatedSince", "Size")
RAW = {
    "repository": "Repository",
    "tag": "Tag",
    "digest": "Digest",
    "image_id": "ID",
    "created_at": "CreatedAt",
    "virtual_size": "Size",
}


def _list(engine: Engine, arguments: Arguments) -> int:
    from app.cli.image_rows import HEADINGS, image_rows
    from app.cli.listing import show

    filters = arguments.filters()
    for pattern in arguments.positional:
        filters.setdefault("reference", []).append(pattern)
    template, quiet = arguments.text("format"), arguments.switch("quiet")
    digests = arguments.switch("digests")
    if digests and template.startswith("table ") and "{{.Digest}}" not in template:
        template += "\t{{.Digest}}"
    images = engine.images.list(filters, all=arguments.switch("all"))
    wanted = digests or ".Digest" in template
    whole = arguments.switch("no-trunc")
    rows = (row for image in images for row in image_rows(image, digests=wanted, whole=whole))
    raw = RAW if digests else {key: field for key, field in RAW.items() if key != "digest"}
    show(
        rows,
        HEADINGS,
        COLUMNS_WITH_DIGESTS if digests else COLUMNS,
        template,
        quiet="ID" if quiet else "",
        raw=raw,
    )
    return 0


def _tag(engine: Engine, arguments: Arguments) -> int:
    source, target = arguments.positional
    engine.images.tag(source, target)
    return 0


def _remove(engine: Engine, arguments: Arguments) -> int:
    force, prune = arguments.switch("force"), not arguments.switch("no-prune")
    code = 0
    for name in arguments.positional:
        try:
            for removed in engine.images.remove(name, force=force, prune=prune):
                say(f"{removed.kind}: {removed.name}")
        except EngineError as error:
            complain(error)
            # With -f, an image that is not there is as good as removed.
            code = code if force and isinstance(error, NotFound) else 1
    return code


LIST = Command(
    "[OPTIONS] [REPOSITORY[:TAG]]",
    "List images",
    _list,
    (
        Flag("all", "bool", "Show all images (default hides intermediate images)", short="a"),
        Flag("digests", "bool", "Show digests"),
        Flag("filter", "filter", "Filter output based on conditions provided", short="f", check=filter_word),
        Flag("format", "string", "Pretty-print images using a Go template"),
        Flag("no-trunc", "bool", "Don't truncate output"),
        Flag("quiet", "bool", "Only show image IDs", short="q"),
    ),
    0,
    1,
)
TAG = Command(
    "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
    "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
    _tag,
    (),
    2,
    2,
)
REMOVE = Command(
    "[OPTIONS] IMAGE [IMAGE...]",
    "Remove one or more images",
    _remove,
    (
        Flag("force", "bool", "Force removal of the image", short="f"),
        Flag("no-prune", "bool", "Do not delete untagged parents"),
    ),
    1,
    None,
)

"""`pull`: bring images from a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import say
from app.cli.flags import Arguments, Flag
from app.cli.transfers import Transfers
from engine.oci.reference import Reference

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    name, quiet, all = arguments.positional[0], arguments.switch("quiet"), arguments.switch("all-tags")
    platform = arguments.text("platform")
    reference = Reference.parse(name)
    if reference.is_name_only and not all and not quiet:
        say("Using default tag: latest")
    with Transfers(quiet=quiet) as transfers:
        if all:
            engine.images.pull_all(name, platform, transfers)
        else:
            engine.images.pull(name, platform, transfers)
    say(reference.name if all else reference.tagged.canonical)
    return 0


PULL = Command(
    "[OPTIONS] NAME[:TAG|@DIGEST]",
    "Download an image from a registry",
    _run,
    (
        Flag("all-tags", "bool", "Download all tagged images in the repository", short="a"),
        Flag("disable-content-trust", "bool", "", hidden=True),
        Flag("platform", "string", "Set platform if server is multi-platform capable"),
        Flag("quiet", "bool", "Suppress verbose output", short="q"),
    ),
    1,
    1,
)

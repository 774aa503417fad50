"""`commit`: an image out of what a container changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.command import Command
from app.cli.console import say
from app.cli.flags import Arguments, Flag

if TYPE_CHECKING:
    from engine.engine import Engine


def _run(engine: Engine, arguments: Arguments) -> int:
    container, *reference = arguments.positional
    id = engine.commit(
        container,
        "".join(reference),
        changes=arguments.words("change"),
        message=arguments.text("message"),
        author=arguments.text("author"),
        pause=arguments.switch("pause", True),
    )
    say(id)
    return 0


COMMIT = Command(
    "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
    "Create a new image from a container's changes",
    _run,
    (
        Flag("author", "string", 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")', short="a"),
        Flag("change", "list", "Apply Dockerfile instruction to the created image", short="c"),
        Flag("message", "string", "Commit message", short="m"),
        Flag("pause", "bool", "Pause container during commit", short="p", shown="true"),
    ),
    1,
    2,
)

"""`build --check`: a request's Dockerfile, checked in the world it would be built in, and nothing built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.build.context.context import Context, open_context
from engine.build.request import Request
from engine.build.variables import Arguments, platform_arguments
from engine.dockerfile.check import Surroundings, Verdict, check
from engine.dockerfile.patterns import Patterns
from engine.errors import EngineError
from engine.oci.platform import Platform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.build.work import FindImage
    from engine.paths import Paths


class Checked(NamedTuple):
    """What came of it."""

    dockerfile: str
    """Its path as the user gave it."""
    text: bytes
    verdict: Verdict


def checked(request: Request, paths: Paths, find_image: FindImage) -> Checked:
    """Check what would be built.

    Raises DockerfileError if it cannot be understood at all, and what opening a context raises.
    """
    with open_context(request, paths) as context:
        verdict = judged(context, request, find_image)
        return Checked(context.dockerfile_name, context.dockerfile, verdict)


def judged(context: Context, request: Request, find_image: FindImage) -> Verdict:
    """Check the Dockerfile of a context that is open; raises DockerfileError."""
    target = Platform.parse(request.platform) if request.platform else Platform.host()
    predefined = platform_arguments(target, request.target)
    given = Arguments(request.arguments, request.environment, predefined).given

    def environment(image: str) -> Mapping[str, str] | None:
        try:
            config = find_image(image).config.get("config") or {}
        except EngineError:
            return None
        return dict(word.partition("=")[::2] for word in config.get("Env") or ())

    ignore = Patterns(context.inputs.rules.split("\n"))
    return check(context.dockerfile, Surroundings(ignore, given, predefined, environment))

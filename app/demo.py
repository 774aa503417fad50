"""`stackyard demo`: one command from nothing to a running container on screen, without a network.

A base image is made from this machine's own programs, and on it a small service runs that logs a line a
second and keeps a counter in a file: something to look at in every pane.
"""

from __future__ import annotations

import sys

from engine.containers.options import Options
from engine.engine import Engine
from engine.errors import NotFound

IMAGE = "yard/base:latest"
NAME = "demo"
_SERVICE = """\
count=$(cat /var/lib/count 2>/dev/null || echo 0)
mkdir -p /var/lib
trap 'echo "the crane goes to sleep at $count"; exit 0' TERM
echo "the crane wakes up at $count"
while :; do
  count=$((count + 1))
  echo $count > /var/lib/count
  echo "$(date +%H:%M:%S) crate $count is on the stack"
  [ $((count % 10)) -eq 0 ] && echo "ten more crates: $count in all" >&2
  sleep 1 & wait $!
done
"""


def demo(engine: Engine, ui: bool) -> int:
    """Make what is missing of the base image and the sample, start it, and show it."""
    _base(engine)
    _sample(engine)
    if not ui:
        _tell("", "look at it:  stackyard ps · stackyard logs -f demo · stackyard")
        return 0
    from app.cli.program import completer
    from app.workbench.app import run

    return run(engine, ask=completer(None, engine))


def _base(engine: Engine) -> None:
    try:
        image = engine.images.get(IMAGE)
        _tell("image", f"{IMAGE} is here ({image.id[7:19]})")
    except NotFound:
        id = engine.images.import_host(reference=IMAGE)
        _tell("image", f"made {IMAGE} from this machine's own programs ({id[7:19]})")


def _sample(engine: Engine) -> None:
    try:
        container = engine.containers.get(NAME)
    except NotFound:
        options = Options(command=("sh", "-c", _SERVICE), name=NAME, labels={"org.stackyard.demo": "1"})
        container = engine.containers.get(engine.containers.create(IMAGE, options))
        what = "a line a second, and a counter in /var/lib/count"
        _tell("container", f"created {NAME} ({container.id[:12]}): {what}")
    if container.state.running:
        _tell("container", f"{NAME} is running")
    else:
        engine.containers.start(NAME)
        _tell("container", f"started {NAME}")


def _tell(what: str, words: str) -> None:
    sys.stdout.write(f"{what:>9}  {words}\n")

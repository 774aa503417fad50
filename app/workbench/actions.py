"""What can be done to the selected object: when it is legal, why not, and the command that it equals."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from app.workbench.figures import count, short_id, size
from app.workbench.keys import (
    BUILD,
    CONTAINER,
    GLOBAL,
    IMAGE,
    LIST,
    OBJECT,
    TERMINALS,
    VOLUMES,
    Key,
    named,
)
from app.workbench.watching import alive
from app.workbench.yard import Build, Container, Image, Kind, Lists

DOING = {
    "start": "starting", "stop": "stopping", "restart": "restarting", "kill": "killing",
    "pause": "asking its freezer", "remove": "removing",
    "rename": "renaming", "tag": "tagging", "prune": "pruning",
}  # fmt: skip
NOUNS = {"image": "an image", "container": "a container", "volume": "a volume", "build": "a build"}
_OWN = {
    "image": {"run", "tag"},
    "container": {
        "logs", "start", "stop", "restart", "pause", "kill", "rename", "attach", "execute",
    },
    "build": {"again", "image", "output", "shell", "stop", "watch"},
}
_UNSAID = {
    "logs": "has a log", "image": "has an image that came out", "output": "has an output",
    "attach": "has a terminal to attach to", "execute": "can run one more program",
    "shell": "has steps to open a shell on", "watch": "has files to watch", "again": "can be built again",
}  # fmt: skip
"""What to say of an action that is no verb."""
_SHARED = {"remove", "copy"}


class Selection(NamedTuple):
    """The object that the right side shows and that keys act on."""

    kind: Kind
    key: str = ""
    """Of its row; empty when the list is empty."""
    target: str = ""
    """The name or id by which the engine knows it."""
    name: str = ""

    @property
    def id(self) -> str:
        """The object's own id (a volume's is its name)."""
        return self.key.split(" ")[0] if self.kind == "image" else self.key


def container_of(selection: Selection, lists: Lists) -> Container | None:
    """Find the selected container."""
    return next(
        (one for one in lists.containers if selection.kind == "container" and one.id == selection.key), None
    )


def image_of(selection: Selection, lists: Lists) -> Image | None:
    """Find the selected image."""
    return next((one for one in lists.images if selection.kind == "image" and one.id == selection.id), None)


def build_of(selection: Selection, lists: Lists) -> Build | None:
    """Find the selected build."""
    return next((one for one in lists.builds if selection.kind == "build" and one.id == selection.key), None)


def users_of(selection: Selection, lists: Lists) -> list[str]:
    """Name the containers that need the selected image or volume."""
    if selection.kind == "image":
        return [one.name for one in lists.containers if one.image_id == selection.id]
    return [
        one.name for one in lists.containers if selection.kind == "volume" and selection.key in one.volumes
    ]


def refusal(action: str, selection: Selection, lists: Lists) -> str | None:
    """Say in one line why this cannot be done now; None if it can."""
    if action == "prune":
        return None
    if action not in _SHARED and action not in _OWN.get(selection.kind, ()):
        owner = next(kind for kind, actions in _OWN.items() if action in actions)
        said = _UNSAID.get(action)
        return f"Only {NOUNS[owner]} {said}" if said else f"You can {action} only {NOUNS[owner]}"
    if not selection.key:
        return f"There is no {selection.kind} here"
    container = container_of(selection, lists)
    if container:
        return _container_refusal(action, container)
    build = build_of(selection, lists)
    if build:
        return _build_refusal(action, build, lists)
    users = users_of(selection, lists) if action == "remove" else []
    image = image_of(selection, lists)
    if users and not (image and len(image.tags) > 1):
        named = ", ".join(users[:3]) + (" …" if len(users) > 3 else "")
        return f"{selection.name} is used by {named}: remove that first"
    return None


def _container_refusal(action: str, container: Container) -> str | None:
    name = container.name
    match action:
        case "start":
            if container.status == "paused":
                return f"{name} is paused, not stopped"
            return f"{name} is already running" if container.alive else None
        case "stop" if container.status == "created":
            return f"{name} was never started"
        case "stop":
            return None if container.alive else f"{name} is already stopped"
        case "pause" if not container.alive:
            return f"{name} is not running"
        case "pause" if container.status == "restarting":
            return f"{name} is just restarting"
        case "kill":
            return None if container.alive else f"{name} is not running"
        case "attach" if not container.tty:
            return f"{name} has no terminal, as it was made without -t: E runs a shell in it, l shows its log"
        case "attach" | "execute":
            return None if container.status == "running" else f"{name} is not running"
    return None


def _build_refusal(action: str, build: Build, lists: Lists) -> str | None:
    match action:
        case "stop" | "shell" | "remove" | "again" if build.running:
            return None if action == "stop" else "It still runs: s stops it"
        case "stop":
            return "It is over already"
        case "image" if not build.image:
            return "It still runs" if build.running else "No image came out of it"
        case "image" if all(one.id != build.image for one in lists.images):
            return "The image that came out is gone, or only steps of later builds stand on it"
    return None


def hints(selection: Selection, lists: Lists) -> list[Key]:
    """List the keys that make sense for the selected object now, the likeliest first."""
    container_keys = (CONTAINER[0], *TERMINALS, *CONTAINER[1:])
    tables: dict[Kind, Sequence[Key]] = {"image": IMAGE, "container": container_keys, "build": BUILD}
    legal = [key for key in tables.get(selection.kind, ()) if refusal(key.id, selection, lists) is None]
    container = container_of(selection, lists)
    if container and not container.alive:
        legal = [key for key in legal if key.id != "restart"]
    if container and container.status == "paused":
        legal = [key._replace(hint="unpause") if key.id == "pause" else key for key in legal]
    legal += [key for key in OBJECT if key.id != "prune" and refusal(key.id, selection, lists) is None]
    if selection.kind == "volume":
        legal = [named("volume", VOLUMES), *legal]
    if selection.kind == "build":
        stop = [named("stop", CONTAINER)] if refusal("stop", selection, lists) is None else []
        build = build_of(selection, lists)
        if build and alive(build, lists):
            legal = [key._replace(hint="stop watching") if key.id == "watch" else key for key in legal]
        output = [named("logs", CONTAINER)._replace(hint="output")] if selection.key else []
        return [named("build", GLOBAL), *stop, *output, *legal, named("filter", LIST)]
    return [*legal, named("filter", LIST), *([named("bring", GLOBAL)] if selection.kind == "image" else [])]


def words(action: str, selection: Selection, lists: Lists, argument: str = "") -> list[str]:
    """Return the words of the command that an action equals, without the program's name."""
    container = container_of(selection, lists)
    match action, selection.kind:
        case "pause", _ if container and container.status == "paused":
            return ["unpause", selection.name]
        case "remove", "container":
            return ["rm", *(["-f"] if container and container.alive else []), selection.name]
        case "remove", "image":
            return ["rmi", _known_as(selection)]
        case "remove", "volume":
            return ["volume", "rm", selection.target]
        case "remove", "build":
            return ["buildx", "history", "rm", short_id(selection.target)]
        case "output", _:
            return ["buildx", "history", "logs", short_id(selection.target)]
        case "prune", "build":
            return ["builder", "prune", "-f"]
        case "prune", kind:
            return [kind, "prune", "-f"]
        case "tag", _:
            return ["tag", _known_as(selection), argument]
        case "rename", _:
            return ["rename", selection.name, argument]
    return [action, selection.name]


def typed(action: str, selection: Selection, lists: Lists, argument: str = "") -> str:
    """Write the command that an action equals the way it is typed."""
    build = build_of(selection, lists)
    if action == "stop" and build:
        return f"$ kill -INT {build.pid}"
    return line(words(action, selection, lists, argument))


def line(words: Sequence[str]) -> str:
    """Write a command the way it is typed."""
    return f"$ stackyard {shlex.join(words)}"


def _known_as(selection: Selection) -> str:
    return short_id(selection.target) if selection.target.startswith("sha256:") else selection.target


class Question(NamedTuple):
    """What is asked before something is lost."""

    title: str
    consequences: tuple[str, ...]
    yes: str


_EFFECTS = {
    "start": "Its program begins anew, on what its writable layer has kept.",
    "stop": "Its program is asked to end, and killed when it takes too long.",
    "restart": "Its program is ended and begins anew.",
    "kill": "Its program ends at once and can save nothing.",
    "pause": "Its processes are held still, or go on.",
}
"""What a deed does that loses nothing for good."""


def question(action: str, selection: Selection, lists: Lists) -> Question:
    """Say what would be lost."""
    if action == "prune":
        return _prune_question(selection.kind, lists)
    name = selection.name
    container = container_of(selection, lists)
    if action != "remove":
        word = "unpause" if action == "pause" and container and container.status == "paused" else action
        return Question(f"{word.capitalize()} {selection.kind} {name}?", (_EFFECTS[action],), word)
    if container:
        losses = ["Its writable layer and its log are deleted."]
        if container.alive:
            losses.insert(0, "It is running: it is killed first.")
        if container.volumes:
            losses.append(f"{count(len(container.volumes), 'volume stays', 'volumes stay')}.")
        return Question(f"Remove container {name}?", tuple(losses), "remove")
    image = image_of(selection, lists)
    if image and len(image.tags) > 1:
        others = ", ".join(tag for tag in image.tags if tag != selection.target)
        return Question(f"Untag {name}?", (f"The image stays, as {others}.",), "untag")
    if image:
        shared = "Layers that other images use stay; the rest are deleted."
        return Question(f"Remove image {name}?", (f"It measures {size(image.size)}.", shared), "remove")
    if selection.kind == "build":
        return Question(
            f"Forget the build of {name}?", ("Its steps and its output; what it made stays.",), "forget"
        )
    return Question(f"Remove {selection.kind} {name}?", ("All files in it are deleted.",), "remove")


def _prune_question(kind: Kind, lists: Lists) -> Question:
    if kind == "container":
        stopped = [one.name for one in lists.containers if not one.alive]
        return Question(
            "Remove all stopped containers?", (_names(stopped, "container"), "Their logs go too."), "prune"
        )
    if kind == "build":
        lost = "Results of steps that no image needs, and cache mounts: the next builds do them anew."
        return Question("Prune the build cache?", (lost, "The builds in this list stay."), "prune")
    used = {one.image_id for one in lists.containers}
    if kind == "image":
        loose = [short_id(one.id) for one in lists.images if not one.tags and one.id not in used]
        return Question("Remove images without a name?", (_names(loose, "image"),), "prune")
    free = [
        one.name for one in lists.volumes if not any(one.name in other.volumes for other in lists.containers)
    ]
    lost = "Unnamed volumes that no container uses are deleted, with all files in them."
    return Question("Remove unused volumes?", (lost, _names(free, "volume")), "prune")


def _names(names: Sequence[str], noun: str) -> str:
    if not names:
        return f"None at the moment: there is no such {noun}."
    listed = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
    return f"{count(len(names), noun)}: {listed}"

"""Which files a watch is about, and what is to be done about each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from engine.develop.passing import passing
from engine.develop.request import Rule, Watched
from engine.dockerfile.ignore import Ignore
from engine.dockerfile.patterns import Patterns
from engine.errors import InvalidInput, NotFound

REBUILD = Rule("rebuild", "")
_NAMES = ("Dockerfile", "dockerfile")


class Scope:
    """The trees that a build reads, its Dockerfile and .dockerignore, and the paths that rules are for."""

    def __init__(self, watched: Watched) -> None:
        """Raises NotFound, InvalidInput."""
        request = watched.build
        folder = os.path.abspath(request.folder)
        context = os.path.join(folder, request.context)
        if request.context == "-" or request.dockerfile == "-" or not request.context:
            raise InvalidInput("cannot watch standard input", resolution="name the context's folder")
        if not os.path.isdir(context):
            raise NotFound(
                f'cannot watch "{request.context}": there is no such folder',
                resolution="a watch needs a context that is a folder of this machine",
            )
        self.context = os.path.realpath(context)
        self.rules = watched.rules
        wanted = os.path.join(folder, request.dockerfile) if request.dockerfile else ""
        self._dockerfiles = (wanted,) if wanted else tuple(f"{self.context}/{name}" for name in _NAMES)
        self._more = tuple(
            os.path.realpath(os.path.join(folder, place))
            for place in request.contexts.values()
            if "://" not in place and os.path.isdir(os.path.join(folder, place))
        )
        self._ignored = [Patterns(rule.ignore) for rule in self.rules]
        self.refresh()

    def refresh(self) -> None:
        """Read again what is ignored, and where links lead."""
        own = [f"{path}.dockerignore" for path in self._dockerfiles]
        files = [*self._dockerfiles, *own, f"{self.context}/.dockerignore"]
        self.files = frozenset(os.path.normpath(path) for path in files) | {
            os.path.realpath(path) for path in files
        }
        ignoring = next((path for path in own if os.path.exists(path)), f"{self.context}/.dockerignore")
        self._trees = [(self.context, _ignore(ignoring))]
        self._trees += [(tree, _ignore(f"{tree}/.dockerignore")) for tree in self._more]

    @property
    def trees(self) -> Sequence[str]:
        """The directories to look at with all below them."""
        wanted = [self.context, *self._more, *(rule.path for rule in self.rules if os.path.isdir(rule.path))]
        return [one for one in dict.fromkeys(wanted) if not any(_below(one, other) for other in wanted)]

    @property
    def folders(self) -> Sequence[str]:
        """The directories of which only some files count, outside of the trees."""
        single = [*self.files, *(rule.path for rule in self.rules if not os.path.isdir(rule.path))]
        found = dict.fromkeys(os.path.dirname(path) for path in single)
        trees = self.trees
        return [
            one for one in found
            if os.path.isdir(one) and not any(one == tree or _below(one, tree) for tree in trees)
        ]  # fmt: skip

    def judge(self, path: str) -> tuple[Rule, ...]:
        """Tell what is to be done about a changed file; nothing if no build reads it."""
        if path in self.files:
            return (REBUILD,)
        if passing(self.shown(path)) or self._is_ignored(path):
            return ()
        holding = [
            (rule, ignored)
            for rule, ignored in zip(self.rules, self._ignored, strict=True)
            if path == rule.path or _below(path, rule.path)
        ]
        if holding:
            return tuple(
                rule for rule, ignored in holding
                if path == rule.path or not ignored.excluded(path[len(rule.path) + 1 :])
            )  # fmt: skip
        return (REBUILD,) if any(self._inside(path)) else ()

    def shown(self, path: str) -> str:
        """Name a file from the context, if it is in it."""
        return path[len(self.context) + 1 :] if _below(path, self.context) else path

    def _inside(self, path: str) -> Iterator[tuple[str, Ignore]]:
        return ((path[len(tree) + 1 :], ignore) for tree, ignore in self._trees if _below(path, tree))

    def _is_ignored(self, path: str) -> bool:
        found = [ignore.excluded(name) for name, ignore in self._inside(path)]
        return bool(found) and all(found)


def _below(path: str, folder: str) -> bool:
    return path.startswith(folder if folder.endswith("/") else f"{folder}/")


def _ignore(path: str) -> Ignore:
    """Read a .dockerignore; of one that cannot be read the build tells."""
    try:
        with open(path, "rb") as file:
            return Ignore(file.read())
    except (OSError, InvalidInput):
        return Ignore()

"""Taking names away from images, and images out of the store.

The rules and sentences are docker's: a name of an image with other names is only a name; an image that
containers use, or that has several names, is deleted by its id only when forced. One rule is stricter: an
image stays, nameless, for as long as any container is made from it, since its config and its layers are
what the container starts from. An image that others were built upon cannot be deleted before them; with the
last of them it goes too, if nobody named it.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import Conflict, InUse
from engine.events import EventLog
from engine.images import listing
from engine.images.journal import tell
from engine.images.leases import leased
from engine.images.names import is_id, references, resolve
from engine.images.records import Image, Removed
from engine.oci.reference import Reference
from engine.store.discard import Discard
from engine.store.store import Store

Running = Callable[[str], bool]
"""Tells whether the container with this id runs now."""


class Removal:
    """One removal, inside one transaction of the store."""

    def __init__(self, store: Store, discard: Discard, running: Running, *, parents: bool = True) -> None:
        """With `parents`, an image takes along those it was built upon, as far as nothing else needs them."""
        self.store = store
        self.parents = parents
        self.discard = discard
        self.running = running
        self.removed: list[Removed] = []
        self.told: list[tuple[Image, str]] = []
        self.reclaimed = 0
        self.leased = leased(store)
        """The images that builds stand on now."""

    def remove(self, name: str, *, force: bool) -> None:
        """Remove one name, or the image that an id stands for; raises NotFound, Conflict or InUse."""
        id = resolve(self.store, name)
        image = listing.read(self.store, id)
        names = references(self.store, id)
        if is_id(name, id):
            self._remove_by_id(image, names, force=force)
        else:
            self._remove_by_name(image, names, name, force=force)

    def delete(self, image: Image) -> None:
        """Delete an image that nothing uses, with its names and with what only it needed."""
        self._delete(image)
        while self.parents and image.parent and not self.is_needed(image.parent):
            image = listing.read(self.store, image.parent)
            self._delete(image)

    def is_needed(self, id: str) -> bool:
        """Tell whether an image has a name, a container or images that are or were built upon it."""
        return bool(
            id in self.leased or references(self.store, id) or self.users(id) or self.has_children(id)
        )

    def has_children(self, id: str) -> bool:
        """Tell whether images were built upon this one."""
        return bool(self.store.query("SELECT 1 FROM images WHERE parent = ? LIMIT 1", (id,)))

    def release(self, image: Image) -> None:
        """Take all names of an image away that no container uses; delete it if none is built upon it."""
        if self.has_children(image.id):
            for reference in references(self.store, image.id):
                self._untag(image, reference)
        else:
            self.delete(image)

    def _delete(self, image: Image) -> None:
        connection = self.discard.connection
        for reference in references(self.store, image.id):
            self._untag(image, reference)
        blobs = connection.execute(
            "SELECT DISTINCT digest FROM image_blobs WHERE image = ?", (image.id,)
        ).fetchall()
        connection.execute("DELETE FROM images WHERE id = ?", (image.id,))
        self.removed.append(Removed("Deleted", image.id))
        self.told.append((image, "delete"))
        for row in blobs:
            self.discard.blob(row["digest"])
        for layer in reversed(image.chain):
            if self._layer_is_needed(layer.chain_id):
                break
            connection.execute("DELETE FROM layers WHERE chain_id = ?", (layer.chain_id,))
            self.discard.snapshot(layer.snapshot)
            self.removed.append(Removed("Deleted", layer.chain_id))
            self.reclaimed += layer.size

    def users(self, id: str) -> list[str]:
        """Return the ids of the containers made from an image."""
        rows = self.discard.connection.execute("SELECT id FROM containers WHERE image = ? ORDER BY id", (id,))
        return [row["id"] for row in rows]

    def _remove_by_name(self, image: Image, names: list[Reference], name: str, *, force: bool) -> None:
        users = self.users(image.id)
        if users and not force and _is_single(names):
            raise InUse(
                f'conflict: unable to remove repository reference "{name}" (must force) -'
                f" container {users[0][:12]} is using its referenced image {_short(image.id)}"
            )
        reference = Reference.parse(name)
        self._untag(image, reference.resolved)
        left = [other for other in names if other != reference.resolved]
        if reference.digest is None and all(other.digest for other in left if other.name == reference.name):
            # Digests of a repository whose last tag went are names nobody sees.
            for other in [other for other in left if other.name == reference.name]:
                self._untag(image, other)
                left.remove(other)
        if not left and not self.is_needed(image.id):
            self.delete(image)

    def _remove_by_id(self, image: Image, names: list[Reference], *, force: bool) -> None:
        if self.has_children(image.id):
            raise _conflict(Conflict, image.id, "cannot be forced", "image has dependent child images")
        if image.id in self.leased:
            raise _conflict(InUse, image.id, "cannot be forced", "image is being used by a running build")
        users = self.users(image.id)
        busy = next((user for user in users if self.running(user)), None)
        if busy:
            raise _conflict(
                InUse, image.id, "cannot be forced", f"image is being used by running container {busy[:12]}"
            )
        if not force:
            if users:
                why = f"image is being used by stopped container {users[0][:12]}"
                raise _conflict(InUse, image.id, "must be forced", why)
            if not _is_single(names):
                raise _conflict(
                    Conflict, image.id, "must be forced", "image is referenced in multiple repositories"
                )
        if not users:
            self.delete(image)
        elif names:
            for reference in names:
                self._untag(image, reference)
        else:
            why = f"image is being used by stopped container {users[0][:12]}"
            raise _conflict(InUse, image.id, "cannot be forced", why)

    def _untag(self, image: Image, reference: Reference) -> None:
        table = "tags" if reference.digest is None else "digests"
        self.discard.connection.execute(f"DELETE FROM {table} WHERE reference = ?", (reference.canonical,))
        self.removed.append(Removed("Untagged", reference.familiar))
        self.told.append((image, "untag"))

    def _layer_is_needed(self, chain_id: str) -> bool:
        question = (
            "SELECT 1 FROM layers WHERE parent = ?1 UNION ALL SELECT 1 FROM images WHERE top = ?1 LIMIT 1"
        )
        return self.discard.connection.execute(question, (chain_id,)).fetchone() is not None


def remove(
    store: Store, events: EventLog, running: Running, name: str, *, force: bool, parents: bool
) -> list[Removed]:
    """Remove one name or image in a transaction of its own."""
    with store.discard() as discard:
        removal = Removal(store, discard, running, parents=parents)
        removal.remove(name, force=force)
    for image, action in removal.told:
        tell(events, action, image.id, image.id, image.labels)
    return removal.removed


def drop(store: Store, events: EventLog, running: Running, id: str) -> bool:
    """Delete an image that nothing needs, with what only it needed; tell whether it went."""
    with store.discard() as discard:
        removal = Removal(store, discard, running)
        if not store.query("SELECT 1 FROM images WHERE id = ?", (id,)) or removal.is_needed(id):
            return False
        removal.delete(listing.read(store, id))
    for image, action in removal.told:
        tell(events, action, image.id, image.id, image.labels)
    return True


def _is_single(names: list[Reference]) -> bool:
    """Tell whether an image has at most one tag, and digests of that tag's repository only."""
    tags = [name for name in names if name.digest is None]
    repositories = {name.name for name in names}
    return len(tags) <= 1 and len(repositories) <= 1


def _conflict(kind: type[Conflict], id: str, force: str, why: str) -> Conflict:
    return kind(f"conflict: unable to delete {_short(id)} ({force}) - {why}")


def _short(id: str) -> str:
    return id.removeprefix("sha256:")[:12]

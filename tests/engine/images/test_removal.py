from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.errors import Conflict, InUse, NotFound
from engine.images.images import Images
from engine.images.records import Removed
from engine.oci.identity import chain_ids
from engine.store.store import Store
from tests.engine.images.archives import Made, make
from tests.engine.images.conftest import Add
from tests.engine.images.whole import assert_empty, assert_whole

BASE = make({"base": b"1"})
APP = make({"base": b"1"}, {"app": b"22"})
SHORT = APP.id[7:19]
CONTAINER = "c0ffee" * 10 + "beef"

Contain = Callable[[str, str], None]


def untagged(*names: str) -> list[Removed]:
    return [Removed("Untagged", name) for name in names]


def deleted(made: Made, *positions: int) -> list[Removed]:
    chain = chain_ids(made.diff_ids)
    return [Removed("Deleted", made.id)] + [Removed("Deleted", chain[position]) for position in positions]


class TestByName:
    def test_the_last_name_takes_the_image_along(self, images: Images, store: Store, add: Add) -> None:
        add(APP, "app:1")

        assert images.remove("app:1") == untagged("app:1") + deleted(APP, 1, 0)
        assert_empty(store)

    def test_one_of_several_names_is_only_a_name(self, images: Images, add: Add) -> None:
        add(APP, "app:1", "app:2")

        assert images.remove("app:1") == untagged("app:1")
        assert images.get("app:2").id == APP.id

    def test_layers_stay_for_as_long_as_an_image_has_them(
        self, images: Images, store: Store, add: Add
    ) -> None:
        add(BASE, "base")
        add(APP, "app")

        assert images.remove("app") == untagged("app:latest") + deleted(APP, 1)
        assert_whole(store)
        assert images.remove("base") == untagged("base:latest") + deleted(BASE, 0)
        assert_empty(store)

    def test_lower_layers_stay_for_the_image_above(self, images: Images, store: Store, add: Add) -> None:
        add(BASE, "base")
        add(APP, "app")

        assert images.remove("base") == untagged("base:latest") + deleted(BASE)
        assert_whole(store)

    def test_the_only_name_of_an_image_in_use_stays(self, images: Images, add: Add, contain: Contain) -> None:
        add(APP, "app")
        contain(CONTAINER, APP.id)

        with pytest.raises(InUse) as caught:
            images.remove("app")
        assert caught.value.brief == (
            f'conflict: unable to remove repository reference "app" (must force)'
            f" - container {CONTAINER[:12]} is using its referenced image {SHORT}"
        )

    def test_another_name_of_an_image_in_use_goes(self, images: Images, add: Add, contain: Contain) -> None:
        add(APP, "app:1", "app:2")
        contain(CONTAINER, APP.id)

        assert images.remove("app:2") == untagged("app:2")

    @pytest.mark.parametrize("runs", [False, True])
    def test_force_leaves_the_image_nameless_for_its_container(
        self, images: Images, store: Store, add: Add, contain: Contain, running: set[str], runs: bool
    ) -> None:
        add(APP, "app")
        contain(CONTAINER, APP.id)
        running |= {CONTAINER} if runs else set()

        assert images.remove("app", force=True) == untagged("app:latest")
        assert images.get(APP.id).tags == ()
        assert_whole(store)

    def test_digests_of_a_repository_go_with_its_last_tag(
        self, images: Images, store: Store, add: Add
    ) -> None:
        add(APP, "app")
        digest = f"app@sha256:{'d' * 64}"
        with store.transaction() as connection:
            connection.execute("INSERT INTO digests VALUES (?, ?)", (f"docker.io/library/{digest}", APP.id))

        assert images.remove("app") == untagged("app:latest", digest) + deleted(APP, 1, 0)
        assert_empty(store)


class TestById:
    def test_an_id_takes_its_only_name_along(self, images: Images, store: Store, add: Add) -> None:
        add(APP, "app")

        assert images.remove(SHORT) == untagged("app:latest") + deleted(APP, 1, 0)
        assert_empty(store)

    def test_several_names_need_force(self, images: Images, store: Store, add: Add) -> None:
        add(APP, "app:1", "app:2", "other")

        with pytest.raises(Conflict) as caught:
            images.remove(SHORT)
        assert caught.value.brief == (
            f"conflict: unable to delete {SHORT} (must be forced)"
            " - image is referenced in multiple repositories"
        )
        assert images.remove(SHORT, force=True) == untagged("app:1", "app:2", "other:latest") + deleted(
            APP, 1, 0
        )
        assert_empty(store)

    def test_a_stopped_container_needs_force_and_keeps_the_image(
        self, images: Images, add: Add, contain: Contain
    ) -> None:
        add(APP, "app")
        contain(CONTAINER, APP.id)

        with pytest.raises(InUse) as caught:
            images.remove(SHORT)
        assert caught.value.brief == (
            f"conflict: unable to delete {SHORT} (must be forced)"
            f" - image is being used by stopped container {CONTAINER[:12]}"
        )
        assert images.remove(SHORT, force=True) == untagged("app:latest")
        with pytest.raises(InUse, match="cannot be forced"):
            images.remove(SHORT, force=True)

    def test_a_running_container_cannot_be_overruled(
        self, images: Images, add: Add, contain: Contain, running: set[str]
    ) -> None:
        add(APP, "app")
        contain(CONTAINER, APP.id)
        running.add(CONTAINER)

        with pytest.raises(InUse) as caught:
            images.remove(SHORT, force=True)
        assert caught.value.brief == (
            f"conflict: unable to delete {SHORT} (cannot be forced)"
            f" - image is being used by running container {CONTAINER[:12]}"
        )
        assert images.get("app").id == APP.id


def test_what_is_not_there_cannot_be_removed(images: Images) -> None:
    with pytest.raises(NotFound, match="No such image: nope:latest"):
        images.remove("nope")


class TestPrune:
    def test_only_nameless_images_go(self, images: Images, store: Store, add: Add) -> None:
        add(BASE, "base")
        add(APP)
        pruned = images.prune()

        assert (list(pruned.removed), pruned.reclaimed) == (deleted(APP, 1), 2)
        assert [image.id for image in images.list()] == [BASE.id]
        assert_whole(store)

    def test_all_means_all_without_a_container(
        self, images: Images, store: Store, add: Add, contain: Contain
    ) -> None:
        add(BASE, "base", "again")
        add(APP, "app")
        contain(CONTAINER, BASE.id)
        pruned = images.prune(all=True)

        assert list(pruned.removed) == untagged("app:latest") + deleted(APP, 1)
        contain("other", APP.id)
        assert images.prune(all=True).removed == ()
        assert_whole(store)

    def test_a_nameless_image_in_use_stays(self, images: Images, add: Add, contain: Contain) -> None:
        add(APP)
        contain(CONTAINER, APP.id)

        assert images.prune().removed == ()

    @pytest.mark.parametrize(
        ("filters", "goes"),
        [
            ({"label": ["k"]}, True),
            ({"label": ["k=other"]}, False),
            ({"label!": ["k"]}, False),
            ({"label!": ["other"]}, True),
            ({"until": ["2020-01-01"]}, False),
            ({"until": ["1h"]}, True),
            ({"dangling": ["false"]}, True),
        ],
        ids=repr,
    )
    def test_filters_let_go(
        self, images: Images, add: Add, filters: dict[str, list[str]], goes: bool
    ) -> None:
        add(make({"a": b""}, config={"Labels": {"k": "v"}}))

        assert bool(images.prune(filters=filters).removed) is goes

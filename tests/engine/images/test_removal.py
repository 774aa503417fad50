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
from tests.engine.images.steps import build
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


class TestSteps:
    """What docker does with the images that a build leaves beneath its result."""

    def test_the_last_image_takes_along_what_it_was_built_upon(
        self, images: Images, store: Store, add: Add
    ) -> None:
        base = add(BASE, "base")
        one, two, three = build(store, base, {"a": b"1"}, {}, {"b": b"1"}, name="app")
        chain = [layer.chain_id for layer in images.get("app").chain]

        assert images.remove("app") == [
            Removed("Untagged", "app:latest"),
            *[Removed("Deleted", id) for id in (three, chain[2], two, one, chain[1])],
        ]
        assert [image.id for image in images.list(all=True)] == [base]
        assert_whole(store)

    def test_what_another_image_was_built_upon_stays(self, images: Images, store: Store, add: Add) -> None:
        base = add(BASE, "base")
        one, two = build(store, base, {"a": b"1"}, {}, name="app")
        (other,) = build(store, one, {"b": b"1"}, name="other")

        assert images.remove("app") == [Removed("Untagged", "app:latest"), Removed("Deleted", two)]
        assert {image.id for image in images.list(all=True)} == {base, one, other}

    def test_no_prune_leaves_it(self, images: Images, store: Store, add: Add) -> None:
        base = add(BASE, "base")
        one, two = build(store, base, {"a": b"1"}, {}, name="app")

        assert images.remove("app", prune=False)[1:] == [Removed("Deleted", two)]
        assert {image.id for image in images.list(all=True)} == {base, one}

    def test_a_container_s_step_stays(self, images: Images, store: Store, add: Add, contain: Contain) -> None:
        base = add(BASE, "base")
        one, two, three = build(store, base, {"a": b"1"}, {}, {}, name="app")
        contain(CONTAINER, one)

        assert images.remove("app")[1:] == [Removed("Deleted", three), Removed("Deleted", two)]
        assert {image.id for image in images.list(all=True)} == {base, one}

    @pytest.mark.parametrize("force", [False, True])
    def test_an_image_with_children_is_not_deleted_by_its_id(
        self, images: Images, store: Store, add: Add, force: bool
    ) -> None:
        base = add(BASE, "base")
        build(store, base, {"a": b"1"}, {}, name="app")

        with pytest.raises(Conflict) as caught:
            images.remove(base[7:19], force=force)
        assert caught.value.brief == (
            f"conflict: unable to delete {base[7:19]} (cannot be forced) - image has dependent child images"
        )

    def test_a_base_loses_its_name_and_stays_out_of_sight(
        self, images: Images, store: Store, add: Add
    ) -> None:
        base = add(BASE, "base")
        _, app = build(store, base, {"a": b"1"}, {}, name="app")

        assert images.remove("base") == [Removed("Untagged", "base:latest")]
        assert [image.id for image in images.list()] == [app]
        images.remove("app")
        assert_empty(store)

    def test_what_a_build_remembers_of_a_step_goes_with_it(
        self, images: Images, store: Store, add: Add
    ) -> None:
        one, _ = build(store, "", {"a": b"1"}, {}, name="app")
        with store.transaction() as connection:
            connection.execute("INSERT INTO steps VALUES ('key', ?, 'kin', '{}', 0, 0)", (one,))
        images.remove("app")

        assert store.query("SELECT 1 FROM steps") == []


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

    def test_the_steps_beneath_a_nameless_image_go_with_it(
        self, images: Images, store: Store, add: Add
    ) -> None:
        base = add(BASE, "base")
        one, _ = build(store, base, {"a": b"1"}, {})
        (app,) = build(store, one, {}, name="app")
        build(store, base, {"b": b"1"}, {}, {"c": b"1"})
        pruned = images.prune()

        assert {image.id for image in images.list(all=True)} == {base, one, app}
        assert pruned.reclaimed == 2
        assert_whole(store)

    def test_what_only_builds_know_stays(self, images: Images, store: Store, add: Add) -> None:
        one, two, three = build(store, "", {"a": b"1"}, {}, {})
        with store.transaction() as connection:
            connection.execute("UPDATE images SET step = 1")

        assert images.prune().removed == ()
        assert {image.id for image in images.list(all=True)} == {one, two, three}
        assert {removed.name for removed in images.prune(all=True).removed} >= {one, two, three}
        assert_empty(store)

    def test_all_takes_the_name_of_a_base_whose_image_stays(
        self, images: Images, store: Store, add: Add, contain: Contain
    ) -> None:
        base = add(BASE, "base")
        (app,) = build(store, base, {"a": b"1"}, name="app")
        contain(CONTAINER, app)

        assert list(images.prune(all=True).removed) == untagged("base:latest")
        assert {image.id for image in images.list(all=True)} == {base, app}

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

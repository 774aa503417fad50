from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from engine.containers.options import Options
from engine.engine import Engine
from engine.errors import InvalidInput, InvalidReference, NotFound
from engine.images.records import Image
from tests.conftest import BASE

pytestmark = pytest.mark.root


@pytest.fixture(autouse=True)
def _forget(yard: Engine) -> Iterator[None]:
    """Remove what the tests name."""
    yield
    for container in yard.containers.list(all=True):
        yard.containers.remove(container.id, force=True)
    for image in yard.images.list():
        if BASE not in image.tags:
            yard.images.remove(image.id, force=True)


def ran(yard: Engine, script: str, **options: object) -> str:
    id = yard.containers.create(BASE, Options(command=("sh", "-c", script), **options))  # type: ignore[arg-type]
    yard.containers.start(id)
    assert yard.containers.wait(id) == 0
    return id


def printed(yard: Engine, image: str, script: str) -> str:
    id = yard.containers.create(image, Options(command=("sh", "-c", script)))
    yard.containers.start(id)
    yard.containers.wait(id)
    out = b"".join(entry.data for entry in yard.containers.logs(id))
    yard.containers.remove(id, force=True)
    return out.decode()


def names(yard: Engine, image: Image) -> list[str]:
    """Return the names in an image's topmost layer."""
    import os

    top = yard.store.paths.snapshot(image.chain[-1].snapshot)
    found = [os.path.relpath(os.path.join(folder, name), top)
             for folder, folders, files in os.walk(top) for name in (*folders, *files)]  # fmt: skip
    return sorted(found)


def test_what_a_container_wrote_is_one_more_layer(yard: Engine) -> None:
    container = ran(yard, "echo new > /new; rm /etc/passwd; mkdir -m 700 /folder; ln -s x /folder/link")
    id = yard.commit(container, "made:1", message="said", author="Me <me@x>")
    image, base = yard.images.get("made:1"), yard.images.get(BASE)

    assert image.id == id
    assert image.parent == base.id
    assert image.chain[:-1] == base.chain
    assert names(yard, image) == ["etc", "etc/passwd", "folder", "folder/link", "new"]
    assert (
        printed(yard, "made:1", "cat /new; ls /etc/passwd 2>&1 | wc -l; stat -c %a /folder")
        == "new\n1\n700\n"
    )
    newest, below = yard.images.history("made:1")[:2]
    assert (newest.comment, newest.created_by.split()[:2], newest.size) == ("said", ["sh", "-c"], 5)
    assert (below.id, below.tags) == (base.id, (BASE,))
    told = yard.images.inspect("made:1")
    assert (told["Author"], told["Comment"], told["Container"]) == ("Me <me@x>", "said", container)


def test_what_only_the_launcher_put_there_stays_out(yard: Engine) -> None:
    image = yard.images.get(yard.commit(ran(yard, "true")))

    assert image.chain == yard.images.get(BASE).chain
    assert image.config["history"][-1]["empty_layer"] is True
    assert names(yard, yard.images.get(yard.commit(ran(yard, "chmod 700 /etc")))) == ["etc"]


def test_the_config_is_the_container_s_with_the_changes(yard: Engine) -> None:
    container = ran(yard, "true", environment=("A=1", "B=2"), workdir="/tmp", user="0", labels={"l": "1"})
    lines = ["ENV B=3 C=4", "LABEL m=2", 'CMD ["other"]', "EXPOSE 80", "VOLUME /data"]
    config = yard.images.get(yard.commit(container, changes=lines)).config["config"]

    assert [word for word in config["Env"] if not word.startswith("PATH=")] == ["A=1", "B=3", "C=4"]
    assert config["Labels"] == {"l": "1", "m": "2"}
    assert (config["Cmd"], config["WorkingDir"], config["User"]) == (["other"], "/tmp", "0")
    assert (config["ExposedPorts"], config["Volumes"]) == ({"80/tcp": {}}, {"/data": {}})


def test_a_running_container_holds_still_and_goes_on(yard: Engine) -> None:
    put = "echo $n > /draft; mv /draft"
    script = f"n=0; while :; do n=$((n+1)); {put} /one; {put} /two; done"
    container = yard.containers.create(BASE, Options(command=("sh", "-c", script)))
    yard.containers.start(container)
    time.sleep(0.3)
    for _ in range(3):
        yard.commit(container, "moment")
        assert yard.containers.get(container).state.running
        one, two = printed(yard, "moment", "echo $(cat /one) $(cat /two)").split()
        assert int(one) - int(two) in (0, 1)


def test_without_a_pause_what_changes_meanwhile_is_no_error(yard: Engine) -> None:
    script = (
        "while :; do for n in 1 2 3 4 5 6 7 8 9; do mkdir -p /d/$n/$n; echo > /d/$n/f; done; rm -rf /d; done"
    )
    container = yard.containers.create(BASE, Options(command=("sh", "-c", script)))
    yard.containers.start(container)
    for number in range(10):
        assert yard.commit(container, f"moment:{number}", pause=False)


def test_two_commits_at_once_are_both_right(yard: Engine) -> None:
    container = ran(yard, "echo x > /x")
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(yard.commit(container))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(ids)) == 4
    assert len({yard.images.get(id).chain for id in ids}) == 1


@pytest.mark.parametrize(
    ("container", "reference", "changes", "kind", "sentence"),
    [
        ("nobody", "", [], NotFound, "No such container: nobody"),
        ("held", "UPPER", [], InvalidReference, "must be lowercase"),
        ("held", "", ["RUN x"], InvalidInput, "run is not a valid change command"),
        ("held", "", [""], InvalidInput, "file with no instructions"),
        ("held", "", ["ENV x"], InvalidInput, "ENV must have two arguments"),
    ],
)
def test_what_makes_no_sense_is_refused(
    yard: Engine, container: str, reference: str, changes: list[str], kind: type[Exception], sentence: str
) -> None:
    yard.containers.create(BASE, Options(command=("true",), name="held"))

    with pytest.raises(kind, match=sentence):
        yard.commit(container, reference, changes)


def test_it_is_told(yard: Engine) -> None:
    container = ran(yard, "true")
    id = yard.commit(container, "told", message="why")
    happened = list(yard.events.read())[-2:]

    assert [(one.type, one.action) for one in happened] == [("image", "tag"), ("container", "commit")]
    told = happened[-1].attributes
    assert (told["imageID"], told["imageRef"], told["comment"]) == (id, "told:latest", "why")

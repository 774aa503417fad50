from __future__ import annotations

import io
import json
import re
import time
from typing import Any

import pytest

from engine.errors import EngineError, InvalidInput, InvalidReference
from engine.images.execution import complete
from engine.images.images import Images
from engine.oci.platform import Platform
from engine.store.store import Store
from tests.engine.images.archives import COMPRESSIONS, digest_of, tar_of
from tests.engine.images.whole import assert_empty, assert_whole

ROOT = tar_of({"etc/": b"", "etc/motd": b"hello", "bin": "usr/bin"})


def imported(images: Images, *changes: str, **more: Any) -> dict[str, Any]:
    id = images.import_(io.BytesIO(ROOT), None, changes, **more)
    return images.get(id).config


def test_a_tar_becomes_an_image_of_one_layer(images: Images, store: Store) -> None:
    id = images.import_(io.BytesIO(ROOT), "yard:1")
    image = images.get("yard:1")

    assert image.id == id == digest_of(store.content.read(id))
    assert [layer.diff_id for layer in image.chain] == [digest_of(ROOT)]
    assert image.size == len("hello") + len("usr/bin")
    assert abs(image.created - time.time()) < 60
    assert_whole(store)


def test_the_config_has_docker_s_members_in_docker_s_order(images: Images, store: Store) -> None:
    id = images.import_(io.BytesIO(ROOT), None, ["CMD sh"])
    text = store.content.read(id).decode()
    created = json.loads(text)["created"]
    empty = (
        '{"Hostname":"","Domainname":"","User":"","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,'
        '"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":null,"Cmd":null,"Image":"","Volumes":null,'
        '"WorkingDir":"","Entrypoint":null,"OnBuild":null,"Labels":null}'
    )
    config = empty.replace('"Cmd":null', '"Cmd":["/bin/sh","-c","sh"]')

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", created)
    assert text == (
        f'{{"architecture":"{Platform.host().architecture}","comment":"Imported from -","config":{config},'
        f'"container_config":{empty},"created":"{created}",'
        f'"history":[{{"created":"{created}","comment":"Imported from -"}}],"os":"linux",'
        f'"rootfs":{{"type":"layers","diff_ids":["{digest_of(ROOT)}"]}}}}'
    )


def test_a_message_is_the_history_s_comment(images: Images) -> None:
    images.import_(io.BytesIO(ROOT), "yard", message="made by hand")
    (entry,) = images.history("yard")

    assert (entry.comment, entry.created_by, entry.tags) == ("made by hand", "", ("yard:latest",))


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_the_tar_may_be_compressed(images: Images, store: Store, compression: str) -> None:
    packed = COMPRESSIONS[compression](ROOT)
    id = images.import_(io.BytesIO(packed))
    (row,) = store.query("SELECT digest FROM image_blobs WHERE image = ? AND kind = 'layer'", (id,))

    assert images.get(id).chain[0].diff_id == digest_of(ROOT)
    # What no registry knows as a layer is kept plain.
    assert row["digest"] == digest_of(ROOT if compression in ("xz", "bzip2") else packed)
    assert_whole(store)


def test_a_platform_is_written_down(images: Images) -> None:
    config = imported(images, platform="linux/arm/v7")

    assert (config["os"], config["architecture"], config["variant"]) == ("linux", "arm", "v7")


@pytest.mark.parametrize(
    ("reference", "kind", "sentence"),
    [
        (
            "Foo",
            InvalidReference,
            "invalid reference format: repository name (library/Foo) must be lowercase",
        ),
        (f"a@sha256:{'1' * 64}", InvalidInput, "cannot import digest reference"),
    ],
)
def test_a_bad_name_is_refused_before_anything_is_read(
    images: Images, reference: str, kind: type[EngineError], sentence: str
) -> None:
    stream = io.BytesIO(ROOT)
    with pytest.raises(kind) as caught:
        images.import_(stream, reference)

    assert (caught.value.brief, stream.tell()) == (sentence, 0)


@pytest.mark.parametrize(
    "data", [b"", b"no tar at all" * 100, ROOT[:700], COMPRESSIONS["gzip"](ROOT)[:-9]], ids=len
)
def test_what_is_no_whole_tar_leaves_nothing_behind(images: Images, store: Store, data: bytes) -> None:
    with pytest.raises(EngineError):
        images.import_(io.BytesIO(data), "yard")
    assert_empty(store)


# Each as `docker import -c` of 20.10 answers it.
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (['CMD ["a", "b"]'], {"Cmd": ["a", "b"]}),
        (["CMD  a   b "], {"Cmd": ["/bin/sh", "-c", "a   b"]}),
        (["CMD"], {"Cmd": ["/bin/sh", "-c"]}),
        (["CMD []"], {}),
        (['CMD ["a",]'], {"Cmd": ["/bin/sh", "-c", '["a",]']}),
        (['ENTRYPOINT ["x"]', "CMD y"], {"Entrypoint": ["x"], "Cmd": ["/bin/sh", "-c", "y"]}),
        (["ENV A=1 B=2"], {"Env": ["A=1", "B=2"]}),
        (["env x y  z"], {"Env": ["x=y  z"]}),
        (
            ["ENV A=1", "ENV B=$A/x C=\"q r\" D=a\\ b E='$A'"],
            {"Env": ["A=1", "B=1/x", "C=q r", "D=a b", "E=$A"]},
        ),
        (["ENV A=1", "ENV A=2 B=$A"], {"Env": ["A=2", "B=1"]}),
        (["ENV A=1", "ENV B=${A:-x}${C:-y}${A:+z}${C:+w}"], {"Env": ["A=1", "B=1yz"]}),
        (["EXPOSE 80 443/UDP"], {"ExposedPorts": {"443/udp": {}, "80/tcp": {}}}),
        (["EXPOSE 8000-8002"], {"ExposedPorts": {"8000/tcp": {}, "8001/tcp": {}, "8002/tcp": {}}}),
        (["ONBUILD RUN x", "ONBUILD CMD  x  y"], {"OnBuild": ["RUN x", "CMD  x  y"]}),
        (["USER a b"], {"User": "a b"}),
        (["VOLUME /data /x"], {"Volumes": {"/data": {}, "/x": {}}}),
        (["ENV A=1", 'VOLUME ["/a", "$A"]'], {"Env": ["A=1"], "Volumes": {"/a": {}, "1": {}}}),
        (["WORKDIR a", "WORKDIR b/../c/"], {"WorkingDir": "/a/c"}),
        (['LABEL a=b "c d"=e'], {"Labels": {"a": "b", "c d": "e"}}),
        (["LABEL a b"], {"Labels": {"a": "b"}}),
        (
            ["HEALTHCHECK --interval=3s CMD echo"],
            {"Healthcheck": {"Test": ["CMD-SHELL", "echo"], "Interval": 3 * 10**9}},
        ),
        (
            ['HEALTHCHECK --retries=3 --timeout=1m CMD ["a","$A"]'],
            {"Healthcheck": {"Test": ["CMD", "a", "$A"], "Timeout": 60 * 10**9, "Retries": 3}},
        ),
        (["HEALTHCHECK NONE"], {"Healthcheck": {"Test": ["NONE"]}}),
        (["CMD a\nENV b=c"], {"Cmd": ["/bin/sh", "-c", "a"], "Env": ["b=c"]}),
        (["ENV A=1 \\\n  # a comment\n  B=2"], {"Env": ["A=1", "B=2"]}),
    ],
    ids=repr,
)
def test_changes_do_what_docker_does(images: Images, changes: list[str], expected: dict[str, Any]) -> None:
    assert imported(images, *changes)["config"] == complete(expected)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("STOPSIGNAL 15", "stopsignal is not a valid change command"),
        ('SHELL ["/bin/x"]', "shell is not a valid change command"),
        ("RUN x", "run is not a valid change command"),
        ("nonsense", "nonsense is not a valid change command"),
        ("", "file with no instructions"),
        ("# c", "file with no instructions"),
        ("ENV A", "ENV must have two arguments"),
        ("ENV =x", "ENV names can not be blank"),
        ("LABEL =x", "LABEL names can not be blank"),
        ("LABEL", "LABEL requires at least one argument"),
        (
            'ENV A="x',
            'failed to process "\\"x": unexpected end of statement while looking for matching double-quote',
        ),
        ("EXPOSE x", "Invalid containerPort: x"),
        ("EXPOSE 70000", "Invalid containerPort: 70000"),
        ("EXPOSE 1-x", "Invalid containerPort: 1-x"),
        ("EXPOSE 80/foo", "Invalid proto: foo"),
        ("USER", "USER requires exactly one argument"),
        ("WORKDIR", "WORKDIR requires exactly one argument"),
        ("VOLUME", "VOLUME requires at least one argument"),
        ('VOLUME [""]', "VOLUME specified can not be an empty string"),
        ("ONBUILD", "ONBUILD requires at least one argument"),
        ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("ONBUILD ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("HEALTHCHECK", "HEALTHCHECK requires at least one argument"),
        ("HEALTHCHECK foo", 'Unknown type "FOO" in HEALTHCHECK (try CMD)'),
        ("HEALTHCHECK --foo=1 CMD x", "unknown flag: --foo"),
        ("HEALTHCHECK --interval=1 CMD x", 'time: missing unit in duration "1"'),
        ("HEALTHCHECK --retries=-1 CMD x", "--retries cannot be negative (-1)"),
    ],
)
def test_a_change_that_docker_refuses_is_refused_in_its_words(
    images: Images, change: str, sentence: str
) -> None:
    stream = io.BytesIO(ROOT)
    with pytest.raises(InvalidInput) as caught:
        images.import_(stream, None, [change])

    assert (caught.value.brief, stream.tell()) == (sentence, 0)


def test_what_happened_is_journalled(images: Images) -> None:
    id = images.import_(io.BytesIO(ROOT), "yard", ["LABEL k=v"])
    told = [(event.action, event.id, event.attributes) for event in images.events.read()]

    assert told == [("tag", id, {"k": "v", "name": "yard:latest"}), ("import", id, {"k": "v", "name": id})]

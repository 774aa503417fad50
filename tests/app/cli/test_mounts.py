"""`--volume` and `--mount` on the command line, beside what docker 28's client made of the same words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.flags import UsageError, parse
from app.cli.mounts import mount, volumes
from app.cli.verbs.options import CREATE_FLAGS, options

BIND, VOLUME, TMPFS = "type=bind,src=/s,dst=/x", "src=vol,dst=/x", "type=tmpfs,dst=/x"
BOUND: dict[str, Any] = {"Type": "bind", "Source": "/s", "Target": "/x"}
NAMED: dict[str, Any] = {"Type": "volume", "Source": "vol", "Target": "/x"}


@pytest.mark.parametrize(
    ("words", "document"),
    [
        ("dst=/x", {"Type": "volume", "Target": "/x"}),
        (VOLUME, NAMED),
        ("source=vol,target=/x", NAMED),
        ("source=vol,destination=/x", NAMED),
        ("TYPE=Volume,Dst=/x,SRC=vol", NAMED),
        ('type=volume,"src=vol",dst=/x', NAMED),
        ("src=vol,dst=/w,dst=/x", NAMED),
        ("src=vol,dst=rel", {**NAMED, "Target": "rel"}),
        (f"{VOLUME},readonly", {**NAMED, "ReadOnly": True}),
        (f"{VOLUME},ro=1", {**NAMED, "ReadOnly": True}),
        (f"{VOLUME},ro=false", {**NAMED, "ReadOnly": False}),
        (f"{VOLUME},volume-nocopy", {**NAMED, "VolumeOptions": {"NoCopy": True, "DriverConfig": {}}}),
        (f"{VOLUME},volume-subpath=a/b", {**NAMED, "VolumeOptions": {"Subpath": "a/b", "DriverConfig": {}}}),
        (
            f"{VOLUME},volume-label=a=b,volume-label=c,volume-opt=type=tmpfs,volume-opt=device=tmpfs",
            {
                **NAMED,
                "VolumeOptions": {
                    "Labels": {"a": "b", "c": ""},
                    "DriverConfig": {"Options": {"type": "tmpfs", "device": "tmpfs"}},
                },
            },
        ),
        (
            f'{VOLUME},volume-driver=d,"volume-opt=o=a,b"',
            {**NAMED, "VolumeOptions": {"DriverConfig": {"Name": "d", "Options": {"o": "a,b"}}}},
        ),
        (BIND, BOUND),
        (f"{BIND},consistency=cached", {**BOUND, "Consistency": "cached"}),
        (f"{BIND},bind-propagation=rslave", {**BOUND, "BindOptions": {"Propagation": "rslave"}}),
        (f"{BIND},bind-propagation=bogus", {**BOUND, "BindOptions": {"Propagation": "bogus"}}),
        (f"{BIND},bind-nonrecursive", {**BOUND, "BindOptions": {"NonRecursive": True}}),
        (f"{BIND},bind-recursive=disabled", {**BOUND, "BindOptions": {"NonRecursive": True}}),
        (
            f"{BIND},bind-recursive=writable,ro",
            {**BOUND, "ReadOnly": True, "BindOptions": {"ReadOnlyNonRecursive": True}},
        ),
        (TMPFS, {"Type": "tmpfs", "Target": "/x"}),
        (
            f"{TMPFS},tmpfs-size=1m,tmpfs-mode=1777",
            {"Type": "tmpfs", "Target": "/x", "TmpfsOptions": {"SizeBytes": 1 << 20, "Mode": 0o1777}},
        ),
        ("type=bogus,dst=/x", {"Type": "bogus", "Target": "/x"}),
    ],
)
def test_mount_is_read_into_dockers_document(words: str, document: dict[str, Any]) -> None:
    assert mount(words) == document


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("", "EOF"),
        ("type=bind", "target is required"),
        ("src=vol", "target is required"),
        ("type=,dst=/x", "type is required"),
        ("foo", "invalid field 'foo' must be a key=value pair"),
        ("foo=bar,dst=/x", "unexpected key 'foo' in 'foo=bar'"),
        ("type=volume, src=vol,dst=/x", "unexpected key ' src' in ' src=vol'"),
        ('type=bind,dst=/x,"a', 'parse error on line 1, column 20: extraneous or missing " in quoted-field'),
        (f"{VOLUME},readonly=maybe", "invalid value for readonly: maybe"),
        (f"{VOLUME},volume-nocopy=q", "invalid value for volume-nocopy: q"),
        (f"{BIND},bind-nonrecursive=z", "invalid value for bind-nonrecursive: z"),
        (
            f"{BIND},bind-recursive=q",
            'invalid value for bind-recursive: q (must be "enabled", "disabled", "writable", or "readonly")',
        ),
        (
            f"{BIND},bind-recursive=readonly",
            "option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction",
        ),
        (
            f"{BIND},bind-recursive=readonly,ro",
            "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in"
            " conjunction",
        ),
        (f"{TMPFS},tmpfs-size=q", "invalid value for tmpfs-size: q"),
        (f"{TMPFS},tmpfs-mode=9", "invalid value for tmpfs-mode: 9"),
        (f"{BIND},volume-nocopy", "cannot mix 'volume-*' options with mount type 'bind'"),
        (f"{TMPFS},volume-nocopy", "cannot mix 'volume-*' options with mount type 'tmpfs'"),
        (f"{VOLUME},tmpfs-size=1m", "cannot mix 'tmpfs-*' options with mount type 'volume'"),
        (f"{VOLUME},bind-propagation=shared", "cannot mix 'bind-*' options with mount type 'volume'"),
    ],
)
def test_mount_is_refused_in_dockers_words(words: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse("create", CREATE_FLAGS, ["--mount", words])
    assert (caught.value.message, caught.value.code) == (
        f'invalid argument "{words}" for "--mount" flag: {problem}',
        125,
    )


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("", "invalid empty volume spec"),
        ("a:/b:", "invalid spec: a:/b:: empty section between colons"),
        (":/b", "invalid spec: :/b: empty section between colons"),
        ("/tmp:", "invalid spec: /tmp:: empty section between colons"),
        ("/a::ro", "invalid spec: /a::ro: empty section between colons"),
        ("/a:/b:ro:z", "invalid spec: /a:/b:ro:z: too many colons"),
    ],
)
def test_volume_is_refused_in_dockers_words(word: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        volumes([word])
    assert (caught.value.message, caught.value.code) == (problem, 125)


def test_what_has_a_source_is_a_bind_and_the_rest_a_place() -> None:
    assert volumes(["/anon", "vol:/v:ro", "/host:/h", "/anon"]) == (("vol:/v:ro", "/host:/h"), ("/anon",))


def test_a_path_that_begins_with_a_dot_is_told_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert volumes([".:/b", "./x:/b", "../y:/b", ".z:/b"]).binds == (
        f"{tmp_path}:/b", f"{tmp_path}/x:/b", f"{tmp_path.parent}/y:/b", f"{tmp_path}/.z:/b",
    )  # fmt: skip
    assert mount("type=bind,src=./x,dst=/d")["Source"] == f"{tmp_path}/x"
    assert os.getcwd() == str(tmp_path)


def test_the_flags_become_options() -> None:
    words = ["-v", "vol:/v", "-v", "/own", "--mount", TMPFS, "--volumes-from", "a", "--volumes-from", "b:ro"]
    chosen = options(parse("create", CREATE_FLAGS, [*words, "--volume-driver", "d", "image"]))
    assert (chosen.binds, chosen.volumes, chosen.volumes_from) == (("vol:/v",), ("/own",), ("a", "b:ro"))
    assert (chosen.mounts, chosen.volume_driver) == (({"Type": "tmpfs", "Target": "/x"},), "d")


FIELDS = st.sampled_from(
    ["type", "source", "dst", "ro", "readonly", "volume-opt", "volume-label", "tmpfs-size", "tmpfs-mode",
     "bind-propagation", "bind-recursive", "consistency", "volume-nocopy", "bogus", ""]
)  # fmt: skip


@given(st.lists(st.tuples(FIELDS, st.text(max_size=6) | st.sampled_from(["bind", "/x", "true", "1m"]))))
def test_whatever_is_written_is_read_or_refused(fields: list[tuple[str, str]]) -> None:
    words = ",".join("=".join(field) for field in fields)
    try:
        document = mount(words)
    except ValueError:
        return
    assert document["Target"]
    assert document["Type"]


@given(st.text(alphabet=":/ab.ro,", max_size=12))
def test_no_word_of_volume_is_lost(word: str) -> None:
    try:
        binds, places = volumes([word])
    except UsageError:
        assert not word or "::" in f":{word}:" or word.count(":") > 2
    else:
        assert len(binds) + len(places) == 1
        assert all(bind.partition(":")[2] == word.partition(":")[2] for bind in binds)

"""What a container is made of: the image's configuration and the user's words, merged by docker's rules."""

from __future__ import annotations

from typing import Any

import pytest

from engine.containers.creation import Source, merge
from engine.containers.limits.limits import Limits
from engine.containers.options import Options
from engine.containers.refusals import refuse, security_option
from engine.errors import EngineError, InvalidInput

IMAGE = {
    "Entrypoint": ["/entry"],
    "Cmd": ["one", "two"],
    "Env": ["PATH=/opt/bin", "LANG=C", "EMPTY="],
    "WorkingDir": "/srv",
    "User": "dev",
    "StopSignal": "SIGQUIT",
    "Labels": {"maker": "image", "kept": "yes"},
    "ExposedPorts": {"80/tcp": {}},
}
ID = "0123456789abcdef" * 4


def merged(image: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    return merge(
        ID, Source("sha256:i", "shop:1", IMAGE if image is None else image, (1, 2)), Options(**options)
    )


def line(image: dict[str, Any] | None = None, **options: Any) -> list[str]:
    record = merged(image, **options)
    return [record["Path"], *record["Args"]]


def test_entrypoint_and_command_are_one_line() -> None:
    assert line() == ["/entry", "one", "two"]


def test_words_after_the_image_replace_its_command_only() -> None:
    assert line(command=("three",)) == ["/entry", "three"]


def test_a_new_entrypoint_clears_the_images_command() -> None:
    assert line(entrypoint=("/mine",)) == ["/mine"]
    assert line(entrypoint=("/mine",), command=("x",)) == ["/mine", "x"]


def test_an_empty_entrypoint_clears_the_images() -> None:
    assert line(entrypoint=(), command=("sh",)) == ["sh"]


@pytest.mark.parametrize("options", [{"image": {}}, {"entrypoint": ()}])
def test_nothing_to_run_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="No command specified"):
        line(**options)


def environment(*given: str, image: dict[str, Any] | None = None) -> list[str]:
    found: list[str] = merged(image, command=("sh",), environment=given)["Config"]["Env"]
    return found


def test_the_images_variables_come_first_and_may_be_overridden_or_removed() -> None:
    assert environment() == ["PATH=/opt/bin", "LANG=C", "EMPTY="]
    assert environment("LANG=de", "NEW=a=b") == ["PATH=/opt/bin", "LANG=de", "EMPTY=", "NEW=a=b"]
    assert environment("LANG", "ABSENT") == ["PATH=/opt/bin", "EMPTY="]
    assert environment("LANG=") == ["PATH=/opt/bin", "LANG=", "EMPTY="]


def test_the_last_word_on_a_variable_counts() -> None:
    assert environment("A=1", "A=2", "A") == ["PATH=/opt/bin", "LANG=C", "EMPTY="]


def test_an_image_without_a_path_gets_dockers() -> None:
    assert environment(image={}) == ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]


def test_what_the_image_says_holds_until_the_user_says_otherwise() -> None:
    plain = merged()["Config"]
    assert (plain["WorkingDir"], plain["User"], plain["StopSignal"]) == ("/srv", "dev", "SIGQUIT")
    told = merged(workdir="/w", user="0", stop_signal="9", stop_timeout=3)["Config"]
    assert (told["WorkingDir"], told["User"], told["StopSignal"], told["StopTimeout"]) == ("/w", "0", "9", 3)


def test_labels_add_up() -> None:
    assert merged(labels={"maker": "me", "new": ""})["Config"]["Labels"] == {
        "maker": "me", "kept": "yes", "new": "",
    }  # fmt: skip


def test_the_host_name_is_the_short_id_unless_given() -> None:
    assert merged()["Config"]["Hostname"] == ID[:12]
    assert merged(hostname="web")["Config"]["Hostname"] == "web"


def test_a_null_in_the_image_is_as_good_as_nothing() -> None:
    image = dict.fromkeys(IMAGE)
    assert merged(image, command=("sh",))["Config"]["Labels"] == {}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"workdir": "srv"}, "the working directory 'srv' is invalid, it needs to be an absolute path"),
        ({"stop_signal": "FOO"}, "Invalid signal: FOO"),
    ],
)
def test_what_makes_no_sense_is_refused_when_merging(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        merged(**options)
    assert caught.value.brief == sentence


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"cap_add": ("NET_ADMN",)}, 'invalid CapAdd: unknown capability: "CAP_NET_ADMN"'),
        ({"cap_drop": ("cap_x",)}, 'invalid CapDrop: unknown capability: "CAP_X"'),
        ({"limits": Limits(memory=4 << 20)}, "Minimum memory limit allowed is 6MB"),
        ({"tmpfs": {"rel": ""}}, "invalid mount path: 'rel' mount path must be absolute"),
        ({"tmpfs": {"/": ""}}, "invalid specification: destination can't be '/'"),
        ({"tmpfs": {"/../.": ""}}, "invalid specification: destination can't be '/'"),
        ({"tmpfs": {"/x": "size=1m,bogus"}}, 'invalid tmpfs option "bogus"'),
        ({"tmpfs": {"/x": "size"}}, 'invalid tmpfs option "size"'),
        ({"security_options": ("bogus",)}, 'invalid --security-opt: "bogus"'),
        (
            {"security_options": ("no-new-privileges=maybe",)},
            'invalid --security-opt: "no-new-privileges=maybe"',
        ),
        ({"security_options": ("label=user:x",)}, "Cannot label the container user:x"),
        ({"security_options": ("systempaths=some",)}, 'invalid --security-opt: "systempaths=some"'),
        ({"hostname": "two words"}, "invalid hostname 'two words': it has a blank in it"),
        ({"hostname": "a\n1.2.3.4 bank"}, "invalid hostname 'a\\n1.2.3.4 bank': it has a blank in it"),
        ({"hostname": "ä" * 33}, f"invalid hostname '{'ä' * 33}': it is longer than 64 bytes"),
    ],
)
def test_what_cannot_be_honoured_is_refused_aloud(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EngineError) as caught:
        refuse(Options(**options))
    assert caught.value.brief == sentence


def test_what_can_be_honoured_is_not_refused() -> None:
    refuse(Options())
    refuse(
        Options(
            cap_add=("ALL", "net_raw"), cap_drop=("CAP_CHOWN",), hostname="h" * 64,
            limits=Limits(memory=6 << 20),
            tmpfs={"/run": "", "/tmp": "rw,noexec,size=64m,mode=1777,uid=5"},
            security_options=("no-new-privileges", "seccomp=unconfined", "seccomp:unconfined",
                              "apparmor=unconfined", "label=disable"),
        )
    )  # fmt: skip


def test_a_security_option_is_split_as_docker_splits_it() -> None:
    assert security_option("no-new-privileges") == ("no-new-privileges", "true")
    assert security_option("seccomp:unconfined") == ("seccomp", "unconfined")
    assert security_option('seccomp={"a": 1}') == ("seccomp", '{"a": 1}')

"""What is behind `--mount=`."""

from __future__ import annotations

import pytest

from engine.dockerfile.runmount import RunMount, understood
from engine.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "mount"),
    [
        ("target=/src", RunMount("bind", "/src")),
        ("type=bind,dst=/a,src=/b,from=base", RunMount("bind", "/a", "/b", "base")),
        ("type=bind,destination=/a,rw", RunMount("bind", "/a", writable=True)),
        ("type=bind,target=/a,readwrite=false", RunMount("bind", "/a")),
        ("type=bind,target=/a,readonly=false", RunMount("bind", "/a", writable=True)),
        ("type=cache,target=/root/.cache", RunMount("cache", "/root/.cache", writable=True)),
        (
            "TYPE=CACHE,target=/c,id=pip,sharing=LOCKED,mode=0700,uid=8,gid=9,ro",
            RunMount("cache", "/c", id="pip", sharing="locked", mode=0o700, uid=8, gid=9),
        ),
        ("type=tmpfs,target=/t,size=1.5m", RunMount("tmpfs", "/t", writable=True, size=3 << 19)),
        ("type=tmpfs,target=/t,size=64KiB", RunMount("tmpfs", "/t", writable=True, size=65536)),
        ("type=secret,id=key", RunMount("secret", "", writable=True, id="key")),
        ("type=secret,target=/etc/key.pem", RunMount("secret", "/etc/key.pem", writable=True, id="key.pem")),
        (
            "type=secret,id=key,env=KEY,required",
            RunMount("secret", "", writable=True, id="key", required=True, variable="KEY"),
        ),
        ("type=ssh", RunMount("ssh", "", writable=True, id="default")),
        (
            "type=ssh,id=other,required=true,mode=0666",
            RunMount("ssh", "", writable=True, id="other", required=True, mode=0o666),
        ),
        ('type=bind,"target=/a,b"', RunMount("bind", "/a,b")),
    ],
)  # fmt: skip
def test_a_mount_is_understood(text: str, mount: RunMount) -> None:
    assert understood(text) == mount


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("type=disk,target=/a", 'unsupported mount type "disk"'),
        ("type=bind", 'invalid mount target ""'),
        ("type=cache", 'invalid mount target ""'),
        ("type=bind,target=/a,size=1m", 'size not allowed for "bind" type mounts'),
        ("type=bind,target=/a,mode=0700", 'mode not allowed for "bind" type mounts'),
        ("type=bind,target=/a,sharing=locked", 'sharing not allowed for "bind" type mounts'),
        ("type=tmpfs,target=/a,from=x", 'from not allowed for "tmpfs" type mounts'),
        ("type=cache,target=/a,sharing=mine", 'unsupported sharing value "mine"'),
        ("type=cache,target=/a,mode=0999", "invalid value 0999 for mode"),
        ("type=cache,target=/a,uid=-1", "invalid value -1 for uid"),
        ("type=cache,target=/a,uid=4294967295", "invalid value 4294967295 for uid"),
        ("type=tmpfs,target=/a,size=big", "invalid value big for size"),
        ("type=secret", "invalid secret mount. one of source, target required"),
        ("type=secret,id=a,source=b", "both source and id can't be set"),
        ("target", "invalid field 'target' must be a key=value pair"),
        ("type=bind,target=/a,ro=perhaps", "invalid value for readonly: perhaps"),
    ],
)
def test_what_makes_no_sense_is_refused_in_docker_s_words(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        understood(text)
    assert sentence in str(refused.value)

"""Volumes as people know them: six properties, and what docker does with each way to mount something."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.containers.options import Options
from engine.engine import Engine
from engine.store.usage import orphans

pytestmark = pytest.mark.root

BASE = "yard/base:latest"
SHOP = "shop:latest"
Stackyard = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def emptied(yard: Engine) -> Iterator[None]:
    yield
    for container in yard.containers.list(all=True):
        yard.containers.remove(container.id, force=True)
    for volume in yard.volumes.list():
        yard.volumes.remove(volume.name)
    assert orphans(yard.store) == []


@pytest.fixture(scope="module")
def shop(yard_root: str) -> str:
    """An image with a VOLUME that holds something."""
    engine = Engine(yard_root)
    script = (
        "mkdir -p /srv/data/deep && cd /srv/data && echo one > first && ln first second && echo x > deep/file"
        " && ln -s /etc/passwd link && chown 7:8 first && chmod 4750 first && mkfifo pipe"
        " && chmod 1770 . && chown 5:6 . && touch -d @1000000000 deep/file deep && : > /srv/plain"
    )
    id = engine.containers.create(BASE, Options(command=("sh", "-c", script)))
    engine.containers.start(id)
    assert engine.containers.wait(id) == 0
    image = engine.commit(id, SHOP, changes=["VOLUME /srv/data", 'CMD ["sh"]'])
    engine.containers.remove(id)
    engine.close()
    return image


def run(stackyard: Stackyard, *words: str) -> str:
    done = stackyard("run", "--rm", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(stackyard: Stackyard, *words: str) -> tuple[int, str]:
    done = stackyard("run", "--rm", *words, BASE, "true")
    return done.returncode, done.stderr.splitlines()[0]


def mounts(stackyard: Stackyard, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(stackyard("inspect", name).stdout)[0]["Mounts"]
    return found


def volumes(stackyard: Stackyard) -> list[str]:
    return stackyard("volume", "ls", "-q").stdout.split()


def apart(first: str, root: str, *words: str, then: tuple[str, list[str]] | None = None) -> str:
    """Run `stackyard` where something is mounted that the rest of the machine does not see."""
    program = shlex.join([sys.executable, "-m", "app.main", "--root", root])
    line = f"{first} && {program} {shlex.join(words)}"
    if then:
        line += f" && {then[0]} && {program} {shlex.join(then[1])}"
    words = ("unshare", "--mount", "sh", "-c", line)
    done = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    return done.stdout + done.stderr


# The six properties


def test_a_volume_is_shared_and_reused_between_containers(stackyard: Stackyard) -> None:
    run(stackyard, "-v", "bizvol:/vol", BASE, "sh", "-c", "echo kept > /vol/file")
    assert run(stackyard, "--mount", "source=bizvol,target=/other", BASE, "cat", "/other/file") == "kept\n"


def test_a_volume_needs_no_container_to_exist(stackyard: Stackyard) -> None:
    assert stackyard("volume", "create", "bizvol").stdout == "bizvol\n"
    assert volumes(stackyard) == ["bizvol"]
    assert stackyard("volume", "rm", "bizvol").stdout == "bizvol\n"
    assert volumes(stackyard) == []


def test_a_change_is_seen_at_once_by_the_others(yard: Engine, stackyard: Stackyard) -> None:
    watch = "until test -e /vol/news; do sleep 0.01; done; cat /vol/news"
    first, second = (
        yard.containers.create(BASE, Options(command=("sh", "-c", watch), binds=("bizvol:/vol",)))
        for _ in range(2)
    )
    yard.containers.start(first)
    yard.containers.start(second)
    run(stackyard, "-v", "bizvol:/vol", BASE, "sh", "-c", "echo told > /vol/n; mv /vol/n /vol/news")
    for id in (first, second):
        assert yard.containers.wait(id) == 0
        assert b"".join(entry.data for entry in yard.containers.logs(id)) == b"told\n"


def test_an_update_of_the_image_changes_no_volume(yard: Engine, stackyard: Stackyard, shop: str) -> None:
    run(stackyard, "-v", "bizvol:/srv/data", SHOP, "sh", "-c", "echo mine > /srv/data/first")
    change = yard.containers.create(
        BASE, Options(command=("sh", "-c", "mkdir -p /srv/data && echo new > /srv/data/first"))
    )
    yard.containers.start(change)
    yard.containers.wait(change)
    yard.commit(change, "shop:new", changes=["VOLUME /srv/data"])
    assert run(stackyard, "-v", "bizvol:/srv/data", "shop:new", "cat", "/srv/data/first") == "mine\n"
    assert run(stackyard, "shop:new", "cat", "/srv/data/first") == "new\n"
    yard.images.remove("shop:new", force=True)


def test_a_volume_is_no_part_of_a_commit(yard: Engine, stackyard: Stackyard) -> None:
    script = "echo in > /vol/file; echo out > /file"
    stackyard("run", "--name", "source", "-v", "bizvol:/vol", BASE, "sh", "-c", script)
    assert stackyard("commit", "source", "taken:1").returncode == 0
    assert run(stackyard, "taken:1", "sh", "-c", "cat /file; ls -A /vol | wc -l") == "out\n0\n"
    yard.images.remove("taken:1", force=True)


def test_a_volume_is_kept_until_it_is_removed_and_not_removed_while_in_use(stackyard: Stackyard) -> None:
    id = stackyard("create", "--name", "user", "-v", "bizvol:/vol", BASE, "true").stdout.strip()
    for force in ((), ("-f",)):
        done = stackyard("volume", "rm", *force, "bizvol")
        assert (done.returncode, done.stdout) == (1, "")
        assert f"remove bizvol: volume is in use - [{id}]" in done.stderr
    stackyard("rm", "-v", "user")
    assert volumes(stackyard) == ["bizvol"], "it has a name"
    assert stackyard("volume", "rm", "bizvol").returncode == 0


# What the image has there


def test_an_empty_volume_is_filled_with_what_the_image_has(
    yard: Engine, stackyard: Stackyard, shop: str
) -> None:
    stackyard("create", "--name", "first", "-v", "bizvol:/srv/data", SHOP)
    place = Path(yard.volumes.get("bizvol").mountpoint)
    first, deep = place / "first", place / "deep"
    assert sorted(os.listdir(place)) == ["deep", "first", "link", "pipe", "second"]
    assert first.read_text() == "one\n"
    assert first.stat().st_ino == (place / "second").stat().st_ino
    assert (first.stat().st_uid, first.stat().st_gid, stat.S_IMODE(first.stat().st_mode)) == (7, 8, 0o4750)
    assert os.readlink(place / "link") == "/etc/passwd", "a link is copied, never followed"
    assert stat.S_ISFIFO((place / "pipe").stat().st_mode)
    assert (deep.stat().st_mtime, (deep / "file").stat().st_mtime) == (1e9, 1e9)
    assert (place.stat().st_uid, place.stat().st_gid, stat.S_IMODE(place.stat().st_mode)) == (5, 6, 0o1770)


def test_a_volume_that_is_there_and_empty_is_filled_once(stackyard: Stackyard, shop: str) -> None:
    stackyard("volume", "create", "bizvol")
    listing = ("-v", "bizvol:/srv/data:ro", SHOP, "sh", "-c", "ls /srv/data; stat -c '%u:%g %a' /srv/data")
    assert run(stackyard, *listing) == "deep\nfirst\nlink\npipe\nsecond\n5:6 1770\n"
    run(stackyard, "-v", "bizvol:/srv/data", SHOP, "rm", "/srv/data/first")
    assert "first" not in run(stackyard, *listing)


@pytest.mark.parametrize(
    "words",
    [("-v", "bizvol:/srv/data:nocopy"), ("--mount", "src=bizvol,dst=/srv/data,volume-nocopy")],
)
def test_nothing_is_copied_where_nothing_is_to_be(
    stackyard: Stackyard, shop: str, words: tuple[str, ...]
) -> None:
    assert run(stackyard, *words, SHOP, "ls", "/srv/data") == ""


def test_neither_into_a_host_directory(stackyard: Stackyard, shop: str, tmp_path: Path) -> None:
    assert run(stackyard, "-v", f"{tmp_path}:/srv/data", SHOP, "ls", "/srv/data") == ""


def test_a_link_on_the_way_stays_inside_of_the_image(yard: Engine, stackyard: Stackyard) -> None:
    script = "ln -s ../../../../../../etc /out; touch /etc/of-the-image"
    made = yard.containers.create(BASE, Options(command=("sh", "-c", script)))
    yard.containers.start(made)
    yard.containers.wait(made)
    yard.commit(made, "linked:1", changes=["VOLUME /out"])
    assert "of-the-image" in run(stackyard, "linked:1", "ls", "/out/")
    yard.containers.remove(made)
    yard.images.remove("linked:1")


def test_a_link_in_a_volume_moves_a_mount_inside_of_the_container_only(
    yard: Engine, stackyard: Stackyard
) -> None:
    run(stackyard, "-v", "outer:/v", BASE, "sh", "-c", "ln -s /../../../../srv /v/b")
    run(stackyard, "-v", "outer:/a", "-v", "inner:/a/b", BASE, "touch", "/srv/came-here")
    assert os.listdir(yard.volumes.get("inner").mountpoint) == ["came-here"]
    assert not os.path.exists("/srv/came-here")


# Volumes of its own


def test_a_volume_of_ones_own_goes_with_the_container_that_asks_for_that(
    stackyard: Stackyard, shop: str
) -> None:
    stackyard("create", "--name", "own", "-v", "/more", "-v", "named:/named", SHOP)
    assert [
        (mount["Type"], mount["Destination"], len(mount["Name"]), mount["RW"])
        for mount in mounts(stackyard, "own")
    ] == [
        ("volume", "/named", 5, True),
        ("volume", "/srv/data", 64, True),
        ("volume", "/more", 64, True),
    ]
    config = json.loads(stackyard("inspect", "own").stdout)[0]
    assert config["Config"]["Volumes"] == {"/srv/data": {}, "/more": {}}
    assert config["HostConfig"]["Binds"] == ["named:/named"]
    stackyard("rm", "own")
    assert len(volumes(stackyard)) == 3, "they stay unless -v is said"
    stackyard("volume", "prune", "-f")
    assert volumes(stackyard) == []


@pytest.mark.parametrize("words", [("run", "--rm"), ("run", "-d", "--rm", "--name", "short")])
def test_a_container_that_removes_itself_takes_its_own_volumes_along(
    stackyard: Stackyard, yard: Engine, words: tuple[str, ...]
) -> None:
    assert stackyard(*words, "-v", "/own", "-v", "named:/named", BASE, "true").returncode == 0
    for container in yard.containers.list(all=True):
        yard.containers.wait(container.id)
        yard.containers.bury(container.id)
    assert volumes(stackyard) == ["named"]


def test_a_volume_of_ones_own_stays_while_another_container_uses_it(stackyard: Stackyard) -> None:
    stackyard("create", "--name", "one", "-v", "/own", BASE, "true")
    stackyard("create", "--name", "two", "--volumes-from", "one:ro", BASE, "true")
    first, second = mounts(stackyard, "one"), mounts(stackyard, "two")
    assert second == [{**first[0], "RW": False}]
    stackyard("rm", "-v", "one")
    assert volumes(stackyard) == [first[0]["Name"]]
    stackyard("rm", "-v", "two")
    assert volumes(stackyard) == []


def test_what_is_named_wins_over_what_the_image_asks_for(stackyard: Stackyard, shop: str) -> None:
    stackyard("create", "--name", "named", "-v", "bizvol:/srv/data/", SHOP)
    stackyard("create", "--name", "memory", "--tmpfs", "/srv/data", SHOP)
    assert [mount["Name"] for mount in mounts(stackyard, "named")] == ["bizvol"]
    assert mounts(stackyard, "memory") == []


# Directories and files of the host


def test_a_missing_host_directory_is_made(stackyard: Stackyard, tmp_path: Path) -> None:
    place = tmp_path / "a" / "b"
    run(stackyard, "-v", f"{place}:/host", BASE, "sh", "-c", "echo x > /host/file")
    assert (place / "file").read_text() == "x\n"


def test_a_relative_host_path_begins_here(stackyard: Stackyard, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here\n")
    checkout = Path(__file__).parents[2]
    done = stackyard(
        "run", "--rm", "-v", "./file:/f:ro", BASE, "cat", "/f",
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(checkout)},
    )  # fmt: skip
    assert done.stdout == "here\n", done.stderr


def test_a_single_file_is_mounted_on_a_file(stackyard: Stackyard, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("before\n")
    script = "cat /etc/app.conf; echo after > /etc/app.conf"
    assert run(stackyard, "-v", f"{file}:/etc/app.conf", BASE, "sh", "-c", script) == "before\n"
    assert file.read_text() == "after\n"


@pytest.mark.parametrize(
    ("more", "answers"),
    [
        (",ro", "no\nno\n"),
        (",ro,bind-recursive=writable", "no\nyes\n"),
        ("", "yes\nyes\n"),
        (",bind-recursive=disabled", "yes\nyes\n"),
    ],
)
def test_a_read_only_bind_is_so_all_the_way_down(
    yard_root: str, tmp_path: Path, more: str, answers: str
) -> None:
    (tmp_path / "below").mkdir()
    tries = "for place in /x /x/below; do touch $place/f 2>/dev/null && echo yes || echo no; done"
    words = ["run", "--rm", "--mount", f"type=bind,src={tmp_path},dst=/x{more}", BASE, "sh", "-c", tries]
    mounted = f"mount -t tmpfs none {tmp_path}/below"
    assert apart(mounted, yard_root, *words) == answers
    assert (tmp_path / "below" / "f").exists() == ("disabled" in more), "the mount below did not come along"


def test_what_is_mounted_later_is_seen_where_that_was_asked_for(yard_root: str, tmp_path: Path) -> None:
    """Of a shared mount only; a bind is private otherwise."""
    mounted = f"mount -t tmpfs none {tmp_path} && mkdir {tmp_path}/later"
    words = ["run", "-d", "--name", "seer", "-v", f"{tmp_path}:/x:rslave", BASE, "sleep", "100"]
    after = f"mount -t tmpfs none {tmp_path}/later && touch {tmp_path}/later/file"
    shared = f"{mounted} && mount --make-shared {tmp_path}"
    listing = ["exec", "seer", "ls", "/x/later"]
    assert apart(shared, yard_root, *words, then=(after, listing)).splitlines()[1:] == ["file"]
    Engine(yard_root).containers.remove("seer", force=True)
    said = apart(f"{mounted} && mount --make-private {tmp_path}", yard_root, *words)
    assert f"path {tmp_path} is mounted on {tmp_path} but it is not a shared or slave mount" in said


def test_deeper_mounts_lie_in_shallower_ones(stackyard: Stackyard) -> None:
    words = ("-v", "inner:/a/b", "-v", "outer:/a", "--tmpfs", "/a/b/c")
    script = "grep -o ' /a[^ ]* ' /proc/mounts; touch /a/1 /a/b/2 /a/b/c/3"
    assert run(stackyard, *words, BASE, "sh", "-c", script).split() == ["/a", "/a/b", "/a/b/c"]
    assert run(stackyard, "-v", "outer:/x", "-v", "inner:/y", BASE, "sh", "-c", "ls /x /y").split() == [
        "/x:", "1", "b", "/y:", "2", "c",
    ]  # fmt: skip


def test_the_users_own_file_stands_for_one_of_ours(stackyard: Stackyard, tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("1.2.3.4 mine\n")
    words = ("-v", f"{tmp_path}/hosts:/etc/hosts", BASE, "cat", "/etc/hosts")
    assert run(stackyard, *words) == "1.2.3.4 mine\n"


def test_the_hosts_dev_is_taken_as_it_is(stackyard: Stackyard) -> None:
    before = sorted(os.listdir("/dev"))
    words = ("-v", "/dev:/dev", BASE, "sh", "-c", "ls -A /dev; test -c /dev/null && test -d /dev/pts")
    assert sorted(run(stackyard, *words).split()) == before
    assert run(stackyard, "-t", "-v", "/dev:/dev", BASE, "sh", "-c", "test -t 1 && echo yes") == "yes\n"
    assert sorted(os.listdir("/dev")) == before


def test_what_is_mounted_over_all_of_etc_still_gets_a_host_name(stackyard: Stackyard) -> None:
    script = "cat /etc/hostname; touch /etc/x || echo no"
    assert run(stackyard, "-h", "web", "-v", "conf:/etc:ro", BASE, "sh", "-c", script) == "web\nno\n"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("-v", "a:/b"), 125, "create a: volume name is too short"),
        (("-v", "/a:/"), 125, "invalid specification: destination can't be '/'"),
        (("-v", "no/path:/x"), 125, '"no/path" includes invalid characters for a local volume name'),
        (("-v", "ab:/x", "-v", "cd:/x"), 125, "Duplicate mount point: /x"),
        (("-v", "ab:/x", "--tmpfs", "/x"), 125, "Duplicate mount point: /x"),
        (("-v", "/:/x:rw,ro"), 125, "invalid mode: rw,ro"),
        (("-v", "ab:/x:"), 125, "invalid spec: ab:/x:: empty section between colons"),
        (("--mount", "type=bind,src=/nowhere,dst=/x"), 125, "bind source path does not exist: /nowhere"),
        (("--mount", "dst=/x,type=none"), 125, 'invalid mount config for type "none": mount type unknown'),
        (("--volumes-from", "ghost"), 125, "No such container: ghost"),
        (("-v", f"/{'a' * 300}:/x"), 125, "error while creating mount source path"),
        (("-v", "/proc/self/maps:/bin"), 125, "not a directory"),
    ],
)  # fmt: skip
def test_what_docker_refuses_is_refused_in_its_words(
    stackyard: Stackyard, words: tuple[str, ...], code: int, sentence: str
) -> None:
    got, said = refused(stackyard, *words)
    assert (got, sentence in said) == (code, True), said


# Volumes with options


def test_a_volume_in_memory(stackyard: Stackyard) -> None:
    options = ("-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m,uid=7,noexec")
    stackyard("volume", "create", *options, "fast")
    script = "stat -f -c '%T' /fast; stat -c %u /fast; grep ' /fast ' /proc/mounts"
    kind, owner, line = run(stackyard, "-v", "fast:/fast", BASE, "sh", "-c", script).splitlines()
    assert (kind, owner) == ("tmpfs", "7")
    assert {"noexec", "size=1024k"} <= set(line.split()[3].split(","))
    assert "fast" not in Path("/proc/self/mountinfo").read_text(), "nothing is mounted on the host"


def test_a_volume_in_memory_is_shared_while_somebody_has_it(yard: Engine, stackyard: Stackyard) -> None:
    yard.volumes.create("fast", options={"type": "tmpfs", "device": "tmpfs", "o": "size=1m"})
    wait = ("sh", "-c", "ls /fast > /seen; until test -e /fast/enough; do sleep 0.01; done")
    reader = yard.containers.create(BASE, Options(command=wait, binds=("fast:/fast:ro",)))
    yard.containers.start(reader)
    run(stackyard, "-v", "fast:/here/too", BASE, "touch", "/here/too/first")
    assert run(stackyard, "-v", "fast:/x", BASE, "sh", "-c", "ls /x; touch /x/enough") == "first\n"
    assert yard.containers.wait(reader) == 0
    assert run(stackyard, "-v", "fast:/x", BASE, "ls", "/x") == "", "it went with the last who had it"


def test_a_volume_that_is_a_host_directory(stackyard: Stackyard, tmp_path: Path, shop: str) -> None:
    stackyard("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", f"device={tmp_path}", "here")
    run(stackyard, "-v", "here:/srv/data", SHOP, "true")
    assert (tmp_path / "first").read_text() == "one\n", "it is filled as any volume is"
    stackyard("volume", "rm", "here")
    assert (tmp_path / "first").exists(), "what is the host's stays"


def test_a_volume_whose_device_is_gone(stackyard: Stackyard) -> None:
    stackyard("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", "device=/nonexistent", "gone")
    done = stackyard("run", "--rm", "-v", "gone:/x:nocopy", BASE, "true")
    assert done.returncode == 127
    assert "failed to mount local volume: mount /nonexistent:" in done.stderr
    assert "no such file or directory" in done.stderr


# What others see


def test_ps_and_its_filter_tell_of_mounts(stackyard: Stackyard, tmp_path: Path) -> None:
    words = ("-v", "bizvol:/vol", "-v", f"{tmp_path}:/host:ro", "--mount", "type=tmpfs,dst=/t")
    stackyard("create", "--name", "seen", *words, BASE, "true")
    shown = stackyard("ps", "-a", "--no-trunc", "--format", "{{.Mounts}} {{.LocalVolumes}}").stdout
    assert shown == f"bizvol,{tmp_path}, 1\n"
    for value, names in (("bizvol", "seen\n"), ("/vol", "seen\n"), (str(tmp_path), "seen\n"), ("biz", "")):
        listed = stackyard("ps", "-a", "--filter", f"volume={value}", "--format", "{{.Names}}").stdout
        assert listed == names, value
    host = mounts(stackyard, "seen")[1]
    assert host == {
        "Type": "bind", "Source": str(tmp_path), "Destination": "/host", "Mode": "ro", "RW": False,
        "Propagation": "rprivate",
    }  # fmt: skip


def test_a_subpath_of_a_volume_stays_inside_of_it(stackyard: Stackyard) -> None:
    run(stackyard, "-v", "bizvol:/v", BASE, "sh", "-c", "mkdir /v/in; echo x > /v/in/f; ln -s / /v/out")
    mount = "src=bizvol,dst=/x,volume-subpath="
    assert run(stackyard, "--mount", f"{mount}in", BASE, "ls", "/x") == "f\n"
    assert run(stackyard, "--mount", f"{mount}out", BASE, "ls", "/x").split() == ["in", "out"]
    code, said = refused(stackyard, "--mount", f"{mount}../..")
    assert (code, "subpath must be a relative path within the volume" in said) == (125, True)


# All or nothing


def test_a_container_that_cannot_be_made_leaves_no_volume(stackyard: Stackyard, shop: str) -> None:
    stackyard("create", "--name", "taken", BASE, "true")
    done = stackyard("create", "--name", "taken", "-v", "bizvol:/vol", SHOP)
    assert done.returncode == 1
    assert volumes(stackyard) == []


def test_many_may_begin_with_the_same_new_volume(yard: Engine, yard_root: str, shop: str) -> None:
    words = [sys.executable, "-m", "app.main", "--root", yard_root, "run", "--rm", "-v", "bizvol:/srv/data"]
    crowd = [
        subprocess.Popen(
            [*words, SHOP, "sh", "-c", f"touch /srv/data/{number}"],
            stderr=subprocess.PIPE, cwd=Path(__file__).parents[2],
        )
        for number in range(6)
    ]  # fmt: skip
    assert [process.communicate()[1] for process in crowd] == [b""] * 6
    assert [process.returncode for process in crowd] == [0] * 6
    place = yard.volumes.get("bizvol").mountpoint
    assert sorted(os.listdir(place)) == [*"012345", "deep", "first", "link", "pipe", "second"]

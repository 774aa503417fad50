"""Round trips with the other engines: the same ids and the same files, in both directions."""

from __future__ import annotations

import io
import json
import os
import secrets
import shlex
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.events import EventLog
from engine.images.images import Images
from engine.paths import Paths
from engine.store.store import Store
from tests.engine.images.archives import Made, digest_of, docker_archive

pytestmark = [pytest.mark.peers, pytest.mark.root]

NAME = f"yard-exchange-{secrets.token_hex(4)}"
MODIFIED = 1_600_000_000
CAPABILITY = b"\x01\x00\x00\x02\x00\x04\x00\x00" + bytes(12)
"""cap_net_bind_service+ep (vfs_cap_data, revision 2)."""


def run_bytes(*command: str) -> bytes:
    done = subprocess.run(command, capture_output=True, timeout=100)
    assert done.returncode == 0, f"{shlex.join(command)}: {done.stderr.decode()}"
    return done.stdout


def run(*command: str) -> str:
    return run_bytes(*command).decode().strip()


class Files:
    """A layer in the making, with everything a layer may hold."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.out, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def add(self, name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", **more: Any) -> Files:
        info = tarfile.TarInfo(name)
        info.type, info.size, info.mtime = kind, len(data), MODIFIED
        info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
        for field, value in more.items():
            setattr(info, field, value)
        self.tar.addfile(info, io.BytesIO(data))
        return self

    def layer(self) -> bytes:
        self.tar.close()
        return self.out.getvalue()


def rich_image() -> Made:
    """Make an image of two layers: owners, modes, links, devices, names, capabilities, whiteouts."""
    low = (
        Files()
        .add("bin", tarfile.DIRTYPE)
        .add("bin/su", data=b"#!", mode=0o4755)
        .add("bin/hard", tarfile.LNKTYPE, linkname="bin/su", mode=0o4755)
        .add("bin/soft", tarfile.SYMTYPE, linkname="../bin/su", mode=0o777)
        .add(
            "bin/ping",
            data=b"ping",
            pax_headers={"SCHILY.xattr.security.capability": CAPABILITY.decode("latin-1")},
        )
        .add("etc", tarfile.DIRTYPE, uid=12, gid=34, mode=0o1777)
        .add("etc/gone", data=b"x")
        .add("etc/kept", data=b"y" * 70_000, uid=65534, gid=65534, mode=0o600)
        .add("opaque", tarfile.DIRTYPE)
        .add("opaque/below", data=b"1")
        .add("n\u00e4me \u4e2d", data=b"utf-8")
        .add("long/" + "d" * 90, tarfile.DIRTYPE)
        .add("long/" + "d" * 90 + "/" + "f" * 200, data=b"long")
        .add("fifo", tarfile.FIFOTYPE)
        .add("null", tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666)
        .layer()
    )
    high = (
        Files()
        .add("etc", tarfile.DIRTYPE, uid=12, gid=34, mode=0o1777)
        .add("etc/.wh.gone")
        .add("etc/new", data=b"new")
        .add("opaque", tarfile.DIRTYPE)
        .add("opaque/.wh..wh..opq")
        .add("opaque/above", data=b"2")
        .layer()
    )
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": "2026-01-02T03:04:05Z",
        "config": {"Cmd": ["/bin/su"], "Labels": {"<k>": "&v"}, "Env": ["PATH=/bin"]},
        "history": [
            {"created_by": "low"},
            {"created_by": "empty", "empty_layer": True},
            {"created_by": "high"},
        ],
        "rootfs": {"type": "layers", "diff_ids": [digest_of(low), digest_of(high)]},
    }
    return Made(json.dumps(config).encode(), (low, high))


RICH = rich_image()


class Docker:
    """The docker command line, with whatever it talks to."""

    def __init__(self) -> None:
        self.command = shlex.split(os.environ.get("STACKYARD_TEST_DOCKER", "docker"))

    def __call__(self, *words: str) -> str:
        return run(*self.command, *words)

    def absent(self) -> str | None:
        """Say why it cannot be asked."""
        if shutil.which(self.command[0]) is None:
            return "docker is not installed"
        answered = subprocess.run([*self.command, "info"], capture_output=True, timeout=20).returncode == 0
        return None if answered else "no docker daemon answers"

    def tree(self) -> dict[str, Node]:
        """Describe the image NAME by the directories of its overlay2 driver, if they are on this machine."""
        driver = json.loads(self("image", "inspect", "-f", "{{json .GraphDriver}}", NAME))
        if driver["Name"] != "overlay2" or not os.path.isdir(driver["Data"]["UpperDir"]):
            pytest.skip("docker's layers are not where we could look at them")
        below = driver["Data"].get("LowerDir", "")
        return tree(driver["Data"]["UpperDir"], *(below.split(":") if below else ()))

    def forget(self) -> None:
        """Remove the image NAME."""
        subprocess.run([*self.command, "rmi", "-f", NAME], capture_output=True, timeout=60)


class Podman:
    """Podman with a storage of its own, whose layers are plain directories."""

    def __init__(self, folder: str) -> None:
        self.command = ("podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run",
                        "--storage-driver", "vfs")  # fmt: skip

    def __call__(self, *words: str) -> str:
        return run(*self.command, *words)


class Node(NamedTuple):
    """What a file is, wherever it lies."""

    kind: bytes
    mode: int
    owner: tuple[int, int]
    mtime: int
    content: str
    device: tuple[int, int]
    capability: str | None


def tree(*layers: str) -> dict[str, Node]:
    """Describe what a stack of directories shows, top first; the mount is seen by nobody else."""
    pack = 'tar -C "$0" --xattrs "--xattrs-include=*" --format=pax -cf - .'
    if len(layers) == 1:
        return described(run_bytes("sh", "-c", pack, layers[0]))
    folder = f"{os.path.dirname(layers[0])}/merged-{secrets.token_hex(4)}"
    os.mkdir(folder)
    try:
        mount = 'mount -t overlay -o "ro,lowerdir=$1" none "$0" && '
        return described(run_bytes("unshare", "-m", "sh", "-c", mount + pack, folder, ":".join(layers)))
    finally:
        os.rmdir(folder)


def described(packed: bytes) -> dict[str, Node]:
    """Describe the members of a tar; files that are one are told by the names they share."""
    nodes: dict[str, Node] = {}
    links: dict[str, set[str]] = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            if name == ".":
                continue
            if member.islnk():
                first = member.linkname.removeprefix("./")
                links.setdefault(first, {first}).add(name)
                continue
            file = tar.extractfile(member) if member.isreg() else None
            nodes[name] = Node(
                member.type,
                member.mode,
                (member.uid, member.gid),
                0 if member.isdir() else int(member.mtime),
                sha256(file.read()).hexdigest() if file else member.linkname,
                (member.devmajor, member.devminor) if member.isdev() else (0, 0),
                member.pax_headers.get("SCHILY.xattr.security.capability"),
            )
    for first, names in links.items():
        shared = nodes[first]._replace(content=f"{nodes[first].content} {sorted(names)}")
        nodes.update(dict.fromkeys(names, shared))
    return nodes


@pytest.fixture
def images(tmp_path: Path) -> Iterator[Images]:
    paths = Paths(f"{tmp_path}/yard", f"{tmp_path}/yard/run")
    with Store(paths) as store:
        yield Images(store, EventLog(paths.events))


@pytest.fixture
def rich(images: Images) -> Made:
    """Have the rich image in our store under NAME."""
    list(images.load(io.BytesIO(docker_archive({NAME: RICH}))))
    return RICH


def ours(images: Images, name: str = NAME) -> dict[str, Node]:
    """Describe an image in our store."""
    return tree(*(images.store.paths.snapshot(layer.snapshot) for layer in reversed(images.get(name).chain)))


def save(images: Images, path: Path, format: str = "docker-archive") -> str:
    with path.open("wb") as out:
        images.save([NAME], out, format)
    return str(path)


def load(images: Images, path: Path) -> list[str]:
    """Forget what is there, and load a file or a directory; return the ids."""
    images.prune(all=True)
    assert images.list() == []
    if path.is_dir():
        return [loaded.id for loaded in images.load(str(path))]
    with path.open("rb") as archive:
        return [loaded.id for loaded in images.load(archive)]


def test_the_rich_image_shows_what_it_should(images: Images, rich: Made) -> None:
    """What is compared below is worth comparing."""
    nodes = ours(images)

    assert "etc/gone" not in nodes
    assert "opaque/below" not in nodes
    assert nodes["bin/su"] == nodes["bin/hard"]
    assert (nodes["bin/su"].mode, nodes["etc"].mode, nodes["etc"].owner) == (0o4755, 0o1777, (12, 34))
    assert nodes["bin/ping"].capability
    assert nodes["null"].device == (1, 3)


class TestDocker:
    @pytest.fixture
    def docker(self) -> Iterator[Docker]:
        docker = Docker()
        if (reason := docker.absent()) is not None:
            pytest.skip(reason)
        yield docker
        docker.forget()

    def test_what_we_save_docker_loads(
        self, images: Images, rich: Made, docker: Docker, tmp_path: Path
    ) -> None:
        docker("load", "-i", save(images, tmp_path / "ours.tar"))

        assert docker("image", "inspect", "-f", "{{.Id}}", NAME) == rich.id
        assert docker.tree() == ours(images)

    def test_what_docker_saves_we_load(
        self, images: Images, rich: Made, docker: Docker, tmp_path: Path
    ) -> None:
        before = ours(images)
        docker("load", "-i", save(images, tmp_path / "ours.tar"))
        docker("save", NAME, "-o", str(tmp_path / "docker.tar"))

        assert load(images, tmp_path / "docker.tar") == [rich.id]
        assert ours(images) == before

    def test_both_write_the_same_files(
        self, images: Images, rich: Made, docker: Docker, tmp_path: Path
    ) -> None:
        docker("load", "-i", save(images, tmp_path / "ours.tar"))
        docker("save", NAME, "-o", str(tmp_path / "docker.tar"))

        written = {}
        for who in ("ours", "docker"):
            with tarfile.open(tmp_path / f"{who}.tar") as tar:
                written[who] = {
                    member.name: file.read()
                    for member in tar
                    if (file := tar.extractfile(member)) is not None
                }
        if "oci-layout" in written["docker"]:
            pytest.skip("this docker saves OCI layouts")
        assert written["ours"] == written["docker"]

    def test_both_count_the_same_size_and_tell_the_same_history(
        self, images: Images, rich: Made, docker: Docker, tmp_path: Path
    ) -> None:
        docker("load", "-i", save(images, tmp_path / "ours.tar"))
        told = docker("history", "--no-trunc", "--human=false", "--format", "{{.CreatedBy}}|{{.Size}}", NAME)

        assert int(docker("image", "inspect", "-f", "{{.Size}}", NAME)) == images.get(NAME).size
        assert told.splitlines() == [f"{step.created_by}|{step.size}" for step in images.history(NAME)]

    def test_both_inspect_alike(self, images: Images, rich: Made, docker: Docker, tmp_path: Path) -> None:
        docker("load", "-i", save(images, tmp_path / "ours.tar"))
        (theirs,) = json.loads(run_bytes(*docker.command, "image", "inspect", NAME))
        if "ContainerConfig" not in theirs or "Hostname" not in theirs["Config"]:
            pytest.skip("this docker answers in a later form")
        told = images.inspect(NAME)

        for key in ("GraphDriver", "Metadata"):
            assert theirs.pop(key).keys() == told.pop(key).keys()
        assert list(told) == list(theirs)
        assert told == theirs

    def test_both_import_alike(self, images: Images, docker: Docker, tmp_path: Path) -> None:
        (tmp_path / "root.tar").write_bytes(RICH.layers[0])
        changes = ["CMD sh", "ENV A=1 B=$A", "LABEL k=v"]
        docker(
            "import", *(word for text in changes for word in ("-c", text)), str(tmp_path / "root.tar"), NAME
        )
        images.import_(io.BytesIO(RICH.layers[0]), NAME, changes)
        docker("save", NAME, "-o", str(tmp_path / "docker.tar"))
        with tarfile.open(tmp_path / "docker.tar") as tar:
            listed = json.load(_file(tar, "manifest.json"))
            theirs = json.load(_file(tar, listed[0]["Config"]))
        mine = images.get(NAME).config

        for config in (mine, theirs):
            config.pop("docker_version", None)
            config.pop("created")
            config["history"][0].pop("created")
        assert mine == theirs
        assert ours(images) == docker.tree()


@pytest.fixture
def podman() -> Iterator[Podman]:
    # Its directories must have short names.
    folder = tempfile.mkdtemp()
    podman = Podman(folder)
    yield podman
    subprocess.run([*podman.command, "rmi", "-af"], capture_output=True, timeout=60)
    shutil.rmtree(folder)


class TestPodman:
    @pytest.mark.parametrize("format", ["docker-archive", "oci-archive"])
    def test_what_we_save_podman_loads(
        self, images: Images, rich: Made, podman: Podman, tmp_path: Path, format: str
    ) -> None:
        podman("load", "-i", save(images, tmp_path / "ours.tar", format))
        (name,) = podman("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()

        assert name.endswith(f"/{NAME}:latest")
        assert f"sha256:{podman('image', 'inspect', '-f', '{{.Id}}', name)}" == rich.id
        assert tree(podman("image", "mount", name)) == ours(images)

    @pytest.mark.parametrize("format", ["docker-archive", "oci-archive", "oci-dir"])
    def test_what_podman_saves_we_load(
        self, images: Images, rich: Made, podman: Podman, tmp_path: Path, format: str
    ) -> None:
        before = ours(images)
        podman("load", "-i", save(images, tmp_path / "ours.tar"))
        podman("save", "--format", format, "-o", str(tmp_path / "podman"), NAME)
        (id,) = load(images, tmp_path / "podman")

        # For an OCI form podman writes docker's config anew, and so gives the image another id.
        assert id == (
            rich.id if format == "docker-archive" else config_digest(f"{_kind(format)}:{tmp_path}/podman")
        )
        assert images.get(id).tags == (f"localhost/{NAME}:latest",)
        assert ours(images, id) == before


class TestSkopeo:
    @pytest.mark.parametrize("target", ["oci", "docker-archive"])
    def test_what_we_save_skopeo_copies_with_the_same_config(
        self, images: Images, rich: Made, tmp_path: Path, target: str
    ) -> None:
        images.save([NAME], str(tmp_path / "ours"), "oci-dir")
        there = tmp_path / "there"
        run("skopeo", "copy", "--insecure-policy", f"oci:{tmp_path}/ours", f"{target}:{there}:{NAME}:latest")

        assert config_digest(f"{target}:{there}") == rich.id
        assert load(images, there) == [rich.id]

    @pytest.mark.parametrize("compression", ["gzip", "zstd"])
    def test_a_layout_by_skopeo_goes_round_with_every_blob(
        self, images: Images, rich: Made, tmp_path: Path, compression: str
    ) -> None:
        before = ours(images)
        source = save(images, tmp_path / "ours.tar")
        there = f"oci:{tmp_path}/there:{NAME}"
        run("skopeo", "copy", "--insecure-policy", "--dest-compress-format", compression,
            f"docker-archive:{source}", there)  # fmt: skip
        (id,) = load(images, tmp_path / "there")
        images.save([NAME], str(tmp_path / "back"), "oci-dir")

        assert id == config_digest(there)
        assert ours(images) == before
        assert blobs(tmp_path / "back") == blobs(tmp_path / "there")


class TestUmoci:
    def test_what_we_save_umoci_unpacks(self, images: Images, rich: Made, tmp_path: Path) -> None:
        images.save([NAME], str(tmp_path / "ours"), "oci-dir")
        run(
            "umoci",
            "unpack",
            "--image",
            f"{tmp_path}/ours:docker.io/library/{NAME}:latest",
            f"{tmp_path}/bundle",
        )

        assert tree(f"{tmp_path}/bundle/rootfs") == ours(images)

    def test_what_umoci_repacks_we_load_as_podman_does(
        self, images: Images, rich: Made, podman: Podman, tmp_path: Path
    ) -> None:
        images.save([NAME], str(tmp_path / "layout"), "oci-dir")
        source = f"{tmp_path}/layout:docker.io/library/{NAME}:latest"
        run("umoci", "unpack", "--image", source, f"{tmp_path}/bundle")
        shutil.rmtree(tmp_path / "bundle/rootfs/opaque")
        # Not in a directory with an owner of its own: umoci's layers say nothing about unchanged parents.
        (tmp_path / "bundle/rootfs/bin/su").write_text("changed")
        run("umoci", "repack", "--image", f"{tmp_path}/layout:changed", f"{tmp_path}/bundle")
        # The old name leaves the layout, so that one image is in it.
        run("umoci", "rm", "--image", source)
        podman("load", "-i", f"{tmp_path}/layout")
        (id,) = load(images, tmp_path / "layout")

        assert images.get(id).tags == ("changed:latest",)
        assert len(images.get(id).chain) == 3
        assert podman("images", "--quiet", "--no-trunc") == id
        assert ours(images, id) == tree(podman("image", "mount", id[7:]))


def test_a_base_grown_from_this_machine_is_the_same_in_podman(
    images: Images, podman: Podman, tmp_path: Path
) -> None:
    id = images.import_host(reference=NAME)
    podman("load", "-i", save(images, tmp_path / "ours.tar"))

    assert f"sha256:{podman('image', 'inspect', '-f', '{{.Id}}', NAME)}" == id
    assert tree(podman("image", "mount", NAME)) == ours(images)


def config_digest(where: str) -> str:
    """Ask skopeo for an image's id."""
    manifest = json.loads(run_bytes("skopeo", "inspect", "--raw", where))
    return str(manifest["config"]["digest"])


def blobs(folder: Path) -> set[str]:
    return {path.name for path in (folder / "blobs/sha256").iterdir()}


def _kind(format: str) -> str:
    return "oci" if format == "oci-dir" else format


def _file(tar: tarfile.TarFile, name: str) -> Any:
    file = tar.extractfile(name)
    assert file
    return file

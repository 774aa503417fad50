"""A base image grown from a machine: fabricated roots tell what comes along, this machine whether it runs."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from engine.errors import InvalidInput, NotFound, NotPermitted
from engine.images.base.root import Root
from engine.images.host import HostImage, grow
from tests.engine.images.binaries import AARCH64, GLIBC, I386, MUSL, elf

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(path: str, content: bytes = b"", *, link: str = "", mode: int = 0o755) -> None:
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if link:
            place.symlink_to(link)
        else:
            place.write_bytes(content)
            place.chmod(mode)

    return put


@pytest.fixture
def debian(write: Write) -> Write:
    """A merged-/usr glibc machine with a shell and no more."""
    for name in ("bin", "sbin", "lib", "lib64"):
        write(f"/usr/{name}/.keep")
        write(f"/{name}", link=f"usr/{name}")
    write("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", elf())
    write("/usr/lib64/ld-linux-x86-64.so.2", link="/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
    write("/usr/lib/x86_64-linux-gnu/libc.so.6", elf("ld-linux-x86-64.so.2"))
    write("/usr/bin/dash", elf("libc.so.6", interpreter=GLIBC))
    write("/usr/bin/sh", link="dash")
    return write


def grown(root: Path, *programs: str) -> tuple[HostImage, dict[str, tarfile.TarInfo]]:
    out = io.BytesIO()
    image = grow(out, programs, root=str(root))
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        return image, {f"/{entry.name}": entry for entry in tar}


# -- what comes along ----------------------------------------------------------------------------------------


def test_a_shell_brings_its_loader_libraries_and_links(debian: Write, tmp_path: Path) -> None:
    image, entries = grown(tmp_path)
    assert image.shell == "/bin/sh"
    assert image.programs[:2] == ("sh", "dash")
    assert "ls" in image.missing
    assert entries["/bin"].linkname == "usr/bin"
    assert entries["/usr/bin/sh"].linkname == "dash"
    assert entries["/usr/lib64/ld-linux-x86-64.so.2"].issym()
    assert entries["/usr/lib/x86_64-linux-gnu/libc.so.6"].isreg()
    assert not any(path.startswith("/lib/") for path in entries)


def test_the_tar_is_tidy_and_always_the_same(debian: Write, tmp_path: Path) -> None:
    debian("/usr/bin/su", elf("libc.so.6", interpreter=GLIBC), mode=0o6775)
    debian("/etc/shadow", b"root:secret")
    first, second = io.BytesIO(), io.BytesIO()
    grow(first, ["su"], root=str(tmp_path))
    grow(second, ["su"], root=str(tmp_path))
    assert first.getvalue() == second.getvalue()
    _, entries = grown(tmp_path, "su")
    assert all((entry.uid, entry.gid) == (0, 0) for entry in entries.values())
    assert entries["/usr/bin/su"].mode == 0o755
    assert entries["/tmp"].mode == 0o1777
    assert "/etc/shadow" not in entries
    assert list(entries) == sorted(entries, key=lambda path: path.split("/"))


def test_accounts_are_the_images_own(debian: Write, tmp_path: Path) -> None:
    debian("/etc/passwd", b"root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n")
    out = io.BytesIO()
    grow(out, root=str(tmp_path))
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        accounts = tar.extractfile("etc/passwd")
        assert accounts is not None
        text = accounts.read().decode()
    assert text.startswith("root:x:0:0:root:/root:/bin/sh\n")
    assert "nobody:x:65534:" in text
    assert "alice" not in text


def test_libraries_are_looked_for_as_the_loader_does(debian: Write, tmp_path: Path) -> None:
    near = elf("libdeep.so")
    debian(
        "/opt/app/bin/app",
        elf("libnear.so", "libconf.so", "libc.so.6", interpreter=GLIBC, runpath="$ORIGIN/../lib"),
    )
    debian("/opt/app/lib/libnear.so", near)
    debian("/usr/local/odd/libconf.so", elf())
    debian("/usr/lib/libdeep.so", elf(machine=I386, wide=False))
    debian("/usr/lib/x86_64-linux-gnu/libdeep.so", elf())
    debian("/etc/ld.so.conf", b"include /etc/ld.so.conf.d/*.conf\n")
    debian("/etc/ld.so.conf.d/odd.conf", b"# ours\n/usr/local/odd\n")
    _, entries = grown(tmp_path, "/opt/app/bin/app")
    assert "/opt/app/lib/libnear.so" in entries
    assert "/usr/lib/x86_64-linux-gnu/libdeep.so" in entries
    assert "/usr/lib/libdeep.so" not in entries
    # No ld.so.cache comes along, so what only the configuration finds gets a link beside the loader.
    assert entries["/usr/lib/x86_64-linux-gnu/libconf.so"].linkname == "/usr/local/odd/libconf.so"
    assert entries["/usr/bin/app"].linkname == "/opt/app/bin/app"


def test_an_rpath_serves_the_libraries_of_a_library(debian: Write, tmp_path: Path) -> None:
    debian("/usr/bin/app", elf("libone.so", interpreter=GLIBC, rpath="/opt/lib"))
    debian("/opt/lib/libone.so", elf("libtwo.so"))
    debian("/opt/lib/libtwo.so", elf())
    _, entries = grown(tmp_path, "app")
    assert "/opt/lib/libtwo.so" in entries


def test_scripts_bring_their_interpreters(debian: Write, tmp_path: Path) -> None:
    debian("/usr/bin/env", elf("libc.so.6", interpreter=GLIBC))
    debian("/usr/local/bin/ruby", elf("libc.so.6", interpreter=GLIBC))
    debian("/usr/local/lib/ruby/3.1/set.rb")
    debian("/usr/bin/tool", b"#!/usr/bin/env -S RUBYOPT=-w ruby -w\n")
    image, entries = grown(tmp_path, "tool")
    assert image.programs[-1] == "tool"
    assert {"/usr/bin/env", "/usr/local/bin/ruby", "/usr/local/lib/ruby/3.1/set.rb"} <= entries.keys()


def test_python_brings_its_standard_library_and_no_more(debian: Write, tmp_path: Path) -> None:
    debian("/usr/bin/python3.11", elf("libc.so.6", interpreter=GLIBC))
    debian("/usr/bin/python3", link="python3.11")
    debian("/usr/lib/python3.11/os.py", mode=0o644)
    debian("/usr/lib/python3.11/__pycache__/os.pyc")
    debian("/usr/lib/python3.11/test/test_os.py")
    debian("/usr/lib/python3.11/site-packages/private.py")
    debian("/usr/lib/python3.11/lib-dynload/_ssl.so", elf("libssl.so"))
    debian("/usr/lib/python3.11/lib-dynload/_tkinter.so", elf("libtk.so"))
    debian("/usr/lib/x86_64-linux-gnu/libssl.so", elf())
    _, entries = grown(tmp_path, "python3")
    brought = {path.removeprefix("/usr/lib/python3.11/") for path in entries if "/python3.11/" in path}
    assert brought == {"os.py", "lib-dynload", "lib-dynload/_ssl.so", "lib-dynload/_tkinter.so"}
    assert "/usr/lib/x86_64-linux-gnu/libssl.so" in entries


def test_a_named_folder_comes_whole(debian: Write, tmp_path: Path) -> None:
    debian("/opt/site/test/index.html", mode=0o640)
    debian("/opt/site/run", b"#!/bin/sh\n")
    _, entries = grown(tmp_path, "/opt/site")
    assert {"/opt/site/test/index.html", "/opt/site/run"} <= entries.keys()


def test_names_of_one_file_stay_one_file(debian: Write, tmp_path: Path) -> None:
    debian("/usr/bin/coreutils", elf("libc.so.6", interpreter=GLIBC))
    os.link(tmp_path / "usr/bin/coreutils", tmp_path / "usr/bin/ls")
    os.link(tmp_path / "usr/bin/coreutils", tmp_path / "usr/bin/cat")
    image, entries = grown(tmp_path)
    assert {"cat", "ls"} <= set(image.programs)
    assert entries["/usr/bin/cat"].isreg()
    assert entries["/usr/bin/ls"].linkname == "usr/bin/cat"


def test_a_busybox_brings_all_its_names(write: Write, tmp_path: Path) -> None:
    write("/bin/busybox", elf("libc.musl-x86_64.so.1", interpreter=MUSL))
    for name in ("sh", "ls", "wget"):
        write(f"/bin/{name}", link="/bin/busybox")
    write(MUSL, elf())
    write("/lib/libc.musl-x86_64.so.1", link="ld-musl-x86_64.so.1")
    image, entries = grown(tmp_path)
    assert "ls" in image.programs
    assert entries["/bin/wget"].linkname == "/bin/busybox"
    assert entries[MUSL].isreg()
    assert entries["/lib/libc.musl-x86_64.so.1"].issym()


def test_musl_looks_where_its_path_file_says(write: Write, tmp_path: Path) -> None:
    write("/bin/sh", elf("libx.so", "libc.so", interpreter=MUSL))
    write(MUSL, elf())
    write("/opt/x/libx.so", elf())
    write("/etc/ld-musl-x86_64.path", b"/lib\n/opt/x\n", mode=0o644)
    _, entries = grown(tmp_path)
    assert {"/opt/x/libx.so", "/etc/ld-musl-x86_64.path"} <= entries.keys()


def test_another_processor_makes_no_difference(write: Write, tmp_path: Path) -> None:
    loader = "/lib/ld-linux-aarch64.so.1"
    write("/bin/sh", elf("libc.so.6", interpreter=loader, machine=AARCH64))
    write("/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1", elf(machine=AARCH64))
    write(loader, link="aarch64-linux-gnu/ld-linux-aarch64.so.1")
    write("/lib/aarch64-linux-gnu/libc.so.6", elf(machine=AARCH64))
    _, entries = grown(tmp_path)
    assert "/lib/aarch64-linux-gnu/libc.so.6" in entries


def test_certificates_are_found_wherever_they_are_looked_for(debian: Write, tmp_path: Path) -> None:
    debian("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", b"certificates")
    debian("/etc/pki/tls/certs/ca-bundle.crt", link="/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem")
    _, entries = grown(tmp_path)
    assert "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem" in entries
    assert entries["/etc/ssl/certs/ca-certificates.crt"].linkname == "/etc/pki/tls/certs/ca-bundle.crt"


def test_secrets_of_accounts_stay_even_when_their_folder_is_named(debian: Write, tmp_path: Path) -> None:
    for name in ("shadow", "shadow-", "gshadow", "gshadow-", "motd"):
        debian(f"/etc/{name}", b"secret", mode=0o640)
    debian("/etc/passwd", b"alice:x:1000:1000::/home/alice:/bin/sh\n")
    debian("/etc/odd", link="shadow")
    _, entries = grown(tmp_path, "/etc")
    assert {path for path in entries if "shadow" in path or path == "/etc/odd"} == set()
    assert entries["/etc/motd"].mode == 0o640
    assert entries["/etc/passwd"].size != len("alice:x:1000:1000::/home/alice:/bin/sh\n")


def test_folders_behind_links_stay_behind_them(debian: Write, tmp_path: Path) -> None:
    debian("/var/usrlocal/bin/tool", b"#!/bin/sh\n")
    debian("/usr/local", link="../var/usrlocal")
    debian("/var/home/.keep")
    debian("/home", link="var/home")
    debian("/sysroot/tmp/of-somebody")
    debian("/tmp", link="sysroot/tmp")
    _, entries = grown(tmp_path, "tool")
    assert entries["/usr/local"].linkname == "../var/usrlocal"
    assert entries["/var/usrlocal/bin/tool"].isreg()
    assert entries["/home"].linkname == "var/home"
    assert entries["/sysroot/tmp"].mode == 0o1777
    assert not {"/sysroot/tmp/of-somebody", "/var/home/.keep"} & entries.keys()


def test_links_that_dangle_and_files_that_are_none_stay_behind(debian: Write, tmp_path: Path) -> None:
    debian("/opt/site/dangling", link="nowhere")
    debian("/opt/site/up", link="..")
    os.mkfifo(tmp_path / "opt/site/pipe")
    debian("/opt/site/index.html", mode=0o644)
    _, entries = grown(tmp_path, "/opt/site")
    assert {path for path in entries if path.startswith("/opt/")} == {
        "/opt/site",
        "/opt/site/index.html",
        "/opt/site/up",
    }


def test_what_is_loaded_by_name_at_run_time_comes_along(debian: Write, tmp_path: Path) -> None:
    for name in ("libnss_files.so.2", "libnss_dns.so.2", "libgcc_s.so.1"):
        debian(f"/usr/lib/x86_64-linux-gnu/{name}", elf("libc.so.6"))
    _, entries = grown(tmp_path)
    brought = {Path(path).name for path in entries}
    assert {"libnss_files.so.2", "libnss_dns.so.2", "libgcc_s.so.1"} <= brought


def test_terminals_and_the_release_are_known(debian: Write, tmp_path: Path) -> None:
    for place in ("lib/terminfo/x/xterm", "usr/share/terminfo/76/vt100", "usr/share/terminfo/w/wy50"):
        debian(f"/{place}", b"terminal", mode=0o644)
    debian("/usr/lib/os-release", b"ID=yard\n", mode=0o644)
    debian("/etc/os-release", link="../usr/lib/os-release")
    _, entries = grown(tmp_path)
    assert {"/usr/lib/terminfo/x/xterm", "/usr/share/terminfo/76/vt100"} <= entries.keys()
    assert "/usr/share/terminfo/w/wy50" not in entries
    assert entries["/etc/os-release"].linkname == "../usr/lib/os-release"
    assert entries["/usr/lib/os-release"].isreg()


def test_scripts_that_run_scripts_bring_the_last_interpreter(debian: Write, tmp_path: Path) -> None:
    debian("/opt/one", b"#!/opt/two\n")
    debian("/opt/two", b"#! /opt/three -x\n")
    debian("/opt/three", elf("libc.so.6", interpreter=GLIBC))
    _, entries = grown(tmp_path, "/opt/one")
    assert {"/opt/one", "/opt/two", "/opt/three", "/usr/bin/one"} <= entries.keys()
    assert "/usr/bin/two" not in entries


# -- what is refused -----------------------------------------------------------------------------------------


def test_a_machine_without_a_shell(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="this machine has no shell"):
        grow(io.BytesIO(), root=str(tmp_path))


def test_a_named_program_that_is_missing(debian: Write, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such program on this machine: nope"):
        grow(io.BytesIO(), ["nope"], root=str(tmp_path))
    with pytest.raises(NotFound, match="/opt/nope is not on this machine"):
        grow(io.BytesIO(), ["/opt/nope"], root=str(tmp_path))


def test_a_named_program_whose_library_is_missing(debian: Write, tmp_path: Path) -> None:
    debian("/usr/bin/app", elf("libgone.so.1", interpreter=GLIBC))
    with pytest.raises(NotFound, match=r"/usr/bin/app needs the library libgone\.so\.1"):
        grow(io.BytesIO(), ["app"], root=str(tmp_path))


def test_a_usual_program_that_cannot_start_is_left_out(debian: Write, tmp_path: Path) -> None:
    debian("/usr/bin/ls", elf("libgone.so.1", interpreter=GLIBC))
    image, entries = grown(tmp_path)
    assert "ls" in image.missing
    assert "/usr/bin/ls" not in entries


def test_a_script_whose_interpreter_is_missing(debian: Write, tmp_path: Path) -> None:
    debian("/usr/bin/env", elf("libc.so.6", interpreter=GLIBC))
    debian("/usr/bin/tool", b"#!/usr/bin/env gone\n")
    with pytest.raises(NotFound, match="/usr/bin/tool needs the program gone, which is not on this machine"):
        grow(io.BytesIO(), ["tool"], root=str(tmp_path))


@pytest.mark.parametrize("path", ["/", "/usr/..", "/proc", "/proc/sys", "/sys/", "/dev/pts", "/all"])
def test_the_machine_itself_is_no_folder_of_it(debian: Write, tmp_path: Path, path: str) -> None:
    for name in ("/proc/sys/kernel", "/sys/fs", "/dev/pts"):
        debian(f"{name}/.keep")
    debian("/all", link="/")
    with pytest.raises(InvalidInput, match=f"{path.rstrip('/')}.* is the machine itself"):
        grow(io.BytesIO(), [path], root=str(tmp_path))


def test_a_file_that_may_not_be_read(debian: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    debian("/opt/site/index.html", mode=0o644)
    debian("/usr/bin/tool", elf("libc.so.6", interpreter=GLIBC))
    whole = Root.open

    def some(root: Root, path: str) -> BinaryIO:
        if path in ("/opt/site/index.html", "/usr/bin/tool"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return whole(root, path)

    monkeypatch.setattr(Root, "open", some)
    with pytest.raises(NotPermitted, match=r"/opt/site/index\.html may not be read"):
        grow(io.BytesIO(), ["/opt/site"], root=str(tmp_path))
    with pytest.raises(NotPermitted, match="/usr/bin/tool may not be read"):
        grow(io.BytesIO(), ["tool"], root=str(tmp_path))


def test_links_in_circles_lead_nowhere(debian: Write, tmp_path: Path) -> None:
    debian("/usr/bin/ls", link="cat")
    debian("/usr/bin/cat", link="ls")
    image, _ = grown(tmp_path)
    assert {"ls", "cat"} <= set(image.missing)


# -- this machine --------------------------------------------------------------------------------------------


def test_progress_ends_with_the_size() -> None:
    told: list[int] = []
    image = grow(io.BytesIO(), progress=told.append)
    assert told == sorted(told)
    assert image.size - told[-1] < 1 << 20
    assert image.size < 100 << 20


@pytest.mark.root
def test_what_grew_here_runs(tmp_path: Path) -> None:
    archive, root = tmp_path / "base.tar", tmp_path / "root"
    with archive.open("wb") as out:
        image = grow(out)
    root.mkdir()
    subprocess.run(["tar", "-C", str(root), "-xf", str(archive)], check=True)
    script = """
        ls -ld / | cut -d" " -f3,4; id -un; echo abc | sed s/b/x/ | grep -o axc; seq 3 | tail -1
        find /etc -name passwd; awk 'BEGIN { print 6 * 7 }'; echo x | gzip | gzip -d
        tar -cf - -C /etc passwd | tar -t; date -d @0 -u +%Y; getent passwd www-data | cut -d: -f3
    """
    command = ["chroot", str(root), image.shell, "-ec", script]
    done = subprocess.run(
        command, env=dict(pair.split("=") for pair in image.environment), capture_output=True
    )
    assert done.stderr == b""
    assert done.stdout.decode().split("\n")[:-1] == (
        ["root root", "root", "axc", "3", "/etc/passwd", "42", "x", "passwd", "1970", "33"]
    )

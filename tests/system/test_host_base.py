"""Containers of what grew out of this machine: its tools work, and so do the programs named with them."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.engine import Engine
from engine.images.host import grow

pytestmark = pytest.mark.root

Stackyard = Callable[..., "subprocess.CompletedProcess[str]"]
Run = Callable[..., str]

BASE = "yard/base:latest"
NAMED = "yard/named:latest"
BUSYBOX = Path("/bin/busybox")

THREADS = """
import threading, time
for _ in range(4):
    threading.Thread(target=lambda: [time.sleep(0.001) for _ in iter(int, 1)], daemon=True).start()
time.sleep(0.05)
print("left")
"""


@pytest.fixture(scope="module")
def named(yard_root: str) -> Iterator[list[str]]:
    """The programs that an image of the store has beside the base's."""
    found = [name for name in ("python3", "git", "perl") if shutil.which(name, path="/usr/bin:/bin")]
    engine = Engine(yard_root)
    engine.images.import_host(found, NAMED)
    yield found
    engine.images.remove(NAMED)
    engine.close()


@pytest.fixture
def run(stackyard: Stackyard) -> Run:
    """Run a line of shell in a container of an image; return what it says."""

    def run(line: str, image: str = BASE) -> str:
        done = stackyard("run", "--rm", image, "sh", "-c", line)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("ls -ld /tmp | cut -c1-10", "drwxrwxrwt\n"),
        ("ls /etc/shadow /home /root 2>&1 | grep -c cannot", "1\n"),
        ("ps -o pid=,comm= -p 1 | tr -s ' '", " 1 sh\n"),
        ("printf 'a\\nb\\n' | grep -n b", "2:b\n"),
        ("echo abc | sed -E 's/b+/-/'", "a-c\n"),
        ("find /etc -name passwd -type f", "/etc/passwd\n"),
        ("tar -C /etc -cf - group | tar -tf -", "group\n"),
        ("echo x | gzip | gunzip", "x\n"),
        ("echo 6 7 | awk '{ print $1 * $2 }'", "42\n"),
        ("date -u -d @0 +%F", "1970-01-01\n"),
        ("id", "uid=0(root) gid=0(root) groups=0(root)\n"),
        ("id -gn nobody; getent passwd www-data | cut -d: -f3", "nogroup\n33\n"),
        ('test "$(hostname)" = "$(cat /etc/hostname)" && sleep 0.01 && echo slept', "slept\n"),
        ("yes | head -2 | sort -u | wc -l | xargs", "1\n"),
        ("TERM=xterm tput cols; TERM=xterm-256color tput colors", "80\n256\n"),
        ("find / -xdev -perm /6000", ""),
        ("grep -c . /etc/nsswitch.conf; cat /etc/shells | wc -l", "7\n1\n"),
        ("awk -F: '$3 >= 1000 && $3 < 65534' /etc/passwd", ""),
        ("cut -d: -f3 /etc/passwd | sort | uniq -d", ""),
        ("stdbuf -oL echo through", "through\n"),
    ],
)
def test_the_tools_work(run: Run, line: str, text: str) -> None:
    assert run(line) == text


def test_it_starts_a_shell_by_itself(stackyard: Stackyard) -> None:
    done = stackyard("run", "--rm", BASE)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("program", "line", "text"),
    [
        ("python3", "python3 -c 'import json, ssl, sqlite3; print(1)'", "1\n"),
        ("python3", "python3 -c 'import ctypes, asyncio, lzma, zlib, hashlib; print(1)'", "1\n"),
        ("python3", f"python3 -c '{THREADS}'", "left\n"),
        ("python3", "echo 'print(__file__)' > /tmp/x.py && python3 /tmp/x.py", "/tmp/x.py\n"),
        ("git", "cd /tmp && git init -q x && cd x && git config user.email a@b && git config user.name a "
                "&& echo > a && git add a && git commit -qm one && git log --format=%s", "one\n"),
        ("perl", "perl -MPOSIX -MList::Util=sum -MData::Dumper -e 'print sum(1, 2), floor(3.5)'", "33"),
    ],
)  # fmt: skip
def test_named_programs_work(run: Run, named: list[str], program: str, line: str, text: str) -> None:
    if program not in named:
        pytest.skip(f"this machine has no {program}")
    assert run(line, NAMED) == text


def test_certificates_are_found_by_openssl(run: Run, named: list[str]) -> None:
    if "python3" not in named or not Path("/etc/ssl/certs/ca-certificates.crt").exists():
        pytest.skip("needs python3 and a bundle of certificates")
    count = 'import ssl; print(ssl.create_default_context().cert_store_stats()["x509_ca"])'
    assert int(run(f"python3 -c '{count}'", NAMED)) > 0


@pytest.mark.skipif(not BUSYBOX.exists(), reason="needs /bin/busybox (Debian's busybox-static)")
def test_a_machine_of_busybox_alone(yard: Engine, run: Run, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    shutil.copy(BUSYBOX, tmp_path / "bin/busybox")
    names = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True).stdout.split()
    for name in names:
        if name != "busybox":
            (tmp_path / "bin" / name).symlink_to("/bin/busybox")
    tar = io.BytesIO()
    grown = grow(tar, root=str(tmp_path))
    tar.seek(0)
    yard.images.import_(tar, "yard/busybox", [f"ENV {grown.environment[0]}", f"CMD {grown.shell}"])
    try:
        line = "ls /bin | wc -l; echo a b | awk '{ print $2 }'; ps | grep -c '[s]h'; vi --help 2>&1 | head -1"
        count, *rest = run(line, "yard/busybox").splitlines()
        assert int(count) == len(names)
        assert rest[0] == "b"
        assert int(rest[1]) >= 1
        assert rest[2].startswith("BusyBox")
    finally:
        yard.images.remove("yard/busybox")

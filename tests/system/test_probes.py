"""One-line probes of the command line, each with the exit code and the output that dockerd 20.10 gave."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROBES = Path(__file__).parents[3] / "shared" / "conformance" / "probes"
BUSYBOX = Path("/bin/busybox")

DIFFERENT = {
    "busybox mount |": "the host's own disk is in docker's answer",
    "run --name p7 ": "which of two pipes is read first is a race when all is said at once",
}
"""Probes whose recorded answer is of the machine it was recorded on; each is checked by hand below."""

PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
mail:x:8:8:mail:/var/spool/mail:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
"""
GROUP = "root:x:0:\ndaemon:x:1:\nmail:x:8:\nnogroup:x:65534:\n"

pytestmark = [
    pytest.mark.root,
    pytest.mark.conformance,
    pytest.mark.skipif(not PROBES.exists(), reason="the conformance probes are not beside this checkout"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
    pytest.mark.skipif(not BUSYBOX.exists(), reason="needs /bin/busybox (Debian's busybox-static)"),
]


def recorded() -> list[dict[str, Any]]:
    if not PROBES.exists():
        return []
    return [json.loads(line) for line in (PROBES / "reference_dockerd20.10.jsonl").read_text().splitlines()]


def waits_for(command: str) -> str | None:
    return next((reason for piece, reason in DIFFERENT.items() if piece in command), None)


def normal(text: str) -> str:
    text = re.sub(r"\b[0-9a-f]{64}\b", "<ID>", text)
    text = re.sub(r"\b[0-9a-f]{12}\b", "<id>", text)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>", text)


def busybox_root() -> bytes:
    """Make the probes' image: busybox with a hard link for every applet, and the accounts they name."""
    out = io.BytesIO()
    applets = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for folder in ("bin", "etc", "root", "tmp", "proc", "sys", "dev", "var", "home"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        for name, data, mode in (
            ("bin/busybox", BUSYBOX.read_bytes(), 0o755),
            ("etc/passwd", PASSWD.encode(), 0o644),
            ("etc/group", GROUP.encode(), 0o644),
        ):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
        for applet in applets:
            if applet != "busybox":
                entry = tarfile.TarInfo(f"bin/{applet}")
                entry.type, entry.linkname, entry.mode = tarfile.LNKTYPE, "bin/busybox", 0o755
                tar.addfile(entry)
    return out.getvalue()


class Shell:
    """Runs a probe with `stackyard` as its $D, on a store of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.command = f"{sys.executable} -m app.main"
        self.environment = {**os.environ, "D": self.command, "STACKYARD_ROOT": str(root)}
        # The stored bytecode and the checkout are what an installed command would have at hand.
        self.environment["PYTHONPATH"] = str(Path(__file__).parents[2])

    def __call__(self, line: str, stdin: bytes = b"") -> tuple[int, str, str]:
        done = subprocess.run(
            ["bash", "-c", line], env=self.environment, input=stdin, capture_output=True, timeout=60
        )
        return done.returncode, *(
            normal(text.decode(errors="replace").replace("\r\n", "\n")) for text in (done.stdout, done.stderr)
        )


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = Shell(tmp_path_factory.mktemp("probes"))
    changes = "-c 'CMD [\"sh\"]' -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'"
    code, _, problem = shell(
        f"$D import {changes} - busybox:latest && $D tag busybox busybox:glibc", busybox_root()
    )
    assert code == 0, problem
    yield shell
    shell("$D ps -aq | xargs -r $D rm -f; rm -rf /tmp/cpA /tmp/pwn /tmp/ex.tar")


@pytest.mark.parametrize(
    "probe",
    [probe for probe in recorded() if not waits_for(probe["cmd"])],
    ids=lambda probe: probe["cmd"][:70],
)
def test_probe(shell: Shell, probe: dict[str, Any]) -> None:
    code, out, problem = shell(probe["cmd"])
    assert (code, out) == (probe["rc"], probe["out"]), problem


def test_the_mounts_of_a_container(shell: Shell) -> None:
    line = "$D run --rm busybox mount | awk '{print $1,$3,$5}' | grep -vE 'cgroup|overlay' | sort"
    reference = next(probe for probe in recorded() if "busybox mount |" in probe["cmd"])["out"]
    ours, theirs = ({row.split()[1] for row in text.splitlines()} for text in (shell(line)[1], reference))
    # Later versions of docker hide one path more.
    assert ours - theirs <= {"/proc/interrupts"}
    assert theirs <= ours


def test_streams_are_kept_apart(shell: Shell) -> None:
    reference = next(probe for probe in recorded() if "run --name p7 " in probe["cmd"])
    line = reference["cmd"].replace("echo out;", "echo out; sleep 0.2;").replace(">&2;", ">&2; sleep 0.2;", 1)
    assert line != reference["cmd"]
    assert shell(line)[:2] == (0, reference["out"])


def test_every_probe_has_its_place() -> None:
    """The list may not name a probe that is not there."""
    commands = [probe["cmd"] for probe in recorded()]
    for piece in DIFFERENT:
        assert any(piece in command for command in commands), piece

"""What `docker diff` says of a writable layer."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.layers.changes import changes

pytestmark = pytest.mark.root

LOWER = """
mkdir -p d/sub e x/y tree
for path in d/a d/b d/sub/c e/f x/y/z type tree/leaf; do echo 1 >$path; done
"""
MIDDLE = "echo 2 >middle; mkdir -p d; echo 1 >d/middle"


@pytest.fixture
def diff(tmp_path):
    """Run a script in an overlay over two layers and tell the changes."""

    def run(script: str) -> list[str]:
        for name in ("lower", "middle", "upper", "work", "merged"):
            (tmp_path / name).mkdir()
        subprocess.run(["sh", "-ec", LOWER], cwd=tmp_path / "lower", check=True)
        subprocess.run(["sh", "-ec", MIDDLE], cwd=tmp_path / "middle", check=True)
        options = "lowerdir=middle:lower,upperdir=upper,workdir=work"
        program = f"mount -t overlay overlay -o {options} merged; cd merged; {script}"
        subprocess.run(["unshare", "-m", "sh", "-ec", program], cwd=tmp_path, check=True)
        lowers = [str(tmp_path / "middle"), str(tmp_path / "lower")]
        return [f"{change.kind} {change.path}" for change in changes(str(tmp_path / "upper"), lowers)]

    return run


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("true", []),
        ("touch new", ["A /new"]),
        ("echo 2 >>d/a", ["C /d", "C /d/a"]),
        ("rm d/sub/c", ["C /d", "C /d/sub", "D /d/sub/c"]),
        ("rm middle d/middle", ["C /d", "D /d/middle", "D /middle"]),
        ("rm -r x", ["D /x"]),
        ("mkdir -p n/o; touch n/o/p", ["A /n", "A /n/o", "A /n/o/p"]),
        ("chmod 700 e", ["C /e"]),
        ("chown 0 d/a", []),
        ("touch new; rm new", []),
        ("rm type; mkdir type; touch type/in", ["C /type", "A /type/in"]),
        ("rm -r tree; touch tree", ["C /tree", "D /tree/leaf"]),
        ("rm -r d; mkdir d; echo new >d/b",
         ["C /d", "D /d/a", "C /d/b", "D /d/middle", "D /d/sub"]),
        ("rm -r d; mkdir -p d/sub; touch d/sub/n",
         ["C /d", "D /d/a", "D /d/b", "D /d/middle", "C /d/sub", "D /d/sub/c", "A /d/sub/n"]),
        ("ln -s x l; touch $(printf 'caf\\351')", ["A /caf\udce9", "A /l"]),
        ("touch a a-b; mkdir a.d", ["A /a", "A /a-b", "A /a.d"]),
    ],
)  # fmt: skip
def test_changes(diff, script, expected):
    assert diff(script) == expected


def test_a_capability_is_a_change(diff):
    value = "0100000200200000" + "0" * 24
    program = f"import os; os.setxattr('d/a', 'security.capability', bytes.fromhex('{value}'))"
    assert diff(f'{sys.executable} -c "{program}"') == ["C /d", "C /d/a"]

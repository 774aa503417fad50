"""How fast the workbench feels: the first frame, a key to its frame, what it costs while nothing happens.

    python -m tests.bench.workbench [--root DIR] [--containers N] [--seconds S]

Without --root it shows N containers from memory; with it, the store at DIR, through the command line.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import statistics
import struct
import sys
import termios
import time

FAKE = (
    "from tests.app.workbench.fakeyard import many; from app.workbench.app import Workbench;"
    "Workbench(many({})).run()"
)
ESCAPE = re.compile(rb"\x1b(?:\[[0-9;:?<>=]*[ -/]*[@-~]|\][^\x07]*\x07|.)")


class Screen:
    """The workbench in a terminal of its own."""

    def __init__(self, words: list[str]) -> None:
        self.began = time.perf_counter()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(words[0], words)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))

    def read(self, seconds: float) -> bytes:
        """Read what comes within some time."""
        if not select.select([self.terminal], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self.terminal, 1 << 20)
        except OSError:
            return b""

    def until(self, word: bytes, seconds: float = 15) -> float:
        """Read until a word has been drawn; return the time since the start in ms."""
        drawn = b""
        while word not in ESCAPE.sub(b"", drawn):
            if time.perf_counter() - self.began > seconds:
                sys.exit(f"{word!r} never came; the last was {drawn[-300:]!r}")
            drawn += self.read(1)
        return (time.perf_counter() - self.began) * 1000

    def quiet(self, seconds: float = 0.4) -> None:
        """Read until nothing comes any more."""
        while self.read(seconds):
            pass

    def press(self, key: bytes) -> float:
        """Press a key; return the ms until the first byte of its frame."""
        began = time.perf_counter()
        os.write(self.terminal, key)
        self.read(2)
        return (time.perf_counter() - began) * 1000

    def cpu(self) -> float:
        """Return the seconds of CPU it has used."""
        with open(f"/proc/{self.pid}/stat") as stat:
            fields = stat.read().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Quit."""
        os.write(self.terminal, b"q")
        self.quiet(0.2)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root")
    parser.add_argument("--containers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10)
    chosen = parser.parse_args()
    if chosen.root:
        words = [sys.executable, "-m", "app.main", "--root", chosen.root]
        wanted = b"Containers \xc2\xb7"
    else:
        words = [sys.executable, "-c", FAKE.format(chosen.containers)]
        wanted = b"web-0"
    frames, lists = [], []
    for _ in range(5):
        screen = Screen(words)
        frames.append(screen.until(b"Containers"))
        lists.append(screen.until(wanted) if wanted != b"Containers" else frames[-1])
        screen.quiet(0.2)
        screen.close()
    print(f"first frame        {statistics.median(frames):7.0f} ms   (best {min(frames):.0f})")
    print(f"lists filled       {statistics.median(lists):7.0f} ms   (best {min(lists):.0f})")
    screen = Screen(words)
    screen.until(wanted)
    screen.quiet()
    keys = []
    for key in [b"j", b"k"] * 20:
        keys.append(screen.press(key))
        screen.quiet(0.1)
    print(f"key to its frame   {statistics.median(keys):7.1f} ms   (worst {max(keys):.1f})")
    time.sleep(1)
    before = screen.cpu()
    end = time.perf_counter() + chosen.seconds
    while time.perf_counter() < end:
        screen.read(max(0.0, end - time.perf_counter()))
    print(f"idle CPU           {(screen.cpu() - before) / chosen.seconds * 100:7.2f} %")
    screen.close()


if __name__ == "__main__":
    main()

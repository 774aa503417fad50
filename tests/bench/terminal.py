"""How fast the embedded terminal is: 1 MB until it is shown, and a key in another pane during a flood.

    python -m tests.bench.terminal
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time

from tests.bench.workbench import ESCAPE, Screen

MEGABYTE = 1 << 20
START = """
import sys
from app.workbench.app import Workbench
from tests.app.workbench.fakeyard import FakeYard
yard = FakeYard()
yard.crew = [one._replace(tty=True) for one in yard.crew]
yard.entry = sys.argv[1:]
Workbench(yard).run()
yard.end()
"""
PLAIN = b"The quick brown fox jumps over the lazy dog 0123456789 abcdefghij\n"
COLOURED = b"".join(b"\x1b[3%dmword%d\x1b[0m " % (n % 8, n) + b"\n" * (n % 8 == 7) for n in range(800))


def show(name: str, text: bytes) -> None:
    """Print 1 MB in the pane; tell how long it took until its last line was drawn."""
    text = text * (MEGABYTE // len(text))
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        script = f"read x; cat {file.name}; echo; echo the end; read x"
        screen = Screen([sys.executable, "-c", START, "sh", "-c", script])
        screen.until(b"worker")
        screen.quiet()
        os.write(screen.terminal, b"a")
        screen.quiet(0.5)
        screen.began = began = time.perf_counter()
        os.write(screen.terminal, b"\r")
        screen.until(b"the end")
        print(f"1 MB of {name:14}  {time.perf_counter() - began:7.2f} s    (to be ≤ 1.5)")
        os.write(screen.terminal, b"\r")
        screen.quiet(0.5)
        screen.close()


def press_during(name: str, words: list[str]) -> None:
    """Move in the list of containers while a program floods its terminal."""
    screen = Screen([sys.executable, "-c", START, *words])
    screen.until(b"worker")
    screen.quiet()
    os.write(screen.terminal, b"a")
    time.sleep(1)
    screen.read(0)
    # A click elsewhere leaves the terminal: the images.
    os.write(screen.terminal, b"\x1b[<0;5;3M\x1b[<0;5;3m")
    settle(screen, 0.5)
    keys = []
    for number in range(30):
        keys.append(until_drawn(screen, b"4" if number % 2 else b"3"))
        settle(screen, 0.1)
    print(f"a key beside {name:10}  {statistics.median(keys):7.1f} ms   (to be ≤ 50, worst {max(keys):.1f})")
    os.write(screen.terminal, b"q")
    settle(screen, 1)
    os.close(screen.terminal)
    os.waitpid(screen.pid, 0)


def settle(screen: Screen, seconds: float) -> None:
    """Read what is drawn for a while."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        screen.read(0.01)


HEADINGS = {b"3": b"Volumes", b"4": b"Builds"}
"""Pressing a pane's number draws its heading anew."""


def until_drawn(screen: Screen, key: bytes) -> float:
    """Press a key and wait until what it changes is drawn; return the milliseconds."""
    began, drawn = time.perf_counter(), b""
    os.write(screen.terminal, key)
    while HEADINGS[key] not in ESCAPE.sub(b"", drawn):
        drawn += screen.read(1)
        if time.perf_counter() - began > 5:
            sys.exit(f"{key!r} was never answered")
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure and print."""
    show("plain lines", PLAIN)
    show("coloured words", COLOURED)
    show("short lines", b"y\n" * 512)
    press_during("yes", ["yes"])
    press_during("colours", ["sh", "-c", "while :; do ls --color -laR /usr/lib/python3; done"])


if __name__ == "__main__":
    main()

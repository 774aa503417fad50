"""What the merged log pane costs while 100 containers log: one look at what came, one key.

Run by hand:  python -m tests.bench.merged
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from functools import partial

from app.workbench.logpage import Place, Shape, moved, page_at, page_at_end
from app.workbench.merged import Merged, Part
from engine.containers.logs.log import LogFile
from engine.shim.frames import STDOUT
from engine.shim.log import LogWriter

MANY, EACH, ROUNDS = 100, 20_000, 40
SHAPE = Shape(150, 45, times=True, names=8)


def main() -> None:
    """Fill many logs, then let each grow between two looks."""
    with tempfile.TemporaryDirectory() as folder:
        writers = []
        for number in range(MANY):
            os.mkdir(f"{folder}/{number}")
            writers.append(LogWriter(f"{folder}/{number}/log"))
        for line in range(EACH // 20):
            for number, writer in enumerate(writers):
                writer.write(STDOUT, b"".join(b"c%d says line %d\n" % (number, line) for _ in range(20)))
        began = time.perf_counter()
        parts = []
        for number in range(MANY):
            path = f"{folder}/{number}/log"
            parts.append(Part(f"c{number}", LogFile(path), partial(LogFile, path)))
        merged = Merged(parts)
        page_at_end(merged, SHAPE)
        print(f"opened {MANY} logs of {EACH} lines  {(time.perf_counter() - began) * 1e3:6.1f} ms")
        looks, keys = [], []
        for turn in range(ROUNDS):
            for writer in writers:
                writer.write(STDOUT, b"line %d\n" % turn * 10)
            began = time.perf_counter()
            merged.refresh()
            page = page_at_end(merged, SHAPE)
            looked = time.perf_counter()
            place = moved(merged, page.place, -1, SHAPE)
            page_at(merged, place, SHAPE)
            looks.append(looked - began)
            keys.append(time.perf_counter() - looked)
        for what, took in (("a look at what came", looks), ("a row up", keys)):
            print(f"{what:<24} {statistics.median(took) * 1e3:6.1f} ms, at most {max(took) * 1e3:.1f}")
        began = time.perf_counter()
        page_at(merged, Place((merged.first_line + merged.line_count) // 2), SHAPE)
        print(f"a jump into the middle   {(time.perf_counter() - began) * 1e3:6.1f} ms")
        began = time.perf_counter()
        page_at(merged, Place(merged.first_line), SHAPE)
        print(f"a jump to the beginning  {(time.perf_counter() - began) * 1e3:6.1f} ms")


if __name__ == "__main__":
    main()

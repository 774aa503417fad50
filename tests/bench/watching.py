"""What watching costs: processor time of `stats`' work for 50 running containers, and for the workbench.

Run by hand, as root:  python tests/bench/watching.py
"""

from __future__ import annotations

import tempfile
import time

from engine.containers.options import Options
from engine.engine import Engine

IMAGE = "yard/base:latest"
MANY, ROUNDS = 50, 20


def main() -> None:
    """Start many containers and measure what one sample of all of them takes."""
    from app.cli.listing import written
    from app.cli.statistics_rows import COLUMNS, HEADINGS, statistics_row

    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(f"{folder}/yard")
        engine.images.import_host(reference=IMAGE)
        options = Options(command=("sleep", "1000"), network="none")
        for _ in range(MANY):
            engine.containers.start(engine.containers.create(IMAGE, options))
        meter, containers = engine.containers.meter(), engine.containers.list()
        meter.sample(containers)
        sampling = drawing = 0.0
        for _ in range(ROUNDS):
            time.sleep(0.2)
            began = time.process_time()
            used = meter.sample(containers)
            sampled = time.process_time()
            rows = [statistics_row(one.id[:12], one.id, one.name, used[one.id]) for one in containers]
            written(rows, HEADINGS, COLUMNS)
            sampling, drawing = sampling + sampled - began, drawing + time.process_time() - sampled
        sample, draw = sampling / ROUNDS * 1e3, drawing / ROUNDS * 1e3
        print(f"a sample of {MANY} containers  {sample:6.1f} ms, drawn in {draw:.1f} ms")
        print(f"stats, one sample a second  {(sample + draw) / 10:6.2f} % of one core")
        print(f"workbench, one in two       {sample / 20:6.2f} % of one core")
        meter.close()
        for container in containers:
            engine.containers.remove(container.id, force=True)
        engine.close()


if __name__ == "__main__":
    main()

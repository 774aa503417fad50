"""A RUN step: what its program sees, what it leaves, and that nothing else is left of it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.build.program.limits import parsed
from engine.engine import Engine
from engine.errors import Cancelled, EngineError, InvalidInput, StartFailed
from engine.shim.runner import Runner
from engine.snapshots.copying import Copying
from engine.snapshots.overlay import Overlay
from tests.system.runs import Bench, children_of, groups, lives

pytestmark = pytest.mark.root


def test_output_comes_by_stream_and_the_code_with_it(bench: Bench) -> None:
    result = bench.run("echo good; echo bad >&2; exit 3")
    assert (result.code, result.out, result.err) == (3, "good\n", "bad\n")


def test_what_was_written_is_the_layer_and_nothing_else_is(bench: Bench) -> None:
    result = bench.run("echo hello > /greeting; mkdir -p /a/b; rm /etc/group")
    assert result.left == {"greeting", "a", "a/b", "etc", "etc/group"}
    assert (result.layer / "greeting").read_text() == "hello\n"
    assert stat.S_ISCHR((result.layer / "etc/group").lstat().st_mode), "a whiteout"
    assert os.listdir(result.layer.parent) == ["upper"]


def test_a_command_that_writes_nothing_leaves_an_empty_layer(bench: Bench) -> None:
    assert bench.run("true").left == set()


def test_where_the_image_lacks_what_is_mounted_on_the_layer_still_stays_clean(bench: Bench) -> None:
    paths = ("etc/hosts", "etc/resolv.conf", "etc/hostname", "proc", "sys", "dev")
    assert [path for path in paths if not os.path.exists(f"{bench.lowers[0]}/{path}")], "the base lacks some"
    result = bench.run("cat /etc/hostname; ls /etc/hosts /proc/1/stat /sys/kernel >/dev/null; touch /etc/new")
    assert (result.code, result.out) == (0, "abcdef123456\n")
    assert result.left == {"etc", "etc/new"}


def test_hosts_and_resolver_can_be_written_and_are_not_kept(bench: Bench) -> None:
    result = bench.run("echo 1.2.3.4 there >> /etc/hosts; cat /etc/hosts", hosts=("here:4.3.2.1",))
    assert "4.3.2.1\there\n" in result.out
    assert "1.2.3.4 there" in result.out
    assert result.left == set()
    assert "1.2.3.4" not in Path("/etc/hosts").read_text()


def test_environment_user_and_folder_are_as_asked(bench: Bench) -> None:
    result = bench.run(
        "echo $COLOUR $HOME $HOSTNAME $(id -u):$(id -g) $(pwd) ${TERM-none}",
        environment=("COLOUR=blue",), user="8:1234", workdir="/made/here",
    )  # fmt: skip
    home = next(line.split(":")[5] for line in Path("/etc/passwd").read_text().splitlines() if ":8:" in line)
    assert result.out.split() == ["blue", home, "abcdef123456", "8:1234", "/made/here", "none"]
    assert result.left == {"made", "made/here"}


def test_a_program_is_searched_in_path_and_gets_its_words_untouched(bench: Bench) -> None:
    assert bench.run("printf", "%s|", "a b", "$HOME", "").out == "a b|$HOME||"


@pytest.mark.parametrize(
    ("text", "code"),
    [("no-such-program", 127), ("/etc/passwd", 126), ("kill -9 $$", 137), ("exit 255", 255)],
)
def test_exit_codes_are_the_shell_s(bench: Bench, text: str, code: int) -> None:
    assert bench.run(f"sh -c '{text}'").code == code


def test_a_missing_program_or_user_is_told_in_docker_s_words(bench: Bench) -> None:
    with pytest.raises(StartFailed, match='exec: "nothing": executable file not found in') as missing:
        bench.run("nothing", "at all")
    assert missing.value.code == 127
    with pytest.raises(StartFailed, match="unable to find user ghost: no matching entries in passwd file"):
        bench.run("true", user="ghost")


def test_one_runner_goes_on_after_a_failed_start(bench: Bench) -> None:
    with pytest.raises(StartFailed):
        bench.run("nothing", "at all")
    assert bench.run("echo still").out == "still\n"


def test_daemons_left_behind_are_killed_when_the_step_ends(bench: Bench) -> None:
    began = time.monotonic()
    result = bench.run("sleep 7654 & (setsid sleep 7654 &) ; echo done")
    assert result.out == "done\n"
    assert time.monotonic() - began < 5
    assert subprocess.run(["pgrep", "-f", "sleep 7654"], capture_output=True).stdout == b""


def test_all_output_arrives_however_slowly_it_is_read(bench: Bench) -> None:
    seen = 0

    def slowly(_: int, data: bytes) -> None:
        nonlocal seen
        seen += len(data)
        if seen < 4 << 20:
            time.sleep(0.02)

    from engine.build.program import execution

    job = bench.job("head -c 100000000 /dev/zero; echo end >&2")
    ran = execution.run(bench.runner, job, bench.snapshotter, slowly)
    assert (ran.code, seen) == (0, 100_000_004)


def test_what_reads_the_output_may_end_the_step(bench: Bench) -> None:
    from engine.build.program import execution

    def stop(_: int, data: bytes) -> None:
        raise Cancelled("enough")

    job = bench.job("echo begun; sleep 8765")
    with pytest.raises(Cancelled):
        execution.run(bench.runner, job, bench.snapshotter, stop)
    assert subprocess.run(["pgrep", "-f", "sleep 8765"], capture_output=True).stdout == b""
    assert bench.run("echo next").out == "next\n"


def test_a_runner_that_is_killed_ends_its_programs_as_cancelled(bench: Bench) -> None:
    timer = threading.Timer(0.3, bench.runner.kill)
    timer.start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        bench.run("sleep 60")
    assert time.monotonic() - began < 5
    with pytest.raises(Cancelled):
        bench.run("true")


def test_programs_run_side_by_side_in_one_runner(bench: Bench) -> None:
    jobs = [bench.job(f"sleep 0.5; echo {number}") for number in range(4)]
    results: dict[int, str] = {}

    def go(number: int) -> None:
        results[number] = bench.carry_out(jobs[number]).out

    began = time.monotonic()
    threads = [threading.Thread(target=go, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: f"{number}\n" for number in range(4)}
    assert time.monotonic() - began < 1.9


def test_network_none_has_a_loopback_and_nothing_more(bench: Bench) -> None:
    assert bench.run("cat /proc/net/dev | grep -c :", network="none").out == "1\n"
    host = Path("/proc/net/dev").read_text().count(":")
    assert bench.run("cat /proc/net/dev | grep -c :").out == f"{host}\n"


def test_a_limit_of_memory_kills_what_exceeds_it(bench: Bench) -> None:
    result = bench.run("head -c 100000000 /dev/zero | tail -c 99999999 > /dev/null; exit $?", memory=16 << 20)
    assert result.code == 137


def test_limits_of_a_process_are_as_asked(bench: Bench) -> None:
    limits = tuple(map(parsed, ("nofile=100:200", "core=0")))
    assert bench.run("ulimit -n; ulimit -Hn; ulimit -c", limits=limits).out.split() == ["100", "200", "0"]
    with pytest.raises(InvalidInput, match="soft limit must be less than or equal"):
        parsed("nofile=3:2")


def test_shared_memory_has_the_size_asked_for(bench: Bench) -> None:
    assert "size=2048k" in bench.run("grep /dev/shm /proc/self/mountinfo", shm_size=2 << 20).out


def test_the_layer_is_the_same_without_an_overlay(bench: Bench) -> None:
    if not isinstance(bench.snapshotter, Overlay):
        pytest.skip("no overlay to compare with")
    text = "echo x >/new; chmod 700 /etc; rm /etc/group; ln /new /other; ln -s to /link; mkdir /d; touch /d/f"
    first = bench.run(text)
    bench.snapshotter = Copying()
    second = bench.run(text)

    def shown(layer: Path) -> list[tuple[str, int, int]]:
        paths = sorted(layer.rglob("*"))
        return [(str(p.relative_to(layer)), p.lstat().st_mode, p.lstat().st_nlink) for p in paths]

    assert shown(first.layer) == shown(second.layer)
    assert "other" in second.left


def test_nothing_is_left_when_the_runner_goes(bench: Bench) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    bench.run("echo x > /x")
    bench.runner.close()
    assert Path("/proc/self/mountinfo").read_text() == before
    assert not [name for name in groups() if name.endswith(f"build-{bench.runner.pid}")]


BUILDER = """
import os, sys
sys.path.insert(0, {here!r})
from pathlib import Path
from engine.engine import Engine
from engine.shim.runner import Runner
from tests.system.runs import Bench
yard = Engine({root!r})
chain = yard.images.get("yard/base:latest").chain
lowers = tuple(yard.store.paths.snapshot(layer.snapshot) for layer in reversed(chain))
with yard.store.ingest() as ingest:
    runner = Runner({root!r} + "/seccomp")
    print(runner.pid, flush=True)
    bench = Bench(yard, lowers, runner, Path(ingest.path))
    while True:
        bench.run("sleep {token} & echo x > /x; sleep {pause}")
"""


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.06, 0.1, 0.14, 0.2, 0.3])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_whenever_the_builder_dies_nothing_is_left(
    yard_root: str, tmp_path: Path, delay: float, number: signal.Signals
) -> None:
    token = f"{4000 + delay:.2f}{number.value}"
    here = str(Path(__file__).resolve().parents[2])
    text = BUILDER.format(here=here, root=yard_root, token=token, pause="0.01" if delay < 0.2 else "60")
    words = [sys.executable, "-c", text]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as builder:
        assert builder.stdout
        pid = int(builder.stdout.readline())
        time.sleep(delay)
        builder.send_signal(number)
    gone = time.monotonic() + 5
    while (lives(pid) or _running(token)) and time.monotonic() < gone:
        time.sleep(0.01)
    assert not lives(pid), "the runner"
    assert not _running(token)
    assert not [name for name in groups() if name.endswith(f"build-{pid}")]
    assert yard_root not in Path("/proc/self/mountinfo").read_text()
    engine = Engine(yard_root)
    assert engine.images.list()
    engine.close()
    assert os.listdir(f"{yard_root}/ingest") == [], "the next open takes away what was half done"


def test_a_runner_that_dies_is_told_as_an_error_and_takes_its_programs_along(bench: Bench) -> None:
    timer = threading.Timer(0.3, os.kill, (bench.runner.pid, signal.SIGKILL))
    timer.start()
    with pytest.raises(EngineError, match="the runner ended before the program did"):
        bench.run("sleep 9876")
    assert not _running("9876")
    Runner("").close()
    assert not [name for name in groups() if f"build-{bench.runner.pid}" in name], "the next one sweeps"


def _running(token: str) -> bool:
    return subprocess.run(["pgrep", "-f", f"sleep {token}"], capture_output=True).returncode == 0


def test_the_runner_is_no_parent_of_anything_between_steps(bench: Bench) -> None:
    bench.run("sleep 100 & true")
    assert children_of(bench.runner.pid) == []

"""Terminals: what people do with `run -it`, `exec -it`, `attach`, Ctrl-P Ctrl-Q, seen as they see it."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.engine import Engine
from tests.conftest import BASE, Stackyard
from tests.system.window import Window

pytestmark = pytest.mark.root

LEAVE = "\x10\x11"
Sit = Callable[..., Window]


@pytest.fixture
def sit(yard: Engine, yard_root: str) -> Iterator[Sit]:
    """Sit down at a terminal in which a `stackyard …` line runs."""
    windows: list[Window] = []
    here = str(Path(__file__).resolve().parents[2])

    def run(*words: str) -> Window:
        boot = f"import sys; sys.path.insert(0, {here!r}); sys.argv = ['stackyard', *sys.argv[1:]]"
        boot += "; from app.main import main; sys.exit(main())"
        windows.append(Window("-c", boot, "--root", yard_root, *words))
        return windows[-1]

    yield run
    for window in windows:
        window.end()


# The transcripts that people learn from


def test_a_container_with_a_shell_left_come_back_to_and_ended(sit: Sit, stackyard: Stackyard) -> None:
    # Only a distribution's own bash has this prompt by itself.
    shell = sit("container", "run", "-it", "-e", r"PS1=\u@\h:\w\$ ", BASE, "/bin/bash")
    id = re.search(r"root@([0-9a-f]{12}):/# ", shell.await_("# "))
    assert id
    shell.type("ps -elf\n")
    listed = shell.await_("ps -elf\r\n") + shell.await_("# ")
    assert re.search(r"root +1 +0 .* pts/0 .* /bin/bash", listed)
    shell.type(LEAVE)
    assert shell.wait()[0] == 0
    assert id[1] in stackyard("container", "ls").stdout

    second = sit("container", "exec", "-it", id[1], "bash")
    assert f"@{id[1]}" in second.await_("# ")
    second.type("ps -elf | grep -c '[0-9] bash\\|/bin/bash'; ps -elf\n")
    listed = second.await_("ps -elf\r\n") + second.await_("# ")
    assert len(re.findall(r"(?:/bin/)?bash\r\n", listed)) >= 2
    second.type("exit\n")
    assert second.wait()[0] == 0
    assert id[1] in stackyard("container", "ps").stdout

    assert stackyard("container", "stop", "-t", "1", id[1][:11]).stdout == f"{id[1][:11]}\n"
    assert stackyard("container", "rm", id[1][:11]).stdout == f"{id[1][:11]}\n"
    assert stackyard("container", "ls", "-aq").stdout == ""


def test_exit_ends_the_container(sit: Sit, stackyard: Stackyard) -> None:
    shell = sit("run", "-it", "--name", "shell", BASE, "bash")
    shell.await_("# ")
    shell.type("exit 3\n")
    assert shell.wait()[0] == 3
    assert "Exited (3)" in stackyard("ps", "-a").stdout


def test_the_folder_that_was_asked_for(sit: Sit) -> None:
    window = sit("run", "-ti", "-w", "/var/log", BASE, "pwd")
    assert "/var/log\r\n" in window.await_("log\r\n")
    assert window.wait()[0] == 0


def test_the_variables_of_a_terminal(sit: Sit) -> None:
    window = sit("run", "-ti", "-e", "WEB_PORT=8080", BASE, "env")
    said = window.wait()[1]
    names = {line.partition("=")[0] for line in said.split("\r\n") if line}
    assert names == {"HOME", "PATH", "HOSTNAME", "TERM", "WEB_PORT"}
    assert "TERM=xterm\r\n" in said
    assert "WEB_PORT=8080\r\n" in said


# The terminal


def test_it_has_our_size_and_follows_it(sit: Sit) -> None:
    window = sit("run", "-it", BASE, "bash")
    window.await_("# ")
    window.type("stty size; tty\n")
    assert "24 80" in window.await_("/dev/pts/0")
    window.resize(120, 40)
    window.type("sleep 0.2; stty size\n")
    window.await_("40 120")


def test_keys_reach_the_program_and_signals_its_foreground(sit: Sit) -> None:
    window = sit("run", "-it", BASE, "bash")
    window.await_("# ")
    window.type("sleep 100\n")
    window.await_("sleep 100\r\n")
    time.sleep(0.5)  # until the sleep has the foreground, a Ctrl-C is the shell's
    window.type("\x03")
    window.await_("# ")
    window.type("echo still he''re\n")
    window.await_("still here")


def test_a_lone_ctrl_p_arrives_once_it_is_known_to_be_one(sit: Sit) -> None:
    read = "od -An -tx1"
    window = sit("run", "-it", BASE, "sh", "-c", f"stty raw -echo; echo ready; {read} -N3; {read} -N1")
    window.await_("ready")
    window.type("\x10x")
    window.type("\x10")
    assert "10 78 10" in window.await_("10 78 10")
    window.type("y")
    assert "79" in window.await_("79")


def test_other_keys_detach_where_they_are_asked_for(sit: Sit, stackyard: Stackyard) -> None:
    window = sit("run", "-it", "--name", "keys", "--detach-keys", "ctrl-x,d", BASE, "bash")
    window.await_("# ")
    window.type("\x18d")
    assert window.wait()[0] == 0
    again = sit("attach", "--detach-keys", "q", "keys")
    again.await_("# ")
    again.type("q")
    code, said = again.wait()
    assert code == 1
    assert "read escape sequence" in said
    assert "keys" in stackyard("ps").stdout


def test_coming_back_shows_the_prompt_anew(sit: Sit) -> None:
    window = sit("run", "-it", "--name", "back", BASE, "bash")
    window.await_("# ")
    window.type(LEAVE)
    assert window.wait()[0] == 0
    again = sit("attach", "back")
    again.await_("# ")
    again.type("exit 7\n")
    assert again.wait()[0] == 7


def test_two_who_sit_at_one_terminal_see_the_same(sit: Sit) -> None:
    first = sit("run", "-it", "--name", "two", BASE, "bash")
    first.await_("# ")
    second = sit("attach", "two")
    second.await_("# ")
    second.type("echo se''en\n")
    first.await_("seen\r\n")
    second.await_("seen\r\n")
    second.type(LEAVE)
    assert second.wait()[0] == 1
    first.type("exit\n")
    assert first.wait()[0] == 0


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
def test_our_terminal_is_as_it_was_when_we_are_asked_to_end(sit: Sit, sent: signal.Signals) -> None:
    window = sit("run", "-it", BASE, "bash")
    window.await_("# ")
    assert not window.echoes
    os.kill(window.pid, sent)
    window.wait()
    assert window.echoes


def test_killing_one_who_is_attached_leaves_the_others_sane(sit: Sit) -> None:
    first = sit("run", "-it", "--name", "sane", BASE, "bash")
    first.await_("# ")
    second = sit("attach", "sane")
    second.await_("# ")
    os.kill(second.pid, signal.SIGKILL)
    second.wait()
    first.type("stty size; echo he''re\n")
    assert "24 80" in first.await_("here\r\n")


def test_without_a_terminal_there_is_nothing_to_sit_at(stackyard: Stackyard) -> None:
    done = stackyard("run", "-it", BASE, "true")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("the input device is not a TTY")
    assert stackyard("ps", "-aq").stdout == ""
    stackyard("run", "-dit", "--name", "sat", BASE, "cat")
    for words in (("exec", "-it", "sat", "true"), ("attach", "sat")):
        done = stackyard(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("the input device is not a TTY")


def test_what_cannot_be_come_to_is_told_before_what_is_missing_here(stackyard: Stackyard) -> None:
    stackyard("create", "-it", "--name", "still", BASE, "cat")
    for words, sentence in (
        (("attach", "still"), "You cannot attach to a stopped container, start it first\n"),
        (("exec", "-it", "none", "true"), "Error: No such container: none\n"),
    ):
        done = stackyard(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(sentence)


def test_a_terminal_for_the_program_alone_needs_none_of_ours(stackyard: Stackyard) -> None:
    done = stackyard("run", "--rm", "-t", BASE, "sh", "-c", "tty; echo both >&2", text=False)
    assert done.stdout == b"/dev/pts/0\r\nboth\r\n"
    assert done.stderr == b""


def test_a_hundred_times_in_and_out(yard: Engine, stackyard: Stackyard) -> None:
    id = stackyard("run", "-dit", BASE, "cat").stdout.strip()
    yard.containers.attach(id).close()
    before = len(os.listdir("/proc/self/fd"))
    for number in range(100):
        session = yard.containers.attach(id, stdin=True)
        session.write(b"%d\n" % number)
        said = b""
        while said.count(b"%d\r\n" % number) < 2:
            said += b"".join(data for _, data in session.read())
        session.close()
    assert len(os.listdir("/proc/self/fd")) == before
    shim = yard.containers.get(id).state
    assert stackyard("inspect", "-f", "{{.State.Running}}", id).stdout == "true\n"
    assert shim.pid


def test_a_window_that_is_closed_leaves_the_container_running(sit: Sit, stackyard: Stackyard) -> None:
    window = sit("run", "-it", "--name", "gone", BASE, "bash")
    window.await_("# ")
    os.close(window.terminal)
    window.terminal = os.open(os.devnull, os.O_RDONLY)
    window.wait()
    assert "gone" in stackyard("ps").stdout

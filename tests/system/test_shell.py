"""A shell on what a step left: a terminal of its own, the caller's terminal as it was, nothing kept."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.engine import Engine
from engine.errors import NotFound
from tests.conftest import BASE
from tests.system.window import Window

pytestmark = pytest.mark.root

PROGRAM = """
import sys
sys.path.insert(0, {here!r})
from engine.engine import Engine
engine = Engine({root!r})
from app.lending import lend
from app.output import size
with engine.builds.shell({image!r}, size=size()) as session:
    lend(session, b"")
print("code", session.exit_code, flush=True)
engine.close()
"""


@pytest.fixture
def window(yard: Engine, yard_root: str) -> Iterator[Window]:
    here = str(Path(__file__).resolve().parents[2])
    window = Window("-c", PROGRAM.format(here=here, root=yard_root, image=BASE))
    yield window
    os.kill(window.pid, signal.SIGKILL)
    os.close(window.terminal)
    os.waitpid(window.pid, 0)


def test_it_has_a_terminal_with_job_control_and_our_size(window: Window) -> None:
    window.await_("# ")
    window.type("tty; stty size; echo $TERM; echo ov''er\n")
    said = window.await_("over\r\n")
    assert "/dev/pts/0" in said
    assert "24 80" in said
    window.resize(100, 30)
    window.type("stty size; sleep 100\n")
    window.await_("30 100")
    time.sleep(0.5)  # until the sleep has the foreground, a Ctrl-C is the shell's
    window.type("\x03")
    window.type("echo still he''re\n")
    window.await_("still here\r\n")


def test_its_exit_code_is_told_and_the_terminal_is_as_it_was(window: Window) -> None:
    window.await_("# ")
    assert not window.echoes
    window.type("touch /gone; exit 7\n")
    window.await_("code 7")
    assert window.echoes


def test_the_terminal_is_as_it_was_when_the_program_is_asked_to_end(window: Window) -> None:
    window.await_("# ")
    os.kill(window.pid, signal.SIGTERM)
    end = time.monotonic() + 5
    while not window.echoes and time.monotonic() < end:
        time.sleep(0.01)
    assert window.echoes


def test_what_is_done_there_is_not_kept(yard: Engine, window: Window) -> None:
    window.await_("# ")
    window.type("echo x > /gone; exit\n")
    window.await_("code 0")
    assert os.listdir(yard.store.paths.ingest) == []


def test_much_may_be_pasted_while_much_is_printed(window: Window) -> None:
    window.await_("# ")
    window.type("stty raw -echo; head -c 300000 /dev/zero | tr '\\0' x & head -c 200000 > /in; wc -c < /in\n")
    window.await_("x" * 100)
    data = b"y" * 200000
    seen = b""
    end = time.monotonic() + 20
    os.set_blocking(window.terminal, False)
    while b"200000" not in seen and time.monotonic() < end:
        readable, writable, _ = select.select([window.terminal], [window.terminal] if data else [], [], 0.1)
        if readable:
            seen += os.read(window.terminal, 65536)
        if writable:
            data = data[os.write(window.terminal, data[:4096]):]
    assert b"200000" in seen


def test_without_an_image_there_is_none(yard: Engine) -> None:
    with pytest.raises(NotFound), yard.builds.shell("yard/missing"):
        pass

"""`--init`.

A first process that passes signals on and reaps orphans, so that the program need not know how to be pid 1.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from engine.kernel.processes import set_name, show_arguments

PASSED = (
    signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2,
    signal.SIGWINCH, signal.SIGCONT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGALRM,
)  # fmt: skip
"""What is for the program; the caller has blocked them, so that none gets lost before."""


def reap_until(child: int, title: Sequence[str]) -> NoReturn:
    """Pass signals to `child` and reap every orphan until it ends; then end as it ended.

    `title` is what ps shows for this process.
    """

    def pass_on(number: int, _: FrameType | None) -> None:
        try:
            os.kill(child, number)
        except ProcessLookupError:
            return

    for number in PASSED:
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED)
    set_name(os.path.basename(title[0]))
    show_arguments(title)
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)

"""Full screen: a program gets the real terminal, and the pane knows afterwards what it has drawn."""

from __future__ import annotations

import os
import select
import signal
import time

from app.detaching import DEFAULT, PATIENCE_SECONDS, Detaching, sequence
from app.lending import handling, raw
from app.output import show, size
from app.terminal.redraw import LEAVING, redraw
from app.workbench.terminal.session import Session

_INPUT, _OUTPUT = 0, 1
_CHUNK = 1 << 16
_TURN = 0.05
"""Seconds for which output is read before keys are looked at again."""
_RETRY = 0.01


def hand_over(session: Session) -> bool:
    """Let the program have this terminal until Ctrl-P Ctrl-Q or its end; tell whether it was left.

    The workbench must be suspended; whatever happens, the terminal is as it was.
    """
    session.pause()
    try:
        with raw(), handling(signal.SIGWINCH, lambda *_: session.resize(*size())):
            session.resize(*size())
            show(_OUTPUT, redraw(session.screen))
            return _relay(session, Detaching(sequence(DEFAULT)))
    finally:
        show(_OUTPUT, LEAVING + b"\r\n")
        session.begin()


def _relay(session: Session, detaching: Detaching) -> bool:
    """Copy both ways; answers come from the real terminal, so that ours are dropped."""
    quick = True
    while not session.ended_now:
        wait = 0 if quick else PATIENCE_SECONDS if detaching.held else None if session.send() else _RETRY
        descriptors = [_INPUT, session.terminal.descriptor]
        ready = select.select(descriptors, [], [], wait)[0]
        if _INPUT in ready:
            typed = os.read(_INPUT, _CHUNK)
            passed, left = detaching.feed(typed)
            session.type(passed)
            if left or not typed:
                return True
        elif not ready and detaching.held and not quick:
            session.type(detaching.let_go())
        quick = session.take(time.perf_counter() + _TURN, lambda data: show(_OUTPUT, data), answering=False)
    return False

"""Stackyard's engine: union mounts, launching and building, as a library without a daemon.

>>> from engine import Engine
>>> engine = Engine("/tmp/yard")          # doctest: +SKIP
>>> engine.images.list()                  # doctest: +SKIP
[]

Public names load on first use, so that the shim, which lives below this package too, starts without them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.engine import Engine as Engine
    from engine.errors import EngineError as EngineError

__all__ = ["Engine", "EngineError"]



def __getattr__(name: str) -> object:
    if name == "Engine":
        from engine.engine import Engine

        return Engine
    if name == "EngineError":
        from engine.errors import EngineError

        return EngineError
    raise AttributeError(f"module 'engine' has no attribute {name!r}")

"""What goes on in containers, as the engine offers it: their programs, processes, figures and output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from engine.containers import record, state
from engine.containers.record import Container
from engine.events import EventLog
from engine.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from engine.containers.logs.log import LogEntry, LogFile
    from engine.containers.programs.attaching import Program
    from engine.containers.programs.processes import Process
    from engine.containers.programs.session import Attached, Executed
    from engine.containers.programs.statistics import Meter
    from engine.containers.programs.top import Table


class Activity:
    """What the containers of one store do."""

    store: Store
    events: EventLog

    def get(self, name: str) -> Container:
        """Find a container by name or (short) id. Raises NotFound or Ambiguous."""
        raise NotImplementedError

    def attach(self, name: str, *, stdin: bool = False, recent: int = 0) -> Attached:
        """Take a place at a running container's program; with `stdin` to type too.

        Up to `recent` bytes that it printed before come first. Raises Conflict.
        """
        from engine.containers.programs import attaching

        return attaching.attach(self.store, self.get(name), stdin=stdin, recent=recent)

    def execute(self, name: str, program: Program) -> Executed:
        """Run another program in a running container. Raises Conflict, InvalidInput, StartFailed."""
        from engine.containers.programs import attaching

        return attaching.execute(self.store, self.events, self.get(name), program)

    def top(self, name: str, options: Sequence[str] = ()) -> Table:
        """Show a running container's processes as ps does with these options (`-ef` if there are none)."""
        from engine.containers.programs import top

        return top.top(self.get(name), name, options)

    def processes(self, name: str) -> list[Process]:
        """List what runs in a container."""
        from engine.containers.programs import processes

        return processes.processes(self.get(name))

    def signal(self, name: str, pid: int, signal: str) -> None:
        """Send a signal to one process of a container. Raises NotFound when it is not (or no longer) its."""
        from engine.containers.programs import processes

        processes.send(self.get(name), pid, signal)

    def meter(self) -> Meter:
        """Make what samples how much containers use."""
        from engine.containers.programs.statistics import Meter

        return Meter()

    def logs(
        self,
        name: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: float | None = None,
        until: float | None = None,
        lines: bool = False,
    ) -> Iterator[LogEntry]:
        """Yield what a container printed; with `follow` until it ends."""
        from engine.containers.logs import log, logdriver

        container = self.get(name)
        logdriver.refuse_reading(container.host_config)
        paths = self.store.paths.container(container.id)
        return log.read(
            paths.log,
            tail=tail,
            since=since,
            until=until,
            follow=follow,
            lines=lines,
            ended=lambda: not state.read(paths).running,
        )

    def log(self, name: str) -> LogFile:
        """Open a container's log for reading anywhere in it."""
        from engine.containers.logs.log import LogFile
        from engine.containers.logs.logdriver import refuse_reading

        container = self.get(name)
        refuse_reading(container.host_config)
        return LogFile(self.store.paths.container(container.id).log)

    def log_changes(self, names: Iterable[str], stop: int) -> Iterator[None]:
        """Yield at first and each time one of these containers may have printed something.

        It ends when the descriptor `stop` becomes readable, and reads nothing.
        """
        from engine.containers.logs.logfile import changes

        found = [record.find(self.store, name).id for name in names]
        return changes([self.store.paths.container(id).log for id in found], stop)

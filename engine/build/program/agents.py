"""Ssh agents for RUN steps: a socket of the step's own, whoever the agent behind it belongs to.

Connections are passed on by a thread of this process, so the agent is out of reach once the step is over, and
the socket has the owner and the mode that the step asked for.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from engine.build.request import Agent
from engine.errors import EngineError, InvalidInput, Unsupported, from_os
from engine.kernel.files import DIRECTORY, magic_path

_CHUNK = 65536
_PATIENCE_SECONDS = 5.0
_KEEPER = 'ssh-add -q "$@" </dev/null || exit 1; echo "$SSH_AGENT_PID $SSH_AUTH_SOCK"; read -r _'
"""What an agent of ours lives for: until the builder hangs up, be it by dying."""


@contextmanager
def served(
    agent: Agent, folder: str, environment: Mapping[str, str], owner: tuple[int, int, int]
) -> Iterator[str]:
    """Serve an agent inside the block on a socket in `folder` with this mode, uid and gid; yield its path.

    Raises InvalidInput if there is no such agent, Unsupported if keys are given and OpenSSH is not installed.
    """
    mode, uid, gid = owner
    with _agent(agent, environment) as behind:
        place = f"{folder}/ssh-{os.urandom(4).hex()}"
        try:
            listener = _listening(folder, place)
            os.chown(place, uid, gid)
            os.chmod(place, mode)
        except OSError as error:
            raise from_os(error, "cannot hand on the ssh agent") from error
        stop, stopped = os.pipe2(os.O_CLOEXEC)
        thread = threading.Thread(target=_serve, args=(listener, stop, behind), daemon=True)
        thread.start()
        try:
            yield place
        finally:
            os.close(stopped)
            thread.join(_PATIENCE_SECONDS)
            os.close(stop)
            listener.close()
            os.unlink(place)


def _listening(folder: str, place: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    # A socket's name has 107 bytes at most.
    directory = os.open(folder, DIRECTORY)
    try:
        listener.bind(f"{magic_path(directory)}/{os.path.basename(place)}")
    finally:
        os.close(directory)
    listener.listen(16)
    return listener


def _serve(listener: socket.socket, stop: int, behind: str) -> None:
    """Pass on whatever comes, both ways, until the other end of `stop` is closed."""
    poll, partner = select.poll(), dict[int, tuple[socket.socket, socket.socket]]()
    for descriptor in (listener.fileno(), stop):
        poll.register(descriptor, select.POLLIN)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == stop:
                return
            if descriptor == listener.fileno():
                for here, there in _joined(listener, behind):
                    partner[here.fileno()] = here, there
                    poll.register(here.fileno(), select.POLLIN)
            elif descriptor in partner and not _passed_on(*partner[descriptor]):
                for end in partner[descriptor]:
                    poll.unregister(end.fileno())
                    del partner[end.fileno()]
                    end.close()


def _joined(listener: socket.socket, behind: str) -> tuple[tuple[socket.socket, socket.socket], ...]:
    """Take a connection and make one to the agent; nothing if the agent is gone."""
    try:
        here, _ = listener.accept()
    except OSError:
        return ()
    there = socket.socket(socket.AF_UNIX)
    try:
        there.connect(behind)
    except OSError:
        here.close()
        there.close()
        return ()
    return (here, there), (there, here)


def _passed_on(source: socket.socket, target: socket.socket) -> bool:
    """Pass on one piece; False once one side has hung up."""
    try:
        data = source.recv(_CHUNK)
        target.sendall(data)
    except OSError:
        return False
    return bool(data)


@contextmanager
def _agent(agent: Agent, environment: Mapping[str, str]) -> Iterator[str]:
    """Find the agent's socket, or start an agent that has the keys."""
    own = environment.get("SSH_AUTH_SOCK")
    paths = agent.paths or ((own,) if own else ())
    if not paths:
        raise InvalidInput(
            f"invalid empty ssh agent socket for {agent.id}",
            resolution="make sure SSH_AUTH_SOCK is set, or name a socket or keys: --ssh default=PATH",
        )
    try:
        sockets = [path for path in paths if stat.S_ISSOCK(os.stat(path).st_mode)]
    except OSError as error:
        raise from_os(error, f"cannot use the ssh agent {agent.id}") from None
    if sockets and len(paths) > 1:
        raise InvalidInput(f"--ssh {agent.id}: give one socket, or else keys")
    if sockets:
        yield sockets[0]
        return
    with _own_agent(paths) as place:
        yield place


@contextmanager
def _own_agent(keys: tuple[str, ...]) -> Iterator[str]:
    """Keep keys in an agent that dies with this process."""
    import shutil
    import subprocess

    if not shutil.which("ssh-agent") or not shutil.which("ssh-add"):
        raise Unsupported(
            "keys for --ssh need the programs ssh-agent and ssh-add, which are not installed",
            resolution="install OpenSSH's client, or hand over the socket of a running agent",
        )
    pipe = subprocess.PIPE
    words = ["ssh-agent", "sh", "-c", _KEEPER, "sh", *keys]
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        try:
            pid, _, place = process.stdout.readline().rstrip("\n").partition(" ")
            if not place:
                raise EngineError(f"cannot use the keys of --ssh: {process.stderr.read().strip()}")
            try:
                yield place
            finally:
                os.kill(int(pid), signal.SIGTERM)
        finally:
            process.stdin.close()

"""What the tests share: reasons to skip, a store of one's own, a root file system made of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from engine.engine import Engine

CONFORMANCE = Path(__file__).resolve().parents[2] / "shared" / "conformance"
PEERS = ("podman", "skopeo", "umoci", "runc")
BASE = "yard/base:latest"
REGISTRIES, DOCKER_CONFIG = "CONTAINERS_REGISTRIES_CONF", "DOCKER_CONFIG"
NO_SKIP = "STACKYARD_NO_SKIP"
"""Set where everything is installed: a test that would be skipped fails."""
NETWORK = "STACKYARD_NETWORK_TESTS"
"""Set where programs may be fetched from outside: to the archive of a Debian to build on."""


@pytest.fixture(scope="session", autouse=True)
def _no_registry_of_others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no test ask Docker Hub for an image, or show it who the user is."""
    folder = tmp_path_factory.mktemp("registries")
    (folder / "registries.conf").write_text('[[registry]]\nlocation = "docker.io"\nblocked = true\n')
    before = {name: os.environ.get(name) for name in (REGISTRIES, DOCKER_CONFIG)}
    os.environ |= {REGISTRIES: str(folder / "registries.conf"), DOCKER_CONFIG: str(folder)}
    yield
    for name, value in before.items():
        os.environ.pop(name, None)
        os.environ |= {} if value is None else {name: value}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what asks others, unless somebody wants that."""
    outward = [item for item in items if item.get_closest_marker("network")]
    if outward and not os.environ.get(NETWORK):
        config.hook.pytest_deselected(items=outward)
        items[:] = [item for item in items if item not in outward]


def pytest_runtest_setup(item: pytest.Item) -> None:
    lacks = {"root": _lack_of_root, "peers": _lack_of_peers, "conformance": _lack_of_cases}
    for marker, missing in lacks.items():
        if item.get_closest_marker(marker) and (reason := missing()):
            if os.environ.get(NO_SKIP) and marker != "conformance":
                pytest.fail(f"may not be skipped here: {reason}")
            pytest.skip(reason)


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get(NO_SKIP) and reporter and session.exitstatus == pytest.ExitCode.OK:
        reasons = {str(report.longrepr) for report in reporter.stats.get("skipped", ())}
        known = ("conformance", "third-party")
        if _lack_of_cases():
            # Tests that are made of those cases are none without them.
            known += ("beside this checkout", "empty parameter set")
        wrong = [reason for reason in reasons if not any(word in reason for word in known)]
        for reason in sorted(wrong):
            reporter.write_line(f"may not be skipped here: {reason}")
        if wrong:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@cache
def _lack_of_root() -> str | None:
    if os.geteuid() != 0:
        return "needs root: mounts, namespaces and devices"
    probe = (
        "import sys; sys.path.append(sys.argv[1])\n"
        "from engine.kernel.processes import CLONE_NEWNS, unshare; unshare(CLONE_NEWNS)"
    )
    here = str(Path(__file__).resolve().parents[1])
    if subprocess.run([sys.executable, "-c", probe, here], capture_output=True).returncode:
        return "needs CAP_SYS_ADMIN: mounts, namespaces and devices"
    return None


@cache
def _lack_of_peers() -> str | None:
    if reason := _lack_of_root():
        return reason
    absent = [name for name in PEERS if shutil.which(name) is None]
    return f"needs {', '.join(absent)} beside ours" if absent else None


@cache
def _lack_of_cases() -> str | None:
    return None if CONFORMANCE.is_dir() else "the third-party cases are not beside this checkout"


@pytest.fixture(scope="session")
def conformance() -> Path:
    """The folder of third-party cases."""
    return CONFORMANCE


@pytest.fixture
def root(tmp_path: Path) -> str:
    """The root of a store of one's own."""
    return str(tmp_path / "yard")


@pytest.fixture(scope="session")
def yard_root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The root of a store that holds the host-grown base image."""
    root = str(tmp_path_factory.mktemp("yard") / "root")
    engine = Engine(root)
    engine.images.import_host(reference=BASE)
    engine.close()
    return root


@pytest.fixture
def yard(yard_root: str) -> Iterator[Engine]:
    """An engine with the base image; its containers are gone afterwards."""
    engine = Engine(yard_root)
    yield engine
    for container in engine.containers.list(all=True):
        engine.containers.remove(container.id, force=True)
    engine.close()


Stackyard = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def stackyard(yard_root: str, yard: Engine) -> Stackyard:
    """Run `stackyard` with these words on the store with the base image."""

    def run(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "app.main", "--root", yard_root, *words]
        here = Path(__file__).resolve().parents[1]
        usual: dict[str, object] = {"stdin": subprocess.DEVNULL, "timeout": 60, "cwd": here, "text": True}
        options = {**usual, **more}
        return subprocess.run(command, capture_output=True, **options)  # type: ignore[call-overload,no-any-return]

    return run

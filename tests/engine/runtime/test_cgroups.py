"""Control groups: pure translation, and real groups on this machine."""

import errno
import os
import signal
import stat
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import EngineError, InUse, InvalidInput, NotPermitted, Unsupported
from engine.kernel import bpf
from engine.runtime.cgroups import v1, v2
from engine.runtime.cgroups.cgroup import Cgroup
from engine.runtime.cgroups.devices import Policy, default_devices, policy
from engine.runtime.cgroups.layout import Layout, Place

ROOT = "/sys/fs/cgroup"
UNIFIED = Layout.probe().unified
needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not os.access(ROOT, os.W_OK), reason="needs root and writable cgroups"
)
needs_v2 = pytest.mark.skipif(UNIFIED is None, reason="no cgroup v2 mounted")


# Translation


def test_v1_writes_memory_before_memory_and_swap() -> None:
    resources = {"memory": {"swap": 300, "limit": 200, "reservation": 100, "disableOOMKiller": True}}
    assert list(v1.memory(resources)) == [
        ("memory.limit_in_bytes", "200"), ("memory.memsw.limit_in_bytes", "300"),
        ("memory.soft_limit_in_bytes", "100"), ("memory.oom_control", "1"),
    ]  # fmt: skip


def test_v2_takes_swap_without_memory() -> None:
    assert list(v2.memory({"memory": {"limit": 200, "swap": 300}})) == [
        ("memory.max", "200"), ("memory.swap.max", "100")]  # fmt: skip
    assert list(v2.memory({"memory": {"limit": 200, "swap": -1}}))[1] == ("memory.swap.max", "max")
    with pytest.raises(InvalidInput):
        list(v2.memory({"memory": {"limit": 200, "swap": 100}}))
    with pytest.raises(Unsupported):
        list(v2.memory({"memory": {"disableOOMKiller": True}}))


@pytest.mark.parametrize(("shares", "weight"), [(2, "1"), (1024, "39"), (262144, "10000")])
def test_v2_weighs_shares(shares: int, weight: str) -> None:
    assert list(v2.cpu({"cpu": {"shares": shares}})) == [("cpu.weight", weight)]


def test_cpu_bandwidth() -> None:
    resources = {"cpu": {"quota": 50000, "period": 100000, "cpus": "0-1", "mems": "0"}}
    assert list(v1.cpu(resources)) == [("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "50000")]
    assert list(v2.cpu(resources)) == [("cpu.max", "50000 100000")]
    assert list(v1.cpuset(resources)) == [("cpuset.cpus", "0-1"), ("cpuset.mems", "0")]


def test_block_throttles() -> None:
    resources = {"blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1024}]}}
    assert list(v1.io(resources)) == [("blkio.throttle.read_bps_device", "8:0 1024")]
    assert list(v2.io(resources)) == [("io.max", "8:0 rbps=1024")]


@pytest.mark.parametrize("limit", [None, 0])
def test_no_pids_limit(limit: int | None) -> None:
    assert list(v1.pids({"pids": {"limit": limit}})) == []


def test_a_pids_limit_can_be_taken_away() -> None:
    assert list(v1.pids({"pids": {"limit": -1}})) == [("pids.max", "max")]


# Devices


def test_default_devices_as_docker_writes_them() -> None:
    nodes = ("1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:1", "5:2", "136:*")
    expected = ["c *:* m", "b *:* m", *(f"c {node} rwm" for node in nodes)]
    assert list(policy(default_devices()).lines()) == expected


def test_policy_reduces_rules() -> None:
    node = {"type": "c", "major": 10, "minor": 200}
    assert policy([{"allow": True, "access": "rwm"}]) == Policy(True, {})
    added = [{"allow": True, **node, "access": "r"}, {"allow": True, **node, "access": "w"}]
    assert policy([{"allow": False}, *added]) == Policy(False, {("c", 10, 200): "rw"})
    taken = [{"allow": True, **node}, {"allow": False, **node, "access": "w"}]
    assert policy([{"allow": False}, *taken]) == Policy(False, {("c", 10, 200): "rm"})
    with pytest.raises(Unsupported):
        policy([{"allow": False}, {"allow": True, "type": "c", "access": "m"}, {"allow": False, **node}])
    with pytest.raises(InvalidInput):
        policy([{"allow": True, "type": "x"}])


def _run(program: bytes, kind: int, access: int, major: int, minor: int) -> int:
    """Interpret the few instructions that device programs are made of."""
    context = {0: access << 16 | kind, 4: major, 8: minor}
    registers, index = [0] * 11, 0
    while True:
        code, both, jump, value = bpf.struct.unpack_from("=BBhi", program, index * 8)
        target, source = both & 15, both >> 4
        index += 1
        if code == 0x61:
            registers[target] = context[jump]
        elif code == 0xB7:
            registers[target] = value
        elif code == 0xBF:
            registers[target] = registers[source]
        elif code == 0x57:
            registers[target] &= value
        elif code == 0x77:
            registers[target] >>= value
        elif code == 0x95:
            return registers[0]
        else:
            other = registers[source] if code == 0x5D else value
            index += jump if (registers[target] == other) is (code == 0x15) else 0


NUMBER = st.sampled_from([-1, 1, 3, 5])
NODE = st.tuples(st.sampled_from("bc"), NUMBER, NUMBER)
ACCESS = st.sampled_from(["r", "w", "m", "rw", "rm", "wm", "rwm"])
BITS = {"m": 1, "r": 2, "w": 4}


@given(st.booleans(), st.dictionaries(NODE, ACCESS, max_size=5), st.sampled_from("bc"), st.integers(1, 7),
       st.sampled_from([1, 3, 5, 9]), st.sampled_from([1, 3, 5, 9]))  # fmt: skip
def test_device_program_means_the_policy(
    allow: bool, exceptions: dict[tuple[str, int, int], str], kind: str, wanted: int, major: int, minor: int
) -> None:
    def fits(node: tuple[str, int, int], access: str) -> bool:
        granted = sum(BITS[letter] for letter in access)
        named = node[0] == kind and node[1] in (-1, major) and node[2] in (-1, minor)
        return named and bool(granted & wanted if allow else granted & wanted == wanted)

    expected = allow is not any(fits(node, access) for node, access in exceptions.items())
    program = bpf.device_program(allow, exceptions)
    assert _run(program, {"b": 1, "c": 2}[kind], wanted, major, minor) == expected


# Layouts


def test_nothing_mounted(tmp_path: object) -> None:
    layout = Layout.probe(str(tmp_path))
    assert layout.unified is None
    assert not Cgroup.create("stackyard/x", {"devices": default_devices()}, layout=layout)
    with pytest.raises(Unsupported, match="pids"):
        Cgroup.create("stackyard/x", {"pids": {"limit": 5}}, layout=layout)


class Unwritable(Layout):
    """A layout in which this user may make nothing."""

    def place(self, controller: str) -> Place | None:
        found = super().place(controller)
        return found._replace(base=None) if found else None

    def second(self) -> Place | None:
        found = super().second()
        return found._replace(base=None) if found else None


@pytest.mark.skipif(not os.path.exists(f"{ROOT}/pids/tasks"), reason="no v1 pids controller")
def test_no_permission_is_silent_until_a_limit_is_asked_for() -> None:
    layout = Unwritable(*Layout.probe())
    group = Cgroup.create("stackyard/x", {"devices": default_devices()}, layout=layout)
    assert not group
    assert group.processes() == []
    assert not group.oom_killed()
    group.enter()
    group.kill()
    group.remove()
    with pytest.raises(NotPermitted, match="pids"):
        Cgroup.create("stackyard/x", {"pids": {"limit": 5}}, layout=layout)


# Real groups

Make = Callable[..., Cgroup]


@pytest.fixture
def make() -> Iterator[Make]:
    made: list[Cgroup] = []

    def create(layout: Layout | None = None, /, **resources: object) -> Cgroup:
        group = Cgroup.create(f"stackyard-test/{uuid.uuid4().hex}", resources, layout=layout)
        made.append(group)
        return group

    yield create
    for group in made:
        group.kill()
        group.remove()


def inside(group: Cgroup, work: Callable[[], int]) -> int:
    """Run `work` in a child inside the group; give its status as os.waitstatus_to_exitcode does."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            group.enter()
            os._exit(work())
        os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _use_device(kind: int, major: int, minor: int) -> int:
    path = f"/tmp/device-{os.getpid()}"
    try:
        os.mknod(path, kind | 0o600, os.makedev(major, minor))
    except OSError as error:
        return error.errno or 1
    try:
        os.close(os.open(path, os.O_RDWR))
    except OSError as error:
        return 100 + (error.errno or 0)
    finally:
        os.unlink(path)
    return 0


def layouts() -> list[object]:
    found: list[object] = [pytest.param(None, id="this machine")]
    if UNIFIED is not None and UNIFIED != ROOT:
        found.append(pytest.param(Layout(UNIFIED, UNIFIED), id="only v2"))
    return found


@needs_root
@pytest.mark.root
@pytest.mark.parametrize("layout", layouts())
class TestGroup:
    def test_devices(self, make: Make, layout: Layout | None) -> None:
        group = make(layout, devices=default_devices())
        assert inside(group, lambda: _use_device(stat.S_IFBLK, 254, 0)) == 100 + errno.EPERM
        assert inside(group, lambda: _use_device(stat.S_IFCHR, 1, 1)) == 100 + errno.EPERM
        assert inside(group, lambda: _use_device(stat.S_IFCHR, 1, 3)) == 0

    def test_all_devices(self, make: Make, layout: Layout | None) -> None:
        group = make(layout, devices=[{"allow": True, "access": "rwm"}])
        assert inside(group, lambda: _use_device(stat.S_IFCHR, 1, 1)) != 100 + errno.EPERM

    def test_kill_ends_everything_and_remove_leaves_nothing(self, make: Make, layout: Layout | None) -> None:
        group = make(layout, devices=default_devices())

        def multiply() -> int:
            for _ in range(3):
                os.fork()
            while True:
                signal.pause()

        child = os.fork()
        if child == 0:
            group.enter()
            os._exit(multiply())
        while len(group.processes()) < 8:
            time.sleep(0.001)
        with pytest.raises(InUse):
            group.remove(patience=0.01)
        Cgroup.open(group.name, layout=layout).kill()
        assert group.processes() == []
        os.waitpid(child, 0)
        directories = group.directories.values()
        assert all(map(os.path.isdir, directories))
        group.remove()
        assert not any(map(os.path.exists, directories))
        group.remove()

    def test_join_by_pid(self, make: Make, layout: Layout | None) -> None:
        group = make(layout, devices=default_devices())
        child = os.fork()
        if child == 0:
            signal.pause()
        group.enter(child)
        assert group.processes() == [child]
        group.kill()
        os.waitpid(child, 0)

    def test_a_group_left_by_a_crash_is_replaced(self, make: Make, layout: Layout | None) -> None:
        group = make(layout, devices=default_devices())
        Cgroup.create(group.name, {}, layout=layout).remove()

    def test_a_running_group_is_not_replaced(self, make: Make, layout: Layout | None) -> None:
        group = make(layout, devices=default_devices())

        def again() -> int:
            try:
                Cgroup.create(group.name, {}, layout=layout)
            except EngineError:
                return 7
            return 0

        assert inside(group, again) == 7

    def test_groups_made_by_the_container_go_too(self, make: Make, layout: Layout | None) -> None:
        group = make(layout, devices=default_devices())
        for directory in group.directories.values():
            os.makedirs(f"{directory}/a/b")
            os.mkdir(f"{directory}/c")
        group.remove()


@needs_root
@pytest.mark.root
class TestLimits:
    def test_pids_contain_a_fork_bomb(self, make: Make) -> None:
        group = make(pids={"limit": 20})

        def bomb() -> int:
            with suppress(OSError):
                while True:
                    os.fork()
            signal.pause()
            return 0

        child = os.fork()
        if child == 0:
            group.enter()
            os._exit(bomb())
        while len(group.processes()) < 20:
            time.sleep(0.001)
        time.sleep(0.05)
        assert len(group.processes()) == 20
        group.kill()
        assert group.processes() == []
        os.waitpid(child, 0)

    def test_memory_limit_kills(self, make: Make) -> None:
        group = make(memory={"limit": 32 << 20, "swap": 32 << 20})
        assert not group.oom_killed()

        def grow() -> int:
            return len(bytearray(b"x") * (256 << 20)) & 1

        assert inside(group, grow) == -signal.SIGKILL
        assert group.oom_killed()
        assert Cgroup.open(group.name).oom_killed()

    def test_memory_enough(self, make: Make) -> None:
        group = make(memory={"limit": 256 << 20})
        assert inside(group, lambda: 0) == 0
        assert not group.oom_killed()

    def test_processor_limits_are_set(self, make: Make) -> None:
        group = make(cpu={"quota": 20000, "period": 100000, "shares": 512, "cpus": "0"})
        assert inside(group, lambda: len(os.sched_getaffinity(0))) == 1

    def test_the_container_sees_its_own_groups(self, make: Make) -> None:
        group = make(devices=default_devices(), pids={"limit": 9})
        assert {source for _, source, _ in group.mounts()} <= set(group.directories.values())

    @needs_v2
    def test_the_container_sees_pure_v2(self, make: Make) -> None:
        assert UNIFIED is not None
        group = make(Layout(UNIFIED, UNIFIED), devices=default_devices())
        assert group.mounts() == [("cgroup2", "cgroup", "")]
        assert group.unified is not None

    def test_what_the_kernel_refuses_leaves_nothing(self) -> None:
        name = f"stackyard-test/{uuid.uuid4().hex}"
        with pytest.raises(InvalidInput):
            Cgroup.create(name, {"cpu": {"cpus": "4000"}})
        assert not Cgroup.open(name)

    @needs_v2
    @pytest.mark.skipif(os.path.exists(f"{ROOT}/hugetlb/tasks"), reason="hugetlb is mounted as v1")
    def test_a_controller_of_the_unified_hierarchy(self, make: Make) -> None:
        assert UNIFIED is not None
        with open(f"{UNIFIED}/cgroup.controllers") as file:
            if "hugetlb" not in file.read():
                pytest.skip("no hugetlb controller")
        group = make(hugepageLimits=[{"pageSize": "2MB", "limit": 4 << 20}], devices=default_devices())
        with open(f"{group.directories['hugetlb']}/hugetlb.2MB.max") as file:
            assert file.read() == f"{4 << 20}\n"
        assert inside(group, lambda: _use_device(stat.S_IFBLK, 254, 0)) == 100 + errno.EPERM
        group.kill()

    @needs_v2
    def test_a_controller_missing_from_v2(self, make: Make) -> None:
        assert UNIFIED is not None
        if UNIFIED == ROOT:
            pytest.skip("all controllers are on v2")
        with pytest.raises(Unsupported, match="memory"):
            make(Layout(UNIFIED, UNIFIED), memory={"limit": 1 << 26})

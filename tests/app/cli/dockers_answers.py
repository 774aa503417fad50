"""What docker 20.10 answered to flags of `create`: the HostConfig it keeps, or the sentence it refuses with.

Recorded by `docker create FLAGS busybox true && docker inspect`, on a machine with two processors.
"""

from __future__ import annotations

from typing import Any

KEPT: dict[str, dict[str, Any]] = {
    "": {},
    "-m 100m": {"Memory": 104857600, "MemorySwap": 209715200},
    "-m 100m --memory-swap -1": {"Memory": 104857600, "MemorySwap": -1},
    "-m 100m --memory-swap 200m": {"Memory": 104857600, "MemorySwap": 209715200},
    "-m 100m --memory-reservation 50m": {
        "Memory": 104857600, "MemoryReservation": 52428800, "MemorySwap": 209715200,
    },
    "-m 0": {},
    "--memory-swappiness 60": {"MemorySwappiness": 60},
    "--memory-swappiness -1": {},
    "--memory-swappiness 0": {"MemorySwappiness": 0},
    "-m 100m --oom-kill-disable": {"Memory": 104857600, "MemorySwap": 209715200, "OomKillDisable": True},
    "--oom-score-adj -500": {"OomScoreAdj": -500},
    "--cpus 1.5": {"NanoCpus": 1500000000},
    "--cpus 0.001": {"NanoCpus": 1000000},
    "--cpu-period 50000 --cpu-quota 25000": {"CpuPeriod": 50000, "CpuQuota": 25000},
    "--cpu-shares 512": {"CpuShares": 512},
    "-c 1": {"CpuShares": 1},
    "--cpu-rt-period 1000000 --cpu-rt-runtime 950000": {
        "CpuRealtimePeriod": 1000000, "CpuRealtimeRuntime": 950000,
    },
    "--cpuset-cpus 0-1 --cpuset-mems 0": {"CpusetCpus": "0-1", "CpusetMems": "0"},
    "--pids-limit 100": {"PidsLimit": 100},
    "--pids-limit -1": {},
    "--pids-limit 0": {},
    "--device-read-bps /dev/loop0:1mb --device-write-bps /dev/loop0:2mb": {
        "BlkioDeviceReadBps": [{"Path": "/dev/loop0", "Rate": 1048576}],
        "BlkioDeviceWriteBps": [{"Path": "/dev/loop0", "Rate": 2097152}],
    },
    "--device-read-iops /dev/loop0:100 --device-write-iops /dev/loop0:200": {
        "BlkioDeviceReadIOps": [{"Path": "/dev/loop0", "Rate": 100}],
        "BlkioDeviceWriteIOps": [{"Path": "/dev/loop0", "Rate": 200}],
    },
    "--ulimit nofile=100:200 --ulimit core=-1": {
        "Ulimits": [{"Name": "core", "Hard": -1, "Soft": -1}, {"Name": "nofile", "Hard": 200, "Soft": 100}],
    },
    "--ulimit nproc=10 --ulimit nofile=5 --ulimit nofile=6": {
        "Ulimits": [{"Name": "nofile", "Hard": 6, "Soft": 6}, {"Name": "nproc", "Hard": 10, "Soft": 10}],
    },
    "--shm-size 1m": {"ShmSize": 1048576},
    "--shm-size 0": {},
    "--cgroup-parent foo": {"CgroupParent": "foo"},
    "--device /dev/null --device /dev/zero:/dev/nil:r --device /dev/full:r": {
        "Devices": [
            {"PathOnHost": "/dev/null", "PathInContainer": "/dev/null", "CgroupPermissions": "rwm"},
            {"PathOnHost": "/dev/zero", "PathInContainer": "/dev/nil", "CgroupPermissions": "r"},
            {"PathOnHost": "/dev/full", "PathInContainer": "/dev/full", "CgroupPermissions": "r"},
        ],
    },
    "--device-cgroup-rule 'c 1:3 mr'": {"DeviceCgroupRules": ["c 1:3 mr"]},
    "--cap-add net_admin --cap-drop CAP_MKNOD --cap-drop chown": {
        "CapAdd": ["net_admin"], "CapDrop": ["CAP_MKNOD", "chown"],
    },
    "--group-add audio --group-add 1000": {"GroupAdd": ["audio", "1000"]},
    "--add-host foo:1.2.3.4 --add-host v6:::1": {"ExtraHosts": ["foo:1.2.3.4", "v6:::1"]},
    "--dns 1.2.3.4 --dns ::1 --dns-search example.com --dns-search . --dns-option ndots:2": {
        "Dns": ["1.2.3.4", "::1"], "DnsOptions": ["ndots:2"], "DnsSearch": ["example.com", "."],
    },
    "--sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=1": {
        "Sysctls": {"kernel.msgmax": "1", "net.ipv4.ip_forward": "1"},
    },
    "--pid host --ipc host --uts host --cgroupns host --userns host": {
        "CgroupnsMode": "host", "IpcMode": "host", "PidMode": "host", "SecurityOpt": ["label=disable"],
        "UTSMode": "host", "UsernsMode": "host",
    },
    "--ipc none": {"IpcMode": "none"},
    "--ipc shareable": {"IpcMode": "shareable"},
    "--ipc private": {},
    "--ipc ''": {},
    "--net host": {"NetworkMode": "host"},
    "--net none": {"NetworkMode": "none"},
    "--privileged": {
        "Privileged": True, "SecurityOpt": ["label=disable"], "MaskedPaths": None, "ReadonlyPaths": None,
    },
    "--security-opt systempaths=unconfined": {"SecurityOpt": [], "MaskedPaths": [], "ReadonlyPaths": []},
    "--security-opt label:disable --security-opt no-new-privileges": {
        "SecurityOpt": ["label:disable", "no-new-privileges"],
    },
    "--isolation default": {"Isolation": "default"},
    "--init": {"Init": True},
    "--read-only --tmpfs /x:size=1m": {"ReadonlyRootfs": True, "Tmpfs": {"/x": "size=1m"}},
    "--rm": {"AutoRemove": True},
    "--restart on-failure:3": {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}},
    "--log-driver json-file": {},
    "--log-driver local": {"LogConfig": {"Type": "local", "Config": {}}},
    "--log-driver none": {"LogConfig": {"Type": "none", "Config": {}}},
    "--log-opt max-size=10m --log-opt max-file=3": {
        "LogConfig": {"Type": "json-file", "Config": {"max-file": "3", "max-size": "10m"}},
    },
    "--log-opt max-size=10m --log-opt max-size=1.5kib": {
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1.5kib"}},
    },
    "--log-opt mode=non-blocking --log-opt max-buffer-size=4m --log-opt cache-disabled=true": {
        "LogConfig": {
            "Type": "json-file",
            "Config": {"cache-disabled": "true", "max-buffer-size": "4m", "mode": "non-blocking"},
        },
    },
    "--log-opt labels=a,b --log-opt env=X --log-opt env-regex=^Y --log-opt tag={{.Name}}": {
        "LogConfig": {
            "Type": "json-file",
            "Config": {"env": "X", "env-regex": "^Y", "labels": "a,b", "tag": "{{.Name}}"},
        },
    },
    "--log-driver local --log-opt max-file=1 --log-opt compress=false": {
        "LogConfig": {"Type": "local", "Config": {"compress": "false", "max-file": "1"}},
    },
}  # fmt: skip
"""What differs from the HostConfig of no flag at all."""

DEFAULTS: dict[str, Any] = {
    "Binds": None, "ContainerIDFile": "", "LogConfig": {"Type": "json-file", "Config": {}},
    "NetworkMode": "default", "PortBindings": {},
    "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}, "AutoRemove": False, "VolumeDriver": "",
    "VolumesFrom": None, "CapAdd": None, "CapDrop": None, "Dns": [], "DnsOptions": [], "DnsSearch": [],
    "ExtraHosts": None, "GroupAdd": None, "IpcMode": "private", "Cgroup": "", "Links": None, "OomScoreAdj": 0,
    "PidMode": "", "Privileged": False, "PublishAllPorts": False, "ReadonlyRootfs": False,
    "SecurityOpt": None, "UTSMode": "", "UsernsMode": "", "ShmSize": 67108864, "ConsoleSize": [0, 0],
    "Isolation": "", "CpuShares": 0, "Memory": 0, "NanoCpus": 0, "CgroupParent": "", "BlkioWeight": 0,
    "BlkioWeightDevice": [], "BlkioDeviceReadBps": [], "BlkioDeviceWriteBps": [], "BlkioDeviceReadIOps": [],
    "BlkioDeviceWriteIOps": [], "CpuPeriod": 0, "CpuQuota": 0, "CpuRealtimePeriod": 0,
    "CpuRealtimeRuntime": 0, "CpusetCpus": "", "CpusetMems": "", "Devices": [], "DeviceCgroupRules": None,
    "DeviceRequests": None, "KernelMemory": 0, "KernelMemoryTCP": 0, "MemoryReservation": 0, "MemorySwap": 0,
    "MemorySwappiness": None, "OomKillDisable": False, "PidsLimit": None, "Ulimits": [], "CpuCount": 0,
    "CpuPercent": 0, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
}  # fmt: skip
"""HostConfig of no flag, without what names the engine: Runtime, CgroupnsMode (of a machine with version 1)
and the lists of covered paths, which later versions made longer.
"""

_BPS = (
    "invalid rate for device: {}. The correct format is <device-path>:<number>[<unit>]. Number must be a"
    " positive integer. Unit is optional and can be kb, mb, or gb"
)
_IOPS = (
    "invalid rate for device: {}. The correct format is <device-path>:<number>. Number must be a positive"
    " integer"
)
_EXPOSE = 'invalid range format for --expose: {0}, error: strconv.ParseUint: parsing "{0}": {1}'
_RANGE = "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"

_COMPRESS = "compress cannot be true when max-file is less than 2 or max-size is not set"
_LOG_OPTIONS = {
    "--log-opt max-size=x": "invalid size: 'x'",
    "--log-opt max-size=": "invalid size: ''",
    "--log-opt max-size=-5": "invalid size: '-5'",
    "--log-opt max-size=1Z": "invalid size: '1Z'",
    "--log-opt max-size=1k2": "invalid size: '1k2'",
    "--log-opt max-size=0": "max-size must be a positive number",
    "--log-opt max-file=0": "max-file cannot be less than 1",
    "--log-opt max-size=10m --log-opt max-file=-1": "max-file cannot be less than 1",
    "--log-opt max-size=10m --log-opt max-file=x": 'strconv.Atoi: parsing "x": invalid syntax',
    "--log-opt compress=true": _COMPRESS,
    "--log-opt compress=true --log-opt max-size=1m": _COMPRESS,
    "--log-opt compress=x --log-opt max-size=1m": 'strconv.ParseBool: parsing "x": invalid syntax',
    "--log-opt tag={{.Nam": "template: log-tag:1: unclosed action",
    "--log-driver local --log-opt max-file=1": "compression cannot be enabled when max file count is 1",
    "--log-driver local --log-opt max-file=x": (
        'invalid value for max-file: x: strconv.Atoi: parsing "x": invalid syntax'
    ),
    "--log-driver local --log-opt max-size=-1": "invalid value for max-size: -1: invalid size: '-1'",
    "--log-driver local --log-opt compress=x": (
        'error reading compress log option: strconv.ParseBool: parsing "x": invalid syntax'
    ),
}
"""What docker says when it starts such a container; here it is said before one is made."""

REFUSED: dict[str, str] = {
    "-m 5m": "Minimum memory limit allowed is 6MB",
    "-m 100m --memory-swap 50m": "Minimum memoryswap limit should be larger than memory limit, see usage",
    "--memory-swap 50m": "You should always set the Memory limit when using Memoryswap limit, see usage",
    "--memory-swap x": "invalid size: 'x'",
    "--memory-swap -2": "invalid size: '-2'",
    "--memory-reservation 1m": "Minimum memory reservation allowed is 6MB",
    "-m 10m --memory-reservation 20m": (
        "Minimum memory limit can not be less than memory reservation limit, see usage"
    ),
    "--memory-swappiness 101": "invalid value: 101. Valid memory swappiness range is 0-100",
    "--memory-swappiness -2": "invalid value: -2. Valid memory swappiness range is 0-100",
    "--oom-score-adj 1001": "Invalid value 1001, range for oom score adj is [-1000, 1000]",
    "--oom-score-adj -1001": "Invalid value -1001, range for oom score adj is [-1000, 1000]",
    "--cpus 3": _RANGE,
    "--cpus -1": _RANGE,
    "--cpus x": "failed to parse x as a rational number",
    "--cpus 1.1234567891": "value is too precise",
    "--cpus 1 --cpu-quota 5000": "Conflicting options: Nano CPUs and CPU Quota cannot both be set",
    "--cpus 1 --cpu-period 5000": "Conflicting options: Nano CPUs and CPU Period cannot both be set",
    "--cpu-period 10": (
        "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)"
    ),
    "--cpu-quota 10": "CPU cfs quota can not be less than 1ms (i.e. 1000)",
    "--cpuset-cpus 5": "Requested CPUs are not available - requested 5, available: 0-1",
    "--cpuset-cpus 0,": "Invalid value 0, for cpuset cpus: invalid format: 0,",
    "--cpuset-mems 3": "Requested memory nodes are not available - requested 3, available: 0",
    "--cpuset-mems x": "Invalid value x for cpuset mems: invalid format: x",
    "--blkio-weight 70000": 'strconv.ParseUint: parsing "70000": value out of range',
    "--blkio-weight-device /dev/null": "bad format: /dev/null",
    "--blkio-weight-device /dev/null:5": "invalid weight for device: /dev/null:5",
    "--blkio-weight-device x:100": "bad format for device path: x:100",
    "--device-read-bps /dev/vda": "bad format: /dev/vda",
    "--device-read-bps /dev/vda:-1": _BPS.format("/dev/vda:-1"),
    "--device-read-bps vda:1": "bad format for device path: vda:1",
    "--device-write-iops /dev/vda:x": _IOPS.format("/dev/vda:x"),
    "--ulimit nofile": "invalid ulimit argument: nofile",
    "--ulimit nofile=100:50": "ulimit soft limit must be less than or equal to hard limit: 100 > 50",
    "--ulimit bogus=1": "invalid ulimit type: bogus",
    "--ulimit nofile=x": 'strconv.ParseInt: parsing "x": invalid syntax',
    "--ulimit nofile=1:2:3": "too many limit value arguments - 1:2:3, can only have up to two, `soft[:hard]`",
    "--shm-size -1": "invalid size: '-1'",
    "--device /dev/null:/dev/xx:rwx": "bad mode specified: rwx",
    "--device null": "null is not an absolute path",
    "--device /dev/null:xx": "xx is not an absolute path",
    "--device-cgroup-rule 'x 1:3 mr'": "invalid device cgroup format 'x 1:3 mr'",
    "--device-cgroup-rule ''": "invalid device cgroup format ''",
    "--add-host foo": 'bad format for add-host: "foo"',
    "--add-host foo=1.2.3.4": 'bad format for add-host: "foo=1.2.3.4"',
    "--add-host foo:bar": 'invalid IP address in add-host: "bar"',
    "--add-host v6:[::1]": 'invalid IP address in add-host: "[::1]"',
    "--add-host :1.2.3.4": 'bad format for add-host: ":1.2.3.4"',
    "--dns x": "x is not an ip address",
    "--dns-search 'a b'": "a b is not a valid domain",
    "--dns-search -x": "-x is not a valid domain",
    "--sysctl kernel.foo=1": "sysctl 'kernel.foo=1' is not whitelisted",
    "--sysctl net.ipv4.ip_forward": "sysctl 'net.ipv4.ip_forward' is not whitelisted",
    "--sysctl kernel/msgmax=1": "sysctl 'kernel/msgmax=1' is not whitelisted",
    "--pid x": "--pid: invalid PID mode",
    "--pid container:": "--pid: invalid PID mode",
    "--pid private": "--pid: invalid PID mode",
    "--ipc x": "Invalid IPC mode: x",
    "--uts private": "--uts: invalid UTS mode",
    "--uts host -h foo": "conflicting options: hostname and the UTS mode",
    "--cgroupns x": "--cgroupns: invalid CGROUP mode",
    "--userns x": "--userns: invalid USER mode",
    "--net container:x -h foo": "conflicting options: hostname and the network mode",
    "--net container:x --dns 1.1.1.1": "conflicting options: dns and the network mode",
    "--net container:x --add-host a:1.1.1.1": (
        "conflicting options: custom host-to-IP mapping and the network mode"
    ),
    "--net container:x --expose 80": (
        "conflicting options: port exposing and the container type network mode"
    ),
    "--net container:": "Invalid network mode: invalid container format container:<name|id>",
    "--expose x": _EXPOSE.format("x", "invalid syntax"),
    "--expose 80:90": "invalid port format for --expose: 80:90",
    "--expose 70000": _EXPOSE.format("70000", "value out of range"),
    "--runtime foo": "Unknown runtime specified foo",
    "--isolation hyperv": "Invalid isolation: \"hyperv\" - linux only supports 'default'",
    "--cap-add foo": 'invalid CapAdd: unknown capability: "CAP_FOO"',
    **{words: f"failed to initialize logging driver: {why}" for words, why in _LOG_OPTIONS.items()},
    "--log-driver none --log-opt max-size=10m": "invalid logging opts for driver none",
    "--log-driver foo": 'error looking up logging plugin foo: plugin "foo" not found',
    "--log-opt foo=bar": "unknown log opt 'foo' for json-file log driver",
    "--log-opt ''": "unknown log opt '' for json-file log driver",
    "--log-driver local --log-opt labels=x": "unknown log opt 'labels' for log driver local",
    "--log-opt max-buffer-size=4m": (
        "logger: max-buffer-size option is only supported with 'mode=non-blocking'"
    ),
    "--log-driver foo --log-opt mode=x": "logger: logging mode not supported: x",
    "--log-opt mode=non-blocking --log-opt max-buffer-size=x": (
        "error parsing option max-buffer-size: invalid size: 'x'"
    ),
}
"""docker's sentence, without what stands around it (`invalid argument … for … flag`)."""

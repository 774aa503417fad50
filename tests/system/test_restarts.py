"""Containers that are started again, and containers that are asked after their health."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.conftest import BASE, Stackyard

pytestmark = pytest.mark.root


def until(true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


def look(stackyard: Stackyard, name: str, template: str) -> str:
    return stackyard("inspect", "-f", template, name).stdout.strip()


def test_a_failure_is_tried_again_as_often_as_was_said(stackyard: Stackyard) -> None:
    words = ("--name", "again", "--restart", "on-failure:2", BASE, "sh", "-c", "echo tried; exit 3")
    done = stackyard("run", *words)
    assert (done.returncode, done.stdout) == (3, "tried\n")
    until(lambda: look(stackyard, "again", "{{.State.Status}}") == "exited")
    assert look(stackyard, "again", "{{.RestartCount}} {{.State.ExitCode}}") == "2 3"
    assert stackyard("logs", "again").stdout == "tried\n" * 3
    assert look(stackyard, "again", "{{json .HostConfig.RestartPolicy}}") == (
        '{"Name":"on-failure","MaximumRetryCount":2}'
    )


def test_a_success_is_not_tried_again(stackyard: Stackyard) -> None:
    stackyard("run", "--name", "well", "--restart", "on-failure", BASE, "true")
    assert look(stackyard, "well", "{{.State.Status}} {{.RestartCount}}") == "exited 0"


def test_one_that_cannot_be_started_again_says_why_and_can_be_stopped(stackyard: Stackyard) -> None:
    line = "rm -f /bin/sh /usr/bin/sh; exit 1"
    stackyard("run", "-d", "--name", "broken", "--restart", "always", BASE, "/bin/sh", "-c", line)
    until(lambda: "no such file" in look(stackyard, "broken", "{{.State.Error}}"))
    assert look(stackyard, "broken", "{{.State.Status}}") == "restarting"
    assert stackyard("stop", "broken").returncode == 0
    assert look(stackyard, "broken", "{{.State.Status}} {{.State.ExitCode}}") == "exited 127"


def test_what_always_runs_can_be_stopped_and_started(stackyard: Stackyard) -> None:
    stackyard("run", "-d", "--name", "always", "--restart", "always", BASE, "sh", "-c", "echo up; exit 1")
    until(lambda: int(look(stackyard, "always", "{{.RestartCount}}")) >= 2)
    assert "always" in stackyard("ps").stdout
    assert stackyard("stop", "always").returncode == 0
    count = stackyard("logs", "always").stdout.count("up")
    assert look(stackyard, "always", "{{.State.Running}}") == "false"
    time.sleep(1)
    assert stackyard("logs", "always").stdout.count("up") == count
    assert stackyard("start", "always").returncode == 0
    until(lambda: stackyard("logs", "always").stdout.count("up") > count + 1)
    assert stackyard("kill", "always").returncode in (0, 1)
    assert stackyard("rm", "-f", "always").returncode == 0


def test_a_signal_that_kills_it_is_no_reason_to_stay_down(stackyard: Stackyard) -> None:
    stackyard("run", "-d", "--name", "hit", "--restart", "always", BASE, "sleep", "1000")
    pid = look(stackyard, "hit", "{{.State.Pid}}")
    os.kill(int(pid), signal.SIGKILL)
    until(lambda: look(stackyard, "hit", "{{.State.Status}} {{.RestartCount}}") == "running 1")
    assert look(stackyard, "hit", "{{.State.Pid}}") != pid


def test_a_policy_can_be_given_to_one_that_runs(stackyard: Stackyard) -> None:
    stackyard("run", "-d", "--name", "later", BASE, "sleep", "1000")
    assert stackyard("update", "--restart", "always", "later").returncode == 0
    os.kill(int(look(stackyard, "later", "{{.State.Pid}}")), signal.SIGKILL)
    until(lambda: look(stackyard, "later", "{{.State.Status}} {{.RestartCount}}") == "running 1")
    stackyard("update", "--restart", "no", "later")
    os.kill(int(look(stackyard, "later", "{{.State.Pid}}")), signal.SIGKILL)
    until(lambda: look(stackyard, "later", "{{.State.Status}}") == "exited")


@pytest.mark.parametrize(
    ("policy", "code", "why"),
    [
        ("bad", 125, "invalid restart policy 'bad'"),
        ("always:3", 125, "maximum retry count cannot be used with restart policy 'always'"),
        ("on-failure:-1", 125, "maximum retry count cannot be negative"),
        ("on-failure:x", 125, "maximum retry count must be an integer"),
    ],
)
def test_other_policies_are_refused(stackyard: Stackyard, policy: str, code: int, why: str) -> None:
    done = stackyard("run", "--restart", policy, BASE, "true")
    assert done.returncode == code
    assert why in done.stderr


def test_it_cannot_be_removed_and_started_again_both(stackyard: Stackyard) -> None:
    done = stackyard("run", "--rm", "--restart", "always", BASE, "true")
    assert (done.returncode, "cannot specify both --restart and --rm" in done.stderr) == (125, True)


def test_health_is_asked_after_and_shown(stackyard: Stackyard) -> None:
    check = "test -e /well || { echo ill; exit 1; }"
    flags = ("--health-cmd", check, "--health-interval", "200ms", "--health-retries", "2")
    stackyard("run", "-d", "--name", "patient", *flags, BASE, "sleep", "1000")
    assert "(health: starting)" in stackyard("ps").stdout
    until(lambda: "(unhealthy)" in stackyard("ps").stdout)
    health = json.loads(look(stackyard, "patient", "{{json .State.Health}}"))
    assert health["Status"] == "unhealthy"
    assert health["FailingStreak"] >= 2
    assert (health["Log"][-1]["ExitCode"], health["Log"][-1]["Output"]) == (1, "ill\n")
    assert "patient" in stackyard("ps", "--filter", "health=unhealthy").stdout
    stackyard("exec", "patient", "touch", "/well")
    until(lambda: "(healthy)" in stackyard("ps").stdout)
    told = stackyard("events", "--since", "1m", "--until", "0s", "--filter", "container=patient").stdout
    assert told.index("health_status: unhealthy") < told.index("health_status: healthy")


def test_a_check_that_takes_too_long_has_failed(stackyard: Stackyard) -> None:
    flags = ("--health-cmd", "sleep 60", "--health-interval", "100ms", "--health-timeout", "200ms")
    stackyard("run", "-d", "--name", "slow", *flags, "--health-retries", "1", BASE, "sleep", "1000")
    until(lambda: "(unhealthy)" in stackyard("ps").stdout)
    output = look(stackyard, "slow", "{{(index .State.Health.Log 0).Output}}")
    assert output == "Health check exceeded timeout (200ms)"


def test_an_images_check_is_kept_changed_or_dropped(stackyard: Stackyard) -> None:
    built = stackyard(
        "build", "-q", "-t", "yard/checked", "-", stdin=None,
        input=f"FROM {BASE}\nHEALTHCHECK --interval=1h --retries=5 CMD true\n",
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    for flags, wanted in (
        ((), {"Test": ["CMD-SHELL", "true"], "Interval": 3600 * 10**9, "Retries": 5}),
        (
            ("--health-cmd", "false", "--health-timeout", "2s"),
            {"Test": ["CMD-SHELL", "false"], "Interval": 3600 * 10**9, "Timeout": 2 * 10**9, "Retries": 5},
        ),
    ):
        id = stackyard("create", *flags, "yard/checked", "true").stdout.strip()
        assert json.loads(look(stackyard, id, "{{json .Config.Healthcheck}}")) == wanted
    id = stackyard("run", "-d", "--no-healthcheck", "yard/checked", "sleep", "100").stdout.strip()
    assert "(health" not in stackyard("ps").stdout
    refused = stackyard("create", "--no-healthcheck", "--health-cmd", "x", BASE)
    assert "--no-healthcheck conflicts with --health-* options" in refused.stderr
    stackyard("rm", "-f", *stackyard("ps", "-aq").stdout.split())
    stackyard("rmi", "yard/checked")

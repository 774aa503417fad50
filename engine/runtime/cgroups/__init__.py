"""Control groups: what a container may use, which devices it may open, and who belongs to it.

One model serves the three ways a machine can mount them. A *controller* (memory, pids, …) lives either in a
version 1 hierarchy of its own or in the unified version 2 hierarchy; `layout` finds it, `v1` and `v2` know
how its files are called, `devices` turns the device list into version 1 lines or a version 2 program,
`group` is one directory in one hierarchy, and `cgroup` makes, enters, kills and removes a container's
groups together.

Entering is what costs. Writing a pid to `cgroup.procs` takes a lock over every thread of the machine and
waits for an RCU grace period: 10 to 20 ms. Two ways avoid it: a single-threaded process that writes `0` to
a version 1 `tasks` file moves itself without the lock, and clone3(2) with CLONE_INTO_CGROUP makes a child
inside a version 2 group. Hence a version 2 group is made beside version 1 ones only where something asks
for it.
"""

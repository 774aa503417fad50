"""Seccomp: which system calls a container may make.

Three steps, each with its own page. `profile` decides: docker's default, or a profile in docker's format,
for a set of capabilities, becomes the OCI document `linux.seccomp` that the bundle carries. `compiler` turns
that document into a classic BPF program, `assembler` knows the instructions. `cache` keeps the program beside
the store, so that starting a container reads a file instead of compiling.
"""

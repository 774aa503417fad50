"""The base image grown from this machine's own programs.

`root` reads a directory tree as if it were the root file system; `elf` reads what a binary says it needs;
`loader` answers, as the dynamic loader would, where that lies; `harvest` gathers programs, their libraries
and data into a plan; `furniture` adds what every root needs beside programs; `archive` writes the plan as a
tar stream. Nothing is executed on the way.
"""

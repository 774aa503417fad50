"""The entry point: one command line in, one exit code out."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run `stackyard` with the words of this process and exit."""
    _fill_standard_descriptors()
    from app.cli.program import run

    for stream in (sys.stdout, sys.stderr):
        # What containers and images are called is bytes to us, whatever the locale says.
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[union-attr]
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        from app.cli.program import discard_output

        discard_output()
        code = 141
    # Nothing here needs the interpreter's own farewell, which would take longer than many a verb.
    os._exit(code)


def _fill_standard_descriptors() -> None:
    """Have /dev/null where the caller closed one of 0 to 2, or the next file opened would take its place."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


if __name__ == "__main__":
    main()

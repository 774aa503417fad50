"""The command line: docker's verbs, flags, output and exit codes."""

"""Completion: what can stand in a place of a command line, told to a shell or to the workbench."""

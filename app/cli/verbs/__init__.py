"""The verbs of the command line, one module each or one for a small family; imported only when run."""

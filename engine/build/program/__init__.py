"""What RUN runs: one program on a stack of layers, with what is mounted for it."""

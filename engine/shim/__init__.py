"""The processes beside the program: a container's monitor with its log, a build's runner, a lent terminal."""

"""The monitor of one container: its pipes, its log, its exit status."""

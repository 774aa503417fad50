"""Telling a watch on a terminal or into a pipe, and reading the file of its rules."""

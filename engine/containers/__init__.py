"""Containers: their options, their records, their lifecycle."""

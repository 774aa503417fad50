"""Layers as tar streams and as directories, and the way between the two."""

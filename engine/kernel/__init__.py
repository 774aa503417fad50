"""The kernel's calls, one thin function each: the only place that speaks ctypes."""

"""Unpacked layers stacked into a root file system: by the kernel's overlay, or by copying."""

"""The `:` line: what it offers while it is typed, what was typed before, and finding anything by name."""

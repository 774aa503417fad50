"""The Textual app in which stacks, containers, logs and volumes are panes."""

"""The yard itself, and what lies over it for a moment: questions, dialogs, help, first steps."""

"""What the right side shows of the selected object: one module for each tab."""

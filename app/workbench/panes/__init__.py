"""The lists on the left: one module for each, on one widget that draws rows."""

"""What may come next in a line: values and the reading of the line, for the shell and the workbench alike.

Neither side knows the other: app.cli knows what can follow which words, app.workbench shows it, and the entry
point hands the one to the other as an `Ask`.
"""

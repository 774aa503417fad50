"""What the user has chosen, in one YAML file that the workbench reads and `stackyard config` checks.

`places` says where the file is; `document` reads YAML and keeps the place of every word; `shapes` are what
may stand in an entry: each reads it, says what was expected and writes its JSON Schema; `configuration` is
the one table of entries, from which the starter file, the schema and the reference in the README are made.

What can be named there (actions, columns, deeds, themes) is the workbench's business: it hands a `Vocabulary`
in. An entry that is wrong is a `Fault` with its line and column; it keeps its default, the others are heard.
"""

"""Go's text/template as docker's --format uses it, on Python values.

`template` is what others use. `lexer` cuts a template into tokens, `parser` makes the tree of `nodes`,
`evaluation` walks the tree with `functions`; `shapes` tells what docker's types make of a document, and
`values` and `verbs` print what is found as Go's fmt does. Positions and words of errors are Go's, for people
search for them.
"""

"""A terminal without a screen: bytes of a program go in, cells with colours come out.

`Screen` holds what xterm would show; `Parser` tells it what the bytes mean; `keys` and `mouse` write what a
terminal would send for a key or a click; `redraw` writes a screen as the bytes that make it again. None of
it knows Textual. What is understood is what xterm and tmux agree on (DEC STD 070, ECMA-48, xterm's ctlseqs);
what is not is read to its end and left out, never shown.
"""

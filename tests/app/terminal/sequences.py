"""Sequences whose meaning tmux was asked for; `python -m tests.app.terminal.sequences` asks it again."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path

WIDTH, HEIGHT = 20, 6
ANSWERS = Path(__file__).with_name("tmux.json")
"""What tmux 3.3 showed: the rows, and the column and row of the cursor."""

FULL = "\x1b[H" + "\r\n".join(letter * WIDTH for letter in "ABCDEF")
ROWS = "one\r\ntwo\r\nthree\r\nfour\r\nfive\r\nsix"
SEQUENCES: dict[str, str] = {
    "plain text": "hello\r\nworld",
    "autowrap": "x" * 25,
    "the last column waits": "x" * 20 + "\x1b[31m",
    "wait, then return": "x" * 20 + "\ry",
    "no autowrap": "\x1b[?7l" + "abcdefghijklmnopqrstuvwxyz",
    "scrolling": ROWS + "\r\nseven\r\neight",
    "cursor to a place": "\x1b[3;5Hx",
    "cursor beyond the edges": "\x1b[99;99Hx\x1b[0;0Hy",
    "cursor moves": "\x1b[3;5H\x1b[2Aa\x1b[3Bb\x1b[4Cc\x1b[6Dd",
    "cursor next and previous line": "\x1b[3;5H\x1b[2Ea\x1b[3Fb",
    "column and row": "\x1b[7Ga\x1b[4db\x1b[2`c",
    "erase to the end": FULL + "\x1b[3;5H\x1b[J",
    "erase from the beginning": FULL + "\x1b[3;5H\x1b[1J",
    "erase all": FULL + "\x1b[3;5H\x1b[2Jx",
    "erase line to the end": FULL + "\x1b[3;5H\x1b[K",
    "erase line from the beginning": FULL + "\x1b[3;5H\x1b[1K",
    "erase line": FULL + "\x1b[3;5H\x1b[2K",
    "erase cells": FULL + "\x1b[3;5H\x1b[4X",
    "insert cells": "abcdefghij\x1b[3G\x1b[2@",
    "delete cells": "abcdefghij\x1b[3G\x1b[2P",
    "insert mode": "abcdef\x1b[3G\x1b[4hXY\x1b[4lZ",
    "scrolling region": FULL + "\x1b[2;4r\x1b[4;1H\r\nnew",
    "region moves the cursor home": FULL + "\x1b[2;4rx",
    "region of one row is none": FULL + "\x1b[2;2r\x1b[6;1H\nx",
    "reverse feed at the top": FULL + "\x1b[H\x1bMx",
    "reverse feed in a region": FULL + "\x1b[2;4r\x1b[2;1H\x1bMx",
    "feed below a region": FULL + "\x1b[2;4r\x1b[6;1H\nx",
    "scroll up": FULL + "\x1b[H\x1b[2Sx",
    "scroll down": FULL + "\x1b[H\x1b[2Tx",
    "origin mode": FULL + "\x1b[2;4r\x1b[?6h\x1b[1;1Hx\x1b[9;9Hy",
    "cursor up stops at the region": FULL + "\x1b[2;4r\x1b[3;1H\x1b[9Ax",
    "cursor up from above the region": FULL + "\x1b[3;4r\x1b[2;1H\x1b[9Ax",
    "tabs": "a\tb\tc\td",
    "a tab stop set and cleared": "\x1b[4G\x1bH\r\ta\r\x1b[4G\x1b[g\r\tb",
    "all tab stops cleared": "\x1b[3g\r\tx",
    "back tab": "\x1b[20G\x1b[Zx\x1b[2Zy",
    "save and restore": "\x1b[3;5H\x1b7\x1b[Hx\x1b8y",
    "save and restore by CSI": "\x1b[3;5H\x1b[s\x1b[Hx\x1b[uy",
    "next line": "abc\x1bEd",
    "index": "abc\x1bDd",
    "repeat": "ab\x1b[5bc",
    "repeat stops at the edge": "\x1b[18Gx\x1b[9b",
    "pattern": "\x1b#8\x1b[3;3Hx",
    "alternate screen": "main\x1b[?1049halt\x1b[2;2Hx",
    "alternate screen and back": "main\x1b[?1049halt\x1b[?1049lx",
    "alternate screen is empty again": "\x1b[?1049habc\x1b[?1049l\x1b[?1049h",
    "wide characters": "漢字ab",
    "a wide character that does not fit": "x" * 19 + "漢y",
    "second half of a wide character overwritten": "漢字\x1b[3Gx",
    "combining marks": "e\u0301a\u0308x",
    "a combining mark at the edge": "x" * 20 + "\u0301",
    "a title is not shown": "a\x1b]0;title\x07b\x1b]2;more\x1b\\c",
    "a device string is not shown": "a\x1bPq#0;1;2\x1b\\b",
    "an application string is not shown": "a\x1b_Gf=100;AAAA\x1b\\b",
    "a string that is cancelled": "a\x1b]0;ti\x18tle",
    "a sequence that is cancelled": "a\x1b[3\x181mb",
    "a control inside of a sequence": "abc\x1b[2\rCx",
    "an unknown sequence": "a\x1b[>4;2m\x1b[?2031h\x1b[99zb",
    "an unknown escape": "a\x1b%Gb\x1b#3c",
    "reset": FULL + "\x1b[2;4r\x1bcx",
    "backspace at the edge": "\b\bx",
    "vertical tab and form feed": "a\vb\fc",
    "delete is nothing": "a\x7fb",
    "nul is nothing": "a\x00b",
    "many parameters": "\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13mx",
    "empty parameters": "\x1b[;5Hx\x1b[3;Hy",
    "parts of parameters": "\x1b[38:2::255:0:0;4:3mx\x1b[0my",
    "erase keeps the cursor": "abc\x1b[2J\x1b[Kx",
    "insert at the edge": "x" * 20 + "\x1b[20G\x1b[@y",
    "delete more than there is": "abc\x1b[1G\x1b[99Px",
    "scroll more than there is": FULL + "\x1b[H\x1b[99Sx",
}


def ask_tmux(said: str) -> dict[str, object]:
    """Show it in a tmux of its own and read the screen."""
    server = f"sequences{time.monotonic_ns()}"

    def tmux(*words: str) -> str:
        done = subprocess.run(["tmux", "-L", server, *words], capture_output=True, text=True, check=True)
        return done.stdout

    with tempfile.NamedTemporaryFile("w", newline="", encoding="utf-8") as file:
        file.write(said)
        file.flush()
        size = "-x", str(WIDTH), "-y", str(HEIGHT)
        show = f"stty raw -echo; cat {file.name}; touch {file.name}.shown; exec sleep 60"
        tmux("-f", "/dev/null", "-u", "new-session", "-d", *size, show, ";", "set", "-g", "status", "off")
        mark = Path(f"{file.name}.shown")
        while not mark.exists():
            time.sleep(0.02)
        time.sleep(0.15)
        mark.unlink()
    rows = [row.rstrip() for row in tmux("capture-pane", "-p").split("\n")][:HEIGHT]
    cursor = [int(word) for word in tmux("display", "-p", "#{cursor_x} #{cursor_y}").split()]
    tmux("kill-server")
    return {"rows": rows, "cursor": cursor}


if __name__ == "__main__":
    answers = {name: ask_tmux(said) for name, said in SEQUENCES.items()}
    ANSWERS.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

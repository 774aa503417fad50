"""What parts words: docker's parser splits at ASCII's blanks, and trims whatever Unicode calls one."""

from __future__ import annotations

import re

BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""Not what Python strips: ASCII's separators are letters here."""

GAP = re.compile(r"[\t\v\f\r ]+")

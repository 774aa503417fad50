"""What editors and tools leave beside a file for a moment: no save, whoever sees it."""

from __future__ import annotations

import re

_FOLDERS = frozenset((".git", ".hg", ".svn", ".jj", ".bzr", ".idea"))
"""What keeps a tool's own state."""
_NAMES = re.compile(
    r"""
      4913                           # vim: may I write here?
    | .*\.sw[a-px] | .*\.kate-swp    # swap files of vim and Kate
    | .*~                            # backups of vim, Emacs, nano, gedit; undo files of vim
    | \.\#.* | \#.*\#                # Emacs: locks and auto-saves
    | .*___jb_(tmp|old|bak)___       # JetBrains' safe write
    | \.goutputstream-.*             # GLib: gedit, GNOME Builder
    | \.~lock\..*\# | \.nfs[0-9a-f]+ # LibreOffice; a file that is open while it goes, on NFS
    | \.DS_Store
    """,
    re.VERBOSE | re.DOTALL,
)


def passing(path: str) -> bool:
    """Tell whether a path, relative to what is watched, is of that kind or lies in a tool's folder."""
    *folders, name = path.split("/")
    return name in _FOLDERS or any(folder in _FOLDERS for folder in folders) or bool(_NAMES.fullmatch(name))

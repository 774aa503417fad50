"""Which programs a base image has, and where this machine keeps them."""

from __future__ import annotations

import os
import posixpath

from engine.images.base.root import Root

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""docker's default PATH of a container."""

SHELL = "sh"
_COREUTILS = """
    [ arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm cp csplit cut
    date dd df dir dircolors dirname du echo env expand expr factor false fmt fold groups head hostid id
    install join link ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste
    pathchk pinky pr printenv printf ptx pwd readlink realpath rm rmdir runcon seq sha1sum sha224sum sha256sum
    sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch
    tr true truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes
"""
_OTHERS = """
    bash ash dash ps top free kill pkill pgrep pidof uptime watch grep egrep fgrep sed awk find xargs tar gzip
    gunzip zcat hostname mount umount mountpoint setsid less more clear tput reset tset which getent diff cmp
"""
COREUTILS = tuple(_COREUTILS.split())
OTHERS = tuple(_OTHERS.split())

_SYSTEM = ("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/local/sbin")


def find_base(root: Root, name: str) -> str | None:
    """Find a program of the base: the distribution's own before one installed beside it."""
    return _search(root, name, (*_SYSTEM, *_own_path(root)))


def find_named(root: Root, name: str) -> str | None:
    """Find a program the user named: in the order of a container's PATH, then of the user's own."""
    return _search(root, name, (*PATH.split(":"), *_own_path(root)))


def applets(root: Root, binary: str) -> list[str]:
    """Return every link in the system's program directories that leads to the multi-call `binary`."""
    folders = dict.fromkeys(root.real(folder) for folder in _SYSTEM)
    links = [f"{folder}/{name}" for folder in folders if folder for name in root.names(folder)]
    return [link for link in links if link != binary and root.real(link) == binary]


def _search(root: Root, name: str, folders: tuple[str, ...]) -> str | None:
    candidates = (posixpath.join(folder, name) for folder in folders)
    return next((path for path in candidates if root.is_program(path)), None)


def _own_path(root: Root) -> tuple[str, ...]:
    if not root.own:
        return ()
    return tuple(folder for folder in os.environ.get("PATH", "").split(":") if folder.startswith("/"))

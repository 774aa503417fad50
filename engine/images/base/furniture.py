"""What every root needs beside programs: directories, accounts, name services, certificates, terminals."""

from __future__ import annotations

from engine.images.base.harvest import Harvest

_DIRECTORIES = """
    /bin /dev /etc /home /lib /mnt /opt /proc /run /sbin /srv /sys /usr /usr/bin /usr/lib /usr/local
    /usr/local/bin /usr/local/lib /usr/local/sbin /usr/sbin /usr/share /var /var/cache /var/lib /var/log
"""
_SPECIAL = {"/root": 0o700, "/tmp": 0o1777, "/var/tmp": 0o1777}
_MERGED = ("/bin", "/sbin", "/lib", "/lib64", "/usr/lib64", "/usr/sbin", "/var/run")

_ACCOUNTS = (
    # name, uid, gid, home, shell ("" for root's own)
    ("root", 0, 0, "/root", ""),
    ("daemon", 1, 1, "/usr/sbin", "/usr/sbin/nologin"),
    ("bin", 2, 2, "/bin", "/usr/sbin/nologin"),
    ("sys", 3, 3, "/dev", "/usr/sbin/nologin"),
    ("mail", 8, 8, "/var/mail", "/usr/sbin/nologin"),
    ("www-data", 33, 33, "/var/www", "/usr/sbin/nologin"),
    ("nobody", 65534, 65534, "/nonexistent", "/usr/sbin/nologin"),
)
_GROUPS = """
    root:0 daemon:1 bin:2 sys:3 adm:4 tty:5 disk:6 mail:8 kmem:15 www-data:33 utmp:43 video:44 staff:50
    users:100 nogroup:65534
"""
_NAME_SERVICES = """\
passwd: files
group: files
shadow: files
hosts: files dns
networks: files
protocols: files
services: files
"""
_LOADED_LATER = (
    "libnss_files.so.2",
    "libnss_dns.so.2",
    # glibc aborts a program that ends a thread (pthread_exit, pthread_cancel) without it.
    "libgcc_s.so.1",
)

_CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/certs/ca-bundle.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_OPENSSL = ("/usr/lib/ssl", "/etc/ssl", "/etc/pki/tls")
_TERMINALS = """
    ansi dumb linux rxvt screen screen-256color tmux tmux-256color vt100 vt220 xterm xterm-256color
    xterm-color
"""
_TERMINFO = ("/etc/terminfo", "/lib/terminfo", "/usr/lib/terminfo", "/usr/share/terminfo")
_LOCALES = ("/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8")
_RELEASE = ("/etc/os-release", "/usr/lib/os-release", "/etc/alpine-release", "/etc/debian_version")


def lay_directories(harvest: Harvest) -> None:
    """Plan the usual directories; those that are links on this machine (/bin, /usr/local) become links."""
    for path in (*_MERGED, *_DIRECTORIES.split(), *_SPECIAL):
        if harvest.root.is_link(path) and harvest.root.is_directory(path):
            harvest.bring(path)
    for path in _DIRECTORIES.split():
        harvest.directory(path)
    for path, mode in _SPECIAL.items():
        harvest.directory(path, mode)


def furnish(harvest: Harvest, shell: str) -> None:
    """Plan accounts, name services, certificates, terminals and the release's name."""
    harvest.file("/etc/passwd", "".join(_account(*account, shell) for account in _ACCOUNTS).encode())
    harvest.file(
        "/etc/group", "".join("{}:x:{}:\n".format(*group.split(":")) for group in _GROUPS.split()).encode()
    )
    harvest.file("/etc/nsswitch.conf", _NAME_SERVICES.encode())
    harvest.file("/etc/shells", f"{shell}\n".encode())
    harvest.libraries_named(_LOADED_LATER)
    for path in _RELEASE:
        if harvest.root.is_file(path):
            harvest.bring(path)
    _certify(harvest)
    for name in _TERMINALS.split():
        for folder in _TERMINFO:
            # Beside the first letter, its code in hexadecimal, for file systems that ignore case.
            for path in (f"{folder}/{name[0]}/{name}", f"{folder}/{ord(name[0]):x}/{name}"):
                if harvest.root.is_file(path):
                    harvest.bring(path)
    for path in _LOCALES:
        if harvest.root.is_directory(path):
            harvest.tree(path, whole=True)


def _certify(harvest: Harvest) -> None:
    """Bring the bundle of certificates, and have it found wherever OpenSSL and others look."""
    bundles = [path for path in _CERTIFICATES if harvest.root.is_file(path)]
    for path in bundles:
        harvest.bring(path)
    if bundles:
        harvest.link(_CERTIFICATES[0], bundles[0])
        for folder in _OPENSSL:
            if harvest.root.is_directory(folder):
                harvest.link(f"{folder}/cert.pem", bundles[0])


def _account(name: str, uid: int, gid: int, home: str, login: str, shell: str) -> str:
    return f"{name}:x:{uid}:{gid}:{name}:{home}:{login or shell}\n"

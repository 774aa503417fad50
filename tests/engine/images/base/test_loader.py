"""Where libraries are looked for: the order of ld.so(8), and musl's."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import NotFound
from engine.images.base.loader import Loader
from engine.images.base.root import Root
from tests.engine.images.binaries import GLIBC, I386, MUSL, elf

HOME = "/lib/x86_64-linux-gnu"


class Machine:
    """A made machine whose files are binaries."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def put(self, path: str, content: bytes) -> None:
        (self.place / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (self.place / path[1:]).write_bytes(content)

    def link(self, path: str, target: str) -> None:
        (self.place / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (self.place / path[1:]).symlink_to(target)

    def found(self, program: str = "/bin/app", interpreter: str = GLIBC) -> dict[str, str]:
        libraries = Loader(Root(str(self.place)), interpreter).libraries(program)
        return {name: library.path for name, library in libraries.items()}


@pytest.fixture
def glibc(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.put(f"{HOME}/ld-linux-x86-64.so.2", elf())
    machine.link(GLIBC, f"{HOME}/ld-linux-x86-64.so.2")
    return machine


@pytest.fixture
def musl(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.put(MUSL, elf())
    return machine


def test_rpath_comes_first_and_runpath_before_the_system(glibc: Machine) -> None:
    for folder in ("/r", HOME):
        glibc.put(f"{folder}/liba.so", elf())
    glibc.put("/bin/app", elf("liba.so", interpreter=GLIBC))
    assert glibc.found() == {"liba.so": f"{HOME}/liba.so"}
    glibc.put("/bin/app", elf("liba.so", interpreter=GLIBC, rpath="/r"))
    assert glibc.found() == {"liba.so": "/r/liba.so"}
    glibc.put("/bin/app", elf("liba.so", interpreter=GLIBC, runpath="/gone:/r"))
    assert glibc.found() == {"liba.so": "/r/liba.so"}


def test_an_rpath_beside_a_runpath_counts_for_nothing(glibc: Machine) -> None:
    glibc.put("/old/liba.so", elf())
    glibc.put("/bin/app", elf("liba.so", interpreter=GLIBC, rpath="/old", runpath="/gone"))
    with pytest.raises(NotFound, match=r"/bin/app needs the library liba\.so"):
        glibc.found()


def test_an_rpath_is_inherited_and_a_runpath_is_not(glibc: Machine) -> None:
    glibc.put("/r/liba.so", elf("libb.so"))
    glibc.put("/r/libb.so", elf())
    glibc.put("/bin/app", elf("liba.so", interpreter=GLIBC, rpath="/r"))
    assert glibc.found() == {"liba.so": "/r/liba.so", "libb.so": "/r/libb.so"}
    glibc.put("/bin/app", elf("liba.so", interpreter=GLIBC, runpath="/r"))
    with pytest.raises(NotFound, match=r"/r/liba\.so needs the library libb\.so"):
        glibc.found()


@pytest.mark.parametrize("origin", ["$ORIGIN/../lib", "${ORIGIN}/../lib"])
def test_origin_is_where_the_file_lies_behind_its_links(glibc: Machine, origin: str) -> None:
    glibc.put("/opt/app/bin/app", elf("liba.so", interpreter=GLIBC, runpath=origin))
    glibc.put("/opt/app/lib/liba.so", elf())
    glibc.link("/bin/app", "/opt/app/bin/app")
    (library,) = glibc.found().values()
    assert Root(str(glibc.place)).real(library) == "/opt/app/lib/liba.so"


@pytest.mark.parametrize("text", ["/opt/$LIB", "/opt/${LIB}"])
def test_lib_is_the_loader_s_own_folder(glibc: Machine, text: str) -> None:
    glibc.put("/opt/lib/x86_64-linux-gnu/liba.so", elf())
    glibc.put("/bin/app", elf("liba.so", interpreter=GLIBC, runpath=text))
    assert glibc.found() == {"liba.so": "/opt/lib/x86_64-linux-gnu/liba.so"}


def test_a_library_of_another_machine_is_passed_over(glibc: Machine) -> None:
    glibc.put("/r/liba.so", elf(machine=I386, wide=False))
    glibc.put(f"{HOME}/liba.so", elf())
    glibc.put("/bin/app", elf("liba.so", interpreter=GLIBC, runpath="/r"))
    assert glibc.found() == {"liba.so": f"{HOME}/liba.so"}


def test_a_name_with_a_slash_is_a_path(glibc: Machine) -> None:
    glibc.put("/opt/liba.so", elf())
    glibc.put("/bin/app", elf("/opt/liba.so", interpreter=GLIBC))
    assert glibc.found() == {"/opt/liba.so": "/opt/liba.so"}


def test_what_is_loaded_serves_whoever_asks_later(glibc: Machine) -> None:
    glibc.put("/r/liba.so", elf("libb.so"))
    glibc.put("/r/libb.so", elf())
    glibc.put(f"{HOME}/libb.so", elf())
    glibc.put("/bin/app", elf("liba.so", "libb.so", interpreter=GLIBC, runpath="/r"))
    assert glibc.found()["libb.so"] == "/r/libb.so"


def test_libraries_that_need_each_other_end(glibc: Machine) -> None:
    glibc.put(f"{HOME}/liba.so", elf("libb.so"))
    glibc.put(f"{HOME}/libb.so", elf("liba.so", "ld-linux-x86-64.so.2"))
    glibc.put("/bin/app", elf("liba.so", interpreter=GLIBC))
    assert list(glibc.found()) == ["liba.so", "libb.so", "ld-linux-x86-64.so.2"]


def test_the_system_s_configuration_is_read_with_its_includes(glibc: Machine) -> None:
    glibc.put("/etc/ld.so.conf", b"include\tld.so.conf.d/*.conf # ours\n/last/ \nhwcap 0 nosegneg\n")
    glibc.put("/etc/ld.so.conf.d/a.conf", b"# first\n/a\n")
    glibc.put("/etc/ld.so.conf.d/circle.conf", b"include /etc/ld.so.conf\n")
    glibc.put("/etc/ld.so.conf.d/z.disabled", b"/z\n")
    for folder in ("/a", "/last"):
        glibc.put(f"{folder}/lib{folder[1:]}.so", elf())
    glibc.put("/bin/app", elf("liba.so", "liblast.so", interpreter=GLIBC))
    libraries = Loader(Root(str(glibc.place)), GLIBC).libraries("/bin/app")
    assert [library.path for library in libraries.values()] == ["/a/liba.so", "/last/liblast.so"]
    # Only a cache would tell the loader of them.
    assert not any(library.reachable for library in libraries.values())


def test_musl_answers_its_own_names_and_searches_its_own_folders(musl: Machine) -> None:
    musl.put("/usr/local/lib/liba.so", elf("libc.musl-x86_64.so.1", "libpthread.so.0"))
    musl.put("/usr/lib/liba.so", elf())
    musl.put("/bin/app", elf("liba.so", "libm.so.6", interpreter=MUSL))
    assert musl.found(interpreter=MUSL) == {"liba.so": "/usr/local/lib/liba.so"}


def test_musl_s_path_file_replaces_its_folders(musl: Machine) -> None:
    musl.put("/etc/ld-musl-x86_64.path", b"/one:/two\n\n/three\n")
    musl.put("/three/liba.so", elf())
    musl.put("/usr/lib/libb.so", elf())
    musl.put("/bin/app", elf("liba.so", interpreter=MUSL))
    assert musl.found(interpreter=MUSL) == {"liba.so": "/three/liba.so"}
    musl.put("/bin/app", elf("libb.so", interpreter=MUSL))
    with pytest.raises(NotFound, match=r"libb\.so"):
        musl.found(interpreter=MUSL)


def test_musl_lets_a_runpath_be_inherited(musl: Machine) -> None:
    musl.put("/r/liba.so", elf("libb.so"))
    musl.put("/r/libb.so", elf())
    musl.put("/bin/app", elf("liba.so", interpreter=MUSL, runpath="/r"))
    assert musl.found(interpreter=MUSL) == {"liba.so": "/r/liba.so", "libb.so": "/r/libb.so"}


def test_a_loader_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=f"the loader {GLIBC} is not on this machine"):
        Loader(Root(str(tmp_path)), GLIBC)

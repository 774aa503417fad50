"""Go templates side by side: docker's own client and ours on the very same document."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from app.go.template import Template
from engine.errors import InvalidInput

pytestmark = pytest.mark.peers

BOTH = r"""
{{.Id}} {{.ID}} {{slice .ID 7 19}} {{truncate .ID 12}}
{{.Id}} {{.Config.Labels}} {{.Config.Tty}} {{.Config}}
{{.Id}} {{.Config.Cmd}} {{.Config.Volumes}} {{.Config.OnBuild}}
{{.Id}} {{.Nope}}
{{.Id}} {{.Nope.Deeper}}
{{.Id}} {{.Config.Nope}}
{{.Id}} {{index .Config.Labels "nope"}}
{{.Id}} {{index (index .Config.Labels "nope") 0}}
{{.Id}} {{(index .Config.Labels "nope").x}}
{{.Id}}{{range .Config.Env}}{{upper .}}{{end}}
{{json .GraphDriver}}
{{.Config.Cmd}} {{json .Config.Cmd}} {{.Config.Entrypoint}} {{json .Config.Entrypoint}}
{{.Config.Env}} {{json .Config.Env}} {{len .Config.Env}} {{.Config.Env | json | len}}
{{.Config.Labels}} {{json .Config.Labels}} {{len .Config.Labels}} {{.Config.Labels.nope}}
{{.Config.Volumes}} {{json .Config.Volumes}} {{json .Config.OnBuild}}
{{.Config.ExposedPorts}} {{json .Config.ExposedPorts}}
{{.Config.Healthcheck}} {{json .Config.Healthcheck}} {{if .Config.Healthcheck}}h{{else}}n{{end}}
{{.Config.Healthcheck.Test}}
{{.Config.StopSignal}}|{{.Config.Shell}}
{{.Config.Env.Foo}}
{{.Config.Cmd.Foo.Bar}}
{{.config}}
{{.Config.cmd}}
{{range .Config.Env}}{{println .}}{{end}}
{{range $i, $e := .Config.Env}}{{if $i}},{{end}}{{$e}}{{end}}
{{range $key, $value := .Config.Labels}}{{$key}}={{$value}};{{else}}none{{end}}
{{range $key, $value := .GraphDriver.Data}}{{$key}} {{end}}
{{index .Config.Env 0}} {{(index .Config.Env 0)}} {{split (index .Config.Env 0) "="}}
{{index .Config.Env 99}}
{{index .Config.Env "x"}}
{{index .Config "Env"}}
{{index .Config.Labels 1}}
{{join .Config.Env "|"}} {{join (split "a,b,c" ",") "-"}}
{{join .Config.Env}}
{{range (split "a,b,c" ",")}}<{{.}}>{{end}}
{{upper "é日本"}} {{lower "ABC"}} {{title "foo-bar baz_qux"}} {{len "日本"}} {{slice "abc" 1}}
{{upper 1}}
{{upper}}
{{pad "x" 2 3}}|{{pad "" 1 1}}|{{truncate "abc" 5}}|{{pad "x" "y" 1}}
{{printf "%s/%v|%q|%-10s|%10s|%x" .Driver .GraphDriver.Name "a" "b" "c" "d"}}
{{printf "%s %q %v" .Config.Cmd .Config.Cmd .Config.Cmd}}
{{printf "%t %v" .Config.Tty .Config.OpenStdin}} {{printf "%T %T" 1 "a"}}
{{printf "%6.2f|%e|%g|%08d|%+d|%5d|%-5d|" 3.14159 1e10 1e-7 42 7 3 3}}
{{printf "%c %U %#x %o %b %X %%" 65 65 255 8 5 255}}
{{printf "%d" "x"}} {{printf "%s" 1}} {{printf "%d"}} {{printf "x" 1}} {{printf "%z" 1}} {{printf "%!"}}
{{printf "%*d|%-*d|%*d|%.*f|%*d" -5 1 4 2 "x" 3 -1 2.5 7}} {{printf "%.d|%.3d|%+s|%#q|% d" 0 -5 "a" "b" 3}}
{{printf "%[2]d %[1]d|%[3]*.[2]*[1]f|%[9]d" 12.0 2 6}} {{printf "%[1]d" 1 2}}
{{printf "%d" nil}} {{printf "" nil}}
{{1e400}}
{{$x := $x}}
{{if $y := $y}}{{end}}
{{print 1 2 "a" "b" 3}} {{println "a" 1}} {{print nil}} {{print true 1.0 1e100 1e6}}
{{1}} {{1.5}} {{true}} {{"a"}} {{'a'}} {{`r`}} {{1e3}} {{0x10}} {{1_000}}
{{html "<a&b>"}} {{js "'a'"}} {{urlquery "a b/é"}}
{{if and .Config.Env (not .Config.Tty)}}ok{{end}} {{if or .Config.Tty .Config.OpenStdin}}in{{else}}no{{end}}
{{if .Config.Tty}}a{{else if .Config.OpenStdin}}b{{else}}c{{end}}
{{with .Config}}{{.WorkingDir}}|{{$.GraphDriver.Name}}{{end}} {{with .Config.OnBuild}}x{{else}}y{{end}}
{{with $x := .GraphDriver.Name}}{{$x}}{{end}} {{$o := .GraphDriver.Name}}{{$a := "b"}}{{$o}}-{{$a}}
{{if true}}{{$x := 1}}{{$x = 2}}{{$x}}{{end}} {{$c := .Config}}{{range $k := $c.Env}}{{$k}}{{end}}{{$c.Tty}}
{{not ""}} {{not 1}} {{and 1 0 2}} {{or 0 "" 3}} {{eq "a" "b" "a"}} {{ne 1 2}} {{lt 1 2}} {{ge "b" "a"}}
{{eq "a" 1}}
{{lt 1 "a"}}
{{len 3}}
{{len}}
{{"quoted" | printf "%q"}} {{.GraphDriver.Name | upper | printf "%s!"}} {{(.Config).WorkingDir}}
{{- "a" -}}   x   {{- "b" }} {{/* c */}}d {{- /* e */ -}} f
text only, {{"{{"}} and 日本語
{{define "t"}}[{{.}}]{{end}}{{template "t" .GraphDriver.Name}}{{block "u" "x"}}<{{.}}>{{end}}
{{template "x"}}
{{nil}}
{{.Config nil}}
{{.GraphDriver.Name "x"}}
{{.GraphDriver.Name.Foo}}
{{range "ab"}}x{{end}}
{{
{{.
{{.Os
{{.Os}
{{}}
{{nope .Os}}
{{if .Os}}
{{end}}
{{else}}
{{if}}x{{end}}
{{range}}x{{end}}
{{with}}x{{end}}
{{if .Os}}a{{else}}b{{else}}c{{end}}
{{range $i, $x, $y := .RepoTags}}{{end}}
{{$x}}
{{"unterminated}}
{{.Os | }}
{{(.Os}}
{{1x}}
{{1 | 2}}
{{/* a }}
""".strip().split("\n")

IMAGES = r"""
{{.Os}}/{{.Architecture}}{{.Variant}} {{.DockerVersion}}|{{.Author}}|{{.Comment}}|{{.Parent}}
{{.RepoTags}} {{json .RepoTags}} {{join .RepoTags ", "}} {{json .RepoDigests}} {{.RepoDigests}}
{{.Size}} {{gt .Size 1000}} {{eq .Size 0}} {{printf "%d %v" .Size .Size}}
{{len .RootFS.Layers}} {{index .RootFS.Layers 0}} {{slice .RootFS.Layers 0 1}} {{json .RootFS}}
{{.Created}} {{.Metadata.LastTagTime}} {{.Metadata}} {{json .Metadata}}
{{upper .Size}}
{{.Mounts.Foo}}
""".strip().split("\n")

CONTAINERS = r"""
{{.State.Status}} {{.State.Running}} {{.State.ExitCode}} {{.State.Pid}} {{.State.OOMKilled}}
{{.State}} {{json .State}} {{.State.Health}} {{with .State}}{{with .Health}}{{.Status}}{{end}}{{end}}
{{.State.Health.Status}}
{{.Name}} {{slice .Name 1}} {{.Path}} {{.Args}} {{.Created}} {{.LogPath}} {{.RestartCount}} {{.Platform}}
{{.Mounts}} {{json .Mounts}}
{{range .Mounts}}{{.Name}}={{.Driver}}={{.Source}}:{{.Destination}};{{end}}
{{.HostConfig.Binds}} {{json .HostConfig.Binds}} {{.HostConfig.Mounts}} {{json .HostConfig.Mounts}}
{{range $port, $hosts := .HostConfig.PortBindings}}{{$port}}->{{(index $hosts 0).HostPort}}{{end}}
{{.HostConfig.PortBindings}} {{json .HostConfig.PortBindings}}
{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}
{{range $name, $value := .NetworkSettings.Networks}}{{$name}}={{.IPAddress}}{{end}} {{.NetworkSettings.Ports}}
{{.HostConfig.RestartPolicy}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.LogConfig}}
{{.HostConfig.Dns}} {{json .HostConfig.CapAdd}} {{.HostConfig.CapAdd}}
{{.HostConfig.DNS}} {{.HostConfig.NanoCPUs}} {{.HostConfig.CPUShares}} {{.HostConfig.NanoCpus}}
{{json .HostConfig.CapAdd}} {{json .HostConfig.Ulimits}} {{json .HostConfig.Links}} {{.State.StartedAt}}
{{.HostConfig.Tmpfs}} {{.HostConfig.Sysctls}} {{json .HostConfig.StorageOpt}} {{.HostConfig.Init}}
{{.HostConfig.ConsoleSize}} {{json .HostConfig.ConsoleSize}} {{.HostConfig.OomKillDisable}}
{{.HostConfig.BlkioWeightDevice}} {{json .HostConfig.BlkioDeviceReadBps}} {{.HostConfig.ExtraHosts}}
{{.SizeRw}} {{.SizeRootFs}} {{json .SizeRw}} {{.ExecIDs}} {{json .ExecIDs}}
{{.Config}} {{json .Config}}
{{.Config.StopTimeout}} {{.Config.ArgsEscaped}} {{.Config.NetworkDisabled}} {{json .Config.Shell}}
""".strip().split("\n")


class Subject(NamedTuple):
    """Something docker has, and what its own inspection says of it."""

    name: str
    document: dict[str, Any]


def docker(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def subject(name: str) -> Subject:
    return Subject(name, json.loads(docker("inspect", name).stdout)[0])


@pytest.fixture(scope="module")
def image() -> Subject:
    names = docker("image", "ls", "-q").stdout.split() if shutil.which("docker") else []
    if not names:
        pytest.skip("needs a docker daemon with an image")
    return subject(names[-1])


@pytest.fixture(scope="module")
def container(image: Subject) -> Iterator[Subject]:
    options = "--label a.b=c --label empty= -p 127.0.0.1:8089:80 -v /tmp:/t:ro -e A=B=C"
    made = docker("create", *options.split(), "--add-host", "a:1.2.3.4", image.name, "sh", "-c", "echo é")
    id = made.stdout.strip()
    assert id, made.stderr
    yield subject(id)
    docker("rm", "-v", id)


def compare(thing: Subject, form: str) -> None:
    theirs = docker("inspect", "-f", form, thing.name)
    try:
        told, printed = "", Template.parse(form).render(thing.document) + "\n"
    except InvalidInput as error:
        told, printed = str(error), ""
    # Older clients write the first letter of their errors large.
    assert theirs.stderr.strip()[1:] == told[1:]
    assert told or theirs.stdout == printed


@pytest.mark.parametrize("form", BOTH + IMAGES)
def test_of_an_image(image: Subject, form: str) -> None:
    compare(image, form)


@pytest.mark.parametrize("form", BOTH + CONTAINERS)
def test_of_a_container(container: Subject, form: str) -> None:
    compare(container, form)

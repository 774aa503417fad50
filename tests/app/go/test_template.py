"""Go templates: what docker 28 answered to the same words about the same object."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
import time
from typing import Any

import pytest

from app.cli.listing import written
from app.cli.rows import Row
from app.go.template import GoMap, Headings, Template
from engine.errors import InvalidInput

DOCUMENT: dict[str, Any] = {
    "Id": "e03c72e3f836",
    "Name": "/h4a",
    "SizeRw": None,
    "State": {"Status": "created", "Running": False, "Paused": False, "ExitCode": 0},
    "Config": {
        "Hostname": "e03c72e3f836",
        "Env": None,
        "Cmd": ["sh", "-c", "echo é"],
        "Entrypoint": None,
        "ExposedPorts": {"80/tcp": {}},
        "Labels": {"w": "日本語", "a.b-c_d": "x", "p": "a<b>&c"},
    },
    "HostConfig": {
        "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2},
        "LogConfig": {"Type": "json-file", "Config": {}},
        "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": ""}]},
        "ConsoleSize": [0, 0],
        "Memory": 0,
        "OomKillDisable": False,
        "NanoCpus": 5,
        "Dns": None,
    },
    "Mounts": [],
    "Metadata": {"LastTagTime": "2026-11-23T20:18:45.500Z"},
}

PRINTED = [
    # fields, and how Go prints what they hold
    ("{{.Config.Labels.w}} {{.Config.Labels.nope}}", "日本語 <no value>"),
    ("{{.Config.Labels}}", "map[a.b-c_d:x p:a<b>&c w:日本語]"),
    ("{{.HostConfig.RestartPolicy}} {{.HostConfig.LogConfig}}", "{on-failure 2} {json-file map[]}"),
    ("{{.HostConfig.PortBindings}} {{.HostConfig.ConsoleSize}}", "map[80/tcp:[{ }]] [0 0]"),
    ("{{.State}}", "{created false false 0 <nil>}"),
    (
        "{{.Config.Env}} {{.Config.Cmd}} {{.Mounts}} {{.Config.ExposedPorts}}",
        "[] [sh -c echo é] [] map[80/tcp:{}]",
    ),
    ("{{.SizeRw}} {{.State.Health}} {{.HostConfig.Tmpfs}}", "<nil> <nil> map[]"),
    ("{{.HostConfig.Memory}} {{.HostConfig.OomKillDisable}}", "0 false"),
    ("{{with .Config}}{{.Hostname}} {{$.Name}}{{end}}", "e03c72e3f836 /h4a"),
    # JSON
    ("{{json .Config.Labels}}", '{"a.b-c_d":"x","p":"a<b>&c","w":"日本語"}'),
    ("{{json .HostConfig.RestartPolicy}}", '{"Name":"on-failure","MaximumRetryCount":2}'),
    ('{{json "<a>"}} {{json 1.0}} {{json nil}} {{json .State.Running}}', '"<a>" 1 null false'),
    ('{{json 1e6}} {{json 1e21}} {{json "a\\tb\\u2028\\u0001é"}}', '1000000 1e+21 "a\\tb\\u2028\\u0001é"'),
    ("{{json .Config.Labels.zz}} {{.Config.Labels | json | len}}", "null 44"),
    # null, and what the JSON leaves out when it is empty
    (
        "{{json .Config.Env}} {{json .HostConfig.Tmpfs}} {{json .State}}",
        'null null {"Status":"created","Running":false,"Paused":false,"ExitCode":0}',
    ),
    (
        "{{.Config.Volumes}} {{json .Config.Shell}} {{.Config.ArgsEscaped}} {{.Config.StopTimeout}}",
        "map[] null false <nil>",
    ),
    ("{{range .HostConfig.Mounts}}x{{end}}{{.HostConfig.Mounts}}", "[]"),
    ("{{.HostConfig.NanoCPUs}} {{.HostConfig.DNS}} {{json .HostConfig.DNS}}", "5 [] null"),
    ("{{.HostConfig.NanoCpus}} {{.HostConfig.Dns}}", "5 <no value>"),
    (
        "{{.Metadata.LastTagTime}} {{json .Metadata.LastTagTime}}",
        '2026-11-23 20:18:45.5 +0000 UTC "2026-11-23T20:18:45.500Z"',
    ),
    # control
    ("{{range .Config.Cmd}}[{{.}}]{{end}}", "[sh][-c][echo é]"),
    ("{{range $i, $e := .Config.Cmd}}{{$i}}={{$e}};{{end}}", "0=sh;1=-c;2=echo é;"),
    ("{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}", "a.b-c_d=x;p=a<b>&c;w=日本語;"),
    ("{{range $v := .Config.Labels}}{{$v}},{{end}}", "x,a<b>&c,日本語,"),
    ("{{range .Mounts}}x{{else}}none{{end}}{{range 3}}x{{end}}{{range $i := 2}}{{$i}}{{end}}", "nonexxx01"),
    ('{{range .Config.Cmd}}{{if eq . "-c"}}{{continue}}{{end}}{{.}},{{break}}{{end}}', "sh,"),
    ("{{if .State.Running}}r{{else if .State.Paused}}p{{else}}s{{end}}", "s"),
    ("{{with .Config.Entrypoint}}yes{{else}}no{{end}}", "no"),
    ("{{with .Mounts}}a{{else with .Name}}{{.}}{{else}}c{{end}}", "/h4a"),
    ("{{if .State}}y{{end}}{{if .Config.Labels}}y{{end}}{{if .SizeRw}}n{{end}}", "yy"),
    ("{{ $a := 1 }}{{ if true }}{{ $a = 2 }}{{ $b := 3 }}{{ end }}{{ $a }}", "2"),
    ('{{define "x"}}hi {{.}}{{end}}{{template "x" .Name}}{{block "y" .Id}}{{len .}}{{end}}', "hi /h4a12"),
    ('{{/* c */}}a {{- " b " -}} c{{- /* d */ -}} e', "a b ce"),
    ("a\n{{- 1 }}\n{{ 2 -}}\n b", "a1\n2b"),
    # literals
    (
        "{{1}} {{-1}} {{1.5}} {{1e3}} {{0x1F}} {{1_000}} {{`raw`}} {{'a'}} {{true}} {{1i}} {{017}}",
        "1 -1 1.5 1000 31 1000 raw 97 true (0+1i) 15",
    ),
    (r'{{"a\tb\x41\u00e9\101\"\\"}}', 'a\tbAéA"\\'),
    ("{{print 1.0 2.5 1e6 1e20 0.00001}}", "1 2.5 1e+06 1e+20 1e-05"),
    # functions
    ('{{print 1 2 "a" "b" 3 nil}}|{{println 1 "a"}}', "1 2ab3 <nil>|1 a\n"),
    ("{{len .Config.Cmd}} {{slice .Id 0 5}} {{slice .Config.Cmd 1 2}}", "3 e03c7 [-c]"),
    ('{{eq .State.Status "created" "running"}} {{ne 1 2}} {{not 0}} {{eq nil nil}}', "true true true true"),
    ('{{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1.5 2.5}}', "true true true false"),
    ('{{and 1 0}} {{or "" "x"}} {{or true .Nope}} {{or 0 "" "x" | printf "%s"}}', "0 x true x"),
    (
        '{{index .Config.Labels "w"}} {{index .Config.Labels "z"}}|{{index .Config.Cmd 0}} {{index "abc" 1}}',
        "日本語 |sh 98",
    ),
    ('{{ "a" | index .Config.Labels }}|{{index (split "a,b" ",") 1}}', "|b"),
    (
        '{{html "<a&b>\\"\'"}} {{js "<a href=x>&=é\\n\\u0001"}}',
        r"&lt;a&amp;b&gt;&#34;&#39; \u003Ca href\u003Dx\u003E\u0026\u003Dé\u000A\u0001",
    ),
    ('{{urlquery "a/é ?"}}', "a%2F%C3%A9+%3F"),
    ('{{split "a,b" ","}} {{join (split "a,b" ",") "-"}} {{lower "AB"}} {{upper "é"}}', "[a b] a-b ab É"),
    ('{{title "hello wORLD_x foo-bar é"}}', "Hello WORLD_x Foo-Bar É"),
    ('{{pad "x" 1 2}}|{{pad "" 1 1}}|{{truncate "abcdef" 3}} {{truncate "a" 3}}', " x  ||abc a"),
    ('{{.Id | printf "%.3s" | upper | title}} {{ (print "a") | printf "%s-%s" "b" }}', "E03 b-a"),
    ("{{not true | print}} {{1 |}}", "false 1"),
    # docker's types say ID where its JSON says Id: whoever asks for Id is answered from the JSON, all maps
    ("{{.ID}} {{.State}}", "e03c72e3f836 {created false false 0 <nil>}"),
    ("{{.Id}} {{.State}}", "e03c72e3f836 map[ExitCode:0 Paused:false Running:false Status:created]"),
    ("{{.Id}} {{.Config.Env}}", "e03c72e3f836 <no value>"),
    ('{{join .Config.Cmd ","}}', "sh,-c,echo é"),
    # formatting
    (
        '{{printf "%05.2f|%x|%q|%-5s|%t|%v" 3.14159 255 "a" "b" true .State.ExitCode}}',
        '03.14|ff|"a"|b    |true|0',
    ),
    (
        '{{printf "%v %s %q %d" .Config.Cmd .Config.Cmd .Config.Cmd .HostConfig.ConsoleSize}}',
        '[sh -c echo é] [sh -c echo é] ["sh" "-c" "echo é"] [0 0]',
    ),
    (
        '{{printf "%+v|%#v|%08.3f|%+d|%x|%X|%c|%U|%e|%g|% x" '
        '.HostConfig.RestartPolicy "a" 3.14159 5 "hi" 255 65 65 1500.0 1e21 "hi"}}',
        '{Name:on-failure MaximumRetryCount:2}|"a"|0003.142|+5|6869|FF|A|U+0041|1.500000e+03|1e+21|68 69',
    ),
    (
        '{{printf "%5t|%-8q|%3c|%05d|%5s|%.2s|%s|%6.2f%%" true "a" 65 42 "ab" "abc" nil 2.5}}',
        ' true|"a"     |  A|00042|   ab|ab|%!s(<nil>)|  2.50%',
    ),
    (
        '{{printf "%s %d" 1 "a"}} {{printf "%d"}} {{printf "%d" 1 2}} {{printf "%z" 1}}',
        "%!s(int=1) %!d(string=a) %!d(MISSING) 1%!(EXTRA int=2) %!z(int=1)",
    ),
    (
        '{{printf "%T %T %T %T" 1 "a" .Config.Labels .Config.Cmd}} {{printf "%*d" 5 1}}',
        "int string map[string]string []string     1",
    ),
]

UNPARSABLE = [
    ("{{", "unclosed action"),
    ("{{.", 'illegal number syntax: "."'),
    ("{{.a", "unclosed action"),
    ("{{end}}", "unexpected {{end}}"),
    ("{{else}}", "unexpected {{else}}"),
    ("{{if}}x{{end}}", "missing value for if"),
    ("{{range}}{{end}}", "missing value for range"),
    ("{{if .Id}}", "unexpected EOF"),
    ("{{.a}", "bad character U+007D '}'"),
    ("{{}", 'unexpected "}" in command'),
    ("{{}}", "missing value for command"),
    ('{{"abc}}', "unterminated quoted string"),
    ("{{`abc}}", "unterminated raw quoted string"),
    ("{{'a}}", "unterminated character constant"),
    ("{{(1}}", "unclosed left paren"),
    ("{{1)}}", "unexpected right paren"),
    ("{{#}}", 'unexpected "#" in command'),
    ("{{é}}", 'function "é" not defined'),
    ("{{InvalidFunction}}", 'function "InvalidFunction" not defined'),
    ("{{.a b}}", 'function "b" not defined'),
    ("{{$x}}", 'undefined variable "$x"'),
    ("{{if true}}{{$b := 1}}{{end}}{{$b}}", 'undefined variable "$b"'),
    ("{{1x}}", 'bad number syntax: "1x"'),
    ("{{:}}", "expected :="),
    ("{{$x := }}", "missing value for command"),
    ("{{$x, $y := 1}}", "too many declarations in command"),
    ("{{range $x, $y, $z := .}}{{end}}", "too many declarations in range"),
    ("{{|}}", 'unexpected "|" in command'),
    ("{{1 | 2}}", "non executable command in pipeline stage 2"),
    ('{{"a".b}}', 'unexpected . after term "\\"a\\""'),
    ("{{/* a }}", "unclosed comment"),
    ("{{/* a */ }}", "comment ends before closing delimiter"),
    ("{{break}}", "{{break}} outside {{range}}"),
    ("{{template}}", 'unexpected "}}" in template clause'),
    ("{{template x}}", 'unexpected "x" in template clause'),
    ('{{define "x"}}', "unexpected EOF"),
    ("{{if 1}}{{else}}{{else}}{{end}}", "expected end; found {{else}}"),
    (r'{{"\q"}}', "invalid syntax"),
    ("{{.Name.}}", "unexpected <.> in operand"),
]

FAILING = [
    (
        "{{.Id}}{{.Config.Labels.no}}",
        '16: executing "" at <.Config.Labels.no>: map has no entry for key "no"',
    ),
    (
        '{{.Id}}{{join .Config.Cmd ","}}',
        '21: executing "" at <.Config.Cmd>: wrong type for value; expected []string; got []interface {}',
    ),
    ("{{.Nope}}", '2: executing "" at <.Nope>: map has no entry for key "Nope"'),
    ("{{.Config.Nope}}", '9: executing "" at <.Config.Nope>: map has no entry for key "Nope"'),
    ("{{.Nope.x}}", '7: executing "" at <.Nope.x>: map has no entry for key "Nope"'),
    ("é{{.Nope}}", '4: executing "" at <.Nope>: map has no entry for key "Nope"'),
    (
        "{{.Id.Name.Foo}}",
        '5: executing "" at <.Id.Name.Foo>: can\'t evaluate field Name in type interface {}',
    ),
    ("{{(index .Config.Cmd 0).x}}", '21: executing "" at <0>: can\'t evaluate field x in type string'),
    ('{{.Id "x"}}', '2: executing "" at <.Id>: Id is not a method but has arguments'),
    ('{{"a" "b"}}', '2: executing "" at <"a">: can\'t give argument to non-function "a"'),
    ("{{. .}}", '2: executing "" at <.>: can\'t give argument to non-function .'),
    ("{{nil}}", '2: executing "" at <nil>: nil is not a command'),
    ("{{$x := nil}}", '8: executing "" at <nil>: nil is not a command'),
    ('{{template "nope"}}', '11: executing "" at <{{template "nope"}}>: template "nope" not defined'),
    (
        "{{index .Config.Cmd 9}}",
        '2: executing "" at <index .Config.Cmd 9>: error calling index: index out of range: 9',
    ),
    (
        '{{index .Config.Cmd "a"}}',
        '2: executing "" at <index .Config.Cmd "a">: '
        "error calling index: cannot index slice/array with type string",
    ),
    (
        "{{index .Config.Labels 1}}",
        '2: executing "" at <index .Config.Labels 1>: '
        "error calling index: value has type int; should be string",
    ),
    ("{{index nil}}", '2: executing "" at <index nil>: error calling index: index of untyped nil'),
    ("{{index 1 2}}", '2: executing "" at <index 1 2>: error calling index: can\'t index item of type int'),
    ('{{slice "abc" 5}}', '2: executing "" at <slice "abc" 5>: error calling slice: index out of range: 5'),
    (
        "{{slice .Config.Cmd 2 1}}",
        '2: executing "" at <slice .Config.Cmd 2 1>: error calling slice: invalid slice index: 2 > 1',
    ),
    ("{{len 3}}", '2: executing "" at <len 3>: error calling len: len of type int'),
    ("{{len}}", '2: executing "" at <len>: wrong number of args for len: want 1 got 0'),
    ("{{and}}", '2: executing "" at <and>: wrong number of args for and: want at least 1 got 0'),
    ('{{eq 1 "a"}}', '2: executing "" at <eq 1 "a">: error calling eq: incompatible types for comparison'),
    ("{{eq 1 1.0}}", '2: executing "" at <eq 1 1.0>: error calling eq: incompatible types for comparison'),
    ("{{eq 1}}", '2: executing "" at <eq 1>: error calling eq: missing argument for comparison'),
    (
        "{{lt true false}}",
        '2: executing "" at <lt true false>: error calling lt: invalid type for comparison',
    ),
    ("{{call .Id}}", '2: executing "" at <call .Id>: error calling call: non-function .Id of type string'),
    ("{{lower 1}}", '8: executing "" at <1>: expected string; found 1'),
    (
        "{{lower .State.ExitCode}}",
        '14: executing "" at <.State.ExitCode>: wrong type for value; expected string; got json.Number',
    ),
    ('{{pad "a" "b" 1}}', '10: executing "" at <"b">: expected integer; found "b"'),
    ("{{lower nil}}", '8: executing "" at <nil>: cannot assign nil to string'),
    ('{{range "ab"}}x{{end}}', '8: executing "" at <"ab">: range can\'t iterate over ab'),
]


@pytest.mark.parametrize(("form", "text"), PRINTED)
def test_what_is_printed(form: str, text: str) -> None:
    assert Template.parse(form).render(DOCUMENT) == text


@pytest.mark.parametrize(("form", "words"), UNPARSABLE)
def test_what_is_no_template(form: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Template.parse(form)
    assert str(caught.value) == f"template parsing error: template: :1: {words}"


@pytest.mark.parametrize(("form", "words"), FAILING)
def test_what_does_not_fit(form: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Template.parse(form).render(DOCUMENT)
    assert str(caught.value) == f"template parsing error: template: :1:{words}"


def test_errors_name_their_line() -> None:
    with pytest.raises(InvalidInput, match=r"template: :2: unclosed action"):
        Template.parse("a\n{{")
    with pytest.raises(InvalidInput, match="template: :3: unclosed action started at :2"):
        Template.parse("a\n{{ .b\n")
    with pytest.raises(InvalidInput, match=r'template: :2:3: executing "" at <\.Nope>'):
        Template.parse("a\n {{.Nope}}").render({})


def test_templates_that_call_themselves_end() -> None:
    with pytest.raises(InvalidInput, match="exceeded maximum template depth"):
        Template.parse('{{define "x"}}{{template "x"}}{{end}}{{template "x"}}').render({})


class Thing:
    Name = "thing"
    hidden = "never"

    def Twice(self, text: str) -> str:
        return text * 2


def test_objects_and_functions_are_asked_when_they_are_named() -> None:
    value = {"Thing": Thing(), "Late": lambda: "now", "Never": lambda: 1 / 0}
    assert Template.parse('{{.Thing.Name}} {{.Thing.Twice "ab"}} {{.Late}}').render(value) == "thing abab now"
    assert Template.parse('{{"ab" | .Thing.Twice}}').render(value) == "abab"
    with pytest.raises(InvalidInput, match="wrong number of args for Twice: want 1 got 0"):
        Template.parse("{{.Thing.Twice}}").render(value)
    with pytest.raises(InvalidInput, match="can't evaluate field hidden"):
        Template.parse("{{.Thing.hidden}}").render(value)


def test_mount_points_have_names_and_drivers_even_when_their_json_has_none() -> None:
    point = {"Type": "bind", "Source": "/s", "Destination": "/d", "Mode": "", "RW": True, "Propagation": "p"}
    form = "{{.Mounts}} {{range .Mounts}}[{{.Name}}{{.Driver}}]{{end}} {{json .Mounts}}"
    text = json.dumps([point], separators=(",", ":"))
    assert Template.parse(form).render({"Mounts": [point]}) == f"[{{bind  /s /d   true p}}] [] {text}"


def test_moments_are_told_in_this_machine_s_zone_or_by_their_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "XYZ-2")
    time.tzset()
    template = Template.parse("{{.LastTagTime}}")
    assert template.render({"LastTagTime": "2026-01-02T03:04:05+02:00"}) == "2026-01-02 03:04:05 +0200 XYZ"
    assert template.render({"LastTagTime": "2026-01-02T03:04:05-01:30"}) == "2026-01-02 03:04:05 -0130 -0130"
    assert template.render({"LastTagTime": "never"}) == "never"
    monkeypatch.undo()
    time.tzset()


def test_maps_and_structs_are_told_apart() -> None:
    template = Template.parse("{{.}}{{range .}}{{.}}{{end}}")
    assert template.render(GoMap(b="2", a="1")) == "map[a:1 b:2]12"
    assert Template.parse("{{.}}").render({"b": "2", "a": "1"}) == "{2 1}"


ROWS = (
    Row({"ID": "3197f62186db", "Names": "h4b", "Labels": "w=<b>"}, {"w": "abc"}),
    Row({"ID": "e03c72e3f836", "Names": "h4a", "Labels": ""}, {"w": "日本語", "a.b-c_d": "x"}),
)
HEADINGS = {"ID": "CONTAINER ID", "Names": "NAMES", "Labels": "LABELS"}


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        (
            'table {{.Names}}\\t{{.Label "w"}}\\t{{.ID}}',
            [
                "NAMES     w         CONTAINER ID",
                "h4b       abc       3197f62186db",
                "h4a       日本語    e03c72e3f836",
            ],
        ),
        (
            'table {{.Label "a.b-c_d"}}\\t{{upper .Names}}',
            ["b c d     NAMES", "          H4B", "x         H4A"],
        ),
        (
            "table  {{.ID}}\\n{{.Names}}\\tx",
            ["CONTAINER ID", "NAMES     x", "3197f62186db", "h4b       x", "e03c72e3f836", "h4a       x"],
        ),
        ('table {{join (split .Names "a") "-"}}', ["NAMES", "h4b", "h4-"]),
        ('table {{range split .Names "4"}}{{.}} {{end}}', ["", "h b ", "h a "]),
        ('table {{if eq .Names "h4a"}}yes{{else}}no{{end}}', ["no", "no", "yes"]),
        (
            "table {{truncate .ID 3}} {{lower .Names}} {{json .Labels}}",
            ["CONTAINER ID NAMES LABELS", '319 h4b "w=<b>"', 'e03 h4a ""'],
        ),
        ("tablex {{.Names}}", ["x NAMES", "x h4b", "x h4a"]),
        (" JSON ", ["JSON", "JSON"]),
        ("{{.Names}}:{{.ID}}", ["h4b:3197f62186db", "h4a:e03c72e3f836"]),
        (
            "json",
            [
                '{"ID":"3197f62186db","Labels":"w=\\u003cb\\u003e","Names":"h4b"}',
                '{"ID":"e03c72e3f836","Labels":"","Names":"h4a"}',
            ],
        ),
    ],
)
def test_listings_through_a_template(form: str, lines: list[str]) -> None:
    assert written(ROWS, HEADINGS, ("ID", "Names"), form) == "".join(f"{line}\n" for line in lines)


def test_fields_that_a_listing_has_not() -> None:
    with pytest.raises(InvalidInput) as caught:
        written(ROWS, HEADINGS, ("ID",), "table {{.Nope}}")
    assert str(caught.value) == (
        'template parsing error: template: :1:2: executing "" at <.Nope>: '
        "can't evaluate field Nope in type *formatter.Context"
    )
    with pytest.raises(InvalidInput, match=r"at <\.Label>: wrong number of args for Label: want 1 got 0"):
        written(ROWS, HEADINGS, ("ID",), "{{.Label}}")
    assert Template.parse("{{.Nope}}").heading(Headings(HEADINGS)) == "<no value>"


@pytest.mark.peers
def test_docker_prints_an_image_the_same_way() -> None:
    if not shutil.which("docker") or not _docker("info", "-f", "{{.ServerVersion}}").strip():
        pytest.skip("no docker daemon answers")
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    words = ("import", "-c", 'CMD ["sh"]', "-c", "ENV A=b", "-", "stackyard-template")
    name = _docker(*words, stdin=empty.getvalue()).strip()
    document = json.loads(_docker("image", "inspect", name))[0]
    forms = (
        "{{.Id}} {{.Config.Env}} {{.Config.Cmd}} {{len .RootFS.Layers}} {{.Size}}",
        "{{range .Config.Env}}{{println .}}{{end}}{{json .RootFS}}",
        '{{with .RepoTags}}{{join . ","}}{{end}} {{slice .ID 7 19 | upper}} {{printf "%q" .Os}}',
        "{{if .Config.Entrypoint}}e{{else}}c{{end}} {{index .RootFS.Layers 0}} {{.GraphDriver.Name}}",
    )
    for form in forms:
        assert Template.parse(form).render(document) + "\n" == _docker("image", "inspect", "-f", form, name)
    _docker("rmi", name)


def _docker(*words: str, stdin: bytes = b"") -> str:
    return subprocess.run(["docker", *words], capture_output=True, input=stdin).stdout.decode()

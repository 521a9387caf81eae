"""`kpl verify`: what it finds, what it prints, how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from kpl.coredns.releases import VERSIONS
from support import ROOT
from support import here as kpl

NEWEST = VERSIONS[-1]

SCHEMA = json.loads((ROOT / "linter/kpl/report/verdict.schema.json").read_text(encoding="utf-8"))
GOOD = "lan {\n    cache 30\n}\n"
BAD = "lan {\n    cache 0\n}\n"
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: coredns
data:
  Corefile: |
    lan {
        cache 30 {
            denial 10 0
        }
    }
  other.server: "wan {\\n    cache 5\\n}\\n"
  more.override: |
    cache 0
"""


def records(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for each in found:
        jsonschema.validate(each, SCHEMA)
    return found


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)


def test_a_refusal_is_shown_in_the_imported_config_map(tmp_path: Path) -> None:
    head = "kind: ConfigMap\nmetadata: {name: NAME, namespace: kube-system}\ndata:\n"
    home = (
        head.replace("NAME", "coredns")
        + "  Corefile: |\n    lan {\n        cache\n        import custom/*.override\n    }\n"
    )
    custom = head.replace("NAME", "coredns-custom") + "  x.override: |\n    log\n    cache\n"
    write(tmp_path, coredns_yaml=home, custom_yaml=custom)
    done = kpl(tmp_path, "verify")
    assert done.returncode == 1
    assert done.stdout.decode() == (
        f"custom.yaml:6:5: refuses (CoreDNS {NEWEST}, setup)\n"
        "6 |     cache\n"
        "  |     ^^^^^\n"
        "  = plugin/cache: this plugin can only be used once per Server Block\n"
        "  = imported at coredns.yaml:7:16\n"
        f"custom.yaml: loads (CoreDNS {NEWEST})\n"
        "1 loads, 1 refused.\n"
        "2 files checked (2 YAML).\n"
    )
    first, second = records(kpl(tmp_path, "verify", "--format", "jsonl"))
    assert (first["path"], first["line"], first["column"]) == ("coredns.yaml", 7, 16)
    assert first["imported"] == {"path": "custom.yaml", "line": 6, "column": 5}
    assert "imported" not in second
    write(tmp_path, custom_yaml=custom.replace("    cache\n", "    cache {{ ttl }}\n"))
    assert [each["verdict"] for each in records(kpl(tmp_path, "verify", "--format", "jsonl"))] == ["depends", "loads"]


def test_what_loads_ends_with_0_and_what_is_refused_with_1(tmp_path: Path) -> None:
    write(tmp_path, Corefile=GOOD)
    done = kpl(tmp_path, "verify")
    assert (done.returncode, done.stdout.decode()) == (
        0,
        f"Corefile: loads (CoreDNS {NEWEST})\n1 loads.\n1 file checked (1 Corefile).\n",
    )
    write(tmp_path, Corefile=BAD)
    done = kpl(tmp_path, "verify", ".")
    assert done.returncode == 1
    assert done.stdout.decode() == (
        f"Corefile:2:11: refuses (CoreDNS {NEWEST}, setup)\n"
        "2 |     cache 0\n"
        "  |           ^\n"
        "  = plugin/cache: cache TTL can not be zero or negative: 0\n"
        "1 refused.\n"
        "1 file checked (1 Corefile).\n"
    )


def test_every_configuration_of_a_file_has_its_number_and_place(tmp_path: Path) -> None:
    write(tmp_path, cm_yaml=CONFIG_MAP)
    first, second, third = records(kpl(tmp_path, "verify", "--format", "jsonl", "cm.yaml"))
    assert (first["index"], first["verdict"], first["line"], first["column"], first["inner_line"]) == (
        0,
        "refuses",
        9,
        23,
        3,
    )
    assert (second["index"], second["verdict"], second["line"]) == (1, "loads", None)
    assert (third["index"], third["verdict"], third["line"], third["inner_line"]) == (2, "refuses", 14, 1)
    assert third["message"] == "plugin/cache: cache TTL can not be zero or negative: 0"


def test_json_is_one_array(tmp_path: Path) -> None:
    write(tmp_path, Corefile=GOOD)
    assert json.loads(kpl(tmp_path, "verify", "--format", "json").stdout) == [
        {
            "path": "Corefile",
            "index": 0,
            "kind": "corefile",
            "version": NEWEST,
            "verdict": "loads",
            "phase": None,
            "message": None,
            "line": None,
            "column": None,
            "inner_line": None,
            "depends_on": [],
        }
    ]


def test_standard_input(tmp_path: Path) -> None:
    (only,) = records(kpl(tmp_path, "verify", "--format", "jsonl", "-", stdin=BAD.encode()))
    assert (only["path"], only["verdict"]) == ("<stdin>", "refuses")


def test_the_release_decides(tmp_path: Path) -> None:
    write(tmp_path, Corefile="lan {\n    cache {\n        servfail 5s\n    }\n}\n")
    assert kpl(tmp_path, "verify", "--coredns-version", "1.9.3").returncode == 1
    (only,) = records(kpl(tmp_path, "verify", "--coredns-version", "v1.10.1", "--format", "jsonl"))
    assert (only["verdict"], only["version"]) == ("loads", "1.10.1")


def test_the_release_of_the_image_in_the_manifests_decides(tmp_path: Path) -> None:
    image = "registry.k8s.io/coredns/coredns:v1.9.3"
    deployment = f"kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: a\n          image: {image}\n"
    write(tmp_path, Corefile="lan {\n    cache {\n        servfail 5s\n    }\n}\n", coredns_yaml=deployment)
    assert kpl(tmp_path, "verify").returncode == 1


@pytest.mark.parametrize(("asked", "judged"), [("1.6.2", "1.7.0"), ("1.11.2", "1.11.1"), ("1.99.0", NEWEST)])
def test_an_unknown_release_is_told(tmp_path: Path, asked: str, judged: str) -> None:
    write(tmp_path, Corefile=GOOD)
    done = kpl(tmp_path, "verify", "--coredns-version", asked, "--format", "jsonl")
    shown = "1.99" if asked == "1.99.0" else asked
    assert done.stderr.decode() == f"kpl: warning: kpl does not know CoreDNS {shown}, so it checks against {judged}\n"
    assert records(done)[0]["version"] == judged


def test_depends_says_on_what(tmp_path: Path) -> None:
    write(tmp_path, Corefile="lan {\n    import /etc/coredns/common\n    cache {$TTL}\n}\n")
    done = kpl(tmp_path, "verify")
    assert done.returncode == 0
    assert done.stdout.decode() == (
        f"Corefile: depends (CoreDNS {NEWEST})\n"
        "   = depends on the environment variable TTL\n"
        "     If you know its value, add `--env TTL=VALUE`.\n"
        "   = depends on the file /etc/coredns/common\n"
        "     If it exists in the container, add `--assume-file /etc/coredns/common`.\n"
        "1 depends.\n"
        "1 file checked (1 Corefile).\n"
    )
    told = ["--env", "TTL=30", "--assume-file", "/etc/coredns/common"]
    assert records(kpl(tmp_path, "verify", "--format", "jsonl", *told))[0]["verdict"] == "loads"


def test_an_env_file_is_the_whole_environment(tmp_path: Path) -> None:
    write(tmp_path, Corefile="lan {\n    cache {$TTL} {\n        denial {$SIZE}\n    }\n}\n")
    (tmp_path / "env").write_text("# of the container\n\nTTL=30\n")
    (only,) = records(kpl(tmp_path, "verify", "--env-file", "env", "--format", "jsonl", "Corefile"))
    assert only["message"] == 'plugin/cache: strconv.Atoi: parsing "": invalid syntax'
    (only,) = records(kpl(tmp_path, "verify", "--env-file", "env", "--env", "SIZE=10", "--format", "jsonl", "Corefile"))
    assert only["verdict"] == "loads"
    (tmp_path / "env").write_text("TTL\n")
    done = kpl(tmp_path, "verify", "--env-file", "env", "Corefile")
    assert (done.returncode, done.stderr) == (2, b"kpl: env:1: expected NAME=VALUE\n")
    assert kpl(tmp_path, "verify", "--env-file", "none", "Corefile").returncode == 2


def test_a_template_is_to_be_rendered_first(tmp_path: Path) -> None:
    write(tmp_path, Corefile="lan {\n    cache {{ .Values.ttl }} {\n        denial 0 0\n    }\n}\n")
    (only,) = records(kpl(tmp_path, "verify", "--format", "jsonl"))
    assert only["depends_on"] == [{"kind": "template", "name": "{{ .Values.ttl }}"}]
    # unless the user says that it is one already
    assert records(kpl(tmp_path, "verify", "--as", "corefile", "--format", "jsonl"))[0]["verdict"] == "refuses"


def test_as_takes_every_file(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "dns.conf").write_text(BAD)
    (tmp_path / "anything").write_text(GOOD)
    found = records(kpl(tmp_path, "verify", "--as", "corefile", "--format", "jsonl", "."))
    assert [(each["path"], each["verdict"]) for each in found] == [("anything", "loads"), ("sub/dns.conf", "refuses")]
    done = kpl(tmp_path, "verify", ".")
    assert done.stdout == (b"Found no configurations.\n0 files checked; not checked: 2 with unrelated names.\n")
    assert done.returncode == 2


def test_the_image_of_nodelocal_dnscache(tmp_path: Path) -> None:
    write(tmp_path, Corefile="lan {\n    minimal\n}\n")
    (only,) = records(kpl(tmp_path, "verify", "--target", "node-local-dns", "--format", "jsonl"))
    assert only["message"] == "no action found for directive 'minimal' with server type 'dns' (missing a plugin?)"
    assert only["version"] == "1.13.2"


def test_external_plugins(tmp_path: Path) -> None:
    write(tmp_path, Corefile="lan {\n    k8s_gateway lan\n    fanout . 10.0.0.2\n}\n")
    assert kpl(tmp_path, "verify", "--plugins", "k8s_gateway,fanout").returncode == 0
    assert kpl(tmp_path, "verify", "--plugins", "k8s_gateway").returncode == 1
    write(tmp_path, _kpl_yaml="cluster:\n  coredns-plugins: [k8s_gateway, fanout]\n")
    assert kpl(tmp_path, "verify").returncode == 0
    assert kpl(tmp_path, "verify", "--no-config").returncode == 1


def test_yaml_that_does_not_parse_is_no_silence(tmp_path: Path) -> None:
    write(tmp_path, cm_yaml=CONFIG_MAP.replace("kind: ConfigMap", "kind: [ConfigMap"))
    done = kpl(tmp_path, "verify", "cm.yaml")
    assert done.returncode == 2
    assert b"cm.yaml:3:9: not verified: this YAML document does not parse" in done.stderr


@pytest.mark.parametrize("words", [["--env", "A"], ["nowhere"], ["--coredns-version", "x"], ["--as", "dump"]])
def test_wrong_usage_ends_with_2(tmp_path: Path, words: list[str]) -> None:
    write(tmp_path, Corefile=GOOD)
    done = kpl(tmp_path, "verify", *words)
    assert done.returncode == 2
    assert done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        ("forwad", b"Replace `forwad` with `forward`."),
        ("k8s_gatway", b"--plugins k8s_gatway"),
        ("ttl", None),
        ("pods", None),
        ("proxy", None),
    ],
)
def test_the_hint_about_an_unknown_plugin(tmp_path: Path, plugin: str, said: bytes | None) -> None:
    write(tmp_path, Corefile=f". {{\n    {plugin} x\n}}\n")
    shown = kpl(tmp_path, "verify", "Corefile").stdout
    assert f"Unknown directive '{plugin}'".encode() in shown
    assert (said or b"Unknown") in shown
    assert (b"--plugins" in shown, b"Replace" in shown) == (b"--plugins" in (said or b""), b"Replace" in (said or b""))

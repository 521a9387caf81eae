"""Nothing passes by accident: what was named and not checked, and what the summary says of it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from support import POSIX, ROOT
from support import here as kpl

BAD = ". {\n    forward . 9.9.9.9\n}\n"
DUMP = "*nat\n:KUBE-SERVICES - [0:0]\n-A PREROUTING -j KUBE-SERVICES\nCOMMIT\n"
NOTHING = "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata: {a: b}\n"


@pytest.mark.parametrize("command", ["lint", "fix", "verify"])
@pytest.mark.parametrize(
    ("stdin", "why"),
    [
        (b"", b"it is empty"),
        (b" \n\n", b"it is empty"),
        (b"bash: iptables-save: command not found\n", b"it contains nothing that kpl recognizes"),
        (b"\x7fELF\0\0\0", b"it is a binary file"),
        (gzip.compress(DUMP.encode(), mtime=0)[:-9], b"it is a gzip file that was cut short"),
        (b"\x1f\x8b\x08" + b"\0" * 7 + b"\xff" * 9, b"it is a damaged gzip file"),
        (b"$ANSIBLE_VAULT;1.1;AES256\n6231\n", b"it is encrypted"),
    ],
)
def test_standard_input_of_which_nothing_was_checked(tmp_path: Path, command: str, stdin: bytes, why: bytes) -> None:
    done = kpl(tmp_path, command, "-", stdin=stdin)
    assert done.returncode == 2
    assert b"kpl: error: <stdin> was not checked: " + why in done.stderr


@pytest.mark.parametrize("command", ["lint", "fix", "verify"])
def test_a_named_file_in_which_nothing_was_checked(tmp_path: Path, command: str) -> None:
    (tmp_path / "Corefile").write_text("lan {\n    whoami\n}\n")
    (tmp_path / "a.yaml").write_text(NOTHING)
    for named in (["a.yaml"], ["Corefile", "a.yaml"]):
        done = kpl(tmp_path, command, *named)
        assert done.returncode == 2
        assert b"kpl: error: a.yaml was not checked: it contains no" in done.stderr
        assert b"--allow-empty" in done.stderr
        done = kpl(tmp_path, command, "--allow-empty", *named)
        assert (done.returncode, b"error" in done.stderr) == (0, False)
    assert kpl(tmp_path, command, ".").returncode == 0, "not named"


def test_a_folder_in_which_nothing_was_checked(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = kpl(tmp_path, "lint", "empty")
    assert done.returncode == 2
    assert b"kpl: error: empty was not checked: it contains no file that kpl checks" in done.stderr
    done = kpl(tmp_path, "lint")
    assert (done.returncode, done.stderr) == (0, b"kpl: warning: found no files to check\n")
    (tmp_path / "empty" / "a.yaml").write_text(NOTHING)
    done = kpl(tmp_path, "lint", "empty")
    assert (done.returncode, done.stderr) == (0, b"kpl: warning: found no files to check\n"), "it was looked at"


@POSIX
def test_a_process_substitution_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cp", "--", "/dev/stdin", "pipe"], cwd=tmp_path, stdin=subprocess.PIPE) as writer:
        assert writer.stdin is not None
        writer.stdin.write(BAD.encode())
        writer.stdin.close()
        done = kpl(tmp_path, "lint", "--format", "jsonl", "pipe")
    assert done.returncode == 1
    (only,) = map(json.loads, done.stdout.splitlines())
    assert (only["code"], only["fix"]) == ("KPL201", None), "a pipe is not written back"


@pytest.mark.parametrize("command", ["lint", "fix", "verify"])
def test_a_damaged_file_costs_one_line_wherever_it_was_found(tmp_path: Path, command: str) -> None:
    (tmp_path / "Corefile").write_text("lan {\n    whoami\n}\n")
    (tmp_path / "node.iptables.gz").write_bytes(gzip.compress(DUMP.encode(), mtime=0)[:-9])
    done = kpl(tmp_path, command, "--allow-empty", ".")
    assert done.returncode == 2
    assert b"kpl: error: node.iptables.gz was not checked: it is a gzip file that was cut short\n" in done.stderr
    assert b"1 file checked" in done.stdout + done.stderr


def test_all_members_of_a_gzip_file_are_read(tmp_path: Path) -> None:
    first, second = BAD.encode()[:20], BAD.encode()[20:]
    (tmp_path / "Corefile.gz").write_bytes(gzip.compress(first) + gzip.compress(second) + b"\0" * 99)
    (only,) = map(json.loads, kpl(tmp_path, "lint", "--format", "jsonl", "Corefile.gz").stdout.splitlines())
    assert (only["code"], only["fix"]) == ("KPL201", None)
    done = kpl(tmp_path, "fix", ".")
    assert b"Corefile.gz is compressed, so kpl fix does not write it" in done.stderr


@pytest.mark.parametrize("where", ["plain", "gzip", "stdin"])
def test_there_is_one_limit_of_size(tmp_path: Path, where: str) -> None:
    endless = b"*nat\n" + b"# x\n" * 1000
    if where == "plain":
        with (tmp_path / "node.iptables").open("wb") as file:
            file.write(endless * 20)
            file.truncate(3 << 30)  # sparse
        done = kpl(tmp_path, "lint", ".")
        assert b"node.iptables was not checked: it is larger than 256 MiB" in done.stderr
    elif where == "gzip":
        bomb = gzip.compress(endless) + gzip.compress(b"\n" * (1 << 20)) * 20
        (tmp_path / "node.iptables.gz").write_bytes(bomb)
        done = kpl(tmp_path, "lint", ".")
        assert b"node.iptables.gz was not checked: it unpacks to more than 16 MiB" in done.stderr
    else:
        with open("/dev/zero", "rb") as zero:
            done = subprocess.run(
                ["sh", "-c", f"head -c 300000000 | {os.sys.executable} -m kpl lint -"],  # type: ignore[attr-defined]
                stdin=zero, cwd=tmp_path, capture_output=True, check=False,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("linter", "rules", "grammars"))},
            )  # fmt: skip
        assert b"kpl: standard input is larger than 256 MiB" in done.stderr
    assert done.returncode == 2


def test_a_large_file_of_another_program_is_not_complained_of(tmp_path: Path) -> None:
    with (tmp_path / "backup.dump").open("wb") as file:
        file.write(b"PGDMP" + b"x" * 100_000)
        file.truncate(3 << 30)
    done = kpl(tmp_path, "lint", ".")
    assert done.returncode == 0, "it was looked at"
    assert b"256 MiB" not in done.stderr


def test_the_summary_tells_what_was_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text("lan {\n    whoami\n}\n")
    (tmp_path / "a.yaml").write_text(NOTHING)
    (tmp_path / "README.md").write_text("x")
    (tmp_path / "secret.yaml").write_text("sops:\n  mac: ENC[AES256]\nkind: Service\n")
    pod = "kind: Pod\nspec:\n  containers:\n  {{- range .x }}\n  - name: a\n  {{- end }}\n"
    (tmp_path / "t.yaml").write_text(pod + "  {{- end }}\n")
    (tmp_path / "u.yaml").write_text(pod)
    (tmp_path / "out.yaml").symlink_to("/etc/hostname")
    done = kpl(tmp_path, "lint", "--show-skipped")
    last = done.stdout.decode().splitlines()[-1]
    assert last == (
        "2 files checked (1 Corefile, 1 YAML); not checked: 1 with an unrelated name, 1 without relevant content, "
        "1 template, 1 template in part, 1 encrypted, 1 link out of the tree."
    )
    assert "t.yaml: not checked: it is a template that must be rendered first\n" in done.stdout.decode()
    in_part = "checked in part: it contains a document that is a template that must be rendered first"
    assert f"u.yaml:4: {in_part}\n" in done.stdout.decode()
    rows = [
        json.loads(line) for line in kpl(tmp_path, "lint", "--show-skipped", "--format", "jsonl").stdout.splitlines()
    ]
    schema = json.loads((ROOT / "linter" / "kpl" / "report" / "skipped.schema.json").read_text())
    for row in rows:
        Draft202012Validator(schema).validate(row)
    assert {row["path"]: row["skipped"] for row in rows} == {
        "README.md": "other-name",
        "a.yaml": "nothing",
        "out.yaml": "link",
        "secret.yaml": "encrypted",
        "t.yaml": "template",
        "u.yaml": "template-in-part",
    }
    assert {row["message"] for row in rows if row["path"] == "u.yaml"} == {in_part}
    assert json.loads(kpl(tmp_path, "lint", "--show-skipped", "--format", "json").stdout) == rows


def test_a_part_of_a_file_that_is_a_template_is_told_with_its_line(tmp_path: Path) -> None:
    pod = "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec:\n  containers: [{name: c, image: i}]\n"
    template = "kind: Pod\nspec:\n  containers:\n  {{- range .x }}\n  - a\n"
    (tmp_path / "a.yaml").write_text(f"{pod}---\n{template}---\n{pod}")
    done = kpl(tmp_path, "lint", "--show-skipped", "a.yaml")
    assert done.returncode == 0
    line, summary = done.stdout.decode().splitlines()[-2:]
    assert line.startswith("a.yaml:")
    assert line.endswith(": not checked: it contains a document that is a template that must be rendered first")
    assert 7 <= int(line.split(":")[1]) <= 12
    assert summary == "1 file checked (1 YAML); not checked: 1 template."


def test_standard_input_does_not_stand_for_a_file_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(NOTHING)
    pod = b"kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec:\n  containers: [{name: c, image: i}]\n"
    done = kpl(tmp_path, "lint", "-", "a.yaml", "--stdin-filename", "a.yaml", stdin=pod)
    assert done.returncode == 2
    assert b"kpl: error: a.yaml was not checked: it contains nothing that kpl checks\n" in done.stderr


def test_inspect_lists_what_is_no_dump_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "node.iptables").write_text(DUMP)
    (tmp_path / "Corefile").write_text(BAD)
    for words, told in ((["--show-skipped"], True), ([], False)):
        done = kpl(tmp_path, "inspect", "node.iptables", "Corefile", "--allow-empty", *words)
        assert (done.returncode, b"Corefile: not checked: it contains no dump\n" in done.stderr) == (0, told)


# --- files of other programs

OTHERS = {
    "main.go": 'package main\n\nimport (\n\t"fmt"\n)\n\nfunc main() {\n\tlog\n}\n\nvar m = map[string]int{\n\t"a": 1,\n}\n',
    "main.tf": 'terraform {\n  backend "s3" {}\n}\n\nlocals {\n  cache = 1\n  log = 2\n}\n',
    "a.py": "def f():\n    import x\n    log {\n",
    "README.md": "# kpl\n\n    . {\n        forward . 9.9.9.9\n    }\n\n. {\n    forward . 9.9.9.9\n}\n",
    "a.jsx": "import {\n  cache\n} from 'x'\n",
    "Caddyfile": ":443 {\n\ttls internal\n\tlog\n\treverse_proxy localhost:8080\n}\n",
    "site.caddyfile": ":443 {\n\ttls internal\n}\n",
    "site.caddytest": ':443 {\n\ttls internal\n\tlog\n}\n----------\n{\n\t"apps": {}\n}\n',
    "site.adapted": "{\n\tdebug\n}\n:443 {\n\tlog\n\trespond hi\n\tfile_server\n}\n",
    "corefile.5": '.\\" Generated\n.TH COREFILE 5\n.PP\n. {\n    cache 30\n}\n',
    "plugin.7": ".TH K8S 7\n.nf\nkind: Service\napiVersion: v1\n",
    "coredns-cache.7": ".TH CACHE\n.PP\n. {\n    cache 30\n}\n",
    "nginx.conf": "server {\n    log x;\n    file y;\n}\n",
    "named.conf": 'zone {\n    file "db";\n    forward only;\n}\n',
    "Jenkinsfile": "pipeline {\n  any\n  log\n}\n",
    "Makefile": "all:\n\tlog\n",
    "install.sh": "iptables-restore <<X\n*nat\n-A KUBE-SERVICES -j KUBE-SVC-GONE\nCOMMIT\nX\n",
    "corefile.go": BAD,
    "Corefile.md": BAD,
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_of_another_program_is_never_checked_by_its_content(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(OTHERS[name])
    for command in ("lint", "fix", "verify"):
        done = kpl(tmp_path, command, name, "--allow-empty")
        assert (done.returncode, b"KPL" in done.stdout) == (0, False)
        assert b"0 files checked" in done.stdout + done.stderr
    assert (tmp_path / name).read_text() == OTHERS[name]


@pytest.mark.parametrize("name", ["dns", "dns.production", "snapshot"])
def test_a_name_that_tells_nothing_is_judged_by_its_content_and_never_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(BAD)
    (only,) = map(json.loads, kpl(tmp_path, "lint", "--format", "jsonl", name).stdout.splitlines())
    assert (only["code"], only["fix"]) == ("KPL201", None)
    done = kpl(tmp_path, "fix", name)
    assert b"recognized only by its content" in done.stderr
    assert (tmp_path / name).read_text() == BAD
    assert kpl(tmp_path, "fix", "--as", "corefile", name).returncode == 0
    assert (tmp_path / name).read_text() != BAD


def test_as_says_what_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text(BAD)
    assert b"KPL201" in kpl(tmp_path, "lint", "--as", "corefile", "notes.md").stdout
    assert b"KPL201" in kpl(tmp_path, "lint", "--as", "corefile", "-", stdin=BAD.encode()).stdout
    done = kpl(tmp_path, "fix", "--as", "corefile", ".")
    assert (done.returncode, (tmp_path / "notes.md").read_text()) == (2, BAD)
    assert b"`--as` applies only to files and standard input" in done.stderr


def test_as_overrides_what_looks_binary(tmp_path: Path) -> None:
    """CoreDNS reads a NUL as part of a word."""
    (tmp_path / "Corefile").write_bytes(b". {\n    log \0\n}\n")
    assert kpl(tmp_path, "verify", "Corefile").returncode == 2
    assert b"Corefile: loads" in kpl(tmp_path, "verify", "--as", "corefile", "Corefile").stdout


def test_standard_input_is_fixed_whatever_tells_what_it_is(tmp_path: Path) -> None:
    assert kpl(tmp_path, "fix", "-", stdin=BAD.encode()).stdout == BAD.replace("}", "    cache 30\n}").encode()


@pytest.mark.parametrize(
    "text", ["import {\n    cache\n}\n", "package main\n", "a = {\n  log\n}\n", "log {\n  x = y\n}\n"]
)
def test_content_needs_a_plugin_in_a_server_block(tmp_path: Path, text: str) -> None:
    expected = 0 if text.startswith("import {") else 2  # which CoreDNS would read, too
    assert kpl(tmp_path, "lint", "-", stdin=text.encode()).returncode == expected


@pytest.mark.parametrize(("pods", "code"), [("10.10.0.0/16", 1), ("10.244.0.0/16", 0)])
@pytest.mark.parametrize("path", ["kubeadm.yaml", "."])
def test_networks_that_rules_compare_are_checked(tmp_path: Path, path: str, pods: str, code: int) -> None:
    (tmp_path / "kubeadm.yaml").write_text(
        "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
        f"networking: {{serviceSubnet: 10.10.0.0/16, podSubnet: {pods}}}\n"
    )
    done = kpl(tmp_path, "lint", path)
    assert (done.returncode, done.stderr) == (code, b"")
    assert done.stdout.endswith(b"1 file checked (1 YAML).\n")

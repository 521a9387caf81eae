from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kpl import troubles
from kpl.cli.streams import ReaderGoneError
from kpl.errors import UsageError
from samples import BAD, FIXED
from support import here

DUMP = """\
*filter
:KUBE-FORWARD - [0:0]
COMMIT
*nat
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SEP-A - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-WEB - [0:0]
-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.1.0.1:80
-A KUBE-SERVICES -d 10.96.0.7/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-WEB
-A KUBE-SVC-WEB -m comment --comment "shop/web:http -> 10.1.0.1:80" -j KUBE-SEP-A
COMMIT
"""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["lint"], 1),
        (["lint", "--fail-on", "error"], 0),
        (["lint", "--fail-on", "never"], 0),
        (["lint", "--ignore", "missing-cache"], 0),
        (["lint", "--ignore", "KPL2"], 0),
        (["lint", "--select", "KPL1"], 0),
        (["lint", "--select", "no-such-rule"], 2),
        (["lint", "nowhere"], 2),
        (["lint", "--no-such-option"], 2),
        (["lint", "--kernel", "new"], 2),
        (["fix", "--check"], 1),
        (["fix", "--diff"], 0),
        (["explain", "missing-cash"], 2),
    ],
)
def test_exit_codes(tmp_path: Path, words: list[str], code: int) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    done = here(tmp_path, *words)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert (tmp_path / "Corefile").read_text() == BAD


LOADS = "lan {\n    whoami\n    errors\n    ready\n    health {\n        lameduck 5s\n    }\n}\n"
DEPENDS = "lan {\n    import /etc/more\n}\n"
BROKEN = "kind: ConfigMap\ndata:\n  Corefile: [\n"
CHANGED = DUMP.replace("10.96.0.7", "10.96.0.8")
FILES = {
    "bad/Corefile": BAD,
    "good/Corefile": LOADS,
    "refused/Corefile": "lan {\n    cache 0\n}\n",
    "depends/Corefile": DEPENDS,
    "broken/a.yaml": BROKEN,
    "both/Corefile": "lan {\n    cache 0\n}\n",
    "both/a.yaml": BROKEN,
    "mild/Corefile": LOADS.replace("whoami", "k8s_gateway lan"),
    "nothing/a.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n",
    "node.iptables": DUMP,
    "later.iptables": CHANGED,
    "node6.iptables": DUMP.replace("10.96.0.7/32", "fd00::7/128").replace("10.1.0.1:80", "[fd00:1::1]:80"),
    "empty/.keep": "",
    "bad.yaml": "ignroe: []\n",
}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", 2),
        ("--help", 0),
        ("--version", 0),
        ("no-such-command", 2),
        ("--no-such-option", 2),
        ("lint good", 0),
        ("lint bad", 1),
        ("lint bad --fail-on info", 1),
        ("lint bad --fail-on warning", 1),
        ("lint bad --fail-on error", 0),
        ("lint bad --fail-on never", 0),
        ("lint refused --fail-on error", 1),
        ("lint refused --fail-on never", 0),
        ("lint mild", 0),
        ("lint mild --fail-on info", 1),
        ("lint bad nowhere", 2),
        ("lint bad empty", 2),
        ("lint bad nothing/a.yaml", 2),
        ("lint bad nothing/a.yaml --allow-empty", 1),
        ("lint good nothing/a.yaml --allow-empty", 0),
        ("lint bad --config bad.yaml", 2),
        ("lint bad --config none.yaml", 2),
        ("lint --as corefile bad", 2),
        ("lint good --cluster-ndots 15", 0),
        ("lint good --cluster-ndots 16", 2),
        ("lint good --cluster-ndots -1", 2),
        ("lint good --nodes 0 --services 0 --endpoints 0", 0),
        ("lint good --nodes -1", 2),
        ("fix good", 0),
        ("fix good --check", 0),
        ("fix bad --check", 1),
        ("fix bad --diff", 0),
        ("fix bad --diff --check", 1),
        ("fix bad", 0),
        ("fix good nowhere", 2),
        ("fix good empty", 2),
        ("fix bad empty --check", 2),
        ("verify good", 0),
        ("verify depends", 0),
        ("verify refused", 1),
        ("verify good refused", 1),
        ("verify broken", 2),
        # what is refused is known, whatever else is not
        ("verify both", 1),
        ("verify good empty", 2),
        ("verify refused empty", 1),
        ("verify nothing/a.yaml", 2),
        ("verify nothing/a.yaml --allow-empty", 0),
        ("verify good --coredns-version x", 2),
        ("inspect node.iptables", 0),
        ("inspect", 2),
        ("inspect bad/Corefile", 2),
        ("inspect node.iptables bad/Corefile", 2),
        ("inspect node.iptables bad/Corefile --allow-empty", 0),
        ("inspect node.iptables --service shop/web", 0),
        ("inspect node.iptables bad/Corefile --service shop/web", 2),
        ("inspect node.iptables --service shop/none", 2),
        ("inspect node.iptables --diff node.iptables", 0),
        ("inspect node.iptables --diff later.iptables", 1),
        ("inspect node.iptables --diff later.iptables --format json", 1),
        ("inspect node.iptables --diff bad/Corefile", 2),
        ("inspect node.iptables --diff node6.iptables", 2),
        ("inspect node.iptables later.iptables --diff node.iptables", 2),
        ("inspect node.iptables --diff later.iptables --service shop/web", 2),
        ("clusters good", 0),
        ("clusters good empty", 2),
        ("clusters nowhere", 2),
        ("rules", 0),
        ("rules --format json", 0),
        ("rules --format yaml", 2),
        ("explain missing-cache", 0),
        ("explain KPL201 --all", 0),
        ("explain", 2),
        ("explain missing-cash", 2),
        ("generate", 2),
        ("generate --help", 0),
        ("generate corefile", 0),
        ("generate kube-proxy", 0),
        ("generate corefile --output out", 0),
        ("generate corefile --output none/out", 2),
        ("generate corefile --coredns-version 0.1", 2),
        ("generate kube-proxy --kubernetes-version new", 2),
        ("generate nothing", 2),
        ("generate corefile --nodes 0 --services 0 --pods 0", 0),
        ("generate corefile --nodes -1", 2),
        ("generate kube-proxy --kernel 5.4", 0),
        ("generate kube-proxy --kernel new", 2),
        ("generate kube-proxy --kubernetes-version 1.99", 2),
        ("generate corefile --coredns-version 1.11.2", 2),
    ],
)
def test_every_exit_code_of_every_command(tmp_path: Path, words: str, code: int) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = here(tmp_path, *words.split())
    assert done.returncode == code, done
    assert b"Traceback" not in done.stderr
    assert b"kpl: internal error" not in done.stderr
    if code == 2:
        assert done.stderr


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (KeyboardInterrupt(), 130, "\n"),  # click ends the line of the ^C
        (click.Abort(), 130, ""),
        (ReaderGoneError(), 2, ""),
        (UsageError("it\x1b"), 2, "kpl: it\\x1b\n"),
        (SystemExit(5), 5, ""),
        (SystemExit("x"), 2, ""),
        (click.ClickException("Say 'x'."), 2, "kpl: say `x`\n"),
    ],
)
def test_how_a_command_ends_that_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("kpl.cli.linting.lint_files", fail)
    done = here(tmp_path, "lint")
    assert (done.returncode, done.stdout, done.stderr.decode()) == (code, b"", told)


@pytest.mark.parametrize(
    ("error", "code"), [(ValueError("x"), 2), (OSError(28, "No space left"), 2), (KeyboardInterrupt(), 130)]
)
def test_what_was_noted_is_told_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        troubles.note("a plug-in is broken")
        raise error

    monkeypatch.setattr("kpl.cli.linting.lint_files", fail)
    done = here(tmp_path, "lint")
    assert (done.returncode, done.stderr.lstrip(b"\n").startswith(b"kpl: a plug-in is broken\n")) == (code, True)
    assert done.stderr.count(b"\n") == 2
    if code == 2:
        assert f"kpl: internal error: {type(error).__name__}: ".encode() in done.stderr


def test_a_current_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No such file")

    monkeypatch.setattr("kpl.cli.linting.lint_files", fail)
    assert b"internal error" in here(tmp_path, "lint").stderr
    monkeypatch.setattr("kpl.cli.main._folder_is_gone", lambda: True)
    said = b"kpl: the current directory no longer exists; change to another directory\n"
    assert here(tmp_path, "lint").stderr == said


def test_a_selection_on_the_command_line_takes_the_place_of_the_one_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    (tmp_path / ".kpl.yaml").write_text("ignore: [missing-cache]\n")
    assert here(tmp_path, "lint").returncode == 0
    assert here(tmp_path, "lint", "--extend-select", "KPL201").returncode == 0
    assert here(tmp_path, "lint", "--select", "KPL201").returncode == 1
    assert here(tmp_path, "lint", "--select", "KPL201", "--ignore", "KPL201").returncode == 0
    (tmp_path / ".kpl.yaml").write_text("select: [KPL1]\nextend-select: [KPL201]\n")
    assert here(tmp_path, "lint").returncode == 1
    assert here(tmp_path, "lint", "--select", "KPL1").returncode == 0
    assert here(tmp_path, "lint", "--ignore", "KPL201").returncode == 0


def test_a_profile_on_the_command_line_and_in_the_configuration(tmp_path: Path) -> None:
    # KPL232 is in the profile `strict`, KPL234 in `all`
    two = "lan {\n    bind 10.0.0.1\n    errors\n    whoami\n}\n. {\n    errors\n    cache\n    whoami\n    hosts {\n    }\n}\n"
    (tmp_path / "Corefile").write_text(two)

    def found(*words: str, config: str = "") -> list[str]:
        (tmp_path / ".kpl.yaml").write_text(config)
        out = here(tmp_path, "lint", "--format", "json", "--no-context", *words).stdout
        return sorted(each["code"] for each in json.loads(out) if each["code"] in ("KPL232", "KPL234"))

    assert found() == found("--profile", "default") == []
    assert found("--profile", "strict") == found(config="profile: strict\n") == ["KPL232"]
    assert found("--profile", "all") == found(config="profile: all\n") == ["KPL232", "KPL234"]
    # the command line is over the file
    assert found("--profile", "default", config="profile: all\n") == []
    assert found("--profile", "all", config="select: [KPL1]\n") == ["KPL232", "KPL234"]
    assert found("--select", "KPL234", config="profile: strict\n") == ["KPL234"]
    assert found("--select", "KPL234", "--profile", "strict") == ["KPL234"]
    # what the file adds and ignores stays
    assert found("--profile", "all", config="ignore: [KPL232]\n") == ["KPL234"]
    assert found("--profile", "strict", config="extend-select: [KPL234]\n") == ["KPL232", "KPL234"]
    assert found("--profile", "all", "--ignore", "KPL23") == []
    assert found("--profile", "strict", "--ignore", "KPL23", "--extend-select", "KPL234") == ["KPL234"]
    # in the file, a selection takes the place of the profile
    assert found(config="profile: all\nselect: [KPL234]\n") == ["KPL234"]
    assert found(config="profile: strict\noverrides:\n- paths: [Corefile]\n  select: [KPL234]\n") == [
        "KPL232",
        "KPL234",
    ]
    assert found(config="profile: all\noverrides:\n- paths: [Corefile]\n  ignore: [KPL232]\n") == ["KPL234"]


def test_fix_applies_the_fixes_of_a_profile(tmp_path: Path) -> None:
    text = "lan {\n    errors\n    cache\n    forward . 10.0.0.2 {\n        max_fails 3 force_tcp\n    }\n}\n"
    (tmp_path / "Corefile").write_text(text)
    assert here(tmp_path, "fix", "--profile", "strict").returncode == 0
    assert (tmp_path / "Corefile").read_text() == text
    assert here(tmp_path, "fix", "--profile", "all").returncode == 0
    assert (tmp_path / "Corefile").read_text() == text.replace(" force_tcp", "\n        force_tcp")


def test_the_rules_of_a_profile_are_listed(tmp_path: Path) -> None:
    listed = {
        profile: {
            each["code"]: each["profile"]
            for each in json.loads(here(tmp_path, "rules", "--format", "json", "--profile", profile).stdout)
        }
        for profile in ("default", "strict", "all")
    }
    assert set(listed["default"].values()) == {"default"}
    assert set(listed["strict"].values()) == {"default", "strict"}
    assert listed["default"].items() < listed["strict"].items() < listed["all"].items()
    assert listed["all"] == {
        each["code"]: each["profile"] for each in json.loads(here(tmp_path, "rules", "--format", "json").stdout)
    }
    lines = here(tmp_path, "rules", "--profile", "strict").stdout.decode().splitlines()
    assert [line[:6] for line in lines] == list(listed["strict"])


def test_fix_in_place(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    assert here(tmp_path, "fix").returncode == 0
    assert (tmp_path / "Corefile").read_text() == FIXED
    assert here(tmp_path, "lint").returncode == 0


def test_standard_input(tmp_path: Path) -> None:
    found = here(tmp_path, "lint", "-", "--format", "concise", "--stdin-filename", "x/Corefile", stdin=BAD.encode())
    assert found.stdout.startswith(b"x/Corefile:2:5: warning KPL201 ")
    assert here(tmp_path, "fix", "-", stdin=BAD.encode()).stdout == FIXED.encode()
    strange = b"nothing\r\nfor \xff kpl"
    assert here(tmp_path, "fix", "-", stdin=strange).stdout == strange


def test_configuration_is_found_upwards_and_checked(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "Corefile").write_text(BAD)
    (tmp_path / ".kpl.yaml").write_text("ignore: [missing-cache]\n")
    assert here(tmp_path, "lint", "a").returncode == 0
    assert here(tmp_path, "lint", "--no-config", "a").returncode == 1
    (tmp_path / ".kpl.yaml").write_text("cluster:\n  kernal: '5'\n")
    broken = here(tmp_path, "lint", "a")
    assert broken.returncode == 2
    assert b".kpl.yaml:2:3: `kernal` is not a setting; did you mean `kernel`?" in broken.stderr


@pytest.mark.parametrize(
    ("text", "words", "rule"),
    [
        (
            "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n",
            ["--services", "5000"],
            b"KPL301",
        ),
        (
            "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n",
            ["--kubernetes-version", "1.28"],
            b"KPL302",
        ),
    ],
)
def test_facts_reach_the_rules(tmp_path: Path, text: str, words: list[str], rule: bytes) -> None:
    (tmp_path / "a.yaml").write_text(text)
    assert rule not in here(tmp_path, "lint").stdout
    assert rule in here(tmp_path, "lint", *words).stdout


def test_an_older_coredns_has_what_a_newer_one_lost(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(". {\n    errors\n    proxy . 10.0.0.1\n    cache 30\n}\n")
    assert b"KPL204" in here(tmp_path, "lint").stdout
    assert here(tmp_path, "lint", "--coredns-version", "1.4.0").returncode == 0


def test_help_rules_explain_version_and_completion(tmp_path: Path) -> None:
    assert all(word in here(tmp_path, "--help").stdout for word in (b"lint", b"fix", b"rules", b"explain", b"generate"))
    assert b"KPL201  missing-cache" in here(tmp_path, "rules").stdout
    assert b"## Why" in here(tmp_path, "explain", "KPL201").stdout
    assert b"did you mean `missing-cache`" in here(tmp_path, "explain", "missing-cash").stderr
    assert here(tmp_path, "--version").stdout.startswith(b"kpl ")


def test_the_list_of_rules_tells_their_severity_and_profile(tmp_path: Path) -> None:
    lines = here(tmp_path, "rules").stdout.decode().splitlines()
    listed = json.loads(here(tmp_path, "rules", "--format", "json").stdout)
    assert len(lines) == len(listed) > 50
    assert {each["profile"] for each in listed} == {"default", "strict", "all"}
    for line, each in zip(lines, listed, strict=True):
        code, name, state, summary = re.split(r"  +", line, maxsplit=3)
        assert (code, name, summary) == (each["code"], each["name"], each["summary"])
        assert state == each["severity"] + {"default": ""}.get(each["profile"], f", {each['profile']}")
    assert [line.index(each["summary"]) for line, each in zip(lines, listed, strict=True)] == [
        lines[0].index(listed[0]["summary"])
    ] * len(lines)


def test_version_imports_next_to_nothing(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom kpl.cli.main import cli\ncli.main(['--version'], standalone_mode=False)\nprint(*sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint({"lark", "ruamel.yaml", "jsonschema", "json", "kpl.lint.rule", "kpl.inputs"})


def test_two_processes_read_the_same_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kpl.cli import load
    from kpl.inputs.discover import discover
    from kpl.inputs.document import Reading
    from kpl.lint.engine import lint
    from kpl.lint.settings import Settings

    for number in range(20):
        (tmp_path / f"Corefile.{number}").write_text(BAD * (number % 3 + 1))
        (tmp_path / f"{number}.yaml").write_text(
            "kind: ConfigMap\ndata:\n  Corefile: |\n    . {\n        forward . 1.1.1.1\n    }\n"
        )
    found = discover([str(tmp_path)]).found
    told = []
    for limit in (10**9, 0):
        monkeypatch.setattr(load, "PARALLEL_BYTES", limit)
        readings = [each for each in load.read_files(found) if isinstance(each, Reading)]
        assert len(readings) == 40
        findings = lint(readings, Settings()).findings
        told.append([(each.path, each.span, each.code, each.fix) for each in findings])
    assert told[0] == told[1]
    assert len(told[0]) > 20


@pytest.mark.parametrize("paths", [(), ("apps",), ("apps", "-")])
def test_two_processes_find_the_same_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: tuple[str, ...]
) -> None:
    from kpl.cli import linting, load
    from kpl.cli.options import configured
    from kpl.report.records import record

    service = (
        "kind: Service\nmetadata:\n  name: s{0}\n  namespace: shop\n"
        "spec:\n  clusterIP: 10.96.{1}.{0}\n  ports: [{{port: 80}}]\n"
    )
    for cluster in range(2):
        folder = tmp_path / "apps" / f"cluster-{cluster}"
        folder.mkdir(parents=True)
        for number in range(1, 12):
            (folder / f"service-{number}.yaml").write_text(service.format(number, cluster))
            (folder / f"Corefile.{number}").write_text(BAD * (number % 3 + 1))
        (folder / "broken.yaml").write_text("kind: Pod\nspec:\n  containers: [\n")
        for number in range(4):
            (folder / f"pod-{number}.yaml").write_text(
                f"# Source: web/templates/pod.yaml\nkind: Pod\nmetadata: {{name: p{number}}}\n"
                "spec: {dnsConfig: {options: [{name: rotates}]}, containers: [{name: c, image: 'nginx:1.29-alpine'}]}\n"
            )
        (folder / "coredns.yaml").write_text(
            "kind: Deployment\nmetadata:\n  name: coredns\nspec:\n  template:\n    spec:\n      containers:\n"
            f"        - name: coredns\n          image: registry.k8s.io/coredns/coredns:v1.{9 + cluster}.1\n"
        )
    monkeypatch.chdir(tmp_path)
    options: dict[str, object] = dict.fromkeys(("as_kind", "stdin_filename", "config"))
    options |= {"no_context": False, "no_config": False, "no_cache": True}
    stdin = BAD.encode() if "-" in paths else None
    told = []
    forked: list[int] = []
    fork = os.fork

    def counted() -> int:
        forked.append(fork())
        return forked[-1]

    monkeypatch.setattr("kpl.parallel.os.fork", counted)
    monkeypatch.setattr(linting, "can_fork", lambda: True)
    for limit in (10**9, 0):
        monkeypatch.setattr(load, "PARALLEL_FILES", limit)
        result, coverage = linting.lint_files(paths, configured(options, paths), stdin, options)
        told.append(([record(each) for each in result.findings], coverage.checked, coverage.skipped, coverage.notes))
    assert len(forked) == 1
    assert told[0] == told[1]
    assert len(told[0][0]) > 40
    named = [each["object"]["name"] for each in told[0][0] if each.get("template") == "web/templates/pod.yaml"]
    assert named == ["p0", "p1", "p2", "p3"] * 2

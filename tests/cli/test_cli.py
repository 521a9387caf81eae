from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from samples import BAD, FIXED
from support import kpl


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
    done = kpl(tmp_path, *words)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert (tmp_path / "Corefile").read_text() == BAD


def test_a_selection_on_the_command_line_takes_the_place_of_the_one_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    (tmp_path / ".kpl.yaml").write_text("ignore: [missing-cache]\n")
    assert kpl(tmp_path, "lint").returncode == 0
    assert kpl(tmp_path, "lint", "--extend-select", "KPL201").returncode == 0
    assert kpl(tmp_path, "lint", "--select", "KPL201").returncode == 1
    assert kpl(tmp_path, "lint", "--select", "KPL201", "--ignore", "KPL201").returncode == 0
    (tmp_path / ".kpl.yaml").write_text("select: [KPL1]\nextend-select: [KPL201]\n")
    assert kpl(tmp_path, "lint").returncode == 1
    assert kpl(tmp_path, "lint", "--select", "KPL1").returncode == 0
    assert kpl(tmp_path, "lint", "--ignore", "KPL201").returncode == 0


def test_fix_in_place(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    assert kpl(tmp_path, "fix").returncode == 0
    assert (tmp_path / "Corefile").read_text() == FIXED
    assert kpl(tmp_path, "lint").returncode == 0


def test_standard_input(tmp_path: Path) -> None:
    found = kpl(tmp_path, "lint", "-", "--format", "concise", "--stdin-filename", "x/Corefile", stdin=BAD.encode())
    assert found.stdout.startswith(b"x/Corefile:2:5: warning KPL201 ")
    assert kpl(tmp_path, "fix", "-", stdin=BAD.encode()).stdout == FIXED.encode()
    strange = b"nothing\r\nfor \xff kpl"
    assert kpl(tmp_path, "fix", "-", stdin=strange).stdout == strange


def test_configuration_is_found_upwards_and_checked(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "Corefile").write_text(BAD)
    (tmp_path / ".kpl.yaml").write_text("ignore: [missing-cache]\n")
    assert kpl(tmp_path, "lint", "a").returncode == 0
    assert kpl(tmp_path, "lint", "--no-config", "a").returncode == 1
    (tmp_path / ".kpl.yaml").write_text("cluster:\n  kernal: '5'\n")
    broken = kpl(tmp_path, "lint", "a")
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
    assert rule not in kpl(tmp_path, "lint").stdout
    assert rule in kpl(tmp_path, "lint", *words).stdout


def test_an_older_coredns_has_what_a_newer_one_lost(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(". {\n    errors\n    proxy . 10.0.0.1\n    cache 30\n}\n")
    assert b"KPL204" in kpl(tmp_path, "lint").stdout
    assert kpl(tmp_path, "lint", "--coredns-version", "1.4.0").returncode == 0


def test_help_rules_explain_version_and_completion(tmp_path: Path) -> None:
    assert all(word in kpl(tmp_path, "--help").stdout for word in (b"lint", b"fix", b"rules", b"explain", b"generate"))
    assert b"KPL201  missing-cache" in kpl(tmp_path, "rules").stdout
    assert b"## Why" in kpl(tmp_path, "explain", "KPL201").stdout
    assert b"did you mean `missing-cache`" in kpl(tmp_path, "explain", "missing-cash").stderr
    assert kpl(tmp_path, "--version").stdout.startswith(b"kpl ")


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

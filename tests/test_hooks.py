"""The pre-commit hooks: which files they match, and a real run of pre-commit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kpl.inputs.yaml.tree import Mapping, Sequence, compose
from support import ROOT

MATCHED = [
    "Corefile", "deploy/Corefile", "Corefile.prod", "Corefile-internal", "a/b/internal.corefile", "custom/partner.server",
    "custom/log.override", "k8s/coredns.yaml", "k8s/kube-proxy.yml", "dumps/node-1.iptables", "dumps/node.ip6tables",
    "n/node.iptables-save", "etc/iptables/rules.v4", "dumps/node-1.nft", "dumps/node-1.nft.json",
    "dns/main.tf", "hack/install.sh", "a.yaml.j2", "roles/dns/coredns.yml.tpl",
]  # fmt: skip
NOT_MATCHED = [
    "README.md", "Corefile.md", "docs/Corefile.html", "corefile.go", "main.py", "MyCorefile", "yaml", "a.sh.j2",
    "server.js", "rules.v4.bak", "package.json", "main.tf.bak", "Corefile.sh",
]  # fmt: skip


def _hooks() -> dict[str, dict[str, str]]:
    root = compose((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))[0]
    assert isinstance(root, Sequence)
    return {
        str(hook.text("id")): {key.value: str(hook.text(key.value)) for key in hook.keys()}
        for hook in root.items
        if isinstance(hook, Mapping)
    }


@pytest.mark.parametrize("hook", ["kpl-lint", "kpl-fix", "kpl-verify"])
def test_hooks_match_what_kpl_reads(hook: str) -> None:
    fields = _hooks()[hook]
    files, exclude = re.compile(fields["files"]), re.compile(fields["exclude"])
    chosen = [path for path in MATCHED + NOT_MATCHED if files.search(path) and not exclude.search(path)]
    assert chosen == MATCHED


@pytest.mark.parametrize("hook", ["kpl-lint", "kpl-fix", "kpl-verify"])
def test_hooks_get_all_files_in_one_process(hook: str) -> None:
    assert _hooks()[hook]["require_serial"] == "true"


@pytest.mark.slow
def test_pre_commit_fails_on_a_fault_and_passes_after_the_fix(tmp_path: Path) -> None:
    project, scratch = tmp_path / "kpl", tmp_path / "scratch"
    _git(tmp_path, "clone", "--quiet", str(ROOT), str(project))
    _copy_work_tree(project)
    scratch.mkdir()
    _git(scratch, "init", "--quiet")
    corefile = scratch / "Corefile"
    corefile.write_text(". {\n    forward . 9.9.9.9  # upstream\n}\n")
    _git(scratch, "add", ".")

    def hook(name: str, *files: str, at: Path = scratch) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "GIT_CONFIG_GLOBAL": os.devnull}
        command = [sys.executable, "-m", "pre_commit", "try-repo", str(project), name, "--verbose"]
        command += ["--files", *files] if files else ["--all-files"]
        return subprocess.run(command, cwd=at, env=environment, capture_output=True, text=True, check=False)

    first = hook("kpl-lint")
    assert first.returncode == 1, first.stdout + first.stderr
    assert "Corefile:2:5: warning KPL201 missing-cache" in first.stdout
    fixed = hook("kpl-fix")
    assert "files were modified by this hook" in fixed.stdout, fixed.stdout + fixed.stderr
    assert corefile.read_text() == ". {\n    forward . 9.9.9.9  # upstream\n    cache 30\n}\n"
    last = hook("kpl-lint")
    assert last.returncode == 0, last.stdout + last.stderr
    assert "Corefile: loads" in hook("kpl-verify").stdout

    # one file alone is of the same clusters as in a run over all
    fleet, shared = tmp_path / "fleet", "infrastructure/dns/coredns.yaml"
    shutil.copytree(ROOT / "examples/fleet", fleet)
    _git(fleet, "init", "--quiet")
    _git(fleet, "add", ".")
    told = f"{shared}:20:13: error KPL010 corefile-refused"
    for files in ((), (shared,)):
        out = hook("kpl-lint", *files, at=fleet).stdout
        assert out.count("KPL") == out.count(told) == 1, out
        assert "unknown property 'failover'` (in lab)" in out
        assert out.count("files checked") + out.count("file checked") == 1, "one process has all files"


def _git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=kpl", "-c", "user.email=kpl@example.invalid"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def _copy_work_tree(project: Path) -> None:
    """The clone gets what is not committed yet, so that the test speaks of the code at hand."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    for name in map(os.fsdecode, filter(None, listed.split(b"\0"))):
        if (ROOT / name).is_file():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_bytes((ROOT / name).read_bytes())
    _git(project, "add", "--all")
    _git(project, "commit", "--quiet", "--allow-empty", "--message", "the code at hand")

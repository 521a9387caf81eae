"""Files that a Kustomization makes keys of a ConfigMap are Corefiles, whatever they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpl.cli import linting
from kpl.cli.load import load
from kpl.cli.options import configured
from support import here as kpl

BLOCK = ". {\n    forward . 9.9.9.9\n}\n"
KUSTOMIZATION = """\
namespace: kube-system
configMapGenerator:
- name: coredns
  files: [Corefile, plain.corefile=dns/main.cfg, Corefile.old=main.go, notes=notes.cfg, Corefile-gone=gone.cfg]
- name: coredns-custom
  namespace: dns
  files: [log.override=log.cfg, shop.server]
"""
OPTIONS = {
    "as_kind": None,
    "stdin_filename": None,
    "no_cache": True,
    "no_context": True,
    "no_config": True,
    "config": None,
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, text in {
        "kustomization.yaml": KUSTOMIZATION,
        "Corefile": BLOCK,
        "dns/main.cfg": BLOCK,
        "notes.cfg": BLOCK,
        "other.cfg": BLOCK,
        "log.cfg": "log\n",
        "shop.server": "shop.example {\n    errors\n}\n",
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_they_know_their_config_map(tree: Path) -> None:
    inputs = load([str(tree)], configured(OPTIONS, [str(tree)]), None, OPTIONS)
    known = {
        str(Path(each.source.path).relative_to(tree)): (document.key, document.name, document.namespace)
        for each in inputs.readings
        for document in each.documents
        if document.kind == "Corefile"
    }
    assert known == {
        "Corefile": ("Corefile", "coredns", "kube-system"),
        "dns/main.cfg": ("plain.corefile", "coredns", "kube-system"),
        "log.cfg": ("log.override", "coredns-custom", "dns"),
        "shop.server": ("shop.server", "coredns-custom", "dns"),
    }
    assert sum(inputs.coverage.checked.values()) == 4
    left = {Path(each.path).name for each in inputs.coverage.skipped}
    assert left == {"notes.cfg", "other.cfg", "kustomization.yaml"}


def test_what_only_a_kustomization_names_is_checked_and_not_written(tree: Path) -> None:
    done = kpl(tree, "lint", "--format", "concise")
    assert [line.split(":")[0] for line in done.stdout.decode().splitlines() if "KPL201" in line] == [
        "Corefile",
        "dns/main.cfg",
    ]
    kpl(tree, "fix")
    assert (tree / "dns/main.cfg").read_text() == BLOCK
    assert (tree / "Corefile").read_text() != BLOCK


def test_without_the_kustomization_nothing_tells(tree: Path) -> None:
    (tree / "kustomization.yaml").write_text("configMapGenerator:\n- name: a\n  files: [notes.cfg]\n")
    assert b"dns/main.cfg" not in kpl(tree, "lint", "--format", "concise").stdout


def test_two_processes_find_the_same(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (tree / f"{number}.corefile").write_text(BLOCK)
    found = []
    for much in (False, True):
        monkeypatch.setattr(linting, "is_much", lambda _, much=much: much)
        result, coverage = linting.lint_files([str(tree)], configured(OPTIONS, [str(tree)]), None, OPTIONS)
        found.append(([(each.path, each.code) for each in result.findings], dict(coverage.checked)))
    assert sorted(found[0][0]) == sorted(found[1][0])
    assert found[0][1] == found[1][1]


VALUES = "server:\n  dnsPolicy: Nobody\n"
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  sources:
  - chart: web
    helm: {valueFiles: [$own/apps/east.yaml, $own/apps/broken.yaml, $own/apps/pod.yaml, ../up.yaml]}
  - {ref: own}
"""


def test_files_with_values_that_only_an_object_names(tmp_path: Path) -> None:
    for path, text in {
        "argo/web.yaml": APPLICATION,
        "apps/kustomization.yaml": "helmCharts: [{name: web, valuesFile: web.yaml, additionalValuesFiles: [more.conf]}]\n",
        "apps/web.yaml": VALUES,
        "apps/more.conf": VALUES,
        "apps/east.yaml": VALUES,
        "apps/broken.yaml": VALUES + "a: [\n",
        "apps/other.yaml": VALUES,
        "apps/pod.yaml": "kind: Pod\n" + VALUES,
        "up.yaml": VALUES,
    }.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    done = kpl(tmp_path, "lint", "--format", "concise", "--select", "KPL104")
    found = {line.split(":")[0] for line in done.stdout.decode().splitlines() if "KPL104" in line}
    assert found == {"apps/east.yaml", "apps/more.conf", "apps/web.yaml"}
    kpl(tmp_path, "fix", "--unsafe-fixes")
    assert (tmp_path / "apps/web.yaml").read_text() == VALUES


def test_values_that_are_read_already_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("helmCharts: [{name: web, valuesFile: values.yaml}]\n")
    (tmp_path / "values.yaml").write_text(VALUES)
    done = kpl(tmp_path, "lint", "--format", "concise", "--select", "KPL104")
    assert done.stdout.decode().count("KPL104") == 1

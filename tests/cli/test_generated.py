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


NAMES = "env: {DATABASE_HOST: db.shop.svc.cluster.local}\n"
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: dashboards}
spec:
  chart:
    spec:
      chart: grafana
      sourceRef: {kind: HelmRepository, name: grafana}
  valuesFrom: [{kind: ConfigMap, name: dashboards-values}]
"""
GENERATOR = "configMapGenerator: [{name: dashboards-values, files: [values.yaml=helm/values.yaml]}]\n"


def _with_names(folder: Path, **files: str) -> list[str]:
    for path, text in files.items():
        (folder / path).parent.mkdir(exist_ok=True, parents=True)
        (folder / path).write_text(text)
    done = kpl(folder, "lint", "--format", "concise", "--select", "KPL101").stdout.decode().splitlines()
    return sorted(line.split(":")[0] for line in done if "KPL101" in line)


def test_values_of_a_known_chart_that_kustomize_puts_into_a_config_map(tmp_path: Path) -> None:
    files = {"app/kustomization.yaml": GENERATOR, "app/release.yaml": RELEASE, "app/helm/values.yaml": NAMES}
    assert _with_names(tmp_path / "one", **files) == ["app/helm/values.yaml"]
    # another release takes them for another chart, and may say more
    other = RELEASE.replace("chart: grafana", "chart: dex").replace("name: grafana", "name: dexidp")
    assert _with_names(tmp_path / "two", **files, **{"app/other.yaml": other}) == []
    assert _with_names(tmp_path / "more", **{**files, "app/release.yaml": RELEASE + "  values: {replicas: 2}\n"}) == []
    # those of another folder are other ones
    assert _with_names(tmp_path / "far", **{**files, "app/release.yaml": "", "b/release.yaml": RELEASE}) == []


def test_values_of_a_known_chart_in_a_file_that_an_object_names(tmp_path: Path) -> None:
    chart = "{chart: grafana, repoURL: 'https://grafana.github.io/helm-charts', helm: {valueFiles: [$own/east.yaml]}}"
    application = APPLICATION.split("  - chart")[0] + f"  - {chart}\n  - {{ref: own}}\n"
    assert _with_names(tmp_path / "argo", **{"app.yaml": application, "east.yaml": NAMES}) == ["east.yaml"]
    two = application.replace("east.yaml]", "east.yaml, $own/west.yaml]")
    assert _with_names(tmp_path / "two", **{"app.yaml": two, "east.yaml": NAMES, "west.yaml": NAMES}) == []
    charts = "helmCharts: [{name: grafana, repo: 'https://grafana.github.io/helm-charts', valuesFile: a.conf}]\n"
    assert _with_names(tmp_path / "kustomize", **{"kustomization.yaml": charts, "a.conf": NAMES}) == ["a.conf"]


def test_values_files_of_a_chart_in_the_same_repository(tmp_path: Path) -> None:
    release = (
        RELEASE.replace("chart: grafana", "chart: charts/web\n      valuesFiles: [charts/web/east.yaml]")
        .replace("HelmRepository", "GitRepository")
        .replace("  valuesFrom: [{kind: ConfigMap, name: dashboards-values}]\n", "")
    )
    (tmp_path / "charts/web").mkdir(parents=True)
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps/release.yaml").write_text(release)
    (tmp_path / "charts/web/east.yaml").write_text(VALUES)
    done = kpl(tmp_path, "lint", "--format", "concise").stdout.decode().splitlines()
    assert [line.split(":")[0] for line in done if "KPL" in line] == ["charts/web/east.yaml"]

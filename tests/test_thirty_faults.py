"""A small repository has thirty faults between its objects, and kpl finds each of them; its fixed twin is silent."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import ROOT

BROKEN = ROOT / "examples" / "broken" / "cluster"
FIXED = ROOT / "examples" / "fixed" / "cluster"
FAULTS = [
    ("KPL102", "media/thumbs.yaml", "hostNetwork: true"),
    ("KPL110", "shop/web.yaml", "sessions.shop.svc.old.test"),
    ("KPL111", "shop/policies.yaml", "web"),
    ("KPL113", "media/policies.yaml", "podSelector"),
    ("KPL115", "kubelet.yaml", "10.96.0.10"),
    ("KPL116", "kubelet.yaml", "rack.test"),
    ("KPL124", "kubelet.yaml", "/run/systemd/resolve/stub-resolv.conf"),
    ("KPL261", "dns/corefile.yaml", "10.112.0.10"),
    ("KPL263", "dns/deployment.yaml", "8081"),
    ("KPL264", "dns/corefile.yaml", "/etc/coredns/machines"),
    ("KPL265", "dns/rbac.yaml", "system:coredns"),
    ("KPL266", "dns/corefile.yaml", "lameduck 30s"),
    ("KPL267", "dns/deployment.yaml", "ClusterFirst"),
    ("KPL281", "dns/node-local-dns.yaml", "10.112.0.10"),
    ("KPL286", "dns/node-local-dns.yaml", "8080"),
    ("KPL289", "dns/around.yaml", "coredns_dns_response_rcode_count_total"),
    ("KPL290", "dns/around.yaml", "3"),
    ("KPL292", "dns/around.yaml", "http-metrics"),
    ("KPL293", "dns/deployment.yaml", "48Mi"),
    ("KPL314", "network/kube-proxy.yaml", "rack-a"),
    ("KPL315", "network/kube-proxy.yaml", "masquerade-all"),
    ("KPL317", "network/flannel.yaml", '"10.80.0.0/16"'),
    ("KPL318", "network/kube-proxy.yaml", "false"),
    ("KPL320", "shop/web.yaml", "localhost:30082/shop/web:3.1-alpine3.22"),
    ("KPL321", "kubeadm.yaml", "10.112.0.0/16"),
    ("KPL322", "billing/invoice.yaml", "10.96.40.7"),
    ("KPL324", "shop/web.yaml", "192.168.30.12"),
    ("KPL325", "billing/invoice.yaml", "IPv6"),
    ("KPL327", "nodes/nodes.yaml", "10.64.1.0/24"),
    ("KPL603", "shop/stock.yaml", "stock-api"),
    ("KPL604", "media/thumbs.yaml", "web"),
    ("KPL605", "shop/web.yaml", "80"),
    ("KPL606", "shop/web.yaml", "thumbs"),
    ("KPL607", "media/thumbs.yaml", "buckets"),
    ("KPL607", "shop/web.yaml", "8080"),
    ("KPL610", "billing/policies.yaml", "invoice"),
]
"""The rule, the file, and the text that is underlined."""
CHANGED = sorted(
    path.relative_to(BROKEN).as_posix()
    for path in BROKEN.rglob("*.yaml")
    if path.read_bytes() != (FIXED / path.relative_to(BROKEN)).read_bytes()
)


def _found(folder: Path) -> list[tuple[str, str, str]]:
    words = [sys.executable, "-m", "kpl", "lint", "--format", "json", "."]
    run = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    found = []
    for each in json.loads(run.stdout):
        line = (folder / each["path"]).read_text(encoding="utf-8").split("\n")[each["line"] - 1]
        found.append((each["code"], each["path"], line[each["column"] - 1 : each["end_column"] - 1]))
    return sorted(found)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Outside of `examples`, whose folders some rules take for clusters of their own."""
    return Path(shutil.copytree(BROKEN, tmp_path / "platform"))


def test_each_fault_is_found_and_nothing_else(broken: Path) -> None:
    assert len(FAULTS) >= 30
    assert _found(broken) == FAULTS


def test_the_fixed_twin_is_silent(tmp_path: Path) -> None:
    assert _found(Path(shutil.copytree(FIXED, tmp_path / "platform"))) == []
    assert _found(FIXED) == []


@pytest.mark.parametrize("path", CHANGED)
def test_a_fixed_file_takes_its_faults_away_and_adds_none(broken: Path, path: str) -> None:
    shutil.copy(FIXED / path, broken / path)
    left = _found(broken)
    assert len(left) < len(FAULTS)
    assert set(left) < set(FAULTS)

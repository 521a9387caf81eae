"""What is in the images of NodeLocal DNSCache, and which image counts."""

from __future__ import annotations

import pytest

from kpl import Cluster
from kpl.coredns.nodecache import node_cache
from kpl.text.version import Version
from support import readings

COREFILE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: node-local-dns, namespace: kube-system}
data:
  Corefile: |
    .:53 {
        errors
        %s
        cache 30
        bind 169.254.20.10
        forward . /etc/resolv.conf
    }
"""
DAEMON_SET = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-local-dns, namespace: kube-system}
spec:
  template:
    spec:
      hostNetwork: true
      dnsPolicy: Default
      containers: [{name: node-cache, image: "registry.k8s.io/dns/k8s-dns-node-cache:%s"}]
"""


@pytest.mark.parametrize(
    ("release", "coredns", "has", "lacks"),
    [
        ("1.15.0", "1.2.6", "cache", "debug"),
        ("1.14.0", "1.2.6", "cache", "debug"),
        ("1.15.13", "1.6.7", "template", "hosts"),
        ("1.17.0", "1.7", "hosts", "dns64"),
        ("1.20.0", "1.8.3", "rewrite", "dns64"),
        ("1.21.3", "1.7", "dns64", "bufsize"),
        ("1.22.6", "1.7", "dns64", "bufsize"),
        ("1.22.7", "1.7", "bufsize", "timeouts"),
        ("1.22.23", "1.10", "bufsize", "timeouts"),
        ("1.26.7", "1.13.1", "bufsize", "timeouts"),
        ("1.27.0", "1.13.2", "timeouts", "kubernetes"),
        (None, "1.13.2", "timeouts", "ready"),
    ],
)
def test_what_an_image_has(release: str | None, coredns: str, has: str, lacks: str) -> None:
    image = node_cache(Version(release) if release else None)
    assert (str(image.coredns), has in image.plugins, lacks in image.plugins) == (coredns, True, False)


@pytest.mark.parametrize(
    ("images", "answer", "release"),
    [
        (["1.22.6"], "refuses", "1.7"),
        (["1.22.23"], "loads", "1.10"),
        (["1.15.3"], "refuses", "1.7"),
        ([], "loads", "1.13.2"),
        (["1.22.6", "1.22.23"], "loads", "1.13.2"),
        (["${VERSION}"], "loads", "1.13.2"),
        (["1.22.6", "latest"], "loads", "1.13.2"),
    ],
)
def test_the_tag_of_the_image_tells_what_it_has(images: list[str], answer: str, release: str) -> None:
    files = {f"{number}.yaml": DAEMON_SET % image for number, image in enumerate(images)}
    files["corefile.yaml"] = COREFILE % "bufsize 1232"
    cluster = Cluster([document for reading in readings(files) for document in reading.documents])
    (document,) = [document for document, _ in cluster.corefiles]
    assert cluster.judgement(document).verdict.answer == answer
    assert str(cluster.judged_coredns_version(document)) == release

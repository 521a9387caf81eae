from __future__ import annotations

from itertools import pairwise

from kpl.coredns.kubeadm import KUBEADM_COREDNS, kubeadm_coredns
from kpl.text.version import Version


def test_every_release_has_its_coredns_and_none_goes_back() -> None:
    releases = sorted(KUBEADM_COREDNS)
    assert [release.numbers[1] for release in releases] == list(range(9, 39))
    assert all(KUBEADM_COREDNS[older] <= KUBEADM_COREDNS[newer] for older, newer in pairwise(releases))


def test_the_patch_release_does_not_matter() -> None:
    assert kubeadm_coredns(Version("v1.30.4")) == Version("1.11.1")
    assert kubeadm_coredns(Version("1.99")) is None

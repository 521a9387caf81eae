"""What is said to the DNS settings of a pod, and what a fix makes of them."""

from __future__ import annotations

import pytest

from kpl.inputs.objects.workloads import Workload
from kpl.inputs.read import read
from kpl.proxy.releases import NEWEST_KUBERNETES
from kpl.resolver.options import nearest_option
from kpl.resolver.pods import (
    dns_policy_of,
    hosts_file,
    is_complete,
    libc_of,
    libc_of_image,
    pod_resolver,
    serving_containers,
)
from kpl.resolver.search import GLIBC, MUSL, pod_search
from kpl.text.edit import apply_edits
from kpl.text.version import Version
from kpl_rules.resolver._dns_config import dns_faults
from kpl_rules.resolver._dns_options import remove_option

POD = """\
kind: Pod
metadata: {name: cart, namespace: shop}
spec:
  containers: [{name: cart, image: 'shop/cart:3'}]
"""


def pod(body: str) -> Workload:
    reading = read("pod.yaml", (POD + body).encode())
    assert reading is not None
    workload = reading.documents[0].model
    assert isinstance(workload, Workload)
    return workload


def faults(body: str, kubernetes: str = "1.35") -> list[tuple[str, bool]]:
    workload = pod(body)
    found = dns_faults(workload, Version(kubernetes))
    return [(workload.text[slice(*fault.span)], fault.refused) for fault in found]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", []),
        ("  dnsPolicy: ''\n", []),
        ("  dnsPolicy: none\n", [("none", True)]),
        ("  dnsPolicy: None\n", [("None", True)]),
        ("  dnsPolicy: None\n  dnsConfig: ${CONFIG}\n", []),
        ("  dnsPolicy: None\n  dnsConfig: {nameserver: [10.0.0.1]}\n", [("nameserver", True)]),
        ("  dnsConfig: {nameservers: ['fe80::1%eth0', 010.001.0.1, '::1']}\n", [("'fe80::1%eth0'", True)]),
        ("  dnsConfig: {nameservers: [a, b, c, d]}\n", [("d", True), *((name, True) for name in "abcd")]),
        ("  dnsConfig: {nameservers: ['{{ dns }}']}\n", []),
        ("  dnsConfig: {nameservers: 10.0.0.1}\n", [("10.0.0.1", True)]),
        (f"  dnsConfig: {{searches: [{', '.join(f'd{n}' for n in range(29))}]}}\n", []),
        (f"  dnsConfig: {{searches: [{', '.join(f'd{n}' for n in range(32))}]}}\n", [("d29", False)]),
        (f"  dnsConfig: {{searches: [{', '.join(f'd{n}' for n in range(33))}]}}\n", [("d32", True)]),
        (f"  dnsConfig: {{searches: [a, {'b' * 2046}]}}\n", []),
        (f"  dnsConfig: {{searches: [a, {'b' * 2047}]}}\n", [("b" * 2047, True)]),
        ("  dnsConfig: {options: [{name: ndots, value: '15'}]}\n", []),
        ("  dnsConfig: {options: [{name: ndots, value: '16'}]}\n", [("'16'", False)]),
        ("  dnsConfig: {options: [{name: ndots, value: '-1'}]}\n", [("'-1'", False)]),
        ("  dnsConfig: {options: [{name: ndots, value: 2}]}\n", [("2", True)]),
        ("  dnsConfig: {options: [{name: ndots, value: !!str 2}]}\n", []),
        ("  dnsConfig: {options: [{name: use-vc, value: true}]}\n", [("true", True)]),
        ("  dnsConfig: {options: [{name: edns}]}\n", [("edns", False)]),
        ("  dnsConfig: {options: [{name: tcp}]}\n", []),
        ("  dnsConfig: {options: [{value: '2'}]}\n", [("value", True)]),
        ("  dnsConfig: {options: [{name: 'ndots 2'}]}\n", [("'ndots 2'", False)]),
        # comes out right, where the kubelet writes no ndots of its own
        ("  dnsConfig: {options: [{name: 'timeout:2'}]}\n", []),
        ("  dnsPolicy: Default\n  dnsConfig: {options: [{name: 'ndots:2'}]}\n", []),
    ],
)
def test_faults(body: str, expected: list[tuple[str, bool]]) -> None:
    assert faults(body) == expected


def test_no_fix_that_leaves_another_fault() -> None:
    (fault,) = dns_faults(pod("  dnsConfig: {options: [{name: ndots, value: yes}]}\n"), NEWEST_KUBERNETES)
    assert fault.fix is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  dnsConfig:\n    options:\n    - name: use-vc\n", ""),
        ("  dnsConfig:\n    searches: [a]\n    options:\n    - name: use-vc\n", "  dnsConfig:\n    searches: [a]\n"),
        (
            "  dnsConfig:\n    options:\n      - name: use-vc\n        value: ''\n      - name: edns0 # x\n",
            "  dnsConfig:\n    options:\n      - name: edns0 # x\n",
        ),
    ],
)
def test_remove_option(before: str, after: str) -> None:
    workload = pod(before)
    edit = remove_option(workload, next(workload.dns_options())[2])
    assert edit is not None
    assert apply_edits(workload.text, [edit]) == POD + after


@pytest.mark.parametrize(
    "body",
    [
        "  dnsConfig: {options: [{name: use-vc}, {name: edns0}]}\n",
        "  dnsConfig:\n    options:\n    - name: a # b\n    - name: c\n",
    ],
)
def test_option_that_is_not_on_lines_of_its_own_stays(body: str) -> None:
    workload = pod(body)
    assert remove_option(workload, next(workload.dns_options())[2]) is None


@pytest.mark.parametrize(
    ("body", "policy"),
    [
        ("", "ClusterFirst"),
        ("  hostNetwork: true\n", "Default"),
        ("  hostNetwork: false\n", "ClusterFirst"),
        ("  hostNetwork: ${HOST}\n", ""),
        ("  hostNetwork: true\n  dnsPolicy: ClusterFirstWithHostNet\n", "ClusterFirstWithHostNet"),
        ("  dnsPolicy: '{{ policy }}'\n", ""),
        ("  nodeSelector: {kubernetes.io/os: windows}\n", ""),
        ("  nodeSelector: {beta.kubernetes.io/os: windows}\n", ""),
        ("  nodeSelector: {kubernetes.io/os: linux}\n", "ClusterFirst"),
        ("  os: {name: windows}\n", ""),
        ("  os: {name: linux}\n", "ClusterFirst"),
        ("  hostNetwork: null\n", "ClusterFirst"),
        ("  hostNetwork: [true]\n", ""),
        ("  hostNetwork: true\n  dnsPolicy: ClusterFirst\n", "Default"),
        ("  hostNetwork: true\n  dnsPolicy: None\n", "None"),
        ("  dnsPolicy: Default\n", "Default"),
        ("  dnsPolicy: clusterfirst\n", ""),
    ],
)
def test_dns_policy(body: str, policy: str) -> None:
    assert dns_policy_of(pod(body)) == policy


def test_pod_resolver() -> None:
    cluster = pod_search("shop", "cluster.local")
    plain = pod_resolver(pod(""), "cluster.local", GLIBC)
    assert plain is not None
    assert (plain.search, plain.ndots) == (cluster, 5)
    config = "  dnsConfig: {searches: [corp.example, svc.cluster.local], options: [{name: ndots, value: '2'}]}\n"
    merged = pod_resolver(pod(config), "cluster.local", MUSL)
    assert merged is not None
    assert (merged.search, merged.ndots, merged.libc) == ((*cluster, "corp.example"), 2, MUSL)
    alone = pod_resolver(
        pod("  dnsPolicy: None\n" + config.replace(", options: [{name: ndots, value: '2'}]", "")), "x", GLIBC
    )
    assert alone is not None
    assert (alone.search, alone.ndots) == (("corp.example", "svc.cluster.local"), 1)
    assert pod_resolver(pod("  dnsPolicy: Default\n"), "cluster.local", GLIBC) is None
    assert pod_resolver(pod("  hostNetwork: true\n"), "cluster.local", GLIBC) is None
    # what a policy of the cluster sets counts for pods that say nothing, and that ask the cluster's DNS
    for body, ndots in (
        ("", 2),
        ("  dnsConfig: {options: [{name: ndots, value: '3'}]}\n", 3),
        ("  dnsConfig: {options: [{name: ndots, value: '3'}, {name: ndots, value: '1'}]}\n", 1),
        ("  dnsConfig: {options: [{name: ndots}]}\n", 2),
        ("  dnsConfig: {options: [{name: ndots, value: x}]}\n", 2),
        ("  dnsConfig: {options: [{name: ndots, value: '0'}]}\n", 0),
        ("  dnsPolicy: None\n", 1),
    ):
        resolver = pod_resolver(pod(body), "cluster.local", GLIBC, ndots=2)
        assert resolver is not None
        assert resolver.ndots == ndots
    nowhere = pod_resolver(pod("").__class__(**{**pod("").__dict__, "namespace": ""}), "cluster.local", GLIBC)
    assert nowhere is not None
    assert nowhere.search == pod_search("default", "cluster.local")
    lists = pod_resolver(pod("  dnsConfig: {searches: [[a], b, b]}\n"), "cluster.local", GLIBC)
    assert lists is not None
    assert lists.search == (*cluster, "b")


@pytest.mark.parametrize(
    ("image", "libc"),
    [
        ("alpine:3.22", MUSL),
        ("docker.io/library/alpine@sha256:00", MUSL),
        ("python:3.13-alpine3.22", MUSL),
        ("alpine/git", MUSL),
        ("frolvlad/alpine-glibc:3", GLIBC),
        ("node:22-bookworm-slim", GLIBC),
        ("ubuntu", GLIBC),
        ("shop/alpinestars:1", None),
        ("redis:7", None),
    ],
)
def test_libc_of_image(image: str, libc: str | None) -> None:
    assert libc_of_image(image) == libc


@pytest.mark.parametrize(
    ("images", "told", "libc"),
    [
        (["alpine:3"], None, MUSL),
        (["alpine:3", "node:22-alpine"], None, MUSL),
        (["alpine:3", "ubuntu"], None, None),
        (["alpine:3", "redis:7"], None, None),
        (["redis:7"], None, None),
        (["alpine:3"], GLIBC, GLIBC),
        (["redis:7"], MUSL, MUSL),
        (["linuxserver/sonarr:latest"], None, MUSL),
    ],
)
def test_libc_of_a_pod(images: list[str], told: str | None, libc: str | None) -> None:
    containers = ", ".join(f"{{name: c, image: '{image}'}}" for image in images)
    reading = read("pod.yaml", f"kind: Pod\nspec:\n  containers: [{containers}]\n".encode())
    assert reading is not None
    assert libc_of(reading.documents[0].model, told) == libc


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("", ["cart"]),
        ("  restartPolicy: Always\n", ["cart"]),
        ("  restartPolicy: Never\n", []),
        ("  restartPolicy: OnFailure\n", []),
        ("  initContainers: [{name: i}, {name: sidecar, restartPolicy: Always}, {name: n, restartPolicy: Never}]\n", ["sidecar", "cart"]),
    ],
)  # fmt: skip
def test_the_containers_that_keep_running(body: str, names: list[str]) -> None:
    assert [each.name for each in serving_containers(pod(body))] == names


def test_what_is_in_the_hosts_file() -> None:
    aliases = "  hostAliases: [{ip: 10.0.0.1, hostnames: [A.example, [b], c]}, x, {ip: 10.0.0.2}]\n"
    assert hosts_file(pod(aliases)) == {"a.example", "c"}
    assert hosts_file(pod("")) == set()


def test_a_patch_is_no_complete_manifest() -> None:
    assert is_complete(pod(""))
    assert not is_complete(pod("  initContainers: [{name: i}]\n"))


@pytest.mark.parametrize(
    ("fields", "policy"),
    [("dnsConfig: {}", ""), ("hostNetwork: true, dnsConfig: {}", ""), ("dnsPolicy: ClusterFirst", "ClusterFirst"),
     ("hostNetwork: true, dnsPolicy: ClusterFirst", "Default")],
)  # fmt: skip
def test_of_a_pod_that_an_operator_completes_only_what_is_written_is_known(fields: str, policy: str) -> None:
    text = f"apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec: {{{fields}}}\n"
    reading = read("workflow.yaml", text.encode())
    assert reading is not None
    (document,) = reading.documents
    assert dns_policy_of(document.model) == policy
    assert not is_complete(document.model)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("single-request-reopn", "single-request-reopen"),
        ("edns", "edns0"),
        ("rotat", "rotate"),
        ("ROTATE", "rotate"),
        ("ndot", "ndots"),
        ("dbug", "debug"),
        ("usevc", "use-vc"),
        ("dots", "ndots"),
        ("ine6", "inet6"),
        ("ndo", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_the_option_that_was_meant(written: str, meant: str | None) -> None:
    assert nearest_option(written) == meant


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("010.0.0.1", True),
        ("10.0.0.01", True),
        ("10.0.0.0", False),
        ("0.0.0.0", False),
        ("'::ffff:10.0.0.1'", True),
        ("'::ffff:a00:1'", True),
        ("'::10.0.0.1'", False),
        ("'fd00::0a'", False),
    ],
)
def test_addresses_are_strict_since_1_36(address: str, refused: bool) -> None:
    body = f"  dnsConfig: {{nameservers: [{address}]}}\n"
    assert faults(body, "1.35") == []
    for release in ("1.36", "1.37", "1.38"):
        assert faults(body, release) == ([(address, True)] if refused else [])


@pytest.mark.parametrize(
    ("value", "kind"), [("2", "number"), ("0x2", "number"), ("true", "boolean"), ("Off", "boolean")]
)
def test_what_is_written_instead_of_a_string(value: str, kind: str) -> None:
    workload = pod(f"  dnsConfig: {{options: [{{name: edns0, value: {value}}}]}}\n")
    (fault,) = dns_faults(workload, Version("1.35"))
    assert fault.message == f"`edns0` has the {kind} `{value}`; Kubernetes accepts only a string"

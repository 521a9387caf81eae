"""The words of objects that rules may ask for: each where it is written."""

from __future__ import annotations

from typing import Any

import pytest

from kpl.inputs.document import LateDocument
from kpl.inputs.objects.monitoring import MetricRules, Monitor
from kpl.inputs.objects.networkpolicies import NetworkPolicy
from kpl.inputs.objects.rbac import AccessRole
from kpl.inputs.objects.workloads import Workload
from kpl.inputs.registry import only_tells
from kpl.text.span import Text
from samples import documents


def model_in(text: str) -> Any:
    (document,) = documents("a.yaml", text)
    assert isinstance(document, LateDocument)
    assert document._read is not None, "nothing is read before somebody asks"
    return document.model


def at(text: str, word: Text | None) -> str:
    """What stands where the word knows to be, without quotes."""
    assert word is not None
    written = text[slice(*word.span)].strip("'\"")
    assert written == word
    return written


POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns, namespace: shop}
spec:
  podSelector: {matchLabels: {app: cart}}
  policyTypes: [Egress, {}, Ingress]
  egress:
  - to:
    - namespaceSelector: {}
      podSelector: {matchLabels: {k8s-app: kube-dns}}
    - ipBlock: {cidr: 10.0.0.0/8}
    - word
    ports:
    - {protocol: UDP, port: 53}
    - {port: dns-tcp}
    - {port: 8000, endPort: 9000}
  - {to: [], ports: []}
  - word
  ingress:
  - from: [{podSelector: {}}]
"""


def test_a_network_policy() -> None:
    policy = model_in(POLICY)
    assert isinstance(policy, NetworkPolicy)
    assert [at(POLICY, each) for each in policy.policy_types] == ["Egress", "Ingress"]
    assert policy.pod_selector is not None
    assert policy.pod_selector.text("matchLabels", "app") == "cart"
    some, everything = policy.egress
    assert some.peers is not None
    assert some.ports is not None
    assert [(each.cidr, each.pods is None, each.namespaces is None) for each in some.peers] == [
        (None, False, False),
        ("10.0.0.0/8", True, True),
    ]
    assert at(POLICY, some.peers[1].cidr) == "10.0.0.0/8"
    assert [(each.protocol, each.port, each.end_port) for each in some.ports] == [
        ("UDP", "53", None),
        (None, "dns-tcp", None),
        (None, "8000", "9000"),
    ]
    assert (everything.peers, everything.ports) == (None, None)
    (rule,) = policy.ingress
    assert rule.ports is None
    assert rule.peers is not None
    assert [(each.cidr, each.namespaces) for each in rule.peers] == [(None, None)]


@pytest.mark.parametrize(
    ("spec", "egress", "ingress"),
    [
        ("{}", False, True),
        ("{egress: []}", False, True),
        ("{egress: [{}]}", True, True),
        ("{policyTypes: [], egress: [{}]}", True, True),
        ("{policyTypes: [Ingress], egress: [{}]}", False, True),
        ("{policyTypes: [Egress], ingress: [{}]}", True, False),
    ],
)
def test_what_a_policy_isolates(spec: str, egress: bool, ingress: bool) -> None:
    policy = model_in(f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nspec: {spec}\n")
    assert (policy.isolates_egress, policy.isolates_ingress) == (egress, ingress)


def test_a_list_that_is_a_mapping_is_not_one_that_is_missing() -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nspec: {egress: [{to: {a: b}, ports: 53}]}\n"
    (rule,) = model_in(text).egress
    assert (rule.peers, rule.ports) == ([], None)


def test_a_role() -> None:
    text = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: coredns, namespace: dns}
rules:
- {apiGroups: ["", discovery.k8s.io], resources: [endpointslices], verbs: [list, watch, [x]]}
- word
- {verbs: list}
"""
    role = model_in(text)
    assert isinstance(role, AccessRole)
    first, second = role.rules
    assert [at(text, each) for each in (*first.api_groups, *first.resources, *first.verbs)] == [
        "",
        "discovery.k8s.io",
        "endpointslices",
        "list",
        "watch",
    ]
    assert (second.api_groups, second.resources, second.verbs) == ([], [], [])


@pytest.mark.parametrize(("kind", "key"), [("ServiceMonitor", "endpoints"), ("PodMonitor", "podMetricsEndpoints")])
def test_a_monitor(kind: str, key: str) -> None:
    text = f"""\
apiVersion: monitoring.coreos.com/v1
kind: {kind}
metadata: {{name: coredns}}
spec:
  selector: {{matchLabels: {{k8s-app: kube-dns}}}}
  endpoints: [{{port: a}}]
  podMetricsEndpoints: [{{port: a}}]
  {key}: [{{port: metrics, path: /metrics}}, {{targetPort: 9153}}, word]
"""
    monitor = model_in(text)
    assert isinstance(monitor, Monitor)
    assert [(each.port, each.target_port, each.path) for each in monitor.ports] == [
        ("metrics", None, "/metrics"),
        (None, "9153", None),
    ]
    assert monitor.selector is not None


def test_the_expressions_of_a_rule() -> None:
    text = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: dns}
spec:
  groups:
  - rules:
    - {alert: Down, expr: absent(up)}
    - record: requests
      expr: |
        sum(coredns_dns_requests_total)
    - {expr: 1}
    - {alert: None at all}
  - word
"""
    rules = model_in(text)
    assert isinstance(rules, MetricRules)
    assert [(each.name, each.expression.value) for each in rules.expressions] == [
        ("Down", "absent(up)"),
        ("requests", "sum(coredns_dns_requests_total)\n"),
        (None, "1"),
    ]


def test_objects_that_nothing_checks_are_not_checked() -> None:
    assert [only_tells(each) for each in documents("a.yaml", POLICY)] == [False]
    texts = [
        POLICY.replace("networking.k8s.io/v1", "projectcalico.org/v3"),
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: coredns}\n",
        "kind: RoleBindingList\nitems:\n- kind: RoleBinding\n  apiVersion: rbac.authorization.k8s.io/v1\n  a: coredns\n",
    ]
    for text in texts:
        assert [only_tells(each) for each in documents("a.yaml", text)] == [True]


def test_what_a_workload_has_besides() -> None:
    text = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns}
spec:
  replicas: 2
  template:
    spec:
      terminationGracePeriodSeconds: 30
      affinity: {podAntiAffinity: {}}
      topologySpreadConstraints: [{maxSkew: 1}, word]
      hostAliases: [{ip: 10.0.0.1}]
      volumes: [{name: config}]
      containers:
      - image: coredns
        resources: {limits: {memory: 170Mi}}
        volumeMounts: [{mountPath: /etc/coredns}]
        readinessProbe: {httpGet: {path: /ready}}
        ports: [{name: dns, protocol: UDP, containerPort: 53}, {containerPort: 9153}]
      - {image: other, ports: 53, volumeMounts: a}
"""
    workload = model_in(text)
    assert isinstance(workload, Workload)
    assert (workload.replicas.value, workload.termination_grace_period.value) == ("2", "30")  # type: ignore[union-attr]
    assert workload.affinity is not None
    assert [len(each) for each in (workload.topology_spread, workload.host_aliases, workload.volumes)] == [1, 1, 1]
    first, other = workload.containers
    assert [(each.name, each.protocol, each.number) for each in first.ports] == [
        ("dns", "UDP", "53"),
        (None, None, "9153"),
    ]
    assert first.resources is not None
    assert first.resources.text("limits", "memory") == "170Mi"
    assert first.probe("readiness") is not None
    assert [each.text("mountPath") for each in first.volume_mounts] == ["/etc/coredns"]
    assert (other.ports, other.resources, other.probe("liveness"), other.volume_mounts) == ([], None, None, [])


def test_what_a_workload_lacks() -> None:
    workload = model_in("kind: Pod\nspec: {containers: [{name: c}]}\n")
    assert (workload.replicas, workload.termination_grace_period, workload.affinity) == (None, None, None)
    assert (workload.topology_spread, workload.host_aliases, workload.volumes) == ([], [], [])

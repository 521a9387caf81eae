"""What the NetworkPolicies of a cluster let through, and what the files do not tell."""

from __future__ import annotations

import pytest

from kpl.cluster import Cluster
from kpl.inputs.objects.workloads import Workload
from kpl.policy.model import Decision, NamedPort, PolicyPod, Verdict
from samples import documents

ALLOWED, DENIED, UNDECIDED = Verdict.ALLOWED, Verdict.DENIED, Verdict.UNDECIDED

WEB = PolicyPod("shop", {"app": "web"})
CART = PolicyPod("shop", {"app": "cart"}, (NamedPort("http", "TCP", 8080), NamedPort("dns", "UDP", 53)))
AUDIT = PolicyPod("back", {"app": "audit"}, (NamedPort("http", "TCP", 9090),))


def policy(spec: str, namespace: str = "shop", name: str = "p") -> str:
    return (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: {name}, namespace: {namespace!r}}}\nspec: {spec}\n---\n"
    )


def cluster(text: str) -> Cluster:
    return Cluster(documents("a.yaml", text))


def egress(text: str, target: PolicyPod = CART, protocol: str = "TCP", port: int = 8080) -> Decision:
    return cluster(text).policy_model.egress(WEB, target, protocol, port)


def ingress(text: str, source: PolicyPod = WEB, port: int = 8080) -> Verdict:
    return cluster(text).policy_model.ingress(source, CART, "TCP", port).verdict


OUT = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [%s]}"
IN = "{podSelector: {matchLabels: {app: cart}}, policyTypes: [Ingress], ingress: [%s]}"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        # nothing isolates the pod
        ("", ALLOWED),
        (policy("{podSelector: {matchLabels: {app: other}}, policyTypes: [Egress]}"), ALLOWED),
        (policy("{podSelector: {}, policyTypes: [Ingress]}"), ALLOWED),
        (policy("{podSelector: {}, policyTypes: [Egress]}", "back"), ALLOWED),
        # all of a namespace is isolated
        (policy("{podSelector: {}, policyTypes: [Egress]}"), DENIED),
        (policy("{podSelector: {}, policyTypes: [Egress], egress: [{}]}"), ALLOWED),
        # policies add up
        (policy("{podSelector: {}, policyTypes: [Egress]}") + policy(OUT % "{to: [{podSelector: {}}]}", name="q"), ALLOWED),
        # whose namespace is not known, and which pods are selected
        (policy("{podSelector: {}, policyTypes: [Egress]}", ""), UNDECIDED),
        (policy("{podSelector: {}, policyTypes: [Egress]}", "${NS}"), UNDECIDED),
        (policy("{podSelector: {matchLabels: {app: '${APP}'}}, policyTypes: [Egress]}"), UNDECIDED),
        (policy("{podSelector: {matchLabels: {pod-template-hash: a}}, policyTypes: [Egress]}"), UNDECIDED),
    ],
)  # fmt: skip
def test_who_is_isolated(text: str, verdict: Verdict) -> None:
    assert egress(text).verdict is verdict


@pytest.mark.parametrize(
    ("peer", "verdict"),
    [
        ("{podSelector: {matchLabels: {app: cart}}}", ALLOWED),
        ("{podSelector: {matchLabels: {app: web}}}", DENIED),
        ("{podSelector: {matchLabels: {tier: x}}}", DENIED),
        ("{podSelector: {matchExpressions: [{key: app, operator: In, values: [cart, web]}]}}", ALLOWED),
        ("{podSelector: {matchExpressions: [{key: app, operator: In, values: [web]}]}}", DENIED),
        ("{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [cart]}]}}", DENIED),
        ("{podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}", ALLOWED),
        ("{podSelector: {matchExpressions: [{key: app, operator: Exists}]}}", ALLOWED),
        ("{podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}", DENIED),
        ("{podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}", ALLOWED),
        ("{podSelector: {matchExpressions: [{key: app, operator: Near}]}}", UNDECIDED),
        ("{podSelector: {matchLabels: {app: cart}, matchExpressions: [{key: app, operator: DoesNotExist}]}}", DENIED),
        # namespaces: their name is known, their labels are not
        ("{namespaceSelector: {}}", ALLOWED),
        ("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}", ALLOWED),
        ("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: back}}}", DENIED),
        ("{namespaceSelector: {matchLabels: {team: a}}}", UNDECIDED),
        ("{namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: web}}}", DENIED),
        # networks: pods have no public addresses, and may have any other
        ("{ipBlock: {cidr: 8.8.8.0/24}}", DENIED),
        ("{ipBlock: {cidr: 0.0.0.0/0}}", UNDECIDED),
        ("{ipBlock: {cidr: 10.0.0.0/8}}", UNDECIDED),
        ("{ipBlock: {cidr: '${POD_CIDR}'}}", UNDECIDED),
        ("{}", UNDECIDED),
    ],
)
def test_peers(peer: str, verdict: Verdict) -> None:
    assert egress(policy(OUT % f"{{to: [{peer}]}}")).verdict is verdict


def test_one_of_several_peers_or_ports_is_enough() -> None:
    peers = "{to: [{podSelector: {matchLabels: {app: x}}}, {podSelector: {matchLabels: {app: cart}}}], ports: [{port: 1}, {port: 8080}]}"
    assert egress(policy(OUT % peers)).verdict is ALLOWED
    assert egress(policy(OUT % peers), port=8081).verdict is DENIED
    assert egress(policy(OUT % peers), AUDIT).verdict is DENIED


def test_a_selector_of_pods_alone_is_about_the_namespace_of_the_policy() -> None:
    any_pod = policy(OUT % "{to: [{podSelector: {}}]}")
    assert (egress(any_pod).verdict, egress(any_pod, AUDIT).verdict) == (ALLOWED, DENIED)


@pytest.mark.parametrize(
    ("port", "protocol", "number", "verdict"),
    [
        ("{port: 8080}", "TCP", 8080, ALLOWED),
        ("{port: 8080}", "TCP", 8081, DENIED),
        ("{port: 8080}", "UDP", 8080, DENIED),
        ("{port: 8080, protocol: UDP}", "UDP", 8080, ALLOWED),
        ("{port: 8080, protocol: UDP}", "TCP", 8080, DENIED),
        ("{protocol: UDP}", "UDP", 53, ALLOWED),
        ("{port: 8000, endPort: 8080}", "TCP", 8080, ALLOWED),
        ("{port: 8000, endPort: 8080}", "TCP", 8000, ALLOWED),
        ("{port: 8000, endPort: 8080}", "TCP", 8081, DENIED),
        ("{port: 8000, endPort: 8080}", "TCP", 7999, DENIED),
        # a name is that of a port of the target, with its protocol
        ("{port: http}", "TCP", 8080, ALLOWED),
        ("{port: http}", "TCP", 9090, DENIED),
        ("{port: dns}", "TCP", 53, DENIED),
        ("{port: dns, protocol: UDP}", "UDP", 53, ALLOWED),
        ("{port: '${PORT}'}", "TCP", 8080, UNDECIDED),
        ("{port: 8000, endPort: '${PORT}'}", "TCP", 8080, UNDECIDED),
        ("{port: 8080, protocol: '${P}'}", "TCP", 8080, UNDECIDED),
    ],
)
def test_ports(port: str, protocol: str, number: int, verdict: Verdict) -> None:
    assert egress(policy(OUT % f"{{ports: [{port}]}}"), CART, protocol, number).verdict is verdict


def test_what_is_open_stays_open() -> None:
    here = policy("{podSelector: {matchLabels: {team: a}}, policyTypes: [Egress]}")
    model = cluster(here).policy_model
    known, open_one = WEB, PolicyPod("shop", {"app": "web"}, open_labels=frozenset({"team"}))
    assert model.egress(known, CART, "TCP", 1).verdict is ALLOWED
    assert model.egress(open_one, CART, "TCP", 1).verdict is UNDECIDED
    there = policy(OUT % "{to: [{namespaceSelector: {matchLabels: {team: a}}}]}")
    of_team = PolicyPod("back", {"app": "audit"}, namespace_labels={"team": "a"})
    of_nobody = PolicyPod("back", {"app": "audit"}, namespace_labels={})
    assert (egress(there, of_team).verdict, egress(there, of_nobody).verdict) == (ALLOWED, DENIED)


@pytest.mark.parametrize(
    ("block", "address", "verdict"),
    [
        ("{cidr: 10.0.0.0/8}", "10.1.2.3", UNDECIDED),
        ("{cidr: 10.0.0.0/8}", "192.168.0.1", DENIED),
        ("{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}", "10.1.2.3", DENIED),
        ("{cidr: 10.0.0.0/8, except: [10.2.0.0/16]}", "10.1.2.3", UNDECIDED),
        ("{cidr: 'fd00::/8'}", "fd00::7", UNDECIDED),
        ("{cidr: 'fd00::/8'}", "10.1.2.3", DENIED),
        ("{cidr: 10.0.0.0/8, except: [x]}", "10.1.2.3", UNDECIDED),
    ],
)
def test_a_network_may_have_a_pod_or_has_it_not(block: str, address: str, verdict: Verdict) -> None:
    target = PolicyPod("shop", {"app": "cart"}, address=address)
    assert egress(policy(OUT % f"{{to: [{{ipBlock: {block}}}]}}"), target).verdict is verdict


@pytest.mark.parametrize(
    ("kind", "namespace", "verdict"),
    [
        ("CiliumNetworkPolicy", "shop", UNDECIDED),
        ("CiliumNetworkPolicy", "back", DENIED),
        ("CiliumNetworkPolicy", "", UNDECIDED),
        ("CiliumClusterwideNetworkPolicy", "back", UNDECIDED),
    ],
)
def test_policies_of_other_apis_may_allow_and_deny(kind: str, namespace: str, verdict: Verdict) -> None:
    own = policy("{podSelector: {}, policyTypes: [Egress]}")
    other = f"apiVersion: cilium.io/v2\nkind: {kind}\nmetadata: {{name: o, namespace: '{namespace}'}}\nspec: {{}}\n"
    assert egress(own + other).verdict is verdict


def test_both_sides_have_to_allow_a_connection() -> None:
    def verdict(text: str) -> tuple[Verdict, list[str]]:
        found = cluster(text).policy_model.connection(WEB, CART, "TCP", 8080)
        return found.verdict, [str(each.name) for each in found.policies]

    to_cart = policy(OUT % "{to: [{podSelector: {matchLabels: {app: cart}}}]}", name="out")
    from_web = policy(IN % "{from: [{podSelector: {matchLabels: {app: web}}}]}", name="in")
    nobody = policy(IN % "", name="nobody")
    unknown = policy(IN % "{from: [{namespaceSelector: {matchLabels: {team: a}}}]}", name="unknown")
    assert verdict("") == (ALLOWED, [])
    assert verdict(to_cart + from_web) == (ALLOWED, ["in"])
    assert verdict(to_cart + nobody) == (DENIED, ["nobody"])
    assert verdict(policy("{podSelector: {}, policyTypes: [Egress]}", name="no") + from_web) == (DENIED, ["no"])
    assert verdict(to_cart + unknown)[0] is UNDECIDED
    assert verdict(policy("{podSelector: {}, policyTypes: [Egress]}", name="no") + unknown) == (DENIED, ["no"])


def test_the_source_counts_for_what_comes_in() -> None:
    from_back = policy(
        IN % "{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: back}}}], ports: [{port: http}]}"
    )
    assert ingress(from_back) is DENIED
    assert ingress(from_back, AUDIT) is ALLOWED
    # the port's name is that of the target, not of the source
    assert ingress(from_back, AUDIT, 9090) is DENIED


POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a%s, labels: {app: web, n: 1}}\nspec: {%scontainers: [{name: a, image: registry.example/a, ports: [%s]}]}\n"


@pytest.mark.parametrize(
    ("namespace", "spec", "ports", "expected"),
    [
        (", namespace: shop", "", "{containerPort: 80, name: http}, {containerPort: 81}, {containerPort: '8x', name: x}",
         PolicyPod("shop", {"app": "web", "n": "1"}, (NamedPort("http", "TCP", 80),))),
        (", namespace: shop", "", "{containerPort: 53, name: dns, protocol: UDP}",
         PolicyPod("shop", {"app": "web", "n": "1"}, (NamedPort("dns", "UDP", 53),))),
        (", namespace: shop", "hostNetwork: true, ", "", None),
        ("", "", "", None),
    ],
)  # fmt: skip
def test_the_pods_of_a_workload(namespace: str, spec: str, ports: str, expected: PolicyPod | None) -> None:
    of = cluster(POD % (namespace, spec, ports))
    (workload,) = (each for _, each in of.of(Workload))
    assert of.policy_pod(workload) == expected

"""KPL111."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kpl import Bad, Cluster, Confidence, Edit, Finding, Fix, Good, Rule, Severity, Stop, files
from kpl.edits import add_item
from kpl.manifests import NetworkPolicy, OtherPolicy, PolicyRule, Sequence, Workload
from kpl.poddns import EGRESS_CLUE, dns_policy_of, isolated_pods, labels_of, names_dns, needs_names, selects_kube_dns

_HEAD = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {}\n  namespace: shop\nspec:\n"
_DENY = _HEAD.format("deny") + "  podSelector: {}\n  policyTypes: [Ingress, Egress]\n"
_WEB = _HEAD.format("web") + (
    "  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n    - to:\n      ports:\n        - {protocol: TCP, port: 443}\n"
)
_ALLOWED = (
    "    - to:\n        - namespaceSelector:\n            matchLabels: {kubernetes.io/metadata.name: kube-system}\n"
    "          podSelector:\n            matchLabels: {k8s-app: kube-dns}\n"
    "      ports:\n        - {protocol: UDP, port: 53}\n        - {protocol: TCP, port: 53}\n"
)
_DNS = _HEAD.format("dns") + "  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n" + _ALLOWED
_DB = _HEAD.format("db") + (
    "  podSelector: {matchLabels: {app: cart}}\n  policyTypes: [Egress]\n"
    "  egress:\n    - to: [{podSelector: {matchLabels: {app: db}}}]\n"
)
_API = _HEAD.format("api") + (
    "  podSelector: {}\n  policyTypes: [Egress]\n  egress:\n    - to: [{ipBlock: {cidr: 192.0.2.7/32}}]\n"
    "      ports: [{port: 6443}]\n"
)
_POD = (
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: cart\n  namespace: shop\n  labels: {app: cart}\n"
    "spec:\n  containers:\n    - {name: cart, image: cart}\n"
)
_CALICO = "apiVersion: projectcalico.org/v3\nkind: GlobalNetworkPolicy\nmetadata: {name: dns}\nspec: {}\n"
_ELSEWHERE = _WEB.replace("    - to:\n", "    - to: [{namespaceSelector: {matchLabels: {%s}}}]\n").replace(
    "      ports:\n        - {protocol: TCP, port: 443}\n", ""
)
_IN_CART = _DNS.replace("namespace: shop", "namespace: cart")
_OF_WEB = _DNS.replace("podSelector: {}", "podSelector: {matchLabels: {app: web}}")
_TO_KUBE_DNS = _DB.replace("app: db", "k8s-app: kube-dns")
_TO_CART = _ELSEWHERE % "kubernetes.io/metadata.name: cart"
_ANY_ADDRESS = _API.replace("192.0.2.7/32", "0.0.0.0/0")
_ALL_TCP = _WEB.replace("protocol: TCP, port: 443", "protocol: TCP")


def _of(*texts: str) -> dict[str, str]:
    return {"policies.yaml": "---\n".join(texts)}


def _fixed(policy: str, *texts: str) -> dict[str, Any]:
    return {"fixed": "---\n".join((policy + _ALLOWED, *texts)), "safe": False}


class PolicyBlocksDns(Rule):
    """The NetworkPolicies of a namespace let pods send traffic, but not to cluster DNS, so lookups time out.

    ## Why
    A policy with `Egress` isolates the pods that it selects: they can send only what a policy allows, and replies. If no policy
    allows port 53 of the DNS pods, their packets are dropped: each lookup waits 5 seconds for every attempt of the resolver, and
    then fails. All policies that select a pod add up, so the rule judges all those of the namespace together.

    The rule is silent if policies of another API (Cilium, Calico, AdminNetworkPolicy) can allow DNS, if a policy has placeholders,
    and if pods may send only to addresses, for which they need no names. If the policies allow no egress at all, it needs a
    workload in the namespace. It does not see policies that a program creates, for example Kyverno.

    ## Fix
    kpl adds a rule that allows UDP and TCP port 53 of the DNS pods in `kube-system`. The fix is marked as unsafe, because cluster
    DNS can have other labels or ports: OpenShift has it in `openshift-dns`, on port 5353.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/network-policies/
    - https://kubernetes.io/docs/tasks/administer-cluster/declare-network-policy/
    """

    code = "KPL111"
    name = "policy-blocks-dns"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    needs = "NetworkPolicy"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            _of(_WEB),
            flags=["web"],
            says=["no NetworkPolicy of `shop` allows port 53", "lookups of the pods that `web` isolates time out"],
            **_fixed(_WEB),
        ),
        # together, of all policies that may select the pod
        Good(_of(_WEB, _DNS)),
        Good(files(**{"a.yaml": _WEB, "b.yaml": _DNS})),
        Good(_of(_WEB, _DNS.replace("  namespace: shop\n", ""))),
        Bad(_of(_WEB, _IN_CART), flags=["web"], **_fixed(_WEB, _IN_CART)),
        Good(_of(_DB, _DNS.replace("podSelector: {}", "podSelector: {matchLabels: {tier: front}}"))),
        Bad(
            _of(_DB, _OF_WEB),
            flags=["db"],
            **_fixed(_DB, _OF_WEB),
        ),
        Bad(_of(_DB), flags=["db"], **_fixed(_DB)),
        Good(_of(_TO_KUBE_DNS), other=["policy-selectors-apart"]),
        # without any egress, if pods are there
        Bad(files(**{"a.yaml": _DENY, "b.yaml": _POD}), flags=["deny"], says=["such as `cart`"]),
        Bad(
            files(
                **{
                    "a.yaml": _DENY.replace("podSelector: {}", "podSelector: {matchLabels: {app: cart}}"),
                    "b.yaml": _POD,
                }
            ),
            flags=["deny"],
        ),
        Good(
            files(
                **{"a.yaml": _DENY.replace("podSelector: {}", "podSelector: {matchLabels: {app: web}}"), "b.yaml": _POD}
            )
        ),
        Good(files(**{"a.yaml": _DENY, "b.yaml": _POD.replace("namespace: shop", "namespace: cart")})),
        Good(files(**{"a.yaml": _DENY, "b.yaml": _POD.replace("spec:\n", "spec:\n  dnsPolicy: Default\n")})),
        Good(files(**{"a.yaml": _DENY, "b.yaml": _POD.replace("spec:\n", "spec:\n  hostNetwork: true\n")})),
        Good(_of(_DENY)),
        Good(_of(_DENY.replace("Ingress, Egress", "Ingress"))),
        # addresses need no names
        Good(_of(_API)),
        Bad(_of(_ANY_ADDRESS), flags=["api"], **_fixed(_ANY_ADDRESS)),
        Good(_of(_API.replace("192.0.2.7/32", "0.0.0.0/0").replace("6443", "1, endPort: 65535, protocol: UDP"))),
        Good(_of(_API.replace("192.0.2.7/32", "nonsense"))),
        # another namespace, and one that may be that of DNS
        Bad(_of(_TO_CART), flags=["web"], **_fixed(_TO_CART)),
        Good(_of(_ELSEWHERE % "kubernetes.io/metadata.name: kube-system")),
        Good(_of(_ELSEWHERE % "kubernetes.io/metadata.name: openshift-dns")),
        Good(_of(_ELSEWHERE % "team: infrastructure")),
        Good(_of(_WEB.replace("protocol: TCP, port: 443", "protocol: UDP"))),
        Bad(_of(_ALL_TCP), flags=["web"], **_fixed(_ALL_TCP)),
        # what another rule tells
        Good(_of(_WEB.replace("443", "53")), other=["policy-allows-dns-over-one-protocol"]),
        # another DNS server
        Good(_of(_DNS.replace("kubernetes.io/metadata.name: kube-system", "kubernetes.io/metadata.name: dns"))),
        # what is not known
        Good(files(**{"a.yaml": _WEB, "b.yaml": _CALICO})),
        Good(
            files(
                **{
                    "a.yaml": _WEB,
                    "b.yaml": _CALICO.replace("Global", "").replace("name: dns", "name: a, namespace: shop"),
                }
            )
        ),
        Good(_of(_WEB, _DNS.replace("port: 53", "port: $PORT"))),
        Good(_of(_WEB.replace("namespace: shop", "namespace: ${NAMESPACE}"))),
        Bad(
            files(
                **{
                    "a.yaml": _WEB,
                    "b.yaml": _CALICO.replace("Global", "").replace("name: dns", "name: a, namespace: b"),
                }
            ),
            flags=["web"],
            **_fixed(_WEB),
        ),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        told: set[str] = set()
        for document, policy, protocols in isolated_pods(
            cluster.of(NetworkPolicy, clue=EGRESS_CLUE), cluster.of(OtherPolicy)
        ):
            if "UDP" in protocols or policy.namespace in told or any(map(_means_dns, policy.egress)):
                continue
            pod = None if policy.egress else _pod_of(policy, cluster)
            if not (needs_names(policy) or pod is not None):
                continue
            told.add(policy.namespace)
            over = " over UDP" if protocols else ""
            of_it = f" of `{policy.namespace}`" if policy.namespace else ""
            such = f", such as `{pod.name}`," if pod is not None else ""
            yield self.finding(
                policy.name.span,
                f"no NetworkPolicy{of_it} allows port 53 of cluster DNS{over}, so all lookups of the pods that `{policy.name}` "
                f"isolates{such} time out",
                help="Allow egress to port 53 of the DNS pods over UDP and TCP.",
                document=document,
                fix=_fix(policy),
            )


def _means_dns(rule: PolicyRule) -> bool:
    """Whether a rule is meant to allow DNS, so that other rules say why it does not."""
    return names_dns(rule) or any(selects_kube_dns(peer.pods) for peer in rule.peers or ())


def _pod_of(policy: NetworkPolicy, cluster: Cluster) -> Workload | None:
    """A workload that asks cluster DNS and that the policy selects."""
    wanted = labels_of(policy.pod_selector)
    for _, workload in cluster.of(Workload):
        if workload.namespace == policy.namespace and dns_policy_of(workload) == "ClusterFirst":
            template = workload.node if workload.kind == "Pod" else workload.node.mapping("spec", "template")
            labels = template.mapping("metadata", "labels") if template is not None else None
            if all(labels is not None and labels.text(key) == value for key, value in wanted.items()):
                return workload
    return None


def _fix(policy: NetworkPolicy) -> Fix | None:
    egress = policy.node.get("spec", "egress")
    edit: Edit | None = None
    if isinstance(egress, Sequence):
        edit = add_item(policy.text, egress, *(line[6:] for line in _ALLOWED.splitlines()))
    return Fix("Allow DNS in `kube-system`", (edit,), safe=False) if edit is not None else None

"""KPL112."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Stop
from kpl.edits import add_item
from kpl.manifests import NetworkPolicy, OtherPolicy, PolicyRule, Sequence
from kpl.poddns import EGRESS_CLUE, dns_protocols, isolated_pods, names_dns

_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: dns
  namespace: shop
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: kube-system}
      ports:
        - protocol: UDP
          port: 53
"""
_TCP = "        - protocol: TCP\n          port: 53\n"
_WITHOUT = _POLICY.replace("protocol: UDP\n          port: 53", "port: 53")
_IN_CART = _WITHOUT.replace("shop", "cart")


class PolicyAllowsDnsOverOneProtocol(Rule):
    """The NetworkPolicies of a namespace allow DNS over UDP only, or over TCP only.

    ## Why
    Resolvers ask over UDP and repeat a query over TCP if the response is truncated. A response is truncated if it does not fit
    into the buffer that the client offers: 512 bytes without EDNS0, which is about 15 addresses of a headless Service, and usually
    1,232 bytes with it. Without TCP, these names do not resolve, and all others do.

    Without UDP, no name resolves, unless `resolv.conf` has the option `use-vc`. An entry of `ports` without `protocol` is TCP.
    The rule judges all policies together that can select the same pods, and is silent if policies of another API can allow more.

    ## Fix
    kpl adds an entry for the other protocol. The fix is marked as unsafe, because it allows traffic that the policy drops.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/network-policies/
    - https://www.rfc-editor.org/rfc/rfc7766 (DNS over TCP)
    - https://github.com/stolostron/multiclusterhub-operator/pull/4340
    """

    code = "KPL112"
    name = "policy-allows-dns-over-one-protocol"
    stop = Stop.RESOLVER
    severity = Severity.WARNING
    since = "0.1.0"
    needs = "NetworkPolicy"
    examples = [
        Bad(
            {"p.yaml": _POLICY},
            flags=["53"],
            says=["`dns` allows DNS over UDP, but not over TCP", "truncated responses", "protocol: TCP"],
            fixed=_POLICY + _TCP,
            safe=False,
        ),
        Bad(
            {"p.yaml": _POLICY.replace("UDP", "TCP")},
            flags=["53"],
            says=["over TCP, but not over UDP", "no name resolves"],
            fixed=_POLICY.replace("UDP", "TCP") + _TCP.replace("TCP", "UDP"),
            safe=False,
        ),
        Bad(
            {"p.yaml": _WITHOUT},
            flags=["53"],
            says=["without `protocol` means TCP"],
            fixed=_WITHOUT + _TCP.replace("TCP", "UDP"),
            safe=False,
        ),
        # a flow mapping, a name, and a list that cannot be extended
        Bad(
            {"p.yaml": _POLICY.replace("- protocol: UDP\n          port: 53", "- {port: dns, protocol: UDP}")},
            flags=["dns"],
        ),
        Bad(
            {"p.yaml": _POLICY.replace("- protocol: UDP\n          port: 53", "- {port: 53, protocol: UDP}")},
            flags=["53"],
            fixed=_POLICY.replace(
                "- protocol: UDP\n          port: 53",
                "- {port: 53, protocol: UDP}\n        - {protocol: TCP, port: 53}",
            ),
            safe=False,
        ),
        Bad(
            {
                "p.yaml": _POLICY.replace(
                    "\n        - protocol: UDP\n          port: 53", " [{port: 53, protocol: UDP}]"
                )
            },
            flags=["53"],
        ),
        Good({"p.yaml": _POLICY + _TCP}),
        # by another rule, and by another policy
        Good({"p.yaml": f"{_POLICY}    - ports: [{{protocol: TCP, port: 1, endPort: 100}}]\n"}),
        Good({"p.yaml": f"{_POLICY}---\n{_WITHOUT}"}),
        Bad(
            {"p.yaml": f"{_POLICY}---\n{_IN_CART}"},
            flags=["53", "53"],
            fixed=f"{_POLICY}{_TCP}---\n{_IN_CART}{_TCP.replace('TCP', 'UDP')}",
            safe=False,
        ),
        # an upstream, not cluster DNS
        Good(
            {
                "p.yaml": _POLICY.replace("        - namespaceSelector:\n", "        - podSelector:\n").replace(
                    "kubernetes.io/metadata.name: kube-system", "k8s-app: kube-dns"
                )
            },
            other=["policy-selectors-apart"],
        ),
        Good({"p.yaml": _POLICY.replace("[Egress]", "[Ingress]")}),
        Good(
            {
                "p.yaml": _POLICY,
                "c.yaml": "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: shop}\n",
            }
        ),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for document, policy, protocols in isolated_pods(
            cluster.of(NetworkPolicy, clue=EGRESS_CLUE), cluster.of(OtherPolicy)
        ):
            if len(protocols) != 1:
                continue
            (allowed,) = protocols
            other = "UDP" if allowed == "TCP" else "TCP"
            rule = next((each for each in policy.egress if names_dns(each) and dns_protocols(each, policy)), None)
            if rule is None:
                continue
            port = next(
                each for each in rule.ports or () if each.port is not None and names_dns(rule._replace(ports=[each]))
            )
            assert port.port is not None
            result = "no name resolves" if other == "UDP" else "names with truncated responses do not resolve"
            means = " (an entry without `protocol` means TCP)" if port.protocol is None else ""
            yield self.finding(
                port.port.span,
                f"`{policy.name}` allows DNS over {allowed}, but not over {other}{means}, so {result}",
                help=f"Add an entry with `protocol: {other}` to `ports`.",
                document=document,
                fix=_fix(policy, rule, str(port.port), other),
            )


def _fix(policy: NetworkPolicy, rule: PolicyRule, port: str, protocol: str) -> Fix | None:
    ports = rule.node.get("ports")
    if not isinstance(ports, Sequence) or not ports.items or not port.isdigit():
        return None
    flow = getattr(ports.items[-1], "flow", False)
    lines = [f"{{protocol: {protocol}, port: {port}}}"] if flow else [f"protocol: {protocol}", f"port: {port}"]
    edit: Edit | None = add_item(policy.text, ports, *lines)
    return Fix(f"Allow DNS over {protocol}", (edit,), safe=False) if edit is not None else None

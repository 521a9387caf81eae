"""KPL610."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Cluster, Confidence, Document, Finding, Good, Related, Rule, Severity, Stop, files
from kpl.manifests import Decision, NetworkPolicy, PolicyPod, Service, Verdict, Workload
from kpl.poddns import CALL_CLUE, Call
from kpl.words import whole_number

_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
spec:
  selector: {app: cart}
  ports:
    - port: 80
      targetPort: 8080
"""
_POD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: shop
spec:
  template:
    metadata:
      labels: {app: cart}
    spec:
      containers:
        - name: cart
          image: registry.example/cart:1.2.0
          ports: [{name: http, containerPort: 8080}]
"""
_WEB = (
    _POD.replace("cart", "web").replace("namespace: shop", "namespace: front")
    + "          env:\n            - name: CART_URL\n              value: http://cart.shop/api\n"
)
_INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: cart
  namespace: shop
spec:
  podSelector:
    matchLabels: {app: cart}
  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: front}
      ports:
        - port: 8080
"""
_EGRESS = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  namespace: front
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector:
            matchLabels: {kubernetes.io/metadata.name: shop}
      ports:
        - port: 8080
    - ports:
        - {port: 53, protocol: UDP}
        - {port: 53}
"""
_CILIUM = "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: shop}\nspec: {}\n"


def _of(*policies: str, service: str = _SERVICE, pod: str = _POD, web: str = _WEB) -> dict[str, str]:
    return files(**{"policies.yaml": "---\n".join(policies), "web.yaml": web, "cart.yaml": f"{service}---\n{pod}"})


class _Cut(NamedTuple):
    """A call that policies deny."""

    call: Call
    source: Workload
    target: Workload
    service: Service
    port: int
    decision: Decision
    is_egress: bool
    document: Document


class PolicyBlocksService(Rule):
    """NetworkPolicies drop the packets of a pod to a Service that it is configured to call.

    ## Why
    A pod that a policy isolates can send or receive only what a policy allows, and both sides have to allow a connection: the
    egress of the caller and the ingress of the pods of the Service. Policies see the port of the pod (`targetPort`), because the
    packet is translated before. Dropped packets are not rejected, so the connection times out.

    kpl joins all policies of a namespace. It reports a call only if the workloads, the Service and a policy are in the files, and
    no policy can allow it. It is silent if that depends on labels of a namespace, on a network (`ipBlock`), on placeholders, or
    on policies of another API, for example of Cilium. It does not see policies that another tool creates.

    ## Fix
    There is no automatic fix. Add the port of the pods to a rule, not the port of the Service, or the caller to the peers.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/network-policies/
    """

    code = "KPL610"
    name = "policy-blocks-service"
    stop = Stop.SERVICES
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    needs = "NetworkPolicy"
    examples = [
        # the port of the Service instead of that of the pods
        Bad(
            _of(_INGRESS.replace("8080", "80")),
            flags=["cart"],
            says=[
                "no NetworkPolicy of `shop` lets `web` reach port 8080 of `cart`",
                "`cart.shop`",
                "time out",
                "port 8080",
            ],
        ),
        Bad(_of(_EGRESS.replace("8080", "80")), flags=["web"], says=["lets `web` send to port 8080 of `cart`"]),
        # another peer, none at all, another protocol
        Bad(_of(_INGRESS.replace(": front", ": edge")), flags=["cart"]),
        Bad(_of(_EGRESS.replace(": shop}", ": edge}")), flags=["web"]),
        Bad(_of(_INGRESS.partition("  ingress:")[0]), flags=["cart"]),
        Bad(_of(_INGRESS.replace("port: 8080", "{port: 8080, protocol: UDP}")), flags=["cart"]),
        Bad(
            _of(
                _INGRESS.replace(
                    "        - namespaceSelector:\n            matchLabels: {kubernetes.io/metadata.name: front}\n",
                    "        - podSelector: {}\n",
                )
            ),
            flags=["cart"],
        ),
        Bad(_of(_INGRESS.replace("port: 8080", "port: web")), flags=["cart"]),
        Good(_of(_INGRESS, _EGRESS)),
        Good(_of(_INGRESS.replace("port: 8080", "port: http"))),
        Good(_of(_INGRESS.replace("port: 8080", "{port: 8000, endPort: 8100}"))),
        Good(_of(_INGRESS.replace("      ports:\n        - port: 8080\n", ""))),
        Good(_of(_INGRESS.replace("8080", "80"), service=_SERVICE.replace("targetPort: 8080", "targetPort: 80"))),
        # policies add up
        Good(_of(_INGRESS.replace("8080", "80"), _INGRESS.replace("name: cart", "name: more"))),
        Good(
            _of(
                _INGRESS.replace("8080", "80"),
                _INGRESS.replace("name: cart", "name: more").replace("{app: cart}", "{app: web}"),
                _INGRESS.replace("name: cart", "name: all").replace("\n    matchLabels: {app: cart}", " {}"),
            )
        ),
        # other pods
        Good(_of(_INGRESS.replace("8080", "80").replace("{app: cart}", "{app: web}"))),
        Good(_of(_INGRESS.replace("8080", "80"), web=_WEB.replace("cart.shop", "payment.shop"))),
        # what is not known
        Good(_of(_INGRESS.replace("{kubernetes.io/metadata.name: front}", "{team: shop}"))),
        Good(_of(_INGRESS.replace("8080", "80"), _CILIUM)),
        Good(_of(_INGRESS.replace("8080", "80"), _INGRESS.replace("namespace: shop", "namespace: ${NS}"))),
        Good(_of(_INGRESS.replace("port: 8080", "port: ${PORT}"))),
        Good(
            _of(
                _INGRESS.replace(
                    "        - namespaceSelector:\n            matchLabels: {kubernetes.io/metadata.name: front}\n",
                    "        - ipBlock: {cidr: 10.0.0.0/8}\n",
                )
            )
        ),
        Good(
            _of(
                _INGRESS.replace("8080", "80"),
                pod=_POD.replace("    spec:\n      c", "    spec:\n      hostNetwork: true\n      c"),
            )
        ),
        Good(_of(_INGRESS.replace("8080", "80"), pod=_POD.replace("  namespace: shop\n", ""))),
        Good(
            _of(
                _INGRESS.replace("8080", "80"),
                pod=_POD
                + "---\n"
                + _POD.replace("name: cart", "name: more")
                .replace("{app: cart}", "{app: cart, tier: b}")
                .replace("8080", "80"),
                service=_SERVICE.replace("8080", "http"),
            )
        ),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        policies = {id(policy): document for document, policy in cluster.of(NetworkPolicy)}
        found: dict[int, list[_Cut]] = {}
        for document, workload in cluster.of(Workload, clue=CALL_CLUE):
            if document.is_example or cluster.policy_pod(workload) is None:
                continue
            for call in cluster.service_calls(workload):
                cut = _cut(cluster, document, workload, call)
                if cut is not None:
                    found.setdefault(id(cut.decision.policies[0]), []).append(cut)
        for number, cuts in found.items():
            yield self._finding(policies[number], cuts)

    def _finding(self, document: Document, cuts: list[_Cut]) -> Finding:
        first = cuts[0]
        policy = first.decision.policies[0]
        does = "send to" if first.is_egress else "reach"
        return self.finding(
            policy.name.span,
            f"no NetworkPolicy of `{policy.namespace}` lets `{first.source.name}` {does} port {first.port} of "
            f"`{first.target.name}`, so its connections to `{first.call.host.name}` time out",
            help=f"Allow port {first.port} {'to' if first.is_egress else 'from'} "
            f"`{(first.target if first.is_egress else first.source).name}` in a NetworkPolicy.",
            related=[
                Related(each.call.host.name.span, "the name that it calls", each.call.document) for each in cuts[:3]
            ],
            document=document,
        )


def _cut(cluster: Cluster, document: Document, workload: Workload, call: Call) -> _Cut | None:
    """What policies do to a call, where they certainly deny it for all pods of the Service."""
    served = cluster.service_map.only(call.service, call.namespace, document)
    source = cluster.policy_pod(workload)
    if served is None or source is None or served.service.type == "ExternalName" or served.document.templated:
        return None
    port = next((each for each in served.service.ports if each.port == call.number and each.port is not None), None)
    pods = cluster.service_map.selected(*served)
    cut = None
    for each in pods:
        target = cluster.policy_pod(each.workload) if each.certain and not each.document.templated else None
        number = _port_of(port.target_port or str(port.port), port.protocol, target) if port and target else None
        if target is None or number is None or port is None:
            return None
        decision = cluster.policy_model.egress(source, target, port.protocol, number)
        is_egress = decision.verdict is Verdict.DENIED
        if not is_egress:
            decision = cluster.policy_model.ingress(source, target, port.protocol, number)
        if decision.verdict is not Verdict.DENIED:
            return None
        cut = cut or _Cut(call, workload, each.workload, served.service, number, decision, is_egress, document)
    return cut


def _port_of(target: str, protocol: str, pod: PolicyPod) -> int | None:
    """The number of the pod's port that a Service sends to."""
    number = whole_number(target)
    if number is not None:
        return number
    return next((each.number for each in pod.ports if (each.name, each.protocol) == (target, protocol)), None)

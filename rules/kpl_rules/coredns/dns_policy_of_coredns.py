"""KPL267."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Fix, Good, Related, Rule, Severity, Stop
from kpl.corefiles import deployed, zones_of
from kpl.edits import set_scalar
from kpl.manifests import Workload
from kpl.poddns import CLUSTER_POLICIES, dns_policy_of
from kpl_rules.coredns._deployment import coredns_files

_COREFILE, _FIXED = coredns_files("lameduck 5s").values()
_WITHOUT = _FIXED.replace("      dnsPolicy: Default\n", "")


class DnsPolicyOfCoredns(Rule):
    """CoreDNS forwards to its /etc/resolv.conf, which names the DNS Service, so it forwards queries to itself.

    ## Why
    A pod without `dnsPolicy: Default` gets the address of the DNS Service as its nameserver. If the pod is CoreDNS and its
    Corefile has `forward . /etc/resolv.conf`, each query for a name outside of the cluster goes back to CoreDNS. The plugin
    `loop` detects that and stops the process: the pod is in CrashLoopBackOff. Without `loop`, queries go round until
    CoreDNS runs out of memory.

    The rule is about the CoreDNS that pods ask: in `kube-system`, with the label `k8s-app: kube-dns`. Another one can
    forward to it.

    ## Fix
    kpl sets `dnsPolicy: Default`, with which the pod gets the nameservers of the node. The fix is marked as unsafe, because
    CoreDNS then asks other servers.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
    - https://coredns.io/plugins/loop/
    """

    code = "KPL267"
    name = "dns-policy-of-coredns"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Corefile Workload"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            {"deployment.yaml": _FIXED.replace("Default", "ClusterFirst"), "coredns.yaml": _COREFILE},
            flags=["ClusterFirst"],
            says=["its pod lacks `dnsPolicy: Default`", "sends queries back to CoreDNS", "Set `dnsPolicy: Default`"],
            fixed=_FIXED,
            safe=False,
        ),
        Bad(
            {"deployment.yaml": _WITHOUT, "coredns.yaml": _COREFILE},
            flags=["coredns"],
            fixed=_WITHOUT + "      dnsPolicy: Default\n",
            safe=False,
        ),
        Good(coredns_files("lameduck 5s")),
        Good(coredns_files("lameduck 5s", "dnsPolicy: ClusterFirst", "192.0.2.53")),
        Good(coredns_files("lameduck 5s", "dnsPolicy: None\n      dnsConfig: {nameservers: [192.0.2.53]}")),
        Good(
            coredns_files("lameduck 5s", "dnsPolicy: ClusterFirst\n      hostNetwork: true"),
            other=["hostnetwork-loses-cluster-dns"],
        ),
        # another one
        Good(
            {
                **coredns_files("lameduck 5s"),
                "deployment.yaml": _FIXED.replace("dnsPolicy: Default", "dnsPolicy: ClusterFirst").replace(
                    "k8s-app: kube-dns", "app: d"
                ),
            }
        ),
        Good(
            {
                name: text.replace("Policy: Default", "Policy: ClusterFirst").replace("kube-system", "edge")
                for name, text in coredns_files("lameduck 5s").items()
            }
        ),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        corefiles = [document for document, _ in cluster.corefiles]
        for document, corefile in cluster.corefiles:
            if document.namespace != "kube-system":
                continue
            for server in corefile.servers:
                forwards = [each for each in server.directives if each.name == "forward" and each.args[:1] == ["."]]
                words = [word for each in forwards for word in each.args[1:] if word == "/etc/resolv.conf"]
                if not words or not any(zones_of(key) == ["."] for key in server.keys):
                    continue
                runs = deployed(document, corefiles, (each for _, each in cluster.of(Workload, clue="coredns")))
                if runs is None or not _is_asked(runs.workload) or dns_policy_of(runs.workload) not in CLUSTER_POLICIES:
                    break
                where = cluster.document_of(runs.workload)
                policy = runs.workload.pod.scalar("dnsPolicy")
                if policy is not None:
                    edit = set_scalar(runs.workload.text, policy, "Default")
                else:
                    edit = runs.workload.added_field("dnsPolicy: Default", after="serviceAccountName")
                yield self.finding(
                    (policy or runs.workload.name).span,
                    f"`{runs.workload.name}` asks the DNS Service because its pod lacks `dnsPolicy: Default`, so "
                    "`forward . /etc/resolv.conf` sends queries back to CoreDNS",
                    help="Set `dnsPolicy: Default` in the pod.",
                    related=[Related(words[0].span, "CoreDNS forwards to the nameservers of its pod", document)],
                    document=where,
                    fix=Fix("Set `dnsPolicy: Default`", (edit,), safe=False) if edit is not None else None,
                )


def _is_asked(workload: Workload) -> bool:
    """Whether the pods have the label that the DNS Service selects."""
    return workload.node.text("spec", "template", "metadata", "labels", "k8s-app") == "kube-dns"

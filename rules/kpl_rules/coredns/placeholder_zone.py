"""KPL272."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Edit, Finding, Fix, Good, Rule, Severity, Stop, corefile, files
from kpl.corefiles import Directive, ServerBlock, corefile_placeholder, is_cluster_block, is_placeholder
from kpl_rules.coredns._kubeadm import KUBEADM

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[_-][A-Za-z0-9]+)*_[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*\.?")
_REVERSE_WORD = re.compile(r"(?i)reverse|cidr|arpa")
_TEMPLATE_FILE = re.compile(r"(?i)\.(?:base|erb|ext|gotmpl|in|j2|jinja2?|mustache|sed|template|tmpl|tpl|tftpl)$")
_REVERSE = "in-addr.arpa ip6.arpa"


def _with(word: str) -> str:
    return KUBEADM.replace("kubernetes cluster.local", f"kubernetes {word}")


class PlaceholderZone(Rule):
    """A zone of `kubernetes` is a placeholder of a template, so CoreDNS does not serve the zone that was meant.

    ## Why
    Templates of Corefiles have words such as `dns_domain`, `CLUSTER_DOMAIN` or `REVERSE_CIDRS` where a script writes the domain of
    the cluster. CoreDNS accepts such a word as the name of a zone. If it stays, `kubernetes` serves the zone `dns_domain.`, and
    every lookup of a Service goes to the upstream and gets NXDOMAIN. A domain of a cluster has no underscore: kubeadm refuses
    one.

    A word in capitals is reported only if the file has no other placeholder and is not called like a template.

    ## Fix
    Replaces the word with the domain of the cluster, or with `in-addr.arpa ip6.arpa`. The fix is unsafe, because the cluster can
    have another domain, and because a script may replace the word.

    ## References
    - https://github.com/coredns/deployment/blob/master/kubernetes/coredns.yaml.sed
    - https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/ (`dnsDomain`)
    - https://coredns.io/plugins/kubernetes/
    """

    code = "KPL272"
    name = "placeholder-zone"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = r"kubernetes[ \t][^\n]*_"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            corefile(_with("dns_domain")),
            flags=["dns_domain"],
            fixed=KUBEADM,
            safe=False,
            says=[
                "`dns_domain` is a placeholder and not a domain, so CoreDNS knows no name of the cluster",
                "Replace `dns_domain` with `cluster.local`",
            ],
        ),
        Bad(
            corefile(_with("cluster_domain")),
            {"cluster_domain": "corp.lan"},
            flags=["cluster_domain"],
            fixed=_with("corp.lan"),
            safe=False,
        ),
        Bad(corefile(_with("CLUSTER_DOMAIN")), flags=["CLUSTER_DOMAIN"], fixed=KUBEADM, safe=False),
        Bad(
            corefile(KUBEADM.replace(f"{_REVERSE} {{", "REVERSE_CIDRS {")),
            flags=["REVERSE_CIDRS"],
            fixed=KUBEADM,
            safe=False,
            says=["so CoreDNS answers no reverse lookups", "Replace `REVERSE_CIDRS` with `in-addr.arpa ip6.arpa`"],
        ),
        Bad(
            corefile(_with("CLUSTER_DOMAIN").replace(f"{_REVERSE} {{", "REVERSE_CIDRS {")),
            flags=["CLUSTER_DOMAIN", "REVERSE_CIDRS"],
            fixed=KUBEADM,
            safe=False,
        ),
        # a domain beside it
        Bad(
            corefile(_with("cluster.local my_zone")),
            flags=["my_zone"],
            says=["so CoreDNS serves a zone with this name", "Remove `my_zone`"],
        ),
        # templates
        Good(corefile(_with("CLUSTER_DOMAIN").replace("/etc/resolv.conf", "UPSTREAM_SERVERS"))),
        Good(corefile(_with("CLUSTER_DOMAIN").replace("/etc/resolv.conf", "{{ upstream }}"))),
        Good(files(**{"Corefile.tpl": _with("CLUSTER_DOMAIN")})),
        Good(corefile(_with("$DNS_DOMAIN"))),
        Good(corefile(_with("__PILLAR__DNS__DOMAIN__"))),
        Good(corefile(_with("{$CLUSTER_DOMAIN}"))),
        Good(corefile(KUBEADM)),
        Good(corefile(_with("cluster-domain"))),
        Good(corefile(_with("a_b.example"))),
    ]  # fmt: skip

    def check(self, directive: Directive, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if directive.name != "kubernetes" or not is_cluster_block(server):
            return
        words = [each for each in directive.args if _WORD.fullmatch(each)]
        if not words:
            return
        document = cluster.document_of(server)
        text = server.corefile.text
        for word in words:
            text = text.replace(word, "x")
        if corefile_placeholder(text) is not None or _TEMPLATE_FILE.search(document.path):
            words = [each for each in words if not is_placeholder(each)]
        others = [each for each in directive.args if each not in words and not each.lower().endswith(".arpa")]
        for word in words:
            effect, wanted = "so CoreDNS knows no name of the cluster", cluster.cluster_domain
            if _REVERSE_WORD.search(word):
                effect, wanted = "so CoreDNS answers no reverse lookups", _REVERSE
            elif others:
                effect, wanted = "so CoreDNS serves a zone with this name", ""
            fix = Fix(f"Replace it with `{wanted}`", (Edit(*word.span, wanted),), safe=False) if wanted else None
            yield self.finding(
                word.span,
                f"`{word}` is a placeholder and not a domain, {effect}",
                help=f"Replace `{word}` with `{wanted}`." if wanted else f"Remove `{word}`.",
                fix=fix,
                confidence=Confidence.MEDIUM if is_placeholder(word) else None,
            )

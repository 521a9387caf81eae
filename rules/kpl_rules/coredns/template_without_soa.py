"""KPL249."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Confidence, Finding, Fix, Good, Rule, Severity, Stop, corefile, manifest
from kpl.corefiles import Directive, Role, ServerBlock, is_placeholder, role_of, zones_of
from kpl_rules.coredns._kubeadm import KUBEADM

_HELM = re.compile(r"\{\{-?\s*(?:\.Values|\.Release|\.Chart|include|template|if|range|with)\b")
_TXT = "template IN TXT"
_SOA = 'authority "{{ .Zone }} 60 IN SOA ns.dns. hostmaster.dns. (1 60 60 60 60)"'


def _block(*lines: str, head: str = "template IN AAAA") -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f". {{\n    errors\n    cache 30\n    {head} {{\n{body}    }}\n    forward . 10.0.0.2\n}}\n"


class TemplateWithoutSoa(Rule):
    """A negative answer of `template` has no SOA record, so resolvers keep it for 5 seconds at most.

    ## Why
    RFC 2308 takes the time for which NXDOMAIN, or an answer without records, is cached from the SOA record in it, and says not to
    cache an answer that has none. `template` adds no SOA record. CoreDNS, and so NodeLocal DNSCache, keeps such an
    answer for 5 seconds at most; systemd-resolved, dnsmasq and Windows do not keep it. With `ndots:5`, each lookup of a name in the
    zone then sends the complete search list again.

    Pods whose resolver has no cache ask each time anyway. The rule checks the DNS of the cluster, and elsewhere a `template`
    for all names.

    ## Fix
    Adds an `authority` line with an SOA record, as in the documentation of `template`. The fix is unsafe: clients then keep the
    negative answer for 60 seconds.

    ## References
    - https://www.rfc-editor.org/rfc/rfc2308#section-5
    - https://coredns.io/plugins/template/ (the example for `.invalid`)
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/cache/cache.go (key)
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/pkg/dnsutil/ttl.go (MinimalDefaultTTL)
    """

    code = "KPL249"
    name = "template-without-soa"
    stop = Stop.COREDNS
    severity = Severity.INFO
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    clue = "template"
    examples = [
        Bad(
            corefile(_block("rcode NOERROR")),
            flags=["rcode NOERROR"],
            fixed=_block("rcode NOERROR", _SOA),
            safe=False,
            says=[
                "this answer without records has no SOA record, so resolvers keep it for 5 seconds at most",
                "Add `authority",
            ],
        ),
        Bad(
            corefile(_block("match ^a[.]", "rcode NXDOMAIN", "fallthrough", head="template ANY ANY")),
            flags=["rcode NXDOMAIN"],
            fixed=_block("match ^a[.]", "rcode NXDOMAIN", "fallthrough", _SOA, head="template ANY ANY"),
            safe=False,
            says=["this NXDOMAIN has no SOA record"],
        ),
        Good(corefile(_block("rcode NXDOMAIN", _SOA, head=_TXT))),
        Bad(
            corefile(_block("rcode NXDOMAIN", 'authority "lan. 60 IN NS ns.lan."', head=_TXT)),
            flags=["rcode NXDOMAIN"],
            fixed=_block("rcode NXDOMAIN", 'authority "lan. 60 IN NS ns.lan."', _SOA, head=_TXT),
            safe=False,
        ),
        Good(corefile(_block("rcode NXDOMAIN", f'authority "lan. 60 IN NS ns.lan." {_SOA[10:]}', head=_TXT))),
        Bad(
            corefile(
                _block(
                    "rcode NOERROR",
                    head='template IN A {\n        answer "a. 60 IN A 10.0.0.1"\n    }\n    template IN AAAA',
                )
            ),
            flags=["rcode NOERROR"],
            fixed=_block(
                "rcode NOERROR",
                _SOA,
                head='template IN A {\n        answer "a. 60 IN A 10.0.0.1"\n    }\n    template IN AAAA',
            ),
            safe=False,
        ),
        Good(corefile(_block("rcode REFUSED"))),
        Good(corefile(_block("rcode NOERROR", head="template IN AAAA lan"))),
        Good(corefile(_block("rcode NOERROR", head="template IN AAAA {$ZONE}"))),
        Good(corefile(_block("rcode NOERROR").replace(". {", "lan {", 1))),
        Bad(
            corefile(
                KUBEADM.replace("    ready\n", "    ready\n    template IN AAAA lan {\n        rcode NOERROR\n    }\n")
            ),
            flags=["rcode NOERROR"],
            fixed=KUBEADM.replace(
                "    ready\n",
                f"    ready\n    template IN AAAA lan {{\n        rcode NOERROR\n        {_SOA}\n    }}\n",
            ),
            safe=False,
        ),
        Good(corefile(_block("rcode NOERROR", 'answer "{{ .Name }} 60 IN AAAA ::1"'))),
        Good(corefile(_block('additional "{{ .Name }} 60 IN TXT a"', "rcode NOERROR"))),
        Good(corefile(_block('answer "{{ .Name }} 60 IN AAAA ::1"'))),
        Good(corefile(_block("rcode {$CODE}"))),
        Good(corefile(_block("rcode")), other=["corefile-refused"]),
        Good(corefile(_block("rcode NXDOMAIN", "import soa.conf", head=_TXT))),
        # an edit would be read by Helm
        Bad(
            manifest(
                "kind: ConfigMap\nmetadata:\n  name: coredns\n  namespace: '{{ .Release.Namespace }}'\ndata:\n  Corefile: |\n"
                + "".join(f"    {line}\n" for line in _block("rcode NOERROR").splitlines())
            ),
            flags=["rcode NOERROR"],
        ),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        document = cluster.document_of(server)
        of_cluster = role_of(document) is Role.CLUSTER
        for template in server.all("template"):
            if not of_cluster and not _is_for_all(template, server):
                continue
            rcode = template.get("rcode")
            code = rcode.args[0].upper() if rcode is not None and rcode.args else ""
            if rcode is None or code not in ("NOERROR", "NXDOMAIN") or not _is_bare(template):
                continue
            fix = None
            if not _HELM.search(document.source.text):
                fix = Fix("Add an SOA record", (server.corefile.add_property(template, _SOA),), safe=False)
            what = "NXDOMAIN" if code == "NXDOMAIN" else "answer without records"
            yield self.finding(
                rcode.span,
                f"this {what} has no SOA record, so resolvers keep it for 5 seconds at most",
                help=f"Add `{_SOA}`.",
                fix=fix,
            )


def _is_for_all(template: Directive, server: ServerBlock) -> bool:
    return any("." in zones_of(word) for word in (template.args[2:] or server.keys) if not is_placeholder(word))


def _is_bare(template: Directive) -> bool:
    """Whether the answer certainly has neither records nor an SOA record."""
    for each in template.properties:
        if each.name in ("answer", "additional", "import") or is_placeholder(each.name):
            return False
        if each.name == "authority" and any("SOA" in word for word in each.args):
            return False
    return True

"""KPL285."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Fix, Good, Related, Rule, Severity, Stop
from kpl.corefiles import (
    DATA_PLUGINS,
    Corefile,
    Taken,
    imported_directives,
    is_cluster_block,
    keyword_known,
    parse_corefile,
    taken_names,
)
from kpl.words import listed

_BASE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    .:53 {
        errors
        health {
            lameduck 5s
        }
        ready
        kubernetes cluster.local in-addr.arpa ip6.arpa {
            fallthrough in-addr.arpa ip6.arpa
        }
        forward . /etc/resolv.conf
        cache 30
        loop
        reload
        import custom/*.override
    }
    import custom/*.server
"""
_CUSTOM = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns-custom, namespace: kube-system}
data:
  lan.override: |
"""
_HOSTS = "    hosts {\n        10.0.0.1 git.corp\n    }\n"
_FIXED = "    hosts {\n        10.0.0.1 git.corp\n        fallthrough\n    }\n"


def _files(override: str, base: str = _BASE) -> dict[str, str]:
    return {"custom.yaml": _CUSTOM + override, "coredns.yaml": base}


_USUAL = """\
. {
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf
    import custom/*.override
}
"""
"""What all Corefiles have in common that import these keys."""
_NO_SOA = ("hosts", "template")


class OverrideTakesAllNames(Rule):
    """A plugin in a `*.override` key answers every query of the block that imports it, so cluster DNS fails.

    ## Why
    CoreDNS puts the lines of a `*.override` key into the server block for `.`, which has `kubernetes` and `forward`. The order
    of plugins is fixed when CoreDNS is built: `hosts` and `template` run before `kubernetes`, and `file` before `forward`. A
    plugin without zones and without `fallthrough` there answers for the whole of DNS: every Service and every
    name outside of the cluster gets SERVFAIL or NXDOMAIN.

    If the run has no Corefile that imports the key, the rule assumes a block with `kubernetes` and `forward .`, as in AKS,
    k3s, Gardener and vCluster.

    ## Fix
    For `hosts`, kpl offers to add `fallthrough`. It is marked as unsafe because names that got SERVFAIL then go to the next
    plugin.

    ## References
    - https://learn.microsoft.com/azure/aks/coredns-custom
    - https://coredns.io/plugins/hosts/
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin.cfg
    - https://github.com/k3s-io/k3s/issues/462
    """

    code = "KPL285"
    name = "override-takes-all-names"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "CustomKey"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            _files(_HOSTS),
            flags=["hosts"],
            says=["`hosts` has no `fallthrough`", "get SERVFAIL, and `kubernetes` and `forward` are never asked"],
            fixed=_CUSTOM + _FIXED,
            safe=False,
        ),
        # without the base
        Bad({"custom.yaml": _CUSTOM + _HOSTS}, flags=["hosts"], fixed=_CUSTOM + _FIXED, safe=False),
        Bad(
            _files("    template ANY ANY {\n        rcode NXDOMAIN\n    }\n"),
            flags=["template ANY ANY"],
            says=["`template` answers every query", "Limit `template` to some zones."],
            other=["template-without-soa"],
        ),
        # the base has the forward
        Bad(_files("    forward . 10.0.0.9\n"), flags=["forward"], says=["another `forward` answers every query"]),
        Good(
            _files(
                "    forward corp 10.0.0.9\n",
                _BASE.replace("        forward . /etc/resolv.conf\n", "").replace(
                    "custom/*.override\n", "custom/*.override\n        forward . /etc/resolv.conf\n"
                ),
            )
        ),
        # whether it comes before the other one is not known
        Good({"custom.yaml": _CUSTOM + "    forward . 10.0.0.9\n"}),
        Good(_files(_FIXED)),
        Good(_files("    hosts /etc/coredns/custom/names corp\n", _BASE)),
        Good(_files("    rewrite name git.corp git.forge.svc.cluster.local\n")),
        # not of the custom configuration
        Good({"custom.yaml": _CUSTOM.replace("coredns-custom", "own").replace("kube-system", "dns") + _HOSTS}),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        overrides = [each for each in cluster.corefiles if each[0].is_fragment and each[0].name == "coredns-custom"]
        customized = cluster.customized if overrides else None
        for document, fragment in overrides:
            imported = customized is not None and customized.imports(document)
            home: Document | None = customized.home if customized is not None and imported else None
            base = home.model if home is not None else parse_corefile(_USUAL)
            if isinstance(base, Corefile):
                yield from self._taken(base, home, document, fragment, cluster)

    def _taken(
        self, base: Corefile, home: Document | None, document: Document, fragment: Corefile, cluster: Cluster
    ) -> Iterator[Finding]:
        new = [directive for server in fragment.servers for directive in server.directives]
        for server in base.servers:
            block = imported_directives(server, new)
            if block is None or not is_cluster_block(server):
                continue
            by_taker: dict[int, list[Taken]] = {}
            for taken in taken_names(block):
                if any(taken.by.directive is each for each in new):
                    by_taker.setdefault(id(taken.by.directive), []).append(taken)
                elif any(taken.directive is each for each in new) and home is not None:
                    yield self._after(taken, home, document)
            for found in by_taker.values():
                if home is None:  # the order of two lines of one plugin is not known
                    found = [each for each in found if each.directive.name != each.by.directive.name]
                if found:
                    yield self._before(found, home, document, fragment, cluster)

    def _after(self, taken: Taken, home: Document, document: Document) -> Finding:
        by, directive = taken.by.directive, taken.directive
        other = "another " if by.name == directive.name else ""
        return self.finding(
            directive.name.span,
            f"{other}`{by.name}` answers every query for these names first, so queries never reach this `{directive.name}`",
            help=f"Move it to a separate server block in a `*.server` key. Or limit the `{by.name}` of the Corefile.",
            related=[Related(by.head, f"this `{by.name}` answers every query", home)],
            document=document,
        )

    def _before(
        self, found: list[Taken], home: Document | None, document: Document, fragment: Corefile, cluster: Cluster
    ) -> Finding:
        by = found[0].by.directive
        never = listed(list(dict.fromkeys(f"`{each.directive.name}`" for each in found)))
        are = "is" if never.count("`") == 2 else "are"
        what, help_, fix = f"`{by.name}` answers every query", f"Limit `{by.name}` to some zones.", None
        if by.name in DATA_PLUGINS and (by.name != "template" or by.get("match") is not None):
            answer = "SERVFAIL" if by.name in _NO_SOA else "NXDOMAIN"
            what = f"`{by.name}` has no `fallthrough`, so names that `{by.name}` does not have get {answer}"
            if keyword_known(by.name, "fallthrough", cluster.coredns_version):
                help_ = f"Add `fallthrough` to `{by.name}`. Or name its zones."
        if by.name == "hosts" and by.get("fallthrough") is None:
            fix = Fix("Add `fallthrough` to `hosts`", (fragment.add_property(by, "fallthrough"),), safe=False)
        return self.finding(
            by.head,
            f"{what}, and {never} {are} never asked",
            help=help_,
            related=[Related(each.directive.head, "this plugin is never asked", home) for each in found[:3] if home],
            document=document,
            fix=fix,
        )

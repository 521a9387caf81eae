"""KPL270."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Related, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, Directive, Role, is_cluster_block, is_public_address, role_of
from kpl_rules.coredns._asked import forward_of
from kpl_rules.coredns._kubeadm import KUBEADM

_REVERSE = "in-addr.arpa ip6.arpa"
_SOME = "1.0.0.10.in-addr.arpa."
"""The reverse name of an address in a private network."""
_GOOD = KUBEADM.replace("/etc/resolv.conf", "8.8.8.8 8.8.4.4")
_BAD = _GOOD.replace(f" cluster.local {_REVERSE}", " cluster.local").replace(f"        fallthrough {_REVERSE}\n", "")
_FIXED = _GOOD.replace(
    f"        fallthrough {_REVERSE}\n        ttl 30\n", f"        ttl 30\n        fallthrough {_REVERSE}\n"
)
_SHORT = ". {\n    errors\n    ready\n    kubernetes %s\n    forward . 9.9.9.9\n    cache 30\n}\n"


class ReverseLookupsLeave(Rule):
    """`kubernetes` has no reverse zones, so lookups of the addresses of Services go to the internet and fail.

    ## Why
    Programs look up the name of an address: a database for each client that connects, `sshd`, `tcpdump`, log collectors. The
    name is in a reverse zone, such as `in-addr.arpa`. If `kubernetes` has only the domain of the cluster, CoreDNS forwards
    these queries like all others. A public resolver does not know private addresses: it responds with NXDOMAIN, after a round trip
    to the internet, and learns which addresses your cluster has. kubeadm's Corefile has `in-addr.arpa ip6.arpa`, with which
    CoreDNS answers for the addresses of Services and of endpoints of headless Services.

    The rule needs a `forward` with only public addresses. It is silent if something in the Corefile is about reverse zones.

    ## Fix
    Adds the reverse zones, and `fallthrough` for addresses outside of the cluster. The fix is unsafe, because programs then get
    names for addresses that had none.

    ## References
    - https://coredns.io/plugins/kubernetes/
    - https://github.com/kubernetes/dns/blob/master/docs/specification.md (2.3.3 and 2.4.3, PTR records)
    - https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/addons/dns/manifests.go
    - https://www.rfc-editor.org/rfc/rfc6303
    """

    code = "KPL270"
    name = "reverse-lookups-leave"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "kubernetes"
    examples = [
        Bad(
            corefile(_BAD),
            flags=["kubernetes cluster.local"],
            fixed=_FIXED,
            safe=False,
            says=[
                "`kubernetes` has no reverse zones, so CoreDNS forwards lookups of the addresses of pods and Services to `8.8.8.8`",
                "Add `in-addr.arpa ip6.arpa` to `kubernetes`",
            ],
        ),
        Bad(
            corefile(_SHORT % "cluster.local"),
            flags=["kubernetes cluster.local"],
            fixed=_SHORT % f"cluster.local {_REVERSE} {{\n        fallthrough {_REVERSE}\n    }}",
            safe=False,
            other=["missing-reload"],
        ),
        Bad(
            corefile(_SHORT % "cluster.local {\n        fallthrough\n    }"),
            flags=["kubernetes cluster.local"],
            fixed=_SHORT % f"cluster.local {_REVERSE} {{\n        fallthrough\n    }}",
            safe=False,
        ),
        Bad(
            corefile(_SHORT % "cluster.local {\n        fallthrough cluster.local\n    }"),
            flags=["kubernetes cluster.local"],
        ),
        # all names, those of addresses too
        Good(corefile(_GOOD)),
        Good(corefile(_SHORT % ""), other=["unreachable-plugin"]),
        Good(corefile(_SHORT % "."), other=["unreachable-plugin"]),
        Good(corefile(_SHORT % "cluster.local 10.0.0.0/8")),
        Good(corefile(_SHORT % "cluster.local 10.in-addr.arpa")),
        # others may know them
        Good(corefile(_BAD.replace("8.8.8.8 8.8.4.4", "/etc/resolv.conf"))),
        Good(corefile(_BAD.replace("8.8.8.8 8.8.4.4", "10.0.0.2 10.0.0.3"))),
        Good(corefile(_BAD.replace("8.8.8.8", "{$UPSTREAM}"))),
        Good(corefile(_BAD + "in-addr.arpa {\n    errors\n    cache 30\n    forward . 10.0.0.2\n}\n")),
        Good(corefile(_BAD + "10.0.0.0/8 {\n    errors\n    cache 30\n    forward . 10.0.0.2\n}\n")),
        Good(corefile(_BAD.replace("    kube", "    hosts {\n        10.0.0.1 a.example\n        fallthrough\n    }\n    kube"))),
        Good(corefile(_BAD.replace("    cache 30", "    import more/*"))),
        # names of the cluster only
        Good(corefile(_BAD.replace(".:53", "cluster.local:53"))),
        Good(corefile(_SHORT % "cluster.local {\n        endpoint https://10.0.0.1\n    }")),
    ]  # fmt: skip

    def check(self, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if "arpa" in corefile.text or role_of(cluster.document_of(corefile)) is not Role.CLUSTER:
            return
        lines = [line for server in corefile.servers if is_cluster_block(server) for line in server.all("kubernetes")]
        keys = [word for server in corefile.servers for word in server.keys]
        if not lines or not all(line.args for line in lines):
            return
        if any("/" in word.rpartition("://")[2] for word in (*keys, *(word for line in lines for word in line.args))):
            return
        forward = forward_of(corefile, _SOME)
        if forward is None or not forward.args[1:] or not all(map(is_public_address, forward.args[1:])):
            return
        yield self.finding(
            lines[0].head,
            "`kubernetes` has no reverse zones, so CoreDNS forwards lookups of the addresses of pods and Services to "
            f"`{forward.args[1]}`, which does not know them",
            help=f"Add `{_REVERSE}` to `kubernetes`, and `fallthrough {_REVERSE}`.",
            related=[Related(forward.head, "these queries are forwarded here")],
            fix=_fix(corefile, lines[0]) if len(lines) == 1 else None,
        )


def _fix(corefile: Corefile, line: Directive) -> Fix | None:
    at = line.args[-1].span.end
    title = f"Add `{_REVERSE}` to `kubernetes`"
    zones = Edit(at, at, f" {_REVERSE}")
    option = line.get("fallthrough")
    if option is not None:
        return Fix(title, (zones,), safe=False) if not option.args else None
    added = corefile.add_property(line, f"fallthrough {_REVERSE}")
    if added.start == at:
        return Fix(title, (Edit(at, added.end, f" {_REVERSE}{added.text}"),), safe=False)
    return Fix(title, (zones, added), safe=False)

"""KPL495."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Rule, Severity, Stop, dump, files
from kpl.dumps import Listing
from kpl.iptables import Ruleset
from kpl.testing import node_dump

_LISTED = """\
Chain KUBE-SERVICES (2 references)
target                     prot opt source      destination
KUBE-SVC-NPX46M4PTMTKRN6Y  tcp  --  0.0.0.0/0   10.96.0.1     /* default/kubernetes:https cluster IP */ tcp dpt:443
"""
_COUNTED = """\
 pkts bytes target                     prot opt in     out     source      destination
    3   180 KUBE-SVC-NPX46M4PTMTKRN6Y  tcp  --  *      *       0.0.0.0/0   10.96.0.1
"""


class ListingInsteadOfDump(Rule):
    """The file is a listing of `iptables -L`, which kpl does not check.

    ## Why
    `iptables -L` prints chains for people to read. According to iptables(8), "the exact rules are suppressed until you
    use iptables -L -v or iptables-save(8)": interfaces are missing without `-v`, addresses and ports become names
    without `-n`, only one table is listed, and no program can read the text back. Findings about such a file could be
    wrong.

    The rule ignores a listing if the run has the output of `iptables-save` of the same node, as the archives of log
    collectors do.

    ## Fix
    Take the output of `iptables-save` (`ip6tables-save` for IPv6), which contains every table exactly.

    ## References
    - https://man7.org/linux/man-pages/man8/iptables.8.html
    - https://man7.org/linux/man-pages/man8/iptables-save.8.html
    """

    code = "KPL495"
    name = "listing-instead-of-dump"
    stop = Stop.DATAPLANE
    severity = Severity.INFO
    since = "0.1.0"
    needs = "Listing"
    examples = [
        Bad(dump(_LISTED), flags=["KUBE-SERVICES"]),
        Bad(dump(_COUNTED), flags=["KUBE-SVC-NPX46M4PTMTKRN6Y"]),
        Good(files(**{"n/iptables-nat.txt": _LISTED, "n/iptables-save.txt": node_dump()})),
        Bad(files(**{"a/iptables-nat.txt": _LISTED, "b/iptables-save.txt": node_dump()}), flags=["KUBE-SERVICES"]),
        Good(dump("-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y\n")),
    ]

    def check(self, listing: Listing, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if any(isinstance(each.model, Ruleset) for each in cluster.of_node(document)):
            return
        yield self.finding(
            listing.chain,
            "this output of `iptables -L` does not show the exact rules, so kpl does not check it",
            help="Use the output of `iptables-save`, and of `ip6tables-save` for IPv6.",
        )

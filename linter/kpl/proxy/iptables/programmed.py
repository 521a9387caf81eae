"""What kube-proxy programmed on a node, counted in a dump of it."""

from __future__ import annotations

from kpl.inputs.dumps.ruleset import Table
from kpl.proxy.iptables.chains import SERVICES, is_kube_proxy_chain
from kpl.proxy.iptables.leaves import portals

_CLUSTER_IP = " cluster IP"


def programmed_services(nat: Table) -> set[str]:
    """The Services (``namespace/name``) whose cluster IP the nat table translates.

    Those without endpoints are not among them: the filter table rejects their traffic.
    """
    comments = (portal.comment for portal in portals(nat))
    names = (comment.removesuffix(_CLUSTER_IP) for comment in comments if comment and comment.endswith(_CLUSTER_IP))
    return {name.partition(":")[0] for name in names}


def longest_walk(nat: Table) -> int:
    """With how many rules a packet that is for none of the Services is compared before that is known."""
    return len(nat.rules_of.get(SERVICES, ()))


def kube_proxy_rules(nat: Table) -> int:
    """How many rules of the nat table are kube-proxy's, without the three that lead to them."""
    return sum(len(rows) for chain, rows in nat.rules_of.items() if is_kube_proxy_chain(chain))

"""KPL206."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Fix, Good, Rule, Severity, Stop, corefile
from kpl.corefiles import (
    Role,
    ServerBlock,
    directive_known,
    is_cluster_block,
    is_placeholder,
    is_public_address,
    role_of,
)
from kpl.words import whole_number
from kpl_rules.coredns._kubeadm import KUBEADM

_FULL = (
    KUBEADM.replace("/etc/resolv.conf", "%s").replace("    loop\n", "").replace("    cache 30\n", "%s    cache 30\n")
)


class MissingLoop(Rule):
    """Without `loop`, CoreDNS does not detect a forwarding loop, which uses memory and CPU until the pod is killed.

    ## Why
    If the upstreams come from `/etc/resolv.conf`, a node with systemd-resolved or dnsmasq has a loopback address there,
    and CoreDNS forwards every query to itself. `loop` sends one probe when CoreDNS starts, and stops CoreDNS with a
    message about the loop. Without it, the queries multiply until the pod is out of memory. A custom resolver that
    sends unknown names back to the cluster creates the same loop. kubeadm's Corefile has `loop`.

    The rule is silent if all upstreams are public addresses, which send no loop back, and if the block does not listen
    on port 53, the port that resolv.conf uses.

    ## Fix
    Adds `loop` after `forward`. The fix is unsafe: if there is a loop, CoreDNS stops when it starts.

    ## References
    - https://coredns.io/plugins/loop/
    - https://github.com/coredns/coredns/issues/2087
    """

    code = "KPL206"
    name = "missing-loop"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "kubernetes"
    symptoms = ("coredns-is-killed",)
    examples = [
        Bad(
            corefile(_FULL % ("/etc/resolv.conf", "")),
            flags=[".:53"],
            fixed=_FULL % ("/etc/resolv.conf", "    loop\n"),
            safe=False,
        ),
        Bad(
            corefile(_FULL % ("10.0.0.2 tls://9.9.9.9", "")),
            flags=[".:53"],
            fixed=_FULL % ("10.0.0.2 tls://9.9.9.9", "    loop\n"),
            safe=False,
            other=["private-and-public-upstream"],
        ),
        Good(corefile(_FULL % ("/etc/resolv.conf", "    loop\n"))),
        Good(corefile(_FULL % ("8.8.8.8 [2620:fe::fe]:53", ""))),
        Good(corefile(_FULL % ("/etc/resolv.conf", "    import loop.conf\n"))),
        Good(corefile(". {\n    errors\n    forward . /etc/resolv.conf\n    cache 30\n}\n")),
        Good(corefile((_FULL % ("/etc/resolv.conf", "")).replace(".:53", ".:5353"))),
        Good(corefile((_FULL % ("10.0.0.2", "")).replace("forward .", "forward corp.example"))),
        Good(corefile(_FULL % ("{$UPSTREAM}", ""))),
        # it is not there yet
        Good(corefile(_FULL % ("10.0.0.2", "")).copy(), {"coredns": "1.2.0"}, other=["corefile-refused"]),
        Bad(
            corefile(_FULL % ("8.8.8.8 10.0.0.2", "")),
            flags=[".:53"],
            fixed=_FULL % ("8.8.8.8 10.0.0.2", "    loop\n"),
            safe=False,
            says=["forwards to `10.0.0.2` without `loop`"],
            other=["private-and-public-upstream"],
        ),
    ]

    def check(self, server: ServerBlock, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if not is_cluster_block(server) or server.has("loop") or not server.complete:
            return
        if role_of(cluster.document_of(server)) is not Role.CLUSTER:
            return
        forward = next((each for each in server.all("forward") if each.args[:1] == ["."]), None)
        if forward is None or not directive_known("loop", cluster.coredns_version_for(server)):
            return
        if not any(_on_port_53(key) for key in server.keys):
            return
        own = [each for each in forward.args[1:] if not is_public_address(each)]
        if not own or any(is_placeholder(each) for each in forward.args):
            return
        fix = None
        if forward in server.directives:
            fix = Fix("Add `loop`", (server.corefile.insert_after(forward, "loop"),), safe=False)
        yield self.finding(
            server.key_span,
            f"this block forwards to `{own[0]}` without `loop`, so a forwarding loop consumes memory until CoreDNS is killed",
            help="Add `loop` to the block: CoreDNS then checks for a loop when it starts, and stops with a message about it.",
            fix=fix,
        )


def _on_port_53(key: str) -> bool:
    return whole_number(key.rpartition(":")[2]) in (None, 53)

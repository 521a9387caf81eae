"""KPL232."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Profile, Related, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, ServerBlock, corefile_placeholder, served_zones
from kpl.kubeproxy import network_family

_EVERY_ADDRESS = ("0.0.0.0", "::")


class BoundAddressOfAnotherBlock(Rule):
    """Another block binds an address on the same port, so this block receives no queries for it.

    ## Why
    CoreDNS opens one socket for each address and port. A block without `bind` listens on all addresses, but queries to
    an address that another block binds go only to that block. For the zones of the unbound block, it answers from its
    own plugins or with REFUSED. CoreDNS's maintainers say that this works as intended.

    The rule is in the profile `strict`, because the unbound block may be meant for the other addresses only.

    ## Fix
    There is no automatic fix, because the unbound block may be meant for the other addresses only.

    ## References
    - https://coredns.io/plugins/bind/
    - https://github.com/coredns/coredns/issues/4270
    """

    code = "KPL232"
    name = "bound-address-of-another-block"
    stop = Stop.COREDNS
    severity = Severity.INFO
    since = "0.1.0"
    symptoms = ("names-do-not-resolve",)
    profile = Profile.STRICT
    examples = [
        Bad(
            corefile(
                "lan {\n    bind 10.0.0.1\n    errors\n    whoami\n}\n. {\n    errors\n    cache\n    forward . 10.0.0.2\n}\n"
            ),
            flags=["."],
            says=["another block binds 10.0.0.1", "Add `bind 10.0.0.1`"],
        ),
        Good(
            corefile(
                "lan {\n    bind 10.0.0.1\n    errors\n    whoami\n}\n"
                ". {\n    bind 10.0.0.1\n    errors\n    cache\n    forward . 10.0.0.2\n}\n"
            )
        ),
        Good(
            corefile(
                "lan:1053 {\n    bind 10.0.0.1\n    errors\n    whoami\n}\n"
                ". {\n    errors\n    cache\n    forward . 10.0.0.2\n}\n"
            )
        ),
        # every address, an interface, another transport
        Good(
            corefile(
                "lan {\n    bind 0.0.0.0\n    errors\n    whoami\n}\n. {\n    errors\n    cache\n    forward . 10.0.0.2\n}\n"
            )
        ),
        Good(
            corefile(
                "lan {\n    bind eth0\n    errors\n    whoami\n}\n. {\n    errors\n    cache\n    forward . 10.0.0.2\n}\n"
            )
        ),
        Good(
            corefile(
                "tls://lan:53 {\n    bind 10.0.0.1\n    tls c k\n    errors\n    whoami\n}\n"
                ". {\n    errors\n    cache\n    forward . 10.0.0.2\n}\n"
            )
        ),
        # what is imported or rendered may bind
        Good(
            corefile(
                "lan {\n    bind 10.0.0.1\n    errors\n    whoami\n}\n. {\n    errors\n    cache\n    import up/*\n}\n"
            )
        ),
        Good(
            corefile(
                "lan {\n    bind 10.0.0.1\n    errors\n    whoami\n}\n. {\n    errors\n    whoami\n    {{ .Values.bind }}\n}\n"
            )
        ),
        Good(corefile("lan {\n    bind 10.0.0.1\n    errors\n    whoami\n}\n{$ZONE} {\n    errors\n    whoami\n}\n")),
    ]

    def check(self, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if corefile_placeholder(corefile.text) is not None:
            return
        document = cluster.document_of(corefile)
        if cluster.lenient(document).judgement.verdict.answer == "refuses":
            return
        bound: dict[str, tuple[ServerBlock, str]] = {}
        for server in corefile.servers:
            for address in _addresses(server):
                for port in _ports(server, cluster):
                    bound.setdefault(port, (server, address))
        for server in corefile.servers:
            if server.has("bind") or not server.complete:
                continue
            for port in sorted(_ports(server, cluster) & bound.keys()):
                other, address = bound[port]
                yield self.finding(
                    server.key_span,
                    f"another block binds {address}, so this block receives no queries for that address",
                    help=f"Add `bind {address}` to this block if it must answer there.",
                    related=[Related(other.key_span, "this block answers there")],
                )


def _addresses(server: ServerBlock) -> list[str]:
    words = [word for bind in server.all("bind") for word in bind.args]
    return [word for word in words if network_family(f"{word}/32") is not None and word not in _EVERY_ADDRESS]


def _ports(server: ServerBlock, cluster: Cluster) -> set[str]:
    """The ports of the block's keys, each with its transport; none where a variable may bring the port."""
    if any(key.endswith("}") for key in server.keys):
        return set()
    try:
        zones = [zone for key in server.keys for zone in served_zones(key, cluster.coredns_version_for(server))]
    except ValueError:  # a key that is no zone yet: a variable brings the rest
        return set()
    return {f"{zone.transport}://:{zone.port}" for zone in zones}

"""KPL242."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Related, Rule, Severity, Stop, corefile
from kpl.corefiles import Corefile, ServerBlock, is_placeholder, is_subdomain, served_zones, zones_of
from kpl.words import listed
from kpl_rules.coredns._kubeadm import KUBEADM

_STUB = "stub.example:53 {\n    errors\n    cache 30\n    forward . 10.1.2.3\n}\n"
_FULL = KUBEADM.replace("pods insecure", "pods verified").replace(
    "    ready\n", "    ready\n    autopath @kubernetes\n"
)


class AutopathBesideStubBlock(Rule):
    """`autopath` does not ask the server block of a stub domain, so pods get answers from other upstreams.

    ## Why
    With `ndots:5`, a pod that looks up `db.stub.example` asks first for `db.stub.example.default.svc.cluster.local`.
    `autopath` answers this query: it tries each search domain and then the bare name, and hands each of them to the next
    plugin of the same server block. A server block for `stub.example` is not asked, because CoreDNS chose the block before,
    by the name in the query.

    The bare name goes to the `forward` of the block with `autopath`. If its upstream has another view of the domain, for
    example a public wildcard, the pod receives the wrong address. If the upstream responds with NXDOMAIN, the pod
    continues its search list, so `autopath` saves no query for this domain.

    The rule is silent if the block with `autopath` has a plugin for the domain, or forwards to the same upstreams.

    ## Fix
    Put the stub domain into the block with `autopath` as a second `forward`, which CoreDNS 1.9.4 and later accepts.
    There is no automatic fix, because the two blocks may differ in other plugins.

    ## References
    - https://github.com/coredns/coredns/issues/2539
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/autopath/autopath.go (ServeDNS)
    - https://coredns.io/plugins/autopath/
    """

    code = "KPL242"
    name = "autopath-beside-stub-block"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "autopath"
    examples = [
        Bad(
            corefile(_FULL + _STUB),
            flags=["autopath @kubernetes"],
            says=[
                "passes names of `stub.example` to this server block instead of theirs",
                "Add `forward stub.example` with the upstreams",
            ],
        ),
        Bad(
            corefile(_FULL + _STUB + _STUB.replace("stub.example:53", "dns://a.lan b.lan:5353")),
            flags=["autopath @kubernetes"],
            says=["names of `stub.example` and `a.lan`"],
            other=["port-of-one-key"],
        ),
        Bad(
            corefile(
                _FULL.replace("autopath @", "autopath . @")
                + "".join(_STUB.replace("stub.example:53", f"{each}.lan z.{each}.lan") for each in "abcd")
            ),
            flags=["autopath . @kubernetes"],
            says=["names of `a.lan`, `b.lan` and `c.lan` to"],
        ),
        # another block with one of the two
        Bad(
            corefile(
                _FULL.replace("    autopath @kubernetes\n", "").replace(".:53", "cluster.local:53") + _FULL + _STUB
            ),
            flags=["autopath @kubernetes"],
        ),
        Good(corefile(_FULL)),
        Good(corefile(_FULL.replace("    autopath @kubernetes\n", "") + _STUB)),
        # in vain
        Good(
            corefile(_FULL.replace("pods verified", "pods insecure") + _STUB),
            other=["autopath-without-verified-pods"],
        ),
        # a plugin of its own
        Good(corefile(_FULL.replace("    forward .", "    forward stub.example 10.1.2.3\n    forward .") + _STUB)),
        Good(corefile(_FULL.replace("    forward .", "    file example.db example\n    forward .") + _STUB)),
        Good(corefile(_FULL.replace("    forward .", "    import custom/*.override\n    forward .") + _STUB)),
        # what is in no search of a pod, or no block that pods ask
        Good(corefile(_FULL + _STUB.replace("stub.example", "10.in-addr.arpa"))),
        Good(corefile(_FULL + _STUB.replace("stub.example", "a.cluster.local"))),
        Good(corefile(_FULL + _STUB.replace("stub.example:53", "stub.example:5353"))),
        Good(
            corefile(_FULL + _STUB.replace("stub.example:53", "tls://stub.example:53")),
            other=["encrypted-key-without-tls"],
        ),
        Good(
            corefile(_FULL + _STUB.replace("    errors", "    bind 127.0.0.1\n    errors")),
            other=["bound-address-of-another-block"],
        ),
        Bad(
            corefile((_FULL + _STUB).replace("    errors", "    bind 10.0.0.1\n    errors")),
            flags=["autopath @kubernetes"],
        ),
        Good(corefile(_FULL + _STUB.replace("stub.example", "{$STUB}"))),
        Good(corefile(_FULL + _STUB.replace("stub.example:53", ".:5353"))),
        Good(corefile(_FULL + _STUB.replace("stub.example:53", "stub..example:53")), other=["corefile-refused"]),
        Good(corefile(_FULL.replace(".:53", "cluster.local:53") + _STUB)),
        Good(corefile(_FULL.replace(".:53", "{$ZONE}:53") + _STUB)),
        Good(corefile(_FULL + _STUB.replace("10.1.2.3", "/etc/resolv.conf"))),
        # every port is 53 where none is written
        Bad(
            corefile(_FULL.replace(".:53", ".") + _STUB.replace(":53", "")),
            flags=["autopath @kubernetes"],
        ),
        # another search list
        Good(corefile(_FULL.replace("autopath @kubernetes", "autopath /etc/search.conf") + _STUB)),
        Good(corefile(_FULL.replace("kubernetes cluster.local", "kubernetes {$DOMAIN}") + _STUB)),
        Good(
            corefile(". {\n    errors\n    autopath @kubernetes\n    forward . 10.0.0.2\n    cache 30\n}\n" + _STUB),
            other=["autopath-without-verified-pods"],
        ),
    ]

    def check(self, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        for server in corefile.servers:
            autopath, kubernetes = server.get("autopath"), server.get("kubernetes")
            if autopath is None or kubernetes is None or autopath.args[-1:] != ["@kubernetes"] or not server.complete:
                continue
            pods = kubernetes.get("pods")
            if pods is None or pods.args != ["verified"] or any(map(is_placeholder, kubernetes.args)):
                continue
            stubs = list(_stubs(server))
            if not stubs:
                continue
            names = listed([f"`{zone.removesuffix('.')}`" for _, zone in stubs[:3]])
            first = stubs[0][1].removesuffix(".")
            yield self.finding(
                autopath.head,
                f"`autopath` passes names of {names} to this server block instead of theirs, so pods get the "
                "answers of other upstreams",
                help=f"Add `forward {first}` with the upstreams of `{first}` to the block of `autopath`. Or remove `autopath`.",
                related=[Related(block.key_span, "this block is not asked") for block, _ in stubs],
            )


def _stubs(server: ServerBlock) -> Iterator[tuple[ServerBlock, str]]:
    """The blocks beside this one that serve a domain below its own zones, which none of its plugins has."""
    own = _served(server)
    known = [zone for each in server.expanded() for word in each.args if word != "." for zone in zones_of(word)]
    for block in server.corefile.servers:
        if block is server or _bound(block) != _bound(server):
            continue
        for zone, port in sorted(_served(block)):
            below = any(port == its and zone != above and is_subdomain(above, zone) for above, its in own)
            if not below or zone.endswith(".arpa.") or _upstreams(block) == _upstreams(server):
                continue
            if not any(is_subdomain(each, zone) for each in known):
                yield block, zone
                break


def _served(server: ServerBlock) -> set[tuple[str, str]]:
    """The zones that are served in plain DNS, each with its port."""
    found = set()
    for key in server.keys:
        if not is_placeholder(key):
            try:
                found |= {(zone.name, zone.port) for zone in served_zones(key) if zone.transport == "dns"}
            except ValueError:
                continue
    return found


def _bound(server: ServerBlock) -> set[str]:
    return {word for each in server.all("bind") for word in each.args}


def _upstreams(server: ServerBlock) -> set[str] | None:
    """What the block forwards to; None if it does not forward."""
    return {word for each in server.all("forward") for word in each.args[1:]} or None

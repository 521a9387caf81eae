"""Which plugin of a Corefile gets the query of a pod for a name."""

from __future__ import annotations

from kpl.corefiles import Corefile, Directive, ServerBlock, answerers, corefile_placeholder, is_subdomain, zones_of

_PASS_ON = frozenset(
    """
    any autopath bind bufsize cache cancel chaos debug dnssec dnstap errors forward health kubernetes loadbalance log loop
    metadata minimal multisocket nsid pprof prometheus ready reload timeouts trace
    """.split()
)
"""The plugins that neither answer for names outside of the cluster, nor change a name, nor refuse it."""


def forward_of(corefile: Corefile, name: str) -> Directive | None:
    """The `forward` that certainly gets the query for `name`, which is normalized, from a pod."""
    if corefile.imports or corefile.fragment or corefile_placeholder(corefile.text) is not None:
        return None
    server = _block_of(corefile, name)
    if server is None or not server.names <= _PASS_ON or any(each.has("view") for each in corefile.servers):
        return None
    asked = next((each for each in answerers(server) if any(is_subdomain(zone, name) for zone in each.zones)), None)
    if asked is None or asked.directive.name != "forward":
        return None
    excepted = [zone for each in asked.directive.all("except") for word in each.args for zone in zones_of(word)]
    return None if any(is_subdomain(zone, name) for zone in excepted) else asked.directive


def _block_of(corefile: Corefile, name: str) -> ServerBlock | None:
    """The block whose zone has the most labels of the name, on the port that pods ask."""
    best: tuple[int, ServerBlock] | None = None
    for server in corefile.servers:
        for key in server.keys:
            if ":" in key and key.rpartition(":")[2] != "53":
                continue
            for zone in zones_of(key):
                if is_subdomain(zone, name) and (best is None or len(zone) > best[0]):
                    best = len(zone), server
    return best[1] if best is not None else None

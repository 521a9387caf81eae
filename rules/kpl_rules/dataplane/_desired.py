"""What the rules share that hold a dump against the Services of its cluster: which findings there are, and in what words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from kpl import Cluster, Document, Finding, Related, Rule, Span
from kpl.dumps import Difference, DifferenceKind
from kpl.edits import first_line
from kpl.kubeproxy import canonical_address, is_within
from kpl.manifests import EndpointSlice, Service
from kpl_rules.dataplane._ipvs import excluded_networks

MOST_FINDINGS = 10
"""So many Services of a dump have findings of their own; of more, one finding tells."""

_SHOWN = 3


def report(rule: Rule, cluster: Cluster, kinds: Collection[DifferenceKind], help_: str) -> Iterator[Finding]:
    """The findings of `rule`: one for each Service of each dump that differs in one of `kinds`."""
    for document in cluster.dumps:
        groups: dict[str, list[Difference]] = {}
        for each in cluster.disagreements(document):
            if each.kind in kinds and not _is_excluded(each, cluster):
                groups.setdefault(_service_of(each), []).append(each)
        if len(groups) > MOST_FINDINGS:
            yield _of_many(rule, document, groups, help_)
            continue
        objects = {_name(service): (of, service) for of, service in cluster.of(Service)} if groups else {}
        for name, found in groups.items():
            message = f"in `{document.path}`, {_sentence(found, cluster)}"
            here = _mention(document, found[0])
            if name in objects:
                of, service = objects[name]
                related = [Related(here, "the dump of the node", document)]
                yield rule.finding(service.name.span, message, help=help_, related=related, document=of)
            else:
                yield rule.finding(here, message, help=help_, document=document)


def _sentence(found: list[Difference], cluster: Cluster) -> str:
    words, title = "", ""
    for each in found[:_SHOWN]:
        words += (", " if words else "") + (f"`{each.title}` " if each.title != title else "") + _phrase(each, cluster)
        title = each.title
    return words + (f" and {len(found) - _SHOWN:,} more" if len(found) > _SHOWN else "")


def _of_many(rule: Rule, document: Document, groups: Mapping[str, list[Difference]], help_: str) -> Finding:
    first = next(iter(groups.values()))[0]
    return rule.finding(
        first_line(document.embedding.text),
        f"{len(groups):,} Services on this node differ from those of the cluster "
        f"({first.kind.value}): {_joined([f'`{name}`' for name in groups], ', ')}",
        help=help_,
        document=document,
    )


def _joined(words: list[str], separator: str) -> str:
    more = f" and {len(words) - _SHOWN:,} more" if len(words) > _SHOWN else ""
    return separator.join(words[:_SHOWN]) + more


def _is_excluded(difference: Difference, cluster: Cluster) -> bool:
    """Whether a virtual server that no Service has is one that kube-proxy leaves to another program."""
    port = difference.port
    if port.name is not None or port.cluster_ip is None:
        return False
    return any(is_within(port.cluster_ip, network) for network in excluded_networks(cluster))


def _service_of(difference: Difference) -> str:
    return (difference.port.name or difference.title).partition(":")[0]


def _name(service: Service) -> str:
    return f"{service.namespace or 'default'}/{service.name}"


def _mention(document: Document, difference: Difference) -> Span:
    """Where the dump names the port first, or its cluster IP; its first line where it has neither."""
    port = difference.port
    service, _, name = (port.name or "").partition(":")
    in_chain = f"{service}/{port.protocol.lower()}/{name}" if service else None  # as nftables mode names chains
    for spelling in (port.name, in_chain, port.cluster_ip):
        if spelling and (found := re.search(rf"(?<![\w.:/]){re.escape(spelling)}(?![\w:.-])", document.embedding.text)):
            return Span(*found.span())
    return first_line(document.embedding.text)


def _phrase(difference: Difference, cluster: Cluster) -> str:
    kind, _, expected, programmed, way = difference
    wanted, found = _joined(list(expected), ", "), _joined(list(programmed), ", ")
    several = "s" if len(expected or programmed) > 1 else ""
    if kind in (DifferenceKind.ENDPOINT_LEFT_OVER, DifferenceKind.ANSWERED):
        return f"still sends traffic to {_with_reasons(difference, cluster)}"
    if kind is DifferenceKind.POLICY:
        if expected == ("Local",):
            return f"sends {way} traffic to other nodes although its traffic policy is Local"
        return f"keeps {way} traffic on the node although its traffic policy is Cluster"
    if kind is DifferenceKind.SOURCE_RANGES:
        return f"accepts traffic from {found or 'everywhere'} instead of {wanted or 'everywhere'}"
    if kind is DifferenceKind.AFFINITY:
        kept = f"keeps a client on one endpoint for {found} seconds" if found else "has no session affinity"
        return f"{kept} although the Service sets {f'{wanted} seconds' if wanted else 'no affinity'}"
    if kind in (DifferenceKind.NODE_PORT, DifferenceKind.HEALTH_CHECK_NODE_PORT):
        name = "NodePort" if kind is DifferenceKind.NODE_PORT else "health check NodePort"
        if not expected:
            return f"still has the {name} {found}"
        return f"has the {name} {found} instead of {wanted}" if found else f"lacks the {name} {wanted}"
    return {
        DifferenceKind.SERVICE_MISSING: f"is not programmed at {wanted}",
        DifferenceKind.SERVICE_LEFT_OVER: f"is still programmed at {found}",
        DifferenceKind.CLUSTER_IP: f"has {f'the cluster IP {found}' if found else 'no cluster IP'} instead of {wanted}",
        DifferenceKind.PORT: f"has the port {found} instead of {wanted}",
        DifferenceKind.EXTERNAL_IP_MISSING: f"lacks the external IP{several} {wanted}",
        DifferenceKind.LOAD_BALANCER_IP_MISSING: f"lacks the load-balancer IP{several} {wanted}",
        DifferenceKind.ADDRESS_LEFT_OVER: f"still accepts traffic to {found}",
        DifferenceKind.NOT_ANSWERED: f"refuses {way} traffic although it has the endpoint{several} {wanted}",
        DifferenceKind.ENDPOINT_MISSING: f"lacks the endpoint{several} {wanted}",
    }[kind]


def _with_reasons(difference: Difference, cluster: Cluster) -> str:
    named = [f"{each} ({_reason(each, difference, cluster)})" for each in difference.programmed[:_SHOWN]]
    return _joined([*named, *difference.programmed[_SHOWN:]], ", ")


def _reason(socket: str, difference: Difference, cluster: Cluster) -> str:
    """Why kube-proxy should not send traffic to `socket`."""
    address = socket.rpartition(":")[0].strip("[]")
    name = _service_of(difference)
    for _, each in cluster.of(EndpointSlice):
        if f"{each.namespace or 'default'}/{each.service}" == name:
            for endpoint in each.endpoints:
                if endpoint.addresses and canonical_address(endpoint.addresses[0]) == address:
                    if endpoint.terminating:
                        return "terminating"
                    return "meant for other nodes" if endpoint.ready else "not ready"
    return "not in any EndpointSlice of the Service"

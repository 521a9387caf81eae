"""Prints what changed from one dump to another: for people, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kpl.proxy.node.compare import Difference, DifferenceKind
from kpl.report.screen import printable

_KINDS = {
    DifferenceKind.SERVICE_MISSING: "service gone",
    DifferenceKind.SERVICE_LEFT_OVER: "service new",
    DifferenceKind.EXTERNAL_IP_MISSING: "external IP gone",
    DifferenceKind.LOAD_BALANCER_IP_MISSING: "load-balancer IP gone",
    DifferenceKind.ADDRESS_LEFT_OVER: "address new",
    DifferenceKind.ENDPOINT_MISSING: "endpoint gone",
    DifferenceKind.ENDPOINT_LEFT_OVER: "endpoint new",
    DifferenceKind.NOT_ANSWERED: "no endpoints any more",
    DifferenceKind.ANSWERED: "has endpoints now",
}
"""What a difference is called where time has passed; the others have the name of the thing that changed."""


def record(change: Difference) -> dict[str, Any]:
    """One change: ``before`` and ``after`` hold what differs."""
    return {
        "kind": _kind(change),
        "service": change.port.name,
        "protocol": change.port.protocol,
        "cluster_ip": change.port.cluster_ip,
        "way": change.way or None,
        "before": list(change.expected),
        "after": list(change.programmed),
    }


def change_lines(changes: Iterable[Difference]) -> Iterator[str]:
    """A line for each change, by Service."""
    found = sorted(changes, key=lambda change: (change.title, change.port.protocol))
    for change in found:
        way = f" ({change.way} traffic)" if change.way == "external" else ""
        before, after = ", ".join(change.expected), ", ".join(change.programmed)
        what = before or after if change.kind in _KINDS else f"{before or 'none'} -> {after or 'none'}"
        yield printable(f"{change.title} {change.port.protocol}: {_kind(change)}{way}{': ' if what else ''}{what}")
    if not found:
        yield "The same Services, with the same endpoints."


def _kind(change: Difference) -> str:
    return _KINDS.get(change.kind, change.kind.value)

"""KPL282."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Confidence, Document, Finding, Fix, Good, Rule, Severity, Span, Stop
from kpl.corefiles import CorednsChart, is_placeholder
from kpl.edits import add_entry
from kpl.manifests import Mapping

_PLUGINS = """\
  port: 53
  plugins:
  - name: errors
  - name: health
    configBlock: |-
      lameduck 5s
  - name: ready
  - name: forward
    parameters: . 10.0.0.2
  - name: cache
"""
_VALUES = f"servers:\n- zones:\n  - zone: lan.\n{_PLUGINS}"
_FIXED = _VALUES.replace("zone: lan.\n", "zone: lan.\n    use_tcp: true\n")


def _release(version: str, values: str = _VALUES) -> str:
    head = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: dns, namespace: dns}\nspec:\n"
        f"  chart: {{spec: {{chart: coredns, version: {version}}}}}\n  values:\n"
    )
    return head + "".join(f"    {line}\n" for line in values.splitlines())


_FIRST_WITHOUT_TCP = (1, 42, 1)
_COREDNS_OF_FIRST = (1, 12, 0)
"""The release of CoreDNS in this chart: who sets an earlier one, uses an earlier chart."""
_EXACT = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_OVER_TCP = ("tls://", "grpc://", "https://")


class ChartServiceWithoutTcp(Rule):
    """The chart gives the Service of CoreDNS only UDP, so truncated answers are lost and upgrades can fail.

    ## Why
    Chart 1.42.1 and later opens TCP for a zone only if it has `use_tcp: true`, or the scheme of a protocol over TCP. Before,
    a zone without a scheme got both. Without TCP, a client cannot ask again for an answer that is truncated because it does
    not fit into a UDP packet.

    An upgrade from an earlier chart can fail: both ports of the Service have the number 53, Kubernetes merges them by this
    number, and the patch that removes one removes both ("spec.ports: Required value").

    If the version of the chart is not known, the rule assumes the latest one, unless the values set the tag of an image that
    is older than the one of chart 1.42.1.

    ## Fix
    Adds `use_tcp: true`, which also has no disadvantage in earlier charts. The fix is unsafe, because it opens a port.

    ## References
    - https://github.com/coredns/helm/blob/coredns-1.43.3/charts/coredns/templates/_helpers.tpl
    - https://github.com/coredns/helm/issues/229
    - https://github.com/coredns/helm/issues/212
    - https://github.com/kubernetes/kubernetes/issues/105610
    - https://www.rfc-editor.org/rfc/rfc7766
    """

    code = "KPL282"
    name = "chart-service-without-tcp"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "plugins"
    symptoms = ("names-do-not-resolve",)
    examples = [
        Bad(
            {"values.yaml": _VALUES},
            flags=["lan."],
            says=["no zone of port 53 has `use_tcp: true`", "chart 1.42.1 and later"],
            fixed=_FIXED,
            safe=False,
        ),
        Bad({"release.yaml": _release("1.42.1")}, flags=["lan."], fixed=_release("1.42.1", _FIXED), safe=False),
        Bad(
            {"values.yaml": _VALUES.replace("zone: lan.\n", "zone: lan.\n    use_tcp: false\n")},
            flags=["lan."],
            says=["Set `use_tcp: true`"],
        ),
        Bad(
            {"values.yaml": _VALUES.replace("  - zone: lan.\n", "  - scheme: dns://\n")},
            flags=["dns://"],
            fixed=_VALUES.replace("  - zone: lan.\n", "  - scheme: dns://\n    use_tcp: true\n"),
            safe=False,
        ),
        Bad(
            {"values.yaml": "# no zones: all names\n" + _VALUES.replace("- zones:\n  - zone: lan.\n  port", "- port")},
            flags=["53"],
            says=["Add `zones`"],
        ),
        Good({"values.yaml": _FIXED}),
        Good({"release.yaml": _release("1.42.0")}),
        Good({"release.yaml": _release("1.x")}),
        # an old chart
        Good({"values.yaml": 'image: {tag: "1.6.9"}\n' + _VALUES}),
        Bad(
            {"values.yaml": 'image: {tag: "1.12.0"}\n' + _VALUES},
            flags=["lan."],
            fixed='image: {tag: "1.12.0"}\n' + _FIXED,
            safe=False,
        ),
        # another server of this port has TCP
        Good({"values.yaml": _FIXED + "- zones:\n  - zone: dev.\n" + _PLUGINS.replace("  - name: ready\n", "")}),
        Good(
            {"values.yaml": _VALUES.replace("zone: lan.\n", "zone: lan.\n    scheme: tls://\n")},
            other=["encrypted-key-without-tls"],
        ),
        Good({"values.yaml": _VALUES.replace("zone: lan.\n", "zone: lan.\n    use_tcp: '{{ .Values.tcp }}'\n")}),
        Good({"values.yaml": "deployment:\n  enabled: false\n" + _VALUES}),
    ]

    def check(self, chart: CorednsChart, document: Document) -> Iterator[Finding]:
        """See the class."""
        deployed = chart.node.scalar("deployment", "enabled")
        if document.templated or (deployed is not None and deployed.boolean() is False) or not _is_concerned(chart):
            return
        by_port: dict[str, list[Mapping]] = {}
        for server in chart.servers.items:
            if isinstance(server, Mapping):
                by_port.setdefault(server.text("port") or "53", []).append(server)
        for port, servers in by_port.items():
            zones = [zone for server in servers for zone in server.items("zones") if isinstance(zone, Mapping)]
            if is_placeholder(port) or any(map(_may_have_tcp, zones)):
                continue
            place, help_, fix = _place(servers[0], chart, zones)
            yield self.finding(
                place,
                f"no zone of port {port} has `use_tcp: true`, so chart 1.42.1 and later opens only UDP in the Service, and "
                "clients cannot repeat a query whose answer is truncated",
                help=help_,
                fix=fix,
                confidence=Confidence.MEDIUM if chart.version is None else None,
            )


def _is_concerned(chart: CorednsChart) -> bool:
    if chart.version is not None:
        found = _EXACT.fullmatch(chart.version)
        return found is not None and _numbers(found) >= _FIRST_WITHOUT_TCP
    tag = _EXACT.match(chart.node.text("image", "tag") or "")
    return tag is None or _numbers(tag) >= _COREDNS_OF_FIRST


def _numbers(found: re.Match[str]) -> tuple[int, ...]:
    return tuple(map(int, found.groups()))


def _may_have_tcp(zone: Mapping) -> bool:
    scheme, use_tcp = zone.scalar("scheme"), zone.scalar("use_tcp")
    if scheme is not None and scheme.value not in ("", "dns://"):
        return True
    return use_tcp is not None and use_tcp.boolean() is not False


def _place(server: Mapping, chart: CorednsChart, zones: list[Mapping]) -> tuple[Span, str, Fix | None]:
    """What is underlined, the help, and the fix."""
    if not zones:
        port = server.scalar("port")
        span = port.span if port is not None else Span(server.start, server.start + 1)
        return span, "Add `zones` with a zone that has `use_tcp: true`.", None
    first = zones[0].scalar("zone") or zones[0].scalar("scheme")
    span = first.span if first is not None else Span(zones[0].start, zones[0].start + 1)
    if zones[0].get("use_tcp") is not None:
        return span, "Set `use_tcp: true`.", None
    edit = add_entry(chart.text, zones[0], "use_tcp: true")
    return span, "Add `use_tcp: true` to the zone.", Fix("Add `use_tcp: true`", (edit,), safe=False) if edit else None

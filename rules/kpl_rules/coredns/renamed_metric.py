"""KPL289."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Rule, Severity, Span, Stop, Version, manifest
from kpl.manifests import MetricRules

_RULES = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: coredns, namespace: monitoring}
spec:
  groups:
    - name: dns
      rules:
        - alert: CoreDNSErrors
          expr: %s
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  template:
    spec:
      dnsPolicy: Default
      containers: [{name: coredns, image: "registry.k8s.io/coredns/coredns:v%s"}]
"""


def _with(expression: str, release: str = "") -> dict[str, str]:
    found = manifest(_RULES % expression)
    return {**found, "deployment.yaml": _DEPLOYMENT % release} if release else found


_FIRST = Version("1.7.0")
_PROXY = Version("1.11.0")
_OLD = {
    "acl_request_allow_count_total": "acl_allowed_requests_total",
    "acl_request_block_count_total": "acl_blocked_requests_total",
    "autopath_success_count_total": "autopath_success_total",
    "cache_size": "cache_entries",
    "dns_request_allow_count_total": "acl_allowed_requests_total",
    "dns_request_block_count_total": "acl_blocked_requests_total",
    "dns_request_count_total": "dns_requests_total",
    "dns_request_do_count_total": "dns_do_requests_total",
    "dns_request_type_count_total": "dns_requests_total",
    "dns_response_rcode_count_total": "dns_responses_total",
    "dnssec_cache_size": "dnssec_cache_entries",
    "forward_healthcheck_broken_count_total": "forward_healthcheck_broken_total",
    "forward_healthcheck_failure_count_total": "forward_healthcheck_failures_total",
    "forward_max_concurrent_reject_count_total": "forward_max_concurrent_rejects_total",
    "forward_request_count_total": "forward_requests_total",
    "forward_response_rcode_count_total": "forward_responses_total",
    "grpc_request_count_total": "grpc_requests_total",
    "grpc_response_rcode_count_total": "grpc_responses_total",
    "hosts_entries_count": "hosts_entries",
    "panic_count_total": "panics_total",
    "reload_failed_count_total": "reload_failed_total",
}
"""The names before 1.7.0 -> those since, without the prefix (CoreDNS notes/coredns-1.7.0.md, and the metrics of both releases)."""
_OF_FORWARD = {
    "forward_conn_cache_hits_total": "proxy_conn_cache_hits_total",
    "forward_conn_cache_misses_total": "proxy_conn_cache_misses_total",
    "forward_healthcheck_failures_total": "proxy_healthcheck_failures_total",
    "forward_request_duration_seconds": "proxy_request_duration_seconds",
    "forward_request_duration_seconds_bucket": "proxy_request_duration_seconds_bucket",
    "forward_request_duration_seconds_count": "proxy_request_duration_seconds_count",
    "forward_request_duration_seconds_sum": "proxy_request_duration_seconds_sum",
    "forward_requests_total": "proxy_request_duration_seconds_count",
    "forward_responses_total": "proxy_request_duration_seconds_count",
}
"""The names before 1.11.0 -> those since (plugin/forward/README.md)."""
_METRIC = re.compile(r"(?<![\w:])coredns_(\w+)(?![\w:])")


class RenamedMetric(Rule):
    """A Prometheus rule uses a name that the metric no longer has, so its alert never fires.

    ## Why
    CoreDNS 1.7.0 renamed many of its metrics: `coredns_dns_request_count_total` is now `coredns_dns_requests_total`. In
    1.11.0, most metrics of `forward` became metrics of `proxy`. An expression with the old name finds no series. It has no
    error: an alert does not fire, and a recording rule records nothing.

    The rule is silent if the expression has the new name as well. For the names of 1.11.0, a file must show the release of
    CoreDNS, for example by the tag of an image.

    ## Fix
    kpl replaces the name. The fix is marked as unsafe, because labels changed, too: `coredns_dns_requests_total` has `type`,
    and the metrics of `proxy` have `proxy_name="forward"`.

    ## References
    - https://github.com/coredns/coredns/blob/master/notes/coredns-1.7.0.md
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/forward/README.md (Metrics)
    - https://github.com/coredns/coredns/pull/3776
    """

    code = "KPL289"
    name = "renamed-metric"
    stop = Stop.COREDNS
    severity = Severity.WARNING
    since = "0.1.0"
    clue = "_count_total\ncache_size\nhosts_entries_count\ncoredns_forward_"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            _with("sum(rate(coredns_dns_response_rcode_count_total{rcode='SERVFAIL'}[5m])) > 1"),
            flags=["coredns_dns_response_rcode_count_total"],
            says=["`coredns_dns_responses_total` in CoreDNS 1.7.0 and later, so `CoreDNSErrors` finds no series"],
            fixed=_RULES % "sum(rate(coredns_dns_responses_total{rcode='SERVFAIL'}[5m])) > 1",
            safe=False,
        ),
        # two in one expression, over several lines
        Bad(
            _with("|\n            rate(coredns_dns_request_count_total[5m])\n              / coredns_cache_size\n"),
            flags=["coredns_dns_request_count_total", "coredns_cache_size"],
            fixed=_RULES % "|\n            rate(coredns_dns_requests_total[5m])\n              / coredns_cache_entries\n",
            safe=False,
        ),
        Bad(
            _with("rate(coredns_forward_requests_total[5m]) > 9", "1.11.3"),
            flags=["coredns_forward_requests_total"],
            says=["`coredns_proxy_request_duration_seconds_count` in CoreDNS 1.11.0 and later"],
            fixed=_RULES % "rate(coredns_proxy_request_duration_seconds_count[5m]) > 9",
            safe=False,
        ),
        Bad(
            {"manifest.yaml": (_RULES % "coredns_panic_count_total > 0").replace("alert: CoreDNSErrors", "expr_: a")},
            flags=["coredns_panic_count_total"],
            says=["so the expression finds no series"],
            fixed=(_RULES % "coredns_panics_total > 0").replace("alert: CoreDNSErrors", "expr_: a"),
            safe=False,
        ),
        Good(_with("rate(coredns_dns_responses_total{rcode='SERVFAIL'}[5m]) > 1")),
        # for both releases
        Good(_with("coredns_dns_requests_total or coredns_dns_request_count_total")),
        Good(_with("rate(coredns_forward_requests_total[5m]) > 9", "1.10.1")),
        Good(_with("rate(coredns_dns_request_count_total[5m]) > 9", "1.6.9")),
        # the release is not known, a metric of somebody else, a recorded series
        Good(_with("rate(coredns_forward_requests_total[5m]) > 9")),
        Good(_with("my_coredns_cache_size + coredns_cache_size_limit")),
        Good(_with("cluster:coredns_cache_size:sum + coredns_cache_size:sum")),
        # what is still there
        Good(_with("coredns_forward_healthcheck_broken_total > coredns_forward_max_concurrent_rejects_total", "1.14.7")),
        Good(_with('"{{ $labels.x }} coredns_forward_sum"')),
    ]  # fmt: skip

    def check(self, rules: MetricRules, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        releases = cluster.coredns_versions_shown
        for each in rules.expressions:
            expression = each.expression
            for found in _METRIC.finditer(rules.text, expression.start, expression.end):
                new, since = _OLD.get(found[1]), _FIRST
                if new is None:
                    new, since = _OF_FORWARD.get(found[1]), _PROXY
                if new is None or any(each < since for each in releases) or (since != _FIRST and not releases):
                    continue
                new = f"coredns_{new}"
                if new in expression.value:
                    continue
                who = f"`{each.name}`" if each.name else "the expression"
                yield self.finding(
                    Span(*found.span()),
                    f"`{found[0]}` is `{new}` in CoreDNS {since.full} and later, so {who} finds no series",
                    help=f"Replace it with `{new}`, and compare the labels.",
                    fix=Fix(f"Rename the metric to `{new}`", (Edit(*found.span(), new),), safe=False),
                )

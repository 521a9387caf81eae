"""KPL104."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, manifest
from kpl.manifests import Workload
from kpl_rules.resolver._dns_config import dns_faults

_CART = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
spec:
  template:
    spec:
      containers:
        - name: cart
          image: shop/cart:3
"""
_CONFIG = _CART + "      dnsConfig:\n"
_OPTIONS = _CONFIG + "        options:\n"
_NDOTS = '          - name: ndots\n            value: "2"\n'
_SPARK = """\
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata:
  name: sales
spec:
  driver:
    hostNetwork: true
  executor:
    dnsPolicy: None
    dnsConfig:
      nameservers: [10.0.0.10]
      options:
        - name: ndots
          value: "2"
"""
_PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
spec:
  template:
    spec:
"""


def _with_searches(number: int, before: str = "") -> str:
    domains = ", ".join(f"{before}d{each}.example" for each in range(number))
    return f"{_CONFIG}        searches: [{domains}]\n"


class DnsConfigInvalid(Rule):
    """Kubernetes refuses the DNS settings of a pod, or the pod runs without some of them.

    ## Why
    The API server validates `dnsPolicy`, the nameservers and the search domains, but not the options. A resolver
    silently ignores an option that it does not understand, so a pod runs with `ndots:5`, or with 1, although its
    manifest says 2. The finding is an error if Kubernetes refuses the object, and a warning if it does not.

    The policies are `ClusterFirst`, `ClusterFirstWithHostNet`, `Default` and `None`, which requires at least one
    nameserver. A pod can have three nameservers, each an IP address, and 32 search domains with 2,048 characters in
    total, among them three of the cluster; before Kubernetes 1.26, the maximum was six domains and 256 characters. In
    Kubernetes 1.36 and later, the API server refuses an address with leading zeros and an IPv4 address written as IPv6
    (feature gate `StrictIPCIDRValidation`, which cannot be turned off in 1.38, a beta). An option has a `name` and, if it
    takes one, a `value`, which is a string. If a name occurs twice, the last one applies. The maximum of `ndots` is 15.

    ## Fix
    Quotes a number, renames a misspelled field, option or policy, splits `ndots:2` into name and value, or removes an
    option that a later one overrides. There is no fix if more than one correction is possible.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config
    - https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/staging/src/k8s.io/apimachinery/pkg/util/validation/ip.go
    - https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/network/dns/dns.go
    - https://man7.org/linux/man-pages/man5/resolv.conf.5.html
    """

    code = "KPL104"
    name = "dns-config-invalid"
    stop = Stop.RESOLVER
    severity = Severity.ERROR
    since = "0.1.0"
    clue = "dnsConfig|dnsPolicy"
    in_templates = True
    examples = [
        Bad(
            manifest(_OPTIONS + "          - name: ndots\n            value: 2  # was 5\n"),
            flags=["2"],
            fixed=_OPTIONS + '          - name: ndots\n            value: "2"  # was 5\n',
        ),
        Bad(
            manifest(_OPTIONS + "          - name: ndots:2\n"),
            flags=["ndots:2"],
            fixed=_OPTIONS + _NDOTS,
            severities=[Severity.WARNING],
        ),
        Bad(manifest(_OPTIONS + "          - ndots: 2\n"), flags=["ndots"], fixed=_OPTIONS + _NDOTS),
        Bad(manifest(_OPTIONS + '          - "ndots:2"\n'), flags=['"ndots:2"'], fixed=_OPTIONS + _NDOTS),
        Bad(
            manifest(_OPTIONS + '          - name: ndot\n            value: "2"\n'),
            flags=["ndot"],
            fixed=_OPTIONS + _NDOTS,
            severities=[Severity.WARNING],
        ),
        Bad(
            manifest(_OPTIONS + _NDOTS.replace("value", "values")),
            flags=["values"],
            fixed=_OPTIONS + _NDOTS,
        ),
        Bad(
            manifest(_OPTIONS + _NDOTS.replace("2", "5") + "          - name: singel-request\n" + _NDOTS),
            flags=["singel-request", "ndots"],
            fixed=_OPTIONS + "          - name: single-request\n" + _NDOTS,
            severities=[Severity.WARNING, Severity.WARNING],
        ),
        Bad(manifest(_OPTIONS + _NDOTS.replace('"2"', '"20"')), flags=['"20"'], severities=[Severity.WARNING]),
        Bad(manifest(_OPTIONS + _NDOTS.replace('"2"', "two")), flags=["two"], severities=[Severity.WARNING]),
        Bad(manifest(_OPTIONS + "          - name: ndots\n"), flags=["ndots"], severities=[Severity.WARNING]),
        Bad(
            manifest(_CONFIG + "        searchs: [corp.example]\n"),
            flags=["searchs"],
            fixed=_CONFIG + "        searches: [corp.example]\n",
        ),
        Bad(
            manifest(_CONFIG + "        nameservers: [10.0.0.10, dns.corp.example, 10.0.0.11, 10.0.0.12]\n"),
            flags=["dns.corp.example", "10.0.0.12"],
        ),
        Bad(
            manifest(_CART + "      dnsPolicy: clusterFirst\n"),
            flags=["clusterFirst"],
            fixed=_CART + "      dnsPolicy: ClusterFirst\n",
        ),
        Bad(
            manifest(_CART + "      dnsPolicy: None\n      dnsConfig:\n        searches: [corp.example]\n"),
            flags=["None"],
        ),
        Good(manifest(_OPTIONS + _NDOTS + "          - name: edns0\n")),
        Good(manifest(_CART + "      dnsPolicy: None\n      dnsConfig: {nameservers: [169.254.20.10]}\n")),
        Good(manifest(_OPTIONS + "          - name: ndots\n            value: ${NDOTS}\n")),
        Bad(
            manifest(_CONFIG + "        nameservers: [010.0.0.10, '::ffff:10.0.0.11', 10.0.0.12]\n"),
            {"kubernetes": "1.38"},
            flags=["010.0.0.10", "'::ffff:10.0.0.11'"],
        ),
        Good(
            manifest(_CART + "      dnsPolicy: ClusterFirst\n      dnsConfig: {nameservers: ['fd00::a', 010.0.0.1]}\n"),
            {"kubernetes": "1.35"},
        ),
        Bad(
            manifest(_SPARK.replace("10.0.0.10", "dns.corp.example")),
            flags=["dns.corp.example"],
            says=["so Kubernetes refuses the object or its pods"],
        ),
        Bad(manifest(_SPARK.replace('"2"', "2")), flags=["2"], fixed=_SPARK),
        Good(manifest(_SPARK)),
        # a patch: no containers, directives for Kustomize, and the nameservers are elsewhere
        Bad(
            manifest(_PATCH + "      dnsPolicy: clusterFirst\n"),
            flags=["clusterFirst"],
            fixed=_PATCH + "      dnsPolicy: ClusterFirst\n",
        ),
        Good(
            manifest(
                _PATCH
                + "      dnsPolicy: None\n      dnsConfig:\n        $patch: replace\n        options:\n        - $patch: replace\n"
                '        - {name: ndots, value: "2"}\n'
            )
        ),
        # search domains, by release: those of the cluster are three
        Good(manifest(_with_searches(6))),
        Good(manifest(_with_searches(29))),
        Bad(
            manifest(_with_searches(31)),
            flags=["d29.example"],
            severities=[Severity.WARNING],
            says=[
                "the pod has 34 search domains, those of the cluster included, but the maximum is 32",
                "so the kubelet leaves out `d29.example` and those after it\n",
            ],
        ),
        Bad(
            manifest(_with_searches(33)),
            flags=["d32.example"],
            says=["the maximum is 32, so Kubernetes refuses the object\n"],
        ),
        Good(manifest(_with_searches(3)), {"kubernetes": "1.25"}),
        Bad(
            manifest(_with_searches(4)),
            {"kubernetes": "1.21"},
            flags=["d3.example"],
            severities=[Severity.WARNING],
            says=["the maximum before Kubernetes 1.26 is 6, so the kubelet leaves out `d3.example`\n"],
        ),
        Good(manifest(_with_searches(6) + "      dnsPolicy: Default\n"), {"kubernetes": "1.21"}),
        Bad(
            manifest(_with_searches(7)),
            {"kubernetes": "1.25"},
            flags=["d6.example"],
            says=["Kubernetes refuses the object unless the feature gate `ExpandedDNSConfig` is on"],
        ),
        Bad(
            manifest(_with_searches(3, "a" * 60 + "." + "b" * 60 + ".")),
            {"kubernetes": "1.21"},
            flags=["a" * 60 + "." + "b" * 60 + ".d2.example"],
            says=["the maximum before Kubernetes 1.26 is 256"],
        ),
        # the operator may know nameservers
        Good(manifest(_SPARK.replace("      nameservers: [10.0.0.10]\n", ""))),
    ]

    def check(self, workload: Workload, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for fault in dns_faults(workload, cluster.kubernetes_version):
            severity = Severity.ERROR if fault.refused else Severity.WARNING
            message = fault.message
            if workload.is_custom:
                message = message.replace("refuses the object", "refuses the object or its pods")
            yield self.finding(
                fault.span,
                message,
                help=fault.help,
                fix=fault.fix,
                severity=severity,
                in_templates=fault.is_written,
            )

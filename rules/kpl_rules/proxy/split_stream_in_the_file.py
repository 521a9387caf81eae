"""KPL312."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Cluster, Finding, Good, Rule, Severity, Stop, Version, manifest
from kpl.kubeproxy import KubeProxyConfig

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"
_SINCE = Version("1.28")


class SplitStreamInTheFile(Rule):
    """kube-proxy sets `splitStream` to the value of its flag, so the setting in the file has no effect.

    ## Why
    After it reads the file, kube-proxy declares its logging flags again, to let flags take precedence, and that sets
    `splitStream` to false. Errors and other messages still go to one stream. This affects 1.28 and later, including
    1.37.

    ## Fix
    There is no automatic fix, because the flag is in the command of the DaemonSet: `--log-text-split-stream` or
    `--log-json-split-stream`.

    ## References
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/options.go (copyLogsFromFlags)
    """

    code = "KPL312"
    name = "split-stream-in-the-file"
    stop = Stop.PROXY
    severity = Severity.INFO
    since = "0.1.0"
    symptoms = ("setting-without-effect",)
    examples = [
        Bad(
            manifest(f"{_HEAD}logging:\n  format: json\n  options:\n    json:\n      splitStream: true\n"),
            flags=["splitStream"],
        ),
        Good(manifest(f"{_HEAD}logging:\n  format: json\n  options:\n    json:\n      splitStream: false\n")),
        Good(manifest(f"{_HEAD}logging:\n  format: text\n")),
        Bad(
            manifest(f"{_HEAD}logging:\n  options:\n    text:\n      splitStream: true\n"),
            flags=["splitStream"],
            says=["Start kube-proxy with `--log-text-split-stream`."],
            other=["kube-proxy-refused"],
        ),
        Good(
            manifest(f"{_HEAD}logging:\n  format: json\n  options:\n    json:\n      splitStream: true\n"),
            {"kubernetes": "1.23"},
            other=["unknown-or-removed-field"],
        ),
        Bad(
            manifest(f"{_HEAD}logging:\n  format: json\n  options:\n    json:\n      splitStream: true\n"),
            {"kubernetes": "1.28"},
            flags=["splitStream"],
        ),
    ]

    def check(self, config: KubeProxyConfig, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if cluster.kubernetes_version_for(config) < _SINCE:
            return
        for style in ("text", "json"):
            options = config.node.mapping("logging", "options", style)
            pair = options.pair("splitStream") if options is not None else None
            value = options.scalar("splitStream") if options is not None else None
            if pair is not None and value is not None and value.boolean():
                yield self.finding(
                    pair[0].span,
                    "only the flag sets `splitStream`, so kube-proxy resets this value to false",
                    help=f"Start kube-proxy with `--log-{style}-split-stream`.",
                )

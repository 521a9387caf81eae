"""KPL011."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Rule, Severity, Span, Stop, corefile
from kpl.corefiles import added_in, corefile_placeholder, is_corefile, removed_in


class UnknownPlugin(Rule):
    """CoreDNS does not include this plugin, so the Corefile loads only in an image that was built with it.

    ## Why
    CoreDNS exits with "Unknown directive" if it meets a plugin that it was not built with. External plugins
    (`k8s_gateway`, `alternate`, `fanout`, ...) need a custom image; with the stock image, DNS stays down. The same
    happens with a plugin of CoreDNS in a release that is too old for it. A name that is almost that of a CoreDNS plugin
    is an error of KPL010 instead.

    ## Fix
    There is no automatic fix. If the image has the plugin, declare it with `--plugins NAME`, or in `.kpl.yaml`:

    ```yaml
    cluster:
      coredns-plugins: [k8s_gateway]
    ```

    ## References
    - https://coredns.io/explugins/
    - https://coredns.io/manual/toc/#external-plugins
    """

    code = "KPL011"
    name = "unknown-plugin"
    stop = Stop.LOADING
    severity = Severity.INFO
    since = "0.1.0"
    symptoms = ("coredns-does-not-start",)
    needs = "Corefile|ParseFailure"
    examples = [
        Bad(corefile("lan {\n    errors\n    k8s_gateway lan\n}\n"), flags=["k8s_gateway"]),
        Bad(
            corefile("lan {\n    errors\n    siit\n    whoami\n}\n"),
            {"coredns": "1.14.7"},
            flags=["siit"],
            says=["CoreDNS 1.14.7 has no plugin `siit` (added in 1.15.0), so", "Use CoreDNS 1.15.0 or later. Or"],
        ),
        Good(corefile("lan {\n    errors\n    k8s_gateway lan\n}\n"), {"external_plugins": frozenset({"k8s_gateway"})}),
        Good(corefile("lan {\n    errors\n    whoami\n}\n")),
        # only where it is a directive
        Bad(
            corefile("lan {\n    errors\n    # k8s_gateway\n    k8s_gateway_x lan\n    k8s_gateway lan\n}\n"),
            flags=["k8s_gateway_x", "k8s_gateway"],
            says=["CoreDNS has no plugin `k8s_gateway`, so", "Use an image that has the plugin, and declare it"],
        ),
        Good(corefile("lan {\n    errors\n    k8s_gateway lan\n    {{ .Values.x }}\n}\n")),
        Good(corefile("lan {\n    errors\n    cache\n    proxy . 10.0.0.2\n}\n"), other=["removed-plugin-or-option"]),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if not is_corefile(document):
            return
        text = document.embedding.text
        assumed = cluster.lenient(document).assumed
        if not assumed or corefile_placeholder(text) is not None:
            return
        for name in assumed:
            at = re.search(rf"^[ \t]*({re.escape(name)})(?![^\s{{#])", text, re.MULTILINE)
            if at is not None and removed_in(name) is None:
                added, use = added_in(name), "Use an image that has the plugin"
                what = f"CoreDNS has no plugin `{name}`"
                if added is not None:
                    release = cluster.coredns_version_for(document.model).full
                    what = f"CoreDNS {release} has no plugin `{name}` (added in {added.full})"
                    use = f"Use CoreDNS {added.full} or later. Or use an image that has the plugin"
                yield self.finding(
                    Span(*at.span(1)),
                    f"{what}, so this Corefile loads only in an image that was built with it",
                    help=f"{use}, and declare it with `--plugins {name}` or `coredns-plugins` in `.kpl.yaml`.",
                )

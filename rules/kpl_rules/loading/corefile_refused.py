"""KPL010."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Document, Finding, Good, Related, Rule, Severity, Span, Stop, corefile, files
from kpl.corefiles import corefile_placeholder, is_corefile


def _config_map(name: str, key: str, text: str) -> str:
    lines = "".join(f"    {line}\n" for line in text.splitlines())
    return f"kind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: kube-system\ndata:\n  {key}: |\n{lines}"


_IMPORTS = _config_map(
    "coredns", "Corefile", "lan {\n    errors\n    whoami\n    cache\n    import custom/*.override\n}"
)


class CorefileRefused(Rule):
    """CoreDNS refuses this Corefile and does not start.

    ## Why
    CoreDNS has no config test: it reports a mistake when it starts, and exits. A running pod keeps its old
    configuration if `reload` reads such a file; the next pod that starts fails, often in the middle of an upgrade. kpl
    performs the same steps as CoreDNS (the parser, the keys of the server blocks, the setup of each plugin, the servers
    that the blocks form together) and reports CoreDNS's own message, as the release in use prints it. The release is
    the one given with `--coredns-version`, the one of the image in the manifests, or else the newest that kpl knows.

    The rule is silent if the result depends on something outside of the file: a file, an interface, a variable. `kpl
    verify` reports what it depends on. kpl assumes that the image has a plugin that CoreDNS does not include; KPL011
    reports it.

    kpl reads the ConfigMap `coredns-custom` (AKS, k3s, Gardener, vCluster) and the Corefile that imports
    `custom/*.override` and `custom/*.server` as one Corefile, if the run has one of each.

    ## Fix
    kpl fixes the file if only one correction is certain and CoreDNS accepts the result: a brace without a space before
    it, on the line of an option, on the next line or missing at the end; a directive after `}`; a misspelled plugin or
    option; an extra comma; an address without its colon; a comment without a space before `#`; a unit after seconds
    that take none. Adding a missing unit is an unsafe fix. kpl fixes several mistakes in one file together, or none of
    them.

    ## References
    - https://github.com/coredns/coredns/issues/5152 (no config test)
    - https://github.com/coredns/caddy/blob/master/caddyfile/parse.go
    - https://coredns.io/manual/configuration/
    - https://github.com/k3s-io/k3s/blob/v1.34.1%2Bk3s1/manifests/coredns.yaml (`coredns-custom`)
    - https://learn.microsoft.com/azure/aks/coredns-custom
    """

    code = "KPL010"
    name = "corefile-refused"
    stop = Stop.LOADING
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("coredns-does-not-start",)
    needs = "Corefile|ParseFailure"
    examples = [
        Bad(corefile(". { whoami }\n"), flags=["}"], fixed=". { whoami\n}\n"),
        Bad(
            corefile("lan {\n    whoami\n    errors\n    cache{\n        prefetch 5\n    }\n}\n"),
            flags=["cache{"],
            other=["missing-closing-brace"],
            fixed="lan {\n    whoami\n    errors\n    cache {\n        prefetch 5\n    }\n}\n",
        ),
        Bad(
            corefile("lan {\n    whoami\n    cache 30{\n        prefetch 5\n    }\n    errors\n}\n"),
            flags=["prefetch"],
            fixed="lan {\n    whoami\n    cache 30 {\n        prefetch 5\n    }\n    errors\n}\n",
        ),
        Bad(
            corefile("lan {\n    whoami\n    errors\n    cache\n    {\n        prefetch 5\n    }\n}\n"),
            flags=["{"],
            fixed="lan {\n    whoami\n    errors\n    cache {\n        prefetch 5\n    }\n}\n",
        ),
        Bad(
            corefile("lan {\n    whoami\n    errors\n    cache { prefetch 5 }\n}\n"),
            flags=["}"],
            fixed="lan {\n    whoami\n    errors\n    cache {\n        prefetch 5\n    }\n}\n",
        ),
        Bad(
            corefile("lan {\n    whoami\n    errors\n    cache {\n        prefetch 5\n    } log\n}\n"),
            flags=["log"],
            fixed="lan {\n    whoami\n    errors\n    cache {\n        prefetch 5\n    }\n    log\n}\n",
        ),
        Bad(
            corefile("lan {\n    whoami\n    errors\n    cahce 30\n}\n"),
            flags=["cahce"],
            fixed="lan {\n    whoami\n    errors\n    cache 30\n}\n",
        ),
        Bad(
            corefile(
                "lan {\n    whoami\n    errors\n    cache 30 {\n        prefetsh 5\n        deniel 2000 30s\n    }\n}\n"
            ),
            flags=["prefetsh"],
            fixed="lan {\n    whoami\n    errors\n    cache 30 {\n        prefetch 5\n        denial 2000 30\n    }\n}\n",
        ),
        Bad(
            corefile("lan {\n    whoami\n    errors\n    cache 30\n"),
            flags=["30"],
            fixed="lan {\n    whoami\n    errors\n    cache 30\n}\n",
        ),
        Bad(
            corefile(":53 {\n    whoami\n    errors\n    cache 30\n}\n"),
            flags=[":53"],
            fixed=".:53 {\n    whoami\n    errors\n    cache 30\n}\n",
        ),
        Bad(corefile("lan {\n    whoami\n    errors\n    cache 30\n    cache 60\n}\n"), flags=["cache"]),
        Bad(
            corefile(
                "lan {\n    whoami\n    errors\n    cache 30\n}\nlan {\n    whoami\n    errors\n    cache 60\n}\n"
            ),
            flags=["lan"],
        ),
        # the two ConfigMaps are one Corefile
        Bad(
            files(**{"custom.yaml": _config_map("coredns-custom", "x.override", "cache 60"), "coredns.yaml": _IMPORTS}),
            flags=["cache"],
        ),
        Good(files(**{"custom.yaml": _config_map("coredns-custom", "x.override", "log"), "coredns.yaml": _IMPORTS})),
        # of its time
        Bad(
            corefile("lan {\n    whoami\n    errors\n    cache {\n        servfail 5s\n    }\n}\n"),
            {"coredns": "1.9.3"},
            flags=["servfail"],
            says=["CoreDNS 1.9.3 refuses this Corefile and does not start: `"],
        ),
        Good(
            corefile("lan {\n    whoami\n    errors\n    cache {\n        servfail 5s\n    }\n}\n"),
            {"coredns": "1.9.4"},
        ),
        # a template is not what CoreDNS reads
        Good(
            corefile(
                "lan {\n    whoami\n    errors\n    cache {{ .Values.ttl }} {\n        denial {{ .Values.ttl }}\n    }\n}\n"
            )
        ),
        # a template: CoreDNS fills in no `$NAME` without braces
        Good(corefile(".:53 {\n    errors\n    cache 30\n    forward . $NAMESERVERS\n    loop\n}\n")),
        Good(corefile("lan {\n    whoami\n    errors\n    cache {$TTL} {\n        denial {$TTL}\n    }\n}\n")),
        # what the folder of imports holds comes with the cluster
        Good(corefile("lan {\n    whoami\n    errors\n    import custom/zones.conf\n}\n")),
        # a name without a dot or slash is a snippet, and none is called so
        Bad(
            corefile("lan {\n    whoami\n    errors\n    import zones\n}\n"),
            flags=["zones"],
            says=["File to import not found: zones"],
        ),
        # a fragment may use a snippet of the Corefile that imports it
        Good({"x.server": "lan {\n    whoami\n    errors\n    import zones\n}\n"}),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if not is_corefile(document):
            return
        customized = cluster.customized
        verdict = cluster.lenient(document).judgement.verdict
        if verdict.answer == "refuses":
            # what is wrong with a key of coredns-custom is told there
            is_elsewhere = customized and customized.home is document and customized.imported(verdict)
            if not is_elsewhere and not _is_not_all(document, cluster):
                advice = cluster.advice(document)
                yield self.finding(
                    verdict.span or Span(0, 0),
                    f"CoreDNS {_release(document, cluster)} {_refuses(verdict.message, 'this Corefile')}",
                    help=advice.help,
                    fix=advice.fix,
                )
        elif customized and customized.imports(document):
            verdict = cluster.lenient(customized.home).judgement.verdict
            # a removed option is told by the rule about it, as in any Corefile
            alone = cluster.judgement(document).verdict
            if customized.imported(verdict) is document and alone.answer != "refuses":
                yield from self._joined(document, customized.home, cluster)

    def _joined(self, document: Document, home: Document, cluster: Cluster) -> Iterator[Finding]:
        """The refusal of the Corefile in `home` that the key of `coredns-custom` in `document` is the reason of."""
        verdict = cluster.lenient(home).judgement.verdict
        if any(corefile_placeholder(each.embedding.text) is not None for each in (home, document)):
            return
        yield self.finding(
            verdict.imported.span if verdict.imported else Span(0, 0),
            f"CoreDNS {_release(home, cluster)} "
            + _refuses(verdict.message, f"the Corefile of `{home.name}`, which imports this key,"),
            help=f"Remove it here. Or remove it in `{home.name}`: CoreDNS reads both as one Corefile.",
            related=[Related(verdict.span or Span(0, 0), "imported here", home)],
        )


def _release(document: Document, cluster: Cluster) -> str:
    """All three numbers, as CoreDNS writes its releases."""
    return ".".join(str(number) for number in cluster.judged_coredns_version(document).numbers)


def _refuses(message: str | None, what: str) -> str:
    if message is None:
        return f"never finishes loading {what} and does not start"
    return f"refuses {what} and does not start: `{message}`"


def _is_not_all(document: Document, cluster: Cluster) -> bool:
    """Whether the file is no Corefile yet, or what it imports may come into the folder later."""
    verdict = cluster.lenient(document).judgement.verdict
    if corefile_placeholder(document.embedding.text) is not None:
        return True
    missing = re.search(r"File to import not found: (\S*)", verdict.message or "")
    # a fragment may use the snippets of the Corefile that imports it
    return missing is not None and bool(
        re.search("[./]", missing[1]) or document.key.endswith((".server", ".override"))
    )

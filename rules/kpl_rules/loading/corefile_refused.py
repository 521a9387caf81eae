"""KPL010."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import (
    Bad,
    Cluster,
    Document,
    Finding,
    Good,
    Rule,
    Severity,
    Span,
    Stop,
    Version,
    corefile,
    corefile_placeholder,
    keyword_removed_in,
)


class CorefileRefused(Rule):
    """CoreDNS does not start with this Corefile.

    ## Why
    CoreDNS has no config test: it says what is wrong when it starts, and exits. A pod that runs keeps its old configuration
    when `reload` meets such a file; the next pod that starts does not come up, which is often in the middle of an upgrade.
    kpl goes through what CoreDNS goes through (the parser, the keys of the server blocks, the setup of each plugin, the
    servers that the blocks make together) and gives CoreDNS's own message, as the release in force would print it. The
    release is the one given (`--coredns-version`), or that of the image in the manifests, or the newest known one.

    Nothing is said where the answer depends on something outside of the file: a file, an interface, a variable. `kpl
    verify` tells on what. A plugin that is not CoreDNS's own is taken to be in the image; KPL011 names it.

    ## Fix
    Where one way to write it is certain, and CoreDNS accepts the result: a brace that is glued to a word, on the line of
    an option, on the next line or forgotten at the end; a directive behind `}`; a misspelt plugin or option; a comma too
    many; an address without its colon; a comment that is glued to a word; seconds with a unit where none can be. A unit
    that is missing is an unsafe fix. Several mistakes in one file are mended together, or not at all.

    ## References
    - https://github.com/coredns/coredns/issues/5152 (no config test)
    - https://github.com/coredns/caddy/blob/master/caddyfile/parse.go
    - https://coredns.io/manual/configuration/
    """

    code = "KPL010"
    name = "corefile-refused"
    stop = Stop.LOADING
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(corefile(". { whoami }\n"), flags=["}"], fixed=". { whoami\n}\n"),
        Bad(
            corefile("lan {\n    errors\n    cache{\n        prefetch 5\n    }\n}\n"),
            flags=["cache{"],
            fixed="lan {\n    errors\n    cache {\n        prefetch 5\n    }\n}\n",
        ),
        Bad(
            corefile("lan {\n    errors\n    cache\n    {\n        prefetch 5\n    }\n}\n"),
            flags=["{"],
            fixed="lan {\n    errors\n    cache {\n        prefetch 5\n    }\n}\n",
        ),
        Bad(
            corefile("lan {\n    errors\n    cache { prefetch 5 }\n}\n"),
            flags=["}"],
            fixed="lan {\n    errors\n    cache {\n        prefetch 5\n    }\n}\n",
        ),
        Bad(
            corefile("lan {\n    errors\n    cache {\n        prefetch 5\n    } whoami\n}\n"),
            flags=["whoami"],
            fixed="lan {\n    errors\n    cache {\n        prefetch 5\n    }\n    whoami\n}\n",
        ),
        Bad(
            corefile("lan {\n    errors\n    cahce 30\n}\n"),
            flags=["cahce"],
            fixed="lan {\n    errors\n    cache 30\n}\n",
        ),
        Bad(
            corefile("lan {\n    errors\n    cache 30 {\n        prefetsh 5\n        deniel 100 30s\n    }\n}\n"),
            flags=["prefetsh"],
            fixed="lan {\n    errors\n    cache 30 {\n        prefetch 5\n        denial 100 30\n    }\n}\n",
        ),
        Bad(corefile("lan {\n    errors\n    cache 30\n"), flags=["30"], fixed="lan {\n    errors\n    cache 30\n}\n"),
        Bad(
            corefile(":53 {\n    errors\n    cache 30\n}\n"),
            flags=[":53"],
            fixed=".:53 {\n    errors\n    cache 30\n}\n",
        ),
        Bad(corefile("lan {\n    cache 30\n    cache 60\n}\n"), flags=["cache"]),
        Bad(corefile("lan {\n    errors\n    cache 30\n}\nlan {\n    errors\n    cache 60\n}\n"), flags=["lan"]),
        # of its time
        Bad(
            corefile("lan {\n    errors\n    cache {\n        servfail 5s\n    }\n}\n"),
            {"coredns": "1.9.3"},
            flags=["servfail"],
        ),
        Good(corefile("lan {\n    errors\n    cache {\n        servfail 5s\n    }\n}\n"), {"coredns": "1.9.4"}),
        # a template is not what CoreDNS reads
        Good(
            corefile("lan {\n    errors\n    cache {{ .Values.ttl }} {\n        denial {{ .Values.ttl }}\n    }\n}\n")
        ),
        Good(corefile("lan {\n    errors\n    cache {$TTL} {\n        denial {$TTL}\n    }\n}\n")),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for document in cluster.corefile_documents:
            verdict = cluster.lenient(document).judgement.verdict
            if verdict.answer == "refuses" and not _is_told_elsewhere(document, cluster):
                advice = cluster.advice(document)
                says = f"`{verdict.message}`" if verdict.message is not None else "nothing: it never comes to an end"
                release = _release(cluster.judged_coredns_version(document))
                yield self.finding(
                    verdict.span or Span(0, 0),
                    f"CoreDNS {release} does not start with this Corefile; it says {says}",
                    help=advice.help,
                    fix=advice.fix,
                    document=document,
                )


def _release(version: Version) -> str:
    """All three numbers, as CoreDNS writes its releases."""
    return ".".join(str(number) for number in version.numbers)


def _is_told_elsewhere(document: Document, cluster: Cluster) -> bool:
    """Whether the file is no Corefile yet, or another rule knows better what to do."""
    verdict = cluster.lenient(document).judgement.verdict
    if corefile_placeholder(document.embedding.text) is not None:
        return True
    missing = re.search(r"File to import not found: (\S*)", verdict.message or "")
    # what is not in the tree may come into the folder later, and a fragment may use the snippets of its Corefile
    if missing is not None and (re.search("[./]", missing[1]) or document.key.endswith((".server", ".override"))):
        return True
    plugin = re.match(r"plugin/(\w+): ", verdict.message or "")
    word = document.embedding.text[slice(*verdict.span)] if verdict.span else ""
    removed = keyword_removed_in(plugin[1], word) if plugin else None
    return removed is not None and cluster.coredns_version >= removed

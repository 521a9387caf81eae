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
    is_corefile,
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
        # of its time
        Bad(
            corefile("lan {\n    whoami\n    errors\n    cache {\n        servfail 5s\n    }\n}\n"),
            {"coredns": "1.9.3"},
            flags=["servfail"],
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
        Good(corefile("lan {\n    whoami\n    errors\n    cache {$TTL} {\n        denial {$TTL}\n    }\n}\n")),
    ]

    def check(self, document: Document, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        if not is_corefile(document):
            return
        verdict = cluster.lenient(document).judgement.verdict
        if verdict.answer == "refuses" and not _is_not_all(document, cluster):
            advice = cluster.advice(document)
            says = f"`{verdict.message}`" if verdict.message is not None else "nothing: it never comes to an end"
            release = _release(cluster.judged_coredns_version(document))
            yield self.finding(
                verdict.span or Span(0, 0),
                f"CoreDNS {release} does not start with this Corefile; it says {says}",
                help=advice.help,
                fix=advice.fix,
            )


def _release(version: Version) -> str:
    """All three numbers, as CoreDNS writes its releases."""
    return ".".join(str(number) for number in version.numbers)


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

"""KPL204."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from kpl import Bad, Cluster, Finding, Fix, Good, Rule, Severity, Stop, Version, corefile
from kpl.corefiles import (
    Corefile,
    Directive,
    Property,
    ServerBlock,
    keyword_removed_in,
    keyword_without_effect_since,
    removed_in,
)
from kpl.edits import Text
from kpl_rules.coredns._kubeadm import KUBEADM

_INSTEAD = {
    "proxy": "Replace it with `forward`, which takes the same FROM and TO.",
    "federation": "Remove it: Kubernetes no longer has this kind of federation.",
    "reverse": "Replace it with `template`, which answers names that match a pattern.",
    "startup": "Run the command outside of CoreDNS. Or build CoreDNS with the external plugin `on`.",
    "shutdown": "Run the command outside of CoreDNS. Or build CoreDNS with the external plugin `on`.",
    "no_reload": "Replace it with `reload 0`.",
    "transfer": "Replace it with the plugin `transfer` in the server block, with `to` inside.",
    "upstream": "Remove the line: CoreDNS resolves these names itself.",
    "resyncperiod": "Remove the line: the watch of `kubernetes` reports every change, so it needs no resync.",
    "stubzones": "Remove the line, and add a server block with `forward` for each stub zone.",
    "debug": "Remove the line.",
}
_FULL = KUBEADM.replace("        fallthrough", "%s        fallthrough").replace("forward", "%s")


class RemovedPluginOrOption(Rule):
    """The Corefile uses a plugin or option that this release has removed, so CoreDNS does not start.

    ## Why
    CoreDNS exits if the Corefile has a plugin or an option that it does not know. A running pod keeps its old
    configuration if `reload` reads such a file; the next pod that starts fails, often during the upgrade.

    | removed in | what | instead |
    |---|---|---|
    | 1.1.1 | the plugins `startup` and `shutdown` | the external plugin `on` |
    | 1.2.0 | the plugin `reverse` | `template` |
    | 1.5.0 | the plugin `proxy` | `forward` |
    | 1.5.0 | `no_reload` in `file` and `auto` | `reload 0` |
    | 1.6.0 | `resyncperiod` in `kubernetes` | nothing |
    | 1.7.0 | the plugin `federation` | nothing |
    | 1.7.0 | `upstream` in `kubernetes`, 1.8.0 in `secondary` | nothing |
    | 1.8.0 | `transfer` in `kubernetes`, `file` and `auto` | the plugin `transfer` |

    The release is the one given with `--coredns-version`, the one of the image in the manifests, or else the newest
    that kpl knows. Options that CoreDNS still reads but that have no effect (`upstream` in `file`, `auto`, `template`,
    `etcd`, `route53` and `clouddns`; `stubzones` and `debug` in `etcd`) are reported as info.

    ## Fix
    Removes options that did nothing in their last releases, and keeps the comments. Replaces `proxy . ADDRESS...` with
    `forward . ADDRESS...`; this is unsafe if `proxy` is for a zone other than `.`, is not the only one in its block, or
    has options for health checks, which `forward` does differently. Moves `transfer to` into the plugin `transfer` and
    removes `federation`; both are unsafe.

    ## References
    - https://github.com/coredns/coredns/tree/master/notes (1.1.0, 1.1.4, 1.4.0, 1.5.0, 1.5.2, 1.6.0, 1.7.0, 1.8.0)
    - https://coredns.io/plugins/forward/
    - https://coredns.io/plugins/transfer/
    """

    code = "KPL204"
    name = "removed-plugin-or-option"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("coredns-does-not-start",)
    in_templates = True
    examples = [
        Bad(
            corefile(_FULL % ("", "proxy")),
            flags=["proxy"],
            other=["missing-cache"],
        ),
        Bad(
            corefile(_FULL % ("        resyncperiod 1m  # as before\n        upstream\n", "forward")),
            flags=["resyncperiod", "upstream"],
            fixed=_FULL % ("        # as before\n", "forward"),
        ),
        Bad(
            corefile("lan {\n    errors\n    cache 30\n    file /zones/lan {\n        upstream\n    }\n}\n"),
            flags=["upstream"],
            fixed="lan {\n    errors\n    cache 30\n    file /zones/lan\n}\n",
            severities=[Severity.INFO],
        ),
        Bad(
            corefile(
                ". {\n    errors\n    proxy . 10.0.0.2:53 10.0.0.3 {\n        policy first\n    }\n    cache 30\n}\n"
            ),
            flags=["proxy"],
            fixed=". {\n    errors\n    forward . 10.0.0.2:53 10.0.0.3 {\n        policy sequential\n    }\n    cache 30\n}\n",
        ),
        Bad(
            corefile("lan {\n    errors\n    file /zones/lan {\n        transfer to 10.0.0.9\n    }\n}\n"),
            flags=["transfer"],
            fixed="lan {\n    errors\n    file /zones/lan\n    transfer {\n        to 10.0.0.9\n    }\n}\n",
            safe=False,
        ),
        Bad(
            corefile("lan {\n    errors\n    file /zones/lan {\n        no_reload\n    }\n}\n"),
            flags=["no_reload"],
            fixed="lan {\n    errors\n    file /zones/lan {\n        reload 0\n    }\n}\n",
        ),
        Bad(
            {"old.override": "federation cluster.local {\n    prod prod.example.org\n}\nerrors\n"},
            flags=["federation"],
            fixed="errors\n",
            safe=False,
        ),
        Bad(
            corefile("lan {\n    errors\n    reverse 10.0.0.0/8 {\n        hostname ip-{ip}.lan\n    }\n}\n"),
            flags=["reverse"],
        ),
        # both are right in their release
        Good(corefile(". {\n    errors\n    proxy . 10.0.0.2\n    cache 30\n}\n"), {"coredns": "1.4.0"}),
        Good(
            corefile("lan {\n    errors\n    file /zones/lan {\n        transfer to *\n    }\n}\n"),
            {"coredns": "1.7.0"},
        ),
        # CoreDNS does not look into a snippet that nothing imports
        Good(corefile("(old) {\n    proxy . 10.0.0.2\n}\nlan {\n    errors\n    file /zones/lan\n}\n")),
        Good(corefile("lan {\n    errors\n    secondary {\n        transfer from 10.0.0.9\n    }\n}\n")),
        # the release that removed it, and the one before
        Bad(
            corefile("lan {\n    errors\n    file /zones/lan {\n        no_reload\n    }\n}\n"),
            {"coredns": "1.5.0"},
            flags=["no_reload"],
            fixed="lan {\n    errors\n    file /zones/lan {\n        reload 0\n    }\n}\n",
            says=["was removed in CoreDNS 1.5.0, so CoreDNS 1.5.0 does not start"],
        ),
        Good(corefile("lan {\n    errors\n    file /zones/lan {\n        no_reload\n    }\n}\n"), {"coredns": "1.4.0"}),
    ]

    def check(
        self, directive: Directive, server: ServerBlock, corefile: Corefile, cluster: Cluster
    ) -> Iterator[Finding]:
        """See the class."""
        if server.snippet is not None and server.snippet not in _imported(corefile):
            return
        version = cluster.coredns_version_for(corefile)
        removed = removed_in(directive.name)
        if removed is not None and version >= removed:
            from kpl.edits import replace_directive

            fix = replace_directive(server, directive, version)
            yield self._gone(directive.name, f"the plugin `{directive.name}`", removed, version, fix)
            return
        for option in directive.properties:
            yield from self._option(option, directive, server, version)

    def _option(
        self, option: Property, directive: Directive, server: ServerBlock, version: Version
    ) -> Iterator[Finding]:
        removed = keyword_removed_in(directive.name, option.name)
        emptied = keyword_without_effect_since(directive.name, option.name)
        if removed is not None and version >= removed:
            from kpl.edits import replace_option

            fix = replace_option(server, directive, option)
            yield self._gone(option.name, f"the option `{option.name}` of `{directive.name}`", removed, version, fix)
        elif emptied is not None and version >= emptied:
            from kpl.edits import replace_option

            later = "" if removed is None else f", and CoreDNS {_release(removed)} does not start with it"
            yield self.finding(
                option.name.span,
                f"`{directive.name}` ignores `{option.name}`, so it has no effect{later}",
                help=_INSTEAD[option.name],
                fix=replace_option(server, directive, option),
                severity=Severity.INFO,
            )

    def _gone(self, word: Text, what: str, removed: Version, version: Version, fix: Fix | None) -> Finding:
        return self.finding(
            word.span,
            f"{what} was removed in CoreDNS {_release(removed)}, so CoreDNS {_release(version)} does not start with this "
            "Corefile",
            help=_INSTEAD[word],
            fix=fix,
        )


def _release(version: Version) -> str:
    """All three numbers, as CoreDNS writes its releases."""
    return ".".join(str(number) for number in version.numbers)


# a file may have many snippets
@lru_cache(maxsize=8)
def _imported(corefile: Corefile) -> frozenset[str]:
    """The snippets that anything in the file imports."""
    blocks = (*corefile.servers, *corefile.snippets)
    lines = [each.args for block in blocks for each in block.directives if each.name == "import"]
    return frozenset(args[0] for args in (*lines, *corefile.imports) if len(args) == 1)

"""Shell scripts: manifests and Corefiles in heredocs.

Source: pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_07_04.
"""

from __future__ import annotations

from collections.abc import Iterator

from kpl.inputs.corefile.embedded import COREFILE_KEY
from kpl.inputs.document import Document
from kpl.inputs.hosts.blocks import block, configuration_in, filled_in, manifests_in
from kpl.inputs.hosts.heredocs import AT_START, BEHIND_TABS, heredocs
from kpl.inputs.reader import FileKind, FileReader, Leaves, Takes
from kpl.text import late
from kpl.text.source import Source

_OPENING = late.pattern(r"(?<![<\w(])<<(-?)[ \t]*(?P<quote>\\|'|\"|)(?P<word>[A-Za-z_]\w*)(?:'|\"|)(?=[\s;|&>)]|$)")
_FILE = late.pattern(r">[ \t]*\"?(?:[^\s\"';|&]*/)?([\w.-]+)")
_MOST = 300
"""In characters: how much of a line is looked through for the file that a heredoc is written to."""
_ESCAPE = late.pattern(r"\\[$`\\\n]|`")
_VARIABLE = late.pattern(r"\$[\w@*#?!-]")


class ShellReader(FileReader):
    """Reads the heredocs of shell scripts."""

    kind = FileKind(
        word="Shell",
        as_word="shell",
        names=r"\.(?:sh|bash)$",
        shares_names=False,
        words=("orefile", "KubeProxyConfiguration", "kind:", '"kind"'),
        rank=220,
    )
    examples = (
        Takes(
            "kubectl apply -f - <<'EOF'\nkind: Pod\nmetadata: {name: p, namespace: shop}\n"
            "spec: {dnsPolicy: Default, containers: [{image: i}]}\nEOF\n",
            {"name": "p", "namespace": "shop", "dns_policy": "Default"},
            "pod.sh",
            ("Workload",),
        ),
        Takes(
            "cat > /etc/coredns/Corefile <<EOF\n. {\n    forward . $DNS\n}\nEOF\n", name="dns.sh", kinds=("Corefile",)
        ),
        Takes(
            "if true; then\n\tcat <<-EOF | kubectl apply -f -\n\tkind: Service\n"
            "\tmetadata: {name: $NAME, namespace: shop}\n\tEOF\nfi\n",
            {"namespace": "shop"},
            "service.sh",
            ("Service",),
        ),
        Leaves("cat <<EOF\nkind: Service\nmetadata: {name: `name`}\nEOF\n", "service.sh"),
        Leaves("cat <<EOF\nkind: Service\n", "service.sh"),
        Leaves("cat <<<EOF\nkind: Service\nEOF\n", "service.sh"),
        Leaves("# cat <<EOF\nkind: Service\nEOF\n", "service.sh"),
    )

    def read(self, source: Source) -> Iterator[Document]:
        """The documents in the heredocs of `source`."""
        for each in heredocs(source.text, _OPENING, ("#",), lambda opened: BEHIND_TABS if opened[1] else AT_START):
            is_literal = bool(each.opened["quote"])
            text = source.text[slice(*each.text)]
            if not is_literal and _ESCAPE.search(text):
                continue
            outer = block(source, each.text, None if is_literal else _filled_in, "" if is_literal else "$`\\")
            if outer is None or (each.opened[1] and "\n\t" in f"\n{outer.text}"):
                continue
            file = _FILE.search(source.text, each.line.start, min(each.line.end, each.line.start + _MOST))
            if file is not None and COREFILE_KEY.search(file[1]):
                yield from configuration_in(source, outer, file[1])
            else:
                yield from manifests_in(source, outer)


def _filled_in(text: str) -> str:
    """`text` with placeholders for what the shell fills in: kpl knows ``$(`` for one."""
    return _VARIABLE.sub("$(", filled_in(text, "{("))

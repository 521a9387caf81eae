"""Mends of what a plugin's setup refuses, and of blocks that cannot be served together."""

from __future__ import annotations

import re

from kpl.coredns.controller import ONCE
from kpl.coredns.mends.refusal import Mend, Refusal
from kpl.coredns.releases import KEYWORDS
from kpl.coredns.versions import keyword_known
from kpl.text.edit import Edit
from kpl.text.version import Version
from kpl.text.words import closest


def brace_on_the_next_line(refusal: Refusal) -> Mend | None:
    """A plugin sees its block only on its own line."""
    if refusal.plugin is None:
        return None
    for at in refusal.directive[1:]:
        if refusal.tokens[at].text == "{" and refusal.is_first_on_line(at):
            between = refusal.text[refusal.tokens[at - 1].span.end : refusal.tokens[at].span.start]
            edits = (
                (Edit(refusal.tokens[at - 1].span.end, refusal.tokens[at].span.start, " "),)
                if between.isspace()
                else ()
            )
            return Mend(f"Move `{{` to the line of `{refusal.plugin}`.", edits)
    return None


def block_on_one_line(refusal: Refusal) -> Mend | None:
    """``plugin { option }``: the closing brace is taken for an argument."""
    if refusal.plugin is None:
        return None
    words = refusal.directive
    for opening in words:
        if refusal.tokens[opening].text != "{" or opening + 1 not in words or refusal.is_first_on_line(opening + 1):
            continue
        depth = 0
        for closing in words[words.index(opening) :]:
            depth += {"{": 1, "}": -1}.get(refusal.tokens[closing].text, 0)
            if depth == 0:
                break
        if refusal.tokens[closing].line != refusal.tokens[opening].line or closing == opening + 1:
            return None
        indent = refusal.indent(words[0])
        inner = indent + ("\t" if "\t" in indent else "    ")
        edits = (
            Edit(refusal.tokens[opening].span.end, refusal.tokens[opening + 1].span.start, f"\n{inner}"),
            Edit(*refusal.blanks_before(closing), f"\n{indent}"),
        )
        return Mend("Put each option and the closing `}` on a separate line.", edits)
    return None


def closing_brace_behind_an_option(refusal: Refusal) -> Mend | None:
    """``prefetch 1 }``: the brace is taken for an argument of the option."""
    if refusal.plugin is None:
        return None
    for at in refusal.directive[1:]:
        if refusal.tokens[at].text == "}" and not refusal.is_first_on_line(at):
            opening = refusal.opening_of(at)
            if opening is not None and refusal.tokens[opening].line != refusal.tokens[at].line:
                edit = Edit(*refusal.blanks_before(at), f"\n{refusal.indent(refusal.directive[0])}")
                return Mend("Move the closing `}` to a separate line.", (edit,))
    return None


def swallowed_directive(refusal: Refusal) -> Mend | None:
    """What stands behind ``}`` on its line belongs to the plugin of the block."""
    if refusal.plugin is None:
        return None
    for at in refusal.directive[1:-1]:
        behind = at + 1
        if (
            refusal.tokens[at].text == "}"
            and refusal.tokens[behind].text in refusal.known
            and not refusal.is_first_on_line(behind)
        ):
            edit = Edit(*refusal.blanks_before(behind), f"\n{refusal.indent(refusal.directive[0])}")
            return Mend(f"Move `{refusal.tokens[behind].text}` to a separate line.", (edit,))
    return None


def two_directives_on_a_line(refusal: Refusal) -> Mend | None:
    """``errors log``: the second one is an argument of the first."""
    if refusal.plugin is None or refusal.word not in refusal.known or refusal.is_first_on_line(refusal.at):
        return None
    if refusal.word == refusal.plugin or refusal.opening_of(refusal.at) != refusal.opening_of(refusal.directive[0]):
        return None
    edit = Edit(*refusal.blanks_before(refusal.at), f"\n{refusal.indent(refusal.at)}")
    return Mend(f"Move `{refusal.word}` to a separate line.", (edit,))


def glued_comment(refusal: Refusal) -> Mend | None:
    """``8.8.8.8#dns one``: a comment that is glued to a word ends at the next blank."""
    if refusal.plugin is None:
        return None
    for at in refusal.directive:
        end = refusal.tokens[at].span.end
        if refusal.text[end : end + 1] == "#" and at + 1 in refusal.directive and not refusal.is_first_on_line(at + 1):
            line_end = refusal.text.find("\n", end)
            comment = refusal.text[end : len(refusal.text) if line_end < 0 else line_end].rstrip()
            edit = Edit(end, end + len(comment), f" {comment}")
            return Mend("Add a space before `#`: without it, the comment ends at the next space.", (edit,))
    return None


def misspelt_option(refusal: Refusal) -> Mend | None:
    """A word in a block that is nearly an option of the plugin, or one of another release or plugin."""
    plugin, version = refusal.plugin, refusal.circumstances.version
    if plugin is None or refusal.at < 0:
        return None
    at = refusal.at
    while at > refusal.directive[0] and not refusal.is_first_on_line(at):
        at -= 1
    word = refusal.tokens[at].text
    options = KEYWORDS.get(plugin, {})
    if not options or at == refusal.directive[0] or keyword_known(plugin, word, version):
        return None
    if word in options and version < Version(options[word][0]):
        return Mend(f"Use CoreDNS {options[word][0]} or later, which added `{word}`. Or remove the option.")
    meant = closest(word, [option for option in options if keyword_known(plugin, option, version)])
    if meant is not None:
        return Mend(f"Replace `{word}` with `{meant[0]}`.", (Edit(*refusal.tokens[at].span, meant[0]),))
    if word in refusal.known:
        return Mend(f"Close the block of `{plugin}` before `{word}`, which is a plugin.")
    owners = [owner for owner in refusal.known if keyword_known(owner, word, version)]
    if owners:
        names = " and ".join(f"`{owner}`" for owner in owners[:3])
        return Mend(f"Remove `{word}`: it is an option of {names}, not of `{plugin}`.")
    known = ", ".join(f"`{option}`" for option in options if keyword_known(plugin, option, version))
    return Mend(f"Use one of the options of `{plugin}`: {known}.")


def address_without_a_colon(refusal: Refusal) -> Mend | None:
    """``prometheus 9153``."""
    if "missing port in address" not in refusal.bare or not re.fullmatch(r"\d+", refusal.word):
        return None
    start = refusal.tokens[refusal.at].span.start
    return Mend(
        f"Replace `{refusal.word}` with `:{refusal.word}`: the port comes after a colon.", (Edit(start, start, ":"),)
    )


def number_with_a_unit(refusal: Refusal) -> Mend | None:
    """``denial 9984 30s``: these are plain seconds."""
    found = re.search(r'strconv\.\w+: parsing "(\d+)s": invalid syntax', refusal.bare)
    if found is None or refusal.word != f"{found[1]}s":
        return None
    end = refusal.tokens[refusal.at].span.end
    return Mend(
        f"Replace `{refusal.word}` with `{found[1]}`: the option takes seconds without a unit.",
        (Edit(end - 1, end, ""),),
    )


def duration_without_a_unit(refusal: Refusal) -> Mend | None:
    """``lameduck 5``: most likely seconds."""
    found = re.search(r'time: missing unit in duration "(\d+)"', refusal.bare)
    if found is None or refusal.word != found[1]:
        return None
    end = refusal.tokens[refusal.at].span.end
    return Mend(f"Add a unit: `{refusal.word}s` or `{refusal.word}m`.", (Edit(end, end, "s"),), safe=False)


def only_once(refusal: Refusal) -> Mend | None:
    """The same plugin twice in one block."""
    if refusal.bare != ONCE:
        return None
    if refusal.plugin == "forward":
        return Mend("Add a server block for each zone: before CoreDNS 1.9.4, a block can have only one `forward`.")
    return Mend(f"Keep only one `{refusal.plugin}` in the block, with the options of both.")


def forward_to_a_name(refusal: Refusal) -> Mend | None:
    """An upstream that is no address."""
    if refusal.plugin not in ("forward", "grpc") or "not an IP address or file" not in refusal.bare:
        return None
    newer = (
        " In 1.14.4 and later, CoreDNS accepts a name and resolves it once, when it starts."
        if refusal.plugin == "forward"
        else ""
    )
    return Mend(f"Replace it with the IP address of the upstream, or a file such as `/etc/resolv.conf`.{newer}")


def served_twice(refusal: Refusal) -> Mend | None:
    """Two keys for one zone and port."""
    if not refusal.bare.startswith("cannot serve"):
        return None
    if "zone overlap" in refusal.bare:
        return Mend("Add `bind` to both blocks. Or remove it from both.")
    at = refusal.at
    key = re.compile(re.escape(refusal.word.rstrip(",")) + ",?")
    before = at - 1
    if (
        before >= 0
        and refusal.tokens[before].line == refusal.tokens[at].line
        and key.fullmatch(refusal.tokens[before].text)
    ):
        return Mend(
            "Remove the repeated key.", (Edit(refusal.tokens[before].span.start, refusal.tokens[at].span.start, ""),)
        )
    return Mend("Merge both server blocks into one. Or give one of them another port or a `bind`.")


def https3_without_tls(refusal: Refusal) -> Mend | None:
    """The one transport that asks for a certificate when CoreDNS starts."""
    return Mend("Add `tls CERT KEY` to the block.") if refusal.bare.startswith("DoH3 requires TLS") else None


def unlike_on_one_listener(refusal: Refusal) -> Mend | None:
    """Blocks that share a port, and contradict one another."""
    if not refusal.bare.startswith(("conflicting TLS configuration", "conflicting max_streams")):
        return None
    what = "`tls`" if "TLS" in refusal.bare else "`max_streams`"
    return Mend(f"Use the same {what} in all server blocks on that port. Or give one of them another port or a `bind`.")


def not_in_the_image(refusal: Refusal) -> Mend | None:
    """A plugin of CoreDNS that the image was built without."""
    if not refusal.bare.startswith("no action found for directive"):
        return None
    return Mend(
        "Remove it: the image of NodeLocal DNSCache is built without this plugin, and its server blocks forward to cluster DNS."
    )


def quotes_lost_in_an_expression(refusal: Refusal) -> Mend | None:
    """``expr name() == "a."``: the Corefile's own quotes are not part of the expression."""
    words_before = {"view": {"expr": 1}, "template": {"expr": 1, "var": 2}}.get(refusal.plugin or "", {})
    edits = []
    line = 0
    for at in refusal.directive:
        if refusal.is_first_on_line(at):
            line = at
        token = refusal.tokens[at]
        written = refusal.text[slice(*token.span)]
        first = line + words_before.get(refusal.tokens[line].text, len(refusal.tokens))
        whole = at == first and refusal.is_first_on_line(at + 1)
        if written[0] == '"' and at >= first and not whole:
            if "'" in written or "\\" in written:
                return Mend("Put the strings of the expression in single quotes.")
            edits.append(Edit(*token.span, f"'{token.text}'"))
    return Mend("Put the strings of the expression in single quotes.", tuple(edits)) if edits else None


SETUP = (
    brace_on_the_next_line,
    block_on_one_line,
    closing_brace_behind_an_option,
    swallowed_directive,
    glued_comment,
    two_directives_on_a_line,
    address_without_a_colon,
    number_with_a_unit,
    duration_without_a_unit,
    quotes_lost_in_an_expression,
    only_once,
    forward_to_a_name,
    misspelt_option,
    served_twice,
    https3_without_tls,
    unlike_on_one_listener,
    not_in_the_image,
)

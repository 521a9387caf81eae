"""Mends of what the parser refuses, and of keys that are no zones."""

from __future__ import annotations

import re

from kpl.coredns.mends.refusal import Mend, Refusal
from kpl.coredns.releases import KEYWORDS
from kpl.coredns.structure import glued_braces
from kpl.text.edit import Edit
from kpl.text.words import closest


def closing_brace_on_a_line(refusal: Refusal) -> Mend | None:
    """``. { whoami }``: a directive's line takes everything in, so the brace needs a line of its own."""
    if not refusal.bare.startswith("Unexpected '}'"):
        return None
    at = refusal.at
    opening = refusal.opening_of(at)
    indent = refusal.indent(opening if opening is not None else at)
    start, end = refusal.blanks_before(at)
    return Mend("Move the closing `}` to a separate line.", (Edit(start, end, f"\n{indent}"),))


def glued_brace(refusal: Refusal) -> Mend | None:
    """``cache{`` and ``.{``: a brace is one only as a word of its own."""
    if not refusal.bare.startswith(("Unknown directive", "error inspecting server blocks: zone is not")):
        return None
    span = refusal.tokens[refusal.at].span
    if re.fullmatch(r"[^{}]+\{", refusal.word):
        return Mend("Add a space before `{`.", (Edit(span.end - 1, span.end - 1, " "),))
    if re.fullmatch(r"\}[\w.-]+", refusal.word):
        return Mend(
            "Put `}` on a separate line.",
            (Edit(span.start + 1, span.start + 1, f"\n{refusal.indent(refusal.at)}"),),
        )
    return None


def brace_glued_to_a_line(refusal: Refusal) -> Mend | None:
    """``cache 30{``: the brace opens no block, and the options after it are taken for plugins."""
    closing = sum(1 for token in refusal.tokens if token.text == "}")
    if closing <= sum(1 for token in refusal.tokens if token.text == "{"):
        return None
    glued = [at for at in glued_braces(refusal.text, refusal.tokens) if at <= refusal.at]
    if not glued:
        return None
    token = refusal.tokens[glued[-1]]
    edit = Edit(token.span.end - 1, token.span.end - 1, " ")
    return Mend(f"Add a space before `{{`: without it, the brace is part of the word `{token.text}`.", (edit,))


def option_in_the_wrong_place(refusal: Refusal) -> Mend | None:
    """An option under its plugin's line, which has no block."""
    if not refusal.bare.startswith("Unknown directive"):
        return None
    owners = [plugin for plugin, options in KEYWORDS.items() if refusal.word in options and plugin in refusal.known]
    at = refusal.at
    before = at - 1
    while before > 0 and not refusal.is_first_on_line(before):
        before -= 1
    owner = refusal.tokens[before].text if before >= 0 else ""
    if owner in owners and refusal.tokens[at - 1].text not in ("{", "}"):
        indent = refusal.indent(before)
        line_end = _line_end(refusal, at)
        start, _ = refusal.blanks_before(at)
        edits = (
            Edit(refusal.tokens[at - 1].span.end, refusal.tokens[at - 1].span.end, " {"),
            Edit(start, refusal.tokens[at].span.start, indent + _deeper(refusal, indent)),
            Edit(line_end, line_end, f"\n{indent}}}"),
        )
        return Mend(f"Move `{refusal.word}`, an option of `{owner}`, into a block: `{owner} {{ }}`.", edits)
    if owners:
        names = " or ".join(f"`{owner}`" for owner in owners[:3])
        return Mend(f"Move `{refusal.word}` into the block of {names}, the plugin that has this option.")
    return None


def _line_end(refusal: Refusal, at: int) -> int:
    while at + 1 < len(refusal.tokens) and not refusal.is_first_on_line(at + 1):
        at += 1
    return refusal.tokens[at].span.end


def _deeper(refusal: Refusal, indent: str) -> str:
    return "\t" if "\t" in indent else indent if 0 < len(indent) <= 4 else "    "


def misspelt_directive(refusal: Refusal) -> Mend | None:
    """A word that is nearly a plugin."""
    if not refusal.bare.startswith("Unknown directive"):
        return None
    meant = closest(refusal.word, refusal.known)
    if meant is None:
        return None
    return Mend(f"Replace `{refusal.word}` with `{meant[0]}`.", (Edit(*refusal.tokens[refusal.at].span, meant[0]),))


def unclosed_block_before(refusal: Refusal) -> Mend | None:
    """A server block starts where the one before it is still open."""
    at = refusal.at
    if not refusal.bare.startswith("Unknown directive") or not re.search(r"[.:/]", refusal.word):
        return None
    opening = refusal.opening_of(at)
    line = [token.text for token in refusal.tokens[at:] if token.line == refusal.tokens[at].line]
    if opening is None:
        return Mend(
            "Put the lines before it into a server block, `. { }`: a block without braces extends to the end of the file."
        )
    if line[-1:] != ["{"]:
        return None
    help_ = "Add `}` to close the server block before it."
    start = refusal.text.rfind("\n", 0, refusal.tokens[at].span.start) + 1
    if len(refusal.indent(at)) > len(refusal.indent(opening)):
        return Mend(
            "Move this server block after the `}` of the block that contains it. Or close that block with `}` first."
        )
    return Mend(help_, (Edit(start, start, f"{refusal.indent(opening)}}}\n"),))


def missing_last_brace(refusal: Refusal) -> Mend | None:
    """The file ends inside of a server block."""
    if not re.fullmatch(r"Syntax error: Unexpected token '.*', expecting '\}'", refusal.bare, re.DOTALL):
        if refusal.bare == "Unexpected EOF" and refusal.verdict.phase == "parse":
            return Mend("Add the missing `}`: the last block is not closed before the end of the file.")
        return None
    end = len(refusal.text.rstrip())
    if refusal.tokens[-1].span.end != end:  # a comment stands last
        end = len(refusal.text)
    help_ = "Add `}` at the end of the server block."
    if refusal.text[:end].endswith("\n"):
        return Mend(help_, (Edit(end - 1, end, "\n}\n"),))
    return Mend(help_, (Edit(end, end, "\n}"),))


def comma_too_many(refusal: Refusal) -> Mend | None:
    """``a.org, {``."""
    if not refusal.bare.startswith("Expected another address"):
        return None
    end = refusal.tokens[refusal.at - 1].span.end
    return (
        Mend("Remove the comma after the last key.", (Edit(end - 1, end, ""),))
        if refusal.text[end - 1] == ","
        else None
    )


def comma_alone(refusal: Refusal) -> Mend | None:
    """``a.org , b.org``: the comma belongs to the word before it."""
    if refusal.word != "," or "expecting data after last colon" not in refusal.bare:
        return None
    key, comma = refusal.tokens[refusal.at - 1].span, refusal.tokens[refusal.at].span
    edit = Edit(key.start, comma.end, f"{refusal.text[slice(*key)]},")
    return Mend("Remove the space between the key and the comma.", (edit,) if refusal.at else ())


def key_without_a_zone(refusal: Refusal) -> Mend | None:
    """``:53``, which other servers take for any name."""
    if refusal.verdict.phase != "keys" or not re.fullmatch(r"(?:\w+://)?:\d+", refusal.word):
        return None
    scheme, _, port = refusal.word.rpartition(":")
    edit = Edit(*refusal.tokens[refusal.at].span, f"{scheme}.:{port}")
    return Mend("Add the zone before the port (`.` for all names).", (edit,))


def key_with_a_leading_dot(refusal: Refusal) -> Mend | None:
    """``.a.org``, which may also be ``.`` and ``a.org`` without the blank between them."""
    if refusal.verdict.phase != "keys" or "zone is not a valid domain name: ." not in refusal.bare:
        return None
    found = re.fullmatch(r"(\w+://)?\.([^.:]+(?:\.[^.:]+)*\.?)(:\d+)?", refusal.word)
    if found is None:
        return None
    scheme, name, port = found.groups("")
    help_ = f"Remove the leading dot: the zone `{name}` includes all names below it."
    return Mend(help_, (Edit(*refusal.tokens[refusal.at].span, f"{scheme}{name}{port}"),), safe=False)


def key_without_a_port(refusal: Refusal) -> Mend | None:
    """``a.org:``."""
    if refusal.verdict.phase != "keys" or not refusal.word.endswith(":"):
        return None
    end = refusal.tokens[refusal.at].span.end
    help_ = "Add a port after the colon. Or remove the colon."
    # a plugin that was to stand in a block: as a key it would be a zone
    return Mend(help_) if refusal.word[:-1] in refusal.known else Mend(help_, (Edit(end - 1, end, ""),))


def import_not_found(refusal: Refusal) -> Mend | None:
    """A snippet that is misspelt, or defined further down."""
    found = re.fullmatch(r"File to import not found: (.*)", refusal.bare, re.DOTALL)
    if found is None:
        return None
    name = found[1]
    snippets = {token.text[1:-1]: token for token in refusal.tokens if re.fullmatch(r"\(.+\)", token.text, re.DOTALL)}
    if name in snippets:
        return Mend(f"Define the snippet `({name})` before the first `import {name}`.")
    meant = closest(name, snippets)
    span = refusal.verdict.span
    if meant is not None and span is not None and refusal.text[slice(*span)] == name:
        return Mend(f"Replace `{name}` with `{meant[0]}`.", (Edit(*span, meant[0]),))
    return Mend("Define a snippet with that name before the import. Or add a file with that name next to the Corefile.")


def import_with_arguments(refusal: Refusal) -> Mend | None:
    """CoreDNS's snippets take none."""
    if not refusal.bare.startswith("Import takes only one argument"):
        return None
    return Mend("Remove the arguments: unlike Caddy's snippets, those of CoreDNS have no parameters.")


SYNTAX = (
    closing_brace_on_a_line,
    glued_brace,
    brace_glued_to_a_line,
    option_in_the_wrong_place,
    misspelt_directive,
    unclosed_block_before,
    missing_last_brace,
    comma_too_many,
    comma_alone,
    key_without_a_zone,
    key_with_a_leading_dot,
    key_without_a_port,
    import_not_found,
    import_with_arguments,
)

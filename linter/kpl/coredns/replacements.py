"""What stands in for plugins and options that CoreDNS removed.

- https://github.com/coredns/coredns/tree/master/notes (1.4.0, 1.5.0, 1.7.0 and 1.8.0)
- https://github.com/coredns/coredns/blob/v1.4.0/plugin/proxy/README.md
- https://coredns.io/plugins/forward/
- https://coredns.io/plugins/transfer/
"""

from __future__ import annotations

from collections.abc import Sequence

from kpl.inputs.corefile.model import Corefile, Directive, Property, ServerBlock
from kpl.text.edit import Edit, Fix, lost_comments
from kpl.text.version import Version

_SEVERAL_FORWARDS = Version("1.9.4")
_SAME_POLICIES = ("random", "round_robin", "sequential")
_OWN_HEALTH_CHECKS = ("fail_timeout", "health_check", "max_fails", "spray")


def replace_directive(server: ServerBlock, directive: Directive, version: Version) -> Fix | None:
    """What a CoreDNS of this release takes instead of a removed plugin; None where that is not a matter of rewriting."""
    if directive.name == "proxy":
        return _forward(server, directive, version)
    if directive.name == "federation":
        edit = server.corefile.remove_lines(directive.span)
        if edit is not None and not lost_comments(server.corefile.text, [edit]):
            return Fix("Remove `federation`", (edit,), safe=False)
    return None


def replace_option(server: ServerBlock, directive: Directive, option: Property) -> Fix | None:
    """What replaces a removed option of `directive`, or one without effect."""
    if option.name == "no_reload":
        if option.args or directive.get("reload"):
            return None
        return Fix("Replace `no_reload` with `reload 0`", (Edit(*option.name.span, "reload 0"),))
    if option.name == "transfer":
        return _transfer(server, directive, option)
    edits = _without(server.corefile, directive, [option])
    return None if edits is None else Fix(f"Remove `{option.name}`", edits)


def _without(corefile: Corefile, directive: Directive, options: Sequence[Property]) -> tuple[Edit, ...] | None:
    """The edits that remove `options`, and the block of `directive` where it holds nothing else."""
    if directive.block is not None and len(options) == len(directive.properties):
        if directive.head.end > directive.block.start:
            return None  # words after the block
        edit = Edit(directive.head.end, directive.block.end, "")
        if (
            not corefile.text[edit.start : directive.block.start].strip()
            and "#" not in corefile.text[edit.start : edit.end]
        ):
            return (edit,)
    edits = [_without_line(corefile, option) for option in options]
    return tuple(edit for edit in edits if edit is not None) if None not in edits else None


def _without_line(corefile: Corefile, option: Property) -> Edit | None:
    """The edit that removes the line of `option`, and leaves a comment behind it where it is."""
    if option.nested:
        return None
    whole = corefile.remove_lines(option.span)
    if whole is not None:
        return whole
    start, end = corefile.text.rfind("\n", 0, option.span.start) + 1, corefile.text.find("\n", option.span.end)
    behind = corefile.text[option.span.end : end if end >= 0 else None]
    if corefile.text[start : option.span.start].strip() or not behind.strip().startswith("#"):
        return None
    return Edit(option.span.start, option.span.end + len(behind) - len(behind.lstrip()), "")


def _forward(server: ServerBlock, proxy: Directive, version: Version) -> Fix | None:
    others = server.has("forward") or any(each is not proxy for each in server.all("proxy")[:2])
    if len(proxy.args) < 2 or others and version < _SEVERAL_FORWARDS:
        return None
    edits = [Edit(*proxy.name.span, "forward")]
    gone: list[Property] = []
    safe = proxy.args[0] == "." and not others
    for option in proxy.properties:
        kept = _forward_option(option)
        if kept is None:
            return None
        if not kept:
            gone.append(option)
            safe = safe and option.name == "protocol"
        elif kept != " ".join([option.name, *option.args]):
            edits.append(Edit(*option.span, kept))
    removals = _without(server.corefile, proxy, gone) if gone else ()
    return None if removals is None else Fix("Replace `proxy` with `forward`", (*edits, *removals), safe)


def _forward_option(option: Property) -> str | None:
    """The line of `forward` for this line of `proxy`: empty where it has none, None where it has nothing alike."""
    words = [str(word) for word in option.args]
    if option.nested:
        return None
    if option.name == "policy" and len(words) == 1:
        policy = {"first": "sequential", "least_conn": ""}.get(words[0], words[0])
        return f"policy {policy}" if policy in _SAME_POLICIES else "" if not policy else None
    if option.name == "protocol":
        return {"dns": "", "dns force_tcp": "force_tcp"}.get(" ".join(words))
    if option.name == "except" and words:
        return " ".join([option.name, *words])
    return "" if option.name in _OWN_HEALTH_CHECKS else None


def _transfer(server: ServerBlock, directive: Directive, option: Property) -> Fix | None:
    """The plugin `transfer` for ``transfer to ADDRESS...`` in a plugin that has zones."""
    if (
        len(directive.all("transfer")) > 1
        or option.args[:1] != ["to"]
        or len(option.args) < 2
        or server.has("transfer")
    ):
        return None
    edits = _without(server.corefile, directive, [option])
    if edits is None:
        return None
    # `kubernetes` hands out its first zone, the others are those of the reverse names; `file` has its file first
    zones = {"kubernetes": directive.args[:1], "file": directive.args[1:]}.get(directive.name, directive.args)
    corefile = server.corefile
    unit = corefile.indent_at(option.span.start).removeprefix(corefile.indent_at(directive.span.start)) or "    "
    lines = (f"{' '.join(['transfer', *zones])} {{", f"{unit}{' '.join(option.args)}", "}")
    return Fix(
        "Move `transfer to` into the plugin `transfer`", (*edits, corefile.insert_after(directive, *lines)), safe=False
    )

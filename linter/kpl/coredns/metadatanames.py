"""Names with metadata in them, which ``rewrite name regex`` makes since 1.15.0. (CoreDNS plugin/rewrite/name_metadata.go)"""

from __future__ import annotations

from kpl.coredns.controller import Controller
from kpl.golang.values import GoError, atoi, quote


def check_metadata_name(c: Controller, name: str, groups: int, at: str) -> None:
    """Refuse a name whose braces hold neither a group of the pattern, which has `groups`, nor a label of metadata."""
    while name:
        before, found, rest = name.partition("{")
        if "}" in before:
            raise c.refuse("unmatched closing brace in metadata name replacement", at)
        if not found:
            return
        label, closed, name = rest.partition("}")
        if not closed:
            raise c.refuse("unclosed placeholder in metadata name replacement", at)
        try:
            group = atoi(label)
        except GoError:
            if "{" in label or not 0 < label.find("/") < len(label) - 1:
                raise c.refuse(f"invalid metadata label {quote(label)} in name replacement", at) from None
        else:
            if not 0 <= group <= groups:
                raise c.refuse(f"capture group {label} does not exist in name matching pattern", at)

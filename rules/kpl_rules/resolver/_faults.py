"""What is wrong with the DNS settings of a pod."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kpl import Fix, Span
from kpl.corefiles import is_placeholder
from kpl.edits import set_scalar
from kpl.manifests import Mapping
from kpl.words import closest


@dataclass(frozen=True)
class Fault:
    """A fault: where, what happens, what to write instead; `refused` tells that Kubernetes does not take it at all.

    `is_written` tells that nothing but the words at its place makes it one.
    """

    span: Span
    message: str
    help: str
    fix: Fix | None = None
    refused: bool = True
    is_written: bool = True


def misspelt_keys(text: str, mapping: Mapping, known: Sequence[str], what: str) -> Iterator[Fault]:
    """The keys of `mapping` that are not among `known`; ``$patch`` is a directive of a patch."""
    for key in mapping.keys():
        if key.value in known or key.value == "<<" or key.value.startswith("$") or is_placeholder(key.value):
            continue
        near = closest(key.value, known)
        free = near is not None and mapping.pair(near[0]) is None
        edit = set_scalar(text, key, near[0]) if near is not None and free else None
        yield Fault(
            key.span,
            f"`{key.value}` is not a field of {what}, so kubectl and server-side apply refuse it and other clients drop it",
            f"Replace it with `{near[0]}`."
            if near is not None
            else f"Use one of the fields {', '.join(f'`{name}`' for name in known)}.",
            Fix(f"Rename `{key.value}` to `{near[0]}`", (edit,)) if near is not None and edit is not None else None,
        )

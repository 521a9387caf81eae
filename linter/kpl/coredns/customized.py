"""The Corefile of AKS, k3s, Gardener and vCluster, which imports the keys of the ConfigMap `coredns-custom`.

Its Deployment mounts that ConfigMap, where there is one, at /etc/coredns/custom. (k3s: manifests/coredns.yaml)
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from kpl.coredns.imports import Files, FolderTree, NamedTexts
from kpl.coredns.roles import is_node_local
from kpl.inputs.corefile.model import Directive, ServerBlock
from kpl.inputs.document import Document, is_corefile
from kpl.text import late
from kpl.verdict import Verdict

CUSTOM_NAME = "coredns-custom"
_FOLDER = "custom"
_MOUNTED = "/etc/coredns/"

_IMPORT = late.pattern(r"^[ \t]*import[ \t]+\"?(?:/etc/coredns/)?custom/", re.MULTILINE)


def is_custom_key(document: Document) -> bool:
    """Whether this is a key of a ConfigMap that is there to be imported, as its name or that of the ConfigMap says."""
    for_import = document.key.endswith((".server", ".override")) or document.name == CUSTOM_NAME
    return for_import and document.around is not None and is_corefile(document)


class Customized(NamedTexts):
    """The keys of the ConfigMap that holds the Corefile `home`, and in the folder ``custom`` those of `coredns-custom`."""

    def __init__(
        self, home: Document, own: Mapping[str, str], custom: Mapping[str, str], keys: Iterable[Document]
    ) -> None:
        super().__init__({**own, **{f"{_FOLDER}/{key}": text for key, text in custom.items()}}, complete=False)
        self.home = home
        self._own = own
        self.custom = custom
        self._keys = {f"{_FOLDER}/{each.key}": each for each in keys}
        self._ids = {id(each) for each in self._keys.values()}

    def imports(self, document: Document) -> bool:
        """Whether `document` holds a key of `coredns-custom` that the Corefile may import."""
        return id(document) in self._ids

    def imported(self, verdict: Verdict) -> Document | None:
        """The key that the verdict on the Corefile is about."""
        return None if verdict.imported is None else self._keys.get(verdict.imported.file)

    def names(self, folder: str) -> Collection[str] | None:
        """The names in either ConfigMap, and the folder."""
        if folder == "":
            return [_FOLDER, *self._own]
        return self.custom.keys() if folder == _FOLDER else None

    def knows_all(self, folder: str) -> bool:
        """No other volume is mounted inside of ``custom``."""
        return folder == _FOLDER

    def relative(self, path: str) -> str | None:
        """A path in ``/etc/coredns/custom``."""
        inner = path.removeprefix(_MOUNTED)
        return inner if inner.startswith(f"{_FOLDER}/") and inner != path else None


def imports_custom(document: Document) -> bool:
    """Whether `document` is the Corefile of a CoreDNS in which `coredns-custom` is mounted."""
    return is_corefile(document) and not is_node_local(document) and bool(_IMPORT.search(document.embedding.text))


def find_customized(corefiles: Sequence[Document], documents: Iterable[Document]) -> Customized | None:
    """The one of `corefiles`, which all import `coredns-custom`, with its files; None where there are none or several of either."""
    if len(corefiles) != 1:
        return None
    custom: dict[int, list[Document]] = {}
    for each in documents:
        if each.name == CUSTOM_NAME and each.kind in ("Corefile", "ParseFailure") and each.around is not None:
            custom.setdefault(id(each.around), []).append(each)
    if len(custom) != 1:
        return None
    (home,), (keys,) = corefiles, custom.values()
    texts = keys[0].around
    # a namespace that is missing is set by kustomize, or by kubectl
    apart = home.namespace and keys[0].namespace and home.namespace != keys[0].namespace
    if home.around is None or texts is None or home.name == CUSTOM_NAME or apart:
        return None
    return Customized(home, home.around, texts, keys)


def imported_directives(server: ServerBlock, new: Sequence[Directive]) -> ServerBlock | None:
    """`server` with the directives `new` in place of its import of ``*.override`` keys; None if it has no such import."""
    found = [directive for directive in server.directives if directive.name == "import" and _is_override(directive)]
    if len(found) != 1:
        return None
    at = server.directives.index(found[0])
    directives = [*server.directives[:at], *new, *server.directives[at + 1 :]]
    return ServerBlock(server.keys, directives, server.span, server.body, server.corefile)


def _is_override(directive: Directive) -> bool:
    return any(word.removeprefix(_MOUNTED) == f"{_FOLDER}/*.override" for word in directive.args)


def files_around(document: Document, customized: Customized | None) -> Files:
    """Where the imports of the Corefile in `document` are looked for."""
    if customized is not None and customized.home is document:
        return customized
    if document.is_whole_file:
        return FolderTree(os.path.dirname(document.path))
    return NamedTexts(document.around or {}, complete=False)

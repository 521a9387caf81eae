"""CoreDNS's verdict on the Corefiles of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from kpl.cluster.documents import Documents
from kpl.cluster.versions import Versions
from kpl.coredns.customized import Customized, files_around, find_customized
from kpl.coredns.judge import Circumstances, Judgement, judge_corefile
from kpl.facts import Facts
from kpl.inputs.document import Document
from kpl.shares.share import share_of

if TYPE_CHECKING:
    from kpl.coredns.lenient import Lenient
    from kpl.coredns.mends.advice import Advice

_LENIENT: WeakKeyDictionary[Document, tuple[Circumstances, Mapping[str, str] | None, Lenient]] = WeakKeyDictionary()
"""The last verdict on a document, with the circumstances that it was given in and the texts that were beside it."""


class CorednsVerdicts:
    """What CoreDNS, of the release and in the circumstances of one cluster, makes of its Corefiles."""

    def __init__(self, documents: Documents, versions: Versions, facts: Facts) -> None:
        self._documents = documents
        self._versions = versions
        self._facts = facts

    def judgement(self, document: Document) -> Judgement:
        """CoreDNS's verdict on the Corefile in `document`, and what it makes of it."""
        return self._judge(document, document.embedding.text, self._circumstances(document))

    def lenient(self, document: Document) -> Lenient:
        """The verdict on the Corefile in `document` as a linter gives it: past what other rules tell better."""
        circumstances = self._circumstances(document)
        customized = self.customized
        custom = customized.custom if customized is not None and customized.home is document else None
        # a fixer asks again and again, in clusters that differ in one document
        known = _LENIENT.get(document)
        if known is None or known[0] != circumstances or known[1] is not custom:
            from kpl.coredns.lenient import judge_leniently

            judged = judge_leniently(
                document.embedding.text, lambda text, seen: self._judge(document, text, seen), circumstances
            )
            known = _LENIENT[document] = circumstances, custom, judged
        return known[2]

    def advice(self, document: Document) -> Advice:
        """What to write where the verdict of `lenient` is a refusal."""
        from kpl.coredns.mends.advice import advise

        judgement, circumstances, _ = self.lenient(document)
        return advise(
            document.embedding.text,
            judgement.verdict,
            circumstances,
            lambda text: self._judge(document, text, circumstances).verdict,
        )

    @cached_property
    def customized(self) -> Customized | None:
        """The Corefile that imports the keys of `coredns-custom`, where both are in the tree."""
        corefiles = [each for each in self._documents.with_corefile if share_of(each).imports_custom]
        return find_customized(corefiles, self._documents.all)

    def _judge(self, document: Document, text: str, circumstances: Circumstances) -> Judgement:
        name = document.key if document.is_fragment else "Corefile"
        files = files_around(document, self.customized)
        return judge_corefile(text, circumstances, files, name=name, fragment=document.is_fragment)

    def _circumstances(self, document: Document) -> Circumstances:
        return Circumstances(
            self._versions.judged_coredns(document),
            self._facts.environment,
            self._versions.node_cache.plugins if self._versions.is_read_by_node_cache(document) else None,
            self._facts.external_plugins,
            self._facts.assumed_files,
        )

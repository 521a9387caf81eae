"""kpl: the linter and fixer for Kubernetes DNS and service networking.

This module and those beside it that ``docs/plugins.md`` lists are the public face: everything that a rule may use. What
every rule needs is here, the rest is filed by subject. Names are imported when they are first asked for, so that
`kpl --version` costs nothing.
"""

from __future__ import annotations

__version__ = "0.1.0"

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.cluster import Cluster as Cluster
    from kpl.facts import Facts as Facts
    from kpl.inputs.document import Document as Document
    from kpl.inputs.document import ParseFailure as ParseFailure
    from kpl.lint.rule import Bad as Bad
    from kpl.lint.rule import Confidence as Confidence
    from kpl.lint.rule import Finding as Finding
    from kpl.lint.rule import Good as Good
    from kpl.lint.rule import LateExamples as LateExamples
    from kpl.lint.rule import Profile as Profile
    from kpl.lint.rule import Related as Related
    from kpl.lint.rule import Rule as Rule
    from kpl.lint.rule import Severity as Severity
    from kpl.lint.rule import Stop as Stop
    from kpl.lint.rule import corefile as corefile
    from kpl.lint.rule import dump as dump
    from kpl.lint.rule import files as files
    from kpl.lint.rule import manifest as manifest
    from kpl.lint.suppression import Suppression as Suppression
    from kpl.text.edit import Edit as Edit
    from kpl.text.edit import Fix as Fix
    from kpl.text.span import Span as Span
    from kpl.text.version import Version as Version
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.cluster": "Cluster",
            "kpl.facts": "Facts",
            "kpl.inputs.document": "Document ParseFailure",
            "kpl.lint.rule": """
                Bad Confidence Finding Good LateExamples Profile Related Rule Severity Stop corefile dump
                files manifest
            """,
            "kpl.lint.suppression": "Suppression",
            "kpl.text.edit": "Edit Fix",
            "kpl.text.span": "Span",
            "kpl.text.version": "Version",
        },
    )

"""KPL236."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Cluster, Edit, Finding, Fix, Good, Profile, Rule, Severity, Span, Stop
from kpl.corefiles import Corefile, tokenize

_HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: coredns\n  namespace: kube-system\ndata:\n  Corefile: |\n"
_BAD = re.compile(r"(?<![ \t])(?:[ \t]+(?=\n|\Z)| *\t[ \t]*)")


class UnreadableInKubectl(Rule):
    """The Corefile has a tab or a trailing space, so `kubectl edit` shows it as one long string.

    ## Why
    Kubernetes stores the text, not how it was written. `kubectl edit` and `kubectl get -o yaml` print a text with a
    tab, or with a space before a line end, in double quotes on one line, with each line end as `\\n` (tested with
    sigs.k8s.io/yaml 1.6.0).

    The rule is in the profile `all`, because CoreDNS reads the same Corefile.

    ## Fix
    Replaces each tab that indents with four spaces and any other tab with one, and removes trailing spaces. There is no
    fix if a tab is in a comment or in quotes.

    ## References
    - https://github.com/coredns/coredns/issues/1708
    """

    code = "KPL236"
    name = "unreadable-in-kubectl"
    stop = Stop.COREDNS
    severity = Severity.INFO
    since = "0.1.0"
    profile = Profile.ALL
    examples = [
        Bad(
            {"cm.yaml": f"{_HEAD}    lan {{ \n    \terrors\n    \twhoami\n    }}\n"},
            flags=[" "],
            says=["has a trailing space here (and 2 more), so"],
            fixed=f"{_HEAD}    lan {{\n        errors\n        whoami\n    }}\n",
        ),
        Good({"cm.yaml": f"{_HEAD}    lan {{\n      errors\n      whoami\n    }}\n"}),
        # no kubectl prints this file
        Good({"Corefile": "lan {\n\terrors\n\twhoami\n}\n"}),
        Bad(
            {"cm.yaml": f"{_HEAD}    lan {{\n    \terrors\n        whoami\t# who\n    }}\n"},
            flags=["\t"],
            fixed=f"{_HEAD}    lan {{\n        errors\n        whoami # who\n    }}\n",
            says=["has a tab here (and 1 more)"],
        ),
        # the tab is part of a word, and of a comment
        Bad(
            {"cm.yaml": f'{_HEAD}    lan {{\n        log . "a\tb"\n        errors\n        whoami\n    }}\n'},
            flags=["\t"],
        ),
        Bad({"cm.yaml": f"{_HEAD}    lan {{\n        errors # a\tb\n        whoami\n    }}\n"}, flags=["\t"]),
    ]

    def check(self, corefile: Corefile, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        text = corefile.text
        if cluster.document_of(corefile).is_whole_file or "\r" in text:
            return
        places = [Span(*found.span()) for found in _BAD.finditer(text)]
        if not places:
            return
        edits = tuple(_edit(text, place) for place in places)
        more = f" (and {len(places) - 1:,} more)" if len(places) > 1 else ""
        what = "tab" if "\t" in text[slice(*places[0])] else "trailing space"
        yield self.finding(
            places[0],
            f"this Corefile has a {what} here{more}, so `kubectl edit` shows it as one long string",
            help="Indent with spaces, and remove trailing spaces.",
            fix=Fix("Replace tabs with spaces, and remove trailing spaces", edits) if _outside(text, places) else None,
        )


def _edit(text: str, place: Span) -> Edit:
    """What makes one line readable: trailing blanks go, and a tab becomes blanks."""
    if text[place.end : place.end + 1] in ("", "\n"):
        return Edit(*place, "")
    indents = text[place.start - 1 : place.start] in ("", "\n")
    return Edit(*place, text[slice(*place)].replace("\t", "    ") if indents else " ")


def _outside(text: str, places: list[Span]) -> bool:
    """Whether all `places` lie between the words of the Corefile, and in none of its comments."""
    inside = bytearray(len(text))
    for token in tokenize(text):
        inside[slice(*token.span)] = b"\1" * (token.span.end - token.span.start)
    for found in re.finditer(r"(?:^|(?<=\s))#[^\n]*?(?=[ \t]*$)", text, re.MULTILINE):
        inside[slice(*found.span())] = b"\1" * (found.end() - found.start())
    return not any(any(inside[slice(*place)]) for place in places)

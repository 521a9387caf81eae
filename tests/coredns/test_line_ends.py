"""CoreDNS's lexer passes over each CR outside of quotes: the verdict is that of the words, whatever ends the lines."""

from __future__ import annotations

import pytest

from kpl.cluster import Cluster
from kpl.coredns.tokens import tokenize
from kpl.verify.judged import judge
from support import held, run

LF = {
    "a placeholder at the end of a line": ". {\n    whoami }\n}STUBDOMAINS\nb.org {\n    whoami\n}\n",
    "a placeholder for a word": ". {\n    kubernetes CLUSTER_DOMAIN {\n        pods x\n    }\n}\n",
    "an action over its line": ". {\n    whoami {{ x\n    }} y\n}\n",
    "the plugin template's own actions": ". {\n    template IN A {\n        answer \"{{ .Name }} A 1.2.3.4\"\n        fallthrough\n    }\n    cahce\n}\n",
    "an import": "(s) {\n    errors\n}\n. {\n    import s # why\n    import s#why\n    whoami x y\n}\n",
    "a refusal": ". {\n    errors\n    cahce 30\n}\n",
    "no refusal": ". {\n    errors  # all\n    forward . 10.0.0.1#x 10.0.0.2\n}\n",
}  # fmt: skip


def verdicts(text: str) -> list[tuple[object, ...]]:
    holds = held("Corefile", text.encode())
    found = judge([holds], Cluster(holds.documents), as_they_are=False)
    return [(each.verdict.answer, each.verdict.phase, each.verdict.message, each.verdict.needs) for each in found]


@pytest.mark.parametrize("what", LF)
def test_cr_lf_gives_the_verdict_of_lf(what: str) -> None:
    text = LF[what]
    crlf = text.replace("\n", "\r\n")
    assert verdicts(crlf) == verdicts(text)
    assert {f.code for f in run({"Corefile": crlf}).findings} == {f.code for f in run({"Corefile": text}).findings}


@pytest.mark.parametrize("what", LF)
def test_a_cr_inside_of_a_word_is_nothing(what: str) -> None:
    text = LF[what]
    words = [token.text for token in tokenize(text)]
    for token in tokenize(text):
        at = token.span.start + 1
        if len(token.text) < 2 or text[token.span.start] == '"':
            continue
        broken = text[:at] + "\r" + text[at:]
        assert [each.text for each in tokenize(broken)] == words
        assert verdicts(broken) == verdicts(text)


def test_lines_that_end_with_cr_alone_are_one_line() -> None:
    text = LF["no refusal"].replace("\n", "\r")
    assert [(token.text, token.line) for token in tokenize(text)] == [
        (".", 1), ("{", 1), ("errors", 1),
    ]  # fmt: skip
    assert verdicts(text)[0][:2] == ("refuses", "parse")


@pytest.mark.parametrize(
    "text", ["import\rx\n", "im\rport x\n", "import\r\n", "import\r#c d\n", "import#c d\n", '"import"\rx\n']
)
def test_import_is_a_word_as_others_are(text: str) -> None:
    other = text.replace("import", "impart")
    assert [token.text for token in tokenize(text)] == [
        token.text.replace("impart", "import") for token in tokenize(other.replace("im\rport", "im\rpart"))
    ]

"""What rules about Corefiles say, where it depends on the plugin or the release."""

from __future__ import annotations

import pytest

from kpl.lint.located import Located
from support import run, underlined


def found(code: str, text: str, coredns: str = "1.14.7") -> list[Located]:
    return run({"Corefile": text}, (code,), {"coredns": coredns}).findings


def image(tag: str, name: str = "coredns") -> str:
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  template:\n    spec:\n"
        f"      containers:\n      - {{name: c, image: registry.k8s.io/coredns/coredns:{tag}}}\n"
    )


def test_one_image_tells_the_release_and_two_that_differ_do_not() -> None:
    corefile = "lan {\n    whoami\n    cache {\n        servfail 5s\n    }\n}\n"  # from 1.9.4 on

    def codes(*images: str) -> set[str]:
        manifests = {f"{number}.yaml": text for number, text in enumerate(images)}
        return {each.code for each in run({"Corefile": corefile, **manifests}, ("KPL010",)).findings}

    assert codes(image("v1.9.3")) == {"KPL010"}
    assert codes(image("v1.9.3"), image("v1.9.3", "other")) == {"KPL010"}
    assert codes(image("v1.14.7")) == codes() == set()
    assert codes(image("v1.9.3"), image("v1.9.2", "other")) == set()


@pytest.mark.parametrize(
    ("block", "removal_helps"),
    [
        ("hosts {\n    10.0.0.1 a.lan\n    fallthrough\n}", False),
        ("template IN A lan {\n    match ^a\n    fallthrough\n}", False),
        ("etcd lan {\n    fallthrough\n}", True),
        ("file lan.zone {\n    fallthrough\n}", True),
    ],
)
def test_what_helps_against_a_fallthrough_to_nowhere(block: str, removal_helps: bool) -> None:
    (finding,) = found("KPL230", f"lan {{\n{block}\n}}\n")
    assert finding.message.endswith("get SERVFAIL")
    assert ("NXDOMAIN" in finding.help) is removal_helps
    assert ("also responds with SERVFAIL" in finding.help) is not removal_helps


def test_a_leading_dot_is_the_fault_of_the_key() -> None:
    text = ".a.pine {\n    forward . 10.0.0.1\n}\n"
    for coredns in ("1.9.3", "1.14.7"):
        assert found("KPL225", text, coredns) == []
    (finding,) = found("KPL211", text, "1.9.3")
    assert underlined(finding) == ".a.pine"
    assert "`a.pine`" in finding.help
    assert found("KPL211", text) == []
    (refusal,) = found("KPL010", text)
    assert underlined(refusal) == ".a.pine"


def test_the_cache_of_cluster_dns_leaves_the_names_of_the_cluster_out() -> None:
    def fixed(zones: str, coredns: str = "1.14.7") -> str:
        text = f".:53 {{\n  kubernetes {zones}\n  forward . 10.0.0.1\n}}\n"
        (finding,) = found("KPL201", text, coredns)
        assert finding.fix is not None
        (edit,) = finding.fix.edits
        return edit.text

    lines = "\n  cache 30 {\n    disable success corp.lan\n    disable denial corp.lan\n  }"
    assert fixed("corp.lan in-addr.arpa ip6.arpa") == lines
    assert fixed("corp.lan 10.0.0.0/8", "1.9.4") == lines
    assert fixed("corp.lan", "1.9.3") == "\n  cache 30"
    assert fixed("") == "\n  cache 30"


def test_a_scheme_is_named_as_it_is_written() -> None:
    (finding,) = found("KPL211", "TLS://. {\n    whoami\n}\n")
    assert finding.message.startswith("`TLS://` is not a scheme")


def test_the_clue_of_a_rule_is_compared_with_what_coredns_reads() -> None:
    """CR is nothing to CoreDNS, also inside of a word."""
    found = run({"Corefile": ". {\n    ca\rche 3\r0s\n    forward . 10.0.0.1\n}\n"}, ("KPL222",)).findings
    assert [(finding.code, underlined(finding)) for finding in found] == [("KPL222", "3\r0s")]

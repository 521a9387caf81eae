from __future__ import annotations

import pytest

from kpl.coredns.versions import NEWEST_COREDNS
from kpl.fix.fixer import fix_texts
from kpl.lint.settings import Settings
from support import facts, readings, refused, run, underlined

RULE = "removed-plugin-or-option"

ON_PREMISES = """\
.:53 {
    log
    health
    errors
    reload
    cache 30
    prometheus
    kubernetes cluster.local 100.64.0.0/13 {
        pods verified
        resyncperiod 1m
    }
    autopath @kubernetes
    forward . /etc/resolv.conf
}
"""


def _fixed(text: str, unsafe: bool = False, coredns: str = "1.14.7") -> str:
    settings = Settings(select=(RULE,), facts=facts({"coredns": coredns}))
    outcome = fix_texts(readings({"Corefile": text}), settings, unsafe)
    assert refused(outcome) == []
    return outcome.texts.get("Corefile", text)


def _block(*lines: str) -> str:
    return "".join(f"{line}\n" for line in (". {", *(f"    {line}" for line in lines), "}"))


def _proxy(*options: str) -> str:
    return _block("proxy . 10.0.0.2 {", *(f"    {option}" for option in options), "}")


def _forward(*options: str) -> str:
    if not options:
        return _block("forward . 10.0.0.2")
    return _proxy(*options).replace("proxy", "forward")


def test_a_corefile_that_grew_old() -> None:
    found = run({"Corefile": ON_PREMISES}, (RULE,)).findings
    assert [(underlined(each), each.severity.value) for each in found] == [("resyncperiod", "error")]
    assert NEWEST_COREDNS.full in found[0].message
    assert "1.6.0" in found[0].message
    assert _fixed(ON_PREMISES) == ON_PREMISES.replace("        resyncperiod 1m\n", "")
    assert not run({"Corefile": ON_PREMISES}, (RULE,), {"coredns": "1.5.2"}).findings
    assert {each.name for each in run({"Corefile": ON_PREMISES}, ("KPL20",)).findings} >= {
        RULE,
        "health-without-lameduck",
        "missing-ready",
        "missing-loop",
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_proxy("policy random"), _forward("policy random")),
        (_proxy("policy first"), _forward("policy sequential")),
        (_proxy("except a.org b.org"), _forward("except a.org b.org")),
        (_proxy("protocol dns"), _forward()),
        (_proxy("protocol dns force_tcp"), _forward("force_tcp")),
        (_proxy("protocol dns", "policy first"), _forward("policy sequential")),
    ],
)
def test_proxy_with_options_that_forward_has(before: str, after: str) -> None:
    assert _fixed(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_proxy("max_fails 3", "fail_timeout 10s", "health_check /health:8080", "spray"), _forward()),
        (_proxy("policy least_conn"), _forward()),
        (_proxy("max_fails 3  # or 4"), _forward("# or 4")),
        (_block("proxy a.org 10.0.0.2"), _block("forward a.org 10.0.0.2")),
        (
            _block("proxy a.org 10.0.0.2", "proxy . 10.0.0.3"),
            _block("forward a.org 10.0.0.2", "forward . 10.0.0.3"),
        ),
    ],
)
def test_proxy_that_forward_is_not_quite(before: str, after: str) -> None:
    if "10.0.0.3" not in before:
        assert _fixed(before) == before
    assert _fixed(before, unsafe=True) == after


@pytest.mark.parametrize(
    "text",
    [
        _proxy("protocol grpc insecure"),
        _proxy("policy fastest"),
        _proxy("{{ .options }}"),
        _block("proxy ."),
        _block("reverse 10.0.0.0/8"),
        _block("startup echo hello"),
        _block("federation cluster.local {", "    prod prod.example.org  # since 2018", "}"),
        _block("kubernetes cluster.local {", "    transfer from 10.0.0.2", "}"),
        _block("kubernetes cluster.local {", "    transfer to 10.0.0.2", "    transfer to 10.0.0.3", "}"),
        _block("file /zones/a {", "    no_reload", "    reload 10s", "}"),
    ],
)
def test_what_only_a_person_can_replace(text: str) -> None:
    assert run({"Corefile": text}, (RULE,)).findings
    assert _fixed(text, unsafe=True) == text


def test_releases_with_one_forward_in_a_block() -> None:
    text = _block("proxy a.org 10.0.0.2", "proxy . 10.0.0.3")
    assert _fixed(text, unsafe=True, coredns="1.9.3") == text
    assert _fixed(text, unsafe=True, coredns="1.9.4") != text


def test_transfer_keeps_the_zone_and_the_indentation() -> None:
    before = ".:53 {\n\tkubernetes cluster.local in-addr.arpa {\n\t\tttl 30\n\t\ttransfer to * 10.0.0.2:53\n\t}\n}\n"
    after = (
        ".:53 {\n\tkubernetes cluster.local in-addr.arpa {\n\t\tttl 30\n\t}\n"
        "\ttransfer cluster.local {\n\t\tto * 10.0.0.2:53\n\t}\n}\n"
    )
    assert _fixed(before) == before
    assert _fixed(before, unsafe=True) == after


def test_comments_stay() -> None:
    before = _block("kubernetes cluster.local {", "    # how often", "    resyncperiod 1m  # not too often", "}")
    after = _block("kubernetes cluster.local {", "    # how often", "    # not too often", "}")
    assert _fixed(before) == after


def test_line_ends_stay() -> None:
    before = _block("kubernetes cluster.local {", "    ttl 30", "    upstream", "}").replace("\n", "\r\n")
    assert _fixed(before) == before.replace("        upstream\r\n", "")


def test_option_that_still_loads_is_an_info_that_looks_ahead() -> None:
    text = _block("kubernetes cluster.local {", "    upstream", "}")
    (found,) = run({"Corefile": text}, (RULE,), {"coredns": "1.6.7"}).findings
    assert found.severity.value == "info"
    assert "1.7.0" in found.message
    assert not run({"Corefile": text}, (RULE,), {"coredns": "1.5.1"}).findings


def test_snippets_count_where_they_are_imported() -> None:
    snippet = "(old) {\n    proxy . 10.0.0.2\n}\n"
    assert not run({"Corefile": snippet + ". {\n    whoami\n}\n"}, (RULE,)).findings
    twice = snippet + "a.org {\n    import old\n}\nb.org {\n    import old\n}\n"
    assert [underlined(each) for each in run({"Corefile": twice}, (RULE,)).findings] == ["proxy"]
    assert _fixed(twice) == twice.replace("proxy", "forward")


def test_words_that_only_look_like_it() -> None:
    text = _block("hosts {", "    10.0.0.2 proxy", "    fallthrough", "}", "log proxy", "forward . 10.0.0.3")
    assert not run({"Corefile": text}, (RULE,)).findings


def test_words_after_the_block_are_kept() -> None:
    text = ". {\n    etcd a { stubzones } p\n}\n"
    found = run({"Corefile": text}, (RULE,)).findings
    assert [underlined(each) for each in found] == ["stubzones"]
    assert _fixed(text, unsafe=True) == text

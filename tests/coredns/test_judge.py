"""CoreDNS's verdict as a whole: phases, imports, variables, what the container has. Messages are CoreDNS 1.14.7's."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpl.coredns.imports import FolderTree, NamedTexts
from kpl.coredns.judge import Circumstances, Judgement, judge_corefile
from kpl.coredns.nodecache import node_cache
from kpl.text.version import Version
from kpl.verdict import Need

NEWEST = Circumstances(Version("1.14.7"), {})


def judge(text: str, circumstances: Circumstances = NEWEST, /, **files: str) -> Judgement:
    named = {name.replace("_", "."): value for name, value in files.items()}
    return judge_corefile(text, circumstances, NamedTexts(named, complete=True))


@pytest.mark.parametrize(
    ("text", "phase", "message", "line", "under"),
    [
        (". {\n    whoam\n}\n", "parse", "Corefile:2 - Error during parsing: Unknown directive 'whoam'", 2, "whoam"),
        ("a..b {\n}\n", "keys", "error inspecting server blocks: zone is not a valid domain name: a..b", 1, "a..b"),
        (
            ". {\n    cache x {\n        denial 0 0\n    }\n}\n",
            "setup",
            "plugin/cache: cache TTL can not be zero or negative: 0",
            3,
            "0",
        ),
        ("a {\n}\nA:53 {\n}\n", "servers", "cannot serve dns://a.:53 - it is already defined", 3, "A:53"),
        ("a:70000 {\n}\n", "servers", "address 70000: invalid port", 1, "a:70000"),
        ("https3://a {\n}\n", "servers", "DoH3 requires TLS, no TLS config found", 1, "https3://a"),
    ],
)
def test_each_phase_refuses(text: str, phase: str, message: str, line: int, under: str) -> None:
    verdict = judge(text).verdict
    assert (verdict.answer, verdict.phase, verdict.message, verdict.inner_line) == ("refuses", phase, message, line)
    assert verdict.span is not None
    assert text[slice(*verdict.span)] == under


def test_an_empty_corefile_loads() -> None:
    assert judge("").verdict.answer == "loads"
    assert judge("(s) {\n    bogus\n}\n").verdict.answer == "loads"


def test_the_models_of_the_plugins_are_kept() -> None:
    (server,) = judge("lan {\n    cache 30\n}\n").servers
    assert server.plugins["cache"].zones == ["lan."]
    assert server.plugins["cache"].success.ttl == 30


def test_what_is_dropped_without_a_word_is_remembered() -> None:
    assert [(what, token.text) for what, token in judge("lan {\n    cache 30 a..b\n}\n").ignored] == [("zone", "a..b")]


# --- imports


def test_files_are_imported_with_their_own_lines() -> None:
    verdict = judge(". {\n    import a.conf\n}\n", a_conf="cache 30\nbogus\n").verdict
    assert verdict.message == "a.conf:2 - Error during parsing: Unknown directive 'bogus'"
    assert verdict.inner_line == 2
    assert verdict.span is not None
    assert verdict.span.start == len(". {\n    import ")


def test_globs_take_files_in_order_and_may_match_nothing() -> None:
    texts = {"b_site": "b {\n    bogus\n}\n", "a_site": "a {\n    bogu\n}\n"}
    assert "Unknown directive 'bogu'" in str(judge("import *.site\n", **texts).verdict.message)
    assert judge("import *.none\n").verdict.answer == "loads"


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("gone.conf", "File to import not found: gone.conf"),
        ("*/*", "Glob pattern may only contain one wildcard (*), but has others: */*"),
        ("[ab]", "Glob pattern may only contain one wildcard (*), but has others: [ab]"),
        ("[ab", "Failed to use import pattern [ab: syntax error in pattern"),
    ],
)
def test_imports_that_cannot_be(pattern: str, message: str) -> None:
    assert judge(f". {{\n    import {pattern}\n}}\n").verdict.message == f"Corefile:2 - Error during parsing: {message}"


def test_what_lies_elsewhere_is_depended_on() -> None:
    text = ". {\n    import /etc/coredns/common\n    cache 30\n}\n"
    assert judge(text).verdict.needs == (Need("file", "/etc/coredns/common"),)
    assumed = Circumstances(Version("1.14.7"), {}, assumed_files=frozenset({"/etc/coredns/common"}))
    assert judge(text, assumed).verdict.answer == "loads"
    incomplete = judge_corefile(". {\n    import common\n}\n", NEWEST, NamedTexts({}, complete=False))
    assert incomplete.verdict.needs == (Need("file", "common"),)


def test_a_file_that_is_too_large_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpl.coredns.imports.MAX_IMPORTED_SIZE", 6)
    tree = FolderTree(str(tmp_path))
    (tmp_path / "a.conf").write_text("bogus\n")
    assert judge_corefile(". {\n    import a.conf\n}\n", NEWEST, tree).verdict.answer == "refuses"
    (tmp_path / "a.conf").write_text("bogus1\n")
    verdict = judge_corefile(". {\n    import a.conf\n}\n", NEWEST, tree).verdict
    assert (verdict.answer, verdict.needs) == ("depends", (Need("file", "a.conf"),))


def test_a_glob_may_match_more_than_is_known(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    tree = FolderTree(str(tmp_path))
    for pattern in ("sites/*.conf", "sites/*/x", "*.conf"):
        assert judge_corefile(f"import {pattern}\n", NEWEST, tree).verdict.answer == "loads"
    for pattern in ("custom/*.conf", "../*.conf", "/etc/coredns/custom/*.conf", "custom/*/x"):
        verdict = judge_corefile(f"import {pattern}\n", NEWEST, tree).verdict
        assert (verdict.answer, verdict.needs) == ("depends", (Need("file", pattern),))
    keys = NamedTexts({"a.conf": "x {\n    whoami\n}\n"}, complete=False)
    assert judge_corefile("import *.conf\n", NEWEST, keys).verdict.needs == (Need("file", "*.conf"),)
    assumed = NEWEST._replace(assumed_files=frozenset({"/etc/coredns/custom/*.conf"}))
    assert judge_corefile("import /etc/coredns/custom/*.conf\n", assumed, tree).verdict.answer == "loads"


def test_files_that_import_themselves_come_to_an_end() -> None:
    text = ". {\n    import a.conf\n}\n"
    assert judge(text, a_conf="import a.conf\n").verdict.message == (
        "a.conf:1 - Error during parsing: maximum file import depth (10000) exceeded"
    )
    before = judge(text, Circumstances(Version("1.12.1"), {}), a_conf="import a.conf\n").verdict
    assert (before.answer, before.message) == ("refuses", None)


def test_nothing_is_read_outside_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "repository" / "dns").mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    (tmp_path / "repository" / "common.conf").write_text("cache 30\n")
    (tmp_path / "secret").write_text("bogus\n")
    (tmp_path / "repository" / "link").symlink_to(tmp_path / "secret")
    tree = FolderTree(str(tmp_path / "repository" / "dns"))
    assert tree.read("../common.conf") == "cache 30\n"
    assert tree.read("../../secret") is None
    assert tree.read("../link") is None
    assert tree.names("../..") is None
    verdict = judge_corefile(". {\n    import ../../secret\n}\n", NEWEST, tree).verdict
    assert verdict.needs == (Need("file", "../../secret"),)


# --- variables


def test_unknown_variables_decide_only_where_their_value_does_not_matter() -> None:
    unknown = Circumstances(Version("1.14.7"))
    depends = judge(". {\n    cache {$TTL}\n}\n", unknown).verdict
    assert depends.needs == (Need("environment variable", "TTL"),)
    refused = judge(". {\n    cache {$TTL}\n    bogus\n}\n", unknown).verdict
    assert refused.message == "Corefile:3 - Error during parsing: Unknown directive 'bogus'"
    assert (
        judge(". {\n    cache {$TTL}\n}\n", Circumstances(Version("1.14.7"), {"TTL": "0"})).verdict.answer == "refuses"
    )


def test_a_variable_that_holds_itself_is_no_hang() -> None:
    verdict = judge(". {\n    cache {$A}\n}\n", Circumstances(Version("1.14.7"), {"A": "{$A}"})).verdict
    assert (verdict.answer, verdict.phase, verdict.message) == ("refuses", "parse", None)


# --- images


def test_plugins_that_are_not_in_the_image() -> None:
    image = Circumstances(Version("1.14.7"), {}, compiled=node_cache().plugins)
    assert judge(". {\n    cache 30\n}\n", image).verdict.answer == "loads"
    assert judge(". {\n    minimal\n}\n", image).verdict.answer == "refuses"


def test_external_plugins_are_not_looked_into() -> None:
    external = Circumstances(Version("1.14.7"), {}, external=frozenset({"k8s_gateway"}))
    assert judge(". {\n    k8s_gateway {\n        anything 1\n    }\n}\n", external).verdict.answer == "loads"


def test_fragments_are_judged_in_a_block_with_their_own_lines() -> None:
    verdict = judge_corefile("cache 30\nbogus\n", NEWEST, name="a.override", fragment=True).verdict
    assert verdict.message == "a.override:2 - Error during parsing: Unknown directive 'bogus'"
    assert judge_corefile("cache 30\n", NEWEST, fragment=True).verdict.answer == "loads"


# --- limits


@pytest.mark.parametrize(
    "text",
    [
        ". {\n    cache " + "{ " * 100_000,
        "x" * 1_000_000,
        ". {\n    cache " + "9" * 1_000_000 + " a\n}\n",
        "{" * 200_000,
        "\ud800 {\n}\n",
        "{$" * 50_000,
        '"' * 100_001,
    ],
)
def test_hostile_texts_get_a_verdict(text: str) -> None:
    assert judge(text).verdict.answer in ("loads", "refuses", "depends")
    assert judge(text, Circumstances(Version("1.7.0"))).verdict.answer in ("loads", "refuses", "depends")


def test_more_words_than_are_looked_at() -> None:
    verdict = judge(". {\n    log " + "x " * 500_001 + "\n}\n").verdict
    assert (verdict.answer, [need.kind for need in verdict.needs]) == ("depends", ["size"])

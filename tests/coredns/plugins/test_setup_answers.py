"""The setup functions of header, rewrite and the small plugins that make or mark answers; answers recorded from CoreDNS."""

from __future__ import annotations

import pytest

from coredns_messages import argument, at, brace
from kpl.coredns.controller import Ignored
from kpl.coredns.edns0rules import Edns0Rule
from kpl.coredns.judge import Circumstances, Judgement, judge_corefile
from kpl.coredns.plugins.bufsize import Bufsize
from kpl.coredns.plugins.cancel import Cancel
from kpl.coredns.plugins.chaos import Chaos
from kpl.coredns.plugins.erratic import Erratic
from kpl.coredns.plugins.header import FlagRule, Header
from kpl.coredns.plugins.local import Local
from kpl.coredns.plugins.metadata import Metadata
from kpl.coredns.plugins.nsid import Nsid
from kpl.coredns.plugins.rewrite import Answer, RewriteRule
from kpl.coredns.plugins.root import Root
from kpl.text.version import Version
from kpl.verdict import Need


def judge(release: str, line: str) -> Judgement:
    environment = {"BRACE": "{"}
    return judge_corefile(f". {{\n    {line}\n}}\n", Circumstances(Version(release), environment))


RECORDED = [
    # any
    ("1.14.7", "any", None),
    ("1.14.7", "any x", argument(2, "x")),
    ("1.14.7", "any {\n        x\n    }", brace(2)),
    ("1.14.7", "any {\n    }", brace(2)),
    ("1.12.1", "any x {\n        y\n    }", None),
    # bufsize
    ("1.14.7", "bufsize", None),
    ("1.14.7", "bufsize 512", None),
    ("1.14.7", "bufsize 4096\n    bufsize x", None),
    ("1.14.7", "bufsize 511", "plugin/bufsize: " + argument(2, "511")),
    ("1.14.7", "bufsize 4097", "plugin/bufsize: " + argument(2, "4097")),
    ("1.14.7", "bufsize big", "plugin/bufsize: " + argument(2, "big")),
    ("1.14.7", "bufsize 600 700", "plugin/bufsize: " + argument(2, "700")),
    ("1.7.0", "bufsize 511", "plugin/bufsize: " + argument(2, "511")),
    # cancel
    ("1.14.7", "cancel", None),
    ("1.14.7", "cancel 1s", None),
    ("1.14.7", "cancel 1", 'invalid duration: "1"'),
    ("1.14.7", "cancel 0s", 'invalid negative duration: "0s"'),
    ("1.14.7", "cancel 1s 2s", argument(2, "2s")),
    ("1.14.7", "cancel {\n        x 2s\n    }", None),
    ("1.14.7", "cancel {\n        x y\n    }", 'invalid duration: "y"'),
    # chaos
    ("1.14.7", "chaos", None),
    ("1.14.7", "chaos v a b a {\n    }", None),
    ("1.14.7", "chaos v {\n        x\n    }", at(3, "unknown property 'x'")),
    ("1.12.1", "chaos v {\n        x\n    }", None),
    # debug
    ("1.14.7", "debug\n    debug", None),
    ("1.14.7", "debug {\n    }", brace(2)),
    # erratic
    (
        "1.14.7",
        "erratic x {\n        drop\n        drop 3\n        delay\n        delay 3 50ms\n        truncate\n        truncate 0\n        large\n    }",
        None,
    ),
    ("1.14.7", "erratic {\n        drop 1 2\n    }", argument(3, "2")),
    ("1.14.7", "erratic {\n        drop -1\n    }", 'illegal amount value given "-1"'),
    ("1.14.7", "erratic {\n        delay 1 2s 3\n    }", argument(3, "3")),
    ("1.14.7", "erratic {\n        delay x\n    }", 'strconv.ParseInt: parsing "x": invalid syntax'),
    (
        "1.14.7",
        "erratic {\n        delay 2147483648\n    }",
        'strconv.ParseInt: parsing "2147483648": value out of range',
    ),
    ("1.14.7", "erratic {\n        delay -2147483648\n    }", 'illegal amount value given "-2147483648"'),
    ("1.14.7", "erratic {\n        delay 1 2\n    }", 'time: missing unit in duration "2"'),
    ("1.14.7", "erratic {\n        truncate 1 2\n    }", argument(3, "2")),
    ("1.14.7", "erratic {\n        truncate 1.5\n    }", 'strconv.ParseInt: parsing "1.5": invalid syntax'),
    ("1.14.7", "erratic {\n        large x\n    }", at(3, "unknown property 'x'")),
    # header
    (
        "1.14.7",
        "header {\n        Query SET rd\n        response clear AA ra\n    }\n    header {\n        nonsense\n    }",
        None,
    ),
    ("1.14.7", "header", argument(2, "header")),
    ("1.14.7", "header {\n    }", argument(3, "}")),
    ("1.14.7", "header {\n        Set aa\n    }", "setting up rule: invalid selector=set should be query or response"),
    ("1.12.1", "header {\n        SET aa\n        clear RA\n    }", None),
    ("1.9.3", "header {\n        Set aa\n    }", None),
    (
        "1.9.3",
        "header {\n        query set aa\n    }",
        "seting up rule: unknown flag action=query, should be set or clear",
    ),
    ("1.9.3", "header {\n        set AD\n    }", "seting up rule: unknown/unsupported flag=ad"),
    ("1.14.7", "header {\n        query\n    }", "setting up rule: no flag action provided"),
    (
        "1.14.7",
        "header {\n        query set\n    }",
        "setting up rule: invalid length for flags, at least one should be provided",
    ),
    (
        "1.14.7",
        "header {\n        query Toggle aa\n    }",
        "setting up rule: unknown flag action=toggle, should be set or clear",
    ),
    ("1.14.7", "header {\n        response set aa AD\n    }", "setting up rule: unknown/unsupported flag=ad"),
    # local
    ("1.14.7", "local\n    local {\n        localhost_prefix on\n        localhost_prefix off\n    }", None),
    ("1.14.7", "local x", argument(2, "x")),
    ("1.14.7", "local {\n        x\n    }", at(3, "unknown property 'x'")),
    ("1.14.7", "local {\n        localhost_prefix\n    }", argument(3, "localhost_prefix")),
    (
        "1.14.7",
        "local {\n        localhost_prefix ON\n    }",
        at(3, "localhost_prefix expects 'on' or 'off', got \"ON\""),
    ),
    ("1.12.1", "local x {\n        y\n    }", None),
    # metadata
    ("1.14.7", "metadata", None),
    ("1.14.7", "metadata example.org {\n    }", None),
    ("1.14.7", "metadata {\n        x\n    }", argument(3, "x")),
    ("1.14.7", "metadata\n    metadata", argument(3, "metadata")),
    ("1.7.0", "metadata a. b.", None),
    # minimal
    ("1.14.7", "minimal", None),
    ("1.14.7", "minimal x", argument(2, "x")),
    ("1.14.7", "minimal {\n    }", brace(2)),
    # nsid
    ("1.14.7", "nsid", None),
    ("1.14.7", "nsid two words", None),
    ("1.14.7", "nsid a\n    nsid b", "this plugin can only be used once per Server Block"),
    ("1.14.7", "nsid {\n    }", "this plugin can only be used once per Server Block"),
    # root
    ("1.14.7", "root /nowhere\n    root /", None),
    ("1.14.7", "root", argument(2, "root")),
    ("1.14.7", "root /a b", argument(2, "b")),
    ("1.14.7", "root /a\x00b", at(2, "unable to access root path '/a\x00b': stat /a\x00b: invalid argument")),
    (
        "1.14.7",
        "root /" + "x/" * 2048,
        at(2, "unable to access root path '/" + "x/" * 2048 + "': stat /" + "x/" * 2048 + ": file name too long"),
    ),
    # whoami
    (
        "1.14.7",
        f"root /{'x' * 256}/y",
        at(2, f"unable to access root path '/{'x' * 256}/y': stat /{'x' * 256}/y: file name too long"),
    ),
    ("1.14.7", f"root /{'x' * 255}", None),
    ("1.14.7", "whoami\n    whoami x", None),
    ("1.14.7", "whoami x", argument(2, "x")),
    # rewrite
    ("1.14.7", "rewrite", "no rule type specified for rewrite"),
    ("1.14.7", "rewrite bogus a", 'invalid rule type "bogus"'),
    ("1.14.7", "rewrite Stop Bogus", 'invalid rule type "Stop"'),
    ("1.14.7", "rewrite CONTINUE", "continue rule must begin with a rule type"),
    ("1.14.7", "rewrite stop {\n    }", "stop rule must begin with a rule type"),
    ("1.9.3", "rewrite stop", "panic: runtime error: index out of range [1] with length 1"),
    ("1.14.7", "rewrite answer name a b", "response rewrites must begin with a name rule"),
    ("1.14.7", "rewrite {\n        stop\n        class CH IN\n    }", None),
    ("1.14.7", "rewrite name a", "too few arguments for a name rule"),
    ("1.14.7", "rewrite name a b", None),
    ("1.14.7", "rewrite name Exact a b", None),
    ("1.14.7", "rewrite name prefix a b", None),
    ("1.14.7", "rewrite name suffix a b answer auto", None),
    ("1.14.7", "rewrite name substring a b answer value (.*) {1}", None),
    (
        "1.14.7",
        "rewrite name glob a b",
        "name rule supports only exact, prefix, suffix, substring, and regex name matching, received: glob",
    ),
    (
        "1.14.7",
        "rewrite name exact a{1} b",
        "the rewrite regex pattern (a{1}.) uses more subexpressions than its corresponding matching regex pattern (b.)",
    ),
    ("1.14.7", "rewrite name a (b", "invalid regex matching pattern: (b."),
    ("1.14.7", "rewrite name regex (.*)a {1}b", None),
    (
        "1.14.7",
        "rewrite name regex a {0}",
        "the rewrite regex pattern ({0}) uses more subexpressions than its corresponding matching regex pattern (a)",
    ),
    ("1.14.7", "rewrite name regex (a)(b) {1}{1}{01}{101}", None),
    ("1.14.7", "rewrite name regex (a b", "invalid regex matching pattern: (a"),
    ("1.14.7", "rewrite name regex " + "a" * 10001 + " b", "regex pattern too long: 10001 > 10000"),
    ("1.12.1", "rewrite name regex " + "a" * 10001 + " b", None),
    ("1.14.7", "rewrite name regex " + "a" * 10000 + " b", None),
    ("1.14.7", "rewrite name regex a b c", "invalid arguments for regex rule"),
    (
        "1.14.7",
        "rewrite name regex a b c d",
        "exceeded the number of arguments for a non-answer rule argument for regex rule",
    ),
    ("1.14.7", "rewrite name regex a b answer name", "name answer rule for regex rule: 2 arguments required"),
    ("1.14.7", "rewrite name regex a b answer auto answer", "type missing for answer rule for regex rule"),
    ("1.14.7", "rewrite name regex a b answer name a", "name answer rule for regex rule: 2 arguments required"),
    (
        "1.14.7",
        "rewrite name regex a b answer value (a {1}",
        "value answer rule for regex rule: invalid regex matching pattern: (a",
    ),
    (
        "1.14.7",
        "rewrite name regex a b answer name a {1}",
        "name answer rule for regex rule: the rewrite regex pattern ({1}) uses more subexpressions than its corresponding matching regex pattern (a)",
    ),
    ("1.14.7", "rewrite name regex a b answer Name a b", 'invalid type "Name" for answer rule for regex rule'),
    ("1.14.7", "rewrite name regex a b answer name a b value c d answer value e f", None),
    (
        "1.14.7",
        "rewrite name suffix a b answer auto name a b",
        "auto name answer rule cannot be combined with explicit name anwer rules",
    ),
    ("1.7.0", "rewrite name regex (.*)a {1}b answer name (.*)b {1}a", None),
    ("1.7.0", "rewrite name regex a b answer value a b", "exceeded the number of arguments for a regex name rule"),
    ("1.7.0", "rewrite name regex a b answr name (a b", "exceeded the number of arguments for a regex name rule"),
    ("1.7.0", "rewrite name regex (a b answer nam a b", "invalid regex matching pattern: (a"),
    (
        "1.7.0",
        "rewrite name regex a b answer auto",
        "response rewrites must consist only of a name rule with 3 arguments and an answer rule with 3 arguments",
    ),
    (
        "1.7.0",
        "rewrite name exact a b answer name a b",
        "the rewrite of response is supported only for name regex rule",
    ),
    ("1.7.0", "rewrite name regex a b answer name (a b", "invalid regex matching pattern: (a"),
    ("1.14.7", "rewrite class ch IN", None),
    ("1.14.7", "rewrite class CH", "class rules must have exactly two arguments"),
    ("1.14.7", "rewrite class IN XX", 'invalid class "XX"'),
    ("1.14.7", "rewrite class xx IN", 'invalid class "XX"'),
    ("1.14.7", "rewrite stop type any hinfo", None),
    ("1.14.7", "rewrite type A B C", "type rules must have exactly two arguments"),
    ("1.14.7", "rewrite type TYPE65 A", 'invalid type "TYPE65"'),
    ("1.14.7", "rewrite type none A", 'invalid type "NONE"'),
    ("1.7.0", "rewrite type HTTPS A", 'invalid type "HTTPS"'),
    ("1.8.6", "rewrite type A https", None),
    ("1.12.1", "rewrite type RESINFO NXNAME", None),
    ("1.11.3", "rewrite type RESINFO A", 'invalid type "RESINFO"'),
    ("1.14.7", "rewrite ttl a", "too few (1) arguments for a ttl rule"),
    ("1.14.7", "rewrite ttl a 30", None),
    ("1.14.7", "rewrite ttl exact a 30-", None),
    ("1.14.7", "rewrite ttl prefix a -30", None),
    ("1.14.7", "rewrite ttl suffix a 5-30", None),
    ("1.14.7", "rewrite ttl substring a 4294967295", None),
    ("1.14.7", "rewrite ttl regex (a) 1", None),
    ("1.14.7", "rewrite ttl regex (a 1", "invalid regex pattern in a ttl rule: (a"),
    ("1.14.7", "rewrite ttl regex " + "a" * 10001 + " 1", "regex pattern too long in a ttl rule: 10001 > 10000"),
    (
        "1.14.7",
        "rewrite ttl glob a 1",
        "ttl rule supports only exact, prefix, suffix, substring, and regex name matching",
    ),
    ("1.14.7", "rewrite ttl a -", "invalid TTL '-' for a ttl rule"),
    ("1.14.7", "rewrite ttl a 30-5", "invalid TTL '30-5' for a ttl rule"),
    ("1.14.7", "rewrite ttl a 1-2-3", "invalid TTL '1-2-3' for a ttl rule"),
    ("1.14.7", "rewrite ttl a x-3", "invalid TTL 'x-3' for a ttl rule"),
    ("1.14.7", "rewrite ttl a 3-x", "invalid TTL '3-x' for a ttl rule"),
    ("1.14.7", "rewrite ttl a 3000000000-", "invalid TTL '3000000000-' for a ttl rule"),
    ("1.14.7", "rewrite ttl a x", "invalid TTL 'x' for a ttl rule"),
    ("1.14.7", "rewrite ttl exact a 1 2", "invalid TTL '' for a ttl rule"),
    ("1.14.7", 'rewrite ttl a ""', "invalid TTL '' for a ttl rule"),
    ("1.9.3", "rewrite ttl a 30-60", "invalid TTL '30-60' for a ttl rule"),
    ("1.9.3", "rewrite ttl a 2147483647", None),
    ("1.9.3", "rewrite ttl a 2147483648", "invalid TTL '2147483648' for a ttl rule"),
    ("1.9.3", "rewrite ttl a -1", "invalid TTL '-1' for a ttl rule"),
    ("1.14.7", "rewrite cname a b", None),
    ("1.14.7", "rewrite cname a", "too few (1) arguments for a cname rule"),
    ("1.14.7", "rewrite cname Suffix a b", None),
    ("1.14.7", "rewrite cname glob a b", "unknown cname rewrite type: glob"),
    ("1.14.7", "rewrite cname regex (A) {1}", None),
    (
        "1.14.7",
        "rewrite cname regex (A b",
        "invalid cname rewrite regex pattern: error parsing regexp: missing closing ): `(a`",
    ),
    ("1.14.7", "rewrite cname regex " + "a" * 10001 + " b", "regex pattern too long in a cname rule: 10001 > 10000"),
    ("1.12.1", "rewrite cname regex (A b", None),
    ("1.10.1", "rewrite cname a b", 'invalid rule type "cname"'),
    ("1.14.7", "rewrite rcode a b", "too few (2) arguments for a rcode rule"),
    ("1.14.7", "rewrite rcode a 2 3", None),
    ("1.14.7", "rewrite rcode prefix a ServFail notimpl", None),
    ("1.14.7", "rewrite rcode regex (a) 23 DSOTYPENI", None),
    ("1.14.7", "rewrite rcode regex (a 1 2", "invalid regex pattern in a rcode rule: (a"),
    ("1.14.7", "rewrite rcode regex " + "a" * 10001 + " 1 2", "regex pattern too long in a rcode rule: 10001 > 10000"),
    (
        "1.14.7",
        "rewrite rcode glob a 1 2",
        "rcode rule supports only exact, prefix, suffix, substring, and regex name matching",
    ),
    ("1.14.7", "rewrite rcode a 24 2", "invalid matching RCODE '24' for a rcode rule"),
    ("1.14.7", "rewrite rcode a 2 BADVERS", "invalid replacement RCODE 'BADVERS' for a rcode rule"),
    ("1.14.7", "rewrite rcode exact a 1 2 3", "invalid matching RCODE '' for a rcode rule"),
    ("1.12.1", "rewrite rcode a 2 DSOTYPENI", "invalid replacement RCODE 'DSOTYPENI' for a rcode rule"),
    ("1.10.1", "rewrite rcode a 2 3", 'invalid rule type "rcode"'),
    ("1.14.7", "rewrite edns0 local", "too few arguments for an EDNS0 rule"),
    ("1.14.7", "rewrite edns0 local delete 1 x", 'invalid action: "delete"'),
    ("1.14.7", "rewrite edns0 bogus set 1 x", 'invalid rule type "bogus"'),
    ("1.14.7", "rewrite edns0 Local Set 0xffee 0x6162 revert", None),
    ("1.14.7", "rewrite edns0 local append 1 x y", "EDNS0 local rules require three or four args"),
    ("1.11.3", "rewrite edns0 local append 1 x revert", "EDNS0 local rules require exactly three args"),
    ("1.14.7", "rewrite edns0 local set 65536 x", 'strconv.ParseUint: parsing "65536": value out of range'),
    ("1.14.7", "rewrite edns0 local set 08 x", 'strconv.ParseUint: parsing "08": invalid syntax'),
    ("1.14.7", "rewrite edns0 local set 1 0x616", "encoding/hex: odd length hex string"),
    ("1.14.7", "rewrite edns0 local set 1 0x6g6", "encoding/hex: invalid byte: U+0067 'g'"),
    ("1.14.7", "rewrite edns0 local set 1 {qname}", None),
    ("1.14.7", "rewrite edns0 local set x {qname}", 'strconv.ParseUint: parsing "x": invalid syntax'),
    ("1.14.7", "rewrite edns0 local set 1 {a/b/c}", None),
    ("1.8.6", "rewrite edns0 local set 1 {a/b/c}", None),
    ("1.7.0", "rewrite edns0 local set 1 {a/b/c}", 'unsupported variable name "{a/b/c}"'),
    ("1.7.0", "rewrite edns0 local set 1 {a/b}", None),
    ("1.14.7", "rewrite edns0 local set 1 {/b}", 'unsupported variable name "{/b}"'),
    ("1.14.7", "rewrite edns0 local set 1 {a/}", 'unsupported variable name "{a/}"'),
    ("1.14.7", "rewrite edns0 local set 1 {x}", 'unsupported variable name "{x}"'),
    ("1.14.7", "rewrite edns0 nsid set", None),
    ("1.14.7", "rewrite edns0 nsid set revert", None),
    ("1.14.7", "rewrite edns0 nsid set x", "EDNS0 NSID rules can accept no more than one arg"),
    ("1.11.3", "rewrite edns0 nsid set x", "EDNS0 NSID rules do not accept args"),
    ("1.14.7", "rewrite edns0 subnet replace 24 56", None),
    ("1.14.7", "rewrite edns0 subnet set 33 56", "invalid IPv4 bit mask length 33"),
    ("1.14.7", "rewrite edns0 subnet set 24 129", "invalid IPv6 bit mask length 129"),
    ("1.14.7", "rewrite edns0 subnet set x 56", 'strconv.ParseUint: parsing "x": invalid syntax'),
    ("1.14.7", "rewrite edns0 subnet set 24", "EDNS0 subnet rules require three or four args"),
    ("1.11.3", "rewrite edns0 subnet set 24", "EDNS0 subnet rules require exactly three args"),
    ("1.14.7", "rewrite edns0 local unset 1", None),
    ("1.14.7", "rewrite edns0 local unset x", 'strconv.ParseUint: parsing "x": invalid syntax'),
    ("1.14.7", "rewrite edns0 local unset 1 x", "local unset action requires exactly two arguments"),
    ("1.14.7", "rewrite edns0 nsid unset", None),
    ("1.14.7", "rewrite edns0 nsid unset x", "nsid unset action requires exactly one argument"),
    ("1.14.7", "rewrite edns0 subnet unset", None),
    ("1.14.7", "rewrite edns0 subnet unset 24", "subnet unset action requires exactly one argument"),
    ("1.14.7", "rewrite edns0 bogus unset", 'invalid rule type "bogus"'),
    ("1.12.1", "rewrite edns0 nsid unset", 'invalid action: "unset"'),
]
"""Release, directive, and the message without the name of the plugin; None where the release loads it."""


@pytest.mark.parametrize(("release", "line", "message"), RECORDED, ids=[f"{row[0]} {row[1][:60]}" for row in RECORDED])
def test_recorded(release: str, line: str, message: str | None) -> None:
    verdict = judge(release, line).verdict
    if message is None:
        assert verdict.answer == "loads"
    else:
        prefix = "" if message.startswith("panic: ") else f"plugin/{line.split()[0]}: "
        assert (verdict.answer, verdict.phase, verdict.message) == ("refuses", "setup", prefix + message)


OLD_ANSWERS = [
    ("a b answer value (.*)a {1} answer Name c d", None),
    (
        "a b answer value c",
        "response rewrites must consist only of a name rule with 3 arguments and one or more answer rules with 3 arguments each",
    ),
    ("(a b answr name c d", "invalid regex matching pattern: (a"),
    ("a b answer auto c d", "exceeded the number of arguments for a regex name rule"),
]


@pytest.mark.parametrize(("words", "message"), OLD_ANSWERS)
def test_answer_rules_of_1_8_3(words: str, message: str | None) -> None:
    found = judge("1.8.3", f"rewrite name regex {words}").verdict.message
    assert found == (message and f"plugin/rewrite: {message}")


MODELS = [
    ("1.14.7", "bufsize", Bufsize(1232)),
    ("1.10.1", "bufsize", Bufsize(512)),
    ("1.14.7", "bufsize 700", Bufsize(700)),
    ("1.14.7", "cancel 2s", Cancel(2 * 10**9)),
    ("1.14.7", "cancel 2s\n    cancel", Cancel(5001 * 10**6)),
    ("1.14.7", "chaos", Chaos()),
    ("1.14.7", "chaos v b a b", Chaos("v", ["a", "b"])),
    ("1.14.7", "erratic", Erratic(drop=2)),
    ("1.14.7", "erratic {\n        delay\n    }", Erratic(0, 2, 100 * 10**6)),
    (
        "1.14.7",
        "erratic {\n        delay 3 50ms\n        drop 4\n        large\n    }",
        Erratic(4, 3, 50 * 10**6, large=True),
    ),
    ("1.14.7", "erratic {\n        truncate\n    }", Erratic(0, truncate=2)),
    ("1.12.1", "erratic {\n        truncate\n    }", Erratic(2)),
    (
        "1.14.7",
        "header {\n        query set rd\n        response clear AA ra\n    }",
        Header([FlagRule("rd", True)], [FlagRule("aa", False), FlagRule("ra", False)]),
    ),
    ("1.9.3", "header {\n        set aa\n    }", Header([], [FlagRule("aa", True)])),
    ("1.14.7", "local {\n        localhost_prefix off\n    }", Local(False)),
    ("1.12.1", "local", Local()),
    ("1.14.7", "metadata", Metadata(["."])),
    ("1.14.7", "metadata Example.org", Metadata(["example.org."])),
    ("1.14.7", "nsid", Nsid()),
    ("1.14.7", "nsid two words", Nsid("two words")),
    ("1.14.7", "root /zones", Root("/zones")),
]


@pytest.mark.parametrize(("release", "line", "model"), MODELS)
def test_models(release: str, line: str, model: object) -> None:
    assert judge(release, line).servers[0].plugins[line.split()[0]] == model


RULES = [
    ("name A b.c", RewriteRule("name", True, "exact", "a.", after="b.c.", auto=True)),
    ("continue name suffix a b answer auto", RewriteRule("name", False, "suffix", "a.", after="b.", auto=True)),
    (
        "name regex (A) {1}B answer value (x) {1}",
        RewriteRule("name", True, "regex", "(A)", after="{1}b.", answers=[Answer("value", "(x)", "{1}.")]),
    ),
    ("class ch in", RewriteRule("class", True, before="CH", after="IN")),
    ("type ANY hinfo", RewriteRule("type", True, before="ANY", after="HINFO")),
    ("ttl A 30-60", RewriteRule("ttl", True, "exact", "a.", after="30-60")),
    ("ttl Regex (A) 5", RewriteRule("ttl", True, "regex", "(A)", after="5")),
    ("cname A B", RewriteRule("cname", True, "exact", "a.", after="b.")),
    ("cname suffix A B", RewriteRule("cname", True, "suffix", "a", after="b")),
    ("rcode prefix A 2 noerror", RewriteRule("rcode", True, "prefix", "a.", "2", "noerror")),
    ("edns0 LOCAL Set 0xffee x revert", Edns0Rule(True, "local", "set", ["0xffee", "x"], True)),
    ("edns0 local unset 1", Edns0Rule(True, "local", "unset", ["1"])),
    ("stop edns0 subnet append 24 56", Edns0Rule(True, "subnet", "append", ["24", "56"])),
]


@pytest.mark.parametrize(("words", "rule"), RULES)
def test_rewrite_rules(words: str, rule: RewriteRule | Edns0Rule) -> None:
    assert judge("1.14.7", f"rewrite {words}").servers[0].plugins["rewrite"].rules == [rule]


def test_a_long_name_below_a_folder_depends_on_the_folder() -> None:
    verdict = judge("1.14.7", f"root /zones/{'x' * 256}").verdict
    assert (verdict.answer, verdict.needs) == ("depends", (Need("file", "/zones"),))


@pytest.mark.parametrize("name", ["any", "local"])
def test_arguments_that_old_releases_drop_are_told(name: str) -> None:
    ignored = judge("1.12.1", f"{name} x y").ignored
    assert [(what, token.text) for what, token in ignored] == [("argument", "x"), ("argument", "y")]
    assert all(isinstance(each, Ignored) for each in ignored)


@pytest.mark.parametrize(
    ("release", "message"), [("1.12.4", None), ("1.13.0", "plugin/rewrite: too few arguments for a name rule")]
)
def test_a_block_that_nothing_closes(release: str, message: str | None) -> None:
    """Up to 1.12.4 CoreDNS hangs here; the brace of a variable is not seen when the block's end is looked for."""
    verdict = judge(release, "rewrite {$BRACE} name a").verdict
    assert (verdict.answer, verdict.phase, verdict.message) == ("refuses", "setup", message)
    assert verdict.inner_line == 2

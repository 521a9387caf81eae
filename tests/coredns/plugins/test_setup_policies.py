"""The setup functions of template, tsig, acl, dns64, geoip, on, and of the plugins that ask a cloud; answers recorded from CoreDNS.

Those of route53, azure and clouddns are read off their sources: they ask a cloud before they say anything.
"""

from __future__ import annotations

from typing import Any

import pytest

from coredns_messages import wrong_count
from kpl.coredns.judge import Circumstances, Judgement, judge_corefile
from kpl.coredns.plugins.acl import Policy
from kpl.coredns.plugins.azure import AzureZone
from kpl.coredns.plugins.on import Hook
from kpl.text.version import Version
from kpl.verdict import Need

NEWEST = "1.14.7"


def judged(release: str, directive: str, *files: str) -> Judgement:
    circumstances = Circumstances(Version(release), {}, assumed_files=frozenset(files))
    return judge_corefile(f"example.org {{\n{directive}\n}}\n", circumstances)


def model(directive: str, release: str = NEWEST) -> Any:
    judgement = judged(release, directive)
    assert judgement.verdict.message is None
    return judgement.servers[0].plugins[directive.split()[0]]


CASES = [
    (NEWEST, "template", 2, wrong_count("template")),
    (NEWEST, "template IN", 2, wrong_count("IN")),
    (NEWEST, "template in A", 2, "invalid query class in"),
    (NEWEST, "template CH NONE", 2, "invalid RR class NONE"),
    (NEWEST, "template ANY ANY a.example.org a..b", None, None),
    (NEWEST, "template IN A {\n match\n}", 3, wrong_count("match")),
    (
        NEWEST,
        "template IN A {\n match ^a$ [a\n}",
        3,
        "could not parse regex: [a, error parsing regexp: missing closing ]: `[a`",
    ),
    (NEWEST, "template IN A {\n answer\n}", 3, wrong_count("answer")),
    (
        NEWEST,
        'template IN A {\n answer "{{ .Name }} 60 IN A 10.0.0.1" "{{ .Name"\n}',
        3,
        "could not compile template: {{ .Name, template: answer:1: unclosed action",
    ),
    (NEWEST, "template IN A {\n additional\n}", 3, wrong_count("additional")),
    (
        NEWEST,
        'template IN A {\n additional "{{ missing }}"\n}',
        3,
        'could not compile template: {{ missing }}, template: additional:1: function "missing" not defined\n',
    ),
    (NEWEST, "template IN A {\n authority\n}", 3, wrong_count("authority")),
    (
        NEWEST,
        'template IN A {\n authority "{{ end }}"\n}',
        3,
        "could not compile template: {{ end }}, template: authority:1: unexpected {{end}}\n",
    ),
    (NEWEST, "template IN A {\n rcode\n}", 3, wrong_count("rcode")),
    (NEWEST, "template IN A {\n rcode nxdomain\n}", 3, "unknown rcode nxdomain"),
    (NEWEST, "template IN A {\n rcode NXDOMAIN NOERROR\n}", 3, wrong_count("NOERROR")),
    (NEWEST, "template IN A {\n ederror\n}", 3, wrong_count("ederror")),
    (NEWEST, "template IN A {\n ederror 1 a b\n}", 3, wrong_count("b")),
    (
        NEWEST,
        "template IN A {\n ederror 65536 text\n}",
        3,
        'error parsing extended DNS error code text, strconv.ParseUint: parsing "65536": value out of range\n',
    ),
    (NEWEST, "template IN A {\n ederror 65535 text\n}", None, None),
    (NEWEST, "template IN A {\n fallthrough example.org\n upstream 10.0.0.1\n}", None, None),
    (NEWEST, "template IN A {\n ttl 5\n}", 3, wrong_count("ttl")),
    (NEWEST, 'template IN A {\n answer "{{ parseInt .Zone 16 8 }}"\n}', None, None),
    (
        "1.9.3",
        'template IN A {\n answer "{{ parseInt .Zone 16 8 }}"\n}',
        3,
        'could not compile template: {{ parseInt .Zone 16 8 }}, template: answer:1: function "parseInt" not defined',
    ),
    ("1.9.3", "template IN A {\n ederror 21\n}", 3, wrong_count("ederror")),
    ("1.7.0", "template IN HTTPS", 2, "invalid RR class HTTPS"),
    ("1.8.6", "template IN HTTPS", None, None),
    ("1.7.0", "template IN A a..b {\n rcode NXDOMAIN\n}\ntemplate IN AAAA", None, None),
    (NEWEST, "tsig", None, None),
    (NEWEST, "tsig example.org {\n}\ntsig", 4, wrong_count("tsig")),
    (NEWEST, "tsig {\n secret a.example.org\n}", 3, wrong_count("a.example.org")),
    (NEWEST, "tsig {\n secret a x\n secret b x\n}", None, None),
    (NEWEST, "tsig {\n secret A. x\n secret a y\n}", 4, wrong_count("y")),
    (NEWEST, "tsig {\n secrets\n}", 3, wrong_count("secrets")),
    (NEWEST, 'tsig {\n secrets ""\n}', 3, wrong_count("")),
    (NEWEST, "tsig {\n require\n}", 3, wrong_count("require")),
    (NEWEST, "tsig {\n require axfr\n}", 3, wrong_count("axfr")),
    (NEWEST, "tsig {\n require all axfr\n}", None, None),
    (NEWEST, "tsig {\n require none all\n}", None, None),
    (NEWEST, "tsig {\n require AXFR all\n}", 3, wrong_count("all")),
    (NEWEST, "tsig {\n require_opcode QUERY UPDATE\n}", None, None),
    (NEWEST, "tsig {\n require_opcode\n}", 3, wrong_count("require_opcode")),
    (NEWEST, "tsig {\n require_opcode DSO\n}", 3, wrong_count("DSO")),
    ("1.12.1", "tsig {\n require_opcode QUERY\n}", 3, wrong_count("require_opcode")),
    (NEWEST, "tsig {\n key x\n}", 3, wrong_count("key")),
    ("1.9.3", "tsig", 2, "Unknown directive 'tsig'"),
    (NEWEST, "acl", None, None),
    (
        NEWEST,
        "acl example.org {\n BLOCK TYPE A type * none NET 10.0.0.0/8 ::1 fd00::/64 fd00::/65\n drop\n}\nacl {\n filter net * 10.0.0.0/33\n}",
        None,
        None,
    ),
    (NEWEST, "acl {\n deny\n}", 3, "unexpected token \"deny\"; expect 'allow', 'block', 'filter' or 'drop'"),
    ("1.9.3", "acl {\n drop\n}", 3, "unexpected token \"drop\"; expect 'allow', 'block', or 'filter'"),
    ("1.8.6", "acl {\n filter\n}", None, None),
    ("1.7.0", "acl {\n filter\n}", 3, "unexpected token \"filter\"; expect 'allow' or 'block'"),
    (NEWEST, "acl {\n allow 10.0.0.0/8\n}", 3, "unexpected token \"10.0.0.0/8\"; expect 'type | net'"),
    (NEWEST, "acl {\n allow Type net ::1\n}", 3, 'no token specified in "type" section'),
    (NEWEST, "acl {\n allow type A net\n}", 3, 'no token specified in "net" section'),
    (NEWEST, "acl {\n allow type a\n}", 3, 'unexpected token "a"; expect legal QTYPE'),
    (NEWEST, "acl {\n allow net 10.0.0.0/33\n}", 3, 'illegal CIDR notation "10.0.0.0/33"'),
    (NEWEST, "acl {\n allow net 10.0.0\n}", 3, 'illegal CIDR notation "10.0.0/32"'),
    (NEWEST, "acl {\n allow net a:b\n}", 3, 'illegal CIDR notation "a:b/128"'),
    ("1.7.0", "acl {\n block type SVCB\n}", 3, 'unexpected token "SVCB"; expect legal QTYPE'),
    (NEWEST, "dns64", None, None),
    (NEWEST, "dns64 64:ff9b::/96", None, None),
    (NEWEST, "dns64 64:ff9b::/96 ::/64", 2, wrong_count("::/64")),
    (NEWEST, "dns64 64:ff9b::", None, "invalid CIDR address: 64:ff9b::"),
    (NEWEST, "dns64 10.0.0.0/8", 2, 'invalid netmask 32 IPv6 address: "10.0.0.0/8"'),
    (NEWEST, "dns64 fd00::/44", 2, 'invalid prefix length "fd00::/44"'),
    (NEWEST, "dns64 fd00::/24", 2, 'invalid prefix length "fd00::/24"'),
    (NEWEST, "dns64 fd00:1::/104", 2, 'invalid prefix length "fd00:1::/104"'),
    (NEWEST, "dns64 ::ffff:10.1.2.3/104", 2, 'invalid prefix length "10.0.0.0/8"'),
    (NEWEST, "dns64 {\n prefix\n}", 3, wrong_count("prefix")),
    (NEWEST, "dns64 {\n prefix fd00::/40\n translate_all\n allow_ipv4\n}", None, None),
    ("1.8.6", "dns64 {\n allow_ipv4\n}", 3, "unknown property 'allow_ipv4'"),
    (NEWEST, "dns64 {\n prefix fd00::/40 x\n}", 3, "unknown property 'x'"),
    (NEWEST, "dns64 fd00::/32 {\n translate_all\n}", None, None),
    (NEWEST, "dns64 fd00::/32 {\n prefix fd00::/40\n}", None, None),
    (NEWEST, "dns64 fd00::/32 {\n prefix fd00::/41\n}", 3, 'invalid prefix length "fd00::/41"'),
    (NEWEST, "geoip", 2, wrong_count("geoip")),
    (NEWEST, "geoip a.mmdb b.mmdb", 2, wrong_count("b.mmdb")),
    (NEWEST, "geoip a.mmdb\ngeoip b.mmdb", 3, "configuring multiple databases is not supported"),
    (NEWEST, 'geoip ""', 2, "failed to open database file: open : no such file or directory"),
    (NEWEST, "geoip a.mmdb {\n edns-subnet x\n}", 3, 'unknown property "x"'),
    ("1.8.6", "geoip a.mmdb {\n edns-subnet\n}", 3, "unexpected config block"),
    ("1.7.0", "geoip a.mmdb", 2, "Unknown directive 'geoip'"),
    (NEWEST, "on", 2, wrong_count("on")),
    (NEWEST, "on reload true", 2, "Wrong event name or event not supported: 'reload'"),
    (NEWEST, "on startup", 2, "no command contained in ''"),
    (NEWEST, 'on Startup /bin/true "a b" #', None, None),
    (NEWEST, "on startup # x", 2, "no command contained in ''"),
    (NEWEST, 'on startup "\'x"', 2, "error parsing command: EOF found when expecting closing quote."),
    (NEWEST, 'on startup "x \\\\"', None, None),
    (NEWEST, "on startup true {\n}", 2, "Unexpected token '{', expecting argument"),
    ("1.7.0", 'on shutdown "é"', 2, "error parsing command: Unknown rune: 233"),
]


@pytest.mark.parametrize(("release", "directive", "line", "message"), CASES)
def test_what_coredns_says(release: str, directive: str, line: int | None, message: str | None) -> None:
    name = directive.split()[0]
    verdict = judged(release, directive).verdict
    if message is None:
        assert verdict.answer == "loads"
        return
    prefix = "" if name == "on" or message.startswith("Unknown directive") else f"plugin/{name}: "
    place = "" if line is None else f"Corefile:{line} - Error during parsing: "
    assert verdict.answer == "refuses"
    assert verdict.message == prefix + place + message


@pytest.mark.parametrize("size", [10000, 10001])
def test_the_length_of_a_pattern_in_bytes(size: int) -> None:
    directive = f"template IN A {{\n match {'é' * 5000}{'x' * (size - 10000)}\n}}"
    refused = "plugin/template: Corefile:3 - Error during parsing: regex pattern too long: 10001 > 10000"
    assert judged(NEWEST, directive).verdict.message == (refused if size > 10000 else None)
    assert judged("1.12.1", directive).verdict.answer == "loads"


CLOUD_CASES = [
    (NEWEST, "route53 example.org", 2, 'invalid zone "example.org"'),
    (NEWEST, "route53 :Z1", 2, 'invalid zone ":Z1"'),
    (NEWEST, "route53 a:Z1 a:Z1", 2, 'conflict zone "a:Z1"'),
    (NEWEST, "route53 {\n aws_access_key id\n}", 3, "invalid access key: '[id]'"),
    (NEWEST, "route53 {\n aws_endpoint\n}", 3, wrong_count("aws_endpoint")),
    ("1.8.6", "route53 {\n aws_endpoint http://a\n}", 3, 'unknown property "aws_endpoint"'),
    (NEWEST, "route53 {\n credentials p f g\n}", 3, 'unknown property "g"'),
    (NEWEST, "route53 {\n refresh\n}", 3, wrong_count("refresh")),
    (NEWEST, "route53 {\n refresh x\n}", 3, 'Unable to parse duration: time: invalid duration "x"'),
    (NEWEST, "route53 {\n refresh 0\n}", 3, 'refresh interval must be greater than 0: "0s"'),
    ("1.7.0", "route53 example.org", 2, "invalid zone 'example.org'"),
    ("1.7.0", "route53 a:Z1 a:Z1", 2, "conflict zone 'a:Z1'"),
    ("1.7.0", "route53 {\n aws_access_key\n}", 3, "invalid access key '[]'"),
    ("1.7.0", "route53 {\n refresh x\n}", 3, "Unable to parse duration: 'time: invalid duration \"x\"'"),
    ("1.7.0", "route53 {\n refresh -1s\n}", 3, "refresh interval must be greater than 0: -1s"),
    ("1.7.0", "route53 {\n spam\n}", 3, "unknown property 'spam'"),
    (NEWEST, "azure group", 2, 'invalid resource group/zone: "group"'),
    (NEWEST, "azure group:", 2, 'invalid resource group/zone: "group:"'),
    (NEWEST, "azure ab:c a:bc", 2, 'conflicting zone: "a:bc"'),
    (NEWEST, "azure {\n tenant\n}", 3, wrong_count("tenant")),
    (NEWEST, "azure {\n tenant a b\n}", 3, 'unknown property: "b"'),
    (NEWEST, "azure {\n access internal\n}", 3, "invalid access value: can be public/private, found: internal"),
    (
        NEWEST,
        "azure {\n secret x\n}",
        None,
        "failed to get SPT from client credentials: parameter 'clientID' cannot be empty",
    ),
    (
        NEWEST,
        'azure {\n secret x\n tenant "1:b"\n}',
        None,
        'failed to get SPT from client credentials: parse "1:b": first path segment in URL cannot contain colon',
    ),
    (
        "1.9.1",
        "azure {\n environment AzureCloud\n}",
        3,
        'cannot set azure environment: "autorest/azure: There is no cloud environment matching the name \\"AZURECLOUD\\""',
    ),
    (NEWEST, "clouddns a:b", 2, 'invalid zone "a:b"'),
    (NEWEST, "clouddns a::c", 2, 'invalid zone "a::c"'),
    (NEWEST, "clouddns a:b:c a:b:c", 2, 'conflict zone "a:b:c"'),
    (NEWEST, "clouddns {\n credentials\n}", 3, wrong_count("credentials")),
    (NEWEST, 'clouddns {\n credentials ""\n}', 3, 'invalid credentials file "": open : no such file or directory'),
    (NEWEST, "clouddns {\n spam\n}", 3, 'unknown property "spam"'),
]


@pytest.mark.parametrize(("release", "directive", "line", "message"), CLOUD_CASES)
def test_what_is_refused_before_a_cloud_is_asked(release: str, directive: str, line: int | None, message: str) -> None:
    place = "" if line is None else f"Corefile:{line} - Error during parsing: "
    assert judged(release, directive).verdict.message == f"plugin/{directive.split()[0]}: {place}{message}"


def test_refusals_that_do_not_name_the_plugin() -> None:
    directive = "route53 a:Z1 {\n credentials\n}"
    assert (
        judged(NEWEST, directive).verdict.message == f"Corefile:3 - Error during parsing: {wrong_count('credentials')}"
    )
    assert judged("1.7.0", "clouddns a:b").verdict.message == "Corefile:2 - Error during parsing: invalid zone 'a:b'"


AWS, AZURE, GOOGLE = (Need("credential", name) for name in ("AWS", "Azure", "Google Cloud"))


@pytest.mark.parametrize(
    ("release", "directive", "needs"),
    [
        (
            NEWEST,
            "tsig {\n secrets /k\n secrets /k\n secrets /more\n}",
            [Need("file", "/k"), Need("file", "/more")],
        ),
        (NEWEST, "geoip a.mmdb {\n edns-subnet edns-subnet\n}", [Need("file", "a.mmdb")]),
        (NEWEST, 'geoip ""\ngeoip a.mmdb', [Need("file", "a.mmdb")]),
        (NEWEST, "route53 a:Z1 {\n refresh 10\n fallthrough\n upstream x\n}", [AWS]),
        (NEWEST, "route53", [AWS]),
        ("1.12.1", "route53", []),
        ("1.12.1", "route53 {\n credentials profile file\n}", [AWS]),
        ("1.8.6", "route53 {\n credentials profile file\n}", []),
        ("1.8.6", "azure", []),
        (NEWEST, "azure", [AZURE]),
        (NEWEST, "azure {\n client x\n secret y\n fallthrough\n}", []),
        (NEWEST, "azure group:a.org {\n client x\n secret y\n environment azurecloud\n}", [AZURE]),
        (
            "1.8.6",
            "azure {\n environment AzureStackCloud\n}",
            [Need("environment variable", "AZURE_ENVIRONMENT_FILEPATH")],
        ),
        (NEWEST, "clouddns", [GOOGLE]),
        (
            NEWEST,
            "clouddns {\n credentials a\n credentials b\n upstream\n}",
            [Need("file", "a"), Need("file", "b"), GOOGLE],
        ),
        ("1.12.1", "clouddns {\n credentials a\n credentials b\n}", [Need("file", "b"), GOOGLE]),
        ("1.12.1", 'clouddns {\n credentials ""\n fallthrough a\n}', [GOOGLE]),
    ],
)
def test_what_the_machine_decides(release: str, directive: str, needs: list[Need]) -> None:
    verdict = judged(release, directive).verdict
    assert verdict.answer == ("depends" if needs else "loads")
    assert list(verdict.needs) == needs


def test_a_file_that_is_there() -> None:
    assert judged(NEWEST, "geoip a.mmdb", "a.mmdb").verdict.answer == "loads"


def test_templates() -> None:
    text = "template IN A a.org {\n match ^a b$\n answer x y\n additional z\n authority w\n rcode NXDOMAIN\n ederror 21 no\n}"
    (made,) = model(text)
    assert (made.query_class, made.query_type, made.zones) == ("IN", "A", ["a.org."])
    assert (made.patterns, made.answers, made.additionals) == (["^a", "b$"], ["x", "y"], ["z"])
    assert (made.authorities, made.rcode, made.extended_error, made.fallthrough) == (["w"], "NXDOMAIN", 21, [])
    assert [made.zones for made in model("template IN A\ntemplate IN AAAA {\n fallthrough\n}")] == [
        ["example.org."]
    ] * 2


def test_what_has_to_be_signed() -> None:
    assert model("tsig {\n secret A x\n require AXFR IXFR\n}").required_types == ["AXFR", "IXFR"]
    assert model("tsig {\n secret A x\n}").secrets == {"a.": "x"}
    assert model("tsig {\n require AXFR\n require none\n}").required_types == []
    assert model("tsig {\n require_opcode all\n require_opcode UPDATE\n}").required_opcodes == ["all"]


def test_access_policies() -> None:
    policies = (
        "acl {\n ALLOW type A TXT net 10.0.0.0/8 ::1\n block type A *\n drop net 10.0.0.1 net *\n filter type None\n}"
    )
    (rule,) = model(policies)
    assert rule.zones == ["example.org."]
    assert rule.policies == [
        Policy("allow", {"A", "TXT"}, [(b"\x0a\0\0\0", 8), (bytes(15) + b"\1", 128)]),
        Policy("block"),
        Policy("drop"),
        Policy("filter"),
    ]


def test_options_behind_a_prefix() -> None:
    judgement = judged(NEWEST, "dns64 fd00::/32 {\n translate_all\n prefix fd00::/40\n}")
    dns64 = judgement.servers[0].plugins["dns64"]
    assert (dns64.prefix, dns64.translate_all, dns64.allow_ipv4) == ("fd00::/40", False, False)
    assert [(ignored.what, ignored.token.text) for ignored in judgement.ignored] == [("option", "translate_all")]


def test_hooks() -> None:
    hooks = model("on startup /bin/true \"'a b' c\" &\non ShutDown x")
    assert hooks == [Hook("startup", "/bin/true", ["a b", "c", "&"]), Hook("shutdown", "x")]


def test_zones_in_clouds() -> None:
    assert model("route53 a:Z1 a:Z2 b:Z:3 {\n refresh 10\n}")[0].zones == {"a": ["Z1", "Z2"], "b": ["Z:3"]}
    assert model("route53 {\n refresh 10\n}")[0].refresh == 10 * 10**9
    assert model("clouddns a:p:z {\n}\nclouddns b:p:z:y")[1].zones == {"b": ["p:z:y"]}
    judgement = judged(NEWEST, "route53 {\n aws_endpoint http://a\n}")
    assert [(ignored.what, ignored.token.text) for ignored in judgement.ignored] == [("argument", "http://a")]


def test_access_of_zones_in_azure() -> None:
    text = "azure g:a g:b {\n access private\n}\nazure h:c"
    assert model(text).zones == [AzureZone("g", "a", "private"), AzureZone("g", "b", "private"), AzureZone("h", "c")]
    assert model(text, "1.12.1").zones == [AzureZone("g", "a"), AzureZone("g", "b", "private"), AzureZone("h", "c")]

"""The Corefile as CoreDNS's own lexer and parser read it, and edits to it."""

from __future__ import annotations

import pytest

from kpl.inputs.corefile.model import Corefile, Directive, ServerBlock, is_placeholder
from kpl.inputs.corefile.parser import CorefileError, parse_corefile
from kpl.text.edit import apply_edits


def words(line: str) -> list[str]:
    """The words of one line of a server block."""
    (directive,) = parse_corefile(line, fragment=True).servers[0].directives
    return [str(word) for word in (directive.name, *directive.args)]


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("a  b\tc", ["a", "b", "c"]),
        ("a\x0bb\x0cc", ["a", "b", "c"]),
        ("a\x85b\xa0c\u2028d\u3000e", ["a", "b", "c", "d", "e"]),
        ("a\u200bb", ["a\u200bb"]),
        ("a\x1cb", ["a\x1cb"]),
        ("a\rb c\r", ["ab", "c"]),
        ("a b  \r", ["a", "b"]),
        ("a \r \r b", ["a", "b"]),
        ("a \r# c", ["a"]),
        ('a "b c" d', ["a", "b c", "d"]),
        ('a "b"c', ["a", "b", "c"]),
        ('a b"c d"', ["a", 'b"c', 'd"']),
        (r'a "b\"c"', ["a", 'b"c']),
        (r'a "b\n\\"', ["a", r"b\n\\"]),
        (r"a b\ c", ["a", "b\\", "c"]),
        ('a ""', ["a", ""]),
        ('a "b', ["a", "b"]),
        ("a 'b c'", ["a", "'b", "c'"]),
        ("a `b c`", ["a", "`b", "c`"]),
        ("a # b", ["a"]),
        ("a b#c d", ["a", "b", "d"]),
        ("a#b c", ["a", "c"]),
        ('a "b#c"', ["a", "b#c"]),
        ("a .{ {x} b} {}", ["a", ".{", "{x}", "b}", "{}"]),
        ("a b; c", ["a", "b;", "c"]),
        ("a b \\", ["a", "b", "\\"]),
    ],
)
def test_words_are_those_of_the_lexer(line: str, read: list[str]) -> None:
    assert words(line) == read


# https://pkg.go.dev/unicode#IsSpace, without LF, which ends the line, and CR, which is nothing
_SPACES = "\t\v\f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


def test_words_end_at_the_white_space_of_go_alone() -> None:
    others = [chr(code) for code in range(1, 0xD800) if chr(code) not in f'{_SPACES}\r\n"#,{{}}']
    assert words("a " + " ".join(f"b{each}c" for each in others)) == ["a", *(f"b{each}c" for each in others)]
    assert words("a " + " ".join(f"{each}c" for each in others)) == ["a", *(f"{each}c" for each in others)]
    assert words("a " + " ".join(f"b{each}c" for each in _SPACES)) == ["a", *["b", "c"] * len(_SPACES)]
    assert words("a " + " ".join(f"b#{each}c" for each in _SPACES)) == ["a", *["b", "c"] * len(_SPACES)]


def test_a_quoted_word_may_span_lines() -> None:
    text = '. {\n    respond "a\nb" c\n    log\n}\n'
    directives = parse_corefile(text).servers[0].directives
    assert [[str(word) for word in (each.name, *each.args)] for each in directives] == [
        ["respond", "a\nb", "c"],
        ["log"],
    ]


def test_blanks_before_the_line_ends_of_windows_are_no_words() -> None:
    text = ". {   \n    hosts {  \n        10.0.0.1 a  \n\n      # why \n    }  \n    log \n}  \n"
    (server,) = parse_corefile(text.replace("\n", "\r\n")).servers
    assert [str(each.name) for each in server.directives] == ["hosts", "log"]
    assert [[str(line.name), *map(str, line.args)] for line in server.directives[0].properties] == [["10.0.0.1", "a"]]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (". {\n}\n", [["."]]),
        (".\n{\n}\n", [["."]]),
        ("a.org b.org {\n}\n", [["a.org", "b.org"]]),
        ("a.org, b.org,\nc.org {\n}\n", [["a.org", "b.org", "c.org"]]),
        ("a,b {\n}\n", [["a,b"]]),
        ("a.org\n", [["a.org"]]),
        (".:53\nerrors\n", [[".:53"]]),
        ("a {\n}\nb {\n}", [["a"], ["b"]]),
        ('"{"\n}\n', []),
        ("# nothing\n", []),
        ("", []),
    ],
)
def test_keys_are_those_of_the_parser(text: str, keys: list[list[str]]) -> None:
    assert [[str(key) for key in server.keys] for server in parse_corefile(text).servers] == keys


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (". { whoami }\n", "needs its own line"),
        (". {\n    errors\n", "the file ends inside"),
        (". {\n    health {\n        lameduck 5s\n", "the file ends inside"),
        ("a.org, {\n}\n", "another key must follow this comma"),
        (". {\n" + "    a {\n" * 200 + "}\n" * 201, "nested deeper than"),
    ],
)
def test_what_coredns_refuses_is_refused_with_a_place(text: str, message: str) -> None:
    with pytest.raises(CorefileError, match=message) as caught:
        parse_corefile(text)
    assert 0 <= caught.value.span.start < caught.value.span.end <= len(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a.org {\n  log\n  errors {\n    x\n", "x"),
        ("a.org {\n  log\n", "g"),
        ("a.org {\n  log }\n", "}"),
        ("a.org, {\n  log\n}\n", "a.org,"),
        ("}\r\n}\r\n{\r\n", "{"),
    ],
)
def test_where_a_corefile_is_refused(text: str, at: str) -> None:
    with pytest.raises(CorefileError) as caught:
        parse_corefile(text)
    assert text[slice(*caught.value.span)] == at


def test_a_missing_brace_behind_the_brace_of_a_plugin_is_accepted_as_coredns_does() -> None:
    corefile = parse_corefile(". {\n    forward . 1.1.1.1 {\n        policy random\n    }\n")
    assert [str(each.name) for each in corefile.servers[0].directives] == ["forward"]


MODEL = """\
(common) {
    errors
    cache 30 { # keep
        success 100
        denial "5" 30
    }
}
import more/*.conf
a.org:53 b.org {
    import common
    health
    template IN A {
        answer "{{ .Name }} 60 IN A 10.0.0.1"
    }
}
"""


def test_the_model_is_what_the_author_wrote() -> None:
    corefile = parse_corefile(MODEL)
    (server,), (snippet,) = corefile.servers, corefile.snippets
    assert snippet.snippet == "common"
    assert [[str(each) for each in line] for line in corefile.imports] == [["more/*.conf"]]
    assert [str(each.name) for each in server.directives] == ["import", "health", "template"]
    assert [str(each.name) for each in server.expanded()] == ["errors", "cache", "health", "template"]
    cache = server.get("cache")
    assert cache is not None
    assert [[str(line.name), *map(str, line.args)] for line in cache.properties] == [
        ["success", "100"],
        ["denial", "5", "30"],
    ]
    assert cache.get("denial") is cache.properties[1]
    assert server.complete
    assert not server.has("loop")
    assert not parse_corefile(". {\n    import other\n}\n").servers[0].complete


def test_every_span_is_the_text_that_it_names() -> None:
    corefile = parse_corefile(MODEL)
    cache = corefile.snippets[0].directives[1]
    shown = {MODEL[slice(*span)] for span in (cache.name.span, cache.head, cache.properties[1].args[0].span)}
    assert shown == {"cache", "cache 30", '"5"'}
    assert cache.block is not None
    assert MODEL[cache.block.start] == "{"
    assert MODEL[cache.block.end - 1] == "}"
    assert MODEL[slice(*cache.span)].endswith("    }")
    server = corefile.servers[0]
    assert MODEL[slice(*server.key_span)] == "a.org:53 b.org"
    assert MODEL[slice(*server.span)].startswith("a.org:53")
    assert MODEL[server.span.end - 1] == "}"
    assert MODEL[slice(*server.body)].strip().startswith("import common")


def first(text: str) -> tuple[Corefile, ServerBlock, Directive]:
    corefile = parse_corefile(text)
    return corefile, corefile.servers[0], corefile.servers[0].directives[0]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (". {\n  errors # all\n}\n", ". {\n  errors # all\n  cache 30\n}\n"),
        (". {\n\terrors\n}\n", ". {\n\terrors\n\tcache 30\n}\n"),
        (". {\n  log {\n    class all\n  } # x\n}\n", ". {\n  log {\n    class all\n  } # x\n  cache 30\n}\n"),
        (".\nerrors", ".\nerrors\ncache 30"),
    ],
)
def test_a_line_is_added_below_a_directive(text: str, result: str) -> None:
    corefile, server, directive = first(text)
    assert apply_edits(text, [corefile.insert_after(directive, "cache 30")]) == result
    assert corefile.append(server, "cache 30") == corefile.insert_after(directive, "cache 30")


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (". {\n  health\n}\n", ". {\n  health {\n    new 1\n  }\n}\n"),
        (". {\n  health :8080 # x\n}\n", ". {\n  health :8080 {\n    new 1\n  } # x\n}\n"),
        (". {\n\thealth {\n\t}\n}\n", ". {\n\thealth {\n\t\tnew 1\n\t}\n}\n"),
        (". {\n  health {\n    a 1 # x\n  }\n}\n", ". {\n  health {\n    a 1 # x\n    new 1\n  }\n}\n"),
        (". {\n  a {\n    b {\n      c\n    }\n  }\n}\n", ". {\n  a {\n    b {\n      c\n    }\n    new 1\n  }\n}\n"),
        (". {\n  health { # why\n  }\n}\n", ". {\n  health { # why\n    new 1\n  }\n}\n"),
        (". {\n  health { }\n}\n", ". {\n  health {\n    new 1\n  }\n}\n"),
        (". {\n  health {\n    a 1 }\n}\n", ". {\n  health {\n    a 1\n    new 1\n  }\n}\n"),
        (". {\n  health {\n    # alone\n  }\n}\n", ". {\n  health {\n    # alone\n    new 1\n  }\n}\n"),
    ],
)
def test_a_property_is_added_to_a_directive(text: str, result: str) -> None:
    corefile, _, directive = first(text)
    assert apply_edits(text, [corefile.add_property(directive, "new 1")]) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (". {\r\n  errors # all\r\n}\r\n", ". {\r\n  errors # all\n  cache 30\r\n}\r\n"),
        (". {\r\n  log {\r\n  }\r\n}\r\n", ". {\r\n  log {\r\n  }\n  cache 30\r\n}\r\n"),
    ],
)
def test_a_line_is_added_before_the_line_end_of_windows(text: str, result: str) -> None:
    corefile, _, directive = first(text)
    assert apply_edits(text, [corefile.insert_after(directive, "cache 30")]) == result


@pytest.mark.parametrize(
    ("indent", "inner"),
    [("\t", "\t\t"), ("  ", "    "), ("   ", "      "), ("    ", "        "), ("", "    "), ("\t  ", "\t  \t")],
)
def test_a_block_is_indented_as_its_file_is(indent: str, inner: str) -> None:
    text = f".\n{indent}errors\n{indent}loop\n"
    corefile, _, directive = first(text)
    result = apply_edits(text, [corefile.insert_block_after(directive, "cache", "success 1", "")])
    assert result == f".\n{indent}errors\n{indent}cache {{\n{inner}success 1\n{inner}\n{indent}}}\n{indent}loop\n"
    assert (
        apply_edits(text, [corefile.insert_after(directive, "", "x")])
        == f".\n{indent}errors\n\n{indent}x\n{indent}loop\n"
    )


def test_nothing_is_appended_to_an_empty_block() -> None:
    corefile = parse_corefile(". {\n}\n")
    assert corefile.append(corefile.servers[0], "log") is None


IMPORTS = """\
(a) {
    errors
    import b
    log
}
(b) {
    import a
    cache 30
    import c.conf
}
(a) {
    ready
}
(empty) {
}
. {
    import a
    import a
    import empty
    import a b
    import nowhere
    whoami
}
"""


def test_snippets_are_expanded_once_and_in_place() -> None:
    corefile = parse_corefile(IMPORTS)
    names = [" ".join((each.name, *each.args)) for each in corefile.servers[-1].expanded()]
    assert names == [
        "errors", "import a", "cache 30", "import c.conf", "log", "import a b", "import nowhere", "whoami",
    ]  # fmt: skip
    server = corefile.servers[-1]
    assert (server.has("cache"), server.has("ready"), server.complete, server.snippet) == (True, False, False, None)
    assert [each.name for each in server.all("log")] == ["log"]
    assert server.names == {"errors", "import", "cache", "log", "whoami"}
    assert corefile.servers[0].snippet is None


@pytest.mark.parametrize(("key", "snippet"), [("(a)", "a"), ("()", None), ("(a", None), ("a)", None), ("(a) b", None)])
def test_what_is_a_snippet(key: str, snippet: str | None) -> None:
    corefile = parse_corefile(f"{key} {{\n    log\n}}\n")
    assert [each.snippet for each in (*corefile.servers, *corefile.snippets)] == [snippet]


def test_imports_bring_in_so_much_and_no_more() -> None:
    """A file brings in at most fifty times its directives and fifty more, so much that no real one comes near."""
    lines = "".join(f"    x{number}\n" for number in range(600))
    for blocks, expanded in ((20, True), (200, False)):
        text = f"(a) {{\n{lines}}}\n" + "a.org {\n    import a\n}\n" * blocks
        corefile = parse_corefile(text)
        found = [len(list(each.expanded())) for each in corefile.servers]
        most = 50 * (600 + blocks + 50)
        assert (found == [600] * blocks) is expanded
        assert found.count(600) == min(blocks, most // 600)
        assert set(found) <= {600, 1}


def test_braces_that_are_too_many_or_too_few() -> None:
    corefile = parse_corefile(". {\n    log\n}\n}\n")
    assert [corefile.text[slice(*each)] for each in corefile.stray_braces] == ["}"]
    assert not corefile.unclosed
    assert parse_corefile(". {\n    log {\n    }\n").unclosed
    with pytest.raises(CorefileError):
        parse_corefile(". {\n    log {\n    }\n    errors\n")
    with pytest.raises(CorefileError):
        parse_corefile(". {\n    log {\n    }\na.org {\n    errors\n")


def test_spans_of_blocks_with_and_without_braces() -> None:
    for text, block, body, keys in (
        ("a.org b.org {\n  log\n}\n", "a.org b.org {\n  log\n}", "\n  log\n", "a.org b.org"),
        ("a.org\nlog all\n", "a.org\nlog all", "\nlog all", "a.org"),
        ("a.org", "a.org", "", "a.org"),
        ("a.org, b.org {\n}\n", "a.org, b.org {\n}", "\n", "a.org, b.org"),
        ("a.org {\n  log {\n  }\n", "a.org {\n  log {\n  }", "\n  log {\n  }", "a.org"),
    ):
        server = parse_corefile(text).servers[0]
        assert [text[slice(*span)] for span in (server.span, server.body, server.key_span)] == [block, body, keys]
    fragment = parse_corefile("log\n", fragment=True).servers[0]
    assert (fragment.key_span, fragment.span) == ((0, 1), (0, 4))


def test_the_spans_of_lines() -> None:
    text = ". {\n  a b {\n    c d {\n      e f\n    }\n    g\n  }\n}\n"
    (directive,) = parse_corefile(text).servers[0].directives
    nested, last = directive.properties
    spans = (directive.span, directive.head, nested.span, last.span)
    assert [text[slice(*span)] for span in spans] == [text[6 : text.rindex("}\n}") + 1], "a b", "c d {\n      e f", "g"]
    assert [(each.name, each.args) for each in nested.nested] == [("e", ["f"])]
    assert ([each.name for each in directive.all("c")], directive.get("e"), directive.all("e")) == (["c"], None, ())


@pytest.mark.parametrize(
    ("text", "result"),
    [
        (". {\n  errors\n  log\n}\n", ". {\n  log\n}\n"),
        (". {\n  log {\n    class all\n  }\n}\n", ". {\n}\n"),
        (". {\n  errors # x\n}\n", None),
        (". {\n  errors {\n  } # x\n}\n", None),
        (".\nerrors", "."),
        (".\nerrors\n", ".\n"),
    ],
)
def test_a_line_is_removed_only_with_nothing_else_on_it(text: str, result: str | None) -> None:
    corefile, _, directive = first(text)
    edit = corefile.remove_lines(directive.span)
    assert (None if edit is None else apply_edits(text, [edit])) == result


@pytest.mark.parametrize(
    ("word", "expected"),
    [("{{ x }}", True), ("${X}", True), ("__PILLAR__DNS__", True), ("CLUSTER_DOMAIN", True), ("{$VAR}", True)]
    + [(word, True) for word in ("$NAMESERVERS", "$ZONE:53", "$HOST_IP.sslip.io")]
    + [(word, False) for word in ("$ZONEs", "$1", "$zone", "a$ZONE", "$$ZONE", "$ZONE$")]
    + [
        (word, True)
        for word in ("%{x}", "$(X)", "<name>", "<name>.com:53", "<the", "<1>", "%s", "a}}", "{%x", "x%}", "a{$B}c")
    ]
    + [
        (word, False)
        for word in ("a_B", "%sx", "<", "<1", "<>", "a<b", "A_", "$X", "{$X", "_A_B_", "__a__", "}{$", "1A_B")
    ]
    + [("cluster.local", False), ("NXDOMAIN", False), ("AAAA", False), ("{", False), ("{1}", False)],
)
def test_placeholders_are_known(word: str, expected: bool) -> None:
    assert is_placeholder(word) is expected

"""regexp.Compile; the expected numbers and texts are what Go 1.26 says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kpl.golang.regexp import check_regexp
from kpl.golang.values import GoError

Shape = Callable[[int], str]


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [
        ("", 0),
        ("a", 0),
        ("a|b", 0),
        ("|", 0),
        ("(a)", 1),
        ("()", 1),
        ("(?:a)", 0),
        ("(?P<year>a)", 1),
        ("(?<b_2>a)(c)", 2),
        ("(?i)k|(?i:s)(?-i)x", 0),
        ("(?msU)^.$", 0),
        ("(?-s:.)", 0),
        ("(?ims-U:a)b", 0),
        ("(?)", 0),
        ("(?-i)", 0),
        ("a*?b+?c??", 0),
        ("a{2}", 0),
        ("a{0,}", 0),
        ("(?:a{0}){0}", 0),
        ("a{,2}", 0),
        ("a{", 0),
        ("a{x", 0),
        ("a{01}", 0),
        ("a{1,02}", 0),
        ("a{1", 0),
        ("a{1,", 0),
        ("(?:x{2}){3,4}", 0),
        ("(?:(?:a{1000}){0}){1000}", 0),
        ("(?:a{500}){2}", 0),
        ("(?:a{500,}){2,}", 0),
        ("(?:a*){1000}", 0),
        ("\\A\\b\\B\\z", 0),
        ("\\Qa.b\\Ec", 0),
        ("\\Q(", 0),
        ("\\Q\\E", 0),
        ("\\pL\\PN\\p{Greek}\\P{^Lu}\\p{any}\\p{ lower-case_letter }\\p{lc}", 0),
        ("[\\pL\\d]", 0),
        ("\\d\\D\\s\\S\\w\\W", 0),
        ("(?i)\\w\\W[^\\d]", 0),
        ("[[:alpha:][:^digit:]]", 0),
        ("[[:]", 0),
        ("[[:a]", 0),
        ("[[:x]", 0),
        ("[]a]", 0),
        ("[^]a]", 0),
        ("[a-]", 0),
        ("[-a]", 0),
        ("[a-c-e]", 0),
        ("[\\]\\-\\\\]", 0),
        ("[^a]", 0),
        ("[a]b", 0),
        ("[Aa]b[Aa]", 0),
        ("(?i)[k]", 0),
        ("(?i)[a-z]|[\\x00-\\x{10FFFF}]", 0),
        ("\\x41\\x{10FFFF}\\x{0000041}\\0\\012\\177\\17\\a\\f\\n\\r\\t\\v", 0),
        ("\\.\\_\\ ", 0),
        ("é€", 0),
        (".|\n", 0),
        ("a|b|[c-d]|.", 0),
        ("(?s).|a", 0),
        ("ab|ac|ad", 0),
        ("abc|abd|b", 0),
        ("[ab]c|[ab]d", 0),
        ("[ab]{2}c|[ab]{2}d", 0),
        ("a|b|", 0),
        ("||", 0),
        ("(|a)", 1),
        ("x|(?i)x", 0),
        ("a|é|ab", 0),
        ("(?i:ab)|(?i:AC)", 0),
        ("a||b", 0),
        ("\\d|a|[^\\n]", 0),
        (".|[^\\n]|\\n", 0),
        ("^*", 0),
        ("abc(d)|ab(e)", 2),
        ("(?:a{0,}b){2}", 0),
        (r"(?i)[ſ-ƀ]|[\x{212A}]|[^\x00-a]|[^a-\x{10FFFF}]", 0),
        ("ab[c]d[Ee][Ff]g", 0),
        ("[\\d-\\a]", 0),
    ],
)
def test_patterns_and_their_groups(pattern: str, groups: int) -> None:
    assert check_regexp(pattern) == groups


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("[a", "missing closing ]: `[a`"),
        ("[", "missing closing ]: `[`"),
        ("[^", "missing closing ]: `[^`"),
        ("[]", "missing closing ]: `[]`"),
        ("[a-", "missing closing ]: `[a-`"),
        ("[a\\", "trailing backslash at end of expression: ``"),
        ("[z-a]", "invalid character class range: `z-a`"),
        ("[a-\\d]", "invalid escape sequence: `\\d`"),
        ("[\\x{62}-\\x{61}]", "invalid character class range: `\\x{62}-\\x{61}`"),
        ("[[:x:]]", "invalid character class range: `[:x:]`"),
        ("[[:^:]]", "invalid character class range: `[:^:]`"),
        ("[\\pX]", "invalid character class range: `\\pX`"),
        ("[\\Q]", "invalid escape sequence: `\\Q`"),
        ("(", "missing closing ): `(`"),
        ("(()", "missing closing ): `(()`"),
        (")", "unexpected ): `)`"),
        ("a)(", "unexpected ): `a)(`"),
        ("a|(b", "missing closing ): `a|(b`"),
        ("(?", "invalid or unsupported Perl syntax: `(?`"),
        ("(?i", "invalid or unsupported Perl syntax: `(?i`"),
        ("(?i-", "invalid or unsupported Perl syntax: `(?i-`"),
        ("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"),
        ("(?--i)", "invalid or unsupported Perl syntax: `(?--`"),
        ("(?-:a)", "invalid or unsupported Perl syntax: `(?-:`"),
        ("(?z)", "invalid or unsupported Perl syntax: `(?z`"),
        ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
        ("(?P", "invalid or unsupported Perl syntax: `(?P`"),
        ("(?P<", "invalid or unsupported Perl syntax: `(?P`"),
        ("(?P<>a)", "invalid named capture: `(?P<>`"),
        ("(?P<n", "invalid named capture: `(?P<n`"),
        ("(?P<é>a)", "invalid named capture: `(?P<é>`"),
        ("(?P<a b>c)", "invalid named capture: `(?P<a b>`"),
        ("(?P=n)", "invalid or unsupported Perl syntax: `(?P`"),
        ("(?P>n)", "invalid or unsupported Perl syntax: `(?P`"),
        ("(?<", "invalid or unsupported Perl syntax: `(?<`"),
        ("(?<=a)", "invalid named capture: `(?<=a)`"),
        ("(?<n", "invalid named capture: `(?<n`"),
        ("(?'n'a)", "invalid or unsupported Perl syntax: `(?'`"),
        ("(?#c)", "invalid or unsupported Perl syntax: `(?#`"),
        ("*", "missing argument to repetition operator: `*`"),
        ("+a", "missing argument to repetition operator: `+`"),
        ("?", "missing argument to repetition operator: `?`"),
        ("{2}", "missing argument to repetition operator: `{2}`"),
        ("a|*", "missing argument to repetition operator: `*`"),
        ("(*", "missing argument to repetition operator: `*`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a+*", "invalid nested repetition operator: `+*`"),
        ("a*+", "invalid nested repetition operator: `*+`"),
        ("a??+", "invalid nested repetition operator: `??+`"),
        ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
        ("a*{2}", "invalid nested repetition operator: `*{2}`"),
        ("a{2}*?", "invalid nested repetition operator: `{2}*?`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
        ("a{1001,}", "invalid repeat count: `{1001,}`"),
        ("a{1,1001}", "invalid repeat count: `{1,1001}`"),
        ("a{2,1}", "invalid repeat count: `{2,1}`"),
        ("a{99999999999999999999}", "invalid repeat count: `{99999999999999999999}`"),
        ("(?:a{501}){2}", "invalid repeat count: `{2}`"),
        ("((a{10}){10}){11}", "invalid repeat count: `{11}`"),
        ("(?:(?:a{2}b){2,}c){1000}", "invalid repeat count: `{1000}`"),
        ("a{2}{1001}", "invalid repeat count: `{1001}`"),
        ("\\", "trailing backslash at end of expression: ``"),
        ("a\\", "trailing backslash at end of expression: ``"),
        ("\\8", "invalid escape sequence: `\\8`"),
        ("\\1", "invalid escape sequence: `\\1`"),
        ("\\7a", "invalid escape sequence: `\\7`"),
        ("\\C", "invalid escape sequence: `\\C`"),
        ("\\E", "invalid escape sequence: `\\E`"),
        ("\\Z", "invalid escape sequence: `\\Z`"),
        ("\\e", "invalid escape sequence: `\\e`"),
        ("\\é", "invalid escape sequence: `\\é`"),
        ("\\x", "invalid escape sequence: `\\x`"),
        ("\\xg1", "invalid escape sequence: `\\xg1`"),
        ("\\x1", "invalid escape sequence: `\\x1`"),
        ("\\x1g", "invalid escape sequence: `\\x1g`"),
        ("\\x{", "invalid escape sequence: `\\x{`"),
        ("\\x{}", "invalid escape sequence: `\\x{}`"),
        ("\\x{4g}", "invalid escape sequence: `\\x{4g`"),
        ("\\x{110000}", "invalid escape sequence: `\\x{110000`"),
        ("\\x{41", "invalid escape sequence: `\\x{41`"),
        ("\\p", "invalid character class range: `\\p`"),
        ("\\p{", "invalid character class range: `\\p{`"),
        ("\\p{Greek", "invalid character class range: `\\p{Greek`"),
        ("\\p{}", "invalid character class range: `\\p{}`"),
        ("\\p{^}", "invalid character class range: `\\p{^}`"),
        ("\\p{Klingon}", "invalid character class range: `\\p{Klingon}`"),
        ("\\pé", "invalid character class range: `\\pé`"),
        ("\\PX", "invalid character class range: `\\PX`"),
        ("\\p{Old_Italic}", "invalid character class range: `\\p{Old_Italic}`"),
        ("a\udcffb", "invalid UTF-8: `\udcffb`"),
        ("(?\udcff)", "invalid UTF-8: `\udcff)`"),
        ("[\udcff]", "invalid UTF-8: `\udcff]`"),
        ("[a-\udcff]", "invalid UTF-8: `\udcff]`"),
        ("\\\udcff", "invalid UTF-8: `\udcff`"),
        ("\\x\udcff", "invalid UTF-8: `\udcff`"),
        ("\\x1\udcff", "invalid UTF-8: `\udcff`"),
        ("\\x{1\udcff}", "invalid UTF-8: `\udcff}`"),
        ("\\p\udcff", "invalid UTF-8: `\udcff`"),
        ("\\p{a\udcffb}c", "invalid UTF-8: `\udcffb`"),
        ("\\p{a\udcff", "invalid UTF-8: `\udcff`"),
        ("(?P<a\udcffb>c)d", "invalid UTF-8: `\udcffb`"),
        ("(?P<a\udcff", "invalid UTF-8: `\udcff`"),
        ("\\Qa\udcffb\\Ec\udcff", "invalid UTF-8: `\udcffb`"),
        ("[[:alpha:", "missing closing ]: `[[:alpha:`"),
    ],
)
def test_what_is_no_pattern(pattern: str, why: str) -> None:
    with pytest.raises(GoError) as caught:
        check_regexp(pattern)
    assert str(caught.value) == f"error parsing regexp: {why}"


DEEP, LARGE = "expression nests too deeply", "expression too large"


@pytest.mark.parametrize(
    ("shape", "most", "why"),
    [
        (lambda n: "(" * n + ")" * n, 999, DEEP),
        (lambda n: "(?:" * n + "a" + ")*" * n, 999, DEEP),
        (lambda n: "|".join("a" * each for each in range(n)), 501, DEEP),
        (lambda n: "|".join("[ab]" * n + each for each in "xyz"), 999, DEEP),
        (lambda n: "(?i)" + "|".join("[ab]{2}" * n + each for each in "xyz"), 998, DEEP),
        (lambda n: "(?:" + "a" * n + "){1000}", 3355, LARGE),
        (lambda n: "(?:" + "ab?" * n + "){1000}", 1118, LARGE),
        (lambda n: "(?:" + "a*" * n + "){1000,}", 1118, LARGE),
        (lambda n: "(?:" + "(a)|" * n + "b*){900,1000}", 838, LARGE),
        (lambda n: "(?:(?:" + "(?:b{3})+" * n + "){31}){10}", 2706, LARGE),
        (lambda n: "(?:" + "|".join(["a(b)"] * n) + "){1000}", 838, LARGE),
        (lambda n: "(?:" + "|".join(["a(b)c"] * n) + "){1000}", 671, LARGE),
        (lambda n: "(?:" + "ab[c][Dd]x*" * n + "){1000}", 479, LARGE),
        (lambda n: r"\pL" * n, 25458, LARGE),
    ],
    ids=[
        "groups",
        "stars",
        "prefixes",
        "classes",
        "repeated classes",
        "literal",
        "optional",
        "endless",
        "bars",
        "inner",
        "factored",
        "factored twice",
        "joined",
        "runes",
    ],
)
def test_limits(shape: Shape, most: int, why: str) -> None:
    check_regexp(shape(most))
    with pytest.raises(GoError) as caught:
        check_regexp(shape(most + 1))
    assert str(caught.value) == f"error parsing regexp: {why}: `{shape(most + 1)}`"


@pytest.mark.parametrize(
    "shape",
    [
        lambda n: "(?:" + "ab|" * n + "){1000}",
        lambda n: "(?:[ab]|" * n + "cd" + ")" * n,
    ],
    ids=["alternatives", "nested alternatives"],
)
def test_what_go_finds_small_enough(shape: Shape) -> None:
    assert check_regexp(shape(4000)) == 0


def test_alternatives_in_alternatives_are_given_up_in_time() -> None:
    """Go takes squares of time, and comes to an end."""
    assert check_regexp("(?:a*|" * 500 + "b*" + ")" * 500) == 0
    with pytest.raises(RecursionError):
        check_regexp("(?:a*|" * 20_000 + "b*" + ")" * 20_000)

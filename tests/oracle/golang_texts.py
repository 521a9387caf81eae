"""Made-up texts for fuzz_golang.py: regular expressions, templates and values, most of them plausible."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from kpl.golang.regexp import check_regexp
from kpl.golang.values import GoError


class Chance(random.Random):
    """Chance that is mostly kind: what is odd comes with a rate that differs from text to text."""

    rate = 0.1

    def pick(self, usual: Sequence[str], odd: Sequence[str]) -> str:
        return self.choice(odd if self.random() < self.rate else usual)


def mutated(chance: Chance, text: str, pieces: list[str]) -> str:
    """The text with a few accidents."""
    for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
        at, end = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
        text = (
            text[:at]
            + chance.choice(("", chance.choice(pieces), text[at:end] * 2))
            + text[min(end, at + chance.randint(0, 2)) :]
        )
    return text


# -- regular expressions

_CLASSES = (
    r"\d \D \w \W \s \S \pL \PN \p{Greek} \p{^Greek} \P{Lu} \p{Letter} \p{any} \p{ASCII} \p{Old_Italic} \p{lc} \p{} \p{^} \pé \p{x"
    r" [:alpha:] [:^digit:] [:word:] [:x:] [: [:]"
).split()
_ESCAPED = r"\. \- \_ \\ \] \[ \x41 \x4 \x{10FFFF} \x{110000} \x{} \x{4g} \0 \012 \1 \17 \8 \n \t \a \e \c \Z \é \C \b \B \A \z \Q.*\E \Q \E".split()
_PIECES = [
    *_CLASSES,
    *_ESCAPED,
    *"()[]{}|*+?^$.-\\:,<>=!'P0123abcKkSsé\n ",
    "(?",
    "(?:",
    "(?i)",
    "{2}",
    "{2,",
    "^-",
    "\udcff",
    "\udce9",
]


def regexp(chance: Chance, depth: int = 0) -> str:
    """A mostly plausible pattern."""
    kind = chance.random()
    if depth > 4 or kind < 0.3:
        return "".join(chance.choice("abcxyzABkKsS019.-_ é€") for _ in range(chance.randint(0 if depth else 1, 4)))
    if kind < 0.5:
        return "".join(regexp(chance, depth + 1) for _ in range(chance.randint(1, 4)))
    if kind < 0.6:
        return "|".join(regexp(chance, depth + 1) for _ in range(chance.randint(2, 4)))
    if kind < 0.75:
        groups = "( (?: (?P<n> (?<a1> (?i) (?i: (?-s: (?ms-iU: (?U) (?i-s) (?P<é> (?P<> (?P=n) (?= (?! (?# (?- (?i- (?'n'".split()
        opened = chance.choice(("(", "(?:", chance.choice(groups)))
        return opened + regexp(chance, depth + 1) + ("" if opened.endswith(")") else ")")
    if kind < 0.87:
        counts = ["{%d}", "{%d,}", "{0,%d}", "{,%d}", "{%d,1}", "{ %d}", "{0%d}", "{%d,2,}", "{1,%d}"]
        count = chance.choice(counts) % chance.choice((0, 1, 2, 3, 7, 10, 31, 32, 100, 999, 1000, 1001, 10**9, 10**12))
        repeat = chance.choice(("*", "+", "?", count)) + chance.choice(("", "", "?", "+"))
        atom = regexp(chance, depth + 1)
        return (f"(?:{atom})" if chance.random() < 0.4 else atom) + repeat
    if kind < 0.95:
        members = []
        for _ in range(chance.randint(0, 4)):
            one = chance.choice((*"abzAZk0-]^\\é€", chance.choice(_CLASSES), chance.choice(_ESCAPED)))
            members.append(f"{one}-{chance.choice('azA9é-]')}" if chance.random() < 0.3 else one)
        return "[" + chance.choice(("", "", "^")) + "".join(members) + chance.choice(("]", "]", "]", "]", ""))
    return chance.choice((*_CLASSES, *_ESCAPED, "^", "$", "."))


def mutated_regexp(chance: Chance) -> str:
    return mutated(chance, regexp(chance), _PIECES)


def ascii_regexp(chance: Chance) -> str:
    """A pattern of which kpl knows the whole tree."""
    while True:
        pattern = regexp(chance)
        if pattern.isascii() and not re.search(r"\\[pP]", pattern):
            return pattern


def _shape(chance: Chance) -> Callable[[int], str]:
    """A pattern that grows with a number until it is too large or too deep."""
    units = [each for each in (regexp(chance, 2) for _ in range(20)) if _is_right(each)] or ["a"]
    unit = "".join(chance.choice(units) for _ in range(chance.randint(1, 4)))
    flags = chance.choice(("", "", "(?i)", "(?s)", "(?U)"))
    kind = chance.randrange(5)
    if kind == 0:
        repeat = chance.choice(("{1000}", "{900,1000}", "{1000,}", "{0,999}", "{500}", "{31}{31}"))
        separator = chance.choice(("", "", "|", "x"))
        return lambda count: flags + "(?:" + separator.join([unit] * count) + ")" + repeat
    if kind == 1:
        opened = chance.choice(("(", "(?:", "(?:a|", "(a", "(?:ab|ac", "(?:[ab]|", f"(?:{unit}|", f"({unit}"))
        closed = chance.choice((")", ")*", ")+", ")?", ")b", ")|c", ")|", f"){unit}"))
        return lambda count: flags + opened * count + "x" + (closed if opened.startswith("(") else "") * count
    if kind == 2:
        words = [
            "".join(chance.choice("ab") for _ in range(chance.randint(1, 40))) for _ in range(chance.randint(0, 30))
        ]
        return lambda count: flags + "|".join([*words, *("a" * (each // 2) for each in range(count))])
    if kind == 3:
        first = chance.choice(
            ("[ab]", "[a-c]{2}", r"\d", ".", r"\pL", "[[:alpha:]]", "[Ab]", "[Aa]", r"\x41", r"[\d-z]")
        )
        last = chance.choice(("x|{}y", "x|{}", "xy|{}x|{}z", "|{}x", "[ab]|{}c", "(?:x|y)|{}z"))
        return lambda count: flags + first * count + last.replace("{}", first * count)
    return lambda count: flags + "".join(f"(?:{unit}){{{2 + each % 3}}}|" for each in range(count)) + "a" + "{1000}"


def _is_right(pattern: str) -> bool:
    try:
        check_regexp(pattern)
    except (GoError, RecursionError):
        return False
    return True


def edge_regexp(chance: Chance) -> str:
    """The smallest pattern of a shape that kpl takes for too large or too deep, or the largest that it does not."""
    shape = _shape(chance)
    if not _is_right(shape(1)):
        return shape(1)
    low, high = 1, 1100
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _is_right(shape(middle)) else (low, middle)
    return shape(chance.choice((low, high)))


# -- templates

_OPERANDS = (
    ". .Name .Zone .Group.domain $ $x $y $x.Name true 1 -5 0x1F 1.5 'a' \"s\" `raw` (.Name) len printf parseInt".split()
)
_ODD_OPERANDS = (
    r"nil false break continue 0b12 0o7 1_000 1__0 089 +1 1. .5 1e5 1e999 1e 0x1p-2 0x1p 99999999999999999999 1i 1+2i 1-2i 1+2 1e+2i+3i"
    r" +i+2i 0x1i+2i 0b1+2i 1e400+1i 1_0+2i 0x_1p0+2i 'ab' '\n' '\'' '\400' '' '\u00e9' 'é' '\d' "
    r' "\n" "\q" "\xff" "é" "\U00110000" ` " \ nope é é1 .é $é $z _x x.y .X.Y ( ) ((1)) () 1.X "s".X .X.Y.Z nil.X (1).X "unended 1a .1a .a-b'
    " $x+2 / % ^ # \x01 \udcff €"
).split(" ")
_NAMES = ('"a"', '"b"', "`a`")
_ODD_NAMES = ('"answer"', r'"\q"', "a", "", r'"\xff"', ".", '"a" "b"')
_WORDS = "if range with else end define block template break continue".split()
_TEMPLATE_PIECES = [*_OPERANDS, *_ODD_OPERANDS, *_WORDS]
_TEMPLATE_PIECES += [
    "{{",
    "}}",
    "{{-",
    " -}}",
    "{{- ",
    "-}}",
    "\n",
    " ",
    ":=",
    "=",
    ",",
    "|",
    "/*",
    "*/",
    "{{end}}",
    "{{else}}",
    "{{/* c */}}",
]


def _command(chance: Chance) -> str:
    words = [chance.pick(_OPERANDS, _ODD_OPERANDS)]
    if chance.random() < 0.6:
        words.insert(0, chance.pick(("printf", "index", "len", "parseInt", "print"), ("nope", "é", "1", "nil")))
    if chance.random() < 0.2:
        words.append("(" + _pipeline(chance) + ")" + chance.choice(("", ".X", " ")))
    return chance.pick((" ",), ("", "  ", "\n", "\t", "\x0b")).join(words)


def _pipeline(chance: Chance) -> str:
    stages = chance.choice((1, 1, 1, 1, 2, 3)) if chance.random() > chance.rate / 4 else 0
    commands = [_command(chance), *("len " + _command(chance) for _ in range(stages - 1))][:stages]
    if chance.random() < chance.rate:
        commands = [_command(chance) for _ in commands]
    return chance.choice((" | ", "|", " |\n")).join(commands)


def _declaring(chance: Chance) -> str:
    if chance.random() < 0.7:
        return _pipeline(chance)
    return chance.pick(
        ("$x := ", "$y = ", "$x:=", "$a\n:= "),
        ("$x, $y := ", "$a, $b, $c := ", "$x, ", "$x , .y := ", "$x :", "$x.y := "),
    ) + _pipeline(chance)


def _action(chance: Chance, text: str) -> str:
    opened = chance.pick(("{{", "{{ ", "{{- ", "{{-\n"), ("{{-", "{ {", "{{{"))
    return opened + text + chance.pick(("}}", " }}", " -}}", "\n-}}", "  -}}"), ("-}}", "}", "}}}", " - }}"))


def _part(chance: Chance, depth: int) -> str:
    kind = chance.random()
    if depth > 4 or kind < 0.3:
        return chance.pick(
            ("3600 IN A 10.0.0.1", " ", "\n", "é", "{", "}}", "\n\n x", "\u2003", "\x1c", "\u00a0"), ("\udcff", "{{")
        )
    if kind < 0.6:
        return _action(chance, _declaring(chance))
    if kind < 0.64:
        return _action(chance, chance.pick(("/* c */", "/**/", "/*\n*/"), ("/* c", "/* \n */ x")))
    if kind < 0.7:
        return _action(
            chance,
            "template " + chance.pick(_NAMES, _ODD_NAMES) + " " + (_pipeline(chance) if chance.random() < 0.7 else ""),
        )
    word = chance.choice(
        ("if ", "range ", "with ", "define ", "block ")
        if not depth or chance.random() < chance.rate
        else ("if ", "range ", "with ", "block ")
    )
    if word in ("define ", "block "):
        # a template of its own, with variables of its own
        name = chance.pick([f'"n{chance.randrange(1000)}"'], (*_NAMES, *_ODD_NAMES))
        text = (
            _action(chance, word + name + (" " + _pipeline(chance) if word == "block " else ""))
            + "{{$x := 1}}{{$y := 2}}"
        )
    else:
        pipeline = "$i, $v := .X" if word == "range " and chance.random() < 0.3 else _declaring(chance)
        text = _action(chance, word + pipeline)
    text += template(chance, depth + 1)
    if word == "range " and chance.random() < 0.3 or chance.random() < chance.rate / 4:
        text += _action(chance, chance.choice(("break", "continue", "break .", "continue 1")))
    if word in ("if ", "with ") or chance.random() < chance.rate / 4:
        while chance.random() < 0.25:
            text += _action(
                chance, "else " + chance.pick((word,), ("if ", "with ", "range ")) + _pipeline(chance)
            ) + template(chance, depth + 1)
    if word in ("if ", "with ", "range ") and chance.random() < 0.3 or chance.random() < chance.rate / 4:
        text += _action(chance, chance.pick(("else",), ("else 1", "else else"))) + template(chance, depth + 1)
    return text + _action(chance, "end") if chance.random() > chance.rate / 10 else text


def template(chance: Chance, depth: int = 0) -> str:
    """A mostly plausible template."""
    if depth:
        return "".join(_part(chance, depth) for _ in range(chance.choice((1, 1, 2, 3))))
    chance.rate = chance.choice((0, 0.01, 0.1, 0.3))
    return "{{$x := 1}}{{$y := 2}}" + "".join(_part(chance, 0) for _ in range(chance.randint(1, 4)))


def mutated_template(chance: Chance) -> str:
    return mutated(chance, template(chance), _TEMPLATE_PIECES)


# -- values

_SEEDS = {
    "integer": "0 1 -1 +1 007 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615"
    " 18446744073709551616 2147483647 -2147483648 2147483648 65535 65536 0x1F 0X_ff 0b101 0o17 0_7 1_000 0x 0b 09 ++1 ٣ ² 1e3 99999999999999999999x",
    "float": "0 1.5 -1. .5 . +.5e-3 1e308 1e309 1.7976931348623157e308 1.7976931348623159e308 3.4028235e38 3.4028236e38 1_0.5 0x1p4 0x.8p-1 0x1 0x_1p0"
    " inf -Infinity NaN +nan 1e 1e+ e5 0x1p 0x1.8P+1023 0x1p1024 1e-400 1__0 _1 1_",
    "boolean": "1 t T TRUE true True 0 f F FALSE false False tRUE yes",
    "duration": "0 +0 -0 1s -1.5h 1h2m3.004s 10ms 1us 1µs 1μs 1ns 1d 1 .5s .s 1.s - + 9223372036854775807ns 9223372036854775808ns -9223372036854775808ns"
    " 9223372036854775808ns9223372036854775808ns 2562047h47m16.854775807s 2562047h47m16.854775808s 0.9223372036854775808h 00000000000000000000001s"
    ' 0.0000000000000000000000000001h 1.00000000000000000001m 0.3333333333333333333h 5s5 1s"2 1\x00s 1é 3000000h',
    "host": "10.0.0.1 10.0.0.256 1.2.3 1.2.3.4.5 01.2.3.4 ::1 :: fe80::1%eth0 ::ffff:1.2.3.4 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:8:9 1::2::3 12345::1 ::1.2.3.4"
    " 1:2:3:4:5:6:1.2.3.4 1:2:3:4:5:6:7:1.2.3.4 1: :1 [::1]:53 [::1] ::1:53 a:53 :53 a: [a] ]a:1 a[:1 localhost é.example. 10.0.0.0/8 ::1/64 1.2.3.4/33"
    " 1.2.3.4/ 1.2.3.4/008 ::ffff:1.2.3.4/100 fe80::1%eth0/64 1.2.3.4/+1",
    "domain": ". example.org example.org. .example a..b \\. a\\.b \\046.a a\\ \\\\. \\12.a é.é _x.y aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "url": "tcp://127.0.0.1:6000 tls://a.b:1 http://u:p@h:80/p?q#f http://[::1]:80 http://[fe80::1%25en0]:8080/ http://[1.2.3.4] http://a:b:1 tcp://a:b:1"
    " unix:///x unix:x :x x:y/z a:b 1a:b //h/p ///p * /p%20q /p%zz http://a%20b/ http://a%c3%a9/ http://a%zz http://u@%@h/ http://é@h/ http://a b/ ? #%"
    " dns:///a b://c?d?e http://[::1%25%41]/ http://[::1%25%20]/ http://[::1 http://h[::1] mailto:a@b http://h:é/ http://h:%31/",
    "hex": "00 0 ff FF fg é 0x1 a\x00 ''",
}
_ALPHABETS = {
    "integer": "0123456789_+-xXbBoOaf é٣",
    "float": "0123456789._+-eEpPxXinfa",
    "boolean": "tTrRuUeE01fF ",
    "duration": '0123456789.+-hmsnuµμ "é\x01',
    "host": "0123456789abcdefF.:%/[]-g é",
    "domain": "abc.\\0123é- _\x7f",
    "url": 'abz019:/?#@%[].-+ éAF<>"^`{|}\x01\x7f',
    "hex": "0123456789abcdefABCDEFg é",
}


def _word(chance: Chance, kind: str) -> str:
    words = _SEEDS[kind].split(" ")
    letters = _ALPHABETS[kind]
    if chance.random() < 0.2:
        return "".join(chance.choice(letters) for _ in range(chance.randint(0, 12)))
    text = chance.choice(words)
    for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
        at = chance.randint(0, len(text))
        change = chance.randrange(4)
        if change == 0:
            text = text[:at] + chance.choice(letters) + text[at:]
        elif change == 1:
            text = text[:at] + text[at + 1 :]
        elif change == 2:
            text = text[:at] + chance.choice(words) + text[at:]
        else:
            text = text[:at] + chance.choice((*letters, "\udcff", "\udcc3")) + text[at + 1 :]
    return text


def integer(chance: Chance) -> str:
    return _word(chance, "integer")


def floating(chance: Chance) -> str:
    return _word(chance, "float")


def boolean(chance: Chance) -> str:
    return _word(chance, "boolean")


def duration(chance: Chance) -> str:
    if chance.random() < 0.5:
        return _word(chance, "duration")
    number = ("%d", "%d.%d", ".%d", "%d.", "0%d")
    parts = []
    for _ in range(chance.randint(1, 4)):
        digits = chance.choice(number)
        parts.append(digits % tuple(chance.randrange(10 ** chance.randint(1, 24)) for _ in range(digits.count("%"))))
        parts.append(chance.choice(("h", "m", "s", "ms", "us", "µs", "ns")))
    return chance.choice(("", "", "-", "+")) + "".join(parts)


def host(chance: Chance) -> str:
    return _word(chance, "host")


def domain(chance: Chance) -> str:
    text = _word(chance, "domain")
    return ".".join([text] * chance.randint(1, 130)) if chance.random() < 0.2 else text


def url(chance: Chance) -> str:
    return _word(chance, "url")


def hexadecimal(chance: Chance) -> str:
    return _word(chance, "hex")


def characters(chance: Chance) -> str:
    """Any characters of Unicode, now and then a byte that is none."""
    found = []
    for _ in range(chance.randint(0, 30)):
        code = chance.choice(
            (chance.randrange(0x80), chance.randrange(0x3000), chance.randrange(0x20000), chance.randrange(0x110000))
        )
        if not 0xD800 <= code <= 0xDFFF:
            found.append(chr(code))
        elif found and found[-1].isascii():
            found.append("\udcff")
    return "".join(found)

"""The plugin ``rewrite``. (CoreDNS plugin/rewrite: setup.go, rewrite.go, and a file for each kind of rule)"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kpl.coredns.controller import Controller, Word
from kpl.coredns.dispenser import RefusedError
from kpl.coredns.edns0rules import Edns0Rule, edns0_rule
from kpl.coredns.metadatanames import check_metadata_name
from kpl.golang.dnsname import fqdn, normalize
from kpl.golang.dnstables import CLASSES, RCODES, TYPES, number_of
from kpl.golang.regexp import check_regexp
from kpl.golang.strconv import parse_uint
from kpl.golang.strings import to_lower, to_upper
from kpl.golang.values import GoError, atoi, quote
from kpl.text import late

MATCHES = ("exact", "prefix", "suffix", "substring", "regex")
MAX_PATTERN = 10000
"""Bytes of a regular expression, from 1.14.0 on."""

_PLACEHOLDER = late.pattern(r"\{(?:[0-9]|[1-9][0-9]|100)\}")


class Answer(NamedTuple):
    """How an answer's name or value (`field`) is rewritten: a regular expression and what takes its place."""

    field: str
    pattern: str
    replacement: str


@dataclass
class RewriteRule:
    """A rule for questions or answers; `kind` is name, class, type, ttl, cname or rcode."""

    kind: str
    stops: bool
    """Whether no later rule is looked at."""
    match: str = ""
    """How `name` is compared: one of `MATCHES`; empty for rules that look at no name."""
    name: str = ""
    """The name in question, or the target of a CNAME record; a pattern where `match` is ``regex``."""
    before: str = ""
    """The class, type or rcode that is replaced."""
    after: str = ""
    """What replaces it: a name, class, type or rcode, or a TTL in seconds or a range of them."""
    answers: list[Answer] = field(default_factory=list)
    auto: bool = False
    """Whether the names in answers are turned back by themselves."""
    metadata: bool = False
    """Whether `after` may name metadata beside groups of the pattern."""


@dataclass
class Rewrite:
    """The rules, in their order."""

    rules: list[RewriteRule | Edns0Rule] = field(default_factory=list)


def setup(c: Controller) -> Rewrite:
    """``rewrite [continue|stop] KIND ...``; with fewer than two words on its line, the words of the block belong to it."""
    rewrite = Rewrite()
    while c.next():
        args = c.args()
        if len(args) < 2:
            while c.next_block():
                args.append(c.word())
        rewrite.rules.append(_rule(c, args))
    return rewrite


def _rule(c: Controller, args: list[Word]) -> RewriteRule | Edns0Rule:
    if not args:
        raise c.refuse("no rule type specified for rewrite")
    kind = to_lower(args[0])
    stops, rest = True, args[1:]
    if kind in ("continue", "stop"):
        if not rest:
            if c.since("1.9.4"):
                raise c.refuse(f"{kind} rule must begin with a rule type", args[0])
            raise c.panic("runtime error: index out of range [1] with length 1", args[0])
        stops = kind == "stop"
        kind, rest = to_lower(rest[0]), rest[1:]
    if kind == "answer":
        raise c.refuse("response rewrites must begin with a name rule", args[0])
    if kind == "name":
        return _name_rule(c, stops, rest)
    if kind in ("class", "type"):
        return _code_rule(c, stops, kind, rest)
    if kind == "edns0":
        return edns0_rule(c, stops, rest)
    if kind == "ttl":
        return _ttl_rule(c, stops, rest)
    if kind == "cname" and c.since("1.11.0"):
        return _cname_rule(c, stops, rest)
    if kind == "rcode" and c.since("1.11.3"):
        return _rcode_rule(c, stops, rest)
    raise c.refuse(f"invalid rule type {quote(args[0])}", args[0])


# --- regular expressions -----------------------------------------------------------------------------------------


def _refuse_long(c: Controller, pattern: str, where: str = "") -> None:
    size = len(pattern.encode("utf-8", "replace"))
    if size > MAX_PATTERN and c.since("1.14.0"):
        raise c.refuse(f"regex pattern too long{where}: {size} > {MAX_PATTERN}", pattern)


def _check_pattern(c: Controller, pattern: str) -> int:
    """The number of its groups."""
    _refuse_long(c, pattern)
    try:
        return check_regexp(pattern)
    except GoError:
        raise c.refuse(f"invalid regex matching pattern: {pattern}", pattern) from None


def _check_substitution(c: Controller, pattern: str, replacement: str) -> None:
    """isValidRegexPattern."""
    if len(set(_PLACEHOLDER.findall(replacement))) > _check_pattern(c, pattern):
        raise c.refuse(
            f"the rewrite regex pattern ({replacement}) uses more subexpressions than its corresponding matching "
            f"regex pattern ({pattern})",
            replacement,
        )


# --- name --------------------------------------------------------------------------------------------------------


def _name_rule(c: Controller, stops: bool, args: list[Word]) -> RewriteRule:
    if len(args) < 2:
        raise c.refuse("too few arguments for a name rule")
    match = to_lower(args[0]) if len(args) > 2 else "exact"
    source, target = args[1:3] if len(args) > 2 else args
    name = source if match == "regex" else normalize(source)
    rule = RewriteRule("name", stops, match, name, after=normalize(target))
    answers = args[3:]
    if answers and not c.since("1.8.4"):
        _old_answers(c, rule, args)
        return rule
    if answers and answers[0] == "metadata" and c.since("1.15.0"):
        if match != "regex":
            raise c.refuse("metadata is only supported for regex name rules", answers[0])
        rule.metadata = True
        answers = answers[1:]
    if answers:
        _answers(c, rule, answers)
    if match == "exact":
        # the way back: from the new name to the old one
        _check_substitution(c, rule.after, rule.name)
        rule.auto = True
    elif rule.metadata:
        check_metadata_name(c, fqdn(target), _check_pattern(c, source), target)
    elif match == "regex":
        _check_substitution(c, source, target)
    elif match not in MATCHES:
        raise c.refuse(
            f"name rule supports only exact, prefix, suffix, substring, and regex name matching, received: {match}",
            args[0],
        )
    return rule


def _answers(c: Controller, rule: RewriteRule, args: list[Word]) -> None:
    """parseAnswerRules."""
    if len(args) < 2:
        raise c.refuse(f"invalid arguments for {rule.match} rule", args[0])
    at = 0
    while at < len(args):
        if at == 0 and args[at] != "answer":
            why = f"exceeded the number of arguments for a non-answer rule argument for {rule.match} rule"
            raise c.refuse(why, args[at])
        if args[at] == "answer":
            at += 1
        if at == len(args):
            raise c.refuse(f"type missing for answer rule for {rule.match} rule", args[-1])
        what = args[at]
        at += 1
        if what == "auto":
            rule.auto = True
            continue
        if what not in ("name", "value"):
            raise c.refuse(f"invalid type {quote(what)} for answer rule for {rule.match} rule", what)
        if len(args) - at < 2:
            raise c.refuse(f"{what} answer rule for {rule.match} rule: 2 arguments required", what)
        pattern, replacement = args[at : at + 2]
        at += 2
        try:
            _check_substitution(c, pattern, replacement)
        except RefusedError as refused:
            refused.message = f"{what} answer rule for {rule.match} rule: {refused.message}"
            raise
        rule.answers.append(Answer(what, pattern, normalize(replacement)))
    if rule.auto and any(answer.field == "name" for answer in rule.answers):
        raise c.refuse("auto name answer rule cannot be combined with explicit name anwer rules", args[0])


def _old_answers(c: Controller, rule: RewriteRule, args: list[Word]) -> None:
    """The answer rules of a name rule before 1.8.4; one of them before 1.8.3."""
    several = c.since("1.8.3")
    if (len(args) - 3) % 4 or (len(args) != 7 and not several):
        rules = "one or more answer rules with 3 arguments each" if several else "an answer rule with 3 arguments"
        raise c.refuse(f"response rewrites must consist only of a name rule with 3 arguments and {rules}", args[3])
    if rule.match != "regex":
        raise c.refuse("the rewrite of response is supported only for name regex rule", args[0])
    if several or args[3] == "answer":
        _check_substitution(c, rule.name, args[2])
    for at in range(3, len(args), 4):
        keyword, what, pattern, replacement = args[at : at + 4]
        fields = ("name", "value") if several else ("name",)
        if keyword != "answer" or to_lower(what) not in fields:
            raise c.refuse("exceeded the number of arguments for a regex name rule", keyword)
        _check_substitution(c, pattern, replacement)
        rule.answers.append(Answer(to_lower(what), pattern, normalize(replacement)))


# --- class, type, ttl, cname, rcode ------------------------------------------------------------------------------


def _code_rule(c: Controller, stops: bool, kind: str, args: list[Word]) -> RewriteRule:
    if len(args) != 2:
        raise c.refuse(f"{kind} rules must have exactly two arguments")
    table: Mapping[str, int] = CLASSES if kind == "class" else TYPES
    before, after = map(to_upper, args)
    for name, word in zip((before, after), args, strict=True):
        if number_of(name, table, c.instance.version) is None:
            raise c.refuse(f"invalid {kind} {quote(name)}", word)
    return RewriteRule(kind, stops, before=before, after=after)


def _matched(c: Controller, kind: str, how: Word | None, name: Word) -> tuple[str, str]:
    """How the name of a ttl or rcode rule is compared, and the name."""
    match = to_lower(how) if how is not None else "exact"
    if match not in MATCHES:
        supported = "exact, prefix, suffix, substring, and regex name matching"
        raise c.refuse(f"{kind} rule supports only {supported}", how)
    if match != "regex":
        return match, normalize(name)
    _refuse_long(c, name, f" in a {kind} rule")
    try:
        check_regexp(name)
    except GoError:
        raise c.refuse(f"invalid regex pattern in a {kind} rule: {name}", name) from None
    return match, name


def _ttl_rule(c: Controller, stops: bool, args: list[Word]) -> RewriteRule:
    if len(args) < 2:
        raise c.refuse(f"too few ({len(args)}) arguments for a ttl rule")
    # of more than three words none is the TTL
    ttl = args[-1] if len(args) <= 3 else ""
    if not (_is_ttl(ttl) if c.since("1.9.4") else _is_old_ttl(ttl)):
        raise c.refuse(f"invalid TTL '{ttl}' for a ttl rule", args[-1])
    match, name = _matched(c, "ttl", args[0] if len(args) == 3 else None, args[-2])
    return RewriteRule("ttl", stops, match, name, after=ttl)


def _is_old_ttl(text: str) -> bool:
    try:
        return 0 <= atoi(text) < 2**31
    except GoError:
        return False


def _is_ttl(text: str) -> bool:
    """isValidTTL: seconds, or a range of them that may lack one of its ends."""
    ends = text.split("-")
    try:
        if len(ends) == 1:
            parse_uint(text, 10, 32)
            return True
        if len(ends) != 2 or text == "-":
            return False
        low, high = ends
        return (parse_uint(low, 10, 32) if low else 0) <= (parse_uint(high, 10, 32) if high else 2**31 - 1)
    except GoError:
        return False


def _cname_rule(c: Controller, stops: bool, args: list[Word]) -> RewriteRule:
    if len(args) not in (2, 3):
        raise c.refuse(f"too few ({len(args)}) arguments for a cname rule")
    match = to_lower(args[0]) if len(args) == 3 else "exact"
    if match not in MATCHES:
        raise c.refuse(f"unknown cname rewrite type: {match}", args[0])
    source, target = (to_lower(word) for word in args[-2:])
    if match == "exact" and c.since("1.14.7"):
        source, target = normalize(source), normalize(target)
    if match == "regex" and c.since("1.13.2"):
        _refuse_long(c, source, " in a cname rule")
        c.read(check_regexp, source, "invalid cname rewrite regex pattern: {}")
    return RewriteRule("cname", stops, match, source, after=target)


def _rcode_rule(c: Controller, stops: bool, args: list[Word]) -> RewriteRule:
    if len(args) < 3:
        raise c.refuse(f"too few ({len(args)}) arguments for a rcode rule")
    # of more than four words none is a response code
    before, after = args[-2:] if len(args) <= 4 else ("", "")
    for what, word in (("matching", before), ("replacement", after)):
        if not _is_rcode(c, word):
            raise c.refuse(f"invalid {what} RCODE '{word}' for a rcode rule", word)
    match, name = _matched(c, "rcode", args[0] if len(args) == 4 else None, args[-3])
    return RewriteRule("rcode", stops, match, name, before, after)


def _is_rcode(c: Controller, word: str) -> bool:
    try:
        if parse_uint(word, 10, 32) <= 23:
            return True
    except GoError:
        pass
    return number_of(to_upper(word), RCODES, c.instance.version) is not None

"""The plugin ``template``. (CoreDNS plugin/template/setup.go and template.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.expression import TEMPLATE_ENVIRONMENT, check_release, expr_release
from kpl.golang.dnstables import CLASSES, RCODES, TYPES, number_of
from kpl.golang.exprlang import PanicError, builtin_names, is_identifier
from kpl.golang.regexp import check_regexp
from kpl.golang.strconv import parse_uint
from kpl.golang.template import check_template
from kpl.golang.values import GoError, quote
from kpl.text import late

MAX_PATTERN = 10000
"""Bytes of a regular expression, from 1.14.0 on."""
_NAME = late.pattern("[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass
class Template:
    """The answers that one occurrence makes up for queries of its class and type."""

    query_class: str
    query_type: str
    zones: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    """Regular expressions, one of which has to match the name; none is every name."""
    answers: list[str] = field(default_factory=list)
    """Go templates, as those of the other sections."""
    additionals: list[str] = field(default_factory=list)
    authorities: list[str] = field(default_factory=list)
    rcode: str = "NOERROR"
    extended_error: int | None = None
    """The code of an extended DNS error."""
    fallthrough: list[str] = field(default_factory=list)
    """The zones that fall through where no pattern matches, or an expression says no."""
    variables: dict[str, str] = field(default_factory=dict)
    """The expression of each variable."""
    expressions: list[str] = field(default_factory=list)
    """Expressions that all have to hold, too."""


def setup(c: Controller) -> list[Template]:
    """``template CLASS TYPE [ZONES...]`` with its block, any number of times."""
    templates = []
    while c.next():
        if not c.next_arg():
            raise c.arg_err()
        query_class = c.val()
        if number_of(query_class, CLASSES, c.instance.version) is None:
            raise c.err(f"invalid query class {query_class}")
        if not c.next_arg():
            raise c.arg_err()
        query_type = c.val()
        if number_of(query_type, TYPES, c.instance.version) is None:
            raise c.err(f"invalid RR class {query_type}")
        template = Template(query_class, query_type, c.origins(c.args()))
        environment = dict(TEMPLATE_ENVIRONMENT)
        while c.next_block():
            if c.val() in ("var", "expr") and c.since("1.15.0"):
                _expression(c, template, environment)
            else:
                _option(c, template)
        templates.append(template)
    return templates


def _option(c: Controller, template: Template) -> None:
    name = c.val()
    if name == "match":
        _match(c, template)
    elif name == "answer":
        template.answers += _texts(c, name)
    elif name == "additional":
        template.additionals += _texts(c, name)
    elif name == "authority":
        template.authorities += _texts(c, name)
    elif name == "rcode":
        if not c.next_arg():
            raise c.arg_err()
        if number_of(c.val(), RCODES, c.instance.version) is None:
            raise c.err(f"unknown rcode {c.val()}")
        template.rcode = c.val()
    elif name == "ederror" and c.since("1.10.1"):
        args = c.args()
        if len(args) not in (1, 2):
            raise c.arg_err()
        try:
            template.extended_error = parse_uint(args[0], 10, 16)
        except GoError as error:
            raise c.err(f"error parsing extended DNS error code {c.val()}, {error}\n") from None
    elif name == "fallthrough":
        template.fallthrough = c.fallthrough(c.args())
    elif name == "upstream":
        c.args()
    else:
        raise c.arg_err()


def _expression(c: Controller, template: Template, environment: dict[str, str]) -> None:
    """``var NAME EXPRESSION...`` or ``expr EXPRESSION...``; `environment` has the types of the names so far."""
    release = expr_release(c.instance.version)
    is_variable = c.val() == "var"
    args = c.args()
    if len(args) < 1 + is_variable:
        raise c.arg_err()
    told = "could not compile expression: "
    name = args[0] if is_variable else ""
    if is_variable:
        if not _NAME.fullmatch(name):
            raise c.err(f"invalid variable name {quote(name)}")
        if name in environment or name in builtin_names(release) or not is_identifier(name, release):
            raise c.err(f"variable name {quote(name)} is reserved")
        told += f"{name}, "
    text = " ".join(args[is_variable:])
    try:
        type_ = check_release(text, release, environment)
    except PanicError as error:
        raise c.panic(str(error), args[0]) from None
    except GoError as error:
        raise c.err(f"{told}{error}") from None
    if is_variable:
        environment[name] = type_ or "*interface {}"
        template.variables[name] = text
    else:
        template.expressions.append(text)


def _match(c: Controller, template: Template) -> None:
    args = c.args()
    if not args:
        raise c.arg_err()
    for pattern in args:
        size = len(pattern.encode("utf-8", "replace"))
        if size > MAX_PATTERN and c.since("1.14.0"):
            raise c.err(f"regex pattern too long: {size} > {MAX_PATTERN}")
        try:
            check_regexp(pattern)
        except GoError as error:
            raise c.err(f"could not parse regex: {pattern}, {error}") from None
        template.patterns.append(pattern)


def _texts(c: Controller, section: str) -> list[str]:
    args = c.args()
    if not args:
        raise c.arg_err()
    functions = ("parseInt",) if c.since("1.10.0") else ()
    for text in args:
        try:
            check_template(section, text, functions)
        except GoError as error:
            end = "" if section == "answer" else "\n"
            raise c.err(f"could not compile template: {c.val()}, {error}{end}") from None
    return list(args)

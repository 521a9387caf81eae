"""The expressions of ``view`` and ``template``: their environment, and the release of expr that each CoreDNS brings.

Sources: CoreDNS plugin/pkg/expression/expression.go, plugin/view/setup.go, plugin/template/setup.go and go.mod of each release.
"""

from __future__ import annotations

from collections.abc import Mapping

from kpl.golang.exprlang import check_expression
from kpl.text.version import Version

_TEXT, _NUMBER = "func() string", "func() int"

ENVIRONMENT = {
    "incidr": "func(string, string) (bool, error)",
    "metadata": "func(string) string",
    "type": _TEXT,
    "name": _TEXT,
    "class": _TEXT,
    "proto": _TEXT,
    "size": _NUMBER,
    "client_ip": _TEXT,
    "port": _TEXT,
    "id": _NUMBER,
    "opcode": _NUMBER,
    "do": "func() bool",
    "bufsize": _NUMBER,
    "server_ip": _TEXT,
    "server_port": _TEXT,
}
"""The names of expression.DefaultEnv and their types, the same since 1.10.0."""

TEMPLATE_ENVIRONMENT = {**ENVIRONMENT, "group": "func(interface {}) string"}
"""The names that the expressions of a template start with."""

DISABLED = frozenset(("type",))
"""Builtins that the plugins disable, since there is one of the name (CoreDNS 1.11.3)."""

EXPR_RELEASES = {
    "1.10.0": "1.9.0",
    "1.10.1": "1.12.0",
    "1.11.0": "1.12.7",
    "1.11.1": "1.13.0",
    "1.11.3": "1.15.5",
    "1.11.4": "1.16.9",
    "1.12.1": "1.17.2",
    "1.12.2": "1.17.4",
    "1.12.3": "1.17.5",
    "1.12.4": "1.17.6",
    "1.14.0": "1.17.7",
    "1.14.2": "1.17.8",
}
"""The first release of CoreDNS with each release of expr."""


def expr_release(version: Version) -> str:
    """The release of expr in this CoreDNS."""
    release = "1.9.0"
    for first, expr in EXPR_RELEASES.items():
        if version >= Version(first):
            release = expr
    return release


def check_view_expression(text: str, version: Version) -> None:
    """Whether the `expr` of a view in this CoreDNS compiles. Raises what `kpl.golang.exprlang.check_expression` raises."""
    check_release(text, expr_release(version))


def check_release(text: str, release: str, environment: Mapping[str, str] = ENVIRONMENT) -> str | None:
    """The same for a release of expr; gives the type of the expression, None where only its value tells."""
    return check_expression(text, environment, release, DISABLED)

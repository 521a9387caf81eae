"""The expressions of the view plugin: their environment, and the release of expr that each CoreDNS brings.

Sources: CoreDNS plugin/pkg/expression/expression.go, plugin/view/setup.go and go.mod of each release.
"""

from __future__ import annotations

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

DISABLED = frozenset(("type",))
"""Builtins that the plugin disables, since there is one of the name (CoreDNS 1.11.3)."""

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


def check_view_expression(text: str, version: Version) -> None:
    """Whether the `expr` of a view in this CoreDNS compiles. Raises what `kpl.golang.exprlang.check_expression` raises."""
    release = "1.9.0"
    for first, expr in EXPR_RELEASES.items():
        if version >= Version(first):
            release = expr
    check_release(text, release)


def check_release(text: str, release: str) -> None:
    """The same for a release of expr."""
    check_expression(text, ENVIRONMENT, release, DISABLED)

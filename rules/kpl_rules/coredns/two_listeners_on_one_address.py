"""KPL288."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Finding, Good, Related, Rule, Severity, Span, Stop, corefile
from kpl.corefiles import Corefile, Directive, ServerBlock, is_placeholder, served_zones
from kpl.words import whole_number

_BLOCK = """\
. {
    errors
    health%s
    ready%s
    cache
    forward . 10.0.0.2
}
"""
_METRICS = _BLOCK.replace("    cache\n", "    prometheus %s\n    cache\n")
_SERVER = """\
lan:%s {
    errors
    whoami
}
"""

_PLUGINS = {
    "health": (":8080", "requests for `/health`"),
    "ready": (":8181", "requests for `/ready`"),
    "prometheus": ("localhost:9153", "requests for `/metrics`"),
    "pprof": ("localhost:6053", "requests for profiles"),
}
"""The plugins that listen for HTTP: where by default, and what is asked of them."""
_OVER_TCP = ("dns", "tls", "grpc", "https")
_SAME_HOST = {"::": "", "localhost": "127.0.0.1"}


class _Listener(NamedTuple):
    owner: str
    """The plugin; empty for a server block."""
    label: str
    host: str
    port: int
    span: Span


class TwoListenersOnOneAddress(Rule):
    """Two plugins listen on one address, so each of them gets only some of the requests that are for it.

    ## Why
    CoreDNS opens its listeners with `SO_REUSEPORT`, so the second one does not fail. The kernel then gives each new
    connection to one of the two, about half to each. If `ready` shares a port with `health`, half of the requests for
    `/ready` reach `health`, which answers 404: the kubelet removes the pod from the DNS Service, or restarts it, at
    random. The same holds for `prometheus`, `pprof`, and server blocks that listen on TCP.

    It does not matter if two server blocks have the same plugin on one address. An address that is more specific, such as
    `127.0.0.1:8080` beside `:8080`, is another listener.

    ## Fix
    There is no automatic fix, because probes, Services and monitors name the port. The defaults are `:8080` for `health`,
    `:8181` for `ready`, `localhost:9153` for `prometheus`, and `localhost:6053` for `pprof`.

    ## References
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/health/health.go (reuseport.Listen)
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/ready/ready.go
    - https://github.com/coredns/coredns/blob/v1.14.7/plugin/metrics/metrics.go
    - https://man7.org/linux/man-pages/man7/socket.7.html (SO_REUSEPORT)
    """

    code = "KPL288"
    name = "two-listeners-on-one-address"
    stop = Stop.COREDNS
    severity = Severity.ERROR
    since = "0.1.0"
    clue = (
        r"\b(?:health|ready|pprof)[ \t]+[^\s{#]*:"
        "\n"
        r"\bprometheus[ \t]+(?!\S*:9153\b)\S*:"
        "\n"
        r"(?m)^[^#\n]*:(?:8080|8181|9153|6053)\b[^\n]*\{"
    )
    symptoms = ("lookups-fail-during-rollouts",)
    examples = [
        Bad(
            corefile(_BLOCK % ("", " :8080")),
            flags=["ready :8080"],
            says=[
                "`ready` listens on `:8080` like `health`, so about half of the requests for `/ready` fail",
                "Give `ready` another port.",
            ],
        ),
        Bad(corefile(_BLOCK % (" :8181", "")), flags=["ready"]),
        Bad(
            corefile(_METRICS % ("", "", ":8080")),
            flags=["prometheus :8080"],
            says=["the requests for `/metrics`"],
        ),
        Bad(corefile(_METRICS % (" 127.0.0.1:9153", "", "localhost:9153")), flags=["prometheus localhost:9153"]),
        Bad(corefile(_METRICS % (" [::]:9000", "", ":9000")), flags=["prometheus :9000"]),
        # a server block, and one that another block has
        Bad(
            corefile(_SERVER % "8080" + _BLOCK % ("", "")),
            flags=["health"],
            says=["`health` listens on `:8080` like the server block `lan:8080`"],
        ),
        Bad(corefile(("tls://" + _SERVER % "8181").replace("errors", "errors\n    tls c k") + _BLOCK % ("", "")), flags=["ready"]),
        Bad(corefile(_BLOCK % ("", "") + (_SERVER % "5353").replace("whoami", "ready :8080\n    whoami")), flags=["ready :8080"]),
        Bad(corefile(_BLOCK % ("", "") + _SERVER % "8080"), flags=["health"]),
        Good(corefile(_BLOCK % ("", ""))),
        Good(corefile(_BLOCK % (" :8081", " :8082"))),
        Good(corefile(_METRICS % ("", "", ":9153"))),
        # the same plugin, a more specific address, another family, an unknown port
        Good(corefile(_BLOCK % ("", "") + (_SERVER % "5353").replace("whoami", "health :8080\n    whoami"))),
        Good(corefile(_BLOCK % ("", " 127.0.0.1:8080"))),
        Good(corefile(_BLOCK % ("", " 0.0.0.0:8080"))),
        Good(corefile(_BLOCK % (" {$HEALTH}", " :8080"))),
        Good(corefile(_BLOCK % (" :{$PORT}", " :8080"))),
        # UDP alone, an address of the block, a snippet that nobody imports
        Good(corefile(("quic://" + _SERVER % "8080").replace("errors", "errors\n    tls c k") + _BLOCK % ("", ""))),
        Good(corefile((_SERVER % "8080").replace("errors", "errors\n    bind 10.0.0.1") + _BLOCK % ("", ""))),
        Good(corefile("(s) {\n    ready :8080\n}\n" + _BLOCK % ("", ""))),
    ]  # fmt: skip

    def check(self, corefile: Corefile) -> Iterator[Finding]:
        """See the class."""
        places: dict[tuple[str, int], list[_Listener]] = {}
        for server in corefile.servers:
            for each in _listeners(server):
                places.setdefault((each.host, each.port), []).append(each)
        for listeners in places.values():
            first = next((each for each in listeners if not each.owner), listeners[0])
            told = {first.owner}
            for each in listeners:
                if each.owner and each.owner not in told:
                    told.add(each.owner)
                    yield self._finding(each, first)

    def _finding(self, listener: _Listener, first: _Listener) -> Finding:
        host = f"[{listener.host}]" if ":" in listener.host else listener.host
        what = _PLUGINS[listener.owner][1]
        return self.finding(
            listener.span,
            f"`{listener.owner}` listens on `{host}:{listener.port}` like {first.label}, so about half of the {what} fail",
            help=f"Give `{listener.owner}` another port.",
            related=[Related(first.span, "the other listener")],
        )


def _listeners(server: ServerBlock) -> Iterator[_Listener]:
    """What listens on TCP because of a server block, plugins last."""
    directives = list(server.expanded())
    if not any(each.name == "bind" for each in directives):
        for key in server.keys:
            yield from _listeners_of_key(key, key.span)
    for directive in directives:
        if directive.name in _PLUGINS and (found := _address(directive)) is not None:
            yield _Listener(directive.name, f"`{directive.name}`", *found, directive.head)


def _listeners_of_key(key: str, span: Span) -> Iterator[_Listener]:
    try:
        zones = [] if is_placeholder(key) else list(served_zones(key))
    except ValueError:
        return
    for zone in zones[:1]:
        port = whole_number(zone.port)
        if zone.transport in _OVER_TCP and port is not None:
            yield _Listener("", f"the server block `{key}`", "", port, span)


def _address(directive: Directive) -> tuple[str, int] | None:
    """The host and the port that a plugin listens on; None where that is not known."""
    written = directive.args[0] if directive.args else _PLUGINS[directive.name][0]
    host, _, number = written.rpartition(":")
    port = whole_number(number)
    if port is None or is_placeholder(written):
        return None
    host = host.removeprefix("[").removesuffix("]")
    return _SAME_HOST.get(host, host), port

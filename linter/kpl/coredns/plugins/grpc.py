"""The plugin ``grpc``. (CoreDNS plugin/grpc/setup.go; google.golang.org/grpc clientconn.go)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.forwarding import MAX_UPSTREAMS, read_from, read_policy, read_tls
from kpl.coredns.hostport import Upstream, host_port_or_file
from kpl.golang.urls import parse_url
from kpl.golang.values import GoError


@dataclass
class Grpc:
    """Whose queries go to which gRPC servers."""

    zone: str = "."
    upstreams: list[Upstream] = field(default_factory=list)
    excepted: list[str] = field(default_factory=list)
    policy: str = "random"
    tls: bool = False
    tls_servername: str = ""
    fallthrough: list[str] = field(default_factory=list)


def setup(c: Controller) -> Grpc:
    """``grpc FROM TO...`` with its block."""
    grpc: Grpc | None = None
    while c.next_only():
        grpc = _stanza(c)
    assert grpc is not None
    if len(grpc.upstreams) > MAX_UPSTREAMS:
        raise c.refuse(f"more than {MAX_UPSTREAMS} TOs configured: {len(grpc.upstreams)}")
    return grpc


def _stanza(c: Controller) -> Grpc:
    grpc = Grpc(zone=read_from(c))
    to = c.args()
    if not to:
        raise c.arg_err()
    grpc.upstreams = host_port_or_file(c, to)
    while c.next_block():
        _line(c, grpc)
    for upstream in grpc.upstreams:
        if upstream.file is None:
            _dial(c, upstream.address)
    return grpc


def _line(c: Controller, grpc: Grpc) -> None:
    name = c.val()
    if name == "except":
        args = c.args()
        if not args:
            raise c.arg_err()
        grpc.excepted += c.origins(args)
    elif name == "tls":
        read_tls(c)
        grpc.tls = True
    elif name == "tls_servername":
        if not c.next_arg():
            raise c.arg_err()
        grpc.tls_servername = c.val()
    elif name == "policy":
        grpc.policy = read_policy(c)
    elif name == "fallthrough" and c.since("1.12.3"):
        grpc.fallthrough = c.fallthrough(c.args())
    elif name != "}":
        raise c.err(f"unknown property '{name}'")


def _dial(c: Controller, address: str) -> None:
    """grpc.Dial, and grpc.NewClient since 1.11.4: refuses what is no target, Dial also what its resolver cannot use.

    Before 1.8.7 gRPC took targets apart by itself, and refused none of these.
    """
    if not c.since("1.8.7"):
        return
    lazy = c.since("1.11.4")
    try:
        url = parse_url(address)
        known = url.scheme in ("dns", "unix")
    except GoError:
        known = False
    if not known:
        c.read(parse_url, f"{'dns' if lazy else 'passthrough'}:///{address}")
    elif not lazy:
        idle = "failed to exit idle mode" if c.since("1.11.3") else "failed to build resolver"
        if url.scheme == "unix" and url.host:
            raise c.refuse(f"{idle}: invalid (non-empty) authority: {url.host}")
        if url.scheme == "dns" and not url.path.removeprefix("/"):
            raise c.refuse(f"{idle}: dns resolver: missing address")

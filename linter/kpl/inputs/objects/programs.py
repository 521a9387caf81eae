"""The command lines of containers that run CoreDNS, node-cache or kube-proxy.

Sources: https://github.com/coredns/coredns/blob/v1.14.0/coremain/run.go,
https://github.com/kubernetes/dns/blob/1.26.4/cmd/node-cache/main.go, https://pkg.go.dev/flag#hdr-Command_line_flag_syntax
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kpl.inputs.objects.proxysettings import Parts
from kpl.inputs.objects.workloads import Container, Workload
from kpl.inputs.yaml.tree import Scalar
from kpl.text.span import Text

_IMAGES = {"coredns": "coredns", "node-cache": "k8s-dns-node-cache", "kube-proxy": "kube-proxy"}
"""Program -> the last word of the name of its image."""

_DNS_SERVERS = ("node-cache", "coredns")

_ALONE = frozenset(
    "h help p plugins quiet setupebtables setupinterface setupiptables skipteardown version windows-service".split()
)
"""The flags of CoreDNS and node-cache that never take the next word as their value."""


@dataclass(eq=False)
class DnsServerArguments:
    """What the arguments of CoreDNS, or of node-cache, which has CoreDNS's flags too, say."""

    program: str
    """``coredns`` or ``node-cache``."""
    flags: dict[str, Text]
    """The last value of each flag, without dashes."""
    local_ips: tuple[Text, ...] = ()
    """``-localip``: the addresses that node-cache answers on."""

    @property
    def corefile(self) -> Text | None:
        """``-conf``: the path of its Corefile in the container."""
        return self.flags.get("conf")

    @property
    def port(self) -> Text | None:
        """``-dns.port``: the port of each server block whose keys have none."""
        return self.flags.get("dns.port")

    @property
    def upstream_service(self) -> Text | None:
        """``-upstreamsvc``: the Service whose cluster IP node-cache writes into its Corefile."""
        return self.flags.get("upstreamsvc")


def dns_server_arguments(workload: Workload, container: Container) -> DnsServerArguments | None:
    """What the arguments of a container of `workload` say; None where it runs neither CoreDNS nor node-cache."""
    for program in _DNS_SERVERS:
        words = arguments_of(program, container)
        if words is not None:
            values = _go_flags(words, workload.text)
            ips = values.get("localip")
            parts = () if ips is None else tuple(ips.part(*each).text for each in ips.words(0, len(ips.value)))
            flags = {name: each.part(0, len(each.value)).text for name, each in values.items()}
            return DnsServerArguments(program, flags, parts)
    return None


def arguments_of(program: str, container: Container) -> list[Scalar] | None:
    """The words that `program` gets on the command line of a container; None where it does not run it for certain."""
    words = [*container.command, *container.args]
    for number, word in enumerate(words):
        if word.value.rpartition("/")[2] == program:
            return words[number + 1 :]
    if container.node.get("command") is None and _image_name(container.image or "") == _IMAGES[program]:
        return words
    return None


def _image_name(image: str) -> str:
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _go_flags(words: Sequence[Scalar], text: str) -> dict[str, Parts]:
    """The values of flags with one or two dashes; what follows the first word that is none is not read."""
    found: dict[str, Parts] = {}
    at = 0
    while at < len(words):
        word = words[at]
        name = word.value.removeprefix("-").removeprefix("-")
        if name == word.value or not name or name[0] in "-=":
            break
        name, equals, _ = name.partition("=")
        at += 1
        if equals:
            parts = Parts(word, text)
            found[name] = _Rest(parts, word.value.index("=") + 1)
        elif name not in _ALONE and at < len(words):
            found[name] = Parts(words[at], text)
            at += 1
    return found


class _Rest(Parts):
    """The parts of what follows ``=`` in a scalar."""

    def __init__(self, parts: Parts, start: int) -> None:
        self.value = parts.value[start:]
        self._parts, self._start = parts, start

    def part(self, start: int, end: int) -> Scalar:
        """As for the complete scalar."""
        return self._parts.part(self._start + start, self._start + end)

"""Programs that are configured where their pods are: kube-vip by variables and flags, kube-router by flags.

Sources: https://kube-vip.io/docs/installation/flags/ and
https://github.com/cloudnativelabs/kube-router/blob/master/docs/user-guide.md#command-line-options.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kpl.inputs.network.settings import NetworkSettings
from kpl.inputs.objects.workloads import Container, Workload
from kpl.inputs.yaml.tree import Scalar
from kpl.text import late
from kpl.text.span import Span, Text

_IMAGE = late.pattern(r"(?:^|/)(kube-vip|kube-router)(?:-iptables)?(?:[:@]|$)")
_FLAG = late.pattern(r"--?([A-Za-z][\w.-]*)(?:=(.*))?$")


class KubeVipSettings(NetworkSettings):
    """What kube-vip runs with, by the names of its environment variables; ``command`` is what it is to do: ``manager``."""

    program = "kube-vip"


class KubeRouterSettings(NetworkSettings):
    """The flags of kube-router."""

    program = "kube-router"
    replacing = {"run-service-proxy": {"true": True, "false": False}}


_VIP_FLAGS = {
    "address": "address",
    "vip": "address",
    "arp": "vip_arp",
    "bgp": "bgp_enable",
    "cidr": "vip_cidr",
    "vipSubnet": "vip_subnet",
    "controlplane": "cp_enable",
    "enableLoadBalancer": "lb_enable",
    "interface": "vip_interface",
    "serviceInterface": "vip_servicesinterface",
    "leaderElection": "vip_leaderelection",
    "lbClassOnly": "lb_class_only",
    "port": "port",
    "services": "svc_enable",
    "servicesElection": "svc_election",
}
"""Flag -> the environment variable that says the same."""
_WITH_VALUE = frozenset(("address", "vip_cidr", "vip_subnet", "vip_interface", "vip_servicesinterface", "port"))
"""What may have its value in the next word; the other flags are booleans."""
_VIP_VARIABLES = frozenset((*_VIP_FLAGS.values(), "vip_address", "lb_port", "lb_fwdmethod", "egress_withnftables"))


def network_programs(workload: Workload) -> Iterator[KubeVipSettings | KubeRouterSettings]:
    """What the containers of `workload` that are kube-vip or kube-router run with."""
    for container in workload.containers:
        found = _IMAGE.search(container.image or "")
        if found is None:
            continue
        words: dict[str, tuple[Text, ...]] = {}
        if found[1] == "kube-vip":
            for each in container.env:
                if each.name in _VIP_VARIABLES and each.value is not None:
                    words[str(each.name)] = (each.value.text,)
            words |= _flags(container, _VIP_FLAGS)
            yield KubeVipSettings(workload.text, container.node, found[1], container.name, words)
        else:
            yield KubeRouterSettings(workload.text, container.node, found[1], container.name, _flags(container, None))


def _flags(container: Container, names: Mapping[str, str] | None) -> dict[str, tuple[Text, ...]]:
    """The flags of a container, by their `names` or their own; the last one counts. The first other word is ``command``."""
    found: dict[str, tuple[Text, ...]] = {}
    waiting = ""
    for each in (*container.command[1:], *container.args):
        flag = _FLAG.match(each.value)
        if flag is None:
            if waiting or "command" not in found:
                found[waiting or "command"] = (each.text,)
            waiting = ""
            continue
        name = flag[1] if names is None else names.get(flag[1], "")
        if name:
            found[name] = (Text("true", each.span) if flag[2] is None else _value(each, flag.start(2)),)
        waiting = name if flag[2] is None and name in _WITH_VALUE else ""
    return found


def _value(scalar: Scalar, at: int) -> Text:
    """The part of `scalar` from `at` on; where it is written otherwise than it reads, its place is all of the scalar."""
    quotes = 1 if scalar.style in ("'", '"') else 0
    verbatim = scalar.end - scalar.start == len(scalar.value) + 2 * quotes and not scalar.shared
    span = Span(scalar.start + quotes + at, scalar.end - quotes) if verbatim else scalar.span
    return Text(scalar.value[at:], span)

"""The Go types of KubeProxyConfiguration v1alpha1 by release.

Source: kube-proxy/config/v1alpha1/types.go, component-base/config/v1alpha1/types.go and component-base/logs/api/v1/
types.go at the tags. Which release has which field stands in `kpl.proxy.configuration.fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, NamedTuple

from kpl.proxy.configuration.fields import fields_in
from kpl.text.version import Version


class GoType(NamedTuple):
    """A type: how it decodes, its Go name, whether null can be told from zero, and what it is made of."""

    kind: Literal[
        "string", "bool", "int32", "uint32", "float32", "duration", "log duration", "quantity", "list", "map", "struct"
    ]
    name: str = ""
    pointer: bool = False
    item: GoType | None = None
    """Of a list or a map: the type of its items."""
    fields: Mapping[str, GoType] = {}
    embedded: str = ""
    """Of a struct: the name of the struct in it whose fields these are."""


_STRING = GoType("string", "string")
_BOOL = GoType("bool", "bool")
_INT = GoType("int32", "int32")
_DURATION = GoType("duration")
_STRINGS = GoType("list", "[]string", item=_STRING)
_INT_POINTER = _INT._replace(pointer=True)
_VERBOSITY = GoType("uint32", "v1.VerbosityLevel")
_SPLIT_STREAM = {"splitStream": _BOOL, "infoBufferSize": GoType("quantity")}
_VMODULE_ITEM = GoType("struct", "v1.VModuleItem", fields={"filePattern": _STRING, "verbosity": _VERBOSITY})

_TYPES: dict[str, dict[str, GoType]] = {
    "": {
        "featureGates": GoType("map", "map[string]bool", item=_BOOL),
        "bindAddressHardFail": _BOOL,
        "enableProfiling": _BOOL,
        "mode": GoType("string", "v1alpha1.ProxyMode"),
        "detectLocalMode": GoType("string", "v1alpha1.LocalMode"),
        "nodePortAddresses": _STRINGS,
        "oomScoreAdj": _INT_POINTER,
        "configSyncPeriod": _DURATION,
        "windowsRunAsService": _BOOL,
        "udpIdleTimeout": _DURATION,
    },
    "clientConnection": {"qps": GoType("float32", "float32"), "burst": _INT},
    "logging": {
        "flushFrequency": GoType("log duration"),
        "verbosity": _VERBOSITY,
        "vmodule": GoType("list", "v1.VModuleConfiguration", item=_VMODULE_ITEM),
    },
    "iptables": {
        "masqueradeBit": _INT_POINTER,
        "masqueradeAll": _BOOL,
        "localhostNodePorts": _BOOL._replace(pointer=True),
        "syncPeriod": _DURATION,
        "minSyncPeriod": _DURATION,
    },
    "ipvs": {
        **dict.fromkeys(("syncPeriod", "minSyncPeriod", "tcpTimeout", "tcpFinTimeout", "udpTimeout"), _DURATION),
        "excludeCIDRs": _STRINGS,
        "strictARP": _BOOL,
    },
    "nftables": {
        "masqueradeBit": _INT_POINTER,
        "masqueradeAll": _BOOL,
        "syncPeriod": _DURATION,
        "minSyncPeriod": _DURATION,
    },
    "winkernel": {"enableDSR": _BOOL, "forwardHealthCheckVip": _BOOL},
    "detectLocal": {},
    "conntrack": {
        "maxPerCore": _INT_POINTER,
        "min": _INT_POINTER,
        **dict.fromkeys(("tcpEstablishedTimeout", "tcpCloseWaitTimeout"), _DURATION._replace(pointer=True)),
        "tcpBeLiberal": _BOOL,
        "udpTimeout": _DURATION,
        "udpStreamTimeout": _DURATION,
    },
}
"""Section -> field -> its type; a field that is not named is a string."""

_SECTIONS = {
    "": "v1alpha1.KubeProxyConfiguration",
    "clientConnection": "v1alpha1.ClientConnectionConfiguration",
    "logging": "v1.LoggingConfiguration",
    "iptables": "v1alpha1.KubeProxyIPTablesConfiguration",
    "ipvs": "v1alpha1.KubeProxyIPVSConfiguration",
    "nftables": "v1alpha1.KubeProxyNFTablesConfiguration",
    "winkernel": "v1alpha1.KubeProxyWinkernelConfiguration",
    "detectLocal": "v1alpha1.DetectLocalConfiguration",
    "conntrack": "v1alpha1.KubeProxyConntrackConfiguration",
}
_TEXT_OPTIONS = Version("1.30")


@cache
def configuration_type(kubernetes: Version) -> GoType:
    """The type of the whole KubeProxyConfiguration in this release."""
    fields = {name: _field("", name, kubernetes) for name in fields_in("", kubernetes)}
    return GoType("struct", _SECTIONS[""], fields=fields)


def _field(section: str, name: str, kubernetes: Version) -> GoType:
    if section == "" and name in _SECTIONS:
        return GoType(
            "struct",
            _SECTIONS[name],
            fields={each: _field(name, each, kubernetes) for each in fields_in(name, kubernetes)},
        )
    if (section, name) == ("logging", "options"):
        return _log_options(kubernetes)
    return _TYPES[section].get(name, _STRING)


def _log_options(kubernetes: Version) -> GoType:
    """FormatOptions: what ``text`` and ``json`` have in common has been a struct in theirs since ``text`` is there."""
    shared = "OutputRoutingOptions" if kubernetes >= _TEXT_OPTIONS else ""
    names = ("text", "json") if shared else ("json",)
    fields = {
        name: GoType(
            "struct", "v1.TextOptions" if name == "text" else "v1.JSONOptions", fields=_SPLIT_STREAM, embedded=shared
        )
        for name in names
    }
    return GoType("struct", "v1.FormatOptions", fields=fields)

"""What the fields of KubeProxyConfiguration are called elsewhere: by kube-proxy's flags, in Go, and before Kubernetes 1.9.

- https://github.com/kubernetes/kubernetes/blob/v1.33.0/cmd/kube-proxy/app/options.go (the flags, and the fields that they set)
- https://github.com/kubernetes/kube-proxy/blob/v0.33.0/config/v1alpha1/types.go (the types, whose names are no keys)
- https://github.com/kubernetes/kubernetes/blob/v1.8.0/pkg/apis/componentconfig/v1alpha1/types.go (the fields of old)
"""

from __future__ import annotations

from kpl.inputs.objects.proxyflags import FLAG_FIELDS
from kpl.proxy.configuration.fields import PROXY_FIELDS, field_path, fields_in
from kpl.text.version import Version

_PATHS = """
kubeProxyIPTablesConfiguration      iptables
kubeProxyIPVSConfiguration          ipvs
kubeProxyNFTablesConfiguration      nftables
kubeProxyConntrackConfiguration     conntrack
kubeProxyWinkernelConfiguration     winkernel
detectLocalConfiguration            detectLocal
clientConnectionConfiguration       clientConnection
loggingConfiguration                logging
address                             bindAddress
kubeconfigPath                      clientConnection.kubeconfig
conntrackTCPEstablishedTimeout      conntrack.tcpEstablishedTimeout
conntrackTCPCloseWaitTimeout        conntrack.tcpCloseWaitTimeout
"""
_UNSURE = frozenset(("address",))
"""Fields of other programs, as the kubelet's, that were meant with some probability only."""


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


_OTHERS = dict(line.split() for line in _PATHS.strip().splitlines())
_BY_NAME = {_plain(name): path for name, path in (FLAG_FIELDS | _OTHERS).items()}


def meant_field(section: str, name: str, kubernetes: Version, mode: str | None) -> str | None:
    """The path of the field of this release that `name` means in `section`; None where it is the name of none.

    The flag ``--masquerade-all`` sets a field of the section of `mode`.
    """
    plain = _plain(name)
    if not section and plain == "masqueradeall":
        path: str | None = f"{'nftables' if mode == 'nftables' else 'iptables'}.masqueradeAll"
    else:
        same = (field_path(section, each) for each in fields_in(section, kubernetes) if _plain(each) == plain)
        path = next(same, None) or (None if section else _BY_NAME.get(plain))
    if path is None:
        return None
    of, _, last = path.rpartition(".")
    return path if of in PROXY_FIELDS and last in fields_in(of, kubernetes) else None


def is_certainly_meant(name: str) -> bool:
    """Whether nothing else can be meant with the name that `meant_field` knows."""
    return _plain(name) not in _UNSURE

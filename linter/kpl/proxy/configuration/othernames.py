"""What the fields of KubeProxyConfiguration are called elsewhere: by kube-proxy's flags, in Go, and before Kubernetes 1.9.

- https://github.com/kubernetes/kubernetes/blob/v1.33.0/cmd/kube-proxy/app/options.go (the flags, and the fields that they set)
- https://github.com/kubernetes/kube-proxy/blob/v0.33.0/config/v1alpha1/types.go (the types, whose names are no keys)
- https://github.com/kubernetes/kubernetes/blob/v1.8.0/pkg/apis/componentconfig/v1alpha1/types.go (the fields of old)
"""

from __future__ import annotations

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
proxy-mode                          mode
profiling                           enableProfiling
proxy-port-range                    portRange
kubeconfig                          clientConnection.kubeconfig
kubeconfigPath                      clientConnection.kubeconfig
kube-api-content-type               clientConnection.contentType
kube-api-burst                      clientConnection.burst
kube-api-qps                        clientConnection.qps
iptables-masquerade-bit             iptables.masqueradeBit
iptables-localhost-nodeports        iptables.localhostNodePorts
iptables-sync-period                iptables.syncPeriod
iptables-min-sync-period            iptables.minSyncPeriod
ipvs-sync-period                    ipvs.syncPeriod
ipvs-min-sync-period                ipvs.minSyncPeriod
ipvs-scheduler                      ipvs.scheduler
ipvs-exclude-cidrs                  ipvs.excludeCIDRs
ipvs-strict-arp                     ipvs.strictARP
ipvs-tcp-timeout                    ipvs.tcpTimeout
ipvs-tcpfin-timeout                 ipvs.tcpFinTimeout
ipvs-udp-timeout                    ipvs.udpTimeout
pod-bridge-interface                detectLocal.bridgeInterface
pod-interface-name-prefix           detectLocal.interfaceNamePrefix
conntrack-max-per-core              conntrack.maxPerCore
conntrack-min                       conntrack.min
conntrack-tcp-timeout-established   conntrack.tcpEstablishedTimeout
conntrackTCPEstablishedTimeout      conntrack.tcpEstablishedTimeout
conntrack-tcp-timeout-close-wait    conntrack.tcpCloseWaitTimeout
conntrackTCPCloseWaitTimeout        conntrack.tcpCloseWaitTimeout
conntrack-tcp-be-liberal            conntrack.tcpBeLiberal
conntrack-udp-timeout               conntrack.udpTimeout
conntrack-udp-timeout-stream        conntrack.udpStreamTimeout
"""
_UNSURE = frozenset(("address",))
"""Fields of other programs, as the kubelet's, that were meant with some probability only."""


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


_BY_NAME = {_plain(name): path for name, path in (line.split() for line in _PATHS.strip().splitlines())}


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

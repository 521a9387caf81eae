"""The flags of kube-proxy, and the fields of its configuration that they set.

Source: https://github.com/kubernetes/kubernetes/blob/v1.37.2/cmd/kube-proxy/app/options.go
"""

MASQUERADE_ALL = "iptables.masqueradeAll"
"""What ``--masquerade-all`` sets, but in nftables mode."""

GATES = "featureGates"
"""The field whose flag has ``name=true`` and commas between them."""

FLAG_FIELDS = dict(
    line.split()
    for line in """
proxy-mode                          mode
bind-address                        bindAddress
bind-address-hard-fail              bindAddressHardFail
cluster-cidr                        clusterCIDR
config-sync-period                  configSyncPeriod
conntrack-max-per-core              conntrack.maxPerCore
conntrack-min                       conntrack.min
conntrack-tcp-be-liberal            conntrack.tcpBeLiberal
conntrack-tcp-timeout-close-wait    conntrack.tcpCloseWaitTimeout
conntrack-tcp-timeout-established   conntrack.tcpEstablishedTimeout
conntrack-udp-timeout               conntrack.udpTimeout
conntrack-udp-timeout-stream        conntrack.udpStreamTimeout
detect-local-mode                   detectLocalMode
feature-gates                       featureGates
healthz-bind-address                healthzBindAddress
hostname-override                   hostnameOverride
iptables-localhost-nodeports        iptables.localhostNodePorts
iptables-masquerade-bit             iptables.masqueradeBit
iptables-min-sync-period            iptables.minSyncPeriod
iptables-sync-period                iptables.syncPeriod
ipvs-exclude-cidrs                  ipvs.excludeCIDRs
ipvs-min-sync-period                ipvs.minSyncPeriod
ipvs-scheduler                      ipvs.scheduler
ipvs-strict-arp                     ipvs.strictARP
ipvs-sync-period                    ipvs.syncPeriod
ipvs-tcp-timeout                    ipvs.tcpTimeout
ipvs-tcpfin-timeout                 ipvs.tcpFinTimeout
ipvs-udp-timeout                    ipvs.udpTimeout
kube-api-burst                      clientConnection.burst
kube-api-content-type               clientConnection.contentType
kube-api-qps                        clientConnection.qps
kubeconfig                          clientConnection.kubeconfig
masquerade-all                      iptables.masqueradeAll
metrics-bind-address                metricsBindAddress
nodeport-addresses                  nodePortAddresses
oom-score-adj                       oomScoreAdj
pod-bridge-interface                detectLocal.bridgeInterface
pod-interface-name-prefix           detectLocal.interfaceNamePrefix
profiling                           enableProfiling
proxy-port-range                    portRange
show-hidden-metrics-for-version     showHiddenMetricsForVersion
""".strip().splitlines()
)
"""Flag -> field."""

LISTS = frozenset(("nodePortAddresses", "ipvs.excludeCIDRs"))
"""The fields whose flags have commas between words, and add to each other."""

ALONE = frozenset(
    (
        "bind-address-hard-fail",
        "cleanup",
        "conntrack-tcp-be-liberal",
        "init-only",
        "iptables-localhost-nodeports",
        "ipvs-strict-arp",
        "masquerade-all",
        "profiling",
    )
)
"""The flags that mean true without a value, and never take the next word as one."""

"""What kube-proxy programs in iptables mode, releases 1.24 to 1.37, IPv4: objects -> the output of iptables-save.

After pkg/proxy/iptables/proxier.go and pkg/proxy/topology.go of these releases; the order of Services is that of the
objects (kube-proxy's own one is by chance), and everything else is written as iptables 1.8 saves it. Not there: node
hints, local traffic detection other than by cluster CIDR.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from clusters import Cluster
from service_ports import Endpoint, Port, Release, ports

LARGE = 1000
"""More endpoints than this, and the rules of endpoints lose their comments."""

_HOOKS = {
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
}
_NEW = "-m conntrack --ctstate NEW "


class Table:
    """One table: its chains and their rules."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.chains: dict[str, list[str]] = {chain: [] for chain in _HOOKS[name]}

    def add(self, chain: str, *rules: str) -> None:
        """Declare the chain, and append `rules`, which are without ``-A CHAIN``."""
        self.chains.setdefault(chain, []).extend(rules)

    def lines(self) -> Iterator[str]:
        """The table as it is saved: user chains are sorted, the rules of a chain stand together."""
        built_in = _HOOKS[self.name]
        order = [*built_in, *sorted(self.chains.keys() - set(built_in))]
        yield f"*{self.name}"
        for chain in order:
            yield f":{chain} {'ACCEPT' if chain in built_in else '-'} [0:0]"
        for chain in order:
            for rule in self.chains[chain]:
                yield f"-A {chain} {rule}"
        yield "COMMIT"


class Proxier:
    """One full sync of kube-proxy `release` on the node of `cluster`."""

    def __init__(self, cluster: Cluster, release: Release) -> None:
        self.cluster = cluster
        self.release = release
        own = cluster.config.get("iptables", {})
        self.masquerade_all = own.get("masqueradeAll", False)
        self.node_port_addresses = cluster.config.get("nodePortAddresses") or []
        with_loopback = not self.node_port_addresses or any(
            ip_address("127.0.0.1") in ip_network(each) for each in self.node_port_addresses
        )
        self.localhost = own.get("localhostNodePorts", True) and (with_loopback or release < (1, 27))
        bit = 1 << own.get("masqueradeBit", 14)
        self.mark = f"{bit:#x}/{bit:#x}"
        self.clear = f"{bit:#x}/0x0"
        self.filter, self.nat, self.mangle = Table("filter"), Table("nat"), Table("mangle")

    def tables(self) -> list[Table]:
        """The tables in the order in which iptables-nft-save prints them."""
        found = ports(self.cluster, self.release)
        self.large = sum(len(port.endpoints) for port in found) > LARGE
        self._hooks()
        for port in found:
            self._port(port)
        self._node_ports()
        return [self.mangle, self.filter, self.nat]

    def _hooks(self) -> None:
        firewall, dropped = self.release >= (1, 25), self.release >= (1, 31)
        kubelet = ["-j KUBE-FIREWALL"] if self.release >= (1, 27) else []
        balancer = [f'{_NEW}-m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL'] * firewall
        portals = '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES'
        external = (
            f'{_NEW}-m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES'
        )
        health = '-m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS'
        forward = '-m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD'
        for table in (self.mangle, self.filter, self.nat):
            table.add("KUBE-PROXY-CANARY")
        self.filter.add("INPUT", *kubelet, *balancer, health, external)
        self.filter.add("FORWARD", *balancer, forward, _NEW + portals, external)
        self.filter.add("OUTPUT", *kubelet, *balancer, _NEW + portals)
        for chain in ("EXTERNAL-SERVICES", "NODEPORTS", "SERVICES", *["PROXY-FIREWALL"] * firewall):
            self.filter.add(f"KUBE-{chain}")
        if kubelet:
            self.filter.add("KUBE-FIREWALL")
            if self.localhost:
                self.filter.add(
                    "KUBE-FIREWALL",
                    '! -s 127.0.0.0/8 -d 127.0.0.0/8 -m comment --comment "block incoming localnet connections" '
                    "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP",
                )
        counted = "-m nfacct --nfacct-name  ct_state_invalid_dropped_pkts " if dropped else ""
        self.filter.add(
            "KUBE-FORWARD",
            f"-m conntrack --ctstate INVALID {counted}-j DROP",
            f'-m comment --comment "kubernetes forwarding rules" -m mark --mark {self.mark} -j ACCEPT',
            '-m comment --comment "kubernetes forwarding conntrack rule" '
            "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        )
        self.nat.add("PREROUTING", portals)
        self.nat.add("OUTPUT", portals)
        self.nat.add("POSTROUTING", '-m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING')
        if self.release < (1, 25):
            self.nat.add("KUBE-MARK-DROP")
        self.nat.add("KUBE-MARK-MASQ", f"-j MARK --set-xmark {self.mark}")
        self.nat.add(
            "KUBE-POSTROUTING",
            f"-m mark ! --mark {self.mark} -j RETURN",
            f"-j MARK --set-xmark {self.clear}",
            '-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
        )
        self.nat.add("KUBE-NODEPORTS")
        self.nat.add("KUBE-SERVICES")

    def _node_ports(self) -> None:
        last = '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"'
        if not self.node_port_addresses:
            but = "" if self.localhost or self.release < (1, 26) else "! -d 127.0.0.0/8 "
            self.nat.add("KUBE-SERVICES", f"{but}{last} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS")
        networks = [ip_network(each) for each in self.node_port_addresses]
        for address in self.cluster.node_addresses:
            if any(ip_address(address) in network for network in networks):
                self.nat.add("KUBE-SERVICES", f"-d {address}/32 {last} -j KUBE-NODEPORTS")

    def _choose(self, port: Port) -> tuple[list[Endpoint], list[Endpoint], bool]:
        """The endpoints for the policies Cluster and Local, and whether there are any at all."""
        draining_too = self.release >= (1, 26)  # gate ProxyTerminatingEndpoints, off in 1.24 and 1.25
        ready = [each for each in port.endpoints if each.ready]
        draining = [each for each in port.endpoints if each.draining] if draining_too else []
        nearby = [each for each in ready if self.cluster.zone in each.zones]
        by_zone = port.hints and all(each.zones for each in ready)
        usable = (nearby if by_zone and nearby else ready) or draining
        local = [each for each in ready if each.local] or [each for each in draining if each.local]
        return usable, local, bool(ready or draining)

    def _port(self, port: Port) -> None:
        usable, local, any_endpoints = self._choose(port)
        cluster_policy = not port.internal_local or (port.external and not port.external_local) or port.external_local
        local_policy = port.internal_local or port.external_local
        marks_drops = self.release < (1, 25)
        internal_ok = any_endpoints and (bool(local) or not port.internal_local or marks_drops)
        external_ok = any_endpoints and (bool(local) or not port.external_local or marks_drops)
        self._ways_in(port, any_endpoints, internal_ok, external_ok)
        if not any_endpoints:
            return
        if internal_ok:
            self._masquerade_internal(port)
        if port.external:
            self._external(port, external_ok)
            if self._has_ranges(port):
                self._ranges(port)
        if cluster_policy and (usable or marks_drops):
            self._balance(port, port.chain("SVC"), usable)
        if local_policy and (local or marks_drops):
            self._balance(port, port.chain("SVL"), local)
            if not local:
                comment = f'-m comment --comment "{port.name} has no local endpoints"'
                self.nat.add(port.chain("SVL"), f"{comment} -j KUBE-MARK-DROP")
        reached = {each.address: each for each in (*usable * cluster_policy, *local * local_policy)}
        for endpoint in reached.values():
            self._endpoint(port, endpoint)

    def _has_ranges(self, port: Port) -> bool:
        return bool(port.load_balancer_ips and port.spec.get("loadBalancerSourceRanges"))

    def _ways_in(self, port: Port, any_endpoints: bool, internal_ok: bool, external_ok: bool) -> None:
        number, external_chain = port.port.get("nodePort"), port.chain("EXT")
        nothing = "has no local endpoints" if any_endpoints else "has no endpoints"
        refuse = "-j DROP" if any_endpoints else "-j REJECT --reject-with icmp-port-unreachable"
        cluster_ip = port.spec["clusterIP"]
        if internal_ok:
            target = port.chain("SVL" if port.internal_local else "SVC")
            self.nat.add("KUBE-SERVICES", f"{port.to('cluster IP', cluster_ip)} -j {target}")
        else:
            self.filter.add("KUBE-SERVICES", f"{port.to(nothing, cluster_ip)} {refuse}")
        balancer_chain = port.chain("FW") if self._has_ranges(port) else external_chain
        ways = [
            *(("external IP", address, external_chain) for address in port.spec.get("externalIPs", ())),
            *(("loadbalancer IP", address, balancer_chain) for address in port.load_balancer_ips),
        ]
        for comment, address, target in ways:
            if any_endpoints:
                self.nat.add("KUBE-SERVICES", f"{port.to(comment, address)} -j {target}")
            if not external_ok:
                self.filter.add("KUBE-EXTERNAL-SERVICES", f"{port.to(nothing, address)} {refuse}")
            if any_endpoints and target == port.chain("FW") and self.release >= (1, 25):
                match = port.to(f"traffic not accepted by {target}", address)
                self.filter.add("KUBE-PROXY-FIREWALL", f"{match} -j DROP")
        if number:
            protocol, comment = f"-p {port.protocol}", f'-m comment --comment "{port.name}"'
            match = f"-m {port.protocol} --dport {number}"
            if any_endpoints:
                if self.localhost and self.release >= (1, 31):
                    counted = "-m nfacct --nfacct-name  localhost_nps_accepted_pkts"
                    rule = f"-d 127.0.0.0/8 {protocol} {comment} {match} {counted} -j {external_chain}"
                    self.nat.add("KUBE-NODEPORTS", rule)
                self.nat.add("KUBE-NODEPORTS", f"{protocol} {comment} {match} -j {external_chain}")
            if not external_ok:
                comment = f'-m comment --comment "{port.name} {nothing}" -m addrtype --dst-type LOCAL'
                self.filter.add("KUBE-EXTERNAL-SERVICES", f"{protocol} {comment} {match} {refuse}")
        health = port.spec.get("healthCheckNodePort")
        if health:
            comment = f'-m comment --comment "{port.name} health check node port"'
            self.filter.add("KUBE-NODEPORTS", f"-p tcp {comment} -m tcp --dport {health} -j ACCEPT")

    def _masquerade_internal(self, port: Port) -> None:
        chain = port.chain("SVL" if port.internal_local else "SVC")
        match = port.to("cluster IP", port.spec["clusterIP"])
        if self.masquerade_all:
            self.nat.add(chain, f"{match} -j KUBE-MARK-MASQ")
        elif self.cluster.cluster_cidr:
            self.nat.add(chain, f"! -s {self.cluster.cluster_cidr} {match} -j KUBE-MARK-MASQ")

    def _external(self, port: Port, external_ok: bool) -> None:
        chain, inside = port.chain("EXT"), port.chain("SVC")
        what = f'traffic for {port.name} external destinations"'
        if not port.external_local:
            self.nat.add(chain, f'-m comment --comment "masquerade {what} -j KUBE-MARK-MASQ')
        else:
            if self.cluster.cluster_cidr:
                self.nat.add(chain, f'-s {self.cluster.cluster_cidr} -m comment --comment "pod {what} -j {inside}')
            local = "-m addrtype --src-type LOCAL"
            self.nat.add(chain, f'-m comment --comment "masquerade LOCAL {what} {local} -j KUBE-MARK-MASQ')
            self.nat.add(chain, f'-m comment --comment "route LOCAL {what} {local} -j {inside}')
        if external_ok:
            self.nat.add(chain, f"-j {port.chain('SVL') if port.external_local else inside}")

    def _ranges(self, port: Port) -> None:
        chain, target = port.chain("FW"), port.chain("EXT")
        comment = f'-m comment --comment "{port.name} loadbalancer IP"'
        ranges = [str(ip_network(each, strict=False)) for each in port.spec["loadBalancerSourceRanges"]]
        node = ip_address(self.cluster.node_addresses[0])
        own = any(node in ip_network(each) for each in ranges)
        accept = [f"-s {each} {comment} -j {target}" for each in ranges]
        from_itself = [f"-s {each}/32 {comment} -j {target}" for each in port.load_balancer_ips if own]
        if self.release < (1, 25):
            for number in range(len(port.load_balancer_ips)):
                self.nat.add(chain, *accept, *from_itself[number : number + 1], f"{comment} -j KUBE-MARK-DROP")
            return
        self.nat.add(chain, *accept, *from_itself)
        if self.release >= (1, 27):
            told = f'"other traffic to {port.name} will be dropped by KUBE-PROXY-FIREWALL"'
            self.nat.add(chain, f"-m comment --comment {told}")

    def _balance(self, port: Port, chain: str, endpoints: list[Endpoint]) -> None:
        self.nat.add(chain)
        comments = [
            "" if self.large else f'-m comment --comment "{port.name} -> {each.address}" ' for each in endpoints
        ]
        targets = [port.endpoint_chain(each) for each in endpoints]
        if port.spec.get("sessionAffinity") == "ClientIP":
            given = port.spec.get("sessionAffinityConfig", {}).get("clientIP", {})
            seconds = given.get("timeoutSeconds", 10800)
            for comment, target in zip(comments, targets, strict=True):
                seen = f"-m recent --rcheck --seconds {seconds} --reap --name {target} {_BY_SOURCE}"
                self.nat.add(chain, f"{comment}{seen} -j {target}")
        for left, comment, target in zip(range(len(targets), 0, -1), comments, targets, strict=True):
            chance = f"-m statistic --mode random --probability {_probability(left)} " if left > 1 else ""
            self.nat.add(chain, f"{comment}{chance}-j {target}")

    def _endpoint(self, port: Port, endpoint: Endpoint) -> None:
        chain = port.endpoint_chain(endpoint)
        comment = "" if self.large else f'-m comment --comment "{port.name}" '
        seen = port.spec.get("sessionAffinity") == "ClientIP"
        remember = f"-m recent --set --name {chain} {_BY_SOURCE} " if seen else ""
        self.nat.add(
            chain,
            f"-s {endpoint.ip}/32 {comment}-j KUBE-MARK-MASQ",
            f"-p {port.protocol} {comment}{remember}-m {port.protocol} -j DNAT --to-destination {endpoint.address}",
        )


_BY_SOURCE = "--mask 255.255.255.255 --rsource"


def _probability(endpoints: int) -> str:
    """As kube-proxy hands it over (ten digits), kept by the kernel in 31 bits, printed by iptables-save."""
    return f"{round(float(f'{1 / endpoints:.10f}') * 2**31) / 2**31:.11f}"


def dump(tables: list[Table], tool: str = "iptables-save v1.8.9 (nf_tables)") -> Iterator[str]:
    """The lines of `tables` as iptables-save prints them."""
    when = "Tue Jan  6 09:30:00 2026"
    for table in tables:
        yield f"# Generated by {tool} on {when}"
        yield from table.lines()
        yield f"# Completed on {when}"

"""What the examples of rules about nftables are made of: a small table of kube-proxy, as 1.37 and as 1.33 program it."""

from __future__ import annotations

from collections.abc import Mapping

API = "2QRHZV4L-default/kubernetes/tcp/https"
WEB = "KHN6ECMT-shop/web/tcp/http"
ONE = "CF7SRNYN-shop/web/tcp/http__10.244.1.7/8080"
TWO = "7A35AQDK-shop/web/tcp/http__10.244.2.9/8080"

_MAPS = f"""\
\tset cluster-ips {{
\t\ttype ipv4_addr
\t\tcomment "Active ClusterIPs"
\t\telements = {{ 10.96.0.1, 10.96.0.7,
\t\t\t     10.96.0.8 }}
\t}}

\tset nodeport-ips {{
\t\ttype ipv4_addr
\t\tcomment "IPs that accept NodePort traffic"
\t\telements = {{ 192.168.77.1 }}
\t}}

\tmap no-endpoint-services {{
\t\ttype ipv4_addr . inet_proto . inet_service : verdict
\t\telements = {{ 10.96.0.8 . tcp . 80 comment "shop/pay:http" : goto reject-chain }}
\t}}

\tmap no-endpoint-nodeports {{
\t\ttype inet_proto . inet_service : verdict
\t}}

\tmap service-ips {{
\t\ttype ipv4_addr . inet_proto . inet_service : verdict
\t\telements = {{ 10.96.0.1 . tcp . 443 : goto service-{API},
\t\t\t     10.96.0.7 . tcp . 80 : goto service-{WEB} }}
\t}}

\tmap service-nodeports {{
\t\ttype inet_proto . inet_service : verdict
\t\telements = {{ tcp . 30080 : goto external-{WEB} }}
\t}}

"""

_BASE = """\
\tchain filter-input {
\t\ttype filter hook input priority filter; policy accept;
\t\tct state new jump service-endpoints-check
\t}

\tchain filter-output {
\t\ttype filter hook output priority filter; policy accept;
\t\tct state new jump service-endpoints-check
\t}

\tchain filter-forward {
\t\ttype filter hook forward priority filter; policy accept;
\t\tct state new jump service-endpoints-check
\t}

\tchain nat-prerouting {
\t\ttype nat hook prerouting priority dstnat; policy accept;
\t\tjump services
\t}

\tchain nat-output {
\t\ttype nat hook output priority -100; policy accept;
\t\tjump services
\t}

\tchain nat-postrouting {
\t\ttype nat hook postrouting priority srcnat; policy accept;
\t\tjump masquerading
\t}

\tchain service-endpoints-check {
\t\tip daddr . meta l4proto . th dport vmap @no-endpoint-services
\t}

\tchain reject-chain {
\t\treject
\t}

"""

_DISPATCH = """\
\t\tip daddr . meta l4proto . th dport vmap @service-ips
\t\tip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
"""

NEW = f"""\
table ip kube-proxy {{
\tcomment "rules for kube-proxy"
{_MAPS}{_BASE}\tchain services {{
\t\tip daddr @cluster-ips ip saddr != 10.244.0.0/16 meta mark set meta mark | 0x00004000 comment "masquerade"
{_DISPATCH}\t}}

\tchain masquerading {{
\t\tmeta mark & 0x00004000 != 0x00000000 meta mark set meta mark ^ 0x00004000 masquerade fully-random
\t}}

\tchain service-{API} {{
\t\tmeta l4proto tcp dnat to 192.168.77.1:6443
\t}}

\tchain service-{WEB} {{
\t\tmeta l4proto tcp dnat ip to numgen random mod 2 map {{ 0 : 10.244.1.7 . 8080, 1 : 10.244.2.9 . 8080 }}
\t}}

\tchain external-{WEB} {{
\t\tmeta mark set meta mark | 0x00004000 comment "masquerade"
\t\tgoto service-{WEB}
\t}}
}}
"""
"""As kube-proxy 1.37 programs it."""

OLD = f"""\
table ip kube-proxy {{
\tcomment "rules for kube-proxy"
{_MAPS}{_BASE}\tchain services {{
{_DISPATCH}\t}}

\tchain masquerading {{
\t\tmeta mark & 0x00004000 == 0x00000000 return
\t\tmeta mark set meta mark ^ 0x00004000
\t\tmasquerade fully-random
\t}}

\tchain mark-for-masquerade {{
\t\tmeta mark set meta mark | 0x00004000
\t}}

\tchain endpoint-6FIGAJBK-default/kubernetes/tcp/https__192.168.77.1/6443 {{
\t\tip saddr 192.168.77.1 jump mark-for-masquerade
\t\tmeta l4proto tcp dnat to 192.168.77.1:6443
\t}}

\tchain service-{API} {{
\t\tip daddr 10.96.0.1 tcp dport 443 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
\t\tnumgen random mod 1 vmap {{ 0 : goto endpoint-6FIGAJBK-default/kubernetes/tcp/https__192.168.77.1/6443 }}
\t}}

\tchain endpoint-{ONE} {{
\t\tip saddr 10.244.1.7 jump mark-for-masquerade
\t\tmeta l4proto tcp dnat to 10.244.1.7:8080
\t}}

\tchain endpoint-{TWO} {{
\t\tip saddr 10.244.2.9 jump mark-for-masquerade
\t\tmeta l4proto tcp dnat to 10.244.2.9:8080
\t}}

\tchain service-{WEB} {{
\t\tip daddr 10.96.0.7 tcp dport 80 ip saddr != 10.244.0.0/16 jump mark-for-masquerade
\t\tnumgen random mod 2 vmap {{ 0 : goto endpoint-{ONE}, 1 : goto endpoint-{TWO} }}
\t}}

\tchain external-{WEB} {{
\t\tjump mark-for-masquerade
\t\tgoto service-{WEB}
\t}}
}}
"""
"""As kube-proxy 1.33 programs it."""


LOOPBACK = """\
\tmap localhost-nodeport-reject-ports {
\t\ttype inet_proto . inet_service : verdict
\t\tcomment "localhost NodePorts rejected by kube-proxy"
\t}

\tchain nodeport-endpoints-check {
\t\tip daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports
\t\tip daddr 127.0.0.0/8 meta l4proto . th dport vmap @localhost-nodeport-reject-ports
\t}

\tchain localhost-nodeport-reject-udp {
\t\tcounter name "localhost-nodeport-rejected-udp" reject
\t}

"""
"""What kube-proxy 1.38 programs beside that where it answers NodePorts on loopback: by TCP itself, the rest is rejected."""


def listed(text: str, *changes: tuple[str, str]) -> Mapping[str, str]:
    """An example that is the output of ``nft list ruleset``: `text` with something else in place of something."""
    for old, new in changes:
        if old not in text:
            raise ValueError(old)
        text = text.replace(old, new)
    return {"node.nft": text}


def cut(text: str, chain: str) -> str:
    """The text of `chain` in `text`, from its line to its brace."""
    start = text.index(f"\tchain {chain} {{")
    return text[start : text.index("\t}\n", start) + 3]

"""What Calico's Felix adds to a node's tables in its iptables dataplane, without the rules that need IP sets."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256

from iptables_mode import Table


def add_calico(tables: list[Table], workloads: int) -> None:
    """Add the chains of a node with `workloads` pods; Felix inserts its jumps before those of kube-proxy."""
    filter_, nat = (next(table for table in tables if table.name == name) for name in ("filter", "nat"))
    for table, hooks in ((filter_, ("INPUT", "FORWARD", "OUTPUT")), (nat, ("PREROUTING", "OUTPUT", "POSTROUTING"))):
        for hook in hooks:
            table.add(f"cali-{hook}")
            table.chains[hook].insert(0, f"{_comment(hook + table.name)} -j cali-{hook}")
    nat.add(
        "cali-nat-outgoing", f"-s 10.128.0.0/9 ! -d 10.128.0.0/9 {_comment('outgoing')} -j MASQUERADE --random-fully"
    )
    nat.add("cali-POSTROUTING", f"{_comment('nat')} -j cali-nat-outgoing")
    filter_.add(
        "cali-FORWARD",
        f"{_comment('forward')} -j MARK --set-xmark 0x0/0xe0000",
        f"-i cali+ {_comment('from')} -j cali-from-wl-dispatch",
        f"-o cali+ {_comment('to')} -j cali-to-wl-dispatch",
    )
    for number in range(workloads):
        interface = f"cali{sha256(str(number).encode()).hexdigest()[:11]}"
        for way, option, profile in (("from", "-i", "cali-pro-kns.team"), ("to", "-o", "cali-pri-kns.team")):
            chain = f"cali-{way[0]}w-{interface}"
            filter_.add(f"cali-{way}-wl-dispatch", f"{option} {interface} {_comment(chain)} -g {chain}")
            filter_.add(profile)
            filter_.add(chain, *_workload(chain, profile))
    for way in ("from", "to"):
        unknown = '-m comment --comment "Unknown interface"'
        filter_.add(f"cali-{way}-wl-dispatch", f"{_comment(way + 'unknown')} {unknown} -j DROP")


def _workload(chain: str, profile: str) -> list[str]:
    """The rules of one pod's chain, for one way."""
    told = '-m comment --comment "{}"'
    vxlan = told.format("Drop VXLAN encapped packets originating in workloads")
    rules = (
        ("", "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"),
        ("", "-m conntrack --ctstate INVALID -j DROP"),
        ("", "-j MARK --set-xmark 0x0/0x10000"),
        ("-p udp ", f"{vxlan} -m multiport --dports 4789 -j DROP"),
        ("", f"-j {profile}"),
        ("", f"{told.format('Return if profile accepted')} -m mark --mark 0x10000/0x10000 -j RETURN"),
        ("", f"{told.format('Drop if no profiles matched')} -j DROP"),
    )
    return [f"{first}{_comment(f'{chain}{number}')} {rest}" for number, (first, rest) in enumerate(rules)]


def _comment(rule: str) -> str:
    """Felix marks its rules with a hash of what they say."""
    return f'-m comment --comment "cali:{urlsafe_b64encode(sha256(rule.encode()).digest())[:16].decode()}"'

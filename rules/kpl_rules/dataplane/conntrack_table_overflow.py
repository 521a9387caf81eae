"""KPL461."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import ConntrackDump, lost_to_a_full_table

_CPU = (
    "cpu={cpu}   \tfound=3 invalid=7 insert=0 insert_failed=12 drop={drop} early_drop={early} error=0 search_restart=12 "
    "clash_resolve=40 chaintoolong=0 \n"
)
_HELP = (
    "Raise `conntrack.maxPerCore` or `conntrack.min` in kube-proxy's configuration. Or run NodeLocal DNSCache, which "
    "keeps DNS queries out of the table. `dmesg` shows `nf_conntrack: table full, dropping packet` while it happens."
)


class ConntrackTableOverflow(Rule):
    """The conntrack table was full, so packets of new connections were dropped or other entries were evicted.

    ## Why
    Every connection and every DNS query that passes a node takes an entry in the kernel's conntrack table, up to
    `nf_conntrack_max`. If the table is full, the kernel first evicts an entry that has not seen a response yet
    (`early_drop`). If it finds none, it drops the packet of the new connection (`drop`). Connections then time out and
    DNS lookups fail, on that node only.

    `drop` also counts packets lost to clashing entries, so the rule subtracts `insert_failed`. The counters are summed
    over the CPUs. Fewer packets than the option `packets` are not reported: the counters run since the node started,
    and a thousand in a year are three a day.

    A counter shows that the table was full, not that it still is. Take the counters twice and compare them.

    ## Fix
    A dump cannot be fixed. kube-proxy sets the limit: `conntrack.maxPerCore` times the number of CPUs, but at least
    `conntrack.min` (32,768 and 131,072 by default). NodeLocal DNSCache keeps DNS queries out of the table.

    ## References
    - https://docs.kernel.org/networking/nf_conntrack-sysctl.html
    - https://github.com/torvalds/linux/blob/master/net/netfilter/nf_conntrack_core.c (`early_drop`, `__nf_conntrack_alloc`)
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
    """

    code = "KPL461"
    name = "conntrack-table-overflow"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("some-connections-fail", "packets-dropped")
    needs = "ConntrackDump"
    options = {"packets": 1000}
    examples = [
        Bad(
            files(
                **{
                    "node.conntrack": _CPU.format(cpu=0, drop=880, early=0)
                    + _CPU.format(cpu=1, drop=2210, early=15_000)
                }
            ),
            flags=["drop=2210", "early_drop=15000"],
        ),
        Good(files(**{"node.conntrack": _CPU.format(cpu=0, drop=12, early=0)})),
        # a handful
        Good(files(**{"node.conntrack": _CPU.format(cpu=0, drop=300, early=41)})),
        # a thousand, the others resolved or made room for
        Bad(
            files(**{"node.conntrack": _CPU.format(cpu=0, drop=1012, early=999)}),
            flags=["drop=1012"],
            says=["1,000 packets of new connections were dropped"],
        ),
        Bad(
            files(
                **{"node.conntrack": _CPU.format(cpu=0, drop=1011, early=500) + _CPU.format(cpu=1, drop=0, early=500)}
            ),
            flags=["early_drop=500"],
            says=["1,000 entries on 2 CPUs were evicted"],
        ),
    ]

    def check(self, dump: ConntrackDump) -> Iterator[Finding]:
        """See the class."""
        for counters in dump.counters:
            cpus = f" on {counters.cpus} CPUs" if counters.cpus > 1 else ""
            lost, thrown_out = lost_to_a_full_table(counters), counters.values.get("early_drop", 0)
            if lost >= self.option["packets"]:
                yield self.finding(
                    counters.places["drop"],
                    f"{lost:,} packets of new connections{cpus} were dropped because the conntrack table was full",
                    help=_HELP,
                )
            if thrown_out >= self.option["packets"]:
                yield self.finding(
                    counters.places["early_drop"],
                    f"{thrown_out:,} entries{cpus} were evicted from the full conntrack table to make room for new "
                    "ones",
                    help=_HELP,
                )

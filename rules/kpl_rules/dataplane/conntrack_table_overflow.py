"""KPL461."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, ConntrackDump, Finding, Good, Rule, Severity, Stop, files, lost_to_a_full_table

_CPU = (
    "cpu={cpu}   \tfound=3 invalid=7 insert=0 insert_failed=12 drop={drop} early_drop={early} error=0 search_restart=12 "
    "clash_resolve=40 chaintoolong=0 \n"
)
_HELP = (
    "Raise `conntrack.maxPerCore` or `conntrack.min` in kube-proxy's configuration; NodeLocal DNSCache keeps the entries of DNS "
    "out of the table. `dmesg` says `nf_conntrack: table full, dropping packet` while it happens."
)


class ConntrackTableOverflow(Rule):
    """The table of connections was full: packets of new connections were dropped, or other entries thrown out for them.

    ## Why
    Every connection and every DNS query that passes a node takes an entry in the kernel's table, up to `nf_conntrack_max`. In
    a full table the kernel first throws out an entry that has seen no answer yet (`early_drop`), and where it finds none it drops
    the packet of the new connection (`drop`). Connections time out then, and DNS lookups fail, on that node only.

    `drop` counts packets lost to clashing entries as well; what `insert_failed` holds is taken off. The counters are
    summed over the CPUs, and fewer than the option `packets` are not reported: they run since the node started, and a
    thousand in a year are three a day.

    A counter tells that the table was full, not that it still is: take the counters twice and compare.

    ## Fix
    There is none in a dump. kube-proxy sets the limit: `conntrack.maxPerCore` times the CPUs, and at least `conntrack.min` (32,768
    and 131,072 by default). NodeLocal DNSCache keeps DNS queries out of the table.

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
    ]

    def check(self, dump: ConntrackDump) -> Iterator[Finding]:
        """See the class."""
        for counters in dump.counters:
            cpus = f" on {counters.cpus} CPUs" if counters.cpus > 1 else ""
            lost, thrown_out = lost_to_a_full_table(counters), counters.values.get("early_drop", 0)
            if lost >= self.option["packets"]:
                yield self.finding(
                    counters.places["drop"],
                    f"{lost:,} packets of new connections{cpus} were dropped because the table of connections had no room "
                    "for them",
                    help=_HELP,
                )
            if thrown_out >= self.option["packets"]:
                yield self.finding(
                    counters.places["early_drop"],
                    f"{thrown_out:,} entries{cpus} were thrown out of the full table of connections to make room for new ones",
                    help=_HELP,
                )

"""KPL460."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, files
from kpl.dumps import ConntrackDump, entries_made, lost_to_clashes

_CPU = (
    "cpu={cpu}   \tfound={found} invalid=7 insert=0 insert_failed={failed} drop={failed} early_drop=0 error=0 search_restart=12 "
    "clash_resolve=40 chaintoolong=0 \n"
)
_OLD = (
    "cpu={cpu}   \tfound=3 invalid=7 ignore=900 insert=0 insert_failed={failed} drop={drop} early_drop=0 error=0 "
    "search_restart=12 \n"
)
_PROC = (
    "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new "
    "expect_create expect_delete search_restart\n"
)
_ROW = (
    "00000a31  00000028 00000003 00000000 00000007 00000000 00000000 00000002 00000000 {failed} {failed} 00000000 00000000  "
    "00000000 00000000 00000000 0000000c\n"
)


class ConntrackInsertFailed(Rule):
    """Packets were dropped because two created the same conntrack entry at once, which delays DNS by five seconds.

    ## Why
    `insert_failed` counts packets whose conntrack entry could not be added, because another packet had added an equal
    entry a moment before. The kernel drops such a packet. This affects DNS first: glibc and musl send the A and AAAA
    queries from one socket, one right after the other, and both are translated on their way to CoreDNS. The resolver
    waits for the lost answer until its timeout: five seconds with glibc, 2.5 seconds with musl.

    The counters are summed over the CPUs. The rule is silent on a healthy node, for three reasons:

    - Before Linux 5.10, `insert_failed` also counts clashes that the kernel resolved, so `drop` next to it is the upper
      limit of the loss. Linux 5.10 and later counts resolved clashes in `clash_resolve`.
    - Counters run since the node started, and the dump does not say when that was. Fewer packets than the option
      `packets` are not reported: a thousand in a year are three a day.
    - Current kernels do not count successful entries. If a kernel does (`new`, `insert`), one failure in `one_in` is
      tolerated.

    A counter shows that packets were lost, not that they still are. Take the counters twice and compare them.

    ## Fix
    A dump cannot be fixed. What helps, most effective first: NodeLocal DNSCache, whose traffic is not tracked; Linux
    5.7 or later, which accepts both packets if they were translated to different pods; for images with glibc, the
    resolver option `single-request-reopen`; fewer queries, through a lower `ndots` or names that end in a dot.

    ## References
    - https://github.com/kubernetes/kubernetes/issues/56903
    - https://github.com/torvalds/linux/commit/6a757c07e51f80ac
    - https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/
    - https://github.com/torvalds/linux/blob/master/net/netfilter/nf_conntrack_core.c (`nf_ct_resolve_clash`)
    """

    code = "KPL460"
    name = "conntrack-insert-failed"
    stop = Stop.DATAPLANE
    severity = Severity.WARNING
    since = "0.1.0"
    symptoms = ("lookups-time-out", "packets-dropped")
    needs = "ConntrackDump"
    options = {"packets": 1000, "one_in": 10_000}
    examples = [
        Bad(
            files(
                **{"node.conntrack": _CPU.format(cpu=0, found=3, failed=912) + _CPU.format(cpu=1, found=1, failed=1730)}
            ),
            flags=["insert_failed=1730"],
        ),
        Bad(files(nf_conntrack=_PROC + _ROW.format(failed="00000800") * 2), flags=["00000800"]),
        Bad(files(**{"node.conntrack": _OLD.format(cpu=0, failed=4000, drop=3000)}), flags=["insert_failed=4000"]),
        Good(files(**{"node.conntrack": _CPU.format(cpu=0, found=3, failed=12)})),
        Good(files(nf_conntrack=_PROC + _ROW.format(failed="0000000c") * 2)),
        # resolved, all of them
        Good(files(**{"node.conntrack": _OLD.format(cpu=0, failed=4000, drop=0)})),
        # a thousand, and one in ten thousand of those that were made
        Bad(
            files(**{"node.conntrack": _CPU.format(cpu=0, found=3, failed=1000)}),
            flags=["insert_failed=1000"],
            says=["1,000 packets were dropped"],
        ),
        Good(files(**{"node.conntrack": _CPU.format(cpu=0, found=3, failed=999)})),
    ]

    def check(self, dump: ConntrackDump) -> Iterator[Finding]:
        """See the class."""
        for counters in dump.counters:
            lost, made = lost_to_clashes(counters), entries_made(counters)
            if lost < self.option["packets"] or lost * self.option["one_in"] < made:
                continue
            cpus = f" on {counters.cpus} CPUs" if counters.cpus > 1 else ""
            yield self.finding(
                counters.places["insert_failed"],
                f"{lost:,} packets{cpus} were dropped because an equal conntrack entry already existed, so DNS "
                "queries among them waited for the resolver's timeout",
                help="Run NodeLocal DNSCache, and Linux 5.7 or later on the nodes; for images with glibc, set the "
                "resolver option `single-request-reopen`. Take the counters again to see whether this one still "
                "rises.",
            )

"""KPL401."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, dump
from kpl.iptables import IPTABLES_EXTENSIONS, Ruleset, Table, is_certainly_a_chain

_BUILT_IN = ":PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n"
_PORTALS = '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES\n'
_API = '-d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443'


class DanglingJump(Rule):
    """A rule jumps to a chain that its table does not declare, so `iptables-restore` refuses the table.

    ## Why
    The kernel accepts no jump to a missing chain and does not delete a chain that a rule jumps to. So no node ever had
    the table in this file: lines were lost or edited after `iptables-save`, or the file was put together by hand. The
    dump does not describe the node reliably, and it cannot be loaded again: `iptables-restore` refuses all of the
    table. With `--noflush` it accepts the table if the node happens to have the chain.

    The rule checks only tables that are complete from their header to `COMMIT`, with their built-in chains and without
    unknown lines. A target that may be an extension (in capitals, like `DNAT`) counts as a chain only if another table
    of the file declares it.

    ## Fix
    No fix is offered: the file does not show where the chain went. Take the dump again. In a handwritten file, declare
    the chain after the table's header.

    ## References
    - https://man7.org/linux/man-pages/man8/iptables.8.html
    - https://man7.org/linux/man-pages/man8/iptables-restore.8.html
    - https://man7.org/linux/man-pages/man8/iptables-extensions.8.html
    """

    code = "KPL401"
    name = "dangling-jump"
    stop = Stop.DATAPLANE
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(
            dump(
                f"*nat\n{_BUILT_IN}:KUBE-SERVICES - [0:0]\n-A PREROUTING {_PORTALS}-A OUTPUT {_PORTALS}"
                f"-A KUBE-SERVICES {_API} -j KUBE-SVC-NPX46M4PTMTKRN6Y\nCOMMIT\n"
            ),
            flags=["KUBE-SVC-NPX46M4PTMTKRN6Y"],
        ),
        # two jumps, one finding; CNI-HOSTPORT-DNAT is in order
        Bad(
            dump(
                f"*nat\n{_BUILT_IN}:CNI-HOSTPORT-DNAT - [0:0]\n"
                "[0:0] -A PREROUTING -m addrtype --dst-type LOCAL -g CNI-HOSTPORT-DNAT\n"
                "[0:0] -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER_USER\n"
                "[0:0] -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER_USER\nCOMMIT\n"
            ),
            flags=["DOCKER_USER"],
        ),
        # DOCKER is no extension: the filter table has a chain of that name
        Bad(
            dump(
                "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:DOCKER - [0:0]\n"
                f"-A FORWARD -o docker0 -j DOCKER\nCOMMIT\n*nat\n{_BUILT_IN}-A PREROUTING -j DOCKER\nCOMMIT\n"
            ),
            flags=["DOCKER"],
        ),
        Good(
            dump(
                f"*nat\n{_BUILT_IN}:cali-PREROUTING - [0:0]\n"
                '-A PREROUTING -m comment --comment "cali:6gwbT8clXdHdC1b1" -j cali-PREROUTING\n'
                "-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE --random-fully\nCOMMIT\n"
            )
        ),
        # a target of an extension that nobody has heard of
        Good(dump(f"*nat\n{_BUILT_IN}-A PREROUTING -p udp -j FULLCONE\nCOMMIT\n")),
        # an excerpt
        Good(dump(f"-A KUBE-SERVICES {_API} -j KUBE-SVC-NPX46M4PTMTKRN6Y\n")),
        Good(dump(f"*nat\n{_BUILT_IN}-A PREROUTING {_PORTALS}...\nCOMMIT\n")),
        # what kube-proxy hands to `iptables-restore --noflush`
        Good(dump("*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -j KUBE-NODEPORTS\nCOMMIT\n")),
    ]

    def check(self, ruleset: Ruleset) -> Iterator[Finding]:
        """See the class."""
        for table in ruleset.tables:
            if not table.complete or not table.policies or table.unread:
                continue
            elsewhere = {chain for other in ruleset.tables if other is not table for chain in other.chains}
            missing = {
                target
                for target in set(table.target) - table.chains.keys()
                if is_certainly_a_chain(target) or target in elsewhere - IPTABLES_EXTENSIONS
            }
            yield from self._findings(table, missing)

    def _findings(self, table: Table, missing: set[str]) -> Iterator[Finding]:
        jumps: dict[str, list[int]] = {}
        if missing:
            for row, target in enumerate(table.target):
                if target in missing:
                    jumps.setdefault(target, []).append(row)
        for chain, rows in jumps.items():
            lead = "1 rule jumps" if len(rows) == 1 else f"{len(rows):,} rules jump"
            yield self.finding_of_many(
                (table.target_span(row) for row in rows),
                f"`*{table.name}` does not declare the chain `{chain}`, but {lead} to it, so `iptables-restore` "
                "refuses the table",
                f"another jump to `{chain}`",
                help="Take the dump again with `iptables-save`: no kernel has such a table, so lines were lost "
                f"or edited. In a handwritten file, declare `:{chain} - [0:0]` after `*{table.name}`.",
            )

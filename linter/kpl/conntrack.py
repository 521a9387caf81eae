"""What the kernel's counters of connection tracking mean for a node.

- https://github.com/torvalds/linux/blob/master/net/netfilter/nf_conntrack_core.c (``nf_ct_resolve_clash``,
  ``__nf_conntrack_confirm``, ``nf_conntrack_in``, ``early_drop``)
- 71d8c47fc653 (Linux 4.7) resolves clashes of UDP, and counts them in ``insert_failed`` all the same
- "netfilter: conntrack: add clash resolution stat counter" (Linux 5.10) takes them out of ``insert_failed``
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kpl.inputs.evidence.conntrack import ConntrackDump, Counters
from kpl.inputs.objects.kubeproxy import KubeProxyConfig
from kpl.inputs.yaml.tree import Mapping
from kpl.text.number import whole_number
from kpl.text.span import Span

MAX_PER_CORE = 32_768
MIN_ENTRIES = 131_072
"""kube-proxy's defaults of ``conntrack.maxPerCore`` and ``conntrack.min``."""
MOST_ENTRIES = 1_048_576
"""What kube-proxy scales ``maxPerCore`` up to at most, from 1.36 on."""


class TableSize(NamedTuple):
    """How full the table of connections is."""

    entries: int
    limit: int
    span: Span
    """Where the dump tells the number of entries."""
    told: bool
    """Whether the dump tells the limit; otherwise it is what kube-proxy's configuration makes of the CPUs."""


def lost_to_clashes(counters: Counters) -> int:
    """How many packets were dropped because their entry could not be added beside an equal one.

    Before Linux 5.10, which also has the counter ``ignore``, ``insert_failed`` holds clashes that were resolved as well; a
    lost packet is counted in ``drop`` too, so no more than that are lost. Entries that were refused because their
    chain in the table was too long are no clashes.
    """
    failed = counters.values.get("insert_failed", 0)
    if "clash_resolve" not in counters.values and "ignore" in counters.values:
        return min(failed, counters.values.get("drop", failed))
    return max(failed - counters.values.get("chaintoolong", 0), 0)


def lost_to_a_full_table(counters: Counters) -> int:
    """How many packets were dropped because no entry could be made: ``drop`` without what a clash counted there."""
    return max(counters.values.get("drop", 0) - counters.values.get("insert_failed", 0), 0)


def entries_made(counters: Counters) -> int:
    """How many entries the kernel says it made; 0 where it does not count them (``new`` is gone since Linux 4.10)."""
    return max(counters.values.get(name, 0) for name in ("new", "insert"))


def table_size(dump: ConntrackDump, configs: Sequence[KubeProxyConfig], capped: bool = False) -> TableSize | None:
    """How full the table is; None where the files do not tell.

    Without ``nf_conntrack_max`` in the dump, the limit is the one that kube-proxy sets, if one configuration is given
    and the dump has a line for each CPU. Those may be more than the node runs, never fewer. `capped` tells that this
    kube-proxy stops at `MOST_ENTRIES`.
    """
    entries = max(_entries(dump), default=None)
    if entries is None:
        return None
    if "max" in dump.settings:
        told = dump.settings["max"][0]
        return TableSize(entries[0], told, entries[1], True) if told else None
    cpus = max((counters.cpus for counters in dump.counters), default=0)
    limit = _limit(configs[0], cpus, capped) if len(configs) == 1 and cpus else None
    return TableSize(entries[0], limit, entries[1], False) if limit else None


def _entries(dump: ConntrackDump) -> Iterator[tuple[int, Span]]:
    for counters in dump.counters:
        if "entries" in counters.values:
            yield counters.values["entries"], counters.places["entries"]
    if "count" in dump.settings:
        yield dump.settings["count"]
    if dump.shown is not None:
        yield dump.shown


def _limit(config: KubeProxyConfig, cpus: int, capped: bool) -> int | None:
    """What kube-proxy sets ``nf_conntrack_max`` to; None where it leaves it alone, or that cannot be read."""
    conntrack = config.node.get("conntrack")
    written = conntrack if isinstance(conntrack, Mapping) else None
    per_core = _whole(written, "maxPerCore", None if config.partial else MAX_PER_CORE)
    least = _whole(written, "min", None if config.partial else MIN_ENTRIES)
    if not per_core or least is None:
        return None
    return MOST_ENTRIES if capped and per_core * cpus > MOST_ENTRIES else max(per_core * cpus, least)


def _whole(mapping: Mapping | None, key: str, default: int | None) -> int | None:
    written = mapping.text(key) if mapping is not None else None
    if written is None:
        return default
    return whole_number(written) if len(written) <= 10 else None

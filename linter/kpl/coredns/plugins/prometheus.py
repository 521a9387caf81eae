"""The plugin ``prometheus``. (CoreDNS plugin/metrics/setup.go)"""

from __future__ import annotations

from dataclasses import dataclass

from kpl.coredns.controller import Controller


@dataclass
class Prometheus:
    """Where the metrics are, and the file with their TLS settings."""

    address: str = "localhost:9153"
    tls: str = ""


def setup(c: Controller) -> Prometheus:
    """``prometheus [ADDRESS]``, since 1.14.3 with a block; once."""
    prometheus = Prometheus()
    while c.next_only():
        c.block_zones()
        prometheus.address = c.address() or prometheus.address
        while c.since("1.14.3") and c.next_block():
            _option(c, prometheus)
    return prometheus


def _option(c: Controller, prometheus: Prometheus) -> None:
    name = c.val()
    if name == "runtime_metrics":
        if c.args():
            raise c.arg_err()
    elif name == "tls":
        if prometheus.tls:
            raise c.err("tls block already specified")
        prometheus.tls = c.only()
    else:
        raise c.err(f"unknown option: {name}")

"""KPL307."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Finding, Good, Rule, Severity, Stop, manifest
from kpl.corefiles import is_placeholder
from kpl.kubeproxy import KubeProxyConfig, runs_on_windows

_HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: iptables\n"
_NFTABLES = _HEAD.replace("iptables", "nftables")
_LONGEST = {"InterfaceNamePrefix": ("interfaceNamePrefix", 14), "BridgeInterface": ("bridgeInterface", 15)}
"""An interface's name has at most 15 characters (IFNAMSIZ with its last byte); a prefix takes one more for the ``+``."""


class InterfacePrefixTooLong(Rule):
    """An interface name is too long for iptables, so kube-proxy programs no rules.

    ## Why
    Validation only requires a name. In iptables and ipvs mode, iptables-restore then refuses every sync ("must be
    shorter than IFNAMSIZ (15)"), and kube-proxy retries forever: Services never work on the node. Tested with a prefix
    of 20 characters on 1.37. iptables 1.8.9 accepts 14 characters for a prefix and 15 for a name.

    ## Fix
    There is no automatic fix.

    ## References
    - https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/#kubeproxy-config-k8s-io-v1alpha1-DetectLocalConfiguration
    - https://man7.org/linux/man-pages/man8/iptables.8.html (--in-interface)
    """

    code = "KPL307"
    name = "interface-prefix-too-long"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    symptoms = ("nothing-programmed",)
    examples = [
        Bad(
            manifest(
                f"{_HEAD}detectLocalMode: InterfaceNamePrefix\ndetectLocal:\n  interfaceNamePrefix: a-cluster-s-pods\n"
            ),
            flags=["a-cluster-s-pods"],
        ),
        Good(manifest(f"{_HEAD}detectLocalMode: InterfaceNamePrefix\ndetectLocal:\n  interfaceNamePrefix: veth\n")),
        Good(manifest(f"{_HEAD}detectLocalMode: BridgeInterface\ndetectLocal:\n  bridgeInterface: abcdefghijklmno\n")),
        # fifteen characters are the most that the kernel takes
        Bad(
            manifest(f"{_HEAD}detectLocalMode: BridgeInterface\ndetectLocal:\n  bridgeInterface: abcdefghijklmnop\n"),
            flags=["abcdefghijklmnop"],
            says=["is longer than 15 characters"],
        ),
        Good(
            manifest(
                f"{_NFTABLES}detectLocalMode: BridgeInterface\ndetectLocal:\n  bridgeInterface: abcdefghijklmnop\n"
            )
        ),
        Good(
            manifest(
                f"{_HEAD}detectLocalMode: BridgeInterface\ndetectLocal:\n  bridgeInterface: '{{{{ .Values.bridge }}}}'\n"
            )
        ),
        # a prefix takes one more for the `+`
        Bad(
            manifest(
                f"{_HEAD}detectLocalMode: InterfaceNamePrefix\ndetectLocal:\n  interfaceNamePrefix: abcdefghijklmno\n"
            ),
            flags=["abcdefghijklmno"],
            says=["is longer than 14 characters"],
        ),
        Good(
            manifest(
                f"{_HEAD}detectLocalMode: InterfaceNamePrefix\ndetectLocal:\n  interfaceNamePrefix: abcdefghijklmn\n"
            )
        ),
    ]

    def check(self, config: KubeProxyConfig) -> Iterator[Finding]:
        """See the class."""
        mode = config.mode or ("" if config.partial else "iptables")
        if mode not in ("iptables", "ipvs") or runs_on_windows(config):
            return
        field, longest = _LONGEST.get(config.node.text("detectLocalMode") or "", ("", 0))
        name = config.node.text("detectLocal", field) if field else None
        if name is not None and not is_placeholder(name) and len(name.encode(errors="replace")) > longest:
            yield self.finding(
                name.span,
                f"`{name}` is longer than {longest} characters, so iptables refuses every sync and kube-proxy programs no rules",
                help=f"Shorten the name to at most {longest} characters.",
            )

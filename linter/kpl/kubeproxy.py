"""kube-proxy's configuration: its fields, modes, durations and networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.inputs.objects.kubeproxy import KubeProxyConfig as KubeProxyConfig
    from kpl.inputs.objects.proxyargs import proxy_flags as proxy_flags
    from kpl.inputs.objects.proxyflags import FLAG_FIELDS as FLAG_FIELDS
    from kpl.proxy.configuration.fields import PROXY_FIELDS as PROXY_FIELDS
    from kpl.proxy.configuration.fields import ZERO_COUNTS as ZERO_COUNTS
    from kpl.proxy.configuration.fields import field_path as field_path
    from kpl.proxy.configuration.fields import fields_called as fields_called
    from kpl.proxy.configuration.fields import fields_in as fields_in
    from kpl.proxy.configuration.fields import is_zero as is_zero
    from kpl.proxy.configuration.modes import DEFAULT_CHANGES as DEFAULT_CHANGES
    from kpl.proxy.configuration.modes import LOCALHOST_NODE_PORTS as LOCALHOST_NODE_PORTS
    from kpl.proxy.configuration.modes import NFTABLES_GATE as NFTABLES_GATE
    from kpl.proxy.configuration.modes import NFTABLES_STABLE as NFTABLES_STABLE
    from kpl.proxy.configuration.modes import PROXY_MODES as PROXY_MODES
    from kpl.proxy.configuration.modes import WINDOWS_MODE as WINDOWS_MODE
    from kpl.proxy.configuration.modes import accepted_modes as accepted_modes
    from kpl.proxy.configuration.modes import best_mode as best_mode
    from kpl.proxy.configuration.modes import needs_gate as needs_gate
    from kpl.proxy.configuration.modes import runs_on_windows as runs_on_windows
    from kpl.proxy.configuration.othernames import is_certainly_meant as is_certainly_meant
    from kpl.proxy.configuration.othernames import meant_field as meant_field
    from kpl.proxy.configuration.scalars import duration_of as duration_of
    from kpl.proxy.configuration.scalars import is_within as is_within
    from kpl.proxy.configuration.scalars import network_family as network_family
    from kpl.proxy.configuration.scalars import networks_overlap as networks_overlap
    from kpl.proxy.configuration.verdict.gates import RefusedGate as RefusedGate
    from kpl.proxy.configuration.verdict.gates import refused_gates as refused_gates
    from kpl.proxy.node.addresses import canonical_address as canonical_address
    from kpl.proxy.node.addresses import canonical_network as canonical_network
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.inputs.objects.kubeproxy": "KubeProxyConfig",
            "kpl.inputs.objects.proxyargs": "proxy_flags",
            "kpl.inputs.objects.proxyflags": "FLAG_FIELDS",
            "kpl.proxy.configuration.fields": "PROXY_FIELDS ZERO_COUNTS field_path fields_called fields_in is_zero",
            "kpl.proxy.configuration.modes": """
                DEFAULT_CHANGES LOCALHOST_NODE_PORTS NFTABLES_GATE NFTABLES_STABLE PROXY_MODES WINDOWS_MODE
                accepted_modes best_mode needs_gate runs_on_windows
            """,
            "kpl.proxy.configuration.othernames": "is_certainly_meant meant_field",
            "kpl.proxy.configuration.scalars": "duration_of is_within network_family networks_overlap",
            "kpl.proxy.configuration.verdict.gates": "RefusedGate refused_gates",
            "kpl.proxy.node.addresses": "canonical_address canonical_network",
        },
    )

"""kpl: the linter and fixer for Kubernetes DNS and service networking.

This module is the public face: everything that a rule may use. Names are imported when they are first asked for, so
that `kpl --version` costs nothing.
"""

from __future__ import annotations

__version__ = "0.1.0"

from typing import TYPE_CHECKING, Any

_HOMES = {
    "Bad": "kpl.lint.rule",
    "Confidence": "kpl.lint.rule",
    "Finding": "kpl.lint.rule",
    "Good": "kpl.lint.rule",
    "LateExamples": "kpl.lint.rule",
    "Related": "kpl.lint.rule",
    "Rule": "kpl.lint.rule",
    "Severity": "kpl.lint.rule",
    "Stop": "kpl.lint.rule",
    "corefile": "kpl.lint.rule",
    "dump": "kpl.lint.rule",
    "files": "kpl.lint.rule",
    "manifest": "kpl.lint.rule",
    "Suppression": "kpl.lint.suppression",
    "Document": "kpl.inputs.document",
    "is_corefile": "kpl.inputs.document",
    "is_dump": "kpl.inputs.document",
    "corefile_placeholder": "kpl.inputs.placeholders",
    "template_placeholder": "kpl.inputs.placeholders",
    "Cluster": "kpl.cluster",
    "Facts": "kpl.facts",
    "Role": "kpl.coredns.roles",
    "role_of": "kpl.coredns.roles",
    "is_cluster_block": "kpl.coredns.roles",
    "ANSWERING_PLUGINS": "kpl.coredns.versions",
    "DATA_PLUGINS": "kpl.coredns.versions",
    "directive_known": "kpl.coredns.versions",
    "keyword_known": "kpl.coredns.versions",
    "keyword_removed_in": "kpl.coredns.versions",
    "keyword_without_effect_since": "kpl.coredns.versions",
    "duration_of": "kpl.proxy.configuration.scalars",
    "canonical_network": "kpl.proxy.node.addresses",
    "is_within": "kpl.proxy.configuration.scalars",
    "network_family": "kpl.proxy.configuration.scalars",
    "added_in": "kpl.coredns.versions",
    "removed_in": "kpl.coredns.versions",
    "directive_order": "kpl.coredns.versions",
    "enclosed": "kpl.text.enclosed",
    "tokenize": "kpl.coredns.tokens",
    "served_zones": "kpl.coredns.zones",
    "zones_of": "kpl.coredns.zones",
    "replace_directive": "kpl.coredns.replacements",
    "replace_option": "kpl.coredns.replacements",
    "is_public_address": "kpl.coredns.upstreams",
    "Edit": "kpl.text.edit",
    "Fix": "kpl.text.edit",
    "Span": "kpl.text.span",
    "Text": "kpl.text.span",
    "Version": "kpl.text.version",
    "Corefile": "kpl.inputs.corefile",
    "Directive": "kpl.inputs.corefile",
    "Property": "kpl.inputs.corefile",
    "ServerBlock": "kpl.inputs.corefile",
    "is_placeholder": "kpl.inputs.corefile",
    "Container": "kpl.inputs.kubernetes",
    "EndpointSlice": "kpl.inputs.services",
    "NodeObject": "kpl.inputs.kubernetes",
    "Service": "kpl.inputs.services",
    "Workload": "kpl.inputs.kubernetes",
    "KubeProxyConfig": "kpl.inputs.kubeproxy",
    "ParseFailure": "kpl.inputs.document",
    "Mapping": "kpl.inputs.yamltree",
    "Scalar": "kpl.inputs.yamltree",
    "Sequence": "kpl.inputs.yamltree",
    "add_entry": "kpl.inputs.yamledit",
    "add_item": "kpl.inputs.yamledit",
    "remove_entry": "kpl.inputs.yamledit",
    "quote_scalar": "kpl.inputs.yamledit",
    "remove_item": "kpl.inputs.yamledit",
    "replace_item": "kpl.inputs.yamledit",
    "set_scalar": "kpl.inputs.yamledit",
    "Listing": "kpl.inputs.listing",
    "NftChain": "kpl.inputs.nftables",
    "NftRule": "kpl.inputs.nftrule",
    "NftRuleset": "kpl.inputs.nftables",
    "NftSet": "kpl.inputs.nftables",
    "NftTable": "kpl.inputs.nftables",
    "NftVerdict": "kpl.inputs.nftrule",
    "kube_proxy_tables": "kpl.proxy.nft.states",
    "is_whole": "kpl.proxy.nft.facts",
    "whole_tables": "kpl.proxy.nft.facts",
    "jumps_in": "kpl.proxy.nft.facts",
    "mark_bits": "kpl.proxy.nft.facts",
    "mark_cleared": "kpl.proxy.nft.facts",
    "mark_set": "kpl.proxy.nft.facts",
    "mark_tested": "kpl.proxy.nft.facts",
    "chains_reached_from_hook": "kpl.proxy.nft.facts",
    "NftName": "kpl.proxy.nft.names",
    "read_name": "kpl.proxy.nft.names",
    "cluster_dns_ports": "kpl.proxy.services.clusterdns",
    "is_cluster_dns": "kpl.proxy.services.clusterdns",
    "Ruleset": "kpl.inputs.ruleset",
    "IPTABLES_EXTENSIONS": "kpl.proxy.iptables.chains",
    "endpoint_chain": "kpl.proxy.iptables.chains",
    "is_certainly_a_chain": "kpl.proxy.iptables.chains",
    "service_chain": "kpl.proxy.iptables.chains",
    "kube_proxy_rules": "kpl.proxy.iptables.programmed",
    "longest_walk": "kpl.proxy.iptables.programmed",
    "programmed_services": "kpl.proxy.iptables.programmed",
    "Table": "kpl.inputs.ruleset",
    "PROXY_FIELDS": "kpl.proxy.configuration.fields",
    "ZERO_COUNTS": "kpl.proxy.configuration.fields",
    "field_path": "kpl.proxy.configuration.fields",
    "fields_called": "kpl.proxy.configuration.fields",
    "fields_in": "kpl.proxy.configuration.fields",
    "is_zero": "kpl.proxy.configuration.fields",
    "is_certainly_meant": "kpl.proxy.configuration.othernames",
    "meant_field": "kpl.proxy.configuration.othernames",
    "DEFAULT_CHANGES": "kpl.proxy.configuration.modes",
    "LOCALHOST_NODE_PORTS": "kpl.proxy.configuration.modes",
    "NFTABLES_GATE": "kpl.proxy.configuration.modes",
    "NFTABLES_STABLE": "kpl.proxy.configuration.modes",
    "PROXY_MODES": "kpl.proxy.configuration.modes",
    "WINDOWS_MODE": "kpl.proxy.configuration.modes",
    "accepted_modes": "kpl.proxy.configuration.modes",
    "best_mode": "kpl.proxy.configuration.modes",
    "needs_gate": "kpl.proxy.configuration.modes",
    "runs_on_windows": "kpl.proxy.configuration.modes",
    "canonical_address": "kpl.proxy.node.addresses",
    "Difference": "kpl.proxy.node.compare",
    "DifferenceKind": "kpl.proxy.node.compare",
    "Destination": "kpl.proxy.node.state",
    "Endpoint": "kpl.proxy.node.state",
    "NodeState": "kpl.proxy.node.state",
    "PortState": "kpl.proxy.node.state",
    "dumps_in": "kpl.proxy.iptables.states",
    "mode_of": "kpl.proxy.dumps.inspection",
    "IPTABLES_SERVICES": "kpl.proxy.iptables.scale",
    "rules_walked_by_first_packet": "kpl.proxy.iptables.scale",
    "how_often_in_full": "kpl.proxy.iptables.scale",
    "rules_written_by_full_sync": "kpl.proxy.iptables.scale",
    "alpine_image": "kpl.resolver.alpineimages",
    "GLIBC_OPTIONS": "kpl.resolver.options",
    "MUSL_OPTIONS": "kpl.resolver.options",
    "HostName": "kpl.resolver.names",
    "host_names": "kpl.resolver.names",
    "HOST_CLUE": "kpl.resolver.names",
    "CLUSTER_POLICIES": "kpl.resolver.pods",
    "dns_policy_of": "kpl.resolver.pods",
    "hosts_file": "kpl.resolver.pods",
    "is_complete": "kpl.resolver.pods",
    "libc_of": "kpl.resolver.pods",
    "libc_of_image": "kpl.resolver.pods",
    "pod_resolver": "kpl.resolver.pods",
    "serving_containers": "kpl.resolver.pods",
    "written_ndots": "kpl.resolver.pods",
    "GLIBC": "kpl.resolver.search",
    "MUSL": "kpl.resolver.search",
    "NameKind": "kpl.resolver.search",
    "Resolver": "kpl.resolver.search",
    "absolute_name": "kpl.resolver.search",
    "pod_search": "kpl.resolver.search",
    "IpvsDump": "kpl.inputs.ipvs",
    "VirtualServer": "kpl.inputs.ipvs",
    "IpvsTable": "kpl.inputs.ipvs",
    "ConntrackDump": "kpl.inputs.conntrack",
    "Counters": "kpl.inputs.conntrack",
    "Flow": "kpl.inputs.conntrack",
    "IpsetDump": "kpl.inputs.ipset",
    "ResolvConf": "kpl.inputs.resolvconf",
    "Frontend": "kpl.proxy.ipvs.sets",
    "KubeSets": "kpl.proxy.ipvs.sets",
    "sets_of_node": "kpl.proxy.ipvs.sets",
    "lost_to_clashes": "kpl.conntrack",
    "lost_to_a_full_table": "kpl.conntrack",
    "entries_made": "kpl.conntrack",
    "table_size": "kpl.conntrack",
    "OTHER_OPTIONS": "kpl.resolver.options",
    "nearest_option": "kpl.resolver.options",
    "DNS_CONFIG_FIELDS": "kpl.resolver.limits",
    "MAX_SEARCHES": "kpl.resolver.limits",
    "MAX_SEARCH_CHARACTERS": "kpl.resolver.limits",
    "STRICT_ADDRESSES": "kpl.resolver.limits",
    "NUMBER_OPTIONS": "kpl.resolver.options",
    "DNS_POLICIES": "kpl.resolver.pods",
    "MAX_NAMESERVERS": "kpl.resolver.limits",
    "MUSL_LINE": "kpl.resolver.search",
    "MAX_NDOTS": "kpl.resolver.search",
    "MARK_MASQ": "kpl.proxy.iptables.leaves",
    "Leaf": "kpl.proxy.iptables.leaves",
    "Portal": "kpl.proxy.iptables.leaves",
    "branches": "kpl.proxy.iptables.leaves",
    "host_of": "kpl.proxy.iptables.leaves",
    "is_large": "kpl.proxy.iptables.leaves",
    "is_unconditional": "kpl.proxy.iptables.leaves",
    "chains_leading_to": "kpl.proxy.iptables.leaves",
    "named_leaves": "kpl.proxy.iptables.leaves",
    "odd_leaves": "kpl.proxy.iptables.leaves",
    "per_service": "kpl.proxy.iptables.leaves",
    "portals": "kpl.proxy.iptables.leaves",
    "chains_reached_from": "kpl.proxy.iptables.leaves",
    "Mark": "kpl.proxy.iptables.marks",
    "mark_of": "kpl.proxy.iptables.marks",
    "matched_mark": "kpl.proxy.iptables.marks",
    "written_mark": "kpl.proxy.iptables.marks",
    "SaveHeader": "kpl.inputs.saveheaders",
    "open_line": "kpl.inputs.shapes",
    "header_above": "kpl.inputs.saveheaders",
    "legacy_warning": "kpl.inputs.saveheaders",
    "save_headers": "kpl.inputs.saveheaders",
    "first_line": "kpl.text.lines",
    "line_end": "kpl.text.lines",
    "and_more": "kpl.text.words",
    "closest": "kpl.text.words",
    "whole_number": "kpl.text.number",
}

__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from kpl.cluster import Cluster as Cluster
    from kpl.conntrack import entries_made as entries_made
    from kpl.conntrack import lost_to_a_full_table as lost_to_a_full_table
    from kpl.conntrack import lost_to_clashes as lost_to_clashes
    from kpl.conntrack import table_size as table_size
    from kpl.coredns.replacements import replace_directive as replace_directive
    from kpl.coredns.replacements import replace_option as replace_option
    from kpl.coredns.roles import Role as Role
    from kpl.coredns.roles import is_cluster_block as is_cluster_block
    from kpl.coredns.roles import role_of as role_of
    from kpl.coredns.tokens import tokenize as tokenize
    from kpl.coredns.upstreams import is_public_address as is_public_address
    from kpl.coredns.versions import ANSWERING_PLUGINS as ANSWERING_PLUGINS
    from kpl.coredns.versions import DATA_PLUGINS as DATA_PLUGINS
    from kpl.coredns.versions import added_in as added_in
    from kpl.coredns.versions import directive_known as directive_known
    from kpl.coredns.versions import directive_order as directive_order
    from kpl.coredns.versions import keyword_known as keyword_known
    from kpl.coredns.versions import keyword_removed_in as keyword_removed_in
    from kpl.coredns.versions import keyword_without_effect_since as keyword_without_effect_since
    from kpl.coredns.versions import removed_in as removed_in
    from kpl.coredns.zones import served_zones as served_zones
    from kpl.coredns.zones import zones_of as zones_of
    from kpl.facts import Facts as Facts
    from kpl.inputs.conntrack import ConntrackDump as ConntrackDump
    from kpl.inputs.conntrack import Counters as Counters
    from kpl.inputs.conntrack import Flow as Flow
    from kpl.inputs.corefile import Corefile as Corefile
    from kpl.inputs.corefile import Directive as Directive
    from kpl.inputs.corefile import Property as Property
    from kpl.inputs.corefile import ServerBlock as ServerBlock
    from kpl.inputs.corefile import is_placeholder as is_placeholder
    from kpl.inputs.document import Document as Document
    from kpl.inputs.document import ParseFailure as ParseFailure
    from kpl.inputs.document import is_corefile as is_corefile
    from kpl.inputs.document import is_dump as is_dump
    from kpl.inputs.ipset import IpsetDump as IpsetDump
    from kpl.inputs.ipvs import IpvsDump as IpvsDump
    from kpl.inputs.ipvs import IpvsTable as IpvsTable
    from kpl.inputs.ipvs import VirtualServer as VirtualServer
    from kpl.inputs.kubeproxy import KubeProxyConfig as KubeProxyConfig
    from kpl.inputs.kubernetes import Container as Container
    from kpl.inputs.kubernetes import NodeObject as NodeObject
    from kpl.inputs.kubernetes import Workload as Workload
    from kpl.inputs.listing import Listing as Listing
    from kpl.inputs.nftables import NftChain as NftChain
    from kpl.inputs.nftables import NftRuleset as NftRuleset
    from kpl.inputs.nftables import NftSet as NftSet
    from kpl.inputs.nftables import NftTable as NftTable
    from kpl.inputs.nftrule import NftRule as NftRule
    from kpl.inputs.nftrule import NftVerdict as NftVerdict
    from kpl.inputs.placeholders import corefile_placeholder as corefile_placeholder
    from kpl.inputs.placeholders import template_placeholder as template_placeholder
    from kpl.inputs.resolvconf import ResolvConf as ResolvConf
    from kpl.inputs.ruleset import Ruleset as Ruleset
    from kpl.inputs.ruleset import Table as Table
    from kpl.inputs.saveheaders import SaveHeader as SaveHeader
    from kpl.inputs.saveheaders import header_above as header_above
    from kpl.inputs.saveheaders import legacy_warning as legacy_warning
    from kpl.inputs.saveheaders import save_headers as save_headers
    from kpl.inputs.services import EndpointSlice as EndpointSlice
    from kpl.inputs.services import Service as Service
    from kpl.inputs.shapes import open_line as open_line
    from kpl.inputs.yamledit import add_entry as add_entry
    from kpl.inputs.yamledit import add_item as add_item
    from kpl.inputs.yamledit import quote_scalar as quote_scalar
    from kpl.inputs.yamledit import remove_entry as remove_entry
    from kpl.inputs.yamledit import remove_item as remove_item
    from kpl.inputs.yamledit import replace_item as replace_item
    from kpl.inputs.yamledit import set_scalar as set_scalar
    from kpl.inputs.yamltree import Mapping as Mapping
    from kpl.inputs.yamltree import Scalar as Scalar
    from kpl.inputs.yamltree import Sequence as Sequence
    from kpl.lint.rule import Bad as Bad
    from kpl.lint.rule import Confidence as Confidence
    from kpl.lint.rule import Finding as Finding
    from kpl.lint.rule import Good as Good
    from kpl.lint.rule import LateExamples as LateExamples
    from kpl.lint.rule import Related as Related
    from kpl.lint.rule import Rule as Rule
    from kpl.lint.rule import Severity as Severity
    from kpl.lint.rule import Stop as Stop
    from kpl.lint.rule import corefile as corefile
    from kpl.lint.rule import dump as dump
    from kpl.lint.rule import files as files
    from kpl.lint.rule import manifest as manifest
    from kpl.lint.suppression import Suppression as Suppression
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
    from kpl.proxy.dumps.inspection import mode_of as mode_of
    from kpl.proxy.iptables.chains import IPTABLES_EXTENSIONS as IPTABLES_EXTENSIONS
    from kpl.proxy.iptables.chains import endpoint_chain as endpoint_chain
    from kpl.proxy.iptables.chains import is_certainly_a_chain as is_certainly_a_chain
    from kpl.proxy.iptables.chains import service_chain as service_chain
    from kpl.proxy.iptables.leaves import MARK_MASQ as MARK_MASQ
    from kpl.proxy.iptables.leaves import Leaf as Leaf
    from kpl.proxy.iptables.leaves import Portal as Portal
    from kpl.proxy.iptables.leaves import branches as branches
    from kpl.proxy.iptables.leaves import chains_leading_to as chains_leading_to
    from kpl.proxy.iptables.leaves import chains_reached_from as chains_reached_from
    from kpl.proxy.iptables.leaves import host_of as host_of
    from kpl.proxy.iptables.leaves import is_large as is_large
    from kpl.proxy.iptables.leaves import is_unconditional as is_unconditional
    from kpl.proxy.iptables.leaves import named_leaves as named_leaves
    from kpl.proxy.iptables.leaves import odd_leaves as odd_leaves
    from kpl.proxy.iptables.leaves import per_service as per_service
    from kpl.proxy.iptables.leaves import portals as portals
    from kpl.proxy.iptables.marks import Mark as Mark
    from kpl.proxy.iptables.marks import mark_of as mark_of
    from kpl.proxy.iptables.marks import matched_mark as matched_mark
    from kpl.proxy.iptables.marks import written_mark as written_mark
    from kpl.proxy.iptables.programmed import kube_proxy_rules as kube_proxy_rules
    from kpl.proxy.iptables.programmed import longest_walk as longest_walk
    from kpl.proxy.iptables.programmed import programmed_services as programmed_services
    from kpl.proxy.iptables.scale import IPTABLES_SERVICES as IPTABLES_SERVICES
    from kpl.proxy.iptables.scale import how_often_in_full as how_often_in_full
    from kpl.proxy.iptables.scale import rules_walked_by_first_packet as rules_walked_by_first_packet
    from kpl.proxy.iptables.scale import rules_written_by_full_sync as rules_written_by_full_sync
    from kpl.proxy.iptables.states import dumps_in as dumps_in
    from kpl.proxy.ipvs.sets import Frontend as Frontend
    from kpl.proxy.ipvs.sets import KubeSets as KubeSets
    from kpl.proxy.ipvs.sets import sets_of_node as sets_of_node
    from kpl.proxy.nft.facts import chains_reached_from_hook as chains_reached_from_hook
    from kpl.proxy.nft.facts import is_whole as is_whole
    from kpl.proxy.nft.facts import jumps_in as jumps_in
    from kpl.proxy.nft.facts import mark_bits as mark_bits
    from kpl.proxy.nft.facts import mark_cleared as mark_cleared
    from kpl.proxy.nft.facts import mark_set as mark_set
    from kpl.proxy.nft.facts import mark_tested as mark_tested
    from kpl.proxy.nft.facts import whole_tables as whole_tables
    from kpl.proxy.nft.names import NftName as NftName
    from kpl.proxy.nft.names import read_name as read_name
    from kpl.proxy.nft.states import kube_proxy_tables as kube_proxy_tables
    from kpl.proxy.node.addresses import canonical_address as canonical_address
    from kpl.proxy.node.addresses import canonical_network as canonical_network
    from kpl.proxy.node.compare import Difference as Difference
    from kpl.proxy.node.compare import DifferenceKind as DifferenceKind
    from kpl.proxy.node.state import Destination as Destination
    from kpl.proxy.node.state import Endpoint as Endpoint
    from kpl.proxy.node.state import NodeState as NodeState
    from kpl.proxy.node.state import PortState as PortState
    from kpl.proxy.services.clusterdns import cluster_dns_ports as cluster_dns_ports
    from kpl.proxy.services.clusterdns import is_cluster_dns as is_cluster_dns
    from kpl.resolver.alpineimages import alpine_image as alpine_image
    from kpl.resolver.limits import DNS_CONFIG_FIELDS as DNS_CONFIG_FIELDS
    from kpl.resolver.limits import MAX_NAMESERVERS as MAX_NAMESERVERS
    from kpl.resolver.limits import MAX_SEARCH_CHARACTERS as MAX_SEARCH_CHARACTERS
    from kpl.resolver.limits import MAX_SEARCHES as MAX_SEARCHES
    from kpl.resolver.limits import STRICT_ADDRESSES as STRICT_ADDRESSES
    from kpl.resolver.names import HOST_CLUE as HOST_CLUE
    from kpl.resolver.names import HostName as HostName
    from kpl.resolver.names import host_names as host_names
    from kpl.resolver.options import GLIBC_OPTIONS as GLIBC_OPTIONS
    from kpl.resolver.options import MUSL_OPTIONS as MUSL_OPTIONS
    from kpl.resolver.options import NUMBER_OPTIONS as NUMBER_OPTIONS
    from kpl.resolver.options import OTHER_OPTIONS as OTHER_OPTIONS
    from kpl.resolver.options import nearest_option as nearest_option
    from kpl.resolver.pods import CLUSTER_POLICIES as CLUSTER_POLICIES
    from kpl.resolver.pods import DNS_POLICIES as DNS_POLICIES
    from kpl.resolver.pods import dns_policy_of as dns_policy_of
    from kpl.resolver.pods import hosts_file as hosts_file
    from kpl.resolver.pods import is_complete as is_complete
    from kpl.resolver.pods import libc_of as libc_of
    from kpl.resolver.pods import libc_of_image as libc_of_image
    from kpl.resolver.pods import pod_resolver as pod_resolver
    from kpl.resolver.pods import serving_containers as serving_containers
    from kpl.resolver.pods import written_ndots as written_ndots
    from kpl.resolver.search import GLIBC as GLIBC
    from kpl.resolver.search import MAX_NDOTS as MAX_NDOTS
    from kpl.resolver.search import MUSL as MUSL
    from kpl.resolver.search import MUSL_LINE as MUSL_LINE
    from kpl.resolver.search import NameKind as NameKind
    from kpl.resolver.search import Resolver as Resolver
    from kpl.resolver.search import absolute_name as absolute_name
    from kpl.resolver.search import pod_search as pod_search
    from kpl.text.edit import Edit as Edit
    from kpl.text.edit import Fix as Fix
    from kpl.text.enclosed import enclosed as enclosed
    from kpl.text.lines import first_line as first_line
    from kpl.text.lines import line_end as line_end
    from kpl.text.number import whole_number as whole_number
    from kpl.text.span import Span as Span
    from kpl.text.span import Text as Text
    from kpl.text.version import Version as Version
    from kpl.text.words import and_more as and_more
    from kpl.text.words import closest as closest


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'kpl' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value

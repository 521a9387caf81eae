"""Corefiles: their blocks, directives and placeholders, what CoreDNS is to the cluster, and what its releases know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.coredns.access import Restriction as Restriction
    from kpl.coredns.access import restrictions as restrictions
    from kpl.coredns.answering import Taken as Taken
    from kpl.coredns.answering import answerers as answerers
    from kpl.coredns.answering import taken_names as taken_names
    from kpl.coredns.caching import Caching as Caching
    from kpl.coredns.caching import caching_of as caching_of
    from kpl.coredns.customized import imported_directives as imported_directives
    from kpl.coredns.deployed import Deployed as Deployed
    from kpl.coredns.deployed import Mount as Mount
    from kpl.coredns.deployed import Probe as Probe
    from kpl.coredns.deployed import coredns_container as coredns_container
    from kpl.coredns.deployed import deployed as deployed
    from kpl.coredns.deployed import deployed_cache as deployed_cache
    from kpl.coredns.deployed import release_of as release_of
    from kpl.coredns.loops import loops as loops
    from kpl.coredns.patterns import ends_before_dot as ends_before_dot
    from kpl.coredns.patterns import upper_case_letter as upper_case_letter
    from kpl.coredns.resolvers import Resolver as Resolver
    from kpl.coredns.resolvers import known_resolver as known_resolver
    from kpl.coredns.resolvers import resolver_named as resolver_named
    from kpl.coredns.rewriting import NameRewrite as NameRewrite
    from kpl.coredns.rewriting import name_rewrite as name_rewrite
    from kpl.coredns.roles import Role as Role
    from kpl.coredns.roles import is_cluster_block as is_cluster_block
    from kpl.coredns.roles import role_of as role_of
    from kpl.coredns.tokens import tokenize as tokenize
    from kpl.coredns.upstreams import is_internal_address as is_internal_address
    from kpl.coredns.upstreams import is_public_address as is_public_address
    from kpl.coredns.versions import ANSWERING_PLUGINS as ANSWERING_PLUGINS
    from kpl.coredns.versions import DATA_PLUGINS as DATA_PLUGINS
    from kpl.coredns.versions import added_in as added_in
    from kpl.coredns.versions import chain_known as chain_known
    from kpl.coredns.versions import directive_known as directive_known
    from kpl.coredns.versions import directive_order as directive_order
    from kpl.coredns.versions import keyword_known as keyword_known
    from kpl.coredns.versions import keyword_removed_in as keyword_removed_in
    from kpl.coredns.versions import keyword_without_effect_since as keyword_without_effect_since
    from kpl.coredns.versions import removed_in as removed_in
    from kpl.coredns.versions import runs_before as runs_before
    from kpl.coredns.vulnerabilities import Vulnerability as Vulnerability
    from kpl.coredns.vulnerabilities import known_vulnerabilities as known_vulnerabilities
    from kpl.coredns.zones import served_zones as served_zones
    from kpl.coredns.zones import zones_of as zones_of
    from kpl.golang.dnsname import is_subdomain as is_subdomain
    from kpl.inputs.charts.chartsources import ChartSource as ChartSource
    from kpl.inputs.charts.corednschart import CorednsChart as CorednsChart
    from kpl.inputs.corefile.model import Corefile as Corefile
    from kpl.inputs.corefile.model import Directive as Directive
    from kpl.inputs.corefile.model import Property as Property
    from kpl.inputs.corefile.model import ServerBlock as ServerBlock
    from kpl.inputs.corefile.model import is_placeholder as is_placeholder
    from kpl.inputs.corefile.parser import parse_corefile as parse_corefile
    from kpl.inputs.corefile.placeholders import corefile_placeholder as corefile_placeholder
    from kpl.inputs.document import is_corefile as is_corefile
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.coredns.answering": "Taken answerers taken_names",
            "kpl.coredns.customized": "imported_directives",
            "kpl.coredns.deployed": "Deployed Mount Probe coredns_container deployed deployed_cache release_of",
            "kpl.coredns.loops": "loops",
            "kpl.coredns.patterns": "ends_before_dot upper_case_letter",
            "kpl.coredns.rewriting": "NameRewrite name_rewrite",
            "kpl.coredns.access": "Restriction restrictions",
            "kpl.coredns.caching": "Caching caching_of",
            "kpl.coredns.resolvers": "Resolver known_resolver resolver_named",
            "kpl.coredns.roles": "Role is_cluster_block role_of",
            "kpl.coredns.tokens": "tokenize",
            "kpl.coredns.upstreams": "is_internal_address is_public_address",
            "kpl.coredns.versions": """
                ANSWERING_PLUGINS DATA_PLUGINS added_in chain_known directive_known directive_order keyword_known
                keyword_removed_in keyword_without_effect_since removed_in runs_before
            """,
            "kpl.coredns.vulnerabilities": "Vulnerability known_vulnerabilities",
            "kpl.coredns.zones": "served_zones zones_of",
            "kpl.golang.dnsname": "is_subdomain",
            "kpl.inputs.charts.chartsources": "ChartSource",
            "kpl.inputs.charts.corednschart": "CorednsChart",
            "kpl.inputs.corefile.model": "Corefile Directive Property ServerBlock is_placeholder",
            "kpl.inputs.corefile.parser": "parse_corefile",
            "kpl.inputs.document": "is_corefile",
            "kpl.inputs.corefile.placeholders": "corefile_placeholder",
        },
    )

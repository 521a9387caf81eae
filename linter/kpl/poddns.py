"""What a pod's resolver does with a name: its libc, its options, its search domains, and their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpl.lazy import lazy

if TYPE_CHECKING:
    from kpl.inputs.evidence.resolvconf import ResolvConf as ResolvConf
    from kpl.resolver.alpineimages import alpine_image as alpine_image
    from kpl.resolver.calls import CALL_CLUE as CALL_CLUE
    from kpl.resolver.calls import Call as Call
    from kpl.resolver.limits import DNS_CONFIG_FIELDS as DNS_CONFIG_FIELDS
    from kpl.resolver.limits import EXPANDED_SEARCHES as EXPANDED_SEARCHES
    from kpl.resolver.limits import MAX_NAMESERVERS as MAX_NAMESERVERS
    from kpl.resolver.limits import MAX_SEARCH_CHARACTERS as MAX_SEARCH_CHARACTERS
    from kpl.resolver.limits import MAX_SEARCHES as MAX_SEARCHES
    from kpl.resolver.limits import OLD_MAX_SEARCH_CHARACTERS as OLD_MAX_SEARCH_CHARACTERS
    from kpl.resolver.limits import OLD_MAX_SEARCHES as OLD_MAX_SEARCHES
    from kpl.resolver.limits import STRICT_ADDRESSES as STRICT_ADDRESSES
    from kpl.resolver.names import ENV_CLUE as ENV_CLUE
    from kpl.resolver.names import HOST_CLUE as HOST_CLUE
    from kpl.resolver.names import PRIVATE_CLUE as PRIVATE_CLUE
    from kpl.resolver.names import HostName as HostName
    from kpl.resolver.names import TakenName as TakenName
    from kpl.resolver.names import host_names as host_names
    from kpl.resolver.names import private_names as private_names
    from kpl.resolver.options import GLIBC_OPTIONS as GLIBC_OPTIONS
    from kpl.resolver.options import MUSL_OPTIONS as MUSL_OPTIONS
    from kpl.resolver.options import NUMBER_OPTIONS as NUMBER_OPTIONS
    from kpl.resolver.options import OTHER_OPTIONS as OTHER_OPTIONS
    from kpl.resolver.options import nearest_option as nearest_option
    from kpl.resolver.pods import CLUSTER_POLICIES as CLUSTER_POLICIES
    from kpl.resolver.pods import DNS_POLICIES as DNS_POLICIES
    from kpl.resolver.pods import dns_policy_of as dns_policy_of
    from kpl.resolver.pods import glibc_release_of as glibc_release_of
    from kpl.resolver.pods import hosts_file as hosts_file
    from kpl.resolver.pods import is_complete as is_complete
    from kpl.resolver.pods import libc_of as libc_of
    from kpl.resolver.pods import pod_resolver as pod_resolver
    from kpl.resolver.pods import serving_containers as serving_containers
    from kpl.resolver.pods import written_ndots as written_ndots
    from kpl.resolver.policies import DNS_NAMESPACES as DNS_NAMESPACES
    from kpl.resolver.policies import EGRESS_CLUE as EGRESS_CLUE
    from kpl.resolver.policies import NAMESPACE_NAME as NAMESPACE_NAME
    from kpl.resolver.policies import dns_protocols as dns_protocols
    from kpl.resolver.policies import is_only_dns as is_only_dns
    from kpl.resolver.policies import isolated_pods as isolated_pods
    from kpl.resolver.policies import labels_of as labels_of
    from kpl.resolver.policies import names_dns as names_dns
    from kpl.resolver.policies import needs_names as needs_names
    from kpl.resolver.policies import selects_kube_dns as selects_kube_dns
    from kpl.resolver.search import GLIBC as GLIBC
    from kpl.resolver.search import MAX_NDOTS as MAX_NDOTS
    from kpl.resolver.search import MUSL as MUSL
    from kpl.resolver.search import MUSL_LINE as MUSL_LINE
    from kpl.resolver.search import NameKind as NameKind
    from kpl.resolver.search import absolute_name as absolute_name
else:
    __all__, __getattr__ = lazy(
        __name__,
        {
            "kpl.inputs.evidence.resolvconf": "ResolvConf",
            "kpl.resolver.alpineimages": "alpine_image",
            "kpl.resolver.calls": "CALL_CLUE Call",
            "kpl.resolver.limits": """
                DNS_CONFIG_FIELDS EXPANDED_SEARCHES MAX_NAMESERVERS MAX_SEARCHES MAX_SEARCH_CHARACTERS OLD_MAX_SEARCHES
                OLD_MAX_SEARCH_CHARACTERS STRICT_ADDRESSES
            """,
            "kpl.resolver.names": "ENV_CLUE HOST_CLUE PRIVATE_CLUE HostName TakenName host_names private_names",
            "kpl.resolver.options": "GLIBC_OPTIONS MUSL_OPTIONS NUMBER_OPTIONS OTHER_OPTIONS nearest_option",
            "kpl.resolver.pods": """
                CLUSTER_POLICIES DNS_POLICIES dns_policy_of glibc_release_of hosts_file is_complete libc_of pod_resolver
                serving_containers written_ndots
            """,
            "kpl.resolver.policies": """
                DNS_NAMESPACES EGRESS_CLUE NAMESPACE_NAME dns_protocols is_only_dns isolated_pods labels_of names_dns
                needs_names selects_kube_dns
            """,
            "kpl.resolver.search": "GLIBC MAX_NDOTS MUSL MUSL_LINE NameKind absolute_name",
        },
    )

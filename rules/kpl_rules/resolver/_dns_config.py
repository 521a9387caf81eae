"""What Kubernetes says to the ``dnsPolicy`` and the ``dnsConfig`` of a pod.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go (``validateDNSPolicy``,
``validatePodDNSConfig``)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Fix, Version
from kpl.corefiles import is_placeholder
from kpl.edits import set_scalar
from kpl.manifests import Mapping, Scalar, Sequence, Workload
from kpl.poddns import (
    CLUSTER_POLICIES,
    DNS_CONFIG_FIELDS,
    DNS_POLICIES,
    EXPANDED_SEARCHES,
    MAX_NAMESERVERS,
    MAX_SEARCH_CHARACTERS,
    MAX_SEARCHES,
    OLD_MAX_SEARCH_CHARACTERS,
    OLD_MAX_SEARCHES,
    STRICT_ADDRESSES,
    dns_policy_of,
    is_complete,
)
from kpl.words import closest
from kpl_rules.resolver._dns_options import option_faults
from kpl_rules.resolver._faults import Fault, misspelt_keys

_CLUSTER_SEARCHES = 3
"""The search domains that the kubelet writes first for a pod that asks cluster DNS."""
_GATE = Version("1.22")
_LEADING_ZEROS = re.compile(r"(?<![\d.])0+(?=\d)|(?<=\.)0+(?=\d)")


def dns_faults(workload: Workload, kubernetes: Version) -> Iterator[Fault]:
    """All that is wrong with the DNS settings of a pod in this release of Kubernetes."""
    yield from _policy(workload)
    config = workload.dns_config
    if config is None:
        return
    yield from misspelt_keys(workload.text, config, DNS_CONFIG_FIELDS, "`dnsConfig`")
    for field in DNS_CONFIG_FIELDS:
        value = config.get(field)
        if (
            isinstance(value, Mapping)
            or isinstance(value, Scalar)
            and not value.is_null
            and not is_placeholder(value.value)
        ):
            yield Fault(
                value.span,
                f"`{field}` is not a list, so Kubernetes refuses the object",
                f"Write a list under `{field}:`.",
            )
    yield from _nameservers(config, kubernetes)
    yield from _searches(workload, config, kubernetes)
    yield from option_faults(workload)


def _policy(workload: Workload) -> Iterator[Fault]:
    scalar = workload.pod.scalar("dnsPolicy")
    if scalar is None or not scalar.value or is_placeholder(scalar.value):
        return
    if scalar.value not in DNS_POLICIES:
        near = closest(scalar.value, DNS_POLICIES)
        edit = set_scalar(workload.text, scalar, near[0]) if near is not None else None
        yield Fault(
            scalar.span,
            f"`{scalar.value}` is not a DNS policy, so Kubernetes refuses the object",
            f"Replace it with `{near[0]}`."
            if near is not None
            else f"Use one of {', '.join(f'`{each}`' for each in DNS_POLICIES)}.",
            Fix(f"Replace `{scalar.value}` with `{near[0]}`", (edit,))
            if near is not None and edit is not None
            else None,
        )
    elif scalar.value == "None" and is_complete(workload) and _lacks_nameservers(workload):
        yield Fault(
            scalar.span,
            "`dnsPolicy: None` has no nameserver in `dnsConfig`, so Kubernetes refuses the object",
            "Add at least one address under `dnsConfig.nameservers`. Or remove `dnsPolicy` to use the cluster's DNS.",
            is_written=False,
        )


def _lacks_nameservers(workload: Workload) -> bool:
    """Whether no nameserver is given; a misspelt field or a placeholder is not that fault."""
    config = workload.pod.get("dnsConfig")
    if config is None or isinstance(config, Scalar) and config.is_null:
        return True
    if not isinstance(config, Mapping):
        return False
    given = config.get("nameservers")
    empty = (
        given is None or isinstance(given, Scalar) and given.is_null or isinstance(given, Sequence) and not given.items
    )
    return empty and all(key.value in DNS_CONFIG_FIELDS for key in config.keys())


def _nameservers(config: Mapping, kubernetes: Version) -> Iterator[Fault]:
    servers = [item for item in config.items("nameservers") if isinstance(item, Scalar)]
    if len(servers) > MAX_NAMESERVERS and not any(is_placeholder(server.value) for server in servers):
        yield Fault(
            servers[MAX_NAMESERVERS].span,
            f"`nameservers` has {len(servers)} entries, but the maximum is {MAX_NAMESERVERS}, so Kubernetes refuses the object",
            f"Keep the {MAX_NAMESERVERS} nameservers that you need.",
            is_written=False,
        )
    for server in servers:
        if is_placeholder(server.value):
            continue
        if not _is_address(server.value):
            yield Fault(
                server.span,
                f"the nameserver `{server.value}` is not an IP address, so Kubernetes refuses the object",
                "Replace it with the server's IP address: no name can be resolved before a nameserver is known.",
            )
        elif kubernetes >= STRICT_ADDRESSES and (why := _why_not_strict(server.value)):
            yield Fault(
                server.span,
                f"the nameserver `{server.value}` {why[0]}, so Kubernetes refuses the object in {STRICT_ADDRESSES} and later",
                why[1],
            )


def _is_address(written: str) -> bool:
    import ipaddress

    # Kubernetes takes zeros in front of a decimal number, and no zone behind an address
    plain = written if ":" in written else _LEADING_ZEROS.sub("", written)
    try:
        ipaddress.ip_address(plain)
    except ValueError:
        return False
    return "%" not in written


def _why_not_strict(address: str) -> tuple[str, str] | None:
    """What the API server's strict validation says of an address that is one, and what to write."""
    import ipaddress

    if ":" not in address:
        plain = _LEADING_ZEROS.sub("", address)
        return None if plain == address else ("has leading zeros", "Remove the leading zeros.")
    mapped = ipaddress.IPv6Address(address).ipv4_mapped
    return None if mapped is None else ("is an IPv4 address written as IPv6", f"Replace it with `{mapped}`.")


def _searches(workload: Workload, config: Mapping, kubernetes: Version) -> Iterator[Fault]:
    domains = [item for item in config.items("searches") if isinstance(item, Scalar)]
    if any(is_placeholder(domain.value) for domain in domains):
        return
    characters = len(" ".join(domain.value for domain in domains))
    most, longest, where = MAX_SEARCHES, MAX_SEARCH_CHARACTERS, ""
    if kubernetes < EXPANDED_SEARCHES:
        most, longest, where = OLD_MAX_SEARCHES, OLD_MAX_SEARCH_CHARACTERS, f" before Kubernetes {EXPANDED_SEARCHES}"
    unless = " unless the feature gate `ExpandedDNSConfig` is on" if _GATE <= kubernetes < EXPANDED_SEARCHES else ""
    of_cluster = _CLUSTER_SEARCHES if dns_policy_of(workload) in CLUSTER_POLICIES else 0
    if len(domains) > most:
        yield Fault(
            domains[most].span,
            f"`searches` has {len(domains)} domains, but the maximum{where} is {most}, so Kubernetes refuses the object{unless}",
            "Keep only the domains that you need: each one costs two more queries for every name with fewer dots than `ndots`.",
            is_written=False,
        )
    elif characters > longest:
        yield Fault(
            domains[-1].span,
            f"`searches` has {characters:,} characters, but the maximum{where} is {longest:,}, so Kubernetes refuses the "
            f"object{unless}",
            "Keep only the domains that you need.",
            is_written=False,
        )
    elif len(domains) + of_cluster > most and len({domain.value for domain in domains}) == len(domains):
        left = most - of_cluster
        yield Fault(
            domains[left].span,
            f"the pod has {len(domains) + of_cluster} search domains, those of the cluster included, but the maximum{where} is "
            f"{most}, so the kubelet leaves out `{domains[left].value}`{' and those after it' if len(domains) > left + 1 else ''}"
            f"{unless}",
            "Keep only the domains that you need.",
            refused=False,
            is_written=False,
        )

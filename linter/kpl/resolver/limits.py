"""What Kubernetes takes as the ``dnsConfig`` of a pod.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go (``validatePodDNSConfig``)
"""

from __future__ import annotations

from kpl.text.version import Version

DNS_CONFIG_FIELDS = ("nameservers", "searches", "options")
"""The fields of a pod's `dnsConfig`."""
MAX_NAMESERVERS = 3
"""The API server refuses a `dnsConfig` with more name servers."""
MAX_SEARCHES = 32
"""The API server refuses a `dnsConfig` with more search domains."""
MAX_SEARCH_CHARACTERS = 2048
"""The API server refuses a search list that is longer, with the spaces between its domains."""
EXPANDED_SEARCHES = Version("1.26")
"""From here on these are the limits (feature gate ExpandedDNSConfig, alpha in 1.22); before, they were six and 256."""
OLD_MAX_SEARCHES = 6
"""How many search domains a pod could have before, those of the cluster included; also what glibc before 2.26 reads."""
OLD_MAX_SEARCH_CHARACTERS = 256
"""How many characters they could have."""

STRICT_ADDRESSES = Version("1.36")
"""From here on the API server takes no leading zeros and no IPv4-mapped IPv6 addresses, unless its feature gate
StrictIPCIDRValidation is off; 1.38 has that no longer. (apimachinery, pkg/util/validation/ip.go)"""

"""The Kubernetes releases that kpl knows. The newest one is written here and nowhere else."""

from __future__ import annotations

from kpl.text.version import Version

OLDEST_KUBERNETES = Version("1.12")
"""The oldest Kubernetes that the data on fields and modes tells apart from older ones."""
OLDEST_KUBE_PROXY = Version("1.20")
"""The oldest kube-proxy whose validation is known."""
NEWEST_KUBERNETES = Version("1.37")
"""The newest release: the one in force where nothing tells another."""
BETA_KUBERNETES = Version("1.38.0-beta.0")
"""What stands for the minor release that is not out yet, under its own name wherever it is shown; never the default."""


def as_known(version: Version) -> Version:
    """`version`, or the beta where that is what kpl knows of its minor release."""
    return BETA_KUBERNETES if version.minor == BETA_KUBERNETES.minor else version


def nearest_kubernetes(version: Version) -> Version:
    """The Kubernetes release that `version` is checked as: itself, unless there never was its minor release, or not yet."""
    known = as_known(version)
    if known is not BETA_KUBERNETES and known.numbers[:2] > NEWEST_KUBERNETES.numbers[:2]:
        return NEWEST_KUBERNETES
    return known if known.numbers[0] else OLDEST_KUBERNETES


def nearest_kube_proxy(version: Version) -> Version:
    """The release whose kube-proxy `version` is judged as."""
    return max(nearest_kubernetes(version), OLDEST_KUBE_PROXY)

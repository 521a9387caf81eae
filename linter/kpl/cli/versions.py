"""Says where kpl does not know a release that it is asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from kpl.facts import Facts
    from kpl.text.version import Version


COREDNS, KUBERNETES = "CoreDNS", "Kubernetes"


def nearest(program: str, version: Version) -> Version:
    """The release of `program` that kpl knows and takes for `version`: itself where that is one."""
    if program == COREDNS:
        from kpl.coredns.versions import nearest_release

        return nearest_release(version)
    from kpl.proxy.releases import nearest_kubernetes

    return nearest_kubernetes(version)


def tell_of_unknown_version(program: str, asked: Version, used: Version) -> None:
    """Say that `asked` is not known and `used` stands for it, or that `used` is a pre-release; nothing where they are the same."""
    if used.prerelease:
        click.echo(f"kpl: warning: {program} {used.minor} is not released yet, so kpl checks against {used}", err=True)
    elif asked != used:
        exact = used.full if program == COREDNS else used
        click.echo(f"kpl: warning: kpl does not know {program} {asked}, so it checks against {exact}", err=True)


def with_known_versions(facts: Facts) -> Facts:
    """`facts` with releases that kpl knows, told where they are not those that were asked for."""
    if facts.kubernetes is not None:
        kubernetes = nearest(KUBERNETES, facts.kubernetes)
        tell_of_unknown_version(KUBERNETES, facts.kubernetes, kubernetes)
        facts = facts._replace(kubernetes=kubernetes)
    if facts.coredns is not None:
        coredns = nearest(COREDNS, facts.coredns)
        tell_of_unknown_version(COREDNS, facts.coredns, coredns)
        facts = facts._replace(coredns=coredns)
    return facts

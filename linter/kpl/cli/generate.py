"""``kpl generate``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kpl.cli.command import Command, Group

if TYPE_CHECKING:
    from kpl.text.version import Version


Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def _release(ctx: click.Context, param: click.Parameter, value: str | None) -> Version | None:
    from kpl.text.version import Version

    try:
        return None if value is None else Version(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _known_release(program: str) -> Callable[[click.Context, click.Parameter, str | None], Version | None]:
    """What `_release` makes, refused where kpl does not know the release: what it would load cannot be told."""

    def known(ctx: click.Context, param: click.Parameter, value: str | None) -> Version | None:
        from kpl.cli.versions import nearest, tell_of_unknown_version

        version = _release(ctx, param, value)
        if version is None:
            return None
        used = nearest(program, version)
        if used != version and not used.prerelease:
            raise click.BadParameter(f"kpl does not know {program} {version}; the nearest known release is {used}")
        tell_of_unknown_version(program, version, used)
        return used

    return known


def _release_option(name: str, variable: str, help: str, program: str = "") -> Callable[[Decorated], Decorated]:  # noqa: A002
    callback = _known_release(program) if program else _release
    return click.option(name, variable, metavar="VERSION", callback=callback, help=help)


_kubernetes = _release_option("--kubernetes-version", "kubernetes", "Kubernetes version", "Kubernetes")
_services = click.option("--services", type=click.IntRange(0), metavar="N", help="Number of Services")
_output = click.option(
    "-o", "--output", type=click.Path(), metavar="FILE", help="Write to this file instead of standard output"
)


@click.group(cls=Group)
def generate() -> None:
    """Generate a tuned configuration, with a comment above each line that is not the default."""


@generate.command(cls=Command, short_help="Generate a Corefile for cluster DNS")
@_kubernetes
@_release_option("--coredns-version", "coredns", "CoreDNS version [default: the one that kubeadm installs]", "CoreDNS")
@click.option("--cluster-domain", metavar="DOMAIN", default="cluster.local", help="DNS domain of the cluster")
@click.option("--nodes", type=click.IntRange(0), metavar="N", help="Number of nodes")
@_services
@click.option("--pods", type=click.IntRange(0), metavar="N", help="Number of pods")
@click.option(
    "--node-local-dns/--no-node-local-dns",
    default=False,
    show_default=False,
    help="Whether pods use NodeLocal DNSCache",
)
@click.option(
    "--autopath/--no-autopath",
    default=False,
    show_default=False,
    help="Resolve the pods' search domains inside CoreDNS",
)
@click.option("--upstream", "upstreams", multiple=True, metavar="ADDRESS", help="Upstream DNS server (repeatable)")
@_output
def corefile(output: str | None, **options: Any) -> None:
    """Generate a Corefile for cluster DNS."""
    from kpl.generate.corefile import corefile as text_of

    _write(text_of(**options), output)


@generate.command(cls=Command, short_help="Generate a KubeProxyConfiguration")
@_kubernetes
@_release_option("--kernel", "kernel", "Oldest kernel version among the nodes")
@_services
@click.option("--endpoints", type=click.IntRange(0), metavar="N", help="Number of endpoints of all Services")
@click.option(
    "--cluster-cidr", metavar="CIDR", help="Pod network: a CIDR, or an IPv4 and an IPv6 CIDR separated by a comma"
)
@_output
def kube_proxy(output: str | None, **options: Any) -> None:
    """Generate a KubeProxyConfiguration."""
    from kpl.generate.kube_proxy import kube_proxy as text_of

    _write(text_of(**options), output)


def _write(text: str, output: str | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    from kpl.errors import UsageError

    try:
        with open(output, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}") from None

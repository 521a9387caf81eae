"""``kpl generate``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from kpl.text.version import Version


Command = TypeVar("Command", bound=Callable[..., Any])


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
            raise click.BadParameter(f"{program} {version} is not known; the nearest release is {used}")
        tell_of_unknown_version(program, version, used)
        return used

    return known


def _release_option(name: str, variable: str, help: str, program: str = "") -> Callable[[Command], Command]:  # noqa: A002
    callback = _known_release(program) if program else _release
    return click.option(name, variable, metavar="VERSION", callback=callback, help=help)


_kubernetes = _release_option("--kubernetes-version", "kubernetes", "The Kubernetes release.", "Kubernetes")
_services = click.option("--services", type=click.IntRange(0), help="How many Services the cluster has.")
_output = click.option(
    "-o", "--output", type=click.Path(), metavar="FILE", help="Write to this file instead of standard output."
)


@click.group()
def generate() -> None:
    """Write a tuned configuration; each line that is not the default has its reason above it."""


@generate.command()
@_kubernetes
@_release_option("--coredns-version", "coredns", "The CoreDNS release (default: kubeadm's).", "CoreDNS")
@click.option("--cluster-domain", metavar="DOMAIN", default="cluster.local", help="The cluster's domain.")
@click.option("--nodes", type=click.IntRange(0), help="How many nodes the cluster has.")
@_services
@click.option("--pods", type=click.IntRange(0), help="How many pods the cluster has.")
@click.option("--node-local-dns/--no-node-local-dns", default=False, help="Whether pods ask a NodeLocal DNSCache.")
@click.option("--autopath/--no-autopath", default=False, help="Walk the pods' search lists inside CoreDNS.")
@click.option("--upstream", "upstreams", multiple=True, metavar="ADDRESS", help="Ask this server; may be repeated.")
@_output
def corefile(output: str | None, **options: Any) -> None:
    """A Corefile for cluster DNS."""
    from kpl.generate.corefile import corefile as text_of

    _write(text_of(**options), output)


@generate.command()
@_kubernetes
@_release_option("--kernel", "kernel", "The oldest kernel among the nodes.")
@_services
@click.option("--endpoints", type=click.IntRange(0), help="How many endpoints its Services have.")
@click.option("--cluster-cidr", metavar="CIDR", help="The pods' addresses: a CIDR, or an IPv4 and an IPv6 one.")
@_output
def kube_proxy(output: str | None, **options: Any) -> None:
    """A KubeProxyConfiguration."""
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

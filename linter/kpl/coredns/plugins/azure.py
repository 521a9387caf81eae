"""The plugin ``azure``. (CoreDNS plugin/azure: setup.go, azure.go; Azure/go-autorest: azure/environments.go, azure/auth)"""

from __future__ import annotations

from dataclasses import dataclass, field

from kpl.coredns.controller import Controller
from kpl.coredns.refreshes import MINUTE, read_refresh
from kpl.golang.strings import to_upper
from kpl.golang.values import quote

SETTINGS = ("subscription", "tenant", "client", "secret")

_CLOUDS = frozenset(("AZURECHINACLOUD", "AZUREGERMANCLOUD", "AZUREPUBLICCLOUD", "AZUREUSGOVERNMENTCLOUD"))
_NEWER_CLOUDS = frozenset(("AZURECLOUD", "AZUREUSGOVERNMENT"))
_OWN_CLOUD = "AZURESTACKCLOUD"
"""Its description is read from a file."""


@dataclass
class AzureZone:
    """A DNS zone in a resource group; `access` is public or private."""

    group: str
    name: str
    access: str = "public"


@dataclass
class Azure:
    """The zones of all occurrences, and the account that they are fetched with."""

    zones: list[AzureZone] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    """The values of `SETTINGS`."""
    refresh: int = MINUTE
    """How often the zones are fetched, in nanoseconds."""
    fallthrough: list[str] = field(default_factory=list)


def setup(c: Controller) -> Azure:
    """``azure GROUP:ZONE...`` with its block, any number of times; before 1.15.0, every zone is fetched at once."""
    azure = Azure()
    known: dict[str, AzureZone] = {}
    while c.next():
        zones = _zones(c, known)
        azure.zones += zones
        while c.next_block():
            _option(c, azure, zones)
    if azure.settings.get("secret"):
        _sign_in(c, azure.settings.get("tenant", ""), azure.settings.get("client", ""))
    elif c.since("1.8.7"):  # asks the machine who it is
        c.need("credential", "Azure")
    if azure.zones and not c.since("1.15.0"):
        c.need("credential", "Azure")
    return azure


def _sign_in(c: Controller, tenant: str, client: str) -> None:
    """auth.ClientCredentialsConfig.Authorizer: the tenant becomes part of an address."""
    failed = "failed to get SPT from client credentials"
    c.read(c.parse_url, tenant, failed + ": {}")
    if not client:
        raise c.refuse(f"{failed}: parameter 'clientID' cannot be empty")


def _zones(c: Controller, known: dict[str, AzureZone]) -> list[AzureZone]:
    """The zones of one occurrence; `known` are those before, by group and name written together."""
    zones = []
    for word in c.args():
        group, _, name = word.partition(":")
        if not group or not name:
            raise c.err(f"invalid resource group/zone: {quote(word)}")
        if group + name in known:
            raise c.err(f"conflicting zone: {quote(word)}")
        known[group + name] = AzureZone(group, name)
        zones.append(known[group + name])
    return zones


def _option(c: Controller, azure: Azure, zones: list[AzureZone]) -> None:
    option = c.val()
    if option == "fallthrough":
        azure.fallthrough = c.fallthrough(c.args())
        return
    if option == "refresh" and c.since("1.15.0"):
        azure.refresh = read_refresh(c, "unable to parse duration: {}")
        return
    if option not in (*SETTINGS, "environment", "access"):
        raise c.err(f"unknown property: {quote(option)}")
    if not c.next_arg():
        raise c.arg_err()
    value = c.word()
    if option in SETTINGS:
        azure.settings[option] = value
    elif option == "environment":
        _environment(c, to_upper(value))
    elif value not in ("public", "private"):
        raise c.err(f"invalid access value: can be public/private, found: {value}")
    else:
        # before 1.14.4, only the last zone of all that were named so far
        for zone in zones if c.since("1.14.4") else azure.zones[-1:]:
            zone.access = value


def _environment(c: Controller, name: str) -> None:
    """azure.EnvironmentFromName."""
    if name == _OWN_CLOUD:
        c.need("environment variable", "AZURE_ENVIRONMENT_FILEPATH")
    elif name not in _CLOUDS and not (name in _NEWER_CLOUDS and c.since("1.9.2")):
        message = f"autorest/azure: There is no cloud environment matching the name {quote(name)}"
        raise c.err(f"cannot set azure environment: {quote(message)}")

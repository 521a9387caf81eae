"""What CoreDNS hands to a plugin's setup function: the tokens of its directive, and the server block around it.

(coredns/caddy controller.go, CoreDNS core/dnsserver/config.go and plugin/normalize.go)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple, TypeVar

from kpl.coredns.dispenser import Dispenser, RefusedError
from kpl.coredns.tokens import Token
from kpl.coredns.zones import Zone, zones_of
from kpl.golang.net import split_host_port
from kpl.golang.urls import Url, parse_url
from kpl.golang.values import GoError
from kpl.text.version import Version
from kpl.verdict import Need, NeedKind

Value = TypeVar("Value")

IN_EVERY_CONTAINER = frozenset({"/etc/resolv.conf", "/etc/hosts", "/etc/hostname"})
"""What the kubelet, or whoever starts a container, puts into it."""

ONCE = "this plugin can only be used once per Server Block"
"""plugin.ErrOnce."""


class Word(str):
    """An argument: its text, and the token that it came from."""

    __slots__ = ("token",)
    token: Token

    def __new__(cls, token: Token) -> Word:
        """The word of `token`."""
        word = super().__new__(cls, token.text)
        word.token = token
        return word


class Ignored(NamedTuple):
    """Something written that CoreDNS drops without a word: what kind of thing, and where."""

    what: str
    token: Token


class TlsPolicy(NamedTuple):
    """What blocks on one listener have to agree on: the files of a certificate, or the account that gets one by ACME."""

    certificate: str = ""
    authority: str = ""
    client_auth: str = "nocert"
    account: object = None


@dataclass(eq=False, repr=False)
class ServerConfig:
    """What the plugins of one server block share (dnsserver.Config)."""

    zones: list[Zone]
    """The block's keys; printed, they are what Go code calls ServerBlockKeys: ``dns://example.org.:53``."""
    zone_tokens: list[Token]
    """The token of each zone's key."""
    listen_hosts: list[str] = field(default_factory=lambda: [""])
    tls: TlsPolicy | None = None
    """The TLS configuration, which the https3 server asks for."""
    filtered: bool = False
    """Whether a view chooses the queries of this block."""
    root: str = ""
    max_https_streams: int | None = None
    """The limit of ``https``, which all blocks on one listener have to agree on."""
    values: dict[str, object] = field(default_factory=dict)
    """What one setup function leaves for another, or for its own next occurrence."""


@dataclass(eq=False, repr=False)
class Instance:
    """One CoreDNS process being set up: its release, and what it finds in its container."""

    version: Version
    assumed_files: Collection[str] = ()
    """Paths that exist in the container, with good content."""
    needs: dict[Need, None] = field(default_factory=dict)
    """What the verdict turned out to depend on."""
    unseen_imports: bool = False
    """Whether a file is imported that nobody can look into: what a block lacks may be in it."""
    ignored: list[Ignored] = field(default_factory=list)
    storage: dict[str, object] = field(default_factory=dict)
    """What setup functions share across server blocks."""


@cache
def _version(release: str) -> Version:
    return Version(release)


class Controller(Dispenser):
    """The Dispenser over one directive's tokens (all its occurrences in the block), and its surroundings."""

    def __init__(self, tokens: list[Token], filename: str, config: ServerConfig, instance: Instance) -> None:
        version = instance.version
        super().__init__(tokens, filename, version < _version("1.13.0"), version >= _version("1.15.0"))
        self.config = config
        self.instance = instance
        self._occurred = False
        self.joined: list[Token] = []
        """What the plugin reads as a new option in its block, and does not start a line."""

    def next_only(self) -> bool:
        """`next`, for a plugin that a server block holds once. Raises plugin.ErrOnce at its second occurrence."""
        if not self.next():
            return False
        if self._occurred:
            raise self.once()
        self._occurred = True
        return True

    def next_block(self) -> bool:
        """`Dispenser.next_block`; sees what does not start a line."""
        inside = self.nesting > 0
        found = super().next_block()
        if found and inside and not self.is_new_line():
            self.joined.append(self.word().token)
        return found

    def since(self, release: str) -> bool:
        """Whether the CoreDNS in question is `release` or newer."""
        return self.instance.version >= _version(release)

    # --- words ---------------------------------------------------------------------------------------------------

    def word(self) -> Word:
        """The word under the cursor."""
        assert self.token is not None
        return Word(self.token)

    def args(self) -> list[Word]:
        """RemainingArgs: the arguments up to the end of the line or to ``{``."""
        words = []
        while self.next_arg():
            if self.val() == "{":
                self.cursor -= 1
                break
            words.append(self.word())
        return words

    def nothing(self) -> None:
        """A plugin that takes neither arguments nor a block; before 1.14.4 nothing behind its name was looked at."""
        self.next()
        if not self.since("1.14.4"):
            self.instance.ignored += [Ignored("argument", word.token) for word in self.args()]
            return
        if self.next_arg():
            raise self.arg_err()
        if self.next_block():
            raise self.err(f"unknown property '{self.val()}'")

    def address(self) -> Word | None:
        """The one argument of a plugin that listens: an address with a port. None without arguments."""
        args = self.args()
        if len(args) > 1:
            raise self.arg_err()
        if not args:
            return None
        self.read(split_host_port, args[0])
        return args[0]

    def only(self) -> Word:
        """The arguments, which must be one."""
        args = self.args()
        if len(args) != 1:
            raise self.arg_err()
        return args[0]

    def some(self) -> list[Word]:
        """The arguments, of which there must be one or more."""
        args = self.args()
        if not args:
            raise self.arg_err()
        return args

    def read(self, parse: Callable[[str], Value], word: str, template: str = "{}") -> Value:
        """`parse(word)`; where Go's parser fails, CoreDNS refuses with its message, set into `template`."""
        try:
            return parse(word)
        except GoError as error:
            raise self.refuse(template.replace("{}", str(error)), word) from None

    def parse_url(self, text: str) -> Url:
        """url.Parse, as the Go of the release does it. Raises GoError."""
        return parse_url(text, strict_colons=self.since("1.15.0"))

    # --- refusals ------------------------------------------------------------------------------------------------

    def refuse(self, message: str, at: str | None = None) -> RefusedError:
        """An error without a place in its message (errors.New, fmt.Errorf); `at` is the word that it is about."""
        return RefusedError(message, at.token if isinstance(at, Word) else self.token)

    def once(self) -> RefusedError:
        """plugin.ErrOnce."""
        return self.refuse(ONCE)

    def panic(self, message: str, at: str | None = None) -> RefusedError:
        """A crash: ``runtime error: index out of range [0] with length 0``, say."""
        refused = self.refuse(f"panic: {message}", at)
        refused.prefixed = False
        return refused

    # --- zones ---------------------------------------------------------------------------------------------------

    def origins(self, args: Iterable[Word]) -> list[str]:
        """plugin.OriginsFromArgsOrServerBlock: the zones that `args` name, or those of the server block.

        A bad zone among `args` is dropped without a word. (Before 1.8.4, plugins copied the arguments over the block's
        zones; nothing that decides whether CoreDNS loads.)
        """
        words = list(args)
        if not words:
            return self.block_zones()
        found = []
        for word in words:
            zones = zones_of(word, self.instance.version)
            if not zones:
                self.instance.ignored.append(Ignored("zone", word.token))
            found += zones
        return found

    def fallthrough(self, args: Iterable[Word]) -> list[str]:
        """fall.SetZonesFromArgs: the zones that fall through, all of them where none is named."""
        words = list(args)
        return self.origins(words) if words else ["."]

    def block_zones(self) -> list[str]:
        """The zones of the server block, as plugins see them."""
        zones = []
        for zone in self.config.zones:
            seen = zones_of(str(zone), self.instance.version)
            if not seen and self.since("1.8.4") and not self.since("1.13.0"):
                raise self.panic("runtime error: index out of range [0] with length 0")
            zones.append(seen[0] if seen else str(zone))
        return zones

    # --- the machine ---------------------------------------------------------------------------------------------

    def need(self, kind: NeedKind, name: str) -> None:
        """The verdict depends on something outside of the Corefile."""
        self.instance.needs[Need(kind, name)] = None

    def need_file(self, path: str) -> None:
        """CoreDNS reads `path` during setup and refuses without it."""
        if path not in self.instance.assumed_files and path not in IN_EVERY_CONTAINER:
            self.need("file", path)

"""CoreDNS's verdict on a Corefile: parse, zones, the setup of every plugin, the servers; nothing is started.

(coredns/caddy caddy.go: ValidateAndExecuteDirectives; CoreDNS core/dnsserver/register.go)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

from kpl.coredns.controller import Controller, Ignored, Instance, ServerConfig
from kpl.coredns.dispenser import EndlessBlockError, RefusedError
from kpl.coredns.environment import EndlessReplacementError
from kpl.coredns.imports import Files, Importer, NamedTexts
from kpl.coredns.parser import MAX_TOKENS, Block, CorefileParser, EndlessImportError, TooLargeError
from kpl.coredns.servers import refuse_servers
from kpl.coredns.tokens import Token, tokenize, tokens_of_fragment
from kpl.coredns.versions import setup_order
from kpl.coredns.zones import served_zones
from kpl.golang.values import GoError
from kpl.inputs.corefile.parser import MAX_WORDS, has_many_words
from kpl.text import late
from kpl.text.version import Version
from kpl.verdict import Imported, Need, Verdict

_TRIED_VALUES = ("1", "53", "10s", "true", "10.96.0.10", "example.org", "/etc/resolv.conf")
"""What a variable that nobody told is tried with: where CoreDNS refuses all of them alike, it refuses."""

_NOT_UTF8 = late.pattern("[\ud800-\udfff]")

_SNIPPETS_CAPPED = Version("1.13.0")
"""From this release on the parser counts expansions: coredns/caddy after v1.1.2."""


class Circumstances(NamedTuple):
    """The CoreDNS that would read the Corefile."""

    version: Version
    environment: Mapping[str, str] | None = None
    """All variables; None where they are not known."""
    compiled: frozenset[str] | None = None
    """The plugins in the image; None is all of the release."""
    external: frozenset[str] = frozenset()
    """Plugins in the image that are not CoreDNS's own: their lines are not looked into."""
    assumed_files: frozenset[str] = frozenset()
    """Paths that exist in the container."""


@dataclass(eq=False, repr=False)
class Configured:
    """A server block that was set up, with the typed model of each of its plugins."""

    block: Block
    config: ServerConfig
    plugins: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, repr=False)
class Judgement:
    """The verdict, and what was made on the way to it."""

    verdict: Verdict
    servers: list[Configured] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    joined: list[tuple[str, Token]] = field(default_factory=list)
    """What starts an option of a plugin without starting a line, with the plugin."""


def judge_corefile(
    text: str,
    circumstances: Circumstances,
    files: Files | None = None,
    *,
    name: str = "Corefile",
    fragment: bool = False,
) -> Judgement:
    """What CoreDNS says of the Corefile `text`, whose imports are looked for in `files`.

    Messages call it `name`. A `fragment` holds plugin lines, and is judged as all that a server block imports. Nothing
    is raised for any text.
    """
    files = files if files is not None else NamedTexts({}, complete=True)
    # what is no UTF-8 is one U+FFFD a byte for Go
    text = text if text.isascii() else _NOT_UTF8.sub("\ufffd", text)
    if has_many_words(text):
        return Judgement(_too_large("parse", f"more than {MAX_WORDS:,} words"))
    tokens = tokens_of_fragment(text) if fragment else tokenize(text)

    def judge(environment: Mapping[str, str]) -> Judgement:
        return _Judge(list(tokens), name, circumstances, files, environment).judge()

    if circumstances.environment is not None:
        return judge(circumstances.environment)
    asked = _Asked("")
    first = judge(asked)
    if not asked.names:
        return first
    values = _TRIED_VALUES if first.verdict.answer == "refuses" else ()
    if values and all(judge(_Asked(value)).verdict == first.verdict for value in values):
        return first
    needs = [Need("environment variable", name) for name in asked.names]
    first.verdict = Verdict("depends", needs=(*needs, *first.verdict.needs))
    return first


def _too_large(phase: str, size: str) -> Verdict:
    return Verdict("depends", phase, needs=(Need("size", size),))


class _Asked(dict[str, str]):
    """An environment that gives every variable the same value, and remembers who was asked for."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = value
        self.names: dict[str, None] = {}

    def get(self, name: str, default: Any = None) -> Any:
        """The one value."""
        self.names[name] = None
        return self.value


class _Judge:
    """One run over one Corefile."""

    def __init__(
        self, tokens: list[Token], name: str, circumstances: Circumstances, files: Files, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self.circumstances = circumstances
        self.instance = Instance(circumstances.version, circumstances.assumed_files)
        capped = circumstances.version >= _SNIPPETS_CAPPED
        self.importer = Importer(files, circumstances.assumed_files, self.instance.needs, capped)
        own = setup_order(circumstances.version)
        self.order = own + tuple(sorted(circumstances.external.difference(own)))
        self.parser = CorefileParser(tokens, self.order, environment, self.importer, capped, name)
        self.judgement = Judgement(Verdict("loads"))

    def judge(self) -> Judgement:
        """Run through the phases until one refuses."""
        phase = "parse"
        try:
            blocks = self.parser.parse()
            self.instance.unseen_imports = bool(self.instance.needs)
            phase = "keys"
            servers = self._inspect(blocks)
            phase = "setup"
            self._set_up(servers)
            phase = "servers"
            refuse_servers([server.config for server in servers], self.instance)
        except RefusedError as refused:
            self.judgement.verdict = self._refused(phase, refused.message, refused.token)
        except (EndlessReplacementError, EndlessImportError):
            # CoreDNS says nothing here: it never comes to an end
            self.judgement.verdict = self._refused(phase, None, self.parser.token)
        except EndlessBlockError as endless:
            self.judgement.verdict = self._refused(phase, None, endless.token)
        except TooLargeError:
            self.judgement.verdict = _too_large(phase, f"more than {MAX_TOKENS:,} words, including imports")
        except RecursionError:
            self.judgement.verdict = Verdict("depends", phase, needs=(Need("size", "depth of an expression"),))
        else:
            if self.instance.needs:
                self.judgement.verdict = Verdict("depends", needs=tuple(self.instance.needs))
        self.judgement.ignored = self.instance.ignored
        return self.judgement

    def _refused(self, phase: str, message: str | None, token: Token | None) -> Verdict:
        if token is None:
            return Verdict("refuses", phase, message)
        imported = Imported(token.file, token.span) if token.file else None
        at = self.importer.origins.get(token.file) if token.file else token
        return Verdict("refuses", phase, message, at.span if at else None, token.line, imported=imported)

    def _inspect(self, blocks: list[Block]) -> list[Configured]:
        servers = []
        for block in blocks:
            config = ServerConfig([], [])
            for key, token in zip(block.keys, block.key_tokens, strict=True):
                try:
                    zones = served_zones(key, self.instance.version)
                except GoError as error:
                    raise RefusedError(f"error inspecting server blocks: {error}", token) from None
                config.zones += zones
                config.zone_tokens += [token] * len(zones)
            servers.append(Configured(block, config))
        self.judgement.servers = servers
        return servers

    def _set_up(self, servers: list[Configured]) -> None:
        for name in self.order:
            for server in servers:
                tokens = server.block.tokens.get(name)
                if tokens is not None and name not in self.circumstances.external:
                    server.plugins[name] = self._run(name, tokens, server.config)

    def _run(self, name: str, tokens: list[Token], config: ServerConfig) -> Any:
        compiled = self.circumstances.compiled
        if compiled is not None and name not in compiled:
            message = f"no action found for directive '{name}' with server type 'dns' (missing a plugin?)"
            raise RefusedError(message, tokens[0])
        setup = import_module(f"kpl.coredns.plugins.{name}").setup
        controller = Controller(tokens, self.name, config, self.instance)
        try:
            model = setup(controller)
        except RefusedError as refused:
            if refused.prefixed:
                refused.message = f"plugin/{name}: {refused.message}"
            raise
        self.judgement.joined += [(name, token) for token in controller.joined]
        for left in tokens[controller.cursor + 1 :]:
            if left.text == name:
                self.instance.ignored.append(Ignored("occurrence", left))
        return model

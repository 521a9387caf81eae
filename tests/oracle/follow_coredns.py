"""What is different between two CoreDNS releases, by their sources and by what their judges say."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from coredns_oracle import NOT_IN_THE_ORACLE, Answer, ask, difference, verdict_of
from gosource import Change, Declaration, GoMod, Sources, changes, option_words
from record import OF_THE_RUN, RECORDED

from fuzz import Generator
from kpl.coredns.releases import DIRECTIVES, KEYWORDS, ORDER, VERSIONS
from kpl.text.version import Version

MODULE = "github.com/coredns/coredns"
PLUGINS = Path(__file__).parents[2] / "linter/kpl/coredns/plugins"
EXAMPLES = Path(__file__).parent / "examples"
DECIDING = ("go", "github.com/coredns/caddy", "github.com/miekg/dns", "github.com/expr-lang/expr", "github.com/antonmedv/expr",
            "k8s.io/apimachinery", "k8s.io/client-go", "golang.zx2c4.com/wireguard", "github.com/caddyserver/certmagic", "github.com/quic-go/quic-go")  # fmt: skip
"""The libraries whose code has a say in whether a Corefile loads."""
_BASE = ("core/", "plugin.", "plugin/pkg/")
_SILENT = ("plugin/pkg/log.", "coremain.")
"""What these do refuses no Corefile."""


class Release:
    """The sources of one release."""

    def __init__(self, version: str, folder: Path) -> None:
        self.version = version
        self.sources = Sources(folder, MODULE)
        self.packages = plugin_packages((folder / "plugin.cfg").read_text(encoding="utf-8"))
        self.order = directives_in((folder / "core/dnsserver/zdirectives.go").read_text(encoding="utf-8"))
        self.modules = GoMod((folder / "go.mod").read_text(encoding="utf-8")).required

    def setup(self, plugin: str) -> dict[str, Declaration]:
        """What the setup function of a plugin reaches."""
        package = self.packages.get(plugin)
        if package is None or "." in package:
            return {}
        found = self.sources.reached(f"plugin/{package}", self._registered(f"plugin/{package}", plugin))
        return {title: each for title, each in found.items() if not title.startswith(_SILENT)}

    def _registered(self, package: str, plugin: str) -> str:
        """The function that a package registers as the setup of `plugin`."""
        texts = (each.text for each in self.sources.package(package) if "init" in each.names)
        found = re.search(rf'Register\("{re.escape(plugin)}", (\w+)\)', "\n".join(texts))
        return found[1] if found is not None else "setup"

    def words(self, plugin: str) -> set[str]:
        """The option words in a plugin's own package, as far as its setup reaches."""
        package = f"plugin/{self.packages.get(plugin)}"
        return option_words(each for each in self.setup(plugin).values() if each.package == package)


def plugin_packages(text: str) -> dict[str, str]:
    """Directive -> package, out of plugin.cfg."""
    lines = (line.strip() for line in text.splitlines())
    return dict(line.split(":", 1) for line in lines if line and not line.startswith("#") and ":" in line)


def directives_in(text: str) -> list[str]:
    """The directives in the order of core/dnsserver/zdirectives.go."""
    return re.findall(r'^\t"([^"]+)",', text, re.MULTILINE)


def moved(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The fewest names of both lists that stand elsewhere among the others of both."""
    common = [name for name in old if name in new]
    place = {name: number for number, name in enumerate(new)}
    best: list[list[str]] = []
    for name in common:
        before = max((each for each in best if place[each[-1]] < place[name]), key=len, default=[])
        best.append([*before, name])
    kept = max(best, key=len, default=[])
    return [name for name in common if name not in kept]


def order_row(known: Sequence[str], new: Sequence[str]) -> tuple[list[str], bool]:
    """A row of ORDER for `new`, and whether it may stand in place of the row `known`: what came is put in where it belongs."""
    if moved(known, new):
        return list(new), False
    row = list(known)
    for number, name in enumerate(new):
        if name not in row:
            row.insert(row.index(new[number - 1]) + 1 if number else 0, name)
    return row, True


class Draft(NamedTuple):
    """The rows of linter/kpl/coredns/releases.py that two releases ask for."""

    directives: dict[str, tuple[str, ...]]
    keywords: dict[str, dict[str, tuple[str, ...]]]


def draft(
    old: str, new: str, came: Iterable[str], went: Iterable[str], words: Mapping[str, tuple[set[str], set[str]]]
) -> Draft:
    """The rows for directives that came and went, and for the words of each plugin: those of `old` and those of `new`."""
    came, went = set(came), set(went)
    directives: dict[str, tuple[str, ...]] = dict.fromkeys(came, (new,))
    directives |= {name: (DIRECTIVES.get(name, ("?",))[0], old) for name in went}
    keywords: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for plugin, (before, after) in words.items():
        known = KEYWORDS.get(plugin, {})
        keywords[plugin].update(dict.fromkeys(after - before, (new,)))
        keywords[plugin].update(
            {word: (known[word][0], old) for word in before - after if word in known and plugin not in went}
        )
    return Draft(directives, {plugin: rows for plugin, rows in sorted(keywords.items()) if rows})


def row_lines(rows: Mapping[str, tuple[str, ...]], indent: str) -> Iterator[str]:
    """Rows as releases.py writes them."""
    for name, row in sorted(rows.items()):
        written = ", ".join(f'"{word}"' for word in row)
        yield f'{indent}"{name}": ({written}{"," if len(row) == 1 else ""}),'


def wrapped(names: Sequence[str]) -> Iterator[str]:
    """Names in lines of 112 characters, as a row of ORDER has them."""
    line = ""
    for name in names:
        if len(line) + len(name) > 108:
            yield f"        {line}"
            line = ""
        line = f"{line} {name}".strip()
    yield f"        {line}"


class Compared:
    """Two releases side by side."""

    def __init__(self, old: Release, new: Release) -> None:
        self.old, self.new = old, new
        self.came = [name for name in new.order if name not in old.order]
        self.went = [name for name in old.order if name not in new.order]
        self.plugins = sorted({*old.order, *new.order})
        self.changes = {plugin: changes(old.setup(plugin), new.setup(plugin)) for plugin in self.plugins}
        self.words = {plugin: (old.words(plugin), new.words(plugin)) for plugin in self.plugins}
        self.draft = draft(old.version, new.version, self.came, self.went, self.words)

    def own_changes(self, plugin: str) -> list[Change]:
        """The changes below plugin/, without what many plugins share."""
        return [each for each in self.changes[plugin] if not each.title.startswith(_BASE)]

    def shared_changes(self) -> dict[str, list[str]]:
        """What changed in shared packages -> the plugins that reach it."""
        found: dict[str, list[str]] = defaultdict(list)
        for plugin in self.plugins:
            for each in self.changes[plugin]:
                if each.title.startswith(_BASE) and plugin not in (*self.came, *self.went):
                    found[str(each)].append(plugin)
        return found


def source_report(compared: Compared) -> Iterator[str]:
    """What the sources tell."""
    old, new = compared.old, compared.new
    yield f"# CoreDNS {old.version} -> {new.version}\n\n## Plugins and their order"
    yield f"came: {' '.join(compared.came) or 'none'}; went: {' '.join(compared.went) or 'none'}"
    for name in moved(old.order, new.order):
        places = [order[max(order.index(name) - 1, 0)] for order in (old.order, new.order)]
        yield f"moved: {name}, after {places[0]} in {old.version}, after {places[1]} in {new.version}"
    yield "\n## Libraries that decide"
    for module in DECIDING:
        versions = [release.modules.get(module, "none") for release in (old, new)]
        if versions[0] != versions[1]:
            yield f"{module}: {versions[0]} -> {versions[1]}"
    yield "\n## Setup code that differs (declarations that a setup function reaches; lines that came and went)"
    for plugin in compared.plugins:
        own = [] if plugin in (*compared.came, *compared.went) else compared.own_changes(plugin)
        if own:
            before, after = compared.words[plugin]
            words = [f"+{word}" for word in sorted(after - before)] + [f"-{word}" for word in sorted(before - after)]
            total = f"+{sum(each.added for each in own)} -{sum(each.removed for each in own)}"
            yield f"{plugin}: {total}{f'; words {chr(32).join(words)}' if words else ''}"
            yield from (f"    {each}" for each in own)
    yield "shared packages:"
    for change, plugins in sorted(compared.shared_changes().items()):
        named = ", ".join(plugins) if len(plugins) <= 5 else f"{len(plugins)} plugins"
        yield f"    {change}: {named}"


def draft_report(compared: Compared) -> Iterator[str]:
    """The rows to be written, and what no row can say."""
    new = compared.new
    yield "\n## Draft of the rows of linter/kpl/coredns/releases.py (a word may be a value and no option: read the code)"
    yield f"VERSIONS: {new.version}"
    yield from row_lines(compared.draft.directives, "    ")
    for plugin, rows in compared.draft.keywords.items():
        yield f'    "{plugin}": {{'
        yield from row_lines(rows, "        ")
        yield "    },"
    last = max((version for version in ORDER if Version(version) <= Version(compared.old.version)), key=Version)
    row, same = order_row(ORDER[last], new.order)
    if row != ORDER[last]:
        yield f"ORDER, {f'in place of the row of {last}' if same else 'a new row'}:"
        yield f'    "{last if same else new.version}": """'
        yield from wrapped(row)
        yield '    """.split(),'
    yield "\n## What a person must write"
    for plugin in compared.plugins:
        if plugin in compared.went or not (compared.own_changes(plugin) or plugin in compared.came):
            continue
        module, example = PLUGINS / f"{plugin}.py", EXAMPLES / f"{plugin}.corefile"
        text = module.read_text(encoding="utf-8") if module.exists() else ""
        state = "has a condition on it" if f'"{new.version}"' in text else "read the change" if text else "not there"
        yield f"linter/kpl/coredns/plugins/{plugin}.py: {state}"
        if not example.exists():
            yield f"tests/oracle/examples/{plugin}.corefile: not there"


def known_report(compared: Compared) -> Iterator[str]:
    """What kpl's data knows of the releases in between, and whether it was named here; nothing for a new release."""
    old, new = Version(compared.old.version), Version(compared.new.version)
    if compared.new.version not in VERSIONS:
        return
    yield "\n## Against what kpl knows"

    def inside(row: tuple[str, ...]) -> bool:
        return old < Version(row[0]) <= new or (len(row) == 2 and old <= Version(row[1]) < new)

    rows = [(name, row, name in {*compared.came, *compared.went}) for name, row in DIRECTIVES.items() if inside(row)]
    for plugin, words in KEYWORDS.items():
        named = compared.draft.keywords.get(plugin, {})
        shown = plugin in compared.came  # all of its words are new
        rows += [(f"{plugin} {word}", row, word in named or shown) for word, row in words.items() if inside(row)]
    missed = [f"{name} {row}" for name, row, named in rows if not named]
    yield f"rows: {len(rows)}, named here: {sum(named for _, _, named in rows)}; not named: {', '.join(missed) or 'none'}"
    conditions = {
        file.stem: sorted(
            {
                text
                for text in re.findall(r'"(1\.[0-9]+\.[0-9]+)"', file.read_text(encoding="utf-8"))
                if old < Version(text) <= new
            }
        )
        for file in PLUGINS.glob("*.py")
    }
    conditions = {
        plugin: versions for plugin, versions in conditions.items() if versions and plugin in compared.plugins
    }
    unnamed = [
        f"{plugin} ({', '.join(versions)})"
        for plugin, versions in sorted(conditions.items())
        if not compared.changes[plugin]
    ]
    yield (
        f"plugins with conditions on a release in between: {len(conditions)}, setup code named here: "
        f"{len(conditions) - len(unnamed)}; not named: {', '.join(unnamed) or 'none'}"
    )
    unknown = [
        f"{plugin} {word}"
        for plugin, words in compared.draft.keywords.items()
        for word, row in words.items()
        if len(row) == 1 and word not in KEYWORDS.get(plugin, {})
    ]
    yield f"words that kpl's data does not have: {', '.join(unknown) or 'none'}"


def corefiles(compared: Compared, count: int, seed: int) -> dict[str, str]:
    """The recorded Corefiles, and `count` generated ones for each plugin with its new words; each with the plugin that it is for."""
    for plugin, rows in compared.draft.keywords.items():
        KEYWORDS[plugin] = {**rows, **KEYWORDS.get(plugin, {})}  # the generator takes its words from there
    texts = {json.loads(line)["corefile"]: "" for line in RECORDED.read_text(encoding="utf-8").splitlines()}
    for plugin in compared.plugins:
        if plugin not in NOT_IN_THE_ORACLE:
            generator = Generator(compared.old.version, seed, plugin)
            texts |= {text: plugin for text in (generator.corefile() for _ in range(count)) if text not in texts}
    return texts


def kind_of(answer: Answer) -> str:
    """An answer without the words of the case."""
    return re.sub(r"\d+|'[^']*'|\"[^\"]*\"|`[^`]*`", "_", answer.error) if answer.error is not None else "loads"


def verdict_report(compared: Compared, count: int, seed: int) -> Iterator[str]:
    """Where the judges say different things, by plugin, with the shortest example of each kind."""
    versions = (compared.old.version, compared.new.version)
    made_for = corefiles(compared, count, seed)
    texts = list(made_for)
    answers = [list(ask(version, texts)) for version in versions]
    found: dict[str, dict[tuple[str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, pair in enumerate(zip(*answers, strict=True)):
        if pair[0].error == pair[1].error or any(
            each.error is not None and OF_THE_RUN.search(each.error) for each in pair
        ):
            continue
        named = re.findall(r"plugin/([\w-]+):|[Dd]irective '([\w-]+)'", f"{pair[1].error} {pair[0].error}")
        plugins = [name for names in named for name in names if name in compared.plugins]
        plugin = next(iter(plugins), made_for[texts[number]] or "parsing and keys")
        found[plugin][kind_of(pair[0]), kind_of(pair[1])].append(number)
    differing = sum(len(numbers) for kinds in found.values() for numbers in kinds.values())
    yield f"\n## What both judges say: {len(texts)} Corefiles, {differing} answered differently"
    for plugin, kinds in sorted(found.items()):
        numbers = [number for each in kinds.values() for number in each]
        agrees = ""
        if versions[1] in VERSIONS:
            same = sum(
                difference(answers[1][number], verdict_of(versions[1], texts[number])) is None for number in numbers
            )
            agrees = f"; kpl agrees with {versions[1]} on {same}"
        yield f"{plugin}: {len(numbers)} of {len(kinds)} kinds{agrees}"
        for (before, after), numbers in sorted(kinds.items(), key=lambda item: -len(item[1]))[:12]:
            yield f"    {len(numbers)}x {before}\n       -> {after}\n       {min((texts[number] for number in numbers), key=len)!r}"

"""Writes docs/inputs.md: what kpl reads, as the readers in `kpl.inputs` say it of themselves.

``python docs/generate.py`` writes; a test compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

from faces import about_name
from kpl.inputs import read
from kpl.inputs.corefile.document import MAX_COREFILE
from kpl.inputs.corefile.parser import MAX_WORDS
from kpl.inputs.detect import kind_by_name
from kpl.inputs.network.settings import MAX_EMBEDDED
from kpl.inputs.reader import FileKind, ObjectKind, Takes
from kpl.inputs.registry import PACKAGE, Entry, entries
from kpl.inputs.yaml import tree
from kpl.modules import modules_below
from kpl.report.coverage import kind_title

PAGE = Path(__file__).parent / "inputs.md"

_HEAD = """\
# What kpl reads

docs/generate.py writes this page: each row is a reader in `linter/kpl/inputs/`. [CONTRIBUTING.md](../CONTRIBUTING.md)
describes how to add one. `kpl files` lists what kpl takes each file for and what it recognizes the file by, or why kpl
does not check it.

kpl recognizes a file by its name, by its content, or by both. `--as` sets the kind of a file regardless of its name and
content. kpl reads files compressed with gzip in the same way, but does not write them. A YAML or JSON file can contain
any number of documents, and a document can be an object, a list of objects, or an object of the kind `List`.

Files and objects that are *used for* facts are not checked: kpl learns from them what the cluster is like and which
files belong to it. `kpl clusters` prints the facts. A file whose content alone identifies it is checked only if you
name it.
"""

USES = ("checks", "facts")


def page() -> str:
    """The text of docs/inputs.md."""
    files = [each for each in entries() if isinstance(each.kind, FileKind)]
    objects = [each for each in entries() if isinstance(each.kind, ObjectKind)]
    return "\n".join(
        [
            _HEAD,
            *_table(
                "Files", ("kind", "input", "recognized by", "`--as`", "used for", "model"), _sorted(map(_file, files))
            ),
            *_table(
                "Objects in YAML and JSON files",
                ("input", "`kind`", "`apiVersion`", "text contains one of", "used for", "limit", "models"),
                _sorted(map(_object, objects)),
            ),
            *_table("Models", ("model", "what it holds"), _models(entries())),
            *_table("Limits", ("what", "limit"), _limits()),
        ]
    )


def _sorted(rows: Iterable[list[str]]) -> list[list[str]]:
    return sorted(rows, key=lambda row: (USES.index(next(each for each in row if each in USES)), row[0].lower()))


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = (f"| {' | '.join(each)} |" for each in rows)
    return [f"## {title}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *lines, ""]


def _file(entry: Entry) -> list[str]:
    kind = entry.kind
    assert isinstance(kind, FileKind)
    taken = [each.name for each in entry.load().examples if isinstance(each, Takes)]
    names = dict.fromkeys(name for name in taken if kind_by_name(name))
    by = f"a name such as {_code(names)}"
    if kind.lines or kind.start:
        by += " and its content"
    if not all(map(kind_by_name, taken)):
        by += ", or its content alone"
    models = _code([kind.model] if kind.model else ())
    as_word = _code([kind.as_word] if kind.as_word else ())
    return [kind_title(kind.word), _about(entry), by, as_word, _used_for(kind.tells), models]


def _object(entry: Entry) -> list[str]:
    kind = entry.kind
    assert isinstance(kind, ObjectKind)
    kinds = _code(kind.kinds) if kind.kinds else ", ".join(filter(None, (_code(kind.late), "any other")))
    if kind.file_names:
        kinds += f" (none in {_code(kind.file_names)})"
    groups = _code(f"{each.rstrip('/')}/…" for each in kind.groups) or "any"
    if kind.not_groups:
        groups += f", not {_code(kind.not_groups)}"
    words = dict.fromkeys(word for clue in kind.clues for word in clue.words)
    clues = _code(word for word in words if not any(word in each for each in (*kind.groups, *kind.kinds)))
    largest = f"{kind.largest:,} characters" if kind.largest else ""
    return [_about(entry), kinds, groups, clues, _used_for(kind.tells), largest, _code(kind.models)]


def _used_for(tells: bool) -> str:
    return USES[tells]


def _about(entry: Entry) -> str:
    """What a reader says that it reads."""
    line = cleandoc(entry.load().__doc__ or "").partition("\n")[0]
    about = line.removeprefix("Reads ").removeprefix("Finds ").removesuffix(".").replace("``", "`").replace("|", "\\|")
    return f"{about[:1].upper()}{about[1:]}"


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{each}`".replace("|", "\\|") for each in words)


def _models(readers: Iterable[Entry]) -> list[list[str]]:
    wanted = {
        name
        for each in readers
        for name in ([each.kind.model] if isinstance(each.kind, FileKind) else each.kind.models)
    }
    homes = {}
    for module in map(import_module, modules_below(PACKAGE)):
        for name in wanted:
            if getattr(vars(module).get(name), "__module__", "") == module.__name__:
                homes[name] = module
    return [[f"`{name}`", about_name(homes[name], name)] for name in sorted(homes)]


def _limits() -> list[list[str]]:
    return [
        ["a file, the content of a compressed file, standard input", f"{read.MAX_SIZE >> 20} MiB"],
        [
            f"the content of a compressed file of more than {read.FREE_UNPACKED >> 20} MiB",
            f"{read.MAX_RATIO} times the size of the file",
        ],
        ["a YAML or JSON file", f"{read.MAX_YAML >> 20} MiB"],
        ["levels of a YAML document", f"{tree.MAX_DEPTH}"],
        [
            "nodes that the aliases of a YAML document expand to",
            f"{tree.FREE_ALIASED:,}, and {tree.MOST_ALIASED} for each node of the document",
        ],
        ["a Corefile", f"{MAX_COREFILE:,} characters, {MAX_WORDS:,} words"],
        ["a key of a ConfigMap with network settings", f"{MAX_EMBEDDED:,} characters"],
    ]

"""Which kinds of inputs there are, and the loading of the readers that a run needs.

A wheel carries an index of them, written when it was built; a checkout looks into the modules of `kpl.inputs` instead.
"""

from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from kpl.inputs.document import Document
from kpl.inputs.reader import FileKind, FileReader, ObjectKind, ObjectReader
from kpl.modules import classes_in, index_of, modules_below

PACKAGE = "kpl.inputs"


class Entry(NamedTuple):
    """What is known of a reader without importing it."""

    module: str
    class_name: str
    kind: FileKind | ObjectKind

    def load(self) -> Any:
        """The reader."""
        return getattr(import_module(self.module), self.class_name)()


def scan() -> list[tuple[Any, ...]]:
    """The entries of all readers, in the order of their modules."""
    found: list[tuple[Any, ...]] = []
    for name in modules_below(PACKAGE):
        module = import_module(name)
        readers = [*classes_in(module, FileReader), *classes_in(module, ObjectReader)]
        found += ((name, each.__name__, each.kind) for each in readers if hasattr(each, "kind"))
    return sorted(found)


@cache
def entries() -> tuple[Entry, ...]:
    """All readers."""
    listed = index_of(PACKAGE)
    return tuple(Entry(*each) for each in (scan() if listed is None else listed))


@cache
def file_kinds() -> dict[str, FileKind]:
    """The kinds of files by their words, in the order of their ranks."""
    kinds = [each.kind for each in entries() if isinstance(each.kind, FileKind)]
    return {kind.word: kind for kind in sorted(kinds, key=lambda kind: kind.rank)}


@cache
def object_kinds() -> tuple[ObjectKind, ...]:
    """The kinds of objects."""
    return tuple(each.kind for each in entries() if isinstance(each.kind, ObjectKind))


@cache
def telling_kinds() -> tuple[ObjectKind, ...]:
    """The kinds of objects that only tell of a cluster."""
    return tuple(each for each in object_kinds() if each.tells)


@cache
def kinds_by_name() -> dict[str, list[ObjectKind]]:
    """The other ones that have objects for themselves, by the ``kind`` of these."""
    found: dict[str, list[ObjectKind]] = {}
    for each in object_kinds():
        for word in each.kinds if not each.tells else ():
            found.setdefault(word, []).append(each)
    return found


@cache
def kinds_of_any_name() -> tuple[ObjectKind, ...]:
    """Those that may be in objects of any other ``kind``."""
    return tuple(each for each in object_kinds() if not (each.tells or each.kinds))


@cache
def file_reader(word: str) -> FileReader:
    """What reads files that are called `word`."""
    reader: FileReader = _of(file_kinds()[word]).load()
    return reader


@cache
def object_reader(kind: ObjectKind) -> ObjectReader:
    """What reads objects of this kind."""
    reader: ObjectReader = _of(kind).load()
    return reader


def _of(kind: FileKind | ObjectKind) -> Entry:
    return next(each for each in entries() if each.kind == kind)


@cache
def dump_models() -> frozenset[str]:
    """The types of models that say what a node does with the traffic of Services."""
    return frozenset(kind.model for kind in file_kinds().values() if kind.is_dump)


@cache
def telling_models() -> frozenset[str]:
    """The types of models that only tell of a cluster, or of the files that make it, and are not checked themselves."""
    of_files = (kind.model for kind in file_kinds().values() if kind.tells)
    of_objects = (model for kind in object_kinds() for model in (kind.models if kind.tells else kind.telling))
    return frozenset((*of_files, *of_objects))


def is_dump(document: Document) -> bool:
    """Whether the document is a dump of what kube-proxy programmed."""
    return document.kind in dump_models()


def only_tells(document: Document) -> bool:
    """Whether `document` only tells of a cluster, and is not checked itself."""
    return document.kind in telling_models()


def as_words(*, only_dumps: bool = False) -> dict[str, str]:
    """What `--as` calls the kinds of files -> their words."""
    kinds = (kind for kind in file_kinds().values() if kind.is_dump or not only_dumps)
    return {kind.as_word: kind.word for kind in kinds if kind.as_word}

"""What makes a kind of input: what has to be known before a text is read, what reads it, and examples.

A kind is one module in a room of `kpl.inputs`, with a class for its reader; `kpl.inputs.registry` finds it there.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from kpl.inputs.document import Document
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Text

if TYPE_CHECKING:
    from kpl.inputs.yaml import tree


class FileKind(NamedTuple):
    """What is known of files that are read as a whole. Regular expressions are compiled when they are needed."""

    word: str
    """What such a file is called."""
    model: str = ""
    """The name of its model's type."""
    as_word: str = ""
    """What `--as` calls it; empty where users cannot say that a file is one."""
    is_dump: bool = False
    """Whether it says what a node does with the traffic of Services."""
    names: str = ""
    """What is found in the names of such files, in any case of letters."""
    shares_names: bool = True
    """Whether other files have these names too, so that the lines decide."""
    start: str = ""
    """What matches the start of its text, be the file called as YAML files are."""
    start_word: str = ""
    """A word that is there then."""
    lines: tuple[str, ...] = ()
    """What is found at line starts; one of these is in each such file, unless there are none."""
    nameless_lines: tuple[str, ...] = ()
    """The same for a text without one of the `names`, where these are not shared."""
    words: tuple[str, ...] = ()
    """One of these words is in each such file, where its name alone makes it one."""
    option: str = ""
    """The option without which such files are read only where the user says that they are of this kind."""
    rank: int = 0
    """Where a text has lines of two kinds, it is the one with the lower rank."""
    tells: bool = False
    """Whether it only tells of a cluster, and is not checked itself."""


class Clue(NamedTuple):
    """A text may hold an object if one of `words` is in it, and all `patterns` are found there.

    A pattern starts with a letter that is written, not with ``\\b``: `re` then skips all other letters.
    """

    words: tuple[str, ...]
    patterns: tuple[str, ...] = ()


class ObjectKind(NamedTuple):
    """What is known of objects in YAML files."""

    models: tuple[str, ...]
    """The names of the models' types."""
    kinds: tuple[str, ...] = ()
    """The values of ``kind`` that such objects have; empty where it may be any that no other reader has for itself."""
    groups: tuple[str, ...] = ()
    """How their ``apiVersion`` starts; empty where this may be anything."""
    not_groups: tuple[str, ...] = ()
    """How the ``apiVersion`` of other objects starts that have the same ``kind``."""
    file_names: tuple[str, ...] = ()
    """The names of files in which they need no ``kind``."""
    late: tuple[str, ...] = ()
    """The values of ``kind`` that promise exactly one model, of the first type, so that it is read when it is asked for."""
    beside: tuple[str, ...] = ()
    """The values of ``kind`` that another reader has for itself, and in whose objects this one looks too."""
    never: tuple[str, ...] = ()
    """The values of ``kind`` that promise none, in spite of the clues."""
    each_below: str = ""
    """A key, each entry of which promises one model, instead of one for the object."""
    aside: tuple[str, ...] = ()
    """Keys beside `each_below`, below which nothing is of a model."""
    clues: tuple[Clue, ...] = ()
    """How a text shows that it may hold one; where there are none, by its `kinds`, or by its `groups` if it only `tells`."""
    tells: bool = False
    """Whether they only tell of a cluster, or of the files that make it, and are not checked themselves."""
    telling: tuple[str, ...] = ()
    """Those of `models` that only tell of a cluster, where others are checked."""
    largest: int = 0
    """In characters: larger ones are not read; 0 is no limit."""

    def takes(self, kind: str, api_version: str, file_name: str) -> bool:
        """Whether an object is one of these."""
        if not kind and file_name in self.file_names:
            return True
        if api_version.startswith(self.not_groups):
            return False
        return (not self.kinds or kind in self.kinds) and (not self.groups or api_version.startswith(self.groups))


class Takes:
    """An example of a text that is read: `says` are attributes of the first model, `kinds` the types of all of them.

    Where an attribute knows its place, that is what stands at its place.
    """

    def __init__(
        self, text: str, says: Mapping[str, Any] | None = None, name: str = "", kinds: tuple[str, ...] = ()
    ) -> None:
        self.text, self.says, self.name, self.kinds = text, says or {}, name, kinds


class Leaves:
    """An example of a text that is none of this kind, although it may look like one."""

    def __init__(self, text: str, name: str = "") -> None:
        self.text, self.name = text, name


class Place(NamedTuple):
    """Where an object stands: its file, the text that its spans count in, and whether placeholders are in it."""

    source: Source
    embedding: Embedding
    templated: bool
    listed_as: Text | None = None
    """The ``kind`` of an item of a list that names it once for all of them."""

    @property
    def file_name(self) -> str:
        """The name of its file, without folders."""
        return self.source.name

    def document(self, node: "tree.Mapping", model: Any) -> Document:
        """The document of the `model` that the object at `node` is."""
        name, namespace = node.text("metadata", "name") or "", node.text("metadata", "namespace") or ""
        return Document(self.source, model, self.embedding, name, namespace, templated=self.templated)


class FileReader:
    """Reads files of one kind, each as a whole."""

    kind: ClassVar[FileKind]
    examples: ClassVar[tuple[Takes | Leaves, ...]] = ()

    def parse(self, text: str) -> Any:
        """The model of `text`. Never raises."""
        raise NotImplementedError

    def read(self, source: Source) -> Iterable[Document]:
        """The documents in `source`: one, unless a kind has its own way."""
        yield self.document(source, source.text)

    def document(self, source: Source, text: str) -> Document:
        """The document of `source` that `text` is: its own, or with blanks for parts of it."""
        return Document(source, self.parse(text), Embedding(text, source.newline), key=source.name)


class ObjectReader:
    """Reads objects of one kind, wherever they are in a YAML file."""

    kind: ClassVar[ObjectKind]
    examples: ClassVar[tuple[Takes | Leaves, ...]] = ()

    def models(self, text: str, node: "tree.Mapping") -> Iterable[Any]:
        """The models that the object `node` of `text` is."""
        raise NotImplementedError

    def read(self, node: "tree.Mapping", place: Place) -> Iterator[Document]:
        """The documents in the object `node`: its models, unless a kind has its own way."""
        for model in self.models(place.source.text, node):
            yield place.document(node, model)

"""By what kpl recognized a file that it read."""

from enum import Enum

from kpl.inputs.detect import COREFILE, FRAGMENT, YAML, is_certain_name, kind_by_name
from kpl.inputs.document import Reading
from kpl.inputs.registry import object_kinds


class Basis(Enum):
    """What told kpl what a file is: the word that JSON has for it."""

    OPTION = "option"
    """The user, with `--as`."""
    NAME = "name"
    NAME_AND_CONTENT = "name-and-content"
    CONTENT = "content"
    OBJECTS = "objects"
    """What the objects in it say that they are."""


def basis_of(reading: Reading, as_kind: str | None) -> Basis:
    """By what kpl recognized the file of `reading`, whose documents are read; `as_kind` is what the user says that it is."""
    if any(document.object is not None for document in reading.documents):
        return Basis.OBJECTS
    if as_kind is not None:
        return Basis.OPTION
    name = reading.source.name
    if reading.kind == YAML:
        return Basis.NAME if any(name in each.file_names for each in object_kinds()) else Basis.CONTENT
    if reading.kind in (COREFILE, FRAGMENT) and is_certain_name(name):
        return Basis.NAME
    return Basis.CONTENT if kind_by_name(name) in (None, YAML) else Basis.NAME_AND_CONTENT

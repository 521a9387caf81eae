"""From the bytes of one file to its documents."""

import os
from typing import NamedTuple

from kpl import troubles
from kpl.inputs import detect
from kpl.inputs.coverage import Skipped, SkipReason, failed
from kpl.inputs.detect import ANSIBLE_VAULT, GIT_CRYPT, GZIP
from kpl.inputs.document import Reading
from kpl.inputs.registry import file_kinds, file_reader
from kpl.text.source import Source, SourceOrigin, place_of

HEAD = 65_536
MAX_SIZE = 256 << 20
"""In bytes, of a file, of what a gzip file holds, and of standard input: twice the dump of a node with 20,000 Services."""
FREE_UNPACKED = 16 << 20
MAX_RATIO = 100
"""How many bytes a byte of gzip may stand for, above the first ones: dumps of kube-proxy reach 40."""
MAX_YAML = 64 << 20
"""In bytes: a tree takes many times the memory of its text, unlike a table."""

NOTHING = "contains nothing that kpl checks"
_PIECE = 16_384


class Identified(NamedTuple):
    """The text of a file, and what it is: the word of its `FileKind`."""

    source: Source
    kind: str
    not_written: str = ""
    """Why `kpl fix` does not write the file back, completing "`path` ..."; empty where it does."""
    by_content: bool = False
    """Whether nothing but the text tells what the file is."""


def read(
    path: str,
    data: bytes,
    named: bool = True,
    as_kind: str | None = None,
    origin: SourceOrigin = SourceOrigin.DISK,
) -> Reading | None:
    """The documents in the file `path` that holds `data`; None where it holds nothing that kpl reads.

    `named` tells that the user named this very file, `as_kind` what it is. Never raises for any bytes: what does not
    parse becomes a `ParseFailure` among the documents, and an internal error a trouble.
    """
    reading = read_bytes(path, data, named, as_kind, origin)
    return None if isinstance(reading, Skipped) else reading


def read_bytes(
    path: str,
    data: bytes,
    named: bool = True,
    as_kind: str | None = None,
    origin: SourceOrigin = SourceOrigin.DISK,
) -> Reading | Skipped:
    """As `read`, with the reason where there is nothing to check."""
    with troubles.kept(path):
        identified = identify(path, data, named, as_kind, origin)
        del data  # a large dump need not be there twice
        return identified if isinstance(identified, Skipped) else read_identified(identified)
    return failed(path)


def is_blank(text: str) -> bool:
    """Whether nothing is in `text`, which may be large: it is not copied."""
    return not text or text.isspace()


def read_identified(identified: Identified) -> Reading | Skipped:
    """The documents in a file; where there are none, that."""
    source, kind, not_written, _ = identified
    if is_blank(source.text):
        return Skipped(source.path, SkipReason.NOTHING, "is empty")
    reading = read_documents(source, kind)
    reading.not_written = not_written
    if reading.documents:
        return reading
    if kind == detect.YAML:
        from kpl.inputs.yamldocuments import is_encrypted

        if is_encrypted(source.text):
            return Skipped(source.path, SkipReason.ENCRYPTED, "is encrypted")
    return Skipped(source.path, SkipReason.NOTHING, NOTHING)


def read_documents(source: Source, kind: str) -> Reading:
    """The documents in a file of this kind."""
    return Reading(source, list(file_reader(kind).read(source)), kind)


def identify(
    path: str,
    data: bytes,
    named: bool = True,
    as_kind: str | None = None,
    origin: SourceOrigin = SourceOrigin.DISK,
    archive: str = "",
) -> Identified | Skipped:
    """The text of a file, which may be a member of an `archive`, and what it is."""
    name, not_written = os.path.basename(place_of(path, archive)), ""
    if data.startswith((GIT_CRYPT, ANSIBLE_VAULT)):
        return Skipped(path, SkipReason.ENCRYPTED, "is encrypted")
    if data[:2] == GZIP:
        unpacked = gunzip(path, data)
        if isinstance(unpacked, Skipped):
            return unpacked
        data, name, not_written = unpacked, name.removesuffix(".gz"), "is compressed"
    if as_kind is None and b"\0" in data[:HEAD] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return Skipped(path, SkipReason.BINARY, "is a binary file")
    source = Source.from_bytes(path, data, origin, archive)
    if as_kind is not None:
        return Identified(source, as_kind, not_written)
    found = detect.detect(name, source.text[:HEAD], named)
    if found is None:
        return _unknown(path, name, source.text)
    if found.kind == detect.YAML and len(data) > MAX_YAML:
        return Skipped(path, SkipReason.TOO_LARGE, f"is larger than {MAX_YAML >> 20} MiB")
    return Identified(source, _collected(found.kind, source.text), not_written, found.by_content)


def _collected(kind: str, text: str) -> str:
    """What `text` is that starts a dump of this `kind`: that, or a collection of dumps."""
    if not file_kinds()[kind].lines:
        return kind
    from kpl.inputs.evidence.collection import COLLECTION, is_collection

    return COLLECTION if is_collection(text, file_kinds()[kind]) else kind


def _unknown(path: str, name: str, text: str) -> Skipped:
    if is_blank(text):
        return Skipped(path, SkipReason.NOTHING, "is empty")
    if detect.kind_by_name(name) is None and detect.belongs_to_another(name):
        return Skipped(path, SkipReason.OTHER_NAME, "has the name of another program's file (`--as` overrides)")
    return Skipped(path, SkipReason.NOTHING, "contains nothing that kpl recognizes (`--as` sets its kind)")


def gunzip(path: str, data: bytes) -> bytes | Skipped:
    """What all members of a gzip file hold, unless that is out of proportion."""
    # the module gzip goes over names and padding octet by octet, for seconds where a file is hostile
    import zlib

    most = min(MAX_SIZE, max(FREE_UNPACKED, MAX_RATIO * len(data)))
    unpacked = bytearray()
    at, member = 0, zlib.decompressobj(31)
    while at < len(data):
        piece = data[at : at + _PIECE]  # what follows the end of a member is copied
        try:
            unpacked += member.decompress(piece, most + 1 - len(unpacked))
        except zlib.error:
            return Skipped(path, SkipReason.DAMAGED, "is a damaged gzip file")
        if len(unpacked) > most:
            return Skipped(path, SkipReason.TOO_LARGE, f"unpacks to more than {most >> 20} MiB")
        at += len(piece) - len(member.unused_data)
        if member.eof and at < len(data):
            if not data[at : at + _PIECE].strip(b"\0") and not data[at:].strip(b"\0"):
                break  # zeros pad the last block of a tape
            member = zlib.decompressobj(31)
    if not member.eof:
        return Skipped(path, SkipReason.DAMAGED, "is a gzip file that was cut short")
    return bytes(unpacked)

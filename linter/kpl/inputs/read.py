"""From the bytes of one file to its documents."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib import import_module

from kpl import troubles
from kpl.inputs import detect
from kpl.inputs.corefiledocument import corefile_document
from kpl.inputs.document import Document, Reading
from kpl.text.embedding import Embedding
from kpl.text.source import Source

HEAD = 65_536
MAX_SIZE = 1 << 30

_TABLES = {
    detect.IPTABLES: ("kpl.inputs.iptables", "parse_iptables_save"),
    detect.LISTING: ("kpl.inputs.listing", "parse_listing"),
    detect.NFT: ("kpl.inputs.nft", "parse_nft"),
    detect.NFT_JSON: ("kpl.inputs.nftjson", "parse_nft_json"),
    detect.NFT_COMMANDS: ("kpl.inputs.nftcommands", "parse_nft_commands"),
    detect.IPVS: ("kpl.inputs.ipvs", "parse_ipvs"),
    detect.IPSET: ("kpl.inputs.ipset", "parse_ipset"),
    detect.CONNTRACK: ("kpl.inputs.conntrack", "parse_conntrack"),
    detect.RESOLV_CONF: ("kpl.inputs.resolvconf", "parse_resolv_conf"),
}
"""What reads a file that is one document as a whole: the module, imported when it is needed, and the function in it."""

_GIT_CRYPT = b"\0GITCRYPT"
_SOPS = re.compile(r"""(?:^|\n)[ \t{]*"?sops"?:[\s\S]*\bENC\[|\bENC\[AES""")


def read(path: str, data: bytes, named: bool = True) -> Reading | None:
    """The documents in the file `path` that holds `data`; None where it holds nothing that kpl reads.

    `named` tells that the user named this very file. Never raises for any bytes: what does not parse becomes a
    `ParseFailure` among the documents, and an internal error a trouble.
    """
    with troubles.kept(path):
        identified = identify(path, data, named)
        if identified is None:
            return None
        del data  # a large dump need not be there twice
        reading = read_documents(*identified)
        return reading if reading.documents else None
    return None


def read_documents(source: Source, kind: str) -> Reading:
    """The documents in a file of this kind."""
    return Reading(source, list(_documents(source, kind)), kind)


def identify(path: str, data: bytes, named: bool = True) -> tuple[Source, str] | None:
    """The text of a file and what it is, one of the words of `kpl.inputs.detect`; None for what kpl does not read."""
    if data.startswith(_GIT_CRYPT):
        return None
    if data[:2] == b"\x1f\x8b":
        unpacked = _gunzip(data)
        if unpacked is None:
            return None
        data, path_kind = unpacked, path.removesuffix(".gz")
    else:
        path_kind = path
    if b"\0" in data[:HEAD] and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return None
    source = Source.from_bytes(path, data)
    kind = detect.kind_of(os.path.basename(path_kind), source.text[:HEAD], named)
    return None if kind is None else (source, kind)


def _gunzip(data: bytes) -> bytes | None:
    import zlib

    try:
        unpacker = zlib.decompressobj(31)
        unpacked = unpacker.decompress(data, MAX_SIZE)
    except zlib.error:
        return None
    return unpacked if unpacker.eof else None


def _documents(source: Source, kind: str) -> Iterator[Document]:
    name = os.path.basename(source.path)
    if kind in _TABLES:
        module, parse = _TABLES[kind]
        model = getattr(import_module(module), parse)(source.text)
        yield Document(source, model, Embedding(source.text, source.newline), key=name)
    elif kind == detect.YAML:
        if "ENC[" not in source.text or not _SOPS.search(source.text):
            from kpl.inputs.yamldocuments import yaml_documents

            yield from yaml_documents(source)
    else:
        document = corefile_document(source, Embedding(source.text, source.newline), key=name)
        if document is not None:
            yield document

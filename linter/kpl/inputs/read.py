"""From the bytes of one file to its documents."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kpl.inputs import detect
from kpl.inputs.document import Document, ParseFailure, Reading
from kpl.text.embedding import Embedding
from kpl.text.source import Source
from kpl.text.span import Span

if TYPE_CHECKING:
    from kpl.inputs.nftables import NftRuleset

HEAD = 65_536
MAX_SIZE = 1 << 30
MAX_COREFILE = 4 << 20
"""In characters, four times what Kubernetes keeps in a ConfigMap."""

_GIT_CRYPT = b"\0GITCRYPT"
_SOPS = re.compile(r"""(?:^|\n)[ \t{]*"?sops"?:[\s\S]*\bENC\[|\bENC\[AES""")


def read(path: str, data: bytes, named: bool = True) -> Reading | None:
    """The documents in the file `path` that holds `data`; None where it holds nothing that kpl reads.

    `named` tells that the user named this very file. Never raises for any bytes: what does not parse becomes a
    `ParseFailure` among the documents.
    """
    identified = identify(path, data, named)
    if identified is None:
        return None
    del data  # a large dump need not be there twice
    reading = read_documents(*identified)
    return reading if reading.documents else None


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
    if kind == detect.IPTABLES:
        from kpl.inputs.iptables import parse_iptables_save

        yield Document(source, parse_iptables_save(source.text), Embedding(source.text, source.newline), key=name)
    elif kind in (detect.IPVS, detect.IPSET, detect.CONNTRACK, detect.RESOLV_CONF, detect.LISTING):
        yield Document(source, _table(kind, source.text), Embedding(source.text, source.newline), key=name)
    elif kind in (detect.NFT, detect.NFT_JSON, detect.NFT_COMMANDS):
        yield Document(source, _nft_ruleset(source.text, kind), Embedding(source.text, source.newline), key=name)
    elif kind == detect.YAML:
        if "ENC[" not in source.text or not _SOPS.search(source.text):
            from kpl.inputs.yamldocuments import yaml_documents

            yield from yaml_documents(source)
    else:
        document = corefile_document(source, Embedding(source.text, source.newline), key=name)
        if document is not None:
            yield document


def _table(kind: str, text: str) -> object:
    if kind == detect.IPVS:
        from kpl.inputs.ipvs import parse_ipvs

        return parse_ipvs(text)
    if kind == detect.IPSET:
        from kpl.inputs.ipset import parse_ipset

        return parse_ipset(text)
    if kind == detect.CONNTRACK:
        from kpl.inputs.conntrack import parse_conntrack

        return parse_conntrack(text)
    if kind == detect.LISTING:
        from kpl.inputs.listing import parse_listing

        return parse_listing(text)
    from kpl.inputs.resolvconf import parse_resolv_conf

    return parse_resolv_conf(text)


def _nft_ruleset(text: str, kind: str) -> NftRuleset:
    if kind == detect.NFT_JSON:
        from kpl.inputs.nftjson import parse_nft_json

        return parse_nft_json(text)
    if kind == detect.NFT_COMMANDS:
        from kpl.inputs.nftcommands import parse_nft_commands

        return parse_nft_commands(text)
    from kpl.inputs.nft import parse_nft

    return parse_nft(text)


def corefile_document(
    source: Source, embedding: Embedding, *, key: str, name: str = "", namespace: str = "", sure: bool = True
) -> Document | None:
    """The Corefile that `embedding` holds; None where `sure` is false and the text is something else."""
    from kpl.inputs.corefile import CorefileError, parse_corefile

    text = embedding.text
    if not sure and not detect.names_a_plugin(text):
        return None
    model: object
    templated = is_templated(text)
    if len(text) > MAX_COREFILE:
        model = ParseFailure("Corefile", "it is larger than 4 MiB", whole(text), templated, too_large=True)
        return Document(source, model, embedding, name, namespace, key, templated)
    try:
        model = parse_corefile(text, fragment=key.endswith(".override"))
    except CorefileError as error:
        if not sure:
            return None
        model = ParseFailure("Corefile", error.message, error.span, templated)
    return Document(source, model, embedding, name, namespace, key, templated)


_TEMPLATE = re.compile(r"\{\{|\{%|\{#|\$\{|\$\(|%\{|<%|__[A-Z][A-Z0-9_]+__|\}[A-Z_]{3,}$", re.MULTILINE)


def is_templated(text: str) -> bool:
    """Whether `text` holds placeholders that something else fills in: Helm, Jinja, envsubst, Terraform, `__PILLAR__`."""
    return _TEMPLATE.search(text) is not None


def whole(text: str) -> Span:
    """The first line of `text` that is not blank."""
    start = len(text) - len(text.lstrip())
    end = text.find("\n", start)
    return Span(start, len(text.rstrip()) if end < 0 else end)

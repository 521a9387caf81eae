"""Each kind of input keeps what its examples promise, and is found where it lies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kpl.inputs.objects
from kpl.inputs import detect, recognition, registry
from kpl.inputs.coverage import Skipped
from kpl.inputs.discover import Found
from kpl.inputs.document import Document
from kpl.inputs.files import read_file
from kpl.inputs.reader import FileKind, Leaves, Takes
from kpl.text.span import Text

EXAMPLES = [
    pytest.param(entry, example, id=f"{entry.class_name}-{number}")
    for entry in registry.entries()
    for number, example in enumerate(entry.load().examples)
]


def read_in(folder: Path, entry: registry.Entry, example: Takes | Leaves) -> tuple[str, list[Document]]:
    """What the file is, and its documents, all of them read."""
    path = folder / (example.name or "object.yaml")
    path.write_text(example.text, encoding="utf-8", newline="")
    is_file = isinstance(entry.kind, FileKind)
    asked = entry.kind.word if isinstance(entry.kind, FileKind) and entry.kind.option else None
    reading = read_file(Found(str(path), named=is_file), asked)
    if isinstance(reading, Skipped):
        return "", []
    return reading.kind, [each for each in reading.documents if each.model is not None]


@pytest.mark.parametrize(("entry", "example"), EXAMPLES)
def test_a_reader_does_what_its_examples_promise(
    tmp_path: Path, entry: registry.Entry, example: Takes | Leaves
) -> None:
    word, documents = read_in(tmp_path, entry, example)
    kind = entry.kind
    own = (kind.model,) if isinstance(kind, FileKind) else kind.models
    if isinstance(example, Leaves):
        # a file may be of another kind, an object may have models of another one
        assert word != kind.word if isinstance(kind, FileKind) else not {each.kind for each in documents} & {*own}
        return
    if isinstance(kind, FileKind):
        assert word == kind.word
    assert [each.kind for each in documents] == list(example.kinds or own[:1])
    # what holds it may be a document itself
    first = next((each for each in documents if each.kind in own), documents[0])
    for name, value in example.says.items():
        said = getattr(first.model, name)
        assert said == value
        if isinstance(said, Text):
            place = first.embedding.host_span(said.span)
            assert first.source.text[slice(*place)].strip("'\"") == said


@pytest.mark.parametrize("entry", registry.entries(), ids=lambda entry: entry.class_name)
def test_a_reader_has_an_example_of_what_it_takes_and_of_what_it_leaves(entry: registry.Entry) -> None:
    assert {type(each) for each in entry.load().examples} == {Takes, Leaves}


def test_words_and_ranks_are_given_once() -> None:
    kinds = [entry.kind for entry in registry.entries() if isinstance(entry.kind, FileKind)]
    for values in ([each.word for each in kinds], [each.rank for each in kinds]):
        assert len(values) == len({*values})


ROOM = """
from dataclasses import dataclass

from kpl.inputs.reader import FileKind, FileReader, Leaves, ObjectKind, ObjectReader, Takes
from kpl.text.span import Text


@dataclass
class Peering:
    name: Text


class PeeringReader(ObjectReader):
    kind = ObjectKind(models=("Peering",), kinds=("BGPPeer",), late=("BGPPeer",))
    examples = (Takes("kind: BGPPeer\\nmetadata: {name: a}\\n", {"name": "a"}), Leaves("kind: Pod\\n"))

    def models(self, text, node):
        yield Peering(node.text("metadata", "name"))


class PoolReader(ObjectReader):
    kind = ObjectKind(models=("Peering",), groups=("pools.example.com/",), tells=True)

    def models(self, text, node):
        yield Peering(node.text("metadata", "name"))


class RulesReader(FileReader):
    kind = FileKind("ip -j rule", "Peering", start=r'\\[\\{"priority"', start_word='"priority"', rank=201)

    def parse(self, text):
        return Peering(Text("rules", (0, 7)))


class RoutesReader(FileReader):
    kind = FileKind("ip route", "Peering", as_word="routes", is_dump=True, names=r"\\.routes$", lines=(r"^default via ",), rank=200)

    def parse(self, text):
        return Peering(Text("default", (0, 7)))
"""


@pytest.fixture
def with_a_new_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "peering.py").write_text(ROOM, encoding="utf-8")
    monkeypatch.setattr(kpl.inputs.objects, "__path__", [*kpl.inputs.objects.__path__, str(tmp_path)])
    forget()
    yield
    monkeypatch.undo()
    forget()
    sys.modules.pop("kpl.inputs.objects.peering")


def forget() -> None:
    for module in (registry, recognition, detect):
        for value in vars(module).values():
            clear: Any = getattr(value, "cache_clear", None)
            if clear is not None:
                clear()


@pytest.mark.usefixtures("with_a_new_kind")
def test_a_new_kind_is_one_file(tmp_path: Path) -> None:
    texts = {
        "peer.yaml": "kind: BGPPeer\nmetadata: {name: a}\n",
        "peers.yaml": "kind: BGPPeerList\nitems: [{metadata: {name: b}}]\n",
        "pool.yaml": "apiVersion: pools.example.com/v1\nkind: Pool\nmetadata: {name: c}\n",
        "node.routes": "default via 192.0.2.1 dev eth0\n",
        "rules.json": '[{"priority":0,"src":"all","table":"local"}]',
        "routes.txt": "default via 192.0.2.1 dev eth0\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    readings = {name: read_file(Found(str(tmp_path / name), named=False)) for name in texts}
    found = {
        name: [(each.kind, each.model.name) for each in reading.documents]
        for name, reading in readings.items()
        if not isinstance(reading, Skipped)
    }
    assert found == {
        "peer.yaml": [("Peering", "a")],
        "peers.yaml": [("Peering", "b")],
        "pool.yaml": [("Peering", "c")],
        "node.routes": [("Peering", "default")],
        "rules.json": [("Peering", "rules")],
        "routes.txt": [("Peering", "default")],
    }
    assert "Peering" in registry.dump_models() & registry.telling_models()
    assert registry.as_words()["routes"] == "ip route"


def test_what_no_kind_claims_is_left_on_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "peer.yaml"
    path.write_text("kind: BGPPeer\nmetadata: {name: a}\n", encoding="utf-8")
    assert isinstance(read_file(Found(str(path), named=False)), Skipped)

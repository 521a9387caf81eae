"""From a file of a run to its text: whatever lies there, and whatever it has become by now."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import pytest

from kpl.inputs import files, read
from kpl.inputs.corefile import parser
from kpl.inputs.coverage import Coverage, Skipped, SkipReason
from kpl.inputs.discover import Found, discover
from kpl.inputs.document import Reading
from kpl.inputs.files import read_file
from samples import BAD, DUMP, POD, config_map, indented
from support import POSIX

MEGABYTE = 1 << 20


def outcome(path: Path, named: bool = False, as_kind: str | None = None) -> tuple[object, str]:
    """What becomes of a file: its kind and why it is not written, or why it is left out."""
    found = read_file(Found(str(path), named), as_kind)
    if isinstance(found, Reading):
        return found.kind, found.not_written
    assert found.path == str(path)
    return found.reason, found.detail


def placed(folder: Path, name: str, data: str | bytes) -> Path:
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder / name


@pytest.mark.parametrize(
    ("name", "data", "named", "expected"),
    [
        ("Corefile", BAD, False, ("corefile", "")),
        ("corefile", BAD, True, ("corefile", "")),
        ("dns", BAD, True, ("corefile", "is recognized only by its content")),
        ("dns", BAD, False, (SkipReason.NOTHING, "contains nothing that kpl recognizes (`--as` sets its kind)")),
        ("main.go", BAD, True, (SkipReason.OTHER_NAME, "has the name of another program's file (`--as` overrides)")),
        ("main.go", " \n", True, (SkipReason.NOTHING, "is empty")),
        ("Corefile", "", False, (SkipReason.NOTHING, "is empty")),
        ("Corefile", "\n \n", False, (SkipReason.NOTHING, "is empty")),
        ("a.yaml", "\n", False, (SkipReason.NOTHING, "is empty")),
        ("a.yaml", "a: b\n", False, (SkipReason.NOTHING, "contains nothing that kpl checks")),
        ("a.yaml", "containers: b\n", False, (SkipReason.NOTHING, "contains nothing that kpl checks")),
        ("a.yaml", POD, False, ("yaml", "")),
        ("a.yaml", "a\0b", False, (SkipReason.BINARY, "is a binary file")),
        ("a.yaml", POD.encode("utf-16"), False, ("yaml", "")),
        ("a.yaml", b"\0GITCRYPT\0x", False, (SkipReason.ENCRYPTED, "is encrypted")),
        ("a.yaml", "$ANSIBLE_VAULT;1.1;AES256\n", False, (SkipReason.ENCRYPTED, "is encrypted")),
        ("a.yaml", "Corefile: ENC[AES256_GCM,x]\n", False, (SkipReason.ENCRYPTED, "is encrypted")),
        ("a.yaml", "a: ENC[x]\nsops:\n  mac: ENC[y]\n", False, (SkipReason.ENCRYPTED, "is encrypted")),
        ("a.yaml", "sops: x\na: ENC[y]\n", False, (SkipReason.ENCRYPTED, "is encrypted")),
        ("a.yaml", "a: ENC[y]\nsops: x\n", False, (SkipReason.NOTHING, "contains nothing that kpl checks")),
        ("a.yaml", "a: ENC[y]\n", False, (SkipReason.NOTHING, "contains nothing that kpl checks")),
        ("a.yaml.gz", gzip.compress(POD.encode(), mtime=0), False, ("yaml", "is compressed")),
        ("a.iptables.gz", gzip.compress(DUMP.encode(), mtime=0) * 2, False, ("iptables-save", "is compressed")),
        ("a.iptables.gz", gzip.compress(DUMP.encode(), mtime=0) + b"\0" * 700, False, ("iptables-save", "is compressed")),
        ("a.iptables.gz", gzip.compress(DUMP.encode(), mtime=0) + b"xy", False, (SkipReason.DAMAGED, "is a damaged gzip file")),
        ("a.iptables.gz", gzip.compress(DUMP.encode(), mtime=0) + b"\0" * 20_000 + b"x", False, (SkipReason.DAMAGED, "is a damaged gzip file")),
        ("a.iptables.gz", gzip.compress(DUMP.encode(), mtime=0)[:-1], False, (SkipReason.DAMAGED, "is a gzip file that was cut short")),
        # the name says nothing of what is in it, but the bytes do
        ("a.iptables", gzip.compress(DUMP.encode(), mtime=0), False, ("iptables-save", "is compressed")),
    ],
)  # fmt: skip
def test_what_becomes_of_a_file(
    tmp_path: Path, name: str, data: str | bytes, named: bool, expected: tuple[object, str]
) -> None:
    assert outcome(placed(tmp_path, name, data), named) == expected


def test_what_the_user_says_of_a_file_counts(tmp_path: Path) -> None:
    assert outcome(placed(tmp_path, "main.go", BAD), as_kind="corefile") == ("corefile", "")
    assert outcome(placed(tmp_path, "a.yaml", BAD), as_kind="corefile") == ("corefile", "")
    assert outcome(placed(tmp_path, "a.gz", gzip.compress(BAD.encode(), mtime=0)), as_kind="corefile") == (
        "corefile",
        "is compressed",
    )
    assert outcome(placed(tmp_path, "b", "a\0b"), as_kind="yaml") == (
        SkipReason.NOTHING,
        "contains nothing that kpl checks",
    )


def test_what_is_gone_or_no_file_any_more(tmp_path: Path) -> None:
    assert outcome(tmp_path / "a.yaml") == (SkipReason.UNREADABLE, "is not readable: No such file or directory")
    (tmp_path / "b.yaml").mkdir()
    assert outcome(tmp_path / "b.yaml")[0] in (SkipReason.NOT_A_FILE, SkipReason.UNREADABLE)


@POSIX
def test_pipes(tmp_path: Path) -> None:
    pipe = tmp_path / "Corefile"
    os.mkfifo(pipe)
    # one that a folder holds is not waited for
    assert outcome(pipe) == (SkipReason.NOT_A_FILE, "is not a regular file")
    writer = threading.Thread(target=lambda: pipe.write_text(BAD))
    writer.start()
    assert outcome(pipe, named=True) == ("corefile", "is a pipe")
    writer.join()


@pytest.mark.parametrize("size", [MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 3 * MEGABYTE])
def test_a_large_file_is_read_to_its_end(tmp_path: Path, size: int) -> None:
    text = BAD + "#" * (size - len(BAD) - 1) + "\n"
    found = read_file(Found(str(placed(tmp_path, "Corefile", text)), named=False))
    assert isinstance(found, Reading)
    assert found.source.text == text
    packed = read_file(
        Found(str(placed(tmp_path, "Corefile.gz", gzip.compress(text.encode(), 0, mtime=0))), named=False)
    )
    assert isinstance(packed, Reading)
    assert packed.source.text == text


def test_of_a_large_file_the_start_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(files, "MAX_SIZE", 0)
    text = "hello\n" * MEGABYTE
    nothing = (SkipReason.NOTHING, "contains nothing that kpl recognizes (`--as` sets its kind)")
    for name, data in (("a.txt", text.encode()), ("a.txt.gz", gzip.compress(text.encode(), 0, mtime=0))):
        assert outcome(placed(tmp_path, name, data)) == nothing
    # named as a kind, or what has the name for one, is read on
    for name, kind in (("a.txt", "corefile"), ("Corefile", None)):
        assert outcome(placed(tmp_path, name, text), as_kind=kind) == (SkipReason.TOO_LARGE, "is larger than 0 MiB")


@pytest.mark.parametrize(("over", "kind"), [(0, "corefile"), (1, SkipReason.TOO_LARGE)])
def test_the_largest_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: int, kind: object) -> None:
    monkeypatch.setattr(files, "MAX_SIZE", 2 * MEGABYTE)
    text = BAD + "#" * (2 * MEGABYTE + over - len(BAD))
    assert outcome(placed(tmp_path, "Corefile", text))[0] == kind


@pytest.mark.parametrize(("over", "kind"), [(0, "corefile"), (1, SkipReason.TOO_LARGE)])
def test_the_most_that_a_packed_file_unpacks_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: int, kind: object
) -> None:
    monkeypatch.setattr(read, "MAX_SIZE", 2 * MEGABYTE)
    monkeypatch.setattr(read, "FREE_UNPACKED", 2 * MEGABYTE)
    text = BAD + "#" * (2 * MEGABYTE + over - len(BAD))
    path = placed(tmp_path, "Corefile.gz", gzip.compress(text.encode(), mtime=0))
    assert outcome(path)[0] == kind
    if over:
        assert outcome(path)[1] == "unpacks to more than 2 MiB"


@pytest.mark.parametrize(("over", "kind"), [(0, "yaml"), (1, SkipReason.TOO_LARGE)])
def test_the_largest_yaml_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over: int, kind: object) -> None:
    monkeypatch.setattr(read, "MAX_YAML", len(POD))
    assert outcome(placed(tmp_path, "a.yaml", POD + "\n" * over))[0] == kind


def test_the_bytes_of_small_files_are_told(tmp_path: Path) -> None:
    seen: list[tuple[str, bytes]] = []
    small, large = placed(tmp_path, "a.yaml", POD), placed(tmp_path, "Corefile", BAD + "#" * MEGABYTE)
    for path in (small, large):
        read_file(Found(str(path), named=False), seen=lambda *each: seen.append(each))
    assert seen == [(str(small), POD.encode())]


def kept(path: Path) -> tuple[list[str], list[tuple[str, SkipReason]]]:
    found = discover([str(path)])
    return (
        [os.path.relpath(each.path, path) for each in found.found],
        [(os.path.relpath(each.path, path), each.reason) for each in found.skipped],
    )


@POSIX
def test_links_and_what_is_no_file(tmp_path: Path) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    for folder in (tree / "a", outside):
        folder.mkdir(parents=True)
        placed(folder, "x.yaml", POD)
    (tree / "a" / "same.yaml").symlink_to("x.yaml")
    (tree / "out.yaml").symlink_to(outside / "x.yaml")
    (tree / "folder.yaml").symlink_to(outside)
    (tree / "gone.yaml").symlink_to("nowhere.yaml")
    (tree / "round.yaml").symlink_to("round.yaml")
    os.mkfifo(tree / "pipe.yaml")
    placed(tree, "main.go", "x")
    found, skipped = kept(tree)
    assert found == ["a/same.yaml"]  # and the file that it leads to is the same one
    assert sorted(skipped, key=str) == [
        ("main.go", SkipReason.OTHER_NAME),
        ("out.yaml", SkipReason.LINK),
        ("pipe.yaml", SkipReason.NOT_A_FILE),
    ]
    everything = discover([str(tree)], all_names=True)
    assert sorted(os.path.basename(each.path) for each in everything.found) == ["main.go", "same.yaml"]
    (device,) = discover([os.devnull]).skipped
    assert (device.path, device.reason) == (os.devnull, SkipReason.NOT_A_FILE)


def test_each_argument_that_led_to_a_file_is_told(tmp_path: Path) -> None:
    path = placed(tmp_path, "a.yaml", POD)
    (found,) = discover([str(path), str(tmp_path)]).found
    assert (found.named, found.arguments) == (True, [str(path), str(tmp_path)])
    (found,) = discover([str(tmp_path), str(path)]).found
    assert (found.named, found.arguments) == (False, [str(tmp_path), str(path)])


def test_a_corefile_too_large_to_be_one() -> None:
    """Four times what Kubernetes keeps in a ConfigMap."""
    for size, too_large in ((4 << 20, False), ((4 << 20) + 1, True)):
        text = "#" * (size - len(BAD)) + "\n" + BAD[:-1]
        reading = read.read("Corefile", text.encode())
        assert reading is not None
        assert getattr(reading.documents[0].model, "too_large", False) is too_large


@pytest.mark.parametrize(("words", "too_large"), [(50, False), (51, True)])
def test_a_corefile_of_too_many_words(monkeypatch: pytest.MonkeyPatch, words: int, too_large: bool) -> None:
    monkeypatch.setattr(parser, "MAX_WORDS", 50)
    # the words around it are `.`, `{`, `log` and `}`
    text = "# a comment counts for nothing\n. {\nlog " + "ab " * (words - 4) + "\n}\n"
    reading = read.read("Corefile", text.encode())
    assert reading is not None
    assert getattr(reading.documents[0].model, "too_large", False) is too_large
    inside = read.read("cm.yaml", config_map("|\n" + indented(text, 4)).encode())
    assert inside is not None
    assert getattr(inside.documents[0].model, "too_large", False) is too_large


REASONS = [Skipped(reason.value, reason, "x") for reason in SkipReason]


def test_the_reasons_that_fail_a_run() -> None:
    coverage = Coverage(skipped=REASONS, empty=REASONS)
    unread = ["too-large", "damaged", "unreadable"]
    assert [each.path for each in coverage.failures(allow_empty=True)] == unread
    others = [each.value for each in SkipReason if each.value not in (*unread, "failed")]
    assert [each.path for each in coverage.failures(allow_empty=False)] == [*unread, *others]


def test_the_reasons_that_hide_nothing() -> None:
    hidden = {each.path for each in REASONS if not Coverage(skipped=[each]).sees_all}
    assert hidden == {
        "template",
        "template-in-part",
        "encrypted",
        "link",
        "too-large",
        "damaged",
        "unreadable",
        "failed",
    }
    assert Coverage().sees_all


def test_what_was_checked_and_left_out_is_counted() -> None:
    coverage = Coverage(skipped=[*REASONS, REASONS[-1]])
    coverage.checked.update({"yaml": 3, "corefile": 2})
    assert coverage.files == 5
    assert coverage.count() == [
        *((each, 1) for each in SkipReason if each is not SkipReason.FAILED),
        (SkipReason.FAILED, 2),
    ]
    coverage.add_empty("link", REASONS)
    coverage.add_empty("folder", REASONS)
    assert [(each.path, each.reason) for each in coverage.empty] == [
        ("link", SkipReason.LINK),
        ("folder", SkipReason.NOTHING),
    ]

"""Archives that the user named: what is in them is read as files of a folder are."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpl.inputs import archives, tarball
from kpl.inputs.archives import read_archive
from kpl.inputs.coverage import Skipped, SkipReason
from kpl.inputs.detect import is_archive_name
from kpl.inputs.document import Reading
from kpl.text.source import SourceOrigin

DUMP = b"*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n"
SETS = b"create KUBE-CLUSTER-IP hash:ip,port family inet\n"
SERVICE = b"apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
FILES = {"networking/iptables-save.txt": DUMP, "networking/ipset.txt": SETS, "svc.yaml": SERVICE, "a.log": b"text\n"}
LONG = "/".join(["folder" * 8] * 4) + "/iptables-save.txt"


def tar(files: Mapping[str, bytes], format_: int = tarfile.GNU_FORMAT) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=format_) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return written.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return written.getvalue()


def read(data: bytes, *excluded: str) -> dict[str, Reading | Skipped]:
    """What is in an archive, by the paths in it; what is wrong with the archive itself is at the empty path."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "b:1.tgz"))
        Path(path).write_bytes(data)
        found = read_archive(path, lambda place: Path(place).name in excluded)
    by_path = {}
    for each in found:
        shown = each.source.path if isinstance(each, Reading) else each.path
        assert shown.startswith(path)
        by_path[shown.removeprefix(path).removeprefix(":")] = each
    return by_path


def held(found: Mapping[str, Reading | Skipped]) -> dict[str, object]:
    """The kinds of documents in each file, or why it is left out."""
    return {
        path: [document.kind for document in each.documents] if isinstance(each, Reading) else each.reason
        for path, each in found.items()
    }


HELD = {
    "a.log": SkipReason.OTHER_NAME,
    "networking/ipset.txt": ["IpsetDump"],
    "networking/iptables-save.txt": ["Ruleset"],
    "svc.yaml": ["Service"],
}


@pytest.mark.parametrize(
    "data",
    [
        tar(FILES),
        tar(FILES, tarfile.PAX_FORMAT),
        tar(FILES, tarfile.USTAR_FORMAT),
        gzip.compress(tar(FILES), mtime=0),
        gzip.compress(tar(FILES)[:1000], mtime=0) + gzip.compress(tar(FILES)[1000:], mtime=0) + bytes(700),
        bz2.compress(tar(FILES)),
        lzma.compress(tar(FILES)),
        zipped(FILES),
    ],
    ids=["gnu", "pax", "ustar", "gzip", "gzip-members", "bzip2", "xz", "zip"],
)
def test_files_in_archives_are_read_as_those_in_folders(data: bytes) -> None:
    found = read(data)
    assert held(found) == HELD
    assert list(found) == sorted(found)


def test_a_file_in_an_archive_knows_its_places() -> None:
    (reading,) = read(tar({"./n/ipset.txt": SETS})).values()
    assert isinstance(reading, Reading)
    source = reading.source
    assert source.path == f"{source.archive}:n/ipset.txt"
    assert Path(source.place) == Path(source.archive, "n", "ipset.txt")
    assert (source.name, source.origin) == ("ipset.txt", SourceOrigin.ARCHIVE)
    assert source.with_text("x").place == source.place
    assert reading.not_written == "is in an archive"
    (compressed,) = read(tar({"ipset.gz": gzip.compress(SETS)})).values()
    assert isinstance(compressed, Reading)
    assert compressed.not_written == "is in an archive"


@pytest.mark.parametrize("format_", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("name", [LONG, "f\xfcr/iptables-save.txt", "a/b/\u2028.iptables"])
def test_names_of_any_length(format_: int, name: str) -> None:
    assert held(read(tar({name: DUMP, "z.ipset": SETS}, format_))) == {name: ["Ruleset"], "z.ipset": ["IpsetDump"]}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/etc/x.iptables", "etc/x.iptables"),
        ("../../x.iptables", "x.iptables"),
        ("./a/../b/x.iptables", "a/b/x.iptables"),
        ("a\\b\\x.iptables", "a/b/x.iptables"),
    ],
)
def test_names_are_words_only(name: str, shown: str) -> None:
    assert held(read(tar({name: DUMP}))) == {shown: ["Ruleset"]}
    assert held(read(zipped({name: DUMP}))) == {shown: ["Ruleset"]}


def test_nothing_but_regular_files_is_read() -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for number, kind in enumerate(
            (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE)
        ):
            member = tarfile.TarInfo(f"{number}.iptables")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        member = tarfile.TarInfo("..")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"abcd"))
        member = tarfile.TarInfo("last.ipset")
        member.size = len(SETS)
        archive.addfile(member, io.BytesIO(SETS))
    assert held(read(written.getvalue())) == {"last.ipset": ["IpsetDump"]}
    link = zipfile.ZipInfo("a.iptables")
    link.external_attr = 0o120777 << 16
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as zipped_:
        zipped_.writestr(link, "/etc/passwd")
        zipped_.writestr("folder/", "")
    assert read(written.getvalue()) == {}


def test_files_with_holes_are_passed_over() -> None:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("a.iptables")
        member.size, member.pax_headers = len(DUMP), {"GNU.sparse.major": "1", "GNU.sparse.realsize": "9999999"}
        archive.addfile(member, io.BytesIO(DUMP))
    old = bytearray(tar({"old.iptables": DUMP})[:512])
    old[156:157], old[482:483] = b"S", b"\1"
    old[148:156] = b"%06o\0 " % (sum(old[:148]) + 8 * 32 + sum(old[156:]))
    more, last = bytes(504) + b"\1" + bytes(7), bytes(512)
    holes = bytes(old) + more + last + DUMP.ljust(512, b"\0")
    whole = written.getvalue()[: 512 * 4] + holes + tar({"z.ipset": SETS})
    assert held(read(whole)) == {"z.ipset": ["IpsetDump"]}


def test_sizes_of_gigabytes_are_written_in_binary() -> None:
    header = bytearray(tar({"a.log": b""})[:512])
    header[124:136] = b"\x80" + (700).to_bytes(11, "big")
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:]))
    assert held(read(bytes(header) + bytes(1024) + tar({"z.ipset": SETS})))["z.ipset"] == ["IpsetDump"]


def test_the_last_one_of_two_members_counts() -> None:
    twice = tar({"a.txt": DUMP})[: 512 * 2] + tar({"a.txt": SETS})
    assert held(read(twice)) == {"a.txt": ["IpsetDump"]}


def test_what_is_excluded_or_nothing_is_told() -> None:
    files = {**FILES, "secret.yaml": b"kind: Secret\n", "b.txt": b"text", "c.yaml": b"\0\0\0", "d.txt": b""}
    assert held(read(tar(files), "svc.yaml")) == {
        **HELD,
        "svc.yaml": SkipReason.EXCLUDED,
        "secret.yaml": SkipReason.NOTHING,
        "b.txt": SkipReason.NOTHING,
        "c.yaml": SkipReason.BINARY,
        "d.txt": SkipReason.NOTHING,
    }


@pytest.mark.parametrize("compressed", [bytes, lambda data: gzip.compress(data, mtime=0), bz2.compress, lzma.compress])
def test_what_was_read_before_the_damage_is_kept(compressed: type[bytes]) -> None:
    whole = tar(FILES)
    for data in (whole[: 512 * 3 + 10], whole[: 512 * 4], whole[: 512 * 2] + b"x" * 512 + whole[512 * 3 :]):
        found = held(read(compressed(data)))
        assert found.pop("") is SkipReason.DAMAGED
        assert found == {"networking/iptables-save.txt": ["Ruleset"]} | {
            path: kinds for path, kinds in HELD.items() if path in found
        }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"\x1f\x8b\x08" + b"\0" * 7 + b"\xff" * 9,
        b"BZh9" + b"\0" * 99,
        b"\xfd7zXZ\0" + b"\1" * 99,
        b"PK\3\4" + b"\0" * 99,
        gzip.compress(tar(FILES), mtime=0)[:-40],
        gzip.compress(tar(FILES)[:600], mtime=0) + b"x" * 99,
        zipped(FILES)[:-9],
    ],
)
def test_what_is_no_archive(data: bytes) -> None:
    assert held(read(data))[""] is SkipReason.DAMAGED


def test_a_damaged_member_of_a_zip() -> None:
    data = zipped({"a.iptables": DUMP * 99})
    at = data.index(b"a.iptables") + len("a.iptables")
    assert held(read(data[:at] + b"\xff\xff" + data[at + 2 :])) == {"": SkipReason.DAMAGED}


def limits(monkeypatch: pytest.MonkeyPatch, **values: int) -> None:
    for name, value in values.items():
        monkeypatch.setattr(archives, name, value)


@pytest.mark.parametrize("packed", [tar, zipped])
def test_limits(monkeypatch: pytest.MonkeyPatch, packed: type[bytes]) -> None:
    files: dict[str, bytes] = {"a.iptables": DUMP, "b.ipset": SETS, "c.log": b"x"}
    data = packed(files)  # type: ignore[arg-type]
    limits(monkeypatch, MAX_MEMBERS=3, MAX_READ=len(DUMP) + len(SETS), MAX_SIZE=len(SETS))
    assert SkipReason.TOO_LARGE not in held(read(data)).values()
    limits(monkeypatch, MAX_MEMBERS=2)
    assert held(read(data)) == {"": SkipReason.TOO_LARGE, "a.iptables": ["Ruleset"], "b.ipset": ["IpsetDump"]}
    limits(monkeypatch, MAX_MEMBERS=3, MAX_SIZE=len(SETS) - 1)
    assert held(read(data))["b.ipset"] is SkipReason.TOO_LARGE
    limits(monkeypatch, MAX_SIZE=999, MAX_READ=len(DUMP) + len(SETS) - 1)
    found = held(read(data))
    assert (found[""], found["a.iptables"], "b.ipset" in found) == (SkipReason.TOO_LARGE, ["Ruleset"], False)


@pytest.mark.parametrize("name", ["b.log", "b.iptables"])
@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_bomb_is_given_up(monkeypatch: pytest.MonkeyPatch, compress: type[bytes], name: str) -> None:
    limits(monkeypatch, FREE_UNPACKED=100_000, MAX_RATIO=5)
    found = held(read(compress(tar({"a.iptables": DUMP, name: bytes(1 << 20), "z.ipset": SETS}))))
    assert (found[""], found["a.iptables"], "z.ipset" in found) == (SkipReason.TOO_LARGE, ["Ruleset"], False)


def test_a_bomb_in_a_zip_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    limits(monkeypatch, FREE_UNPACKED=100_000, MAX_RATIO=5)
    found = held(read(zipped({"a.iptables": DUMP, "b.iptables": bytes(1 << 20), "z.ipset": SETS})))
    assert found == {"": SkipReason.TOO_LARGE, "a.iptables": ["Ruleset"]}


def test_names_without_end_are_damage() -> None:
    monstrous = "a" * (tarball._MOST_EXTENDED + 1)
    for format_ in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        assert held(read(tar({monstrous: DUMP}, format_))) == {"": SkipReason.DAMAGED}


@given(st.binary(max_size=2000), st.integers(0, 5000), st.booleans())
def test_no_bytes_do_harm(noise: bytes, at: int, is_zip: bool) -> None:
    data = zipped(FILES) if is_zip else tar(FILES)
    for hostile in (noise, data[:at] + noise + data[at:], data[:at] + noise + data[at + len(noise) :]):
        assert all(isinstance(each, Reading | Skipped) for each in read(hostile).values())


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("a.tar", True),
        ("a.tar.gz", True),
        ("A.TGZ", True),
        ("a.tar.xz", True),
        ("a.txz", True),
        ("a.tbz2", True),
        ("a.zip", True),
        ("a.gz", False),
        ("a.tar.gz.txt", False),
        ("tar", False),
        ("azip", False),
    ],
)
def test_names_of_archives(name: str, is_one: bool) -> None:
    assert is_archive_name(name) is is_one

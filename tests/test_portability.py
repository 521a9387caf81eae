"""What Windows does otherwise, with its own rules of paths (ntpath) in the place of ours."""

from __future__ import annotations

import io
import ntpath
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kpl.cli import options, streams
from kpl.clusters.folders import folders_of
from kpl.coredns.imports import FolderTree
from kpl.errors import UsageError
from kpl.fix import write
from kpl.inputs import discover as discovery
from kpl.inputs import gitfiles
from kpl.inputs.discover import Found, discover
from kpl.text.globs import glob_matches
from kpl.text.paths import common_folder, relative_path


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' paths; what would ask the file system is not."""
    for name in ("commonpath", "relpath", "dirname", "join", "normpath", "isabs", "basename", "splitdrive"):
        monkeypatch.setattr(os.path, name, getattr(ntpath, name))
    monkeypatch.setattr(os.path, "abspath", ntpath.normpath)
    monkeypatch.setattr(os, "sep", "\\")


@pytest.mark.usefixtures("windows")
def test_drives_have_no_folder_in_common() -> None:
    assert common_folder(["C:\\a\\b", "C:\\a\\c"]) == "C:\\a"
    assert common_folder(["C:\\a", "D:\\a"]) == ""
    assert relative_path("C:\\a\\b", "C:\\a") == "b"
    assert relative_path("D:\\a\\b", "C:\\a") == "D:\\a\\b"


@pytest.mark.usefixtures("windows")
def test_folders_on_two_drives_are_told_apart() -> None:
    found = folders_of(["C:\\x\\prod\\a.yaml", "D:\\x\\prod\\a.yaml"])
    assert list(found.values()) == [("C:", "x", "prod"), ("D:", "x", "prod")]
    assert list(folders_of(["C:\\x\\prod\\a.yaml", "C:\\x\\lab\\a.yaml"]).values()) == [("prod",), ("lab",)]


@pytest.mark.usefixtures("windows")
def test_globs_have_slashes_and_match_nothing_on_another_drive() -> None:
    assert glob_matches("C:\\repo\\clusters\\lab\\a.yaml", ["clusters/lab/**"], "C:\\repo")
    assert not glob_matches("D:\\repo\\clusters\\lab\\a.yaml", ["clusters/lab/**"], "C:\\repo")


@pytest.mark.usefixtures("windows")
def test_paths_on_two_drives_have_no_configuration_in_common() -> None:
    assert options.find_config(["C:\\a\\Corefile", "D:\\a\\Corefile"]) is None


def test_a_configuration_on_another_drive_is_not_of_the_repository(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def apart(paths: list[str]) -> str:
        raise ValueError("Paths don't have the same drive")

    (tmp_path / ".kpl.yaml").write_text("", encoding="utf-8")
    assert options.own_config(str(tmp_path / ".kpl.yaml"), str(tmp_path)) is not None
    monkeypatch.setattr(os.path, "commonpath", apart)
    with pytest.raises(UsageError, match="symbolic link to a file outside"):
        options.own_config(str(tmp_path / ".kpl.yaml"), str(tmp_path))


def test_names_from_git_get_the_separator_of_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gitfiles, "work_tree_of", lambda folder: str(tmp_path))
    listing = gitfiles.GitFiles(["a/b/Corefile", "module/"], [])
    monkeypatch.setattr(gitfiles, "list_files", lambda folder, work_tree, new: listing)
    monkeypatch.setattr(os, "sep", "\\")
    found = discovery._Folder(".", False, discovery.Discovery())._paths(".")
    assert [path for path, _ in found] == ["a\\b\\Corefile", "module"]


def test_files_without_an_inode_are_told_apart_by_their_paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def samefile(one: str, other: str) -> bool:
        asked.append(other)
        return os.path.realpath(one) == os.path.realpath(other)

    monkeypatch.setattr(os.path, "samefile", samefile)
    seen = discovery._Seen()
    first = Found(str(tmp_path / "a"), named=True)
    seen.add(first, 0)
    assert seen.same_file(str(tmp_path / "b"), 0) is None
    assert asked == []
    assert seen.same_file(str(tmp_path / "x" / ".." / "a"), 0) is first


def test_a_named_file_is_known_with_either_separator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(". {\n}\n", encoding="utf-8")
    monkeypatch.setattr(os, "sep", "\\")
    # a path with the other separator, as `kpl lint apps/Corefile` has it
    assert [each.path for each in discover([str(tmp_path)]).found] == [str(tmp_path / "Corefile")]


def test_no_process_is_asked_for_where_that_would_end_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scratch = tmp_path / f"{discovery.SCRATCH_PREFIX}1234"
    scratch.mkdir()
    killed: list[int] = []

    def kill(process: int, signal: int) -> None:
        killed.append(process)
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", kill)
    assert write._is_abandoned(str(scratch), "1234")
    assert killed == [1234]
    with monkeypatch.context() as patch:  # pytest cannot tell of a failure in Windows' name
        patch.setattr(os, "name", "nt")
        abandoned = write._is_abandoned(str(scratch), "1234")
    assert not abandoned
    assert killed == [1234]


@pytest.mark.parametrize("path", ["\\\\host\\share\\Corefile", "//host/share/Corefile", "C:\\Corefile", "c:x"])
def test_an_import_asks_no_other_host_and_no_other_drive(
    path: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tree = FolderTree(str(tmp_path))
    assert tree.names(".") == []
    monkeypatch.setattr(os.path, "splitdrive", ntpath.splitdrive)
    asked: list[str] = []
    monkeypatch.setattr(os.path, "realpath", lambda path: asked.append(path) or path)  # type: ignore[func-returns-value]
    assert tree.read(path) is None
    assert tree.names(path) is None
    assert asked == []


def test_line_ends_of_a_report_stay() -> None:
    script = (
        "import io, os, _pyio; os.linesep = '\\r\\n'; io.TextIOWrapper = _pyio.TextIOWrapper\n"
        "from kpl.cli import streams; streams.prepare(); print('a')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout == b"a\n"


def test_a_console_of_windows_is_written_to_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Console(io.RawIOBase):
        def writable(self) -> bool:
            return True

    console = Console()
    stream = io.TextIOWrapper(io.BufferedWriter(console), "utf-8")
    assert streams._console(stream) is None
    monkeypatch.setattr(io, "_WindowsConsoleIO", Console, raising=False)
    assert streams._console(stream) is console
    assert streams._console(None) is None

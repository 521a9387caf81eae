from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kpl.errors import UsageError
from kpl.fix.write import Change, clean, replace_files
from kpl.inputs.discover import SCRATCH_PREFIX
from support import POSIX


@POSIX
def test_mode_is_kept_and_nothing_is_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "Corefile"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace_files([Change(str(path), b"old", b"new")])
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["Corefile"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to("real")
    replace_files([Change(str(link), b"old", b"new")])
    assert link.is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "Corefile"
    path.write_bytes(b"newer")
    with pytest.raises(UsageError, match="changed while"):
        replace_files([Change(str(path), b"old", b"new")])
    assert path.read_bytes() == b"newer"


def test_a_failure_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "Corefile"
    path.write_bytes(b"old")

    def fail(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(UsageError, match="No space left"):
        replace_files([Change(str(path), b"old", b"new")])
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["Corefile"]


def test_what_a_killed_run_left_behind_is_removed_and_nothing_else(tmp_path: Path) -> None:
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True, text=True
    ).stdout.strip()
    names = {
        "dead": f"{SCRATCH_PREFIX}{dead}",
        "old": f"{SCRATCH_PREFIX}{os.getppid()}",
        "alive": f"{SCRATCH_PREFIX}{os.getpid()}",
        "other": f"{SCRATCH_PREFIX}x",
        "long": f"{SCRATCH_PREFIX}1234567890",
    }
    for name in names.values():
        (tmp_path / name).mkdir()
        (tmp_path / name / "new").write_text("x")
    week_ago = time.time() - 7 * 24 * 3600
    os.utime(tmp_path / names["old"], (week_ago, week_ago))
    (tmp_path / f"{SCRATCH_PREFIX}{dead}0").write_text("a file")
    clean(str(tmp_path))
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {names["alive"], names["other"], names["long"], f"{SCRATCH_PREFIX}{dead}0"}


@POSIX
def test_the_owner_is_kept_and_the_links_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "Corefile"
    path.write_bytes(b"old")
    owners: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "chown", lambda _, user, group: owners.append((user, group)))
    assert replace_files([Change(str(path), b"old", b"new")]) == [0]
    assert owners == [(path.stat().st_uid, path.stat().st_gid)]
    os.link(path, tmp_path / "second")
    os.link(path, tmp_path / "third")
    assert replace_files([Change(str(path), b"new", b"newer")]) == [2]
    assert ((tmp_path / "second").read_bytes(), path.read_bytes()) == (b"new", b"newer")


@POSIX
def test_what_is_written_is_nobody_else_s_until_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "Corefile"
    path.write_bytes(b"old")
    path.chmod(0o644)
    seen: list[tuple[int, int, bytes, bytes]] = []
    fsync = os.fsync

    def looking(descriptor: int) -> None:
        (scratch,) = tmp_path.glob(f"{SCRATCH_PREFIX}*")
        new, ignored = scratch / "new", (scratch / ".gitignore").read_bytes()
        seen.append((scratch.stat().st_mode & 0o777, new.stat().st_mode & 0o777, new.read_bytes(), ignored))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", looking)
    replace_files([Change(str(path), b"old", b"new")])
    assert seen == [(0o700, 0o600, b"new", b"*\n")]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^gone/Corefile: No such file"):
        replace_files([Change("gone/Corefile", b"old", b"new")])
    clean(str(tmp_path / "gone"))


@POSIX
@pytest.mark.parametrize(("seconds", "left"), [(3500, True), (3700, False)])
def test_what_a_living_process_left_is_removed_after_an_hour(tmp_path: Path, seconds: int, left: bool) -> None:
    folder = tmp_path / f"{SCRATCH_PREFIX}{os.getpid()}"
    folder.mkdir()
    os.utime(folder, (time.time() - seconds, time.time() - seconds))
    clean(str(tmp_path))
    assert folder.exists() is left


@POSIX
def test_a_process_of_somebody_else_is_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process: int, signal: int) -> None:
        assert (process, signal) == (123456789, 0)
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    folder = tmp_path / f"{SCRATCH_PREFIX}123456789"
    folder.mkdir()
    clean(str(tmp_path))
    assert folder.exists()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "kill", lambda *_: (_ for _ in ()).throw(ProcessLookupError))
    clean("")
    assert not folder.exists()

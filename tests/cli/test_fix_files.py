"""What `kpl fix` does to files that cannot be read or written, that have twins, and when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kpl.errors import UsageError
from kpl.fix import fixer, write
from kpl.fix.verification import Tried
from kpl.fix.write import Change, replace_files
from kpl.inputs.discover import SCRATCH_PREFIX
from support import IS_ROOT, here, kpl

BAD = ". {\n    forward . 9.9.9.9\n}\n"
FIXED = BAD.replace("}", "    cache 30\n}")


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}


@pytest.mark.skipif(not IS_ROOT or not os.path.exists("/usr/bin/chattr"), reason="needs a file that root cannot write")
def test_one_file_that_cannot_be_written_does_not_stop_the_others(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).mkdir()
        (tmp_path / name / "Corefile").write_text(BAD)
    if subprocess.run(["chattr", "+i", str(tmp_path / "b")], check=False, capture_output=True).returncode != 0:
        pytest.skip("this file system has no immutable files")
    try:
        done = kpl(tmp_path, "fix", ".")
    finally:
        subprocess.run(["chattr", "-i", str(tmp_path / "b")], check=True)
    assert done.returncode == 2
    assert [(tmp_path / name / "Corefile").read_text() for name in "abc"] == [FIXED, BAD, FIXED]
    assert b"kpl: error: b/Corefile: Operation not permitted\n" in done.stderr
    assert b"Fixed 2 problems in 2 files." in done.stderr


def test_an_offered_fix_that_fails_verification_is_exit_code_2(tmp_path: Path) -> None:
    script = """
import kpl.fix.fixer as fixer
from kpl.lint.located import Withheld
real = fixer.fix_texts
def failing(*words):
    outcome = real(*words)
    outcome.bugs.append(Withheld(outcome.applied[0], "it changes another line"))
    return outcome
fixer.fix_texts = failing
from kpl.cli.main import main
main()
"""
    (tmp_path / "Corefile").write_text(BAD)
    done = subprocess.run(
        [sys.executable, "-c", script, "fix"], cwd=tmp_path, env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"kpl: Corefile:2:5: KPL201 missing-cache: " in done.stderr
    assert b"it changes another line" in done.stderr
    assert (tmp_path / "Corefile").read_text() == FIXED, "the other fixes are made"


def test_a_file_that_changes_meanwhile_costs_one_line(tmp_path: Path) -> None:
    script = """
import kpl.fix.fixer as fixer
real = fixer.fix_texts
def slow(*words):
    outcome = real(*words)
    open("b/Corefile", "a").write("# new\\n")
    return outcome
fixer.fix_texts = slow
from kpl.cli.main import main
main()
"""
    for name in "abc":
        (tmp_path / name).mkdir()
        (tmp_path / name / "Corefile").write_text(BAD)
    done = subprocess.run(
        [sys.executable, "-c", script, "fix", "."], cwd=tmp_path, env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 2
    assert [(tmp_path / name / "Corefile").read_text() for name in "abc"] == [FIXED, BAD + "# new\n", FIXED]
    assert b"b/Corefile: changed while kpl was running, so it was not written" in done.stderr
    assert b"Fixed 2 problems in 2 files." in done.stderr


def test_standard_input_and_a_file_of_the_same_name_are_two(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    text = BAD.replace("9.9.9.9", "8.8.8.8")
    done = kpl(tmp_path, "fix", "-", "Corefile", "--stdin-filename", "Corefile", stdin=text.encode())
    assert done.stdout.decode() == FIXED.replace("9.9.9.9", "8.8.8.8")
    assert (tmp_path / "Corefile").read_text() == FIXED


def test_the_twin_of_a_hard_link_is_told(tmp_path: Path) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    os.link(tmp_path / "Corefile", tmp_path / "twin")
    done = kpl(tmp_path, "fix", "Corefile")
    assert b"Corefile had 2 hard links; the other one keeps the old text" in done.stderr
    assert ((tmp_path / "Corefile").read_text(), (tmp_path / "twin").read_text()) == (FIXED, BAD)


STAGES = ["os.mkdir", "os.fsync", "os.chmod", "os.replace", "os.rmdir"]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_is_killed_leaves_nothing_that_git_would_add(tmp_path: Path, stage: str, when: str) -> None:
    script = f"""
import os, signal
real = {stage}
def killed(*words, **more):
    if "{when}" == "after":
        real(*words, **more)
    os.kill(os.getpid(), signal.SIGKILL)
import kpl.fix.write
kpl.fix.write.{stage} = killed
from kpl.cli.main import main
main()
"""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "Corefile").write_text(BAD)
    done = subprocess.run(
        [sys.executable, "-c", script, "fix", "Corefile"], cwd=tmp_path, env=environment(), check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "Corefile").read_text() in (BAD, FIXED)
    listed = subprocess.run(["git", "add", "-A", "-n"], cwd=tmp_path, check=True, capture_output=True).stdout
    assert listed == b"add 'Corefile'\n"
    kpl(tmp_path, "fix", "Corefile")
    assert (tmp_path / "Corefile").read_text() == FIXED
    assert sorted(os.listdir(tmp_path)) == [".git", "Corefile"], "cleaned by the next run"


def test_what_another_process_is_writing_is_left_to_it(tmp_path: Path) -> None:
    mine = tmp_path / f"{SCRATCH_PREFIX}{os.getpid()}"
    mine.mkdir()
    (tmp_path / f"{SCRATCH_PREFIX}strange").mkdir()
    (tmp_path / f"{SCRATCH_PREFIX}1234567").write_text("a file")
    write.clean(str(tmp_path))
    assert len(os.listdir(tmp_path)) == 3
    os.utime(mine, (time.time() - 7200, time.time() - 7200))
    write.clean(str(tmp_path))
    assert not mine.exists(), "no write takes hours: the number is another process's by now"


# --- what is said of it


CONFIG = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n"


def said(folder: Path, *words: str, stdin: bytes = b"") -> tuple[int, list[str]]:
    done = here(folder, "fix", *words, stdin=stdin)
    return done.returncode, done.stderr.decode().splitlines()[:-1]  # the last line tells what was checked


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["Corefile"], "Fixed 1 problem in 1 file."),
        (["Corefile", "b.yaml"], "Fixed 1 problem in 1 file."),
        (["."], "Fixed 2 problems in 2 files."),
        ([".", "--unsafe-fixes"], "Fixed 3 problems in 3 files."),
        ([".", "--check"], "Would fix 2 problems in 2 files."),
        (["Corefile", "--diff"], "Would fix 1 problem in 1 file."),
        (["b.yaml"], "Nothing to fix."),
        (["-"], "Fixed 1 problem in 1 file."),
        (["-", "--check"], "Would fix 1 problem in 1 file."),
    ],
)
def test_how_many_problems_were_fixed(tmp_path: Path, words: list[str], told: str) -> None:
    (tmp_path / "a").mkdir()
    for name, text in {"Corefile": BAD, "a/Corefile": BAD, "b.yaml": CONFIG}.items():
        (tmp_path / name).write_text(text)
    code, lines = said(tmp_path, *words, stdin=BAD.encode())
    assert (code, lines) == (int("--check" in words), [told])
    written = told.startswith("Fixed")
    assert ((tmp_path / "Corefile").read_text() == FIXED) is (written and words[0] in (".", "Corefile"))
    assert ((tmp_path / "b.yaml").read_text() == CONFIG) is ("--unsafe-fixes" not in words)


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["-"], FIXED),
        (["-", "Corefile"], FIXED),
        (["-", "--check"], ""),
        (["Corefile"], ""),
    ],
)
def test_standard_input_is_written_to_standard_output(tmp_path: Path, words: list[str], out: str) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    assert here(tmp_path, "fix", *words, stdin=BAD.encode()).stdout.decode() == out
    nothing = here(tmp_path, "fix", "-", "--allow-empty", stdin=b"x\r\ny")
    assert (nothing.returncode, nothing.stdout) == (0, b"x\r\ny")


def test_what_could_not_be_done_is_told_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    monkeypatch.setattr(fixer, "try_fixes", lambda *_: Tried({}, "it causes X"))
    code, lines = said(tmp_path, ".")
    place = "kpl: Corefile:2:5: KPL201 missing-cache: the fix"
    assert (code, lines) == (0, [f"{place} was not applied because it causes X", "Nothing to fix."])
    monkeypatch.setattr(fixer, "try_fixes", lambda *_: Tried({}, "it breaks"))
    code, lines = said(tmp_path, ".")
    assert (code, lines) == (
        2,
        [f"{place} failed verification and was not applied, which is a bug in kpl: it breaks", "Nothing to fix."],
    )


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "Corefile").write_text(BAD)

    def failing(changes: list[Change]) -> list[int]:
        raise UsageError(f"{changes[0].path}: no\x1b")

    monkeypatch.setattr(write, "replace_files", failing)
    code, lines = said(tmp_path, "a")
    assert (code, lines) == (2, ["kpl: error: a/Corefile: no\\x1b", "Nothing was fixed."])
    real = replace_files
    monkeypatch.setattr(write, "replace_files", lambda each: (failing if each[0].path[0] == "a" else real)(each))
    code, lines = said(tmp_path, ".")
    assert (code, lines) == (2, ["kpl: error: a/Corefile: no\\x1b", "Fixed 1 problem in 1 file."])


@pytest.mark.parametrize(
    ("links", "told"), [(1, "2 hard links; the other one keeps"), (2, "3 hard links; the others keep")]
)
def test_the_twins_of_a_file_are_counted(tmp_path: Path, links: int, told: str) -> None:
    (tmp_path / "Corefile").write_text(BAD)
    for number in range(links):
        os.link(tmp_path / "Corefile", tmp_path / f"twin{number}.txt")
    code, lines = said(tmp_path, "Corefile")
    assert (code, lines[0]) == (0, f"kpl: warning: Corefile had {told} the old text")


def test_what_an_abandoned_run_left_beside_a_file_is_removed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / f"{SCRATCH_PREFIX}1").mkdir(parents=True)
        os.utime(tmp_path / name / f"{SCRATCH_PREFIX}1", (1, 1))
    (tmp_path / "a" / "Corefile").write_text(FIXED)
    said(tmp_path, "a", "--check")
    assert (tmp_path / "a" / f"{SCRATCH_PREFIX}1").exists()
    said(tmp_path, "a")
    assert [(tmp_path / name / f"{SCRATCH_PREFIX}1").exists() for name in "ab"] == [False, True]

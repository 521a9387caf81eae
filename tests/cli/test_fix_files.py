"""What `kpl fix` does to files that cannot be read or written, that have twins, and when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kpl.fix import write
from kpl.inputs.discover import SCRATCH_PREFIX
from support import IS_ROOT, kpl

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

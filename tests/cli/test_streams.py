"""Streams that are closed, full or left, and surroundings that are odd: one line where there is one to tell, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from samples import BAD
from support import POSIX, ROOT, kpl

pytestmark = POSIX

NODE = str(ROOT / "examples" / "shop" / "nodes" / "node-1.iptables")
REPORTS = [
    ["lint", "Corefile"],
    ["lint", "--format", "concise", "Corefile"],
    ["lint", "--format", "json", "Corefile"],
    ["lint", "--format", "jsonl", "Corefile"],
    ["fix", "--diff", "Corefile"],
    ["fix", "-", "--stdin-filename", "Corefile"],
    ["verify", "Corefile"],
    ["verify", "--format", "json", "Corefile"],
    ["inspect", NODE],
    ["inspect", "--format", "json", NODE],
    ["inspect", NODE, "--service", "shop/cart"],
    ["inspect", NODE, "--diff", NODE],
    ["rules"],
    ["rules", "--format", "json"],
    ["explain", "KPL201"],
    ["generate", "corefile"],
    ["generate", "kube-proxy"],
    ["--version"],
    ["--help"],
    ["lint", "--help"],
]
FULL = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Corefile").write_text(BAD)
    return tmp_path


def shell(folder: Path, words: list[str], streams: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command by a shell, which gives it `streams`; of a pipe the status of kpl is told on standard error."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each), **environment}
    command = f'"$0" -m kpl "$@" {streams}'
    return subprocess.run(
        ["bash", "-c", command, sys.executable, *words],
        cwd=folder,
        input=BAD.encode(),
        env=env,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("words", REPORTS, ids=" ".join)
@pytest.mark.parametrize(
    ("streams", "why"),
    [(">&-", "it is closed"), pytest.param("> /dev/full", "No space left on device", marks=FULL)],
)
def test_a_report_that_cannot_be_written_is_one_line(folder: Path, words: list[str], streams: str, why: str) -> None:
    done = shell(folder, words, streams)
    assert done.returncode == 2
    assert done.stderr.decode() == f"kpl: standard output cannot be written: {why}\n"


@pytest.mark.parametrize("words", REPORTS, ids=" ".join)
def test_who_stops_reading_hears_nothing(folder: Path, words: list[str]) -> None:
    done = shell(folder, words, "| true; echo status ${PIPESTATUS[0]} >&2")
    assert done.stderr.decode() == "status 2\n"


@pytest.mark.parametrize("streams", ["2>&-", pytest.param("2> /dev/full", marks=FULL)])
@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["lint", "Corefile"], 1),
        (["fix", "Corefile"], 0),
        (["verify", "Corefile"], 0),
        (["lint", "none"], 2),
        (["lint", "--no"], 2),
    ],
)
def test_without_standard_error_the_work_is_done(folder: Path, words: list[str], status: int, streams: str) -> None:
    with_it = kpl(folder, *words, "--no-config") if words[0] == "lint" else None
    done = shell(folder, words, streams)
    assert done.returncode == status
    if with_it is not None:
        assert done.stdout == with_it.stdout


@pytest.mark.parametrize("words", [["fix", "Corefile"], ["fix", "--check", "Corefile"]])
def test_without_standard_output_what_prints_nothing_works(folder: Path, words: list[str]) -> None:
    assert shell(folder, words, ">&-").returncode == (words[1] == "--check")
    assert ("cache 30" in (folder / "Corefile").read_text()) is (words[1] != "--check")


@pytest.mark.parametrize("command", ["lint", "fix", "verify", "inspect"])
def test_standard_input_that_is_closed_is_one_line(folder: Path, command: str) -> None:
    done = shell(folder, [command, "-"], "<&-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"kpl: standard input cannot be read: it is closed\n"


def test_no_file_of_a_run_becomes_a_standard_stream(folder: Path) -> None:
    """A closed descriptor would be the next file that is opened, and what is printed would be written into that."""
    done = shell(folder, ["fix", "Corefile", "missing"], ">&- 2>&- <&-")
    assert done.returncode == 2
    assert (folder / "Corefile").read_text() == BAD


@pytest.mark.parametrize("command", ["lint", "fix", "verify"])
def test_a_folder_that_is_gone_is_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "gone").mkdir()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    script = 'cd gone && rmdir ../gone && "$0" -m kpl "$1"'
    done = subprocess.run(
        ["bash", "-c", script, sys.executable, command], cwd=tmp_path, env=env, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"kpl: the current directory no longer exists; change to another directory\n"


def test_a_pipe_that_does_not_wait_is_waited_for(folder: Path) -> None:
    """As Node.js makes the pipes of its children, which hold 64 kB."""
    reader = "import os, sys, time; time.sleep(0.5); sys.stdout.buffer.write(sys.stdin.buffer.read())"
    writer = "import os, sys; os.set_blocking(1, False); os.execv(sys.executable, [sys.executable, '-m', 'kpl', *sys.argv[1:]])"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    command = '"$0" -c "$1" rules --format json | "$0" -c "$2"; exit ${PIPESTATUS[0]}'
    for number in range(40):
        (folder / f"{number}.corefile").write_text(BAD * 20)
    words = ["lint", "--format", "json", "."]
    done = subprocess.run(
        ["bash", "-c", command.replace("rules --format json", " ".join(words)), sys.executable, writer, reader],
        cwd=folder, env=env, capture_output=True, check=False,
    )  # fmt: skip
    assert done.stderr == b""
    assert done.returncode == 1
    assert len(done.stdout) > 100_000
    assert done.stdout == kpl(folder, *words).stdout


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "utf-16"},
        {"TERM": "dumb"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "words",
    [["lint", "."], ["inspect", NODE, "--service", "shop/cart"], ["verify", "."], ["fix", "--diff", "."]],
    ids=" ".join,
)
def test_odd_surroundings_change_no_exit_code(folder: Path, words: list[str], environment: dict[str, str]) -> None:
    (folder / "Corefile.größe").write_text(BAD)
    env = {name: value for name, value in os.environ.items() if name not in ("HOME", "TERM")}
    env = {**env, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each), **environment}
    done = subprocess.run([sys.executable, "-m", "kpl", *words], cwd=folder, env=env, capture_output=True, check=False)
    assert done.returncode == kpl(folder, *words).returncode
    assert b"rror" not in done.stderr
    assert done.stdout

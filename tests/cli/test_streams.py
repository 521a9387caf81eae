"""Streams that are closed, full or left, and surroundings that are odd: one line where there is one to tell, no traceback."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kpl.cli import streams
from kpl.errors import UsageError
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


# --- the streams themselves


def test_what_is_written_to_a_pipe_arrives_and_who_has_gone_is_told() -> None:
    reader, writer = os.pipe()
    output, given = streams._Output(writer, "w", closefd=False), streams._Input(reader, closefd=False)
    assert output.write(memoryview(b"abc")) == 3
    assert os.read(reader, 9) == b"abc"
    os.close(reader)
    with pytest.raises(streams.ReaderGoneError):
        output.write(memoryview(b"abc"))
    assert streams._Error(writer, "w", closefd=False).write(memoryview(b"abc")) == 3, "there is nobody to tell"
    os.close(writer)
    with pytest.raises(UsageError, match=r"^standard output cannot be written: it is closed$"):
        output.write(memoryview(b"abc"))
    with pytest.raises(UsageError, match=r"^standard input cannot be read: it is closed$"):
        given.readinto(memoryview(bytearray(9)))


@pytest.mark.parametrize(("error", "reason"), [(9, "it is closed"), (28, "No space left on device")])
def test_why_a_stream_fails(error: int, reason: str) -> None:
    assert streams._reason(OSError(error, os.strerror(error))) == reason


def test_a_pipe_that_does_not_wait_is_waited_for_at_either_end() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    much = b"x" * 300_000
    got: list[bytes] = []

    def read() -> None:
        source = io.BufferedReader(streams._Input(reader, closefd=False))
        got.append(source.read(len(much)))

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.05)
    with io.BufferedWriter(streams._Output(writer, "w", closefd=False)) as target:  # type: ignore[type-var]
        target.write(much)
    thread.join(30)
    os.close(writer)
    os.close(reader)
    assert got == [much]


@pytest.mark.parametrize(
    ("encoding", "text", "data"),
    [
        ("utf-8", "é✓\r\n", "é✓\r\n".encode()),
        ("latin-1", "é✓\n", b"\xe9\\u2713\n"),
        ("ascii", "é\n", "é\n".encode()),
        ("utf-8", "\udcff\n", b"\\udcff\n"),
        ("utf-8", "::error::x\n##[y]\n", b"\\x3a:error::x\n\\x23#[y]\n"),
    ],
)
def test_text_is_written_in_the_encoding_of_the_stream(encoding: str, text: str, data: bytes) -> None:
    raw = io.BytesIO()
    lines = streams._Lines(raw, io.TextIOWrapper(io.BytesIO(), encoding))  # type: ignore[arg-type]
    lines.write(text)  # a whole line needs no flush
    assert raw.getvalue() == data
    assert streams._Lines(raw, None).encoding == "utf-8"  # type: ignore[arg-type]


def test_only_a_console_of_windows_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Console(io.RawIOBase):
        def writable(self) -> bool:
            return True

    console = io.TextIOWrapper(io.BufferedWriter(Console()), "utf-8")
    assert streams._console(console) is None
    monkeypatch.setattr(io, "_WindowsConsoleIO", Console, raising=False)
    assert streams._console(console) is console.buffer.raw
    assert streams._console(io.TextIOWrapper(io.BytesIO(), "utf-8")) is None
    assert streams._console(None) is None

"""Completion as the README sets it up, in a real bash: what is typed, a tab, and the words that come of it."""

from __future__ import annotations

import os
import select
import shutil
import sys
import time
from pathlib import Path

import pytest

from support import ROOT

pty = pytest.importorskip("pty")
pytestmark = pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None, reason="needs bash")


class Bash:
    """An interactive bash in `folder`."""

    def __init__(self, folder: Path) -> None:
        command = folder.parent / "bin" / "kpl"
        command.parent.mkdir()
        command.write_text(f"#!{sys.executable}\nfrom kpl.cli.main import main\n\nmain()\n")
        command.chmod(0o755)
        path = os.pathsep.join(each for each in sys.path if each)
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            environment = {"PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": path, "TERM": "dumb"}
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment)

    def said(self, until: bytes) -> bytes:
        said, end = b"", time.monotonic() + 60
        while until not in said and time.monotonic() < end:
            if select.select([self.terminal], [], [], 1)[0]:
                said += os.read(self.terminal, 65536)
        assert until in said, said
        return said

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def close(self) -> None:
        os.kill(self.process, 9)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


@pytest.fixture
def bash(tmp_path: Path) -> Bash:
    folder = tmp_path / "work"
    for name in ("my dir/Corefile", "my dir/sub/pod.yaml", "clusters/node 1.iptables", "Corefile", "it's.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    return Bash(folder)


def test_paths_are_completed(bash: Bash) -> None:
    setup = next(
        line.partition("#")[0].strip()
        for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
        if "_KPL_COMPLETE=bash_source" in line
    )
    # the word is taken apart, so that the echo of what is typed is not what is waited for
    bash.type(f'PS1= PS2=; bind "set bell-style none"; {setup}; echo rea""dy\n')
    bash.said(b"ready\r")
    for typed, words in {
        "kpl lint my": ["lint", "my dir/"],
        "kpl lint clus": ["lint", "clusters/"],
        "kpl lint clusters/n": ["lint", "clusters/node 1.iptables"],
        "kpl fix Coref": ["fix", "Corefile"],
        'kpl verify "my dir/C': ["verify", "my dir/Corefile"],
        "kpl lint Corefile my\\ dir/s": ["lint", "Corefile", "my dir/sub/"],
        "kpl inspect --diff clusters/": ["inspect", "--diff", "clusters/node 1.iptables"],
        "kpl lint --config it": ["lint", "--config", "it's.yaml"],
        "kpl veri": ["verify"],
        "kpl lint --format conc": ["lint", "--format", "concise"],
        "kpl lint --prof": ["lint", "--profile"],
        "kpl fix --profile st": ["fix", "--profile", "strict"],
    }.items():
        # behind the completed words a comment is typed; then they are given to printf in place of kpl
        bash.type(f"{typed}\t #end\x01printf '<%s>' \x05\n")
        shown = bash.said(b"#end")
        bash.type('echo do""ne\n')
        shown += bash.said(b"done\r")
        assert "".join(f"<{word}>" for word in ["kpl", *words]).encode() in shown, typed
    bash.close()

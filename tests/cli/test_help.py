"""The helps speak as one: phrases without a full stop, defaults where there are some, options in sections."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from kpl.cli.main import cli
from support import commands, kpl

ALL = list(commands(cli))


def test_all_commands_are_looked_at() -> None:
    assert {ctx.command_path for ctx in ALL} >= {"cli", "cli lint", "cli explain", "cli generate kube-proxy"}


@pytest.mark.parametrize("ctx", ALL, ids=lambda ctx: ctx.command_path)
def test_each_option_has_a_phrase_without_a_full_stop(ctx: click.Context) -> None:
    for param in ctx.command.get_params(ctx):
        if isinstance(param, click.Option):
            assert param.help, param.name
            assert not param.help.endswith("."), param.help
            assert param.help[0].isupper() or param.help.startswith(("ndots", "kube-proxy")), param.help


@pytest.mark.parametrize("ctx", ALL, ids=lambda ctx: ctx.command_path)
def test_defaults_are_shown_as_click_shows_them(ctx: click.Context) -> None:
    text = " ".join(ctx.command.get_help(ctx).split())
    for param in ctx.command.get_params(ctx):
        if isinstance(param, click.Option) and isinstance(param.type, click.Choice) and isinstance(param.default, str):
            assert f"[default: {param.default}]" in text, param.name


def test_options_are_in_sections() -> None:
    lint = next(ctx for ctx in ALL if ctx.command_path == "cli lint")
    lines = lint.command.get_help(lint).splitlines()
    titles = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert titles == [
        "Options:",
        "Files and configuration:",
        "Rules:",
        "Facts about the cluster:",
        "Facts about CoreDNS's container:",
    ]
    assert lines[-1].startswith("  --assume-file PATH")


def test_a_command_of_the_list_has_a_phrase_without_a_full_stop() -> None:
    for ctx in ALL:
        if isinstance(ctx.command, click.Group):
            listed = ctx.command.get_help(ctx).partition("Commands:\n")[2].splitlines()
            assert listed
            assert [line for line in listed if line.endswith(".")] == []


def test_on_a_terminal_a_rule_is_one_line_and_elsewhere_a_whole_one(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    whole = kpl(tmp_path, "rules").stdout.decode().splitlines()
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "kpl", "rules"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=end, env={**os.environ, "COLUMNS": "90"}) as process:
        os.close(end)
        written = b""
        with contextlib.suppress(OSError):  # a terminal ends with an error, not with nothing
            while piece := os.read(terminal, 4096):
                written += piece
        os.close(terminal)
    assert process.returncode == 0
    lines = written.decode().splitlines()
    assert [line[:80] for line in lines] == [line[:80] for line in whole]
    assert max(map(len, lines)) == 90 < max(map(len, whole))
    assert {line[-1] for line, uncut in zip(lines, whole, strict=True) if line != uncut} == {"…"}

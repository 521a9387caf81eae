"""What is wrong with a command line, in one line, with what was meant; imported only where something is wrong."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

import click

from kpl.cli.command import UnknownCommandError
from kpl.text import late
from kpl.text.words import listed, similar

_SIMILAR = 0.75
"""How alike, from 0 to 1, a misspelled word must be to the one that is proposed."""
_CLOSE = 0.9
"""The same where the word is not misspelled, but an option of other commands."""
_SHORT = 3
"""What is no longer is not taken for the start of a word."""

_COMMANDS = {
    "analyze": "lint",
    "check": "lint",
    "format": "fix",
    "scan": "lint",
    "list": "rules",
    "rule": "explain",
    "show": "inspect",
    "validate": "verify",
    "version": "--version",
    "help": "--help",
}
"""What other programs call a command -> what kpl calls it."""

_OPTIONS = {
    "--output": "--format",
    "--output-format": "--format",
    "--reporter": "--format",
    "-o": "--format",
    "-f": "--format",
    "--exit-zero": "--fail-on never",
    "--severity": "--fail-on",
    "--strict": "--profile strict",
    "--preset": "--profile",
    "--enable": "--select",
    "--rule": "--select",
    "--rules": "--select",
    "-r": "--select",
    "--disable": "--ignore",
    "--exclude": "--ignore",
    "--skip": "--ignore",
    "--config-file": "--config",
    "-c": "--config",
    "--dry-run": "--diff",
    "--no-color": "--color never",
    "--k8s-version": "--kubernetes-version",
}
"""What other programs call an option -> what kpl calls it."""


_QUOTED = late.pattern("'([^']*)'")


def explained(error: click.ClickException) -> str:
    """`error` as one line without a full stop."""
    if isinstance(error, UnknownCommandError) and error.ctx is not None:
        return _unknown_command(error.name, error.ctx)
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        return _unknown_option(error.option_name, error.ctx)
    if isinstance(error, click.BadParameter) and error.param and isinstance(error.param.type, click.Choice):
        value = _QUOTED.search(error.message)
        meant = similar(value[1].lower(), error.param.type.choices) if value else None
        if meant is not None:
            return f"{_message(error)}; {_meant(meant)}"
    ctx = getattr(error, "ctx", None)
    return f"{_message(error)}{f'; {_see(ctx)}' if ctx else ''}"


def _message(error: click.ClickException) -> str:
    message = _QUOTED.sub(r"`\1`", error.format_message().removesuffix("."))
    return f"{message[0].lower()}{message[1:]}"


def _unknown_command(name: str, ctx: click.Context) -> str:
    assert isinstance(ctx.command, click.Group)
    meant = _like(name, ctx.command.list_commands(ctx))
    if meant is None and ctx.parent is None:
        meant = _COMMANDS.get(name, f"lint {name}" if os.path.exists(name) else None)
    hint = _meant(f"{ctx.command_path} {meant}") if meant else _see(ctx)
    return f"`{ctx.command_path}` has no command `{name}`; {hint}"


def _unknown_option(name: str, ctx: click.Context) -> str:
    problem = f"`{ctx.command_path}` has no option `{name}`"
    own = _options(ctx.command)
    root = ctx.find_root()
    others = {f"{root.command_path} {each}": _options(command) for each, command in _commands(root)}
    known = _OPTIONS.get(name, "")
    if known.partition(" ")[0] in own:
        return f"{problem}; {_meant(known)}"
    command = f"{root.command_path} {name.removeprefix('--')}"
    if command in others:
        return f"{problem}; {_meant(command)}"
    having = [f"`{each}`" for each, options in others.items() if name in options]
    like = _like(name, own, _CLOSE if having else _SIMILAR)
    if like is not None:
        return f"{problem}; {_meant(like)}"
    if having:
        return f"{problem}, but {listed(having)} {'have' if len(having) > 1 else 'has'} it"
    elsewhere = [f"{each} {found}" for each, options in others.items() if (found := _like(name, options))]
    return f"{problem}; {_meant(elsewhere[0]) if elsewhere else _see(ctx)}"


def _like(word: str, names: Collection[str], cutoff: float = _SIMILAR) -> str | None:
    """Which of `names` is meant by `word`: one that is like it, or the only one that starts with it."""
    close = similar(word.lower(), names, cutoff)
    longer = [name for name in names if len(word) > _SHORT and name.startswith(word)]
    return close or (longer[0] if len(longer) == 1 else None)


def _meant(words: str) -> str:
    return f"did you mean `{words}`?"


def _see(ctx: click.Context) -> str:
    return f"see `{ctx.command_path} --help`"


def _commands(root: click.Context) -> Iterator[tuple[str, click.Command]]:
    assert isinstance(root.command, click.Group)
    for name in root.command.list_commands(root):
        command = root.command.get_command(root, name)
        if command is not None:
            yield name, command


def _options(command: click.Command) -> list[str]:
    return [name for param in command.params for name in (*param.opts, *param.secondary_opts) if name.startswith("-")]

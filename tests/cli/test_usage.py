"""A misspelled command, option or rule is one line with what was meant, and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpl.cli import usage
from kpl.cli.main import cli
from support import commands
from support import here as kpl


@pytest.mark.parametrize(
    ("words", "told"),
    [
        # commands
        (["lnt"], "`kpl` has no command `lnt`; did you mean `kpl lint`?"),
        (["LINT"], "`kpl` has no command `LINT`; did you mean `kpl lint`?"),
        (["expl"], "`kpl` has no command `expl`; did you mean `kpl explain`?"),
        (["exp"], "`kpl` has no command `exp`; see `kpl --help`"),
        (["check"], "`kpl` has no command `check`; did you mean `kpl lint`?"),
        (["Corefile"], "`kpl` has no command `Corefile`; did you mean `kpl lint Corefile`?"),
        (["nginx.conf"], "`kpl` has no command `nginx.conf`; see `kpl --help`"),
        (["generate", "Corefile"], "`kpl generate` has no command `Corefile`; did you mean `kpl generate corefile`?"),
        (["generate", "check"], "`kpl generate` has no command `check`; see `kpl generate --help`"),
        # options
        (["lint", "--fix"], "`kpl lint` has no option `--fix`; did you mean `kpl fix`?"),
        (["--fix"], "`kpl` has no option `--fix`; did you mean `kpl fix`?"),
        (["lint", "--formt", "json"], "`kpl lint` has no option `--formt`; did you mean `--format`?"),
        (["lint", "--service", "a"], "`kpl lint` has no option `--service`; did you mean `--services`?"),
        (["lint", "--output", "json"], "`kpl lint` has no option `--output`; did you mean `--format`?"),
        (["lint", "--no-color"], "`kpl lint` has no option `--no-color`; did you mean `--color never`?"),
        (
            ["generate", "corefile", "--outputs", "f"],
            "`kpl generate corefile` has no option `--outputs`; did you mean `--output`?",
        ),
        (["fix", "--unsafe"], "`kpl fix` has no option `--unsafe`; did you mean `--unsafe-fixes`?"),
        (["lint", "--unsafe"], "`kpl lint` has no option `--unsafe`; did you mean `kpl fix --unsafe-fixes`?"),
        (["verify", "--select", "KPL2"], "`kpl verify` has no option `--select`, but `kpl lint` and `kpl fix` have it"),
        (["lint", "--check"], "`kpl lint` has no option `--check`, but `kpl fix` has it"),
        (["lint", "--strict"], "`kpl lint` has no option `--strict`; did you mean `--profile strict`?"),
        (["lint", "--profil", "all"], "`kpl lint` has no option `--profil`; did you mean `--profile`?"),
        (
            ["verify", "--profile", "all"],
            "`kpl verify` has no option `--profile`, but `kpl lint`, `kpl fix` and `kpl rules` have it",
        ),
        (["lint", "--bogus"], "`kpl lint` has no option `--bogus`; see `kpl lint --help`"),
        (["lint", "-x"], "`kpl lint` has no option `-x`; see `kpl lint --help`"),
        (["lint", "--a\nb"], "`kpl lint` has no option `--a\\nb`; see `kpl lint --help`"),
        # values
        (
            ["rules", "--format", "jsn"],
            "invalid value for `--format`: `jsn` is not one of `text`, `json`; did you mean `json`?",
        ),
        (
            ["rules", "--format", "xml"],
            "invalid value for `--format`: `xml` is not one of `text`, `json`; see `kpl rules --help`",
        ),
        (
            ["lint", "--profile", "Strickt"],
            "invalid value for `--profile`: `Strickt` is not one of `default`, `strict`, `all`; did you mean `strict`?",
        ),
        (
            ["fix", "--profile", "none"],
            "invalid value for `--profile`: `none` is not one of `default`, `strict`, `all`; see `kpl fix --help`",
        ),
        (["explain"], "missing argument `RULE`; see `kpl explain --help`"),
        # rules
        (["explain", "KPL20"], "no rule is called `KPL20`; did you mean one of the 9 rules from `KPL201` to `KPL209`?"),
        (["explain", "missing-cahce"], "no rule is called `missing-cahce`; did you mean `missing-cache`?"),
        (["lint", "--select", "missing-cahce"], "no rule is called `missing-cahce`; did you mean `missing-cache`?"),
        (["lint", "--ignore", "lameduck"], "no rule is called `lameduck`; did you mean `health-without-lameduck`?"),
        (["explain", "capacity"], "no rule is called `capacity`; did you mean `cache-capacity-too-small`?"),
        (["explain", "lameduck"], "no rule is called `lameduck`; did you mean `health-without-lameduck`?"),
        (["explain", "qq"], "no rule is called `qq`; `kpl rules` lists all rules"),
        (["explain", ""], "no rule is called ``; `kpl rules` lists all rules"),
    ],
)
def test_one_line_tells_what_was_meant(tmp_path: Path, words: list[str], told: str) -> None:
    (tmp_path / "Corefile").write_text(". {\n    errors\n}\n")
    done = kpl(tmp_path, *words)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", f"kpl: {told}\n")


def test_without_a_command_the_help_is_shown(tmp_path: Path) -> None:
    assert b"Commands:\n  lint" in b"".join([kpl(tmp_path).stderr, kpl(tmp_path).stdout])


def test_what_is_proposed_exists() -> None:
    own = {name for ctx in commands(cli) for param in ctx.command.get_params(ctx) for name in param.opts}
    assert {each.partition(" ")[0] for each in usage._OPTIONS.values()} <= own
    assert not set(usage._OPTIONS) & (own - {"-o", "--output"})
    root = cli.make_context("kpl", ["lint"], resilient_parsing=True)
    known = {*cli.list_commands(root), *own}
    assert set(usage._COMMANDS.values()) <= known
    assert not set(usage._COMMANDS) & set(cli.list_commands(root))

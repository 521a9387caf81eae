"""The command `kpl`."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from kpl import __version__, troubles
from kpl.cli.streams import ReaderGoneError, prepare
from kpl.errors import UsageError

_COMMANDS = {
    "lint": ("kpl.cli.lint", "lint", "Find faults in Corefiles, kube-proxy configurations, dumps and workloads."),
    "fix": ("kpl.cli.fix", "fix", "Mend what can be mended, in place."),
    "verify": ("kpl.cli.verify", "verify", "Tell whether CoreDNS and kube-proxy would load a configuration."),
    "inspect": ("kpl.cli.inspect", "inspect", "Tell what a dump is, and what it does with a Service."),
    "clusters": ("kpl.cli.clusters", "clusters", "Show which clusters the files are of, and what is known of each."),
    "rules": ("kpl.cli.rules", "rules", "List the rules."),
    "explain": ("kpl.cli.rules", "explain", "Explain a rule, with examples."),
    "test": ("kpl.cli.testing", "test", "Run the examples of a package of rules."),
    "generate": ("kpl.cli.generate", "generate", "Write a tuned configuration for the sizes given."),
}

_INTERRUPTED = 130


class _Commands(click.Group):
    """Imports a command when it runs, and none for the list of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kpl", message="%(prog)s %(version)s")
def cli() -> None:
    """Lint and fix the configuration of Kubernetes DNS and service networking.

    Exit codes: 0 clean, 1 findings, 2 wrong usage or configuration, or an internal error.
    """


def main() -> None:
    """Run `kpl`: every failure is one line on standard error and exit code 2."""
    prepare()
    code = _exit_code()
    for trouble in troubles.noted().values():
        _complain(str(trouble), trouble.details)
        code = code if code == _INTERRUPTED else 2
    sys.stderr.flush()
    # of a large dump, taking the objects apart one by one would be a tenth of the run
    os._exit(code)


def _exit_code() -> int:
    try:
        code = cli.main(standalone_mode=False) or 0
        sys.stdout.flush()
        return code
    except click.ClickException as error:
        _show(error)
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except ReaderGoneError:
        pass
    except UsageError as error:
        _complain(str(error))
    except SystemExit as error:  # of click, behind what completes a command line
        return error.code if isinstance(error.code, int) else 2
    except Exception as error:
        if isinstance(error, OSError) and _folder_is_gone():
            _complain("the current directory no longer exists: change to another one")
        else:
            troubles.note_error(error)
    return 2


def _folder_is_gone() -> bool:
    try:
        os.getcwd()
    except OSError:
        return True
    return False


def _show(error: click.ClickException) -> None:
    """As click shows it: how the command is used, and what is wrong."""
    from io import StringIO

    from kpl.report.screen import printable

    text = StringIO()
    error.show(text)
    for line in text.getvalue().rstrip("\n").split("\n"):
        click.echo(printable(line), err=True)


def _complain(message: str, details: str = "") -> None:
    from kpl.report.screen import printable

    click.echo(f"{details}kpl: {printable(message)}", err=True)


if __name__ == "__main__":
    main()

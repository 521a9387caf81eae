"""The command `kpl`."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from kpl import __version__, troubles
from kpl.cli.command import Group
from kpl.cli.streams import ReaderGoneError, prepare
from kpl.errors import UsageError

_COMMANDS = {
    "lint": ("kpl.cli.lint", "lint", "Check Corefiles, kube-proxy configurations, dumps and workloads"),
    "fix": ("kpl.cli.fix", "fix", "Fix problems in place"),
    "verify": ("kpl.cli.verify", "verify", "Check whether CoreDNS and kube-proxy would start"),
    "inspect": ("kpl.cli.inspect", "inspect", "Show what a node's dump contains"),
    "clusters": ("kpl.cli.clusters", "clusters", "Show which cluster each file belongs to"),
    "files": ("kpl.cli.files", "files", "List what kpl takes each file for"),
    "rules": ("kpl.cli.rules", "rules", "List all rules"),
    "explain": ("kpl.cli.rules", "explain", "Explain a rule"),
    "test": ("kpl.cli.testing", "test", "Run the examples of the rules in a package"),
    "generate": ("kpl.cli.generate", "generate", "Generate a tuned Corefile or kube-proxy configuration"),
}

_INTERRUPTED = 130


class _Commands(Group):
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


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True, "max_content_width": 100},
)
@click.version_option(__version__, prog_name="kpl", message="%(prog)s %(version)s", help="Show the version and exit")
def cli() -> None:
    """Lint and fix the configuration of Kubernetes DNS and service networking.

    Exit codes: 0 success, 1 findings, 2 usage or configuration error, or internal error.
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
        code = cli.main(prog_name="kpl", standalone_mode=False) or 0
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
            _complain("the current directory no longer exists; change to another directory")
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
    """What is wrong with the command line; the help where there is no command in it."""
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # since click 8.2
        error.show()
        return
    from kpl.cli.usage import explained

    _complain(explained(error))


def _complain(message: str, details: str = "") -> None:
    from kpl.report.screen import printable

    click.echo(f"{details}kpl: {printable(message)}", err=True)


if __name__ == "__main__":
    main()

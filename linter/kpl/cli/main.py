"""The command `kpl`."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from kpl import __version__

_COMMANDS = {
    "lint": ("kpl.cli.lint", "lint", "Find faults in Corefiles, kube-proxy configurations, dumps and workloads."),
    "fix": ("kpl.cli.fix", "fix", "Mend what can be mended, in place."),
    "verify": ("kpl.cli.verify", "verify", "Tell whether CoreDNS and kube-proxy would load a configuration."),
    "inspect": ("kpl.cli.inspect", "inspect", "Tell what a dump is, and what it does with a Service."),
    "rules": ("kpl.cli.rules", "rules", "List the rules."),
    "explain": ("kpl.cli.rules", "explain", "Explain a rule, with examples."),
    "generate": ("kpl.cli.generate", "generate", "Write a tuned configuration for the sizes given."),
}


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
    """Run `kpl`: every failure is one message on standard error and exit code 2."""
    from kpl.errors import UsageError

    if hasattr(sys.stdout, "reconfigure"):
        # a character that the encoding of the output does not have is escaped, as on standard error
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(standalone_mode=False) or 0
        sys.stdout.flush()
        sys.stderr.flush()
        # of a large dump, taking the objects apart one by one would be a tenth of the run
        os._exit(code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except UsageError as error:
        from kpl.report.screen import printable

        click.echo(f"kpl: {printable(str(error))}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # whoever read our output has gone; Python would complain once more when it flushes
        sys.stdout = None
        sys.exit(2)
    except Exception as error:
        if os.environ.get("KPL_DEBUG"):
            import traceback

            traceback.print_exc()
        click.echo(
            f"kpl: internal error: {type(error).__name__}: {error}\nThis is a bug in kpl; KPL_DEBUG=1 shows where.",
            err=True,
        )
        sys.exit(2)


if __name__ == "__main__":
    main()

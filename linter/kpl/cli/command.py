"""How a command shows its help: options in sections, each with a phrase and no full stop."""

from __future__ import annotations

from typing import Any

import click


class Option(click.Option):
    """An option that `Command` lists in the section `section` of its help."""

    def __init__(self, *args: Any, section: str, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.section = section


def _phrased(option: click.Option | None) -> click.Option | None:
    if option is not None:
        option.help = "Show this help and exit"
    return option


class Command(click.Command):
    """A command whose help has a section for each kind of option."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The option ``--help``."""
        return _phrased(super().get_help_option(ctx))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those without a section first."""
        sections: dict[str, list[tuple[str, str]]] = {"Options": []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(param, "section", "Options"), []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


class UnknownCommandError(click.UsageError):
    """There is no command `name`."""

    def __init__(self, name: str, ctx: click.Context) -> None:
        super().__init__(f"no command {name}", ctx)
        self.name = name


class Group(click.Group):
    """Several commands."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` start with. Raises UnknownCommandError."""
        name = args[0]
        if not (ctx.resilient_parsing or name.startswith("-") or name in self.list_commands(ctx)):
            raise UnknownCommandError(name, ctx)
        return super().resolve_command(ctx, args)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """The option ``--help``."""
        return _phrased(super().get_help_option(ctx))

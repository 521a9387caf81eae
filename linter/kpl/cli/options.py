"""The options that several commands share, and the settings that they make together with ``.kpl.yaml``."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kpl.cli.command import Option
from kpl.errors import UsageError
from kpl.facts import COMMAND_LINE
from kpl.text.paths import common_folder, relative_path

if TYPE_CHECKING:
    from kpl.lint.settings import Settings

CONFIG_NAME = ".kpl.yaml"

Command = TypeVar("Command", bound=Callable[..., Any])


def _section(title: str) -> Callable[..., Callable[[Command], Command]]:
    """What `click.option` is, for options in the section `title` of a help."""
    return partial(click.option, cls=Option, section=title)


_fact, _container, _rule, _file = map(
    _section, ("Facts about the cluster", "Facts about CoreDNS's container", "Rules", "Files and configuration")
)
_count = click.IntRange(0)

_FACTS = (
    _fact("--kubernetes-version", metavar="VERSION", help="Kubernetes version to check against"),
    _fact("--coredns-version", metavar="VERSION", help="CoreDNS version to check against"),
    _fact(
        "--cluster-domain",
        metavar="DOMAIN",
        help="DNS domain of the cluster [default: detected, otherwise cluster.local]",
    ),
    _fact("--nodes", type=_count, metavar="N", help="Number of nodes"),
    _fact("--services", type=_count, metavar="N", help="Number of Services"),
    _fact("--endpoints", type=_count, metavar="N", help="Number of endpoints of all Services"),
    _fact("--kernel", metavar="VERSION", help="Oldest kernel version among the nodes"),
    _fact("--libc", type=click.Choice(["glibc", "musl"]), help="C library of all images"),
    _fact(
        "--cluster-ndots",
        type=click.IntRange(0, 15),
        metavar="N",
        help="ndots value that the cluster enforces, for example by a policy",
    ),
    _fact("--node", metavar="NAME", help="Node that the dump was taken from"),
    _fact("--node-local-dns/--no-node-local-dns", default=None, help="Whether pods use NodeLocal DNSCache"),
)

_CONTAINER = (
    _container(
        "--target",
        type=click.Choice(["coredns", "node-local-dns"]),
        help="Image that loads the Corefiles [default: detected]",
    ),
    _container("--plugins", multiple=True, metavar="NAMES", help="External plugins compiled into the CoreDNS image"),
    _container(
        "--env", multiple=True, metavar="NAME=VALUE", help="Environment variable; kpl then treats all others as unset"
    ),
    _container(
        "--env-file", type=click.Path(), metavar="FILE", help="Read all environment variables from NAME=VALUE lines"
    ),
    _container("--assume-file", multiple=True, metavar="PATH", help="File that exists in the container"),
)

PROFILES = ("default", "strict", "all")
"""`kpl.lint.rule.Profile`, without importing it."""

_CHOICE = (
    _rule(
        "--profile",
        type=click.Choice(PROFILES),
        help="Run the rules of this profile, unless --select chooses [default: default]",
    ),
    _rule("--select", multiple=True, metavar="RULES", help="Run only these rules: codes, names, prefixes, or ALL"),
    _rule("--extend-select", multiple=True, metavar="RULES", help="Run these rules in addition"),
    _rule("--ignore", multiple=True, metavar="RULES", help="Skip these rules"),
)

_CONFIG = (
    _file("--config", type=click.Path(), metavar="FILE", help="Use this file instead of the nearest .kpl.yaml"),
    _file("--no-config", is_flag=True, help="Ignore all .kpl.yaml files"),
)


def input_options(
    kinds: Collection[str], *, lists_all: bool = False, markdown: bool = False
) -> Callable[[Command], Command]:
    """Adds the options that tell what the inputs are, one of `kinds`, and what is said of those that are not checked.

    A command that `lists_all` of them has no option for that; with `markdown` it has one for the blocks of such files.
    """
    options = [
        _file(
            "--as",
            "as_kind",
            type=click.Choice(list(kinds)),
            metavar="KIND",
            help=f"Treat every file as this kind: {', '.join(kinds)}",
        ),
        _file("--stdin-filename", metavar="NAME", help="File name to use for standard input"),
        _file("--allow-empty", is_flag=True, help="Accept inputs in which kpl checks nothing"),
    ]
    if markdown or "markdown" in kinds:
        options.append(
            _file("--markdown", is_flag=True, help="Check the YAML and Corefile code blocks of Markdown files too")
        )
    if not lists_all:
        help_ = "List the files that were not checked, with the reason"
        options.append(_file("--show-skipped", is_flag=True, help=help_))

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def context_option(command: Command) -> Command:
    """Adds the options that leave the rest of the repository out, and what earlier runs found."""
    command = _file("--no-cache", is_flag=True, help="Do not use or write the cache")(command)
    help_ = "Take facts only from the given files, not from the rest of the repository"
    return _file("--no-context", is_flag=True, help=help_)(command)


def facts_options(command: Command) -> Command:
    """Adds an option for each fact."""
    return _with(command, *_FACTS)


def container_options(command: Command) -> Command:
    """Adds the options that tell of CoreDNS's container."""
    return _with(command, *_CONTAINER)


def choice_options(command: Command) -> Command:
    """Adds the options that choose rules and configuration."""
    return _with(command, *_CHOICE, *_CONFIG)


def config_options(command: Command) -> Command:
    """Adds the options that choose the configuration."""
    return _with(command, *_CONFIG)


def _with(command: Command, *options: Callable[[Command], Command]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def _words(values: Sequence[str]) -> list[str]:
    return [word for value in values for word in value.replace(",", " ").split()]


def find_config(paths: Sequence[str]) -> str | None:
    """The nearest ``.kpl.yaml`` above all of `paths`, no further up than the root of their repository.

    One that others may have put there is left alone: outside of a repository, in a folder that everybody may write.
    Raises UsageError for one that is no file of the repository.
    """
    folders = [os.path.abspath(path) for path in paths if path != "-"] or [os.getcwd()]
    at = common_folder(each if os.path.isdir(each) else os.path.dirname(each) for each in folders)
    if not at:
        return None
    root = repository_of(at)
    while True:
        candidate = os.path.join(at, CONFIG_NAME)
        if os.path.lexists(candidate):
            return own_config(candidate, root)
        above = os.path.dirname(at)
        if above == at or at == root:
            return None
        at = above


def repository_of(folder: str) -> str | None:
    """The nearest folder with a ``.git`` in it, but for one like /tmp, where anybody may have put that."""
    at = folder
    while not os.path.lexists(os.path.join(at, ".git")) or _mode(at) & _SHARED == _SHARED:
        above = os.path.dirname(at)
        if above == at:
            return None
        at = above
    return at


_SHARED = stat.S_ISVTX | stat.S_IWOTH


def _mode(folder: str) -> int:
    try:
        return os.stat(folder).st_mode
    except OSError:
        return 0


def own_config(path: str, root: str | None) -> str | None:
    """The configuration file `path` of the repository `root`; None where others may have put it there.

    Raises UsageError for one that is no file of the repository.
    """
    folder = os.path.dirname(path)
    shown = relative_path(path)
    if root is None and _mode(folder) & stat.S_IWOTH and os.name == "posix":
        click.echo(
            f"kpl: warning: {shown} is ignored because everyone can write to {folder}; use `--config` to load it",
            err=True,
        )
        return None
    real = os.path.realpath(path)
    within = os.path.realpath(root or folder)
    if common_folder([real, within]) != within:
        raise UsageError(
            f"{shown} is a symbolic link to a file outside {'the repository' if root else 'its directory'}"
        )
    if not os.path.isfile(path):
        raise UsageError(f"{shown} is not a regular file")
    return shown


def settings_from(options: dict[str, Any], paths: Sequence[str]) -> Settings:
    """The settings of this run: ``.kpl.yaml``, then the command line over it. Raises UsageError."""
    settings = with_options(configured(options, paths), options)
    settings.complete = any(os.path.exists(os.path.join(path, ".git")) for path in paths or ["."])
    _ = settings.rules  # a selector that names no rule is told before anything is read
    return settings


def with_options(settings: Settings, options: dict[str, Any]) -> Settings:
    """`settings` with what the command line says over them; of rules only where the command has options for these."""
    from kpl.cli.versions import with_known_versions

    given = given_facts(options)
    settings.facts = with_known_versions(settings.facts.told(given, COMMAND_LINE))
    settings.clusters = [
        each._replace(facts=with_known_versions(each.facts.told(given, COMMAND_LINE))) for each in settings.clusters
    ]
    if "select" not in options:
        return settings
    select = _words(options["select"])
    profile = options["profile"]
    return replace(
        settings,
        profile=profile or settings.profile,
        select=select or ([] if profile else settings.select),
        extend=[*([] if select else settings.extend), *_words(options["extend_select"])],
        ignore=[*([] if select else settings.ignore), *_words(options["ignore"])],
    )


def configured(options: dict[str, Any], paths: Sequence[str]) -> Settings:
    """The settings of ``.kpl.yaml`` alone. Raises UsageError."""
    from kpl.lint.settings import Settings

    found = None if options["no_config"] else options["config"] or find_config(paths)
    if not found:
        return Settings(root=os.getcwd())
    from kpl.lint.config import load_config

    return load_config(found)


def given_facts(options: dict[str, Any]) -> dict[str, Any]:
    """The facts that the command line tells, by the names of `kpl.cluster.Facts`. Raises UsageError."""
    told = {
        "kubernetes": version_option(options, "kubernetes_version"),
        "coredns": version_option(options, "coredns_version"),
        "kernel": version_option(options, "kernel"),
        "cluster_domain": options.get("cluster_domain"),
        "ndots": options.get("cluster_ndots"),
        **{name: options.get(name) for name in ("nodes", "services", "endpoints", "libc", "node", "node_local_dns")},
        **container_facts(options),
    }
    return {name: value for name, value in told.items() if value is not None}


def container_facts(options: dict[str, Any]) -> dict[str, Any]:
    """What the options of `container_options` tell, by the names of `kpl.cluster.Facts`. Raises UsageError."""
    told: dict[str, Any] = {"target": options["target"]}
    if options["plugins"]:
        told["external_plugins"] = frozenset(_words(options["plugins"]))
    if options["assume_file"]:
        told["assumed_files"] = frozenset(options["assume_file"])
    if options["env"] or options["env_file"]:
        lines = _env_file(options["env_file"]) if options["env_file"] else []
        told["environment"] = dict(
            _assignment(where, word) for where, word in lines + [("--env", w) for w in options["env"]]
        )
    return told


def _env_file(path: str) -> list[tuple[str, str]]:
    """The assignments of a file as ``docker run --env-file`` and systemd read it: no quotes, # starts a comment line."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    return [
        (f"{path}:{number}", line)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _assignment(where: str, word: str) -> tuple[str, str]:
    name, sign, value = word.partition("=")
    if not sign or not name:
        raise UsageError(f"{where}: expected NAME=VALUE")
    return name, value


def version_option(options: dict[str, Any], name: str) -> Any:
    """The release that the option `name` gives, None where it is not given. Raises UsageError."""
    from kpl.text.version import Version

    if options.get(name) is None:
        return None
    try:
        return Version(options[name])
    except ValueError as error:
        raise UsageError(f"--{name.replace('_', '-')}: {error}") from None

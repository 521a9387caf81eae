"""What a file is: by its name where that is certain, by its content where it is not."""

import re
from collections.abc import Collection
from functools import cache, lru_cache
from typing import NamedTuple

from kpl.inputs.document import STDIN_NAME
from kpl.inputs.reader import FileKind
from kpl.inputs.registry import file_kinds
from kpl.text import late

GZIP = b"\x1f\x8b"
GIT_CRYPT = b"\0GITCRYPT"
ANSIBLE_VAULT = b"$ANSIBLE_VAULT;"
"""How the bytes of files start that hold something else."""

COREFILE = "corefile"
FRAGMENT = "corefile fragment"
YAML = "yaml"
DUMP = "dump"
"""What a file may be whose name the output of several programs has; its lines tell which one it is."""

_ARCHIVE_NAME = late.pattern(r"(?i)\.(?:tar(?:\.(?:gz|bz2|xz))?|tgz|tbz2?|txz|zip)$")
_COREFILE_NAME = late.pattern(r"(?i)(?:^corefile(?:[.-][\w.-]+)?|\.corefile)$")
_PLAIN_TAGS = {"text", "plain-text", "gzip", "binary"}
"""What `identify` says of names that belong to no program: ``.txt``, ``.conf``."""
_TEMPLATE_TAGS = {"jinja", "erb", "gotmpl", "mako", "mustache", "handlebars"}
"""Of the languages that `identify` knows, those in which a Corefile is templated."""
_OTHER_NAME = late.pattern(
    r"(?i)(?:^|[._-])(?:caddyfile|caddy|procfile|justfile|earthfile|jenkinsfile|vagrantfile|makefile|dockerfile)(?:$|[._-])|\.[1-9]$"
)
"""Names that `identify` does not know, or only in part, of files with braces or colons in them; sections of a manual."""
_MANUAL_PAGE = ('.\\"', "'\\\"", ".TH ")
"""How the text of a manual page starts; there is one called ``corefile.5``."""
_FRAGMENT_NAME = late.pattern(r"\.override$")
_SERVER_NAME = late.pattern(r"\.server$")
_TEMPLATE = r"\.(?:j2|jinja2?|tpl|tmpl|ctmpl|tftpl|gotmpl|erb|template|in)"
_YAML_NAME = late.pattern(rf"(?i)\.(?:ya?ml|json)(?:{_TEMPLATE})?$")
_TEMPLATE_NAME = late.pattern(rf"(?i){_TEMPLATE}$")
_OTHER_TEMPLATE_NAME = late.pattern(r"(?i)(?:^[^.]+|\.manifest)\.(?:j2|jinja2?|tpl|tmpl|gotmpl|erb|template)$")
"""Names of templates that do not tell what these become: their lines do."""
_OUTPUT_NAME = r"\.(?:dump|save|txt|out)$"
"""Names of files that hold the output of any program."""

_PLUGIN_LINE = late.pattern(
    r"^[ \t]*(?:acl|autopath|bind|cache|dns64|errors|etcd|file|forward|health|hosts|import|k8s_external|kubernetes|loadbalance|"
    r"log|loop|prometheus|proxy|ready|reload|rewrite|template|tls|whoami|view|minimal|dnssec|secondary|transfer|auto|any|chaos)"
    r"(?=[ \t\r\n{]|$)",
    re.MULTILINE,
)
_SERVER_LINE = late.pattern(
    r"^(?:\([\w-]+\)|[\w.*/:\[\]$%-]+(?:[ \t,]+[\w.*/:\[\]$%-]+){0,99})[ \t]*\{[ \t]*(?:#.*)?\r?$", re.MULTILINE
)
"""``KEYS {``: a line of other characters than keys have starts a block of another language."""
_STATEMENT_LINE = late.pattern(r"^[^#\n]*;[ \t]*\r?$", re.MULTILINE)
"""As nginx and named end their lines; CoreDNS would read the semicolon as part of a word."""
_OBJECT_LINE = late.pattern(r"""^[ \t]*["']?(?:kind|apiVersion)["']?[ \t]*:""", re.MULTILINE)


@cache
def _dump_name() -> re.Pattern[str]:
    names = [kind.names for kind in _dumps() if kind.names]
    return re.compile("|".join((_OUTPUT_NAME, *names)), re.IGNORECASE)


@cache
def _own_names() -> tuple[tuple[FileKind, re.Pattern[str]], ...]:
    """The kinds of files that have names of their own."""
    kinds = (kind for kind in file_kinds().values() if kind.names and not (kind.shares_names or kind.option))
    return tuple((kind, re.compile(kind.names, re.IGNORECASE)) for kind in kinds)


@cache
def _dumps() -> tuple[FileKind, ...]:
    return tuple(kind for kind in file_kinds().values() if kind.lines and kind.shares_names)


@cache
def _starts() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((kind.word, re.compile(kind.start)) for kind in file_kinds().values() if kind.start)


# a tree has the same few names in many folders
@lru_cache(maxsize=10_000)
def kind_by_name(name: str) -> str | None:
    """What the file called `name` (without folders) may be; its content decides in the end."""
    name = name.removesuffix(".gz")
    if _COREFILE_NAME.search(name) and not _YAML_NAME.search(name) and not _is_source_of_another(name):
        return COREFILE
    if _SERVER_NAME.search(name):
        return COREFILE
    if _FRAGMENT_NAME.search(name):
        return FRAGMENT
    if _YAML_NAME.search(name) or _OTHER_TEMPLATE_NAME.search(name):
        return YAML
    if _dump_name().search(name):
        return DUMP
    return next((each.word for each, pattern in _own_names() if pattern.search(name)), None)


def is_archive_name(name: str) -> bool:
    """Whether a file called `name` is an archive of others."""
    return _ARCHIVE_NAME.search(name) is not None


def kind_by_option(name: str, options: Collection[str]) -> str | None:
    """What the file called `name` (without folders) is read as because one of these `options` is given."""
    kinds = (kind for kind in file_kinds().values() if kind.option in options)
    return next((kind.word for kind in kinds if re.search(kind.names, name, re.IGNORECASE)), None)


def is_template_name(name: str) -> bool:
    """Whether a file called `name` (without folders) is a template, whatever is in it."""
    return _TEMPLATE_NAME.search(name) is not None


def is_yaml_name(name: str) -> bool:
    """Whether a file called `name` (without folders) is YAML or JSON, or becomes that."""
    return _YAML_NAME.search(name) is not None


def is_certain_name(name: str) -> bool:
    """Whether a file called `name` (without folders) is a Corefile whatever lines it has."""
    return kind_by_name(name) == COREFILE and not _SERVER_NAME.search(name)


def belongs_to_another(name: str) -> bool:
    """Whether files called `name` (without folders) are another program's: source text, documents, settings.

    The table is `identify`'s, which pre-commit chooses files by.
    """
    from identify.identify import tags_from_filename

    return bool(_OTHER_NAME.search(name)) or bool(tags_from_filename(name) - _PLAIN_TAGS - _TEMPLATE_TAGS)


def _is_source_of_another(name: str) -> bool:
    """Whether a file called ``Corefile.something`` is about Corefiles and none itself: ``corefile.go``, ``Corefile.md``."""
    _, dot, ending = name.rpartition(".")
    if not dot or ending.lower() == "corefile":
        return False
    from identify.extensions import EXTENSIONS

    tags = EXTENSIONS.get(ending.lower(), set())
    return bool(tags - _PLAIN_TAGS) and not tags & _TEMPLATE_TAGS


class Detected(NamedTuple):
    """What a file is; `by_content` where nothing but its text says so."""

    kind: str
    by_content: bool = False


def detect(name: str, head: str, named: bool) -> Detected | None:
    """What a file is, from its name and the first characters of its text; None for what kpl does not read.

    `named` files were named by the user: there the content alone is enough, unless the name is another program's. A file
    that was found in a folder must have the name as well. A Corefile is known by its content only where the name has no
    ending, or one that nobody knows.
    """
    kind = kind_by_name(name)
    if is_certain_name(name):
        return None if head.startswith(_MANUAL_PAGE) else Detected(COREFILE)
    if kind in (COREFILE, FRAGMENT):
        is_one = _PLUGIN_LINE.search(head) and not _STATEMENT_LINE.search(head)
        return Detected(kind) if is_one else None
    if kind in (YAML, DUMP) and (started := _kind_by_start(head)):
        return Detected(started)
    if kind == YAML and (is_yaml_name(name) or _OBJECT_LINE.search(head)):
        return Detected(YAML)
    if kind == DUMP and (dump := _dump_by_lines(head)):
        return Detected(dump)
    if kind not in (None, DUMP, YAML):
        lines = file_kinds()[kind].lines
        if not lines or _has_a_line(head, lines):
            return Detected(kind)
    if not named or belongs_to_another(name):
        return None
    found = kind_by_content(head)
    if found == COREFILE and name != STDIN_NAME and not (_may_be_anything(name) and _is_corefile_throughout(head)):
        return None
    return None if found is None else Detected(found, by_content=True)


def _may_be_anything(name: str) -> bool:
    """Whether the ending of `name` tells nothing: there is none, or none that anybody knows but as a template's."""
    from identify.identify import tags_from_filename

    tags = tags_from_filename(name)
    return not tags or bool(tags & _TEMPLATE_TAGS)


def kind_by_content(head: str) -> str | None:
    """What a text without a name is."""
    if found := _kind_by_start(head) or _dump_by_lines(head):
        return found
    if _OBJECT_LINE.search(head):
        return YAML
    if looks_like_corefile(head):
        return COREFILE
    return next((each.word for each, _ in _own_names() if _has_a_line(head, each.nameless_lines)), None)


def _kind_by_start(head: str) -> str | None:
    return next((word for word, pattern in _starts() if pattern.match(head)), None)


def _dump_by_lines(head: str) -> str | None:
    """Which dump a text starts, told by lines that nothing else has."""
    return next((each.word for each in _dumps() if _has_a_line(head, each.lines)), None)


def _has_a_line(head: str, patterns: tuple[str, ...]) -> bool:
    return any(re.search(pattern, head, re.MULTILINE) for pattern in patterns)


def looks_like_corefile(text: str) -> bool:
    """Whether a server block of `text` holds a line that starts with a plugin of CoreDNS."""
    if _STATEMENT_LINE.search(text):
        return False
    blocks = list(_SERVER_LINE.finditer(text))
    ends = [*(each.start() for each in blocks[1:]), len(text)]
    return any(_PLUGIN_LINE.search(text, block.end(), end) for block, end in zip(blocks, ends, strict=False))


def _is_corefile_throughout(text: str) -> bool:
    """Whether all of `text` is server blocks, and most lines in them are plugins of CoreDNS.

    Caddyfiles, manual pages and test data have blocks with a plugin's name in them too.
    """
    depth = plugins = others = 0
    for line in text.splitlines():
        word = line.split("#", 1)[0].strip()
        if not word:
            continue
        if depth == 0 and word != "}" and not _SERVER_LINE.match(word) and not word.startswith("import "):
            return False
        if depth == 1 and word != "}":
            is_plugin = _PLUGIN_LINE.match(word) is not None
            plugins, others = plugins + is_plugin, others + (not is_plugin)
        depth = max(depth + word.count("{") - word.count("}"), 0)
    return plugins > others


def names_a_plugin(text: str) -> bool:
    """Whether a line of `text` starts with a common plugin of CoreDNS."""
    return bool(_PLUGIN_LINE.search(text))

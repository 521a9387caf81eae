"""Writes docs/plugins.md: the names that a rule may import, each with the first line of its docstring.

``python docs/generate.py`` writes; a test compares.
"""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

PAGE = Path(__file__).parent / "plugins.md"
FACES = (
    "kpl",
    "kpl.corefiles",
    "kpl.manifests",
    "kpl.poddns",
    "kpl.kubeproxy",
    "kpl.iptables",
    "kpl.nft",
    "kpl.dumps",
    "kpl.edits",
    "kpl.words",
    "kpl.testing",
)
"""The modules in the order of a packet's journey, then what is for all of them."""

_SENTENCE = re.compile(r".+?\.(?=\s|$)", re.DOTALL)
_HEAD = """\
# What a rule may import

docs/generate.py writes this page. [examples/plugin](../examples/plugin/README.md) is a complete package with a rule, and
[CONTRIBUTING.md](../CONTRIBUTING.md) describes how to write one.

A rule imports from these modules and from no other module of kpl. In kpl 0.x a name on this page is removed, or changes
its meaning, only after one minor release in which its use gives a `DeprecationWarning`. All other modules may change at any time.
"""


def page() -> str:
    """The text of docs/plugins.md."""
    parts = [_HEAD]
    for face in FACES:
        module = import_module(face)
        about = "What every rule needs." if face == "kpl" else (module.__doc__ or "").partition("\n")[0]
        rows = [f"| `{name}` | {about_name(module, name)} |" for name in sorted(module.__all__, key=str.lower)]
        parts.append("\n".join([f"## {face}", "", about, "", "| name | what it is |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


def about_name(face: ModuleType, name: str) -> str:
    """The first sentence of the docstring of a name, on one line. Raises LookupError where it has none."""
    value = getattr(face, name)
    if inspect.isclass(value) or inspect.isroutine(value):
        text = inspect.unwrap(value).__doc__ or ""
    else:
        text = constants(home_of(face, name)).get(name, "")
    if not text.strip() or text.startswith(f"{name}("):  # what dataclasses and NamedTuples write themselves
        raise LookupError(f"{name} of {face.__name__} has no docstring")
    paragraph = inspect.cleandoc(text).partition("\n\n")[0]
    sentence = _SENTENCE.match(paragraph)
    return " ".join((sentence[0] if sentence else paragraph).split()).replace("``", "`").replace("|", "\\|")


def home_of(face: ModuleType, name: str) -> str:
    """The module behind `face` from which it takes `name`, as it tells type checkers."""
    tree = ast.parse(Path(face.__file__ or "").read_text(encoding="utf-8"))
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return next(node.module or "" for node in imports if name in [each.name for each in node.names])


@cache
def constants(home: str) -> dict[str, str]:
    """The docstrings of the constants in a module: each is the string that follows the assignment."""
    tree = ast.parse(Path(import_module(home).__file__ or "").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for before, after in zip(tree.body, tree.body[1:], strict=False):
        targets = before.targets if isinstance(before, ast.Assign) else [getattr(before, "target", None)]
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            found |= {each.id: after.value.value for each in targets if isinstance(each, ast.Name)}
    return found


def write() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")

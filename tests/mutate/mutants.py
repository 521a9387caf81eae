"""The changes of one line that a module allows."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARED = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}
WRITTEN = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
SWAPPED = {"all": "any", "any": "all", "min": "max", "max": "min"}
DROPPED = (ast.Expr, ast.Continue, ast.Break, ast.AugAssign, ast.Delete)
# what no behavior hangs on, or what is a test itself
SKIPPED_NAMES = {"examples", "__all__", "__slots__", "__hash__"}
SKIPPED_FUNCTIONS = {"__repr__"}
# where the words and dumps of examples lie
SKIPPED_FILES = {"_example_cluster.py", "_nft.py"}


@dataclass(frozen=True)
class Mutant:
    """A change of one line of a file."""

    path: str
    line: int
    start: int
    end: int
    text: str

    def applied(self, source: str) -> str:
        """The text of the file with the change."""
        lines = source.splitlines(keepends=True)
        data = lines[self.line - 1].encode()
        lines[self.line - 1] = (data[: self.start] + self.text.encode() + data[self.end :]).decode()
        return "".join(lines)

    def diff(self, source: str) -> str:
        """The change, as a person reads it."""
        return "".join(
            difflib.unified_diff(
                source.splitlines(keepends=True),
                self.applied(source).splitlines(keepends=True),
                self.path,
                self.path,
                n=1,
            )
        )


def mutants(root: Path, path: Path) -> list[Mutant]:
    """Every change of the module, in the order of its text."""
    source = path.read_text(encoding="utf-8")
    name = str(path.relative_to(root))
    tree = ast.parse(source)
    shown = _of_examples(tree)
    tree.body = [statement for statement in tree.body if not _names(statement) & shown]
    found = {Mutant(name, *each) for each in _Finder(source).of(tree)}
    return sorted(
        (each for each in found if _compiles(each.applied(source))), key=lambda each: (each.line, each.start, each.text)
    )


def modules(folder: Path) -> list[Path]:
    """The modules below `folder` that are changed; or `folder` itself if it is one."""
    if folder.is_file():
        return [folder]
    return [
        path
        for path in sorted(folder.rglob("*.py"))
        if path.name not in SKIPPED_FILES and "_generated" not in path.parts
    ]


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


Change = tuple[int, int, int, str]


class _Finder:
    def __init__(self, source: str) -> None:
        self.lines = [line.encode() for line in source.splitlines()]

    def of(self, node: ast.AST) -> Iterator[Change]:
        yield from self._here(node)
        for child in self._below(node):
            yield from self.of(child)

    def _below(self, node: ast.AST) -> Iterator[ast.AST]:
        """The children that a change may touch."""
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "bases", "keywords") and not isinstance(
                node, ast.Call
            ):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _skipped(child):
                    yield child

    def _here(self, node: ast.AST) -> Iterator[Change]:
        if isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            for left, operator, right in zip(operands, node.ops, operands[1:], strict=False):
                yield from self._between(left, right, WRITTEN[type(operator)], COMPARED[type(operator)])
        elif isinstance(node, ast.BoolOp):
            old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield from self._between(left, right, old, new)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)) and not _texts(node):
            old, new = ("+", "-") if isinstance(node.op, ast.Add) else ("-", "+")
            yield from self._between(node.left, node.right, old, new)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield from self._replaced(node, self._text(node.operand))
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            yield from self._replaced(node, str(not node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            yield from self._replaced(node, str(node.value + 1))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SWAPPED:
            yield from self._replaced(node.func, SWAPPED[node.func.id])
        elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
            yield from self._replaced(node, "return None")
        elif isinstance(node, DROPPED) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            # a function stays a generator without its only `yield`
            yields = isinstance(node, ast.Expr) and isinstance(node.value, (ast.Yield, ast.YieldFrom))
            yield from self._replaced(node, "yield from ()" if yields else "pass")
        for test in _tests(node):
            if not isinstance(test, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
                yield from self._replaced(test, f"(not {self._text(test)})")

    def _text(self, node: ast.expr) -> str:
        if node.lineno != node.end_lineno:
            return ""
        return self.lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()

    def _replaced(self, node: ast.stmt | ast.expr, text: str) -> Iterator[Change]:
        if node.lineno == node.end_lineno and node.end_col_offset is not None and text:
            yield node.lineno, node.col_offset, node.end_col_offset, text

    def _between(self, left: ast.expr, right: ast.expr, old: str, new: str) -> Iterator[Change]:
        """`old` stands between the two, on the line of one of them, with brackets around it at most."""
        if left.end_lineno == right.lineno and left.end_col_offset is not None:
            lines = [(right.lineno, left.end_col_offset, right.col_offset)]
        else:
            lines = [(right.lineno, 0, right.col_offset)]
        for line, start, end in lines:
            place = self.lines[line - 1][start:end].find(old.encode())
            if place >= 0:
                yield line, start + place, start + place + len(old), new


def _tests(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        return [node.test]
    return node.ifs if isinstance(node, ast.comprehension) else []


def _skipped(node: ast.AST) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.JoinedStr, ast.Assert)):
        return True
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return node.name in SKIPPED_FUNCTIONS
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id in SKIPPED_NAMES for target in targets)


def _names(statement: ast.stmt) -> set[str]:
    """What a statement at the top of a module defines."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return {statement.name}
    targets = (
        statement.targets
        if isinstance(statement, ast.Assign)
        else [statement.target]
        if isinstance(statement, ast.AnnAssign)
        else []
    )
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _of_examples(tree: ast.Module) -> set[str]:
    """The names that nothing but the examples of a rule uses: they are tests, too."""
    rules = [statement for statement in tree.body if isinstance(statement, ast.ClassDef)]
    examples = [each for rule in rules for each in rule.body if _names(each) & SKIPPED_NAMES]
    in_examples = {id(node) for each in examples for node in ast.walk(each)}
    shown: set[str] = set()
    while True:
        users: dict[str, bool] = {}
        for statement in tree.body:
            ours = bool(_names(statement) & shown)
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    users[node.id] = users.get(node.id, True) and (ours or id(node) in in_examples)
        more = {name for statement in tree.body for name in _names(statement) if users.get(name)} - shown
        if not more:
            return shown
        shown |= more


def _texts(node: ast.BinOp) -> bool:
    return any(
        isinstance(each, ast.JoinedStr) or (isinstance(each, ast.Constant) and isinstance(each.value, (str, bytes)))
        for each in (node.left, node.right)
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None

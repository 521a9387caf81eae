"""``.kpl.yaml``: found, checked against its schema, and turned into settings."""

from __future__ import annotations

import os
import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from kpl.errors import UsageError
from kpl.facts import Facts, Origin
from kpl.inputs.yaml.tree import Mapping, Node, Scalar, YamlError, compose
from kpl.inputs.yaml.tree import Sequence as YamlSequence
from kpl.lint.registry import find, some_are_missing
from kpl.lint.rule import Severity
from kpl.lint.settings import Override, Settings
from kpl.text import late
from kpl.text.number import whole_number
from kpl.text.source import Source
from kpl.text.version import Version
from kpl.text.words import closest, similar

if TYPE_CHECKING:
    from kpl.clusters.partition import Named

MAX_SIZE = 1 << 20
"""In bytes."""
_LONGEST = 240
"""In characters: a message quotes the value that is wrong."""


def schema() -> dict[str, Any]:
    """The JSON Schema of ``.kpl.yaml``."""
    import json

    with open(os.path.join(os.path.dirname(__file__), "config.schema.json"), encoding="utf-8") as file:
        loaded: dict[str, Any] = json.load(file)
    return loaded


def load_config(path: str) -> Settings:
    """The settings that the file `path` makes. Raises UsageError, with line and column, when anything in it is wrong."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if len(data) > MAX_SIZE:
        raise UsageError(f"{path}: larger than {MAX_SIZE >> 20} MiB")
    source = Source.from_bytes(path, data)
    content = _CONTENT.search(source.text)
    if content is not None and not _has_settings(source.text):
        # the errors below quote the file: one of another program may hold what nobody is to see
        raise _wrong(source, content.start(1), "not a kpl configuration: the file has none of its settings")
    try:
        root = next(iter(compose(source.text)), None)
    except YamlError as error:
        raise _wrong(source, error.offset, error.message) from None
    if root is None or isinstance(root, Scalar) and root.is_null:
        return Settings(root=os.path.dirname(os.path.abspath(path)), configured=True)
    return _Config(source, root).settings()


_CONTENT = late.pattern(r"^(?!---[ \t\r]*$)[ \t]*([^\s#~])", re.MULTILINE)
"""The first character that is no comment and no empty document."""
_KEY = late.pattern(r"""^[ \t]*(?:\{[ \t]*)?["']?([\w-]{1,40})["']?[ \t]*:""", re.MULTILINE)


def _has_settings(text: str) -> bool:
    """Whether a line of `text` starts with the name of a setting, or with one that is nearly so."""
    names = schema()["properties"]
    keys = dict.fromkeys(_KEY.findall(text))
    return any(key in names for key in keys) or any(closest(key, names) for key in islice(keys, 100))


def _wrong(source: Source, offset: int, message: str) -> UsageError:
    line, column = source.position(offset)
    shown = message if len(message) <= _LONGEST else f"{message[: _LONGEST // 2]}…{message[-_LONGEST // 2 :]}"
    return UsageError(f"{source.path}:{line}:{column}: {shown}")


class _Config:
    def __init__(self, source: Source, root: Node) -> None:
        self.source = source
        self.root = root

    def settings(self) -> Settings:
        self._refuse_duplicates(self.root)
        data = plain(self.root)
        self._check(data)
        facts = data.get("cluster", {})
        for rule in (*data.get("severity", {}), *data.get("rules", {})):
            self._rule(rule)
        return Settings(
            profile=data.get("profile", "default"),
            select=data.get("select", ()),
            extend=data.get("extend-select", ()),
            ignore=data.get("ignore", ()),
            severities=_severities(data),
            options=self._options(data.get("rules", {})),
            overrides=[
                Override(each["paths"], each.get("select", ()), each.get("ignore", ()), _severities(each))
                for each in data.get("overrides", ())
            ],
            exclude=data.get("exclude", ()),
            facts=self._facts(Facts(), facts, "cluster"),
            clusters=self._clusters(data.get("clusters", {}), self._facts(Facts(), facts, "cluster")),
            fail_on=data.get("fail-on", "warning"),
            root=os.path.dirname(os.path.abspath(self.source.path)),
            configured=True,
        )

    def _facts(self, facts: Facts, data: dict[str, Any], *path: str) -> Facts:
        for key, value in data.items():
            name, made = _fact(key, value)
            line, _ = self.source.position(self._key(*path, key).start)
            facts = facts.told({name: made}, Origin(self.source.path, line))
        return facts

    def _key(self, *path: str) -> Node:
        """The key at the end of a path of keys."""
        *above, last = path
        node = self._node(above)
        pair = node.pair(last) if isinstance(node, Mapping) else None
        return pair[0] if pair else node

    def _clusters(self, data: dict[str, dict[str, Any]], facts: Facts) -> list[Named]:
        if not data:
            return []
        from kpl.clusters.partition import Named

        root = os.path.dirname(os.path.abspath(self.source.path))
        return [
            Named(name, paths, root, self._facts(facts, own, "clusters", name))
            for name, each in data.items()
            for paths, own in [(each["paths"], {key: value for key, value in each.items() if key != "paths"})]
        ]

    def _refuse_duplicates(self, node: Node) -> None:
        if isinstance(node, YamlSequence):
            for item in node.items:
                self._refuse_duplicates(item)
        if not isinstance(node, Mapping):
            return
        seen: set[str] = set()
        for key, value in node.pairs:
            if not isinstance(key, Scalar):
                raise _wrong(self.source, key.start, "a key must be a word")
            if key.value in seen:
                raise _wrong(self.source, key.start, f"`{key.value}` is set twice")
            seen.add(key.value)
            self._refuse_duplicates(value)

    def _check(self, data: Any) -> None:
        import jsonschema

        validator = jsonschema.Draft202012Validator(schema())
        error = jsonschema.exceptions.best_match(validator.iter_errors(data))
        if error is None:
            return
        node = self._node(error.absolute_path)
        message = error.message if len(error.message) < 300 else f"{error.message[:300]}…"
        if error.validator == "additionalProperties" and isinstance(node, Mapping):
            allowed = error.schema.get("properties", {})
            unknown = next((key for key in node.keys() if key.value not in allowed), None)
            if unknown is not None:
                raise _wrong(
                    self.source, unknown.start, f"`{unknown.value}` is not a setting{_hint(unknown.value, allowed)}"
                )
        if error.validator == "enum" and isinstance(error.instance, str):
            meant = similar(error.instance, error.validator_value)
            message += f"; did you mean `{meant}`?" if meant else ""
        raise _wrong(self.source, node.start, message)

    def _node(self, path: Any) -> Node:
        node = self.root
        for step in path:
            if isinstance(node, Mapping):
                found = node.get(str(step))
                node = found if found is not None else node
            elif isinstance(node, YamlSequence):
                node = node.items[int(step)]
        return node

    def _rule(self, word: str) -> None:
        try:
            find(word)
        except UsageError as error:
            if some_are_missing():
                return
            for section in ("severity", "rules"):
                mapping = self.root.mapping(section) if isinstance(self.root, Mapping) else None
                pair = mapping.pair(word) if mapping else None
                if pair is not None:
                    raise _wrong(self.source, pair[0].start, str(error)) from None
            raise

    def _options(self, rules: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for word, given in rules.items():
            if some_are_missing() and not Settings.knows(word):
                continue
            known = find(word).load().options
            for name, value in given.items():
                node = self._node(("rules", word, name))
                if name not in known:
                    raise _wrong(self.source, node.start, f"`{name}` is not an option of {word}{_hint(name, known)}")
                if type(value) is not type(known[name]):
                    wanted = type(known[name]).__name__
                    raise _wrong(self.source, node.start, f"`{name}` of {word} must be of type {wanted}, not {value!r}")
        return rules


def _hint(word: str, known: Any) -> str:
    meant = similar(word, known)
    return f"; did you mean `{meant}`?" if meant else f"; valid names are {', '.join(sorted(known))}" if known else ""


def plain(node: Node) -> Any:
    """`node` as Python data: numbers with a point stay strings, so that version 1.30 is not 1.3."""
    if isinstance(node, Mapping):
        return {key.value: plain(value) for key, value in node.pairs if isinstance(key, Scalar)}
    if isinstance(node, YamlSequence):
        return [plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    if node.style is not None:
        return node.value
    if node.is_null:
        return None
    if node.value in ("true", "false"):
        return node.value == "true"
    number = whole_number(node.value)
    return node.value if number is None else number


def _severities(data: dict[str, Any]) -> dict[str, Severity]:
    return {rule: Severity(value) for rule, value in data.get("severity", {}).items()}


def _fact(key: str, value: Any) -> tuple[str, Any]:
    """A setting as one of `kpl.facts.Facts`."""
    if key in ("kubernetes", "coredns", "kernel"):
        value = Version(str(value))
    elif isinstance(value, list):
        value = frozenset(value)
    return _FACT_NAMES.get(key, key), value


_FACT_NAMES = {
    "domain": "cluster_domain",
    "node-local-dns": "node_local_dns",
    "coredns-plugins": "external_plugins",
    "coredns-files": "assumed_files",
    "coredns-environment": "environment",
}

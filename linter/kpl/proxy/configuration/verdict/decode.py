"""A JSON value as the fields of a Go type, with the decoder's errors and what its strict mode complains about.

Source: sigs.k8s.io/json, internal/golang/encoding/json/decode.go (a copy of Go's encoding/json that tells names by
case), and the UnmarshalJSON methods of metav1.Duration, TimeOrMetaDuration (component-base/logs/api/v1/types.go) and
resource.Quantity.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from kpl.golang.strconv import parse_int, parse_uint
from kpl.golang.values import GoError, parse_duration, quote
from kpl.proxy.configuration.verdict.quantity import quantity_value
from kpl.proxy.configuration.verdict.schema import GoType
from kpl.proxy.configuration.verdict.values import JSON_TYPES, Number, Object, Value
from kpl.text.span import Span


class DecodeError(Exception):
    """What the decoder says of a file, and of which place; `typed` tells that a value does not fit its field."""

    def __init__(self, message: str, span: Span, *, typed: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.typed = typed


class Dropped(NamedTuple):
    """A field that the lenient decoder drops: unknown here, misspelt, or given again later.

    `path` leads to it (``iptables.syncPeriod``), `span` is its key, `message` the strict decoder's.
    """

    path: str
    span: Span
    message: str


class FieldSpans(NamedTuple):
    """Where a field stands: its key, and its value."""

    key: Span
    value: Span


FieldValue = bool | int | float | str | list[str] | dict[str, bool]


class Decoded:
    """The fields that a file sets, by path (``iptables.syncPeriod``), and where they stand.

    A duration is in nanoseconds. A field that is not set, or set to null, is not there; ``logging.vmodule`` is the
    number of its items.
    """

    def __init__(self) -> None:
        self.fields: dict[str, FieldValue] = {}
        self.places: dict[str, FieldSpans] = {}
        self.dropped: list[Dropped] = []

    def text(self, path: str) -> str:
        """The string at `path`."""
        field = self.fields.get(path, "")
        assert isinstance(field, str)
        return field

    def number(self, path: str) -> int | None:
        """The integer or the nanoseconds at `path`."""
        field = self.fields.get(path)
        assert field is None or isinstance(field, int)
        return field

    def strings(self, path: str) -> list[str]:
        """The list at `path`."""
        field = self.fields.get(path, [])
        assert isinstance(field, list)
        return field

    def switches(self, path: str) -> dict[str, bool]:
        """The map at `path`."""
        field = self.fields.get(path, {})
        assert isinstance(field, dict)
        return field


def decode(
    value: Value,
    type_: GoType,
    *,
    embedded_names: bool = True,
    strict_paths: bool = True,
    null_strings: bool = False,
    saturates: bool = False,
) -> Decoded:
    """The fields of `value`, an object of `type_`. Raises DecodeError.

    `embedded_names`: error messages name the structs that others embed, too. `strict_paths`: the strict decoder tells
    the path of a field instead of its name. `null_strings`: null empties a string that was set before.
    `saturates`: as in `quantity_value`.
    """
    decoder = _Decoder(embedded_names, strict_paths, null_strings, saturates)
    decoder.decode(value, type_, _At("", "", "", ""))
    if decoder.error is not None:
        raise decoder.error
    return decoder.decoded


class _At(NamedTuple):
    """Where the decoder is: the path, the struct and the fields of the error messages, the strict decoder's path."""

    path: str
    struct: str
    fields: str
    strict: str

    def inside(self, struct_name: str, name: str, embedded: str) -> _At:
        fields = f"{embedded}.{name}" if embedded else name
        return _At(
            f"{self.path}.{name}" if self.path else name,
            struct_name,
            f"{self.fields}.{fields}" if self.fields else fields,
            f"{self.strict}.{name}" if self.strict else name,
        )

    def item(self, number: int) -> _At:
        return self._replace(path=f"{self.path}[{number}]", strict=f"{self.strict}[{number}]")


class _Decoder:
    def __init__(self, embedded_names: bool, strict_paths: bool, null_strings: bool, saturates: bool) -> None:
        self.decoded = Decoded()
        self.error: DecodeError | None = None
        self._embedded_names = embedded_names
        self._strict_paths = strict_paths
        self._null_strings = null_strings
        self._saturates = saturates

    def decode(self, value: Value, type_: GoType, at: _At) -> None:
        kind, fields = type_.kind, self.decoded.fields
        if value.data is None and (type_.pointer or kind in ("list", "map")):
            self._clear(type_, at)
        elif kind == "duration":
            fields[at.path] = self._duration(value, at)
        elif kind == "log duration":
            self._log_duration(value, at)
        elif kind == "quantity":
            self._quantity(value, at)
        elif value.data is None:
            if self._null_strings and kind == "string":
                fields.pop(at.path, None)
        elif kind == "struct":
            self._struct(value, type_, at)
        elif kind == "map":
            self._map(value, type_, at)
        elif kind == "list":
            self._list(value, type_, at)
        else:
            self._plain(value, type_, at)

    def _type_error(self, value: Value, type_name: str, at: _At, *, shown: bool = False) -> DecodeError:
        data = value.data
        what = f"number {data}" if shown else JSON_TYPES[type(data)]
        into = f"Go struct field {at.struct}.{at.fields}" if at.fields else "Go value"
        return DecodeError(f"json: cannot unmarshal {what} into {into} of type {type_name}", value.span, typed=True)

    def _save(self, error: DecodeError) -> None:
        if self.error is None:
            self.error = error

    def _plain(self, value: Value, type_: GoType, at: _At) -> None:
        data, kind = value.data, type_.kind
        if isinstance(data, Number) and kind in ("int32", "uint32", "float32"):
            number = _float32(data) if kind == "float32" else _integer(data, kind == "int32")
            if number is not None:
                self.decoded.fields[at.path] = number
            else:
                self._save(self._type_error(value, type_.name, at, shown=True))
        elif (kind == "bool" and isinstance(data, bool)) or (
            kind == "string" and isinstance(data, str) and not isinstance(data, Number)
        ):
            self.decoded.fields[at.path] = data
        else:
            self._save(self._type_error(value, type_.name, at))

    def _duration(self, value: Value, at: _At) -> int:
        """metav1.Duration; null is the empty string there. Its errors end the decoding."""
        text = value.data if value.data is not None else ""
        if not isinstance(text, str) or isinstance(text, Number):
            raise self._type_error(value, "string", at)
        try:
            return parse_duration(text)
        except GoError as error:
            raise DecodeError(str(error), value.span, typed=True) from None

    def _log_duration(self, value: Value, at: _At) -> None:
        """TimeOrMetaDuration: as metav1.Duration, or nanoseconds."""
        data = value.data
        if isinstance(data, str) and not isinstance(data, Number):
            self.decoded.fields[at.path] = self._duration(value, at)
            self.decoded.fields[f"{at.path} as text"] = True
            return
        self.decoded.fields.pop(f"{at.path} as text", None)
        if data is None:
            return
        number = _integer(data, True, 64) if isinstance(data, Number) else None
        if number is None:
            what = f"number {data}" if isinstance(data, Number) else JSON_TYPES[type(data)]
            why = f"json: cannot unmarshal {what} into Go value of type time.Duration"
            raise DecodeError(f"invalid duration {quote(value.source())}: {why}", value.span, typed=True)
        self.decoded.fields[at.path] = number

    def _quantity(self, value: Value, at: _At) -> None:
        if value.data is None:
            self.decoded.fields.pop(at.path, None)
            return
        text = value.source()
        if len(text) >= 2 and text[0] == text[-1] == '"':
            text = text[1:-1]
        try:
            self.decoded.fields[at.path] = quantity_value(text.strip(), saturates=self._saturates)
        except GoError as error:
            raise DecodeError(str(error), value.span, typed=True) from None

    def _complain(self, what: str, path: str, name: str, at: _At, span: Span) -> None:
        shown = f"{at.strict}.{name}" if at.strict and self._strict_paths else name
        self.decoded.dropped.append(Dropped(path, span, f"{what} {quote(shown)}"))

    def _struct(self, value: Value, type_: GoType, at: _At) -> None:
        if not isinstance(value.data, Object):
            self._save(self._type_error(value, type_.name, at))
            return
        struct_name = type_.name.rpartition(".")[2]
        embedded = type_.embedded if self._embedded_names else ""
        seen: dict[str, Span] = {}
        for member in value.data:
            inner = at.inside(struct_name, member.key, embedded)
            field = type_.fields.get(member.key)
            if field is None:
                self._complain("unknown field", inner.path, member.key, at, member.span)
                continue
            if member.key in seen:
                self._complain("duplicate field", inner.path, member.key, at, seen[member.key])
            seen[member.key] = member.span
            self.decoded.places[inner.path] = FieldSpans(member.span, member.value.span)
            self.decode(member.value, field, inner)

    def _map(self, value: Value, type_: GoType, at: _At) -> None:
        if not isinstance(value.data, Object):
            self._save(self._type_error(value, type_.name, at))
            return
        switches = self.decoded.fields.setdefault(at.path, {})
        assert isinstance(switches, dict)
        assert type_.item is not None
        seen: dict[str, Span] = {}
        for member in value.data:
            inner = at.inside("", member.key, "")
            if member.key in seen:
                self._complain("duplicate field", inner.path, member.key, at, seen[member.key])
            seen[member.key] = member.span
            self.decoded.places[inner.path] = FieldSpans(member.span, member.value.span)
            data = member.value.data
            if data is not None and not isinstance(data, bool):
                self._save(self._type_error(member.value, type_.item.name, at))
            switches[member.key] = data is True

    def _list(self, value: Value, type_: GoType, at: _At) -> None:
        items = value.data
        if not isinstance(items, list) or isinstance(items, Object):
            self._save(self._type_error(value, type_.name, at))
            return
        assert type_.item is not None
        before = self.decoded.fields.get(at.path)
        strings = before[: len(items)] if isinstance(before, list) and not self._null_strings else []
        for number, item in enumerate(items):
            inner = at.item(number)
            self.decoded.places[inner.path] = FieldSpans(item.span, item.span)
            if type_.item.kind == "struct":
                self.decode(item, type_.item, inner)
            elif isinstance(item.data, str) and not isinstance(item.data, Number):
                strings[number : number + 1] = [item.data]
            else:
                strings[len(strings) :] = [""] * (number >= len(strings))
                if item.data is not None:
                    self._save(self._type_error(item, type_.item.name, inner))
        self.decoded.fields[at.path] = len(items) if type_.item.kind == "struct" else strings

    def _clear(self, type_: GoType, at: _At) -> None:
        """Set to null what may be null."""
        before = self.decoded.fields.pop(at.path, None)
        if type_.item is not None and isinstance(before, int):
            for number in range(before):
                for name in type_.item.fields:
                    self.decoded.fields.pop(f"{at.path}[{number}].{name}", None)


def _integer(text: str, signed: bool, bits: int = 32) -> int | None:
    try:
        return (parse_int if signed else parse_uint)(text, 10, bits)
    except GoError:
        return None


def _float32(text: str) -> float | None:
    number = float(text)
    try:
        struct.pack("<f", number)
    except OverflowError:
        return None
    return None if number in (float("inf"), float("-inf")) else number

"""A file as a KubeProxyConfiguration: YAML or JSON, of which API version, with which fields.

Source: cmd/kube-proxy/app/options.go (loadConfig) and apimachinery, pkg/runtime/serializer/json/json.go and meta.go,
pkg/runtime/scheme.go.
"""

from __future__ import annotations

from typing import NamedTuple

from kpl.golang.goyaml.characters import GoYamlError
from kpl.golang.values import quote
from kpl.inputs.objects.kubeproxy import GROUP, KIND
from kpl.proxy.configuration.verdict.decode import Decoded, DecodeError, Dropped, decode
from kpl.proxy.configuration.verdict.json_text import JsonSyntaxError, is_json_file, parse_json
from kpl.proxy.configuration.verdict.schema import configuration_type
from kpl.proxy.configuration.verdict.values import JSON_TYPES, Number, Object, Value
from kpl.proxy.configuration.verdict.yaml_values import JsonError, RepeatedKey, yaml_document
from kpl.text.span import Span
from kpl.text.version import Version

_META = r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'
_META_FIELDS = ("apiVersion", "kind")
_UNFOLDED = str.maketrans("\u017f\u212a", "sk")
_LOWER_CASE_SINCE = Version("1.31")
_PATHS_SINCE = Version("1.24")
_OWN_JSON_SINCE = Version("1.23")
"""Before, github.com/json-iterator/go read JSON."""
_EMBEDDED_NAMES_SINCE = Version("1.35")
_GO_1_27_SINCE = Version("1.38")
_SATURATES_SINCE = Version("1.38")
_SCHEME_LINES = ((Version("1.38"), 110), (Version("1.35"), 111), (Version("1.33"), 110), (Version("0"), 100))


class Loaded(NamedTuple):
    """A decoded file; `internal` tells the API version that is not for files, of which nothing is read."""

    decoded: Decoded
    internal: bool = False


def load(text: str, kubernetes: Version) -> Loaded:
    """What kube-proxy of this release decodes. Raises DecodeError, and TooBigError."""
    repeated: list[RepeatedKey] = []
    try:
        if is_json_file(text):
            value = parse_json(text, go_1_27=kubernetes >= _GO_1_27_SINCE)
        else:
            first_word = "unsupported" if kubernetes >= _LOWER_CASE_SINCE else "Unsupported"
            value, repeated = yaml_document(text, first_word)
    except JsonSyntaxError as error:
        span = _at(text, error.offset)
        raise DecodeError(f"couldn't get version/kind; json parse error: {error.message}", span) from None
    except GoYamlError as error:
        raise DecodeError(f"yaml: {error.message}", _at(text, error.offset)) from None
    except JsonError as error:
        raise DecodeError(error.message, error.span) from None
    if _is_internal(value, text, kubernetes):
        return Loaded(Decoded(), internal=True)
    decoded = decode(
        value,
        configuration_type(kubernetes),
        embedded_names=kubernetes >= _EMBEDDED_NAMES_SINCE,
        strict_paths=kubernetes >= _PATHS_SINCE,
        null_strings=kubernetes < _OWN_JSON_SINCE,
        saturates=kubernetes >= _SATURATES_SINCE,
    )
    decoded.dropped[:0] = [Dropped(*each) for each in repeated]
    return Loaded(decoded)


def _at(text: str, offset: int) -> Span:
    """The character at `offset`, or the last one of the text."""
    start = min(offset, max(len(text) - 1, 0))
    return Span(start, min(start + 1, len(text)))


def _is_internal(value: Value, text: str, kubernetes: Version) -> bool:
    """Whether the file is of the internal version; raises DecodeError for all but that and v1alpha1."""
    meta = _meta(value)
    whole = _at(text, value.span.start)
    version, version_span = meta["apiVersion"]
    kind, kind_span = meta["kind"]
    if version.count("/") > 1:
        raise DecodeError(f"unexpected GroupVersion string: {version}", version_span or whole)
    group, name = version.split("/") if "/" in version else ("", version)
    if not kind:
        raise DecodeError(f"Object 'Kind' is missing in '{text}'", kind_span or whole)
    if not name:
        raise DecodeError(f"Object 'apiVersion' is missing in '{text}'", version_span or whole)
    known = group == GROUP and kind == KIND
    if known and name in ("v1alpha1", "__internal"):
        return name == "__internal"
    line = next(line for since, line in _SCHEME_LINES if kubernetes >= since)
    scheme = f'in scheme "pkg/runtime/scheme.go:{line}"'
    span = version_span if kind == KIND else kind_span
    if name == "__internal":
        message = f"no kind {quote(kind)} is registered for the internal version of group {quote(group)} {scheme}"
    else:
        message = f"no kind {quote(kind)} is registered for version {quote(version.removeprefix('/'))} {scheme}"
    raise DecodeError(message, span or whole)


def _meta(value: Value) -> dict[str, tuple[str, Span | None]]:
    """API version and kind, whose keys may be written in any case. (SimpleMetaFactory.Interpret)"""
    data = value.data
    found: dict[str, tuple[str, Span | None]] = dict.fromkeys(_META_FIELDS, ("", None))
    if data is None:
        return found
    start = "couldn't get version/kind; json parse error: json: cannot unmarshal"
    if not isinstance(data, Object):
        raise DecodeError(f"{start} {JSON_TYPES[type(data)]} into Go value of type {_META}", value.span)
    wrong: DecodeError | None = None
    for member in data:
        name = _meta_field(member.key)
        read = member.value.data
        if name is None or read is None:
            continue
        if isinstance(read, str) and not isinstance(read, Number):
            found[name] = read, member.value.span
        elif wrong is None:
            what = JSON_TYPES[type(read)]
            wrong = DecodeError(f"{start} {what} into Go struct field .{name} of type string", member.value.span)
    if wrong is not None:
        raise wrong
    return found


def _meta_field(key: str) -> str | None:
    if key in _META_FIELDS:
        return key
    folded = key.translate(_UNFOLDED)
    if not folded.isascii():
        return None
    return next((name for name in _META_FIELDS if name.lower() == folded.lower()), None)

"""kube-proxy's verdict on the file that ``--config`` names.

Source: cmd/kube-proxy/app/server.go (NewProxyCommand) and options.go (Complete, Validate): the file is decoded, then
the feature gates are set, the logging is set up, and the values are validated; each step ends it.
"""

from __future__ import annotations

from kpl.inputs.objects.kubeproxy import MAX_KUBE_PROXY
from kpl.proxy.configuration.verdict.decode import Decoded, DecodeError, Dropped
from kpl.proxy.configuration.verdict.defaults import Configuration
from kpl.proxy.configuration.verdict.document import load
from kpl.proxy.configuration.verdict.errors import FieldError, aggregate
from kpl.proxy.configuration.verdict.gates import Switches
from kpl.proxy.configuration.verdict.logs import LOGGING_SINCE, NEGATIVE_FLUSH, logging_errors, panics
from kpl.proxy.configuration.verdict.validate import validation_errors
from kpl.proxy.configuration.verdict.values import TooBigError
from kpl.proxy.releases import nearest_kube_proxy
from kpl.text import late
from kpl.text.span import Span
from kpl.text.version import Version
from kpl.verdict import Need, Verdict

MAX_LENGTH = MAX_KUBE_PROXY
"""Characters of a file that is looked at."""

_MESSAGES_SINCE = Version("1.23")
_NIL_POINTER = "panic: runtime error: invalid memory address or nil pointer dereference"
_LINE = late.pattern(r"yaml: line ([0-9]+):")


def judge_kube_proxy(text: str, version: Version) -> Verdict:
    """Whether kube-proxy of this release loads a file, and, word for word, why it does not.

    `text` is all of the file: YAML, of which only the first document counts, or JSON. A release that is not
    known is judged as the nearest one. Before 1.23, Kubernetes read JSON with another library: what that says of
    a value of a wrong type is not known, and there is no message then.
    """
    kubernetes = nearest_kube_proxy(version)
    if len(text) > MAX_LENGTH:
        return Verdict("depends", "decode", needs=(Need("size", f"more than {MAX_LENGTH:,} characters"),))
    try:
        loaded = load(text, kubernetes)
    except TooBigError as error:
        return Verdict("depends", "decode", needs=(Need("size", str(error)),))
    except DecodeError as error:
        return _undecodable(error, kubernetes)
    switches = Switches(kubernetes.minor)
    config = Configuration(loaded.decoded, kubernetes)
    problem = switches.set(loaded.decoded.switches("featureGates"), kubernetes)
    if problem:
        return Verdict("refuses", "featureGates", problem, _gate_span(loaded.decoded, problem))
    if kubernetes >= LOGGING_SINCE:
        errors = logging_errors(config, switches, kubernetes, loaded.internal)
        if errors:
            return _refusal("logging", errors, loaded.decoded)
        if panics(config):
            return _refusal("logging", [FieldError(NEGATIVE_FLUSH, "logging.flushFrequency")], loaded.decoded)
    if loaded.internal:
        return Verdict("refuses", "validate", _NIL_POINTER)
    errors = validation_errors(config, switches, kubernetes)
    return _refusal("validate", errors, loaded.decoded) if errors else Verdict("loads")


def dropped_fields(text: str, version: Version) -> tuple[Dropped, ...]:
    """The fields of a file that kube-proxy decodes without looking at them; nothing for a file that it cannot decode.

    A repeated field stands for the one that does not count. What the strict decoder of this release says of each of
    them is a line in kube-proxy's log, no error.
    """
    if len(text) > MAX_LENGTH:
        return ()
    try:
        return tuple(load(text, nearest_kube_proxy(version)).decoded.dropped)
    except (DecodeError, TooBigError):
        return ()


def _undecodable(error: DecodeError, kubernetes: Version) -> Verdict:
    message: str | None = f"failed to decode: {error.message}"
    if kubernetes < _MESSAGES_SINCE and error.typed:
        message = None
    found = _LINE.match(error.message)
    return Verdict("refuses", "decode", message, error.span, int(found[1]) if found is not None else None)


def _refusal(phase: str, errors: list[FieldError], decoded: Decoded) -> Verdict:
    message = aggregate(error.message for error in errors)
    return Verdict("refuses", phase, message, _span(decoded, errors[0].path))


def _span(decoded: Decoded, path: str) -> Span | None:
    """The value at `path`; where that is not set, the key of the section that it belongs to."""
    place = decoded.places.get(path)
    if place is not None:
        return place.value
    while path:
        path = path.rpartition(".")[0]
        place = decoded.places.get(path)
        if place is not None:
            return place.key
    return None


def _gate_span(decoded: Decoded, problem: str) -> Span | None:
    names = (name for name in sorted(decoded.switches("featureGates")) if f" {name}" in problem)
    name = next(names, None)
    place = decoded.places.get(f"featureGates.{name}") or decoded.places.get("featureGates")
    return place.value if place is not None and name is None else place.key if place is not None else None

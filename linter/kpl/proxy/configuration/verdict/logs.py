"""What kube-proxy says of the section ``logging``, before it looks at the rest.

Source: component-base/logs/api/v1/options.go (Validate, validateAndApply) and logs/json/register. kube-proxy overwrites
``splitStream`` of the file with its flags. (cmd/kube-proxy/app/options.go, copyLogsFromFlags)
"""

from __future__ import annotations

from kpl.golang.values import quote
from kpl.proxy.configuration.verdict.defaults import Configuration
from kpl.proxy.configuration.verdict.errors import FieldError, invalid, shown_duration, shown_unsigned
from kpl.proxy.configuration.verdict.gates import Switches
from kpl.text.version import Version

LOGGING_SINCE = Version("1.28")
_FLUSH_CHECKED_SINCE = Version("1.35")
_MOST = 2**31 - 1
_FLUSH, _VERBOSITY = "logging.flushFrequency", "logging.verbosity"
NEGATIVE_FLUSH = "panic: non-positive interval for NewTicker"


def logging_errors(config: Configuration, switches: Switches, kubernetes: Version, internal: bool) -> list[FieldError]:
    """The messages, in their order; of a file of the internal version, which gets no defaults, with `internal`."""
    errors: list[FieldError] = []
    decoded = config.decoded
    flush = 0 if internal else config.duration("logging.flushFrequency")
    if kubernetes >= _FLUSH_CHECKED_SINCE and flush <= 0:
        as_text = f"{_FLUSH} as text" in decoded.fields
        shown = shown_duration(flush, kubernetes) if as_text else str(flush)
        errors.append(invalid(_FLUSH, shown, "Must be greater than zero", _FLUSH))
    format_ = decoded.text("logging.format") or ("" if internal else "text")
    if format_ == "json" and not switches.enabled("LoggingBetaOptions"):
        disabled = "Log format json is disabled, see LoggingBetaOptions feature"
        errors.append(FieldError(f"logging.format: Forbidden: {disabled}", "logging.format"))
    if format_ not in ("text", "json"):
        errors.append(invalid("logging.format", quote(format_), "Unsupported log format", "logging.format"))
    verbosity = decoded.number("logging.verbosity") or 0
    too_high = f"Must be <= {_MOST}"
    if verbosity > _MOST:
        errors.append(invalid(_VERBOSITY, shown_unsigned(verbosity, kubernetes), too_high, _VERBOSITY))
    items = decoded.number("logging.vmodule") or 0
    if items and format_ not in ("", "text"):
        errors.append(FieldError("logging.vmodule: Forbidden: Only supported for text log format", "logging.vmodule"))
    for number in range(items):
        name = f"logging.vmodule[{number}]"
        pattern = decoded.text(f"{name}.filePattern")
        level = decoded.number(f"{name}.verbosity") or 0
        if not pattern:
            errors.append(FieldError(f"{name}: Required value: File pattern must not be empty", name))
        if "=" in pattern or "," in pattern:
            errors.append(invalid(name, quote(pattern), "File pattern must not contain equal sign or comma", name))
        if level > _MOST:
            errors.append(invalid(name, shown_unsigned(level, kubernetes), too_high, name))
    for path in ("logging.options.text.infoBufferSize", "logging.options.json.infoBufferSize"):
        if decoded.number(path) and not switches.enabled("LoggingAlphaOptions"):
            errors.append(FieldError(f"{path}: Forbidden: Feature LoggingAlphaOptions is disabled", path))
    return errors


def panics(config: Configuration) -> bool:
    """Whether the flush daemon of the releases that do not check its interval ends kube-proxy."""
    return config.duration(_FLUSH) < 0

"""``dnsConfig.options``: which ones there are, who reads them, and what is wrong with those of a pod.

- https://man7.org/linux/man-pages/man5/resolv.conf.5.html
- https://git.musl-libc.org/cgit/musl/tree/src/network/resolvconf.c
- https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/network/dns/dns.go (``mergeDNSOptions``)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Edit, Fix
from kpl.corefiles import is_placeholder
from kpl.edits import quote_scalar, remove_entry, remove_item, replace_item, set_scalar
from kpl.manifests import Mapping, Scalar, Sequence, Workload
from kpl.poddns import (
    CLUSTER_POLICIES,
    GLIBC_OPTIONS,
    MAX_NDOTS,
    NUMBER_OPTIONS,
    OTHER_OPTIONS,
    dns_policy_of,
    nearest_option,
)
from kpl.words import closest, whole_number
from kpl_rules.resolver._faults import Fault, misspelt_keys

_SPLIT = re.compile(r"([A-Za-z][\w-]*)[:= ]\s*([0-9]+)")
_NOT_A_STRING = re.compile(
    r"(?i)[-+]?(?:\d[\d_]*|0x[\da-f]+|0o[0-7]+|\d+\.\d*|\.\d+)(?:e[-+]?\d+)?|true|false|yes|no|on|off"
)


def option_faults(workload: Workload) -> Iterator[Fault]:
    """What is wrong with the options of a pod."""
    config = workload.dns_config
    seen: dict[str, Mapping] = {}
    for item in config.items("options") if config is not None else ():
        if isinstance(item, Mapping):
            yield from _entry(workload, item, seen)
        elif isinstance(item, Scalar) and not is_placeholder(item.value):
            yield Fault(
                item.span,
                f"the option `{item.value}` is not a mapping with `name` and `value`, so Kubernetes refuses the object",
                'Write it as `- name: ndots` with `value: "2"` below.',
                _as_entry(workload.text, item, item.value),
            )


def _entry(workload: Workload, item: Mapping, seen: dict[str, Mapping]) -> Iterator[Fault]:
    name, value = item.scalar("name"), item.scalar("value")
    if name is None:
        yield from _nameless(workload, item)
        return
    yield from misspelt_keys(workload.text, item, ("name", "value"), "an option")
    if is_placeholder(name.value) or value is not None and is_placeholder(value.value):
        return
    if name.value in seen:
        fix = remove_option(workload, seen[name.value])
        yield Fault(
            name.span,
            f"`{name.value}` occurs twice, so only the last one reaches the pod's resolv.conf",
            f"Keep only one `{name.value}`.",
            Fix(f"Remove the overridden `{name.value}`", (fix,)) if fix else None,
            refused=False,
            is_written=False,
        )
    seen[name.value] = item
    if value is not None and _is_no_string(value):
        useless = name.value in NUMBER_OPTIONS and whole_number(value.value) is None
        edit = None if useless else quote_scalar(workload.text, value)
        kind = "boolean" if value.value.isalpha() else "number"
        yield Fault(
            value.span,
            f"`{name.value}` has the {kind} `{value.value}`; Kubernetes accepts only a string",
            f'Quote the value: `value: "{value.value}"`.',
            Fix("Quote the value", (edit,)) if edit else None,
        )
    yield from _name(workload, item, name, value)
    if name.value in NUMBER_OPTIONS and not any(key.value != "name" and key.value != "value" for key in item.keys()):
        yield from _number(name, value)


def _nameless(workload: Workload, item: Mapping) -> Iterator[Fault]:
    keys = list(item.keys())
    if any(is_placeholder(key.value) or key.value == "<<" or key.value.startswith("$") for key in keys):
        return
    only = keys[0].value if len(keys) == 1 else ""
    number = item.scalar(only) if only in GLIBC_OPTIONS else None
    fix = None
    if number is not None and not is_placeholder(number.value):
        fix = _as_entry(workload.text, item, f"{only}:{number.value}")
    else:
        wrong = next((key for key in keys if key.value != "name" and closest(key.value, ("name",))), None)
        edit = set_scalar(workload.text, wrong, "name") if wrong is not None and item.pair("name") is None else None
        fix = Fix("Rename the key to `name`", (edit,)) if edit else None
    where = keys[0].span if keys else item.span
    yield Fault(
        where,
        "this option has no `name`, so Kubernetes refuses the object",
        'Write `name: ndots` and `value: "2"`.',
        fix,
        is_written=False,
    )


def _name(workload: Workload, item: Mapping, name: Scalar, value: Scalar | None) -> Iterator[Fault]:
    if name.value in GLIBC_OPTIONS or name.value in OTHER_OPTIONS:
        return
    split = _SPLIT.fullmatch(name.value)
    if split is not None and split.group(1) in GLIBC_OPTIONS:
        if ":" in name.value and (split.group(1) != "ndots" or dns_policy_of(workload) not in CLUSTER_POLICIES):
            return  # comes out right in resolv.conf, by luck
        fix = _as_entry(workload.text, item, name.value) if value is None and len(item.pairs) == 1 else None
        message = f"`{name.value}` is not the name of an option, so neither glibc nor musl reads it"
        if ":" in name.value:
            message = (
                f"the kubelet does not recognize `{name.value}` as `ndots`, so resolv.conf has both `{name.value}` and "
                "`ndots:5`, in either order"
            )
        yield Fault(
            name.span,
            message,
            f'Split it into `name: {split.group(1)}` and `value: "{split.group(2)}"`.',
            fix,
            refused=False,
        )
        return
    near = nearest_option(name.value)
    edit = set_scalar(workload.text, name, near) if near else None
    yield Fault(
        name.span,
        f"neither glibc nor musl knows the option `{name.value}`, so it has no effect",
        f"Replace it with `{near}`." if near else "Use one of the options in resolv.conf(5).",
        Fix(f"Rename the option to `{near}`", (edit,)) if edit else None,
        refused=False,
    )


def _number(name: Scalar, value: Scalar | None) -> Iterator[Fault]:
    if value is None or not value.value.strip():
        yield Fault(
            name.span,
            f"`{name.value}` has no number in the pod's resolv.conf, so the resolver uses its own default",
            f'Add `value: "..."` below `name: {name.value}`.',
            refused=False,
            is_written=False,
        )
    elif (number := whole_number(value.value)) is None and not _is_no_string(value):
        yield Fault(
            value.span,
            f"`{value.value}` is not a whole number, but Kubernetes passes it unchecked to the pod's resolver as `{name.value}`",
            "Set `value` to a whole number in quotes.",
            refused=False,
        )
    elif name.value == "ndots" and number is not None and number > MAX_NDOTS:
        yield Fault(
            value.span,
            f"`ndots` is {value.value}, which is above the maximum, so resolvers use {MAX_NDOTS}",
            f'Set `value` to `"{MAX_NDOTS}"` or less (the kubelet writes 5 by default).',
            refused=False,
        )


def _is_no_string(value: Scalar) -> bool:
    return value.style is None and value.tag is None and _NOT_A_STRING.fullmatch(value.value) is not None


def _as_entry(text: str, node: Mapping | Scalar, written: str) -> Fix | None:
    """`written`, like ``ndots:2``, in place of `node` as an entry with name and value."""
    split = _SPLIT.fullmatch(written)
    if split is None or split.group(1) not in GLIBC_OPTIONS:
        return None
    edit = replace_item(text, node, f"name: {split.group(1)}", f'value: "{split.group(2)}"')
    return Fix(f"Write `{split.group(1)}` as `name` and `value`", (edit,)) if edit else None


def remove_option(workload: Workload, item: Mapping) -> Edit | None:
    """Take an entry out of ``dnsConfig.options``, and what is empty without it; None where whole lines do not do it."""
    text, config = workload.text, workload.dns_config
    found = config.pair("options") if config is not None else None
    if (
        config is None
        or found is None
        or not isinstance(found[1], Sequence)
        or found[1].flow
        or found[1].shared
        or item.shared
    ):
        return None
    if len(found[1].items) == 1:
        owner = workload.pod.pair("dnsConfig") if len(config.pairs) == 1 else None
        return remove_entry(text, workload.pod, owner[0]) if owner else remove_entry(text, config, found[0])
    return remove_item(text, found[1], item)

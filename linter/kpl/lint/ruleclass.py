"""What a rule class must have to be run. It is checked when the class is loaded, so that a slip is told where it was made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import Enum

from kpl.lint.rule import SYMPTOMS, Confidence, Example, LateExamples, Profile, Rule, Severity, Stop
from kpl.text import late

CODE = late.pattern(r"[A-Z]+[0-9]+")
NAME = late.pattern(r"[a-z0-9]+(-[a-z0-9]+)*")

MODELS = frozenset(
    """
    AccessRole Autoscaler CalicoSettings CiliumSettings ClusterSettings ConntrackDump CorednsChart Corefile DisruptionBudget
    EndpointSlice FlannelSettings IpsetDump IpvsConnections IpvsDump JvmOptions KubeadmCluster KubeadmNode KubeDnsConfig
    KubeletConfig KubeProxyConfig Listing MetallbSettings MetricRules Monitor NetworkPolicy NftRuleset NodeObject
    ParseFailure ResolvConf Route Ruleset Service ServiceCidr Workload
    """.split()
)
"""The types of models, by name: each is what one document holds."""
_GROUPS = frozenset(("CustomKey", "Dump"))
"""What a rule may need besides: see `Rule.needs`."""

_BESIDE = {
    "Cluster": (),
    "Suppression": (),
    "Document": ("Cluster",),
    "ServerBlock": ("Corefile", "Document", "Cluster"),
    "Directive": ("ServerBlock", "Corefile", "Document", "Cluster"),
}
"""What a rule may see, with the types of what it can ask for beside that."""

_OPTION_TYPES = (bool, int, str, list)
"""What a value in .kpl.yaml can be."""

_ENUMS: dict[str, type[Enum]] = {"severity": Severity, "stop": Stop, "confidence": Confidence, "profile": Profile}


def fault(rule: object) -> str | None:
    """What is wrong with the class `rule`, as the end of a sentence about it; None where all is there."""
    if not (isinstance(rule, type) and issubclass(rule, Rule)):
        return "is not a subclass of Rule"
    return _fault_of_words(rule) or _fault_of_check(rule) or _fault_of_data(rule)


def _fault_of_words(rule: type[Rule]) -> str | None:
    for attribute, pattern, sample in (("code", CODE, "ACME101"), ("name", NAME, "missing-cache")):
        value = getattr(rule, attribute, None)
        if not (isinstance(value, str) and pattern.fullmatch(value)):
            return f"has {_said(value)} as its `{attribute}`, which does not look like `{sample}`"
    if not rule.summary():
        return "has no docstring; the docstring is the page of the rule"
    for attribute in ("since", "needs", "clue", "home"):
        if not isinstance(getattr(rule, attribute, None), str):
            return f"has {_said(getattr(rule, attribute, None))} as its `{attribute}`, which is not text"
    for attribute, enum in _ENUMS.items():
        if not isinstance(getattr(rule, attribute, None), enum):
            return f"has {_said(getattr(rule, attribute, None))} as its `{attribute}`, which is not a {enum.__name__}"
    for attribute in ("in_templates", "about_calls"):
        if not isinstance(getattr(rule, attribute, None), bool):
            return f"has {_said(getattr(rule, attribute, None))} as its `{attribute}`, which is not True or False"
    if hasattr(rule, "default"):
        return "has `default`, which no rule has; `profile` says whether it runs by default"
    try:
        for each in rule.clue.split("\n"):
            re.compile(each)
    except re.error as error:
        return f"has {_said(rule.clue)} as its `clue`, which is not a regular expression ({error})"
    unknown = [word for word in rule.needs.replace("|", " ").split() if word not in MODELS | _GROUPS]
    return f"needs `{unknown[0]}`, which is not a type of model" if unknown else None


def _fault_of_check(rule: type[Rule]) -> str | None:
    code = getattr(getattr(rule, "check", None), "__code__", None)
    if code is None:
        return "has no method `check`"
    parameters = code.co_varnames[1 : code.co_argcount]
    seen = rule.wants()
    if not parameters or len(seen) != len(parameters):
        return "has a parameter of `check` without a type; the types select what the rule checks"
    if seen[0] not in MODELS and seen[0] not in _BESIDE:
        return f"checks `{seen[0]}`, which is not one of {', '.join(sorted({*MODELS, *_BESIDE}))}"
    beside = _BESIDE.get(seen[0], ("Document", "Cluster"))
    missing = [each for each in seen[1:] if each not in beside]
    if missing:
        there = f"only {', '.join(beside)}" if beside else "nothing"
        return f"takes `{missing[0]}` after `{seen[0]}`, but {there} can follow it"
    return None


def _fault_of_data(rule: type[Rule]) -> str | None:
    if not isinstance(rule.options, Mapping):
        return f"has {_said(rule.options)} as its `options`, which are not a mapping of names to defaults"
    for name, value in rule.options.items():
        if not isinstance(name, str) or type(value) not in _OPTION_TYPES:
            return (
                f"has {_said(value)} as the default of the option {_said(name)}, a type that .kpl.yaml does not support"
            )
    if isinstance(rule.symptoms, str) or not all(each in SYMPTOMS for each in rule.symptoms):
        return f"has {_said(rule.symptoms)} as its `symptoms`, which are not all of {', '.join(SYMPTOMS)}"
    if isinstance(rule.examples, LateExamples):
        return None
    if not isinstance(rule.examples, Sequence) or not all(isinstance(each, Example) for each in rule.examples):
        return "has `examples` that are not all Good or Bad"
    return None


def _said(value: object) -> str:
    return "nothing" if value is None else f"`{value!r}`"

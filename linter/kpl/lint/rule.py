"""What a rule is: one class in one file, with its documentation and its examples inside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, overload

from kpl.text.span import Span

if TYPE_CHECKING:
    from kpl.inputs.document import Document
    from kpl.text.edit import Fix


PAGES = "https://github.com/kplint/kpl/blob/main/docs/rules"
"""Where the pages of the built-in rules are."""

BUILTIN = "kpl_rules"
"""The package of the built-in rules."""

SYMPTOMS = {
    "slow-lookups": "DNS lookups are slow",
    "lookups-time-out": "DNS lookups take 5 seconds or time out",
    "names-do-not-resolve": "A name does not resolve",
    "coredns-does-not-start": "CoreDNS does not start",
    "coredns-is-killed": "CoreDNS is killed because it uses too much memory (OOM)",
    "lookups-fail-during-rollouts": "DNS lookups fail while CoreDNS is rolled out",
    "kube-proxy-does-not-start": "kube-proxy does not start",
    "nothing-programmed": "kube-proxy runs but programs no rules",
    "service-fails-from-one-node": "A Service times out or is refused from one node",
    "service-fails-from-outside": "A NodePort, a load balancer or a client outside the pod network receives no response",
    "some-connections-fail": "Some connections to a Service fail, and others succeed",
    "wrong-pods": "Connections to a Service reach the wrong pods",
    "uneven-load": "Some endpoints of a Service receive more traffic than others, or none",
    "client-address-lost": "Servers see the address of a node instead of the address of the client",
    "not-rejected": "Traffic that must be rejected reaches its destination",
    "slow-connections": "New connections are slow in a cluster with many Services",
    "packets-dropped": "A node drops packets of new connections",
    "setting-without-effect": "A setting has no effect",
}
"""What a user sees, by the word for it in `Rule.symptoms`."""

MOST_RELATED = 3
"""How many other places of a finding are shown."""


class Severity(Enum):
    """How bad a finding is."""

    ERROR = "error"
    """The configuration does not do what it says, or does not load."""
    WARNING = "warning"
    """It works, and costs latency, packets or an outage under conditions that do occur."""
    INFO = "info"
    """Worth knowing; leaving it as it is can be right."""

    @property
    def rank(self) -> int:
        """Higher is worse."""
        return {"error": 2, "warning": 1, "info": 0}[self.value]


class Confidence(Enum):
    """How sure a rule is that its finding applies here."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """Higher is surer."""
        return {"high": 2, "medium": 1, "low": 0}[self.value]


class Profile(Enum):
    """The smallest set of rules that a rule is in: each profile has the rules of those before it, too."""

    DEFAULT = "default"
    """Worth the attention of everybody; these rules run if nobody asks for others."""
    STRICT = "strict"
    """True as well, but it matters to few, or somebody must judge whether it matters here."""
    ALL = "all"
    """How a file reads, not what it does."""

    @property
    def rank(self) -> int:
        """Higher has more rules."""
        return {"default": 0, "strict": 1, "all": 2}[self.value]


class Stop(Enum):
    """The stop of a packet's journey that a rule is about. A plug-in may name its own: ``stop = Stop("the mesh")``."""

    LOADING = "loading"
    RESOLVER = "the pod's resolver"
    COREDNS = "CoreDNS"
    PROXY = "kube-proxy"
    DATAPLANE = "what kube-proxy programmed"
    SERVICES = "Services and their pods"

    @classmethod
    def _missing_(cls, value: object) -> Stop | None:
        if not isinstance(value, str) or not value:
            return None
        own = object.__new__(cls)
        own._name_ = own._value_ = value
        # the next one who names this stop gets the same one; iteration shows the built-in ones only
        cls._value2member_map_[value] = own
        return own


class Related(NamedTuple):
    """Another place that a finding speaks of, in the same document or in `document`."""

    span: Span
    message: str
    document: Document | None = None


class Finding(NamedTuple):
    """What a rule found: where, in one sentence what happens there, and what to write instead.

    Spans are offsets into the text of the document that the rule looked at, or of `document` where one is given.
    """

    rule: Rule
    span: Span
    message: str
    help: str = ""
    fix: Fix | None = None
    related: tuple[Related, ...] = ()
    severity: Severity | None = None
    document: Document | None = None
    confidence: Confidence | None = None
    """How sure this finding is, where that is not what the rule says of all of its findings."""
    in_templates: bool | None = None
    """Whether it holds in a template too, where that is not what the rule says of all of its findings."""


@dataclass(eq=False, repr=False)
class Example:
    """A small repository: path -> text, and the facts given on the command line."""

    files: Mapping[str, str]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(eq=False, repr=False)
class Bad(Example):
    """An example that the rule must flag: exactly the texts `flags`, in order.

    `fixed` is the text of the first file after the fix, and `also` has the texts of other files that the fix changes, by path.
    They must lint clean and stay as they are when they are fixed again. Without `fixed` no fix may be offered. `other` names
    rules that flag this example too, `says` is what messages and helps contain, and `severities` are those of the findings
    where they are not that of the rule.
    """

    flags: Sequence[str] = ()
    fixed: str | None = None
    safe: bool = True
    other: Sequence[str] = ()
    says: Sequence[str] = ()
    severities: Sequence[Severity] = ()
    also: Mapping[str, str] = field(default_factory=dict)


@dataclass(eq=False, repr=False)
class Good(Example):
    """An example that no rule may flag, but for those named in `other`."""

    other: Sequence[str] = ()


def corefile(text: str) -> dict[str, str]:
    """An example that is one Corefile."""
    return {"Corefile": text}


def manifest(text: str) -> dict[str, str]:
    """An example that is one YAML file."""
    return {"manifest.yaml": text}


def dump(text: str) -> dict[str, str]:
    """An example that is the output of iptables-save."""
    return {"node.iptables": text}


def files(**texts: str) -> dict[str, str]:
    """An example of several files: ``files(**{"a.yaml": "...", "Corefile": "..."})``; the first is the one that is fixed."""
    return texts


class LateExamples(Sequence[Example]):
    """Examples that are made when they are asked for, which a run of kpl never does: for those of thousands of lines."""

    def __init__(self, make: Callable[[], Sequence[Example]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Sequence[Example]:
        return self._make()

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | Sequence[Example]:
        return self._made[index]

    def __len__(self) -> int:
        return len(self._made)


class Rule:
    """The base of every rule.

    A rule says what it wants to see by the annotation of the first parameter of `check`: a `Corefile`, `ServerBlock`,
    `Directive`, `Workload`, `KubeProxyConfig`, `Ruleset`, `NftRuleset`, `IpvsDump`, `ConntrackDump`, `ResolvConf`,
    `ParseFailure`, any `Document`, or the whole `Cluster`.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    stop: ClassVar[Stop]
    severity: ClassVar[Severity]
    confidence: ClassVar[Confidence] = Confidence.HIGH
    since: ClassVar[str]
    profile: ClassVar[Profile] = Profile.DEFAULT
    """Which profile the rule is in; the page of a rule that is not in the default one says why."""
    needs: ClassVar[str] = ""
    """The type that must be among the inputs for the rule to find anything: without it, the rule is not even imported.

    ``Dump`` is any dump of what kube-proxy programmed, ``CustomKey`` a Corefile in a key of a ConfigMap that is there to be
    imported. Where there are several words, all are needed, of ``A|B`` one. A rule about the whole cluster or any `Document`
    that needs something has its findings there.
    """
    clue: ClassVar[str] = ""
    """A regular expression that matches in each text in which the rule finds something; on lines of their own, one of several.

    Where it does not match, the rule is not imported and no object is read for it. A Corefile is compared without its CRs.
    """
    in_templates: ClassVar[bool] = False
    """Whether the rule checks templates that do not parse before they are rendered.

    Of these, kpl reads what is outside of the branches of conditions. A finding holds there if it follows from the words at
    its place and its related places alone, whatever else the rendered text has or lacks.
    """
    about_calls: ClassVar[bool] = False
    """Whether the rule sees workloads and finds something only in those that may call a Service of the cluster by its name."""
    options: ClassVar[Mapping[str, Any]] = {}
    """The options with their defaults; an option has the type of its default."""
    examples: ClassVar[Sequence[Example]] = ()
    symptoms: ClassVar[Sequence[str]] = ()
    """What a user sees who has the fault, in words of `SYMPTOMS`: only what follows for certain."""
    home: ClassVar[str] = ""
    """The URL of the page of a plug-in's rule; the built-in ones have theirs in docs/rules."""

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        """`options` overrides the defaults."""
        self.option = {**self.options, **(options or {})}

    if TYPE_CHECKING:
        # each rule has its own parameter types; the engine reads them from the annotations
        check: Any

    def finding(
        self,
        span: Span,
        message: str,
        *,
        help: str = "",  # noqa: A002
        fix: Fix | None = None,
        related: Sequence[Related] = (),
        severity: Severity | None = None,
        document: Document | None = None,
        confidence: Confidence | None = None,
        in_templates: bool | None = None,
    ) -> Finding:
        """A finding of this rule; see `Finding`."""
        return Finding(self, span, message, help, fix, tuple(related), severity, document, confidence, in_templates)

    def finding_of_many(self, spans: Iterable[Span], message: str, also: str, **more: Any) -> Finding:
        """One finding for what stands at all of `spans`: at the first, with the next few as related places.

        `spans` may be lazy: no more are asked for. `also` says what the others are; `more` goes to `finding`.
        """
        first, *others = islice(spans, MOST_RELATED + 1)
        return self.finding(first, message, related=[Related(span, also) for span in others], **more)

    @classmethod
    @cache
    def url(cls) -> str:
        """The page of the rule; empty for a plug-in's rule that has no `home`."""
        builtin = cls.__module__.partition(".")[0] == BUILTIN
        return cls.home or (f"{PAGES}/{cls.code}.md" if builtin else "")

    @classmethod
    def summary(cls) -> str:
        """The first line of the documentation."""
        return cls.documentation().strip().split("\n", 1)[0]

    @classmethod
    def documentation(cls) -> str:
        """The docstring, or that of the nearest base that is a rule."""
        rules = cls.__mro__[: cls.__mro__.index(Rule)]
        return next((each.__doc__ for each in rules if each.__doc__), "")

    @classmethod
    def sees(cls) -> str:
        """The name of the type that `check` wants to see."""
        return cls.wants()[0]

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """What `wants` says of the class."""
        return self.wants()

    @classmethod
    def wants(cls) -> tuple[str, ...]:
        """The names of the types of all that `check` asks for."""
        annotations = {name: each for name, each in cls.check.__annotations__.items() if name != "return"}
        return tuple(each if isinstance(each, str) else getattr(each, "__name__", "") for each in annotations.values())


Findings = Iterator[Finding]

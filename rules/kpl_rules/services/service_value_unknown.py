"""KPL601."""

from __future__ import annotations

from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Stop, manifest
from kpl.edits import quote_scalar, set_scalar
from kpl.manifests import Scalar, Service
from kpl.words import closest, listed, whole_number

_VALUES = {
    "type": ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"),
    "externalTrafficPolicy": ("Cluster", "Local"),
    "internalTrafficPolicy": ("Cluster", "Local"),
    "sessionAffinity": ("ClientIP", "None"),
    "ipFamilyPolicy": ("PreferDualStack", "RequireDualStack", "SingleStack"),
}
_FAMILIES = ("IPv4", "IPv6")
_PROTOCOLS = ("SCTP", "TCP", "UDP")

_HEAD = "apiVersion: v1\nkind: Service\nmetadata:\n  name: cart\nspec:\n  selector: {app: cart}\n"
_PORTS = "  ports:\n    - port: 80\n      targetPort: 8080\n"


def _service(spec: str, ports: str = _PORTS) -> dict[str, str]:
    return manifest(_HEAD + spec + ports)


class ServiceValueUnknown(Rule):
    """A field of a Service has a value that Kubernetes does not know, so it refuses the Service.

    ## Why
    The API server compares these values with a fixed list, with upper and lower case: `local` is not `Local`. It refuses the
    Service, and so the old one stays as it is, or there is none and its name does not resolve. A port is a number, and a
    quoted `targetPort` is the name of a port, which needs a letter. The values of `selector` are strings: YAML reads `1.0` and
    `true` as a number and a boolean, which Kubernetes does not accept there.

    ## Fix
    kpl corrects the case and values with a typo, puts quotes around values of the selector, and removes them from ports.

    ## References
    - https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/
    - https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/apis/core/validation/validation.go (`validateService`)
    """

    code = "KPL601"
    name = "service-value-unknown"
    stop = Stop.SERVICES
    severity = Severity.ERROR
    since = "0.1.0"
    examples = [
        Bad(
            _service("  type: NodePort\n  externalTrafficPolicy: local\n"),
            flags=["local"],
            says=["`externalTrafficPolicy` is `local`", "accepts only `Cluster` and `Local`"],
            fixed=_HEAD + "  type: NodePort\n  externalTrafficPolicy: Local\n" + _PORTS,
        ),
        Bad(
            _service('  type: "Loadbalancer"\n'),
            flags=['"Loadbalancer"'],
            fixed=_HEAD + '  type: "LoadBalancer"\n' + _PORTS,
        ),
        Bad(
            _service("  internalTrafficPolicy: Locall\n  sessionAffinity: clientIP\n"),
            flags=["Locall", "clientIP"],
            fixed=_HEAD + "  internalTrafficPolicy: Local\n  sessionAffinity: ClientIP\n" + _PORTS,
        ),
        Bad(
            _service("  ipFamilyPolicy: DualStack\n"),
            flags=["DualStack"],
            says=["Set it to `PreferDualStack`, `RequireDualStack` or `SingleStack`"],
        ),
        Bad(
            _service("  ipFamilyPolicy: SingelStack\n  ipFamilies:\n    - ipv6\n"),
            flags=["SingelStack", "ipv6"],
            fixed=(_HEAD + "  ipFamilyPolicy: SingleStack\n  ipFamilies:\n    - IPv6\n" + _PORTS),
        ),
        Bad(_service("  type: Headless\n"), flags=["Headless"]),
        Bad(
            _service("", "  ports:\n    - port: 53\n      protocol: udp\n"),
            flags=["udp"],
            fixed=_HEAD + "  ports:\n    - port: 53\n      protocol: UDP\n",
        ),
        Bad(_service("", "  ports:\n    - port: 53\n      protocol: HTTP\n"), flags=["HTTP"]),
        # numbers and names
        Bad(
            _service("", '  ports:\n    - port: "80"\n      targetPort: "8080"\n'),
            flags=['"80"', '"8080"'],
            says=["`port` is a string", "`targetPort` is the name `8080`", "Remove the quotes"],
            fixed=_HEAD + "  ports:\n    - port: 80\n      targetPort: 8080\n",
        ),
        Bad(
            _service("", "  ports:\n    - port: 80\n      targetPort: metrics-of-the-cart\n"),
            flags=["metrics-of-the-cart"],
            says=["has 19 characters", "at most 15"],
        ),
        Bad(
            _service("", "  ports:\n    - port: 70000\n      targetPort: HTTP\n"),
            flags=["70000", "HTTP"],
            says=["from 1 to 65,535", "lowercase"],
        ),
        Bad(
            manifest(_HEAD.replace("{app: cart}", "{app: cart, version: 1.0, canary: true}") + _PORTS),
            flags=["1.0", "true"],
            says=["`1.0` is a number", "`true` is a boolean"],
            fixed=_HEAD.replace("{app: cart}", '{app: cart, version: "1.0", canary: "true"}') + _PORTS,
        ),
        Good(manifest(_HEAD.replace("{app: cart}", '{app: cart, version: "1.0", canary: v1, build: 1.0.3}') + _PORTS)),
        Good(_service("  type: LoadBalancer\n  externalTrafficPolicy: Local\n  internalTrafficPolicy: Cluster\n")),
        Good(_service("  sessionAffinity: None\n  ipFamilyPolicy: PreferDualStack\n  ipFamilies: [IPv4, IPv6]\n")),
        Good(_service("", "  ports:\n    - port: 65535\n      targetPort: metrics-of-cart\n      protocol: SCTP\n")),
        Good(_service("", "  ports:\n    - port: 1\n      targetPort: h2\n")),
        # placeholders
        Good(_service("  type: ${TYPE}\n", "  ports:\n    - port: ${PORT}\n      targetPort: $PORT\n")),
        Good(_service("  type: null\n")),
    ]

    def check(self, service: Service) -> Iterator[Finding]:
        """See the class."""
        spec = service.node.mapping("spec")
        if spec is None:
            return
        for field, values in _VALUES.items():
            yield from self._one_of(service, field, spec.scalar(field), values)
        for item in spec.items("ipFamilies"):
            if isinstance(item, Scalar):
                yield from self._one_of(service, "ipFamilies", item, _FAMILIES)
        for port in service.port_nodes:
            yield from self._one_of(service, "protocol", port.scalar("protocol"), _PROTOCOLS)
            for field in ("port", "nodePort"):
                yield from self._number(service, field, port.scalar(field))
            yield from self._target(service, port.scalar("targetPort"))
        for _, value in service.selector.pairs if service.selector is not None else ():
            if isinstance(value, Scalar):
                yield from self._label(service, value)

    def _one_of(self, service: Service, field: str, value: Scalar | None, values: tuple[str, ...]) -> Iterator[Finding]:
        if value is None or value.value in values or _is_open(value.value):
            return
        near = closest(value.value, values)
        meant = near[0] if near is not None else None
        edit = set_scalar(service.text, value, meant) if meant is not None else None
        choice = _or([f"`{each}`" for each in values])
        yield self.finding(
            value.span,
            f"`{field}` is `{value.value}`, but Kubernetes accepts only {listed([f'`{each}`' for each in values])}, so it "
            "refuses the Service",
            help=f"Set it to {f'`{meant}`' if meant else choice}.",
            fix=Fix(f"Set `{field}` to `{meant}`", (edit,)) if edit is not None else None,
        )

    def _number(self, service: Service, field: str, value: Scalar | None) -> Iterator[Finding]:
        if value is None or _is_open(value.value):
            return
        number = whole_number(value.value)
        if value.style in ('"', "'") and number is not None:
            yield self._quoted(service, value, f"`{field}` is a string, but Kubernetes accepts only a number there")
        elif number is None or not 1 <= number <= 65_535:
            if number == 0 and field == "nodePort":
                return
            yield self.finding(
                value.span,
                f"`{field}` is `{value.value}`, which is not a number from 1 to 65,535, so Kubernetes refuses the Service",
                help="Set the number of a port.",
            )

    def _target(self, service: Service, value: Scalar | None) -> Iterator[Finding]:
        if value is None or _is_open(value.value):
            return
        name = value.value
        number = whole_number(name)
        if value.style in ('"', "'") and number is not None:
            yield self._quoted(
                service, value, f"`targetPort` is the name `{name}`, and the name of a port has at least one letter"
            )
        elif number is not None:
            if not 0 <= number <= 65_535:
                yield from self._number(service, "targetPort", value)
        elif (problem := _problem_of(name)) is not None:
            yield self.finding(
                value.span,
                f"`targetPort` is the name `{name}`, which {problem}, so Kubernetes refuses the Service",
                help="Set the name of a port of the container, or its number.",
            )

    def _quoted(self, service: Service, value: Scalar, reason: str) -> Finding:
        fix = None
        if not value.shared and service.text[value.start : value.end].strip("'\"") == value.value:
            fix = Fix("Remove the quotes", (Edit(value.start, value.end, value.value),))
        return self.finding(value.span, f"{reason}, so it refuses the Service", help="Remove the quotes.", fix=fix)

    def _label(self, service: Service, value: Scalar) -> Iterator[Finding]:
        if value.style is not None or _is_open(value.value):
            return
        kind = (
            "boolean"
            if value.boolean() is not None and len(value.value) > 1
            else "number"
            if _is_number(value.value)
            else ""
        )
        if kind:
            edit = quote_scalar(service.text, value)
            yield self.finding(
                value.span,
                f"`{value.value}` is a {kind}, but the values of `selector` are strings, so Kubernetes refuses the Service",
                help="Put it in quotes.",
                fix=Fix("Put the value in quotes", (edit,)) if edit is not None else None,
            )


def _problem_of(name: str) -> str | None:
    """What is wrong with the name of a port (IsValidPortName of Kubernetes)."""
    if len(name) > 15:
        return f"has {len(name)} characters, but at most 15 are allowed"
    if any(each not in "abcdefghijklmnopqrstuvwxyz0123456789-" for each in name):
        return "has other characters than lowercase letters, digits and `-`"
    return None


def _is_number(word: str) -> bool:
    whole, _, rest = word.partition(".")
    return whole_number(whole) is not None and (not rest or whole_number(rest) is not None) and not word.endswith(".")


def _is_open(word: str) -> bool:
    return any(each in word for each in "{}$<>%@")


def _or(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"

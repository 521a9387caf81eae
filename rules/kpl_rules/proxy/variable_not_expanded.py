"""KPL323."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kpl import Bad, Edit, Finding, Fix, Good, Rule, Severity, Span, Stop, manifest
from kpl.kubeproxy import proxy_flags
from kpl.manifests import Scalar, Workload

_POD = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-proxy, namespace: kube-system}
spec:
  template:
    spec:
      hostNetwork: true
      containers:
      - name: kube-proxy
        image: registry.k8s.io/kube-proxy:v1.36.2
        securityContext: {privileged: true}
        command:
        - /usr/local/bin/kube-proxy
        - --config=/var/lib/kube-proxy/config.conf
        - --hostname-override=%s
"""
_ENV = """\
        env:
        - name: NODE_NAME
          valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
"""


class VariableNotExpanded(Rule):
    """Kubernetes does not replace this variable in an argument of kube-proxy, which gets the text as it is.

    ## Why
    In `command` and `args`, Kubernetes replaces only `$(NAME)`, and only if the container has the variable in `env`. It
    leaves `${NAME}`, `$NAME` and unknown names as they are, and no shell runs that could replace them. With
    `--hostname-override=${NODE_NAME}`, kube-proxy looks for a Node with that name and finds none: it does not know the
    addresses of its node, no endpoint is local, and Services with `externalTrafficPolicy: Local` drop all packets.

    The rule reports `${NAME}` only if the container has the variable, so that other tools that replace it, for example
    envsubst, are not meant. It is silent about `$(NAME)` if `envFrom` can have the variable.

    ## Fix
    kpl replaces `${NAME}` with `$(NAME)`, which is what Kubernetes replaces. This is safe, because the container has the
    variable.

    ## References
    - https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
    - https://github.com/kubernetes/kubeadm/issues/857
    """

    code = "KPL323"
    name = "variable-not-expanded"
    stop = Stop.PROXY
    severity = Severity.ERROR
    since = "0.1.0"
    needs = "Workload"
    clue = "kube-proxy"
    examples = [
        Bad(
            manifest(_POD % "${NODE_NAME}" + _ENV),
            flags=["${NODE_NAME}"],
            says=[
                "Kubernetes replaces only `$(NODE_NAME)`, so kube-proxy gets `${NODE_NAME}` as",
                "`--hostname-override`",
            ],
            fixed=_POD % "$(NODE_NAME)" + _ENV,
        ),
        Good(manifest(_POD % "$(NODE_NAME)" + _ENV)),
        Bad(manifest(_POD % "$NODE_NAME" + _ENV), flags=["$NODE_NAME"], fixed=_POD % "$(NODE_NAME)" + _ENV),
        # in two words
        Bad(
            manifest(_POD.replace("override=%s", 'override\n        - "${NODE_NAME}"') + _ENV),
            flags=["${NODE_NAME}"],
            fixed=_POD.replace("override=%s", 'override\n        - "$(NODE_NAME)"') + _ENV,
        ),
        # another variable: somebody else may replace it
        Good(manifest(_POD % "${HOSTNAME}" + _ENV)),
        Good(manifest(_POD % "${NODE_NAME}")),
        Good(manifest(_POD % "$$(NODE_NAME)" + _ENV)),
        # no such variable
        Bad(
            manifest(_POD % "$(NODE_NAME)"),
            flags=["$(NODE_NAME)"],
            says=["the container has no variable `NODE_NAME`", "Add `NODE_NAME`"],
        ),
        Bad(manifest(_POD % "$(NODENAME)" + _ENV), flags=["$(NODENAME)"]),
        Good(manifest(_POD % "$(NODE_NAME)" + "        envFrom: [{configMapRef: {name: node}}]\n")),
        # a patch: the variable is elsewhere
        Good(manifest((_POD % "$(NODE_NAME)").replace("        image: registry.k8s.io/kube-proxy:v1.36.2\n", ""))),
        # a shell replaces it
        Good(
            manifest(
                (_POD % "${NODE_NAME}" + _ENV)
                .replace(
                    "- /usr/local/bin/kube-proxy\n        - --config=/var/lib/kube-proxy/config.conf\n        - ",
                    "[sh, -c]\n        args:\n        - kube-proxy ",
                )
                .replace("command:\n        [", "command: [")
            )
        ),
    ]

    def check(self, workload: Workload) -> Iterator[Finding]:
        """See the class."""
        for container, flags in proxy_flags(workload):
            known = {str(each.name) for each in container.env}
            is_complete = not workload.partial and container.node.get("envFrom") is None
            for flag in flags:
                if flag.value is None:
                    continue
                for found in _VARIABLE.finditer(flag.value.value):
                    name = found[1] or found[2] or found[3]
                    if found[3] is None and name in known:
                        yield self._not_syntax(workload, flag.name, flag.value, found[0], name)
                    elif found[3] is not None and name not in known and is_complete:
                        yield self.finding(
                            _span(workload, flag.value, found[0]) or flag.value.span,
                            f"the container has no variable `{name}`, so kube-proxy gets `{found[0]}` as the value of "
                            f"`--{flag.name}`",
                            help=f"Add `{name}` to the `env` of the container.",
                        )

    def _not_syntax(self, workload: Workload, flag: str, value: Scalar, written: str, name: str) -> Finding:
        span = _span(workload, value, written)
        fix = None
        if span is not None:
            fix = Fix(f"Replace `{written}` with `$({name})`", (Edit(*span, f"$({name})"),))
        return self.finding(
            span or value.span,
            f"Kubernetes replaces only `$({name})`, so kube-proxy gets `{written}` as the value of `--{flag}`",
            help=f"Replace `{written}` with `$({name})`.",
            fix=fix,
        )


_VARIABLE = re.compile(r"(?<!\$)\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*)|\(([A-Za-z_]\w*)\))")


def _span(workload: Workload, value: Scalar, written: str) -> Span | None:
    """Where a variable is written, if it is written in one place of the value."""
    text = workload.text[slice(*value.span)]
    if text.count(written) != 1 or value.shared:
        return None
    start = value.start + text.index(written)
    return Span(start, start + len(written))

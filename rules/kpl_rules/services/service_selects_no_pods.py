"""KPL603."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kpl import Bad, Cluster, Confidence, Document, Finding, Fix, Good, Related, Rule, Severity, Stop, files
from kpl.edits import set_scalar
from kpl.manifests import Mapping, Scalar, Service, Workload
from kpl.poddns import is_complete
from kpl.words import closest

_SET_BY_CONTROLLERS = re.compile(
    r"pod-template-hash|controller-revision-hash|pod-name$|pod-index$|job-name$|controller-uid$|completion-index$|role$|"
    r"primary|master|leader"
)
_KINDS = ("DaemonSet", "Deployment", "Pod", "ReplicaSet", "ReplicationController", "StatefulSet")

_SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: cart
  namespace: shop
spec:
  selector:
    app: cart
  ports:
    - port: 80
      targetPort: 8080
"""
_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: shop
spec:
  selector:
    matchLabels:
      app: cart
  template:
    metadata:
      labels:
        app: cart
        tier: shop
    spec:
      containers:
        - name: cart
          image: registry.example/cart:1.2.0
          ports:
            - containerPort: 8080
"""


def _of(service: str, *others: str) -> dict[str, str]:
    return files(**{"service.yaml": service, "pods.yaml": "---\n".join(others or (_DEPLOYMENT,))})


def _selector(selector: str, name: str = "cart") -> str:
    return _SERVICE.replace("    app: cart\n", f"    {selector}\n").replace("name: cart", f"name: {name}")


_OTHER = _DEPLOYMENT.replace("cart", "orders")
_KUSTOMIZATION = "resources: [service.yaml, pods.yaml]\ncommonLabels: {app: shop}\n"


class _Near(NamedTuple):
    """A workload that a Service most likely means: the label of the selector that is not the one of its pods."""

    document: Document
    workload: Workload
    key: Scalar
    value: Scalar
    written: Scalar | None
    """The value of this label in the pods; None if they do not have it."""
    other_key: Scalar | None = None
    """The label of the pods that has the value of the selector."""


class ServiceSelectsNoPods(Rule):
    """The selector of a Service matches no pods, so the Service has no endpoints and connections to it fail.

    ## Why
    A Service sends to the pods that have all labels of its `selector`, with the same values. If no pod has them, Kubernetes
    accepts the Service, its name resolves to its cluster IP, and connections are rejected, because it has no endpoints. The
    labels that count are those of the pod template (`spec.template.metadata.labels`), not those of the Deployment.

    Pods can come from elsewhere, for example from a chart or an operator. So the rule reports a Service only if no workload of the
    files matches, and one beside it is almost certainly meant: it has the same name or another spelling of the label, and no
    Service selects it.

    ## Fix
    kpl sets the value that the pods have if only one label differs. The fix is marked as unsafe, because the Service then sends
    to other pods than before.

    ## References
    - https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service
    - https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/#does-the-service-have-any-endpointslices
    """

    code = "KPL603"
    name = "service-selects-no-pods"
    stop = Stop.SERVICES
    severity = Severity.ERROR
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    needs = "Service Workload"
    examples = [
        # the same name
        Bad(
            _of(_selector("app: shop-cart")),
            flags=["shop-cart"],
            says=["the pods of Deployment `cart` have `app: cart`", "`cart` has no endpoints"],
            fixed=_SERVICE,
            safe=False,
        ),
        # a typo
        Bad(
            _of(_selector("app: catalogue", "list"), _DEPLOYMENT.replace("cart", "catalog")),
            flags=["catalogue"],
            fixed=_selector("app: catalog", "list"),
            safe=False,
        ),
        # another key for the same value
        Bad(
            _of(_selector("app.kubernetes.io/name: cart")),
            flags=["app.kubernetes.io/name"],
            says=["the pods of Deployment `cart` have `app: cart` instead"],
        ),
        Bad(
            _of(_SERVICE, _DEPLOYMENT.replace("        app: cart\n        tier", "        name: cart\n        tier")),
            flags=["app"],
        ),
        # one of several labels
        Bad(
            _of(_selector("app: cart\n    tier: store")),
            flags=["store"],
            fixed=_selector("app: cart\n    tier: shop"),
            safe=False,
        ),
        Good(_of(_SERVICE)),
        Good(_of(_selector("app: cart\n    tier: shop"))),
        # pods from elsewhere
        Good(_of(_selector("app: payment", "payment"))),
        Good(_of(_selector("app: payment", "payment"), _DEPLOYMENT, _OTHER)),
        Good(_of(_selector("app: cart\n    version: v2"))),
        Good(_of(_selector("app: cart\n    role: primary"))),
        Good(_of(_selector("app: cart-2", "cart-2"), _DEPLOYMENT.replace("cart", "cart-1"))),
        # somebody else selects it
        Good(_of(_selector("app: shop-cart"), _DEPLOYMENT, _SERVICE.replace("name: cart", "name: basket"))),
        Good(_of(_selector("app: shop-cart"), _DEPLOYMENT, _DEPLOYMENT.replace("cart", "shop-cart"))),
        # elsewhere
        Good(_of(_selector("app: shop-cart"), _DEPLOYMENT.replace("namespace: shop", "namespace: edge"))),
        Good(files(**{"a/service.yaml": _selector("app: shop-cart"), "b/pods.yaml": _DEPLOYMENT})),
        Good(_of(_selector("app: shop-cart") + "---\n" + _selector("app: other"))),
        # labels that are set elsewhere, placeholders, patches
        Good({**_of(_selector("app: shop-cart")), "kustomization.yaml": _KUSTOMIZATION}),
        Good(_of(_selector("app: ${APP}"))),
        Good(_of(_selector("app: shop-cart"), _DEPLOYMENT.replace("app: cart", "app: ${APP}"))),
        Good(
            _of(_selector("app: shop-cart"), _DEPLOYMENT.replace("          image: registry.example/cart:1.2.0\n", ""))
        ),
        Good(
            _of(
                _selector("app: shop-cart").replace(
                    "spec:\n", "spec:\n  type: ExternalName\n  externalName: a.example\n"
                )
            )
        ),
    ]

    def check(self, cluster: Cluster) -> Iterator[Finding]:
        """See the class."""
        for document, service in cluster.service_map.services:
            if service.selector is None or service.type == "ExternalName" or document.templated:
                continue
            known = cluster.service_map
            if not known.has_workloads_beside(document) or known.is_selecting(document, service):
                continue
            near = _near(document, service, cluster)
            if near is None or not cluster.service_map.is_only(document, service):
                continue
            yield self._finding(document, service, near)

    def _finding(self, document: Document, service: Service, near: _Near) -> Finding:
        whose = f"the pods of {near.workload.kind} `{near.workload.name}`"
        shown = f"`{near.key.value}: {near.value.value}`"
        fix = None
        if near.other_key is not None:
            has = f"`{near.other_key.value}: {near.value.value}` instead"
            action = f"Select `{near.other_key.value}: {near.value.value}`."
        else:
            assert near.written is not None
            has = f"`{near.key.value}: {near.written.value}`"
            action = f"Set `{near.key.value}: {near.written.value}`."
            edit = set_scalar(service.text, near.value, near.written.value)
            if edit is not None and _differences(service, near.workload) == 1:
                fix = Fix(f"Select {has}", (edit,), safe=False)
        at = near.other_key or near.written
        assert at is not None
        return self.finding(
            (near.key if near.other_key is not None else near.value).span,
            f"no pod has the label {shown}, and {whose} have {has}, so `{service.name}` has no endpoints",
            help=action,
            fix=fix,
            related=[Related(at.span, "the label of the pods", near.document)],
            document=document,
        )


def _near(document: Document, service: Service, cluster: Cluster) -> _Near | None:
    """The one workload beside a Service that it most likely means."""
    selector = service.selector
    assert selector is not None
    found: list[_Near] = []
    beside = 0
    for where, workload in cluster.service_map.workloads_beside(document):
        if workload.namespace != service.namespace:
            continue
        if workload.kind not in _KINDS or not is_complete(workload):
            return None
        beside += 1
        labels = workload.pod_labels
        if labels is not None and not where.templated:
            found += _candidates(where, workload, service, selector, labels)
    if len(found) != 1:
        return None
    near = found[0]
    if near.key.value in cluster.service_map.labels_set_elsewhere:
        return None
    others = (each for each in cluster.service_map.services if each.service is not service)
    if any(near.workload is each.workload for other in others for each in cluster.service_map.selected(*other)):
        return None
    return near


def _candidates(
    document: Document, workload: Workload, service: Service, selector: Mapping, labels: Mapping
) -> Iterator[_Near]:
    same_name = service.name == workload.name
    differs: list[_Near] = []
    for key, value in selector.pairs:
        if not isinstance(key, Scalar) or not isinstance(value, Scalar) or _is_open(value.value):
            return
        written = labels.scalar(key.value)
        if written is not None and written.value == value.value:
            continue
        if _SET_BY_CONTROLLERS.search(key.value) or (written is not None and _is_open(written.value)):
            return
        other = _key_of(value.value, labels) if written is None else None
        differs.append(_Near(document, workload, key, value, written, other))
    others_agree = len(differs) == 1 and len(selector.pairs) > 1
    for near in differs[:1]:
        if near.written is not None:
            meant = same_name or others_agree or _is_typo(near.value.value, near.written.value)
            if meant and not _is_numbered(near.value.value, near.written.value) and not _is_version(near.key.value):
                yield near
        elif near.other_key is not None and (same_name or near.value.value == workload.name):
            yield near


def _key_of(value: str, labels: Mapping) -> Scalar | None:
    """The key of the pods' label with this value, where it is another spelling of a name."""
    for key, each in labels.pairs:
        if isinstance(key, Scalar) and isinstance(each, Scalar) and each.value == value and "role" not in key.value:
            return key
    return None


def _differences(service: Service, workload: Workload) -> int:
    labels, selector = workload.pod_labels, service.selector
    assert labels is not None
    assert selector is not None
    pairs = ((key, value) for key, value in selector.pairs if isinstance(key, Scalar) and isinstance(value, Scalar))
    return sum(labels.text(key.value) != value.value for key, value in pairs)


def _is_typo(one: str, other: str) -> bool:
    return closest(one, [other]) is not None


def _is_numbered(one: str, other: str) -> bool:
    """Whether they differ only in a number: ``cart-1`` and ``cart-2`` are two instances."""
    return re.sub(r"\d+", "", one) == re.sub(r"\d+", "", other)


def _is_version(key: str) -> bool:
    return re.search(r"version|color|colour|slot|track|canary|release|env|instance", key) is not None


def _is_open(word: str) -> bool:
    return "{" in word or "$" in word

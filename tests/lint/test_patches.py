"""A finding in a workload is kept only if it holds with the patches of the Kustomizations that use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpl.inputs.discover import Found
from kpl.inputs.document import Reading
from kpl.inputs.files import read_file
from kpl.lint.engine import lint
from kpl.lint.settings import Settings

BASE = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
spec:
  template:
    spec:
      containers:
        - name: cart
          image: shop/cart:3-bookworm
          env:
            - {name: STRIPE_API_URL, value: "https://api.stripe.com/v1"}
"""
NDOTS = "spec: {template: {spec: {dnsConfig: {options: [{name: ndots, value: '2'}]}}}}\n"
PATCH = "kind: Deployment\nmetadata: {name: cart}\n" + NDOTS
LABELED = BASE.replace(
    "  name: cart\nspec", "  name: cart\n  labels: {app: cart, tier: web}\n  annotations: {team: a}\nspec"
)
OWN = "resources: [cart.yaml]\n"
USES_BASE = "resources: [../base]\n"


def inline(patch: str, target: str = "") -> str:
    lines = "".join(f"    {line}\n" for line in patch.splitlines())
    return f"{USES_BASE}patches:\n- {target}patch: |\n{lines}"


def codes(folder: Path, files: dict[str, str]) -> list[str]:
    readings = []
    for name, text in {"base/cart.yaml": BASE, "base/kustomization.yaml": "resources: [cart.yaml]\n", **files}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        reading = read_file(Found(str(path), False))
        if isinstance(reading, Reading):
            readings.append(reading)
    return [f"{each.code} {Path(each.path).relative_to(folder)}" for each in lint(readings, Settings()).findings]


FOUND = ["KPL101 base/cart.yaml"]
OPERATION = "- {op: add, path: /spec/template/spec/dnsConfig, value: {options: [{name: ndots, value: '2'}]}}\n"
VALUE = "- {op: replace, path: /spec/template/spec/containers/0/env/0/value, value: 'https://stripe'}\n"


@pytest.mark.parametrize(
    "overlay",
    [
        {"a/kustomization.yaml": USES_BASE + "patchesStrategicMerge: [ndots.yaml]\n", "a/ndots.yaml": PATCH},
        {"a/kustomization.yaml": USES_BASE + "patches: [{path: ndots.yaml}]\n", "a/ndots.yaml": PATCH},
        {"a/kustomization.yaml": inline(PATCH)},
        {"a/kustomization.yaml": inline(PATCH.replace("name: cart", "name: any"), "target: {kind: Deployment}\n  ")},
        {"a/kustomization.yaml": inline(OPERATION, "target: {kind: Deployment, name: 'c.*|x'}\n  ")},
        {"a/kustomization.yaml": inline(OPERATION, "target: {name: '(car)+t'}\n  ")},
        {"a/kustomization.yaml": inline(VALUE, "target: {kind: Deployment}\n  ")},
        {
            "a/kustomization.yaml": inline(
                "- {op: remove, path: /spec/template/spec/containers/0/env/0}", "target: {}\n  "
            )
        },
        {"a/kustomization.yaml": inline(PATCH.replace(NDOTS, "spec: {template: {spec: {dnsPolicy: Default}}}"))},
        {
            "a/kustomization.yaml": inline(
                PATCH.replace(
                    NDOTS,
                    "spec: {template: {spec: {containers: [{name: cart, env: [{name: STRIPE_API_URL, $patch: delete}]}]}}}",
                )
            )
        },
        {
            "a/kustomization.yaml": inline(
                PATCH.replace(
                    NDOTS, "spec: {template: {spec: {containers: [{$patch: replace}, {name: cart, image: i}]}}}"
                )
            )
        },
        # for what has these labels, or is in this namespace
        {
            "a/kustomization.yaml": inline(OPERATION, "target: {labelSelector: 'app=cart, tier==web'}\n  "),
            "base/cart.yaml": LABELED,
        },
        {
            "a/kustomization.yaml": inline(OPERATION, "target: {annotationSelector: team=a}\n  "),
            "base/cart.yaml": LABELED,
        },
        {"a/kustomization.yaml": inline(OPERATION, "target: {kind: Deployment, name: cart, namespace: default}\n  ")},
        {
            "a/kustomization.yaml": inline(OPERATION, "target: {namespace: sh.*}\n  "),
            "base/kustomization.yaml": f"namespace: shop\n{OWN}",
        },
        # called otherwise by then
        {
            "a/kustomization.yaml": inline(PATCH.replace("cart", "dev-cart-1")),
            "base/kustomization.yaml": f"namePrefix: dev-\nnameSuffix: -1\n{OWN}",
        },
        {
            "a/kustomization.yaml": inline(OPERATION, "target: {name: dev-.*}\n  "),
            "base/kustomization.yaml": f"namePrefix: dev-\n{OWN}",
        },
        {"a/kustomization.yaml": inline(PATCH), "base/kustomization.yaml": f"namePrefix: dev-\n{OWN}"},
        # the workload is removed
        {"a/kustomization.yaml": inline(PATCH.replace(NDOTS, "$patch: delete"))},
        # each of two uses cures it, in its own way
        {"a/kustomization.yaml": inline(PATCH), "b/kustomization.yaml": inline(OPERATION, "target: {}\n  ")},
        # further down, and from a component
        {"a/kustomization.yaml": inline(PATCH), "b/kustomization.yaml": "resources: [../a]\n"},
        {
            "a/kustomization.yaml": USES_BASE + "components: [../ndots]\n",
            "ndots/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: p.yaml}]\n",
            "ndots/p.yaml": PATCH,
        },
    ],
)
def test_a_patch_cures(tmp_path: Path, overlay: dict[str, str]) -> None:
    assert codes(tmp_path, overlay) == []


@pytest.mark.parametrize(
    "overlay",
    [
        {},
        {"a/kustomization.yaml": USES_BASE},
        # not for it
        {"a/kustomization.yaml": inline(PATCH.replace("name: cart", "name: other"))},
        {"a/kustomization.yaml": inline(PATCH.replace("Deployment", "StatefulSet"))},
        {"a/kustomization.yaml": inline(OPERATION, "target: {kind: StatefulSet}\n  ")},
        {"a/kustomization.yaml": inline(OPERATION, "target: {name: 'x.*|.*car|c.*r.*r.*|cart.*t|.*z.*t'}\n  ")},
        {"a/kustomization.yaml": inline(OPERATION)},
        # it may have other labels
        {
            "a/kustomization.yaml": inline(OPERATION, "target: {labelSelector: app=other}\n  "),
            "base/cart.yaml": LABELED,
        },
        {"a/kustomization.yaml": inline(OPERATION, "target: {labelSelector: app=cart}\n  ")},
        {
            "a/kustomization.yaml": inline(OPERATION, "target: {labelSelector: 'app in (cart)'}\n  "),
            "base/cart.yaml": LABELED,
        },
        {"a/kustomization.yaml": inline(OPERATION, "target: {labelSelector: app!=x}\n  "), "base/cart.yaml": LABELED},
        {"a/kustomization.yaml": inline(OPERATION, "target: {labelSelector: app}\n  "), "base/cart.yaml": LABELED},
        {
            "a/kustomization.yaml": inline(
                OPERATION, "target: {kind: Deployment, name: cart, annotationSelector: app=cart}\n  "
            ),
            "base/cart.yaml": LABELED,
        },
        {"a/kustomization.yaml": inline(OPERATION, "target: {kind: Deployment, name: cart, namespace: shop}\n  ")},
        # another one is called so
        {
            "a/kustomization.yaml": inline(PATCH.replace("cart", "dev-cart")),
            "b/kustomization.yaml": "namePrefix: dev-\n",
        },
        # changes something else
        {"a/kustomization.yaml": inline(PATCH.replace("ndots", "timeout"))},
        {"a/kustomization.yaml": inline(PATCH.replace(NDOTS, "spec: {template: {spec: {dnsPolicy: null}}}"))},
        {"a/kustomization.yaml": inline(OPERATION.replace("add", "test"), "target: {}\n  ")},
        {"a/kustomization.yaml": inline("- {op: add, path: /spec/other/spec/dnsConfig, value: {}}", "target: {}\n  ")},
        {"a/kustomization.yaml": inline("- {op: remove, path: /spec/template/spec/containers/7}", "target: {}\n  ")},
        {"a/kustomization.yaml": inline("- {op: remove, path: /spec/template/spec/containers/name}", "target: {}\n  ")},
        {"a/kustomization.yaml": inline("- {op: add, path: /kind/a, value: b}", "target: {}\n  ")},
        {
            "a/kustomization.yaml": inline(
                PATCH.replace(
                    NDOTS, "spec: {template: {spec: {containers: [{name: more, image: i}, {name: x, $patch: delete}]}}}"
                )
            )
        },
        {
            "a/kustomization.yaml": inline(
                "- {op: add, path: /spec/template/spec/containers/-, value: {name: more, image: i}}", "target: {}\n  "
            )
        },
        # leaves no workload
        {"a/kustomization.yaml": inline("- {op: remove, path: /spec/template/spec/containers}", "target: {}\n  ")},
        {"a/kustomization.yaml": inline(PATCH.replace(NDOTS, "spec: {template: null}"))},
        # is not in the tree, or no YAML
        {"a/kustomization.yaml": USES_BASE + "patches: [{path: ndots.yaml}]\n"},
        {"a/kustomization.yaml": inline("kind: {")},
        {"b/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\npatches: [\n"},
        # not in each of its uses
        {"a/kustomization.yaml": inline(PATCH), "b/kustomization.yaml": USES_BASE},
        # nobody uses it
        {"a/kustomization.yaml": inline(PATCH).replace("../base", "../other")},
    ],
)
def test_a_patch_does_not_cure(tmp_path: Path, overlay: dict[str, str]) -> None:
    assert [each for each in codes(tmp_path, overlay) if "KPL0" not in each] == FOUND


def test_very_many_patches_are_sorted_by_what_they_are_for(tmp_path: Path) -> None:
    others = "".join(
        f"- patch: |\n    {{kind: Deployment, metadata: {{name: other-{number}}}}}\n" for number in range(200)
    )
    overlay = inline(PATCH).replace("patches:\n", f"patches:\n{others}")
    assert codes(tmp_path, {"a/kustomization.yaml": overlay}) == []
    patterns = "".join("- target: {name: 'c.*'}\n  patch: '[]'\n" for _ in range(100))
    cure = inline(OPERATION, "target: {name: '.*'}\n  ")
    assert codes(tmp_path, {"a/kustomization.yaml": cure.replace("patches:\n", f"patches:\n{patterns}")}) == FOUND


def test_a_patch_with_images_is_no_whole_object(tmp_path: Path) -> None:
    overlay = {"a/kustomization.yaml": "resources: [other.yaml]\npatches: [{path: cart.yaml}]\n", "a/cart.yaml": BASE}
    assert codes(tmp_path, overlay) == FOUND


def test_kustomizations_that_lead_to_each_other_end(tmp_path: Path) -> None:
    overlay = {"a/kustomization.yaml": inline(PATCH) + "bases: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n"}
    assert codes(tmp_path, overlay) in ([], FOUND)


FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: cart}
spec:
  path: ./base
"""
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: cart}
spec:
  source:
    path: base
    kustomize:
"""


def with_patch(object_: str, patch: str, indent: str = "  ", target: str = "") -> str:
    lines = "".join(f"{indent}    {line}\n" for line in patch.splitlines())
    return f"{object_}{indent}patches:\n{indent}- {target}patch: |\n{lines}"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"flux/cart.yaml": with_patch(FLUX, PATCH)}, []),
        ({"flux/cart.yaml": with_patch(FLUX, OPERATION, target="target: {kind: Deployment}\n    ")}, []),
        ({"flux/cart.yaml": with_patch(FLUX, PATCH.replace("name: cart", "name: other"))}, FOUND),
        ({"flux/cart.yaml": with_patch(FLUX.replace("./base", "./other"), PATCH)}, FOUND),
        ({"argo/cart.yaml": with_patch(ARGO, PATCH, "      ")}, []),
        ({"argo/cart.yaml": with_patch(ARGO.replace("path: base", "path: other"), PATCH, "      ")}, FOUND),
        # another one applies it without the patch, be it in the same file
        ({"flux/cart.yaml": with_patch(FLUX, PATCH), "flux/east.yaml": FLUX.replace("name: cart", "name: east")}, FOUND),
        ({"flux/cart.yaml": FLUX.replace("name: cart", "name: east") + "---\n" + with_patch(FLUX, PATCH)}, FOUND),
        ({"flux/cart.yaml": with_patch(FLUX, PATCH), "argo/cart.yaml": ARGO + "      namePrefix: a-\n"}, FOUND),
        # each of two objects in one file has its own patches
        (
            {
                "flux/cart.yaml": with_patch(FLUX, PATCH)
                + "---\n"
                + with_patch(FLUX.replace("name: cart", "name: east"), PATCH.replace("name: cart", "name: other"))
            },
            FOUND,
        ),
        # all files below a folder without a Kustomization
        ({"flux/cart.yaml": with_patch(FLUX, PATCH), "base/kustomization.yaml": ""}, []),
        # what a Kustomization leads to, which is applied with patches
        ({"flux/cart.yaml": with_patch(FLUX.replace("./base", "./a"), PATCH), "a/kustomization.yaml": USES_BASE}, []),
        ({"flux/cart.yaml": with_patch(FLUX, PATCH), "flux/kustomization.yaml": "resources: [cart.yaml]\n"}, []),
    ],
)  # fmt: skip
def test_patches_of_what_applies_files(tmp_path: Path, files: dict[str, str], found: list[str]) -> None:
    assert codes(tmp_path, files) == found


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: cart
spec:
  values:
    controllers:
      cart:
        containers:
          app:
            image: {repository: shop/cart, tag: 3-bookworm}
            env: {STRIPE_API_URL: "https://api.stripe.com/v1"}
"""
VALUES = "kind: HelmRelease\nmetadata: {name: cart}\nspec: {values: {defaultPodOptions: {dnsPolicy: Default}}}\n"


@pytest.mark.parametrize(
    ("patch", "target", "found"),
    [
        (VALUES, "", []),
        (VALUES.replace("values: {defaultPodOptions: {dnsPolicy: Default}}", "valuesFrom: [{kind: Secret, name: a}]"), "", []),
        ("- {op: add, path: /spec/values/defaultPodOptions, value: {dnsPolicy: Default}}\n", "target: {kind: HelmRelease}\n    ", []),
        ("- {op: add, path: /spec/postRenderers, value: []}\n", "target: {kind: HelmRelease}\n    ", []),
        (VALUES.replace("values: {defaultPodOptions: {dnsPolicy: Default}}", "interval: 1h"), "", FOUND),
        ("- {op: add, path: /spec/interval, value: 1h}\n", "target: {kind: HelmRelease}\n    ", FOUND),
        ("kind: HelmRelease\nmetadata: {name: cart}\n", "", FOUND),
    ],
)  # fmt: skip
def test_patches_of_the_values_of_a_chart(tmp_path: Path, patch: str, target: str, found: list[str]) -> None:
    files = {"base/cart.yaml": RELEASE, "flux/cart.yaml": with_patch(FLUX, patch, target=target)}
    assert codes(tmp_path, files) == found

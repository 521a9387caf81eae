"""The values of charts: where they are held, and the pods that come of them."""

from __future__ import annotations

import json

import pytest

from kpl.inputs.charts.holders import HOLDERS, is_values_file
from kpl.inputs.corefile.model import Corefile
from kpl.inputs.document import Document, LateDocument, ParseFailure
from kpl.inputs.objects.workloads import Workload
from kpl.inputs.recognition import entries_below, object_text, promised_kinds, text_of_models
from kpl.lint.engine import lint
from kpl.lint.settings import Settings
from kpl.resolver.pods import dns_policy_of, is_complete, serving_containers, written_ndots
from kpl.shares.share import share_of
from kpl.text.edit import apply_edits
from samples import documents, indented, models
from support import readings

RELEASE = """\
# comments before it
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
  values:
"""
CONTROLLERS = """\
controllers:
  main:
    containers:
      app:
        image: {repository: shop/web, tag: '3'}
"""
DNS = "dnsPolicy: clusterFirst  # a comment\n"


def workloads(values: str, before: str = RELEASE) -> list[Workload]:
    found = [each.model for each in documents("a.yaml", before + indented(values, 4))]
    assert all(isinstance(each, Workload) for each in found if each is not None)
    return [each for each in found if each is not None]


def common(values: str = CONTROLLERS) -> Workload:
    (workload,) = workloads(values)
    return workload


def with_pod(pod: str, defaults: str = "", controller: str = "") -> Workload:
    own = f"    pod: {pod}\n" if pod else ""
    return common(f"{CONTROLLERS}{own}{controller}{f'defaultPodOptions: {defaults}{chr(10)}' if defaults else ''}")


def test_a_controller_of_common_is_a_complete_pod() -> None:
    workload = common()
    assert (workload.title, workload.partial, is_complete(workload)) == (
        "HelmRelease/shop/web controllers.main",
        False,
        True,
    )
    assert dns_policy_of(workload) == "ClusterFirst"
    (container,) = workload.containers
    assert (container.name, container.image) == ("app", "shop/web:3")
    assert serving_containers(workload) == [container]


@pytest.mark.parametrize(
    ("pod", "defaults", "policy"),
    [
        ("{dnsPolicy: None}", "{dnsPolicy: Default}", "None"),
        ("{enableServiceLinks: true}", "{dnsPolicy: Default}", "Default"),
        ("", "{dnsPolicy: Default}", "Default"),
        # empty options are not given
        ("{dnsPolicy: ''}", "{dnsPolicy: Default}", "Default"),
        ("{dnsPolicy: }", "{dnsPolicy: Default}", "Default"),
        ("{dnsPolicy: ''}", "", "ClusterFirst"),
        # the library knows what a pod in the node's network needs
        ("{hostNetwork: true}", "", "ClusterFirstWithHostNet"),
        ("", "{hostNetwork: true}", "ClusterFirstWithHostNet"),
        ("{hostNetwork: false}", "{hostNetwork: true}", "ClusterFirst"),
        ("{hostNetwork: true, dnsPolicy: ClusterFirst}", "", "Default"),
        ("{hostNetwork: '{{ .Values.host }}'}", "", ""),
        ("[a]", "[b]", "ClusterFirst"),
    ],
)  # fmt: skip
def test_the_policy_of_a_controller(pod: str, defaults: str, policy: str) -> None:
    assert dns_policy_of(with_pod(pod, defaults)) == policy


@pytest.mark.parametrize(
    ("pod", "defaults", "ndots"),
    [
        ("", "{dnsConfig: {options: [{name: ndots, value: '2'}]}}", 2),
        (
            "{dnsConfig: {options: [{name: ndots, value: '1'}]}}",
            "{dnsConfig: {options: [{name: ndots, value: '2'}]}}",
            1,
        ),
        # taken instead, not merged
        ("{dnsConfig: {}}", "{dnsConfig: {options: [{name: ndots, value: '2'}]}}", None),
    ],
)
def test_the_ndots_of_a_controller(pod: str, defaults: str, ndots: int | None) -> None:
    workload = with_pod(pod, defaults)
    assert (written_ndots(workload), workload.partial) == (ndots, False)


def test_jobs_look_names_up_once() -> None:
    for kind in ("job", "cronjob"):
        assert serving_containers(with_pod("", controller=f"    type: {kind}\n")) == []
    assert serving_containers(with_pod("{restartPolicy: Always}", controller="    type: job\n"))
    assert serving_containers(with_pod("", controller="    type: daemonset\n"))


@pytest.mark.parametrize(
    "others",
    [
        "  valuesFrom: [{kind: ConfigMap, name: a}]\n",
        "  postRenderers: [{kustomize: {}}]\n",
        "    defaultPodOptionsStrategy: merge\n    defaultPodOptions: {dnsConfig: {}}\n",
    ],
)
def test_what_others_may_add_is_not_known(others: str) -> None:
    own = CONTROLLERS + "    pod: {dnsConfig: {}}\n"
    (document,) = documents("a.yaml", RELEASE + indented(own, 4) + others)
    assert document.model.partial


@pytest.mark.parametrize("others", ["  valuesFrom: []\n", "  valuesFrom:\n", "    defaultPodOptionsStrategy: merge\n"])
def test_what_adds_nothing(others: str) -> None:
    (document,) = documents("a.yaml", RELEASE + indented(CONTROLLERS, 4) + others)
    assert not document.model.partial


def test_containers_that_common_would_refuse_are_those_of_another_library() -> None:
    assert common(CONTROLLERS.replace("{repository: shop/web, tag: '3'}", "shop/web:3")).partial
    assert common(CONTROLLERS.replace(", tag: '3'", "")).partial
    assert common(CONTROLLERS + "      other: {}\n").partial
    assert workloads(CONTROLLERS.replace("image: {repository: shop/web, tag: '3'}", "name: a")) == []


def test_what_is_off_is_left() -> None:
    for written in ("false", "'{{ .Values.on }}'"):
        assert workloads(CONTROLLERS.replace("    containers", f"    enabled: {written}\n    containers")) == []
        assert len(common(f"{CONTROLLERS}      off: {{enabled: {written}}}\n").containers) == 1
    assert common(CONTROLLERS.replace("    containers", "    enabled: true\n    containers")).containers


def test_init_containers_are_containers_that_do_not_serve() -> None:
    workload = common(CONTROLLERS + "    initContainers: {a: {image: {repository: i, tag: '1'}}}\n")
    assert [each.name for each in workload.containers] == ["a", "app"]
    assert [each.name for each in serving_containers(workload)] == ["app"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("env: {A: b, C: {value: d}, E: {valueFrom: {}}, F: 1}", [("A", "b"), ("C", "d"), ("E", None), ("F", "1")]),
        ("env: [{name: A, value: b}, {name: C}, {value: d}, e]", [("A", "b"), ("C", None)]),
        ("env: {A: '{{ .Release.Name }}.example.com', C: }", [("A", None), ("C", None)]),
        ("env: {A: [b]}", [("A", None)]),
        ("env: {[A]: b}", []),
        ("env: text", []),
        (
            "environment: {A: b}\nextraEnv: [{name: C, value: d}]\nextraEnvVars: {E: f}",
            [("A", "b"), ("C", "d"), ("E", "f")],
        ),
    ],
)
def test_an_environment_is_a_list_or_a_mapping(written: str, read: list[tuple[str, str | None]]) -> None:
    (container,) = common(CONTROLLERS + indented(f"{written}\n", 8)).containers
    assert [(each.name, each.value and each.value.value) for each in container.env] == read
    for each in container.env:
        assert common(CONTROLLERS + indented(f"{written}\n", 8)).text[slice(*each.name.span)] == each.name


def test_arguments_are_a_list_or_a_text() -> None:
    (container,) = common(CONTROLLERS + "        args: --a\n        command: [b, [c]]\n").containers
    assert ([each.value for each in container.args], [each.value for each in container.command]) == (["--a"], ["b"])


def test_an_image_is_a_text_or_put_together() -> None:
    def image(written: str) -> str | None:
        (workload,) = workloads(f"dnsPolicy: None\nimage: {written}\n")
        return workload.containers[0].image

    assert image("shop/web:3") == "shop/web:3"
    assert image("{registry: a.example, repository: web, tag: '3'}") == "a.example/web:3"
    assert image("{repository: web}") == "web"
    assert image("{tag: '3'}") is None
    assert image("") is None


def test_each_mapping_that_says_something_of_dns_is_a_part_of_a_pod() -> None:
    found = workloads(
        "a: {dnsPolicy: None, b: {dnsConfig: {searches: [x]}}}\nc: [{dnsPolicy: Default}]\n"
        "d: {dnsConfig: {}}\ne: {dnsPolicy: ''}\nf: {dnsPolicy: {}, dnsConfig: []}\n"
    )
    assert [(each.role, each.partial) for each in found] == [("a", True), ("a.b", True), ("c", True)]


def test_a_dns_config_with_fields_of_the_chart_is_not_that_of_a_pod() -> None:
    assert workloads("dnsConfig: {enabled: true, options: []}\n") == []
    (workload,) = workloads("dnsPolicy: None\nhostNetwork: true\ndnsConfig: {enabled: true}\n")
    assert (workload.dns_config, workload.host_network is not None) == (None, True)


def test_an_alias_is_not_another_pod() -> None:
    assert [each.role for each in workloads("a: &a {dnsPolicy: None}\nb: *a\n")] == ["a"]
    found = workloads(f"{CONTROLLERS.replace('main:', 'main: &main')}  other: *main\n")
    assert [each.role for each in found] == ["controllers.main"]


@pytest.mark.parametrize(
    ("keys", "role"),
    [
        (("k" * 96, "ccc"), f"{'k' * 96}.ccc"),
        (("k" * 97, "ccc"), "k" * 97),
        (("k" * 100, "a", "b"), "a.b"),
        (("k" * 60, "c" * 60, "d"), f"{'k' * 60}.d"),
    ],
)
def test_no_path_is_endless(keys: tuple[str, ...], role: str) -> None:
    values = "{dnsPolicy: None}"
    for key in reversed(keys):
        values = f"{{{key}: {values}}}"
    (workload,) = workloads(f"{values}\n")
    assert workload.role == role


def test_keys_that_are_no_words_are_left() -> None:
    assert workloads("? [a]\n: {dnsPolicy: None}\n? {b: c}\n: {dnsConfig: {searches: [x]}}\n") == []
    odd = "  ? [other]\n  : {containers: {a: {image: {repository: i, tag: '1'}}}}\n"
    assert [each.role for each in workloads(CONTROLLERS + odd)] == ["controllers.main"]
    (container,) = common(f"{CONTROLLERS}      ? [a]\n      : {{image: {{repository: i, tag: '1'}}}}\n").containers
    assert container.name == "app"


def test_options_of_controllers_are_no_other_pods() -> None:
    both = f"{CONTROLLERS}    pod: {{dnsPolicy: None}}\ndefaultPodOptions: {{dnsPolicy: Default}}\n"
    assert [each.role for each in workloads(both)] == ["controllers.main"]
    # without a controller, nobody knows what takes them
    assert [each.role for each in workloads("defaultPodOptions: {dnsPolicy: Default}\n")] == ["defaultPodOptions"]


@pytest.mark.parametrize(
    ("options", "at"),
    [
        ("", "    pod:\n      dnsConfig:\n"),
        ("    pod:\n      hostname: a\n", "      hostname: a\n      dnsConfig:\n"),
        ("defaultPodOptions:\n  hostname: a\n", "  hostname: a\n  dnsConfig:\n"),
        ("    pod: {}\n", None),
        ("    pod: a\n", None),
    ],
)  # fmt: skip
def test_a_new_field_is_written_where_the_controller_has_its_options(options: str, at: str | None) -> None:
    workload = common(CONTROLLERS + options)
    edit = workload.added_field("dnsConfig:", after="dnsPolicy")
    if at is None:
        assert edit is None
    else:
        assert edit is not None
        assert apply_edits(workload.text, [edit]).endswith(indented(at, 4))


def test_a_field_for_one_controller_is_not_written_for_all_of_them() -> None:
    other = CONTROLLERS.replace("main", "other").partition("\n")[2]
    first, second = workloads(f"{CONTROLLERS}{other}defaultPodOptions:\n  hostname: a\n")
    edit = second.added_field("dnsConfig:", after="dnsPolicy")
    assert edit is not None
    assert apply_edits(first.text, [edit]).endswith(
        "    pod:\n          dnsConfig:\n    defaultPodOptions:\n      hostname: a\n"
    )


def held(kind: str, group: str, path: str, value: str, others: str = "") -> str:
    """An object that holds `value` at `path`."""
    lines, indent = [f"apiVersion: {group}/v1", f"kind: {kind}", "metadata: {name: web, namespace: tools}"], ""
    *before, last = path.split(".")
    for key in before:
        lines.append(f"{indent}- name: first" if key == "*" else f"{indent}{key}:")
        indent += "  "
    if others:
        lines.append(indent + others)
    return "\n".join([*lines, f"{indent}{last}: {value}", ""])


PLACES = [
    (group, kind, f"{chart}.{path}", holder)
    for (group, kind), holder in HOLDERS.items()
    for chart in holder.charts
    for path in holder.values
]
FORMS = ["{a: {dnsPolicy: clusterFirst}}", '"a: {dnsPolicy: clusterFirst}"', "'a: {dnsPolicy: clusterFirst}'"]


@pytest.mark.parametrize(("group", "kind", "path", "holder"), PLACES)
def test_each_place_is_read_as_a_mapping_and_as_a_text(group: str, kind: str, path: str, holder: object) -> None:
    for form in FORMS:
        text = held(kind, group, path, form)
        (document,) = [each for each in documents("a.yaml", text) if isinstance(each.model, Workload)]
        assert (document.model.role, document.model.kind, document.model.name) == ("a", kind, "web")
        assert document.object is not None
        assert document.object.kind == kind
        span = document.model.pod.scalar("dnsPolicy").span
        assert text[slice(*document.embedding.host_span(span))] == "clusterFirst"
        # another group has such a kind too
        assert Workload not in models("a.yaml", held(kind, f"x.{group}", path, form))


@pytest.mark.parametrize(("group", "kind", "path", "holder"), PLACES)
def test_what_adds_to_values_is_told(group: str, kind: str, path: str, holder: object) -> None:
    values = json.dumps({"controllers": {"a": {"containers": {"b": {"image": {"repository": "i", "tag": "1"}}}}}})

    def partial(text: str) -> bool:
        (document,) = [each for each in documents("a.yaml", text) if isinstance(each.model, Workload)]
        return bool(document.model.partial)

    others = {"HelmRelease": "valuesFrom: [a]", "HelmChart": "set: {a: b}"}.get(kind, "valueFiles: [a]")
    assert partial(held(kind, group, path, values)) == (kind == "HelmChartConfig")
    assert partial(held(kind, group, path, values, others))


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        (f"{RELEASE}    {DNS}", "shop"),
        (f"{RELEASE.replace('spec:', 'spec:' + chr(10) + '  targetNamespace: web')}    {DNS}", "web"),
        (held("Application", "argoproj.io", "spec.source.helm.values", FORMS[1]), ""),
        (
            held("Application", "argoproj.io", "spec.source.helm.values", FORMS[1]) + "  destination: {namespace: b}\n",
            "b",
        ),
        (held("HelmChart", "helm.cattle.io", "spec.valuesContent", FORMS[1]), ""),
        (held("HelmChart", "helm.cattle.io", "spec.valuesContent", FORMS[1], "targetNamespace: c"), "c"),
    ],
)
def test_the_namespace_is_that_of_the_pods(text: str, namespace: str) -> None:
    (document,) = [each for each in documents("a.yaml", text) if isinstance(each.model, Workload)]
    assert (document.model.namespace, document.namespace) == (namespace, namespace)


def fixed(name: str, text: str) -> str:
    (reading,) = readings({name: text})
    (finding,) = lint([reading], Settings(select=("KPL104",))).findings
    assert finding.fix is not None
    return apply_edits(text, finding.fix.edits)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "text",
    [
        f"{RELEASE}    {DNS}",
        f"{held('HelmChart', 'helm.cattle.io', 'spec.valuesContent', '|-')}    a:\n      {DNS}    b: 1\n",
        held("HelmChart", "helm.cattle.io", "spec.valuesContent", FORMS[1]),
        held("HelmChart", "helm.cattle.io", "spec.valuesContent", FORMS[2]),
        held("Application", "argoproj.io", "spec.sources.*.helm.values", "|\n") + f"          {DNS}",
    ],
)
def test_a_fix_changes_one_word_inside_of_a_text(text: str, newline: str) -> None:
    text = text.replace("\n", newline)
    assert fixed("a.yaml", text) == text.replace("clusterFirst", "ClusterFirst")


def test_a_comment_inside_of_a_text_silences_a_rule() -> None:
    text = f"{held('HelmChart', 'helm.cattle.io', 'spec.valuesContent', '|-')}    {DNS}"
    (reading,) = readings({"a.yaml": text.replace("# a", "# kpl: ignore[KPL104] a")})
    assert lint([reading], Settings(select=("KPL104",))).findings == []


CHART = """\
image: {repository: registry.example/coredns, tag: v1.11.1}
servers:
- zones:
  - zone: .
  plugins:
  - name: forward
    parameters: . 192.0.2.1
Corefile: |
  . {
      forward . 192.0.2.2
  }
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_corefiles_in_a_text_are_fixed_where_they_stand(newline: str) -> None:
    config = held("HelmChartConfig", "helm.cattle.io", "spec.valuesContent", "|-")
    text = (config + indented(CHART, 4)).replace("\n", newline)
    (reading,) = readings({"a.yaml": text})
    corefiles = [each for each in reading.documents if isinstance(each.model, Corefile)]
    assert [(each.name, str(each.object)) for each in corefiles] == [("web", "HelmChartConfig tools/web")] * 2
    found = lint([reading], Settings(select=("KPL201",))).findings
    edits = [edit for each in found if each.fix is not None for edit in each.fix.edits]
    mended = CHART.replace(". 192.0.2.1\n", ". 192.0.2.1\n  - name: cache\n    parameters: 30\n")
    mended = mended.replace(". 192.0.2.2\n", ". 192.0.2.2\n      cache 30\n")
    assert apply_edits(text, edits) == (config + indented(mended, 4)).replace("\n", newline)
    assert {text[slice(*each.span)].split()[0] for each in found} == {"forward"}


def released(document: Document) -> list[tuple[str, int]]:
    return [(each.version, each.line) for each in share_of(document).releases]


def test_the_image_of_the_chart_tells_the_release() -> None:
    config = held("HelmChartConfig", "helm.cattle.io", "spec.valuesContent", "|-")
    (workload,) = [each for each in documents("a.yaml", config + indented(CHART, 4)) if each.kind == "Workload"]
    assert released(workload) == [("1.11.1", 6)]
    # the image of something else, no tag, the defaults of a chart
    for values in (CHART.replace("/coredns", "/dns"), CHART.replace(", tag: v1.11.1", "")):
        assert Workload not in models("a.yaml", config + indented(values, 4))
    assert Workload not in models("values.yaml", CHART)
    # one pod is one pod
    (one,) = [each for each in documents("a.yaml", config + indented(f"{CHART}{DNS}", 4)) if each.kind == "Workload"]
    assert (one.model.dns_policy, released(one)) == ("clusterFirst", [("1.11.1", 6)])


def test_values_that_are_no_yaml_are_one_failure_at_their_place() -> None:
    text = held("HelmChart", "helm.cattle.io", "spec.valuesContent", "|-") + "    dnsPolicy: [\n    b: }\n"
    (document,) = documents("a.yaml", text)
    assert isinstance(document.model, ParseFailure)
    assert text[slice(*document.embedding.host_span(document.model.span))] in ("}", "b:")
    assert document.object is not None
    # what fills this in is no fault
    generated = held("ApplicationSet", "argoproj.io", "spec.template.spec.source.helm.values", "|")
    lines = "            {{ range .x }}\n            dnsPolicy: {{ . }}\n            {{ end }}\n"
    (template,) = [each for each in documents("a.yaml", generated + lines) if each.kind == "ParseFailure"]
    assert template.templated


@pytest.mark.parametrize(
    "value", ["dnsPolicy", "12", "[dnsPolicy]", "'dnsPolicy'", "'- dnsPolicy'", "'# dnsPolicy:'", "''"]
)
def test_a_text_that_holds_no_values(value: str) -> None:
    text = held("HelmChart", "helm.cattle.io", "spec.valuesContent", value) + "# dnsPolicy:\n"
    assert models("a.yaml", text) == []


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("values.yaml", True),
        ("values.yml", True),
        ("values.json", True),
        ("Values-prod.yaml", True),
        ("values.prod.yaml", True),
        ("prod.values.yaml", True),
        ("prod-values.yaml", True),
        ("prod_values_eu.yaml", True),
        ("values.schema.json", False),
        ("myvalues.yaml", False),
        ("valuesets.yaml", False),
        ("values.txt", False),
        ("values.yaml.gotmpl", False),
    ],
)
def test_the_names_of_values_files(name: str, is_one: bool) -> None:
    assert is_values_file(name) is is_one
    if name.endswith(("yaml", "yml")):
        assert (Workload in models(name, "a: {dnsPolicy: None}\n")) is is_one


def test_a_values_file_is_never_complete() -> None:
    (document,) = documents("values.yaml", f"{CONTROLLERS}dnsPolicy: None\n")[:1]
    assert (document.model.title, document.model.partial, document.object) == ("values controllers.main", True, None)


def test_values_in_a_kustomization() -> None:
    text = f"namespace: shop\nhelmCharts:\n- name: web\n  valuesInline:\n{indented(CONTROLLERS, 4)}    dnsConfig: {{searches: [a]}}\n"
    kustomizations = (
        ("kustomization.yaml", ""),
        ("a.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"),
    )
    for name, before in kustomizations:
        first, second = (each.model for each in documents(name, before + text) if each.kind == "Workload")
        assert (first.title, first.partial) == ("Kustomization/shop controllers.main", False)
        assert second.dns_config is not None
        (added,) = (
            each.model
            for each in documents(name, f"{before}{text}  valuesFile: b\n")
            if each.kind == "Workload" and each.model.role
        )
        assert added.partial


def test_a_release_is_read_when_somebody_asks() -> None:
    other = CONTROLLERS.replace("main", "other").partition("\n")[2]
    found = documents("a.yaml", RELEASE + indented(CONTROLLERS + other, 4))
    assert [type(each) for each in found] == [LateDocument, LateDocument]
    # comments before an object hold nothing for a rule
    assert [each.may_hold("comments before") or each.may_hold("apiVersion") for each in found] == [True, True]
    assert not any(each.may_hold("comments before") for each in found)
    assert [each.model.role for each in found] == ["controllers.main", "controllers.other"]
    assert [str(each.object) for each in found] == ["HelmRelease shop/web"] * 2
    # what else they say is read at once
    eager = documents("a.yaml", RELEASE + indented(CONTROLLERS + DNS, 4))
    assert [type(each) for each in eager] == [Document, Document]
    assert documents("a.yaml", f"{RELEASE}    containers: []\n") == []


def test_a_promise_that_is_not_kept_is_nothing() -> None:
    text = RELEASE + indented(f"{CONTROLLERS}  other: {{}}\n", 4)
    assert [each.model is not None for each in documents("a.yaml", text)] == [True, False]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a: 1\n", 0),
        (" c:\n  a: 1\n  b:\n   d:\n   # x\n\n  e:\n f: 1\n  g: 2\n", 3),
        (" c:  # x\r\n  a: 1\r\n\r\n  b: 2\r\n", 2),
        (" c:\n b: 1\n", 0),
        (" c:\n", 0),
        (" c:\n  a: 1\n# x\n  b: 1\n", 2),
        # a parser has to tell
        (" c: {a: 1}\n", None),
        (" c: &a\n  b: 1\n", None),
        (" c:\n  a: 1\n d:\n  c:\n   b: 1\n", None),
        (" c:\n  <<: *a\n", None),
        (" 'c':\n  a: 1\n", None),
        ("c:\n  a: 1\n", None),
    ],
)
def test_the_entries_of_a_mapping_are_counted_on_its_lines(text: str, number: int | None) -> None:
    assert entries_below(text, "c") == number


def test_what_the_text_of_a_release_promises() -> None:
    assert promised_kinds(RELEASE + indented(CONTROLLERS, 4)) == ["Workload"]
    assert promised_kinds(RELEASE) == []
    assert promised_kinds(RELEASE.replace("helm.toolkit", "other")) == []
    assert promised_kinds(RELEASE + "    controllers: {}\n") is None


@pytest.mark.parametrize("before", ["", "---\n", "# a\n\n--- \n  # b\n", "---\r\n"])
def test_comments_before_an_object_are_not_its_text(before: str) -> None:
    assert object_text(f"{before}kind: Pod\n# c\n") == "kind: Pod\n# c\n"
    assert object_text(f"{before}[a]\n") == f"{before}[a]\n"


_ASIDE = "kind: HelmRelease\nspec:\n  values:\n    route:\n      - a.com\n\n    controllers:\n      b:\n        route: c.com\n"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (_ASIDE, _ASIDE.replace("    route:\n      - a.com\n\n", "")),
        (_ASIDE.replace("- a", "- &a a"), None),
        (_ASIDE.replace("HelmRelease", "Deployment"), None),
        (_ASIDE.replace("    route:", "    image:"), None),
        (_ASIDE + "    ingress:\n    - d.com\n  route: e", _ASIDE.replace("    route:\n      - a.com\n\n", "") + "  route: e"),
    ],
)  # fmt: skip
def test_what_is_beside_the_pods_of_a_release_is_not_looked_through_for_names(text: str, rest: str | None) -> None:
    assert text_of_models(text) == (text if rest is None else rest)

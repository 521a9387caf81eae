"""The names that containers take from ConfigMaps and Secrets."""

from __future__ import annotations

import pytest

from kpl.cluster import Cluster
from kpl.cluster.environment import MOST_VARIABLES
from kpl.inputs.document import Document, LateDocument
from kpl.inputs.objects.workloads import Workload
from support import readings, run

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: cart{of}}}
spec:
  containers:
  - name: app
    image: shop/cart:3-bookworm
{takes}
"""
FROM = "    envFrom:\n    - configMapRef: {name: cart}"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n{of}data:\n  DB_URL: {value}\n"


def pod(takes: str = FROM, of: str = ", namespace: shop") -> str:
    return POD.format(takes=takes, of=of)


def config_map(value: str = "pg://db.bus.svc", name: str = "cart", of: str = ", namespace: shop") -> str:
    return MAP.format(value=value, name=name, of=of.replace(", ", "  ") + "\n" * bool(of))


def cluster_of(files: dict[str, str]) -> Cluster:
    return Cluster([document for reading in readings(files) for document in reading.documents])


def taken(files: dict[str, str]) -> list[tuple[str, str, str]]:
    """Each name that is taken: with its variable, and where it is written."""
    cluster, found = cluster_of(files), []
    for _, workload in cluster.of(Workload):
        for each in cluster.taken_names(workload, workload.containers):
            place = each.document.embedding.host_span(each.host.name.span)
            assert each.document.source.text[slice(*place)] == each.host.name
            found.append((str(each.host.name), each.host.key, each.document.path))
    return found


def names(files: dict[str, str]) -> list[str]:
    return [name for name, _, _ in taken(files)]


def test_a_name_is_found_where_it_is_written() -> None:
    assert taken({"pod.yaml": pod(), "maps/cm.yaml": config_map('"pg://db.bus.svc:5432/x"')}) == [
        ("db.bus.svc", "DB_URL", "maps/cm.yaml")
    ]


@pytest.mark.parametrize(
    ("takes", "found"),
    [
        (FROM, ["db.bus.svc"]),
        ("    envFrom: [{prefix: MY_, configMapRef: {name: cart}}]", ["db.bus.svc"]),
        ("    env: [{name: URL, valueFrom: {configMapKeyRef: {name: cart, key: DB_URL}}}]", ["db.bus.svc"]),
        # the name of the variable says what its value is for
        ("    env: [{name: CORS_ORIGIN, valueFrom: {configMapKeyRef: {name: cart, key: DB_URL}}}]", []),
        ("    envFrom: [{prefix: CORS_, configMapRef: {name: cart}}]", []),
        ("    env: [{name: URL, valueFrom: {configMapKeyRef: {name: cart, key: OTHER}}}]", []),
        ("    env: [{name: URL, valueFrom: {configMapKeyRef: {name: cart}}}]", []),
        ("    env: [{name: URL, valueFrom: {configMapKeyRef: {key: DB_URL}}}]", []),
        ("    envFrom: [{secretRef: {name: cart}}, word, {configMapRef: cart}, {configMapRef: {}}]", []),
        ("    envFrom: {configMapRef: {name: cart}}", []),
        # the container sets it itself, to whatever that is
        (f"{FROM}\n    env: [{{name: DB_URL, value: a}}]", []),
        (f"{FROM}\n    env: [{{name: DB_URL, valueFrom: {{fieldRef: {{fieldPath: status.hostIP}}}}}}]", []),
        (f"{FROM}\n    env: [{{name: DB_URL, valueFrom: {{configMapKeyRef: {{name: cart, key: DB_URL}}}}}}]", ["db.bus.svc"]),
    ],
)  # fmt: skip
def test_what_a_container_takes(takes: str, found: list[str]) -> None:
    assert names({"pod.yaml": pod(takes), "cm.yaml": config_map()}) == found


def test_the_last_source_of_a_variable_counts() -> None:
    files = {
        "pod.yaml": pod(f"{FROM}\n    - configMapRef: {{name: other}}"),
        "a.yaml": config_map() + "  CACHE_URL: redis://cache.bus.svc\n",
        "b.yaml": config_map("pg://other.bus.svc", "other"),
    }
    assert names(files) == ["cache.bus.svc", "other.bus.svc"]
    files["pod.yaml"] = pod(f"{FROM}\n    - configMapRef: {{name: unknown}}")
    assert names(files) == ["db.bus.svc", "cache.bus.svc"]


@pytest.mark.parametrize(
    ("workload", "source", "found"),
    [
        ("a/pod.yaml", "b/cm.yaml", {"shop": True, "": False}),
        ("a/pod.yaml", "a/cm.yaml", {"shop": True, "": True}),
        ("pod.yaml", "cm.yaml", {"shop": True, "": True}),
        ("a/pod.yaml", "a/b/cm.yaml", {"shop": True, "": False}),
    ],
)
def test_objects_without_a_namespace_belong_to_those_beside_them(
    workload: str, source: str, found: dict[str, bool]
) -> None:
    for namespace, is_found in found.items():
        of = f", namespace: {namespace}" if namespace else ""
        assert bool(taken({workload: pod(of=of), source: config_map(of=of)})) is is_found
        assert not taken({workload: pod(of=", namespace: bus"), source: config_map(of=of)})


def test_one_of_two_objects_is_known_by_its_file() -> None:
    both = {"pod.yaml": pod(), "a.yaml": config_map(), "b.yaml": config_map("pg://b.bus.svc")}
    assert names(both) == []
    both["pod.yaml"] += "---\n" + config_map("pg://c.bus.svc")
    assert names(both) == ["c.bus.svc"]
    both["pod.yaml"] += "---\n" + config_map("pg://d.bus.svc")
    assert names(both) == []


def test_the_secret_of_an_external_secret_is_known_by_its_target() -> None:
    secret = (
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: cart, namespace: shop}\nspec:\n"
        "  target:\n    name: cart-secret\n    template:\n      data:\n"
        '        DB_URL: "pg://{{ .user }}:{{ .password | b64dec }}@db.bus.svc/{{ .name }}"\n'
        "        OTHER_URL: http://api.{{ .zone }}.svc\n"
    )
    takes = "    envFrom: [{secretRef: {name: %s}}]"
    assert names({"pod.yaml": pod(takes % "cart-secret"), "es.yaml": secret}) == ["db.bus.svc"]
    assert names({"pod.yaml": pod(takes % "cart"), "es.yaml": secret}) == []
    plain = config_map(name="cart-secret").replace("ConfigMap", "Secret").replace("\ndata", "\nstringData")
    assert names({"pod.yaml": pod(takes % "cart-secret"), "es.yaml": plain}) == ["db.bus.svc"]
    # which of the two is there is not known
    assert names({"pod.yaml": pod(takes % "cart-secret"), "es.yaml": secret, "s.yaml": plain}) == []
    encoded = plain.replace("stringData", "data") + "stringData:\n  A: b.c\n"
    assert names({"pod.yaml": pod(takes % "cart-secret"), "es.yaml": encoded}) == []


def late(cluster: Cluster) -> dict[str, Document]:
    return {each.path: each for each in cluster.documents if isinstance(each, LateDocument)}


def test_only_what_a_container_names_is_read() -> None:
    others = {f"cm-{number}.yaml": config_map(name=f"cart-{number}") for number in range(3)}
    cluster = cluster_of({"pod.yaml": pod(), "cm.yaml": config_map(), **others})
    for _, workload in cluster.of(Workload):
        assert len(list(cluster.taken_names(workload, workload.containers))) == 1
    assert [path for path, each in late(cluster).items() if each.object is not None] == ["pod.yaml", "cm.yaml"]


def test_the_name_of_an_object_may_be_written_in_any_way() -> None:
    written = config_map(name='"c\\x61rt"')
    cluster = cluster_of({"cm.yaml": written})
    assert [each.name for each in cluster.documents] == [""]
    assert names({"pod.yaml": pod(), "cm.yaml": written}) == ["db.bus.svc"]
    # a value that is a list is none, and a document that does not parse is not there
    assert names({"pod.yaml": pod(), "cm.yaml": config_map("pg://a.svc\n  B: [c.d]")}) == ["a.svc"]
    assert names({"pod.yaml": pod(), "cm.yaml": config_map("pg://a.svc\n B: [")}) == []


def test_so_many_variables_of_a_pod_are_looked_at() -> None:
    many = "".join(f"  D{number}_URL: http://b{number}.bus.svc\n" for number in range(MOST_VARIABLES + 9))
    files = {"pod.yaml": pod(), "cm.yaml": config_map() + many}
    assert names(files) == ["db.bus.svc", *(f"b{number}.bus.svc" for number in range(MOST_VARIABLES - 1))]
    files["pod.yaml"] = pod(f"{FROM}\n  - name: other\n    image: i\n{FROM}")
    assert len(names(files)) == MOST_VARIABLES


def test_a_name_in_a_config_map_is_found_for_each_pod_and_suppressed_there() -> None:
    config = config_map("pg://db.bus.svc.cluster.local")
    files = {"a.yaml": pod(), "b.yaml": pod().replace("name: cart,", "name: b,"), "cm.yaml": config}
    result = run(files, select=("KPL101",))
    assert [each.path for each in result.findings] == ["a.yaml", "b.yaml"]
    assert [each.source.path for each in result.findings[0].related] == ["cm.yaml"]
    files["a.yaml"] = files["a.yaml"].replace("{name: cart}", "{name: cart} # kpl: ignore[KPL101] as we like it")
    result = run(files, select=("KPL101",))
    assert ([each.path for each in result.findings], result.silenced) == (["b.yaml"], 1)

"""Which pods a Service selects, and which Service a name means."""

from __future__ import annotations

import pytest

from kpl.cluster import Cluster
from kpl.cluster.servicemap import ServiceMap
from support import readings

SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: %s%s}\nspec: {selector: {app: %s}, ports: [{port: 80}]}\n---\n"
)
PODS = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s%s}\nspec:\n  template:\n"
    "    metadata: {labels: {app: %s}}\n    spec: {containers: [{name: a, image: registry.example/a}]}\n---\n"
)
SHOP = ", namespace: shop"


def service(name: str, namespace: str = SHOP, app: str = "") -> str:
    return SERVICE % (name, namespace, app or name)


def pods(name: str, namespace: str = SHOP, app: str = "") -> str:
    return PODS % (name, namespace, app or name)


def services_of(files: dict[str, str]) -> ServiceMap:
    return Cluster([document for each in readings(files) for document in each.documents]).service_map


def selected(files: dict[str, str]) -> list[tuple[str, bool]]:
    known = services_of(files)
    (served,) = known.services
    found = [(str(each.workload.name), each.certain) for each in known.selected(*served)]
    assert known.is_selecting(*served) is bool(found)
    fresh = services_of(files)
    assert fresh.is_selecting(*fresh.services[0]) is bool(found)
    return found


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a.yaml": service("cart") + pods("cart")}, [("cart", True)]),
        ({"a.yaml": service("cart") + pods("cart", app="basket")}, []),
        ({"a.yaml": service("cart") + pods("cart", ", namespace: back")}, []),
        # a namespace that is set elsewhere may be any
        ({"a.yaml": service("cart") + pods("cart", "")}, [("cart", False)]),
        ({"a.yaml": service("cart", "") + pods("cart", "")}, [("cart", True)]),
        ({"a/s.yaml": service("cart", ""), "b/p.yaml": pods("cart", "")}, [("cart", False)]),
        # its own folder comes first
        ({"b/p.yaml": pods("far", app="cart"), "c/s.yaml": service("cart"), "c/p.yaml": pods("near", app="cart")},
         [("near", True), ("far", True)]),
        # a placeholder stands for any label
        ({"a.yaml": service("cart", app="'${APP}'") + pods("cart")}, []),
    ],
)  # fmt: skip
def test_whose_pods_are_selected(files: dict[str, str], found: list[tuple[str, bool]]) -> None:
    assert selected(files) == found


def test_workloads_beside_a_service_are_those_of_its_folder() -> None:
    known = services_of({"a/s.yaml": service("cart"), "a/p.yaml": pods("cart"), "b/s.yaml": service("web")})
    cart, web = known.services
    assert [str(each.name) for _, each in known.workloads_beside(cart.document)] == ["cart"]
    assert known.has_workloads_beside(cart.document)
    assert list(known.workloads_beside(web.document)) == []
    assert not known.has_workloads_beside(web.document)


def test_the_only_service_of_a_name() -> None:
    files = {"a/s.yaml": service("cart") + service("Web"), "b/s.yaml": service("cart", ", namespace: back")}
    known = services_of(files)
    document = known.services[0].document
    assert known.names == {"cart", "web"}
    assert (known.only("cart", "shop", document), known.only("cart", "back", document)) == (
        known.services[0],
        known.services[2],
    )
    assert known.only("cart", "edge", document) is None
    assert known.only("none", "shop", document) is None
    assert known.may_exist("cart", "shop")
    assert not known.may_exist("cart", "edge")
    assert [str(each.service.name) for each in known.in_scope(document, "shop")] == ["cart", "Web"]


def test_a_service_twice_or_with_a_namespace_from_elsewhere_is_not_the_only_one() -> None:
    twice = services_of({"a.yaml": service("cart") * 2})
    assert not twice.is_only(*twice.services[0])
    open_one = services_of({"a/s.yaml": service("cart"), "b/s.yaml": service("cart", "")})
    assert [open_one.is_only(*each) for each in open_one.services] == [False, False]
    assert open_one.may_exist("cart", "anywhere")
    named = services_of({"a.yaml": service("cart", ", namespace: '${NS}'") + service("'{{ x }}'")})
    assert named.services == []

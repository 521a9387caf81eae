"""The resolver model against the tables of the documentation."""

from __future__ import annotations

import pytest

from kpl.resolver.search import GLIBC, MUSL, NameKind, Resolver, absolute_name, pod_search

SEARCH = pod_search("ns", "cluster.local")
GKE = (*SEARCH, "c.project.internal", "google.internal")
BOTH = (GLIBC, MUSL)


def test_pod_search() -> None:
    assert SEARCH == ("ns.svc.cluster.local", "svc.cluster.local", "cluster.local")
    assert pod_search("ns", "corp.example.") == ("ns.svc.corp.example", "svc.corp.example", "corp.example")


@pytest.mark.parametrize("libc", BOTH)
@pytest.mark.parametrize(
    ("name", "kind", "search", "ndots", "names", "packets"),
    [
        ("svc", NameKind.SERVICE, SEARCH, 5, 1, 2),
        ("svc.ns", NameKind.NAMESPACED, SEARCH, 5, 2, 4),
        ("svc.ns.svc", NameKind.PARTIAL, SEARCH, 5, 3, 6),
        ("svc.ns.svc.cluster.local", NameKind.CLUSTER, SEARCH, 5, 4, 8),
        ("svc.ns.svc.cluster.local.", NameKind.CLUSTER, SEARCH, 5, 1, 2),
        ("pod-0.svc.ns.svc.cluster.local", NameKind.CLUSTER, SEARCH, 5, 1, 2),
        ("google.com", NameKind.EXTERNAL, SEARCH, 5, 4, 8),
        ("api.example.com", NameKind.EXTERNAL, SEARCH, 5, 4, 8),
        ("api.example.com", NameKind.EXTERNAL, (*SEARCH, "lan"), 5, 5, 10),
        ("api.example.com", NameKind.EXTERNAL, GKE, 5, 6, 12),
        ("api.example.com", NameKind.EXTERNAL, SEARCH, 2, 1, 2),
        ("google.com", NameKind.EXTERNAL, SEARCH, 2, 4, 8),
        ("google.com", NameKind.EXTERNAL, SEARCH, 1, 1, 2),
        ("google.com.", NameKind.EXTERNAL, SEARCH, 5, 1, 2),
        ("svc", NameKind.SERVICE, SEARCH, 2, 1, 2),
        ("svc.ns", NameKind.NAMESPACED, SEARCH, 2, 2, 4),
        ("svc.ns.svc", NameKind.PARTIAL, SEARCH, 3, 3, 6),
    ],
)
def test_cost(
    libc: str, name: str, kind: NameKind, search: tuple[str, ...], ndots: int, names: int, packets: int
) -> None:
    exists = absolute_name(name, kind, "ns", "cluster.local")
    resolver = Resolver(search, ndots, libc)
    assert resolver.names_tried(name).index(exists) + 1 == names
    assert resolver.queries(name, exists) == packets
    assert resolver.queries(name, lambda each: each == exists) == packets


def test_order_below_ndots() -> None:
    for libc in BOTH:
        assert Resolver(SEARCH, 5, libc).names_tried("api.example.com") == [
            "api.example.com.ns.svc.cluster.local",
            "api.example.com.svc.cluster.local",
            "api.example.com.cluster.local",
            "api.example.com",
        ]


def test_order_at_ndots() -> None:
    glibc, musl = (Resolver(SEARCH, 2, libc) for libc in BOTH)
    assert glibc.names_tried("svc.ns.svc") == [
        "svc.ns.svc",
        "svc.ns.svc.ns.svc.cluster.local",
        "svc.ns.svc.svc.cluster.local",
        "svc.ns.svc.cluster.local",
    ]
    assert glibc.queries("svc.ns.svc", "svc.ns.svc.cluster.local") == 8
    assert musl.names_tried("svc.ns.svc") == ["svc.ns.svc"], "musl never comes to the search list"
    assert musl.queries("svc.ns.svc", "svc.ns.svc.cluster.local") == 2


def test_name_that_does_not_exist() -> None:
    assert Resolver(SEARCH, 5, GLIBC).queries("no.such.host", lambda name: False) == 8
    assert Resolver(SEARCH, 2, GLIBC).queries("no.such.host", lambda name: False) == 8
    assert Resolver(SEARCH, 2, MUSL).queries("no.such.host", lambda name: False) == 2


def test_ndots_is_capped() -> None:
    name = ".".join("abcdefghijklmnop")
    assert name.count(".") == 15
    assert Resolver(SEARCH, 100, MUSL).names_tried(name) == [name]


def test_the_root_on_the_search_list() -> None:
    assert Resolver(("lan", "."), 5, GLIBC).names_tried("host") == ["host.lan", "host"]
    assert Resolver(("lan", "."), 1, GLIBC).names_tried("host.lan") == ["host.lan", "host.lan.lan", "host.lan"]
    assert Resolver((".", "lan"), 5, MUSL).names_tried("host") == ["host.lan", "host"]


def test_musl_passes_over_a_long_search_line() -> None:
    fits = ("d" * 247,)
    assert Resolver(fits, 5, MUSL).names_tried("host") == [f"host.{fits[0]}", "host"]
    too_long = ("d" * 248,)
    assert Resolver(too_long, 5, MUSL).names_tried("host") == ["host"]
    assert Resolver(too_long, 5, GLIBC).names_tried("host") == [f"host.{too_long[0]}", "host"]


def test_what_is_reached() -> None:
    for kind, name in (
        (NameKind.SERVICE, "svc"),
        (NameKind.NAMESPACED, "svc.ns"),
        (NameKind.PARTIAL, "svc.ns.svc."),
        (NameKind.CLUSTER, "svc.ns.svc.cluster.local."),
    ):
        assert kind.value == name.removesuffix(".")
        assert absolute_name(name, kind, "ns", "cluster.local.") == "svc.ns.svc.cluster.local"
    assert absolute_name("api.example.com.", NameKind.EXTERNAL, "ns", "cluster.local") == "api.example.com"


@pytest.mark.parametrize(("dots", "first"), [(14, False), (15, True), (16, True)])
def test_both_resolvers_take_fifteen_for_a_larger_ndots(dots: int, first: bool) -> None:
    name = "a" + ".a" * dots
    for libc in BOTH:
        assert (Resolver(("lan",), 99, libc).names_tried(name)[0] == name) is first


def test_another_ndots() -> None:
    resolver = Resolver(SEARCH, 5, MUSL)
    assert resolver.with_ndots(2) == Resolver(SEARCH, 2, MUSL)

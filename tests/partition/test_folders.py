"""Which folders hold a cluster each."""

from __future__ import annotations

import os

import pytest

from kpl.clusters.folders import folders_of, parted, places


def found(*shown: dict[str, str], others: str = "") -> dict[str, list[str]]:
    """The places by name: of each thing that a cluster has once, which one each folder shows (`a b` for two)."""
    tables = [{_folder(path): set(values.split()) for path, values in each.items()} for each in shown]
    folders = {folder for table in tables for folder in table} | {_folder(path) for path in others.split()}
    return {each.name: ["/".join(folder) for folder in each.folders] for each in places(parted(tables), folders)}


def _folder(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def test_one_thing_in_several_folders_is_one_cluster() -> None:
    assert found({"a": "1", "b": "1"}) == {}
    assert found({"a": "1 2", "b": "1 2"}) == {}
    assert found({"a": "1 2"}) == {}
    assert found({}) == {}


def test_different_things_part_the_folders_below_the_one_that_both_are_in() -> None:
    assert found({"x/a": "1", "x/b/y": "2"}) == {"a": ["x/a"], "b": ["x/b"]}
    assert found({"a": "1", "b": "2", "c": "1"}) == {"a": ["a"], "b": ["b"], "c": ["c"]}
    # what is shown only next to one of them does not part it
    assert found({"a": "1", "b": "2"}, {"a/x": "1", "a/y": "1"}) == {"a": ["a"], "b": ["b"]}


def test_clusters_lie_at_any_depth() -> None:
    assert found({"prod/eu": "1", "prod/us": "2", "test": "3"}) == {
        "eu": ["prod/eu"],
        "us": ["prod/us"],
        "test": ["test"],
    }


def test_the_files_directly_in_a_folder_are_a_cluster() -> None:
    assert found({"x": "1", "x/old": "2"}) == {"x/.": ["x/."], "old": ["x/old"]}
    assert found({"": "1", "old": "2"}) == {".": ["."], "old": ["old"]}


def test_folders_that_part_alike_are_of_the_same_clusters() -> None:
    shown = {"apps/prod": "1", "apps/test": "2", "infra/prod": "1", "infra/test": "2"}
    clusters = {"prod": ["apps/prod", "infra/prod"], "test": ["apps/test", "infra/test"]}
    assert found(shown) == clusters
    # where one of them shows nothing at all
    assert found({"apps/prod": "1", "apps/test": "2"}, others="infra/prod infra/test infra/base") == clusters
    assert found({"apps/prod": "1", "apps/test": "2"}, others="infra/prod docs/prod") == {
        "prod": ["apps/prod"],
        "test": ["apps/test"],
    }


def test_clusters_of_the_same_name_in_different_places_have_longer_names() -> None:
    assert found({"x/a": "1", "x/b": "2", "y/a": "3", "y/b": "4"}) == {
        "x/a": ["x/a"],
        "x/b": ["x/b"],
        "y/a": ["y/a"],
        "y/b": ["y/b"],
    }


@pytest.mark.parametrize("paths", [["a/x.yaml", "a/b/y.yaml"], ["./a/x.yaml", "a/b/../b/y.yaml"]])
def test_folders_are_told_from_the_one_that_all_are_in(paths: list[str]) -> None:
    assert list(folders_of(paths).values()) == [(), ("b",)]
    assert folders_of([]) == {}
    assert folders_of([os.path.abspath("a/x.yaml"), "b/y.yaml"]) == {
        os.path.abspath("a/x.yaml"): ("a",),
        "b/y.yaml": ("b",),
    }


def test_what_lies_beside_parted_folders_is_of_none() -> None:
    # folders that show nothing, and one that has only one of the names
    assert found({"a": "1", "b": "2"}, others="c x/a") == {"a": ["a"], "b": ["b"]}
    # two of the names are enough to be of the same clusters, wherever that is
    assert found({"a": "1", "b": "2", "c": "3"}, others="x/y/a x/y/b") == {
        "a": ["a", "x/y/a"],
        "b": ["b", "x/y/b"],
        "c": ["c"],
    }


def test_the_same_files_beside_folders() -> None:
    assert found({"": "1", "a": "1"}) == {}
    assert found({"": "1", "a": "1", "b": "2"}) == {".": ["."], "a": ["a"], "b": ["b"]}
    assert found({"x": "1", "x/a": "2", "y": "1"}) == {"x/.": ["x/."], "a": ["x/a"], "y": ["y"]}


def test_each_thing_parts_on_its_own() -> None:
    assert found({"a": "1", "b": "2"}, {"b/x": "3", "b/y": "4"}) == {"a": ["a"], "x": ["b/x"], "y": ["b/y"]}
    assert found({"a": "1", "b": "1"}, {"a": "3", "b": "4"}) == {"a": ["a"], "b": ["b"]}
    assert found({"a/x": "1", "b/x": "2", "a/y": "1"}) == {"a": ["a"], "b": ["b"]}

"""Which files a glob of .kpl.yaml names."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpl.text.globs import glob_matches


@pytest.mark.parametrize(
    ("glob", "matches", "others"),
    [
        ("a.yaml", ["a.yaml", "x/a.yaml", "x/y/a.yaml"], ["b.yaml", "a.yaml.txt", "xa.yaml"]),
        ("*.yaml", ["a.yaml", "x/a.yaml"], ["a.yml"]),
        ("x/*.yaml", ["x/a.yaml"], ["a.yaml", "x/y/a.yaml", "y/x/a.yaml"]),
        ("./x/a.yaml", ["x/a.yaml"], ["y/x/a.yaml"]),
        ("/a.yaml", ["a.yaml"], ["x/a.yaml"]),
        ("x/**/a.yaml", ["x/a.yaml", "x/y/a.yaml", "x/y/z/a.yaml"], ["a.yaml", "y/x/a.yaml", "x/b.yaml"]),
        ("**/x/a.yaml", ["x/a.yaml", "y/x/a.yaml", "z/y/x/a.yaml"], ["a.yaml", "x/y/a.yaml"]),
        ("x", ["x", "x/a.yaml", "y/x/a.yaml", "x/y/z"], ["xx/a.yaml", "a/xx"]),
        ("x/", ["x/a.yaml", "x/y/z", "y/x/b"], ["xx/a.yaml"]),
        ("x/y", ["x/y", "x/y/a.yaml"], ["x/a.yaml", "z/x/y/a.yaml"]),
        ("x**y", ["xay", "a/xy"], ["x/y"]),
        ("**.yaml", ["a.yaml", "x/y/a.yaml"], ["a.yml"]),
        ("[a].yaml", ["[a].yaml"], ["a.yaml"]),
        ("a?.yaml", ["ab.yaml"], ["a.yaml", "abc.yaml"]),
        ("**", ["a", "x/a"], []),
    ],
)
def test_what_a_glob_matches(tmp_path: Path, glob: str, matches: list[str], others: list[str]) -> None:
    root = str(tmp_path)
    assert [name for name in [*matches, *others] if glob_matches(str(tmp_path / name), [glob], root)] == matches


def test_one_of_several_is_enough_and_none_matches_nothing(tmp_path: Path) -> None:
    assert glob_matches(str(tmp_path / "a"), ["b", "a"], str(tmp_path))
    assert not glob_matches(str(tmp_path / "a"), [], str(tmp_path))
    assert not glob_matches(str(tmp_path / "b" / "a"), ["c/a", "b/c"], str(tmp_path))

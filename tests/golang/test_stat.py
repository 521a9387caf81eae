"""Paths that can be no file, as os.Stat of Go says on Linux; and those that are a folder anywhere."""

from __future__ import annotations

import pytest

from kpl.golang.stat import impossible_path, is_certain_folder

NAME = "a" * 255


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", None),
        ("a", None),
        ("a\0b", "invalid argument"),
        (NAME, None),
        (NAME + "a", "file name too long"),
        (f"/{NAME}/{NAME}", None),
        (f"/b/{NAME}a/c", "file name too long"),
        ("é" * 127, None),
        ("é" * 128, "file name too long"),
        ("/" * 4095, None),
        ("/" * 4096, "file name too long"),
    ],
)
def test_paths_that_can_be_no_file(path: str, why: str | None) -> None:
    assert impossible_path(path) == why


@pytest.mark.parametrize(
    ("path", "is_one"),
    [("", False), ("/", True), ("//", True), (".", True), ("..", True), ("a/..", True), ("a", False), ("../a", False)],
)
def test_folders_anywhere(path: str, is_one: bool) -> None:
    assert is_certain_folder(path) is is_one

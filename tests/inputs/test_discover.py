"""Which files a run looks at."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kpl.errors import UsageError
from kpl.inputs.discover import Found, discover, tracked
from support import POSIX


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder outside of any repository, with git's configuration out of reach."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def names(folder: Path, *paths: Path) -> list[str]:
    found = discover([str(path) for path in paths or (folder,)]).found
    return [os.path.relpath(each.path, folder).replace(os.sep, "/") for each in found]


def test_only_names_that_can_be_read_are_taken_from_a_folder(tree: Path) -> None:
    write(tree, "b/Corefile", "a.yaml", "README.md", "x.override", "main.go", "c/dump.iptables", "c/x.json.gz")
    assert sorted(names(tree)) == ["a.yaml", "b/Corefile", "c/dump.iptables", "c/x.json.gz", "x.override"]
    assert names(tree) == names(tree), "the order is stable"


def test_a_file_that_is_named_is_taken_whatever_it_is_called(tree: Path) -> None:
    write(tree, "README.md")
    assert discover([str(tree / "README.md")]).found == [Found(str(tree / "README.md"), True)]


def test_what_does_not_exist_is_an_error(tree: Path) -> None:
    with pytest.raises(UsageError, match="no such file or directory"):
        discover([str(tree / "nowhere")])


def test_what_git_ignores_is_left_out(tree: Path) -> None:
    git(tree, "init", "-q")
    write(tree, "new.yaml", "build/out.yaml", "a/b.yaml", "a/c.yaml", "größe.yaml")
    (tree / ".gitignore").write_text("build/\n")
    (tree / "a" / ".gitignore").write_text("c.yaml\n")
    assert sorted(names(tree)) == ["a/b.yaml", "größe.yaml", "new.yaml"]
    assert names(tree, tree / "a") == ["a/b.yaml"]
    assert names(tree, tree / "a" / "c.yaml") == ["a/c.yaml"], "named by the user"


def test_what_is_tracked_but_gone_is_no_file(tree: Path) -> None:
    git(tree, "init", "-q")
    write(tree, "gone.yaml", "here.yaml")
    git(tree, "add", ".")
    (tree / "gone.yaml").unlink()
    assert names(tree) == ["here.yaml"]


def test_a_repository_inside_of_a_repository_is_walked_with_its_own_ignores(tree: Path) -> None:
    git(tree, "init", "-q")
    inner = tree / "vendor" / "inner"
    inner.mkdir(parents=True)
    git(inner, "init", "-q")
    write(tree, "a.yaml", "vendor/inner/b.yaml", "vendor/inner/out.yaml")
    (inner / ".gitignore").write_text("out.yaml\n")
    assert names(tree) == ["a.yaml", "vendor/inner/b.yaml"]


def test_a_submodule_is_walked(tree: Path) -> None:
    git(tree, "init", "-q")
    inner = tree / "sub"
    inner.mkdir()
    git(inner, "init", "-q")
    write(tree, "sub/b.yaml")
    git(inner, "add", ".")
    git(inner, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x")
    git(tree, "add", "sub")
    assert names(tree) == ["sub/b.yaml"]


def test_a_submodule_that_is_not_initialized_is_walked(tree: Path) -> None:
    git(tree, "init", "-q")
    write(tree, "sub/b.yaml", "a.yaml")
    git(tree, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    assert names(tree) == ["a.yaml", "sub/b.yaml"]
    git(tree, "add", "a.yaml")
    assert [os.path.basename(each.path) for each in tracked(str(tree)).found] == ["a.yaml"]


def test_what_is_tracked(tree: Path) -> None:
    """What git has, and neither new files nor links: what these lead to is there itself."""
    write(tree, "a.yaml")
    assert tracked(str(tree)).found == []
    git(tree, "init", "-q")
    (tree / "link.yaml").symlink_to("a.yaml")
    write(tree, "main.go")
    git(tree, "add", ".")
    write(tree, "new.yaml")
    found = tracked(str(tree))
    assert found.found == [Found(str(tree / "a.yaml"), named=False)]
    assert (tree / ".git" / "index").write_bytes(b"broken")
    assert (tracked(str(tree)).found, tracked(str(tree)).notes) == ([], [])
    assert sorted(names(tree)) == ["a.yaml", "new.yaml"], "git cannot tell, so all files are walked"
    assert [each.partition(": ")[0] for each in discover([str(tree), str(tree)]).notes] == ["git failed"]


def test_an_index_of_the_other_hash_is_read(tree: Path) -> None:
    git(tree, "init", "-q", "--object-format=sha256")
    write(tree, "a.yaml", "b.yaml")
    (tree / ".gitignore").write_text("b.yaml\n")
    git(tree, "add", "a.yaml")
    found = discover([str(tree)])
    assert ([os.path.basename(each.path) for each in found.found], found.notes) == (["a.yaml"], [])


def test_what_is_excluded_in_the_repository_alone(tree: Path) -> None:
    git(tree, "init", "-q")
    write(tree, "a.yaml", "b.yaml")
    (tree / ".git" / "info").mkdir(exist_ok=True)
    (tree / ".git" / "info" / "exclude").write_text("b.yaml\n")
    assert names(tree) == ["a.yaml"]


def test_another_work_tree(tree: Path) -> None:
    git(tree, "init", "-q")
    write(tree, "a.yaml", "out.yaml")
    git(tree, "add", "a.yaml")
    git(tree, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x")
    other = tree.parent / "other"
    git(tree, "worktree", "add", "-q", str(other), "HEAD")
    write(other, "new.yaml", "ignored.yaml")
    (tree / ".git" / "info").mkdir(exist_ok=True)
    (tree / ".git" / "info" / "exclude").write_text("ignored.yaml\n")
    found = discover([str(other)])
    assert (sorted(os.path.basename(each.path) for each in found.found), found.notes) == (["a.yaml", "new.yaml"], [])


@pytest.mark.parametrize(
    ("broken", "note"),
    [
        ("HEAD", "is not a git directory"),
        ("objects", "is not a git directory"),
        ("index", "is not a regular file"),
        (".git", "is not a git directory"),
    ],
)
def test_a_repository_that_is_none(tree: Path, broken: str, note: str) -> None:
    git(tree, "init", "-q")
    write(tree, "a.yaml")
    place = tree / ".git" / broken if broken != ".git" else tree / ".git"
    if place.is_dir():
        shutil.rmtree(place)
    elif place.exists():
        place.unlink()
    if broken == "index":
        place.mkdir()
    if broken == ".git":
        place.write_text("nothing of git's\n")
    found = discover([str(tree)])
    assert [os.path.basename(each.path) for each in found.found] == ["a.yaml"]
    (said,) = found.notes
    assert note in said


def test_without_git_folders_of_tools_are_left_out(tree: Path) -> None:
    write(tree, "a.yaml", "node_modules/b.yaml", ".terraform/c.yaml", "deep/.venv/d.yaml", ".github/e.yaml")
    assert names(tree) == [".github/e.yaml", "a.yaml"] or names(tree) == ["a.yaml", ".github/e.yaml"]


def test_git_that_cannot_be_run_is_no_obstacle(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tree, "init", "-q")
    write(tree, "a.yaml")
    monkeypatch.setenv("PATH", str(tree))
    assert names(tree) == ["a.yaml"]


@pytest.mark.parametrize("repository", [False, True])
def test_links_that_go_round_or_nowhere_end(tree: Path, repository: bool) -> None:
    if repository:
        git(tree, "init", "-q")
    write(tree, "a/b.yaml")
    (tree / "a" / "up").symlink_to(tree)
    (tree / "a" / "me").symlink_to("me")
    (tree / "a" / "lost.yaml").symlink_to("nowhere.yaml")
    assert names(tree) == ["a/b.yaml"]


@pytest.mark.parametrize("repository", [False, True])
def test_each_real_file_is_taken_once(tree: Path, repository: bool) -> None:
    if repository:
        git(tree, "init", "-q")
    write(tree, "a/b.yaml")
    (tree / "a" / "same.yaml").symlink_to("b.yaml")
    file = tree / "a" / "b.yaml"
    assert len(names(tree, tree, tree / "a", file, file)) == 1


@POSIX
def test_what_is_no_regular_file_is_left_out(tree: Path) -> None:
    os.mkfifo(tree / "pipe.yaml")
    write(tree, "a.yaml")
    assert names(tree) == ["a.yaml"]


def test_a_path_is_given_back_as_it_was_written(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tree, "a/b.yaml")
    monkeypatch.chdir(tree)
    for given, expected in ((".", "a/b.yaml"), ("a", "a/b.yaml"), ("./a/b.yaml", "./a/b.yaml")):
        assert [each.path for each in discover([given]).found] == [expected]
    git(tree, "init", "-q")
    for given, expected in ((".", "a/b.yaml"), ("a", "a/b.yaml"), ("a/", "a/b.yaml")):
        assert [each.path for each in discover([given]).found] == [expected]

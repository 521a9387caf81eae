"""What a repository under lint may hold: nothing in it runs a command, leads out of the tree, or hangs."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kpl.inputs.coverage import Skipped, SkipReason
from kpl.inputs.discover import discover
from support import IS_ROOT, POSIX
from support import here as kpl

pytestmark = POSIX

BAD = ". {\n    forward . 9.9.9.9\n}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one Corefile, in a folder of its own."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    folder = tmp_path / "repo"
    (folder / "deploy").mkdir(parents=True)
    git(folder, "init", "-q")
    (folder / "deploy" / "Corefile").write_text(BAD)
    (folder / ".gitignore").write_text("build/\n")
    (folder / "deploy" / ".gitignore").write_text("secret/\n")
    git(folder, "add", ".")
    commit(folder)
    return folder


def git(folder: Path, *words: str, **environment: str) -> bytes:
    env = {**os.environ, **environment}
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, env=env).stdout


def commit(folder: Path) -> None:
    git(folder, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x")


def trap(folder: Path) -> tuple[Path, Path]:
    """A program that leaves a mark where it was run: the program, the mark."""
    program, mark = folder / "trap.sh", folder.parent / "it-ran"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 0\n")
    program.chmod(0o755)
    return program, mark


def set_config(folder: Path, *settings: tuple[str, str]) -> None:
    for name, value in settings:
        git(folder, "config", name, value)


def _fsmonitor(folder: Path, program: str) -> None:
    set_config(folder, ("core.fsmonitor", program))


def _hooks(folder: Path, program: str) -> None:
    hooks = folder / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout"):
        (hooks / name).symlink_to(program)
    set_config(folder, ("core.hooksPath", str(hooks)))


def _filters(folder: Path, program: str) -> None:
    (folder / ".gitattributes").write_text("* filter=trap diff=trap\n")
    set_config(
        folder, ("filter.trap.clean", program), ("filter.trap.process", program), ("filter.trap.required", "true")
    )


def _aliases_and_pagers(folder: Path, program: str) -> None:
    set_config(
        folder,
        ("alias.ls-files", f"!{program}"),
        ("core.pager", program),
        ("pager.ls-files", program),
        ("core.editor", program),
    )


def _diff_and_credentials(folder: Path, program: str) -> None:
    set_config(
        folder,
        ("diff.external", program),
        ("credential.helper", f"!{program}"),
        ("core.sshCommand", program),
        ("core.gitProxy", program),
        ("core.askPass", program),
    )


def _include(folder: Path, program: str) -> None:
    (folder / "more.cfg").write_text(f"[core]\n\tfsmonitor = {program}\n")
    set_config(folder, ("include.path", str(folder / "more.cfg")))


def _promisor(folder: Path, program: str) -> None:
    """The blob of a `.gitignore` that is not in the work tree is missing, and its remote is a command."""
    blob = git(folder, "rev-parse", ":deploy/.gitignore").decode().strip()
    git(folder, "update-index", "--skip-worktree", "deploy/.gitignore")
    (folder / "deploy" / "new").touch()  # of which git wants to know whether it is ignored
    (folder / "deploy" / ".gitignore").unlink()
    (folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    set_config(
        folder,
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", f"ext::sh {program}"),
        ("protocol.ext.allow", "always"),
        ("protocol.allow", "always"),
    )


def _promisor_by_ssh(folder: Path, program: str) -> None:
    _promisor(folder, program)
    set_config(folder, ("remote.origin.url", "ssh://host.invalid/x"), ("core.sshCommand", program))


HOSTILE = [
    _fsmonitor,
    _hooks,
    _filters,
    _aliases_and_pagers,
    _diff_and_credentials,
    _include,
    _promisor,
    _promisor_by_ssh,
]


@pytest.mark.parametrize("words", [("lint",), ("verify",), ("fix", "--check")])
@pytest.mark.parametrize("prepare", HOSTILE)
def test_no_configuration_of_a_repository_runs_a_command(
    repository: Path, prepare: Callable[[Path, str], None], words: tuple[str, ...]
) -> None:
    program, mark = trap(repository)
    prepare(repository, str(program))
    for start in (repository, repository / "deploy"):
        done = kpl(start, *words, ".")
        assert not mark.exists()
        assert b"checked" in done.stdout + done.stderr
        assert b"warning" not in done.stderr


def test_the_promisor_trap_works_on_git_itself(repository: Path) -> None:
    """Otherwise the tests above could not fail."""
    program, mark = trap(repository)
    _promisor(repository, str(program))
    subprocess.run(["git", "ls-files", "--others", "--exclude-standard"], cwd=repository / "deploy", check=False)
    assert mark.exists()


@pytest.mark.parametrize("words", [("lint",), ("verify",), ("fix", "--check")])
def test_a_bare_repository_inside_of_a_clone_is_a_folder_of_files(
    repository: Path, words: tuple[str, ...], tmp_path: Path
) -> None:
    program, mark = trap(repository)
    bare = repository / "deploy"
    (bare / ".git").mkdir()
    for name in ("HEAD", "objects", "refs", "config", "index"):
        (repository / ".git" / name).rename(bare / name)
    (bare / ".git").rmdir()
    (bare / ".gitignore").unlink()
    config = (bare / "config").read_text()
    (bare / "config").write_text(f"{config}\n\tworktree = .\n\tfsmonitor = {program}\n")
    outer = tmp_path / "clone"
    outer.mkdir()
    git(outer, "init", "-q")
    bare.rename(outer / "deploy")
    assert git(outer / "deploy", "rev-parse", "--git-dir", GIT_CONFIG_COUNT="0").strip() == b"."
    for start in (outer, outer / "deploy"):
        mark.unlink(missing_ok=True)
        done = kpl(start, *words, ".")
        assert not mark.exists()
        assert b"1 file checked" in done.stdout + done.stderr


def test_variables_of_git_do_not_lead_elsewhere(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    program, mark = trap(other)
    _fsmonitor(other, str(program))
    done = kpl(repository, "lint", ".", GIT_DIR=str(other / ".git"), GIT_WORK_TREE=str(other))
    assert b"1 file checked" in done.stdout
    assert not mark.exists()


def test_a_git_of_the_repository_is_not_run(repository: Path) -> None:
    program, mark = trap(repository)
    (repository / "git").symlink_to(program)
    done = kpl(repository, "lint", ".", PATH=os.pathsep.join(["", ".", os.environ["PATH"]]))
    assert not mark.exists()
    assert b"1 file checked" in done.stdout


def test_a_work_tree_elsewhere_hides_nothing(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    set_config(repository, ("core.worktree", str(tmp_path / "nothing")))
    assert b"1 file checked" in kpl(repository, "lint").stdout


@pytest.mark.parametrize("words", [("lint",), ("verify",), ("fix", "--check")])
def test_a_submodule_that_is_not_initialized_is_an_empty_folder(repository: Path, words: tuple[str, ...]) -> None:
    head = git(repository, "rev-parse", "HEAD").decode().strip()
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    (repository / "sub").mkdir()
    done = kpl(repository, *words)
    assert b"1 file checked" in done.stdout + done.stderr
    (repository / "sub" / "Corefile").write_text(BAD)
    done = kpl(repository, *words)
    assert b"2 files checked" in done.stdout + done.stderr, "git does not list it"


def test_a_linked_work_tree_and_its_ignores(repository: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "-q", str(linked))
    (repository / ".git" / "info" / "exclude").write_text("out/\n")
    for folder in ("out", "build", "deploy/secret"):
        (linked / folder).mkdir(parents=True)
        (linked / folder / "Corefile").write_text(BAD)
    assert b"1 file checked" in kpl(linked, "lint").stdout


def test_a_repository_of_another_user_is_read(repository: Path) -> None:
    """git refuses it (safe.directory), because of its configuration, which kpl does not let it read."""
    if not IS_ROOT:
        pytest.skip("only root can give files away")
    (repository / "build").mkdir()
    (repository / "build" / "Corefile").write_text(BAD)
    for path in (repository, *repository.rglob("*")):
        os.lchown(path, 65534, 65534)
    refused = subprocess.run(["git", "-C", str(repository), "ls-files"], check=False, capture_output=True)
    assert refused.returncode != 0
    done = kpl(repository, "lint", ".")
    assert b"1 file checked" in done.stdout
    assert done.stderr == b""


def test_that_git_could_not_be_asked_is_said_once(repository: Path) -> None:
    (repository / "build").mkdir()
    (repository / "build" / "Corefile").write_text(BAD)
    done = kpl(repository, "lint", ".", PATH="/nonexistent")
    assert b"2 files checked" in done.stdout
    assert done.stderr == b"kpl: warning: git is not installed, so files that git ignores are checked too\n"
    (repository / ".git" / "index").write_bytes(b"no index")
    done = kpl(repository, "lint", ".")
    assert b"2 files checked" in done.stdout
    assert done.stderr.count(b"warning") == 1
    assert b"index" in done.stderr


def test_a_sha256_repository_is_read(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    (tmp_path / "Corefile").write_text(BAD)
    git(tmp_path, "add", ".")
    done = kpl(tmp_path, "lint")
    assert (done.stderr, done.returncode) == (b"", 1)


# --- links

UNFIXED = ". {\n    forward . 9.9.9.9\n    log\n    log\n}\n"


@pytest.mark.parametrize("tracked", [False, True])
def test_what_a_link_shows_outside_of_the_folder_is_neither_read_nor_written(
    repository: Path, tmp_path: Path, tracked: bool
) -> None:
    (tmp_path / "out").mkdir()
    outside = tmp_path / "out" / "secret"
    outside.write_text(BAD)
    (repository / "Corefile.secret").symlink_to("../out/secret")
    if tracked:
        git(repository, "add", ".")
    (repository / "deploy" / "Corefile").unlink()
    for words in (("lint", "."), ("fix", "."), ("verify", ".")):
        done = kpl(repository, *words, "--show-skipped")
        assert outside.read_text() == BAD
        assert b"Corefile.secret: not checked: it is a symbolic link" in done.stdout + done.stderr
        assert b"9.9.9.9" not in done.stdout + done.stderr
    kpl(repository, "fix", "Corefile.secret")
    assert outside.read_text() != BAD, "named by the user"


def test_a_tracked_folder_that_is_a_link_now(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "Corefile").write_text(BAD)
    (repository / "deploy" / "Corefile").unlink()
    (repository / "deploy" / ".gitignore").unlink()
    (repository / "deploy").rmdir()
    (repository / "deploy").symlink_to(tmp_path / "out")
    done = kpl(repository, "fix", ".", "--show-skipped")
    assert b"leads out of the directory" in done.stderr
    assert (tmp_path / "out" / "Corefile").read_text() == BAD


def test_links_within_the_folder_are_followed(repository: Path) -> None:
    (repository / "base").mkdir()
    (repository / "base" / "corefile-text").write_text(BAD)
    (repository / "deploy" / "Corefile").unlink()
    (repository / "deploy" / "Corefile").symlink_to("../base/corefile-text")
    assert b"1 file checked" in kpl(repository, "lint", ".").stdout
    assert b"leads" not in kpl(repository, "lint", ".").stdout


@pytest.mark.parametrize("named", [False, True])
def test_devices_and_pipes_do_not_hang(repository: Path, named: bool) -> None:
    (repository / "Corefile.zero").symlink_to("/dev/zero")
    os.mkfifo(repository / "Corefile.pipe")
    git(repository, "add", "Corefile.zero")
    done = kpl(repository, "lint", *(["Corefile.zero", "deploy"] if named else ["."]))
    assert b"1 file checked" in done.stdout
    assert done.returncode == (2 if named else 1)


# --- .kpl.yaml


def test_a_configuration_that_leads_out_of_the_repository_is_not_read(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "shadow").write_text("root:$6$secret:19000:0:99999:7:::\n")
    (repository / ".kpl.yaml").symlink_to("../shadow")
    for command in ("lint", "fix", "verify"):
        done = kpl(repository, command, ".")
        assert done.returncode == 2
        assert b"secret" not in done.stdout + done.stderr
        assert b".kpl.yaml is a symbolic link to a file outside the repository" in done.stderr
    done = kpl(repository, "lint", "--config", str(tmp_path / "shadow"), ".")
    assert done.returncode == 2
    assert b"secret" not in done.stdout + done.stderr
    assert b"not a kpl configuration" in done.stderr


def test_a_configuration_that_anybody_may_have_written_is_not_read(tmp_path: Path) -> None:
    shared = tmp_path / "tmp"
    (shared / "work").mkdir(parents=True)
    (shared / "work" / "Corefile").write_text(BAD)
    (shared / ".kpl.yaml").write_text("ignore: [KPL]\n")
    assert kpl(shared / "work", "lint").returncode == 0
    shared.chmod(0o1777)
    done = kpl(shared / "work", "lint")
    assert done.returncode == 1
    assert b"everyone can write" in done.stderr
    (shared / ".git").mkdir()
    assert kpl(shared / "work", "lint").returncode == 1, "anybody may have made that a repository"
    assert kpl(shared / "work", "lint", "--config", "../.kpl.yaml").returncode == 0


@pytest.mark.skipif(not IS_ROOT, reason="needs root, who then becomes nobody")
@pytest.mark.parametrize("is_repository", [False, True])
def test_a_folder_without_permission_is_said(repository: Path, is_repository: bool) -> None:
    import shutil
    import subprocess as _  # noqa: F401  # nobody may not be able to import it
    import tempfile
    from concurrent.futures import ProcessPoolExecutor

    import kpl.inputs.gitfiles  # noqa: F401

    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        shutil.copytree(repository, folder / "repo")
        (folder / "repo" / "closed").mkdir()
        if not is_repository:
            shutil.rmtree(folder / "repo" / ".git")
        for path in (folder, *folder.rglob("*")):
            os.lchown(path, 65534, 65534)
        (folder / "repo" / "closed").chmod(0)
        with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
            skipped, found = pool.submit(_discover_as_nobody, str(folder / "repo")).result()
        assert [os.path.basename(each) for each in found] == ["Corefile"]
        assert [
            (os.path.basename(each.path), each.reason, each.detail) for each in skipped if each.reason.is_failure
        ] == [("closed", SkipReason.UNREADABLE, "is not readable: Permission denied")]
    finally:
        shutil.rmtree(folder)


def _discover_as_nobody(folder: str) -> tuple[list[Skipped], list[str]]:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    discovery = discover([folder])
    return discovery.skipped, [each.path for each in discovery.found]

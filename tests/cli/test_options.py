"""What the options, the configuration and the place of the files make of a run, piece by piece."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kpl.cli import context, load, options
from kpl.cli.load import (
    add_empty_arguments,
    find_files,
    halves,
    is_checked,
    is_much,
    joined,
    read_files,
    tell_of_coverage,
)
from kpl.cli.options import (
    configured,
    container_facts,
    find_config,
    given_facts,
    own_config,
    repository_of,
    settings_from,
    version_option,
    with_options,
)
from kpl.cli.partition import find_clusters
from kpl.clusters.partition import Named
from kpl.errors import UsageError
from kpl.facts import COMMAND_LINE, Facts, Origin
from kpl.inputs.coverage import Coverage, Skipped, SkipReason
from kpl.inputs.discover import Found
from kpl.lint.settings import Settings
from kpl.text.version import Version
from samples import BAD, COREFILE, POD
from support import POSIX, here, readings

TOLD: dict[str, Any] = {
    **dict.fromkeys(("target", "env_file", "as_kind", "stdin_filename", "config")),
    **dict.fromkeys(("plugins", "assume_file", "env"), ()),
    **dict.fromkeys(("no_config", "no_context", "no_cache", "allow_empty", "show_skipped"), False),
}
CHOSEN = {"profile": None, "select": (), "extend_select": (), "ignore": ()}


def tree(folder: Path, **texts: str) -> None:
    """Files by their paths, with ``__`` for the slash."""
    for name, text in texts.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


# --- facts


@pytest.mark.parametrize(
    ("told", "facts"),
    [
        ({}, {}),
        ({"nodes": 0, "services": 3, "endpoints": 5, "libc": "musl", "node": "a"},
         {"nodes": 0, "services": 3, "endpoints": 5, "libc": "musl", "node": "a"}),
        ({"node_local_dns": False}, {"node_local_dns": False}),
        ({"cluster_ndots": 2, "cluster_domain": "a.b"}, {"ndots": 2, "cluster_domain": "a.b"}),
        ({"kubernetes_version": "v1.30", "coredns_version": "1.9.3", "kernel": "6.1"},
         {"kubernetes": Version("1.30"), "coredns": Version("1.9.3"), "kernel": Version("6.1")}),
        ({"target": "coredns"}, {"target": "coredns"}),
        ({"plugins": ("a,b c", "d")}, {"external_plugins": frozenset("abcd")}),
        ({"assume_file": ("/a b", "/c")}, {"assumed_files": frozenset({"/a b", "/c"})}),
        ({"env": ("A=1", "B=", "C=x=y", "A=2")}, {"environment": {"A": "2", "B": "", "C": "x=y"}}),
    ],
)  # fmt: skip
def test_what_the_command_line_tells(told: dict[str, Any], facts: dict[str, Any]) -> None:
    assert given_facts({**TOLD, **told}) == facts


def test_the_variables_of_a_file_come_before_those_of_options(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("# a comment\n\n  # another\nA=1\nB = 2\n#C=3\nD='x'\n")
    told = container_facts({**TOLD, "env_file": str(path), "env": ("A=9",)})
    assert told["environment"] == {"A": "9", "B ": " 2", "D": "'x'"}
    path.write_text("")
    assert container_facts({**TOLD, "env_file": str(path)})["environment"] == {}
    assert "environment" not in container_facts(TOLD)


@pytest.mark.parametrize(
    ("text", "told"), [("A=1\n\nB\n", "{path}:3: expected NAME=VALUE"), ("=1\n", "{path}:1: expected NAME=VALUE")]
)
def test_a_line_that_assigns_nothing_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "env"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        container_facts({**TOLD, "env_file": str(path)})
    assert str(caught.value) == told.format(path=path)
    with pytest.raises(UsageError, match=r"none: No such file or directory"):
        container_facts({**TOLD, "env_file": str(tmp_path / "none")})
    with pytest.raises(UsageError, match=r"^--env: expected NAME=VALUE$"):
        container_facts({**TOLD, "env": ("A",)})


def test_a_version_that_is_none_is_told() -> None:
    assert version_option({}, "kernel") is None
    with pytest.raises(UsageError, match=r"^--coredns-version: 'new' is not a version$"):
        version_option({"coredns_version": "new"}, "coredns_version")


# --- rules and settings


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({}, (["A"], ["B"], ["C"])),
        ({"select": ("X",)}, (["X"], [], [])),
        ({"extend_select": ("X,Y",)}, (["A"], ["B", "X", "Y"], ["C"])),
        ({"ignore": ("X", "Y Z")}, (["A"], ["B"], ["C", "X", "Y", "Z"])),
        ({"select": ("X",), "extend_select": ("Y",), "ignore": ("Z",)}, (["X"], ["Y"], ["Z"])),
        ({"profile": "all"}, ([], ["B"], ["C"])),
        ({"profile": "all", "extend_select": ("Y",), "ignore": ("Z",)}, ([], ["B", "Y"], ["C", "Z"])),
        ({"profile": "all", "select": ("X",)}, (["X"], [], [])),
    ],
)
def test_rules_of_the_command_line_and_of_the_configuration(given: dict[str, Any], made: tuple[list[str], ...]) -> None:
    settings = Settings(profile="strict", select=["A"], extend=["B"], ignore=["C"])
    made_of = with_options(settings, {**TOLD, **CHOSEN, **given})
    assert (list(made_of.select), list(made_of.extend), list(made_of.ignore)) == made
    assert made_of.profile == given.get("profile", "strict")


def test_a_command_without_rules_leaves_those_of_the_configuration() -> None:
    settings = with_options(Settings(select=["A"], ignore=["C"]), TOLD)
    assert (settings.select, settings.ignore) == (["A"], ["C"])


def test_the_command_line_is_over_the_facts_of_every_cluster() -> None:
    facts = Facts().told({"nodes": 3, "services": 5}, Origin(".kpl.yaml", 1))
    settings = Settings(facts=facts, clusters=[Named("east", ["e"], "", facts)])
    made = with_options(settings, {**TOLD, "nodes": 9, "coredns_version": "1.9.3"})
    for each in (made.facts, made.clusters[0].facts):
        assert (each.nodes, each.services, each.coredns) == (9, 5, Version("1.9.3"))
        assert each.origins == {
            "nodes": COMMAND_LINE,
            "services": Origin(".kpl.yaml", 1),
            "coredns": COMMAND_LINE,
        }


@pytest.mark.parametrize(
    ("paths", "complete"), [((), True), ((".",), True), (("a",), False), (("a", "."), True), (("-",), False)]
)
def test_a_run_over_a_repository_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: tuple[str, ...], complete: bool
) -> None:
    tree(tmp_path, a__Corefile="", **{".git__x": ""})
    monkeypatch.chdir(tmp_path)
    assert settings_from({**TOLD, **CHOSEN}, paths).complete is complete
    with pytest.raises(UsageError, match=r"no rule is called `x`"):
        settings_from({**TOLD, **CHOSEN, "ignore": ("x",)}, paths)


def test_which_configuration_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, **{".kpl.yaml": "select: [KPL1]\n", "own.yaml": "select: [KPL2]\n"})
    monkeypatch.chdir(tmp_path)
    assert list(configured(TOLD, ()).select) == ["KPL1"]
    assert list(configured({**TOLD, "config": "own.yaml"}, ()).select) == ["KPL2"]
    none = configured({**TOLD, "no_config": True, "config": "own.yaml"}, ())
    assert (none.select, none.root, none.configured) == ((), str(tmp_path), False)


@POSIX
def test_the_repository_of_a_folder(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert repository_of(str(inner)) is None
    (tmp_path / ".git").mkdir()
    assert repository_of(str(inner)) == repository_of(str(tmp_path)) == str(tmp_path)
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere\n")
    assert repository_of(str(inner)) == str(tmp_path / "a")
    # where anybody may have put it, it is nobody's
    (tmp_path / "a").chmod(0o1777)
    assert repository_of(str(inner)) == str(tmp_path)
    (tmp_path / "a").chmod(0o777)
    assert repository_of(str(inner)) == str(tmp_path / "a"), "a group of people may share a folder"


@POSIX
def test_a_configuration_is_one_s_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a" / ".kpl.yaml"
    path.parent.mkdir()
    path.write_text("")
    assert own_config(str(path), None) == "a/.kpl.yaml"
    path.parent.chmod(0o777)
    assert own_config(str(path), None) is None
    said = "kpl: warning: a/.kpl.yaml is ignored because everyone can write to "
    assert capsys.readouterr().err == f"{said}{path.parent}; use `--config` to load it\n"
    assert own_config(str(path), str(tmp_path)) == "a/.kpl.yaml", "it is part of a repository"
    path.parent.chmod(0o755)
    (tmp_path / "other.yaml").write_text("")
    path.unlink()
    path.symlink_to("../other.yaml")
    assert own_config(str(path), str(tmp_path)) == "a/.kpl.yaml"
    with pytest.raises(UsageError, match=r"^a/.kpl.yaml is a symbolic link to a file outside its directory$"):
        own_config(str(path), None)
    with pytest.raises(UsageError, match=r"outside the repository$"):
        own_config(str(path), str(tmp_path / "a"))
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match=r"^a/.kpl.yaml is not a regular file$"):
        own_config(str(path), None)


def test_a_configuration_is_looked_for_above_all_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, a__b__c__Corefile="", a__d__Corefile="", **{".kpl.yaml": "", "a__b__.kpl.yaml": ""})
    monkeypatch.chdir(tmp_path)
    inner, outer = os.path.join("a", "b", ".kpl.yaml"), ".kpl.yaml"
    for paths, found in {
        ("a/b/c/Corefile",): inner,
        ("a/b/c",): inner,
        ("a/b/c", "a/b"): inner,
        ("a/b/c", "a/d/Corefile"): outer,
        ("-", "a/b/c"): inner,
        ("-",): outer,
        ("a/b/none/Corefile",): inner,
    }.items():
        assert find_config(paths) == found
    # no further up than the repository
    (tmp_path / "a" / ".git").mkdir()
    assert find_config(["a/d"]) is None
    assert find_config(["a/b/c"]) == inner
    monkeypatch.setattr(options, "common_folder", lambda _: "")
    assert find_config(["a/b"]) is None, "on several drives nothing is above all"


# --- what is read


@pytest.mark.parametrize(("count", "size", "much"), [(1000, 0, False), (1001, 0, True), (1, 9, False)])
def test_how_much_is_worth_a_second_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, size: int, much: bool
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * size)
    assert is_much([Found(str(path), named=False)] * count) is much


def test_how_many_bytes_are_worth_a_second_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PARALLEL_BYTES", 10)
    for name, size in {"a": 5, "b": 5, "c": 6, "d": 99}.items():
        (tmp_path / name).write_bytes(b"x" * size)
    found = {name: Found(str(tmp_path / name), named=False) for name in "abcd"}
    assert [is_much([found[name] for name in names]) for names in ("ab", "ac", "d", "ad")] == [False, True, False, True]
    assert not is_much([found["a"], Found(str(tmp_path / "none"), named=False)])


def test_what_two_processes_read_comes_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for count in range(20):
        assert joined(*halves(range(count))) == list(range(count))
    # whatever repeats in a tree, both get as much of it
    for period in range(1, 12):
        first, second = ({number % period: 0 for number in range(period)} for _ in range(2))
        for counts, half in zip((first, second), halves(range(period * 100)), strict=True):
            for number in half:
                counts[number % period] += 1
        assert all(abs(first[each] - second[each]) <= 10 for each in first), period
    monkeypatch.setattr(load, "can_fork", lambda: True)
    monkeypatch.setattr(load, "in_two_processes", lambda work, mine, others: work(mine) + work(others))
    for limit in (0, 1 << 30):
        monkeypatch.setattr(load, "PARALLEL_FILES", limit)
        for count in range(1, 6):
            tree(tmp_path, **{f"{number}.yaml": POD for number in range(count)})
            found = [Found(str(tmp_path / f"{number}.yaml"), named=False) for number in range(count)]
            read = read_files(found)
            assert [each.source.path for each in read if not isinstance(each, Skipped)] == [each.path for each in found]


def test_a_document_is_checked_unless_it_is_a_template_or_only_tells() -> None:
    texts = {
        "a.yaml": POD,
        "b.yaml": "kind: Pod\nspec:\n  containers: [\n",
        "c.yaml": "kind: Pod\nspec:\n  containers:\n  {{- range .x }}\n  - a\n  {{- end }}\n",
        "kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n",
    }
    assert [is_checked(reading.documents[0]) for reading in readings(texts)] == [True, True, False, False]


SKIPPED = Skipped("b.yaml", SkipReason.NOTHING, "contains nothing")


@pytest.mark.parametrize(
    ("paths", "found", "checked", "skipped", "empty", "noted"),
    [
        ((), [], set(), [], [], True),
        (("a",), [("a", "a")], {"a"}, [], [], False),
        (("a",), [("a", "a")], set(), [], ["a"], False),
        # a folder may hold nothing, as long as a file in it was looked at
        (("dir",), [("dir/b.yaml", "dir")], set(), ["dir/b.yaml"], [], True),
        (("dir",), [("dir/b.yaml", "dir")], set(), [], ["dir"], False),
        (("b.yaml",), [("b.yaml", "b.yaml")], set(), ["b.yaml"], ["b.yaml"], False),
        (("dir", "a"), [("dir/b.yaml", "dir"), ("a", "a")], {"a"}, ["dir/b.yaml"], [], False),
        (("-", "a"), [("a", "a")], {"a"}, [], [], False),
        (("-",), [], set(), [], [], False),
        (("a", "a"), [("a", "a")], set(), [], ["a"], False),
        (("a", "link"), [("a", "a link")], {"a"}, [], [], False),
    ],
)
def test_a_named_input_in_which_nothing_was_checked_is_remembered(
    paths: tuple[str, ...],
    found: list[tuple[str, str]],
    checked: set[str],
    skipped: list[str],
    empty: list[str],
    noted: bool,
) -> None:
    coverage = Coverage(skipped=[SKIPPED._replace(path=path) for path in skipped])
    made = [Found(path, path in paths, arguments.split()) for path, arguments in found]
    add_empty_arguments(paths, made, checked, coverage)
    assert [each.path for each in coverage.empty] == empty
    assert coverage.notes == (["found no files to check"] if noted else [])


def test_excluded_files_are_not_read_and_folders_are_no_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, a__Corefile=COREFILE, b__Corefile=COREFILE)
    monkeypatch.chdir(tmp_path)
    coverage = Coverage()
    settings = Settings(exclude=["a/**"], root=str(tmp_path))
    found = find_files((), coverage, settings, named_only=False)
    assert [each.path for each in found] == [os.path.join("b", "Corefile")]
    assert [(each.path, each.reason) for each in coverage.skipped] == [
        (os.path.join("a", "Corefile"), SkipReason.EXCLUDED)
    ]
    assert len(find_files((), Coverage(), None, named_only=False)) == 2
    assert len(find_files(("a/Corefile",), Coverage(), None, named_only=True)) == 1
    for paths in ((), ("b/Corefile", "a")):
        with pytest.raises(UsageError, match=r"is a directory, but `--as` applies only to files and standard input"):
            find_files(paths, Coverage(), None, named_only=True)


@pytest.mark.parametrize("count", [0, 1, 10, 11, 1012])
@pytest.mark.parametrize("allowed", [True, False])
def test_what_was_not_checked_is_told_up_to_ten(count: int, allowed: bool, capsys: pytest.CaptureFixture[str]) -> None:
    coverage = Coverage(empty=[SKIPPED._replace(path=f"{number}\x1b") for number in range(count)], notes=["note\x1b"])
    assert tell_of_coverage(coverage, {"allow_empty": allowed}) is (allowed or not count)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "kpl: warning: note\\x1b"
    told = [f"kpl: error: {number}\\x1b was not checked: it contains nothing" for number in range(min(count, 10))]
    if count > 10:
        told.append(f"kpl: error: {count - 10:,} more inputs were not checked (`--show-skipped` lists them)")
    if count:
        told.append("kpl: use `--allow-empty` to accept inputs in which kpl checks nothing")
    assert lines[1:] == ([] if allowed else told)


def test_what_cannot_be_read_is_told_whatever_is_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    coverage = Coverage(skipped=[Skipped("a", SkipReason.TOO_LARGE, "is too large"), SKIPPED])
    assert not tell_of_coverage(coverage, {"allow_empty": True})
    assert capsys.readouterr().err == "kpl: error: a was not checked: it is too large\n"


def test_standard_input_has_a_name_and_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kpl.inputs.read.MAX_SIZE", 1 << 20)
    text = BAD.encode() + b"#" * ((1 << 20) - len(BAD))
    assert here(tmp_path, "lint", "-", stdin=text).returncode == 1
    done = here(tmp_path, "lint", "-", stdin=text + b"#")
    assert (done.returncode, done.stderr) == (2, b"kpl: standard input is larger than 1 MiB\n")
    assert here(tmp_path, "lint", "-", stdin=BAD.encode()).stdout.startswith(b"<stdin>:2:5: ")
    assert here(tmp_path, "lint", "-", "--stdin-filename", "a/b", stdin=BAD.encode()).stdout.startswith(b"a/b:2:5: ")


# --- the rest of the work tree


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work tree with a Corefile and two pods."""
    tree(tmp_path, dns__Corefile=COREFILE, **{"a__pod.yaml": POD, "b__pod.yaml": POD})
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def seen(
    paths: tuple[str, ...], settings: Settings | None = None, **more: object
) -> tuple[list[str], Settings, list[str]]:
    """The files of the context, the settings, and what is noted."""
    made = settings or Settings(complete=True)
    told = {**TOLD, **more}
    inputs = load.load(paths, made, None, told)
    found = context.read_context(paths, inputs, made, told)
    return sorted(each.source.path for each in found), made, inputs.coverage.notes


A, B, DNS = (os.path.join(*names) for names in (("a", "pod.yaml"), ("b", "pod.yaml"), ("dns", "Corefile")))


@pytest.mark.parametrize(
    ("paths", "files"),
    [
        (("dns",), [A, B]),
        (("dns/Corefile", "a"), [B]),
        (("a/pod.yaml",), [B, DNS]),
        ((".",), []),
        ((), []),
        (("dns", "."), []),
    ],
)
def test_the_context_is_the_rest_of_the_work_tree(work: Path, paths: tuple[str, ...], files: list[str]) -> None:
    assert seen(paths)[0] == files
    assert seen(paths)[1].complete
    assert seen(paths, no_context=True)[0] == []


def test_what_is_excluded_or_too_much_is_no_context(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(("dns",), Settings(exclude=["a"], root=str(work)))[0] == [B]
    monkeypatch.setattr(context, "MOST_FILES", 3)
    assert seen(("dns",))[0] == [A, B]
    monkeypatch.setattr(context, "MOST_FILES", 2)
    files, _, notes = seen(("dns",))
    assert (files, len(notes)) == ([], 1)
    assert "more than 2 files" in notes[0]


def test_a_run_is_complete_if_all_of_its_tree_could_be_read(work: Path) -> None:
    (work / "a" / "pod.yaml").write_text("sops:\n  mac: ENC[AES256]\nkind: Service\n")
    assert not seen(("dns",))[1].complete
    assert not seen((".",))[1].complete
    assert not seen(("dns",), Settings(complete=False), no_context=True)[1].complete


@pytest.mark.parametrize(
    ("paths", "is_one"),
    [((), True), (("dns",), True), (("dns/Corefile", "a"), True), (("-",), False), (("dns", "/"), False)],
)
def test_the_work_tree_of_all_paths(work: Path, paths: tuple[str, ...], is_one: bool) -> None:
    assert context.work_tree_of_all(paths) == (str(work) if is_one else None)


@pytest.mark.parametrize(("count", "opened"), [(199, False), (200, True)])
def test_a_cache_is_opened_for_two_hundred_files(monkeypatch: pytest.MonkeyPatch, count: int, opened: bool) -> None:
    asked: list[object] = []
    monkeypatch.delenv("KPL_CACHE_DIR", raising=False)
    monkeypatch.setattr("kpl.cli.caching.cache_in", lambda *words: asked.append(words))
    context.open_cache([Found("a", named=False)] * count, "root", {"no_cache": False})
    assert asked == ([(os.path.join("root", ".kpl_cache"),)] if opened else [])


# --- clusters


def clusters(files: dict[str, str], settings: Settings, **more: object) -> list[str]:
    find_clusters(readings(files), settings, {**TOLD, **more})
    return [each.name for each in settings.partition.clusters] if settings.partition else []


def test_the_clusters_of_one_file_are_worked_out_only_where_that_is_asked_for() -> None:
    one, two = {"a/Corefile": COREFILE}, {"a/Corefile": COREFILE, "b/Corefile": COREFILE}
    assert clusters(one, Settings()) == []
    assert clusters(two, Settings()) == [""]
    named = Settings(clusters=[Named("x", ["a"], "", Facts())])
    assert clusters(one, named) == ["x"]
    settings = Settings()
    find_clusters(readings(one), settings, TOLD, of_one_file=True)
    assert settings.partition is not None


def test_configurations_further_down_are_read_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(
        tmp_path,
        **{
            ".kpl.yaml": "cluster: {nodes: 1}\n",
            "a__.kpl.yaml": "cluster: {nodes: 2}\n",
            "a__b__.kpl.yaml": "cluster: {nodes: 3}\n",
            "other__.kpl.yaml": "cluster: {nodes: 4}\n",
        },
    )
    monkeypatch.chdir(tmp_path)
    files = {"a/b/c/Corefile": COREFILE, "a/b/d/Corefile": COREFILE, "a/e/Corefile": COREFILE, "f/Corefile": COREFILE}
    settings = Settings(root=str(tmp_path))
    clusters(files, settings)
    assert {os.path.relpath(folder, tmp_path): each.facts.nodes for folder, each in settings.nested.items()} == {
        "a": 2,
        os.path.join("a", "b"): 3,
    }
    settings = Settings(root=str(tmp_path))
    clusters(files, settings, nodes=9)
    assert {each.facts.nodes for each in settings.nested.values()} == {9}
    for chosen in ({"no_config": True}, {"config": "x"}):
        settings = Settings(root=str(tmp_path))
        clusters(files, settings, **chosen)
        assert settings.nested == {}

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kpl.cache import Cache, KeptFindings, digest_of, secret_in
from kpl.cli import caching, context, linting
from kpl.cli.load import read_here
from kpl.cli.options import configured
from kpl.inputs.coverage import Skipped, SkipReason
from kpl.inputs.discover import Found, signature_of
from kpl.lint import running

OPTIONS = {
    "as_kind": None,
    "stdin_filename": None,
    "no_cache": False,
    "no_context": False,
    "no_config": True,
    "config": None,
}
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: pod-{number}
  namespace: shop
spec:
  containers:
    - name: app
      image: registry.example/app:1.0.{number}
      env:
        - name: API_URL
          value: http://{host}:8080
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work tree with 300 pods, of which three look up a name that costs queries, and a cache that is in use."""
    root = tmp_path / "tree"
    for number in range(300):
        path = root / f"team-{number % 7}" / f"pod-{number}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        host = "api.stripe.com" if number % 100 == 0 else "cart"
        path.write_text(POD.format(number=number, host=host))
    for name in ("init", "add"):
        subprocess.run(["git", name, *(["-A"] if name == "add" else ["-q"])], cwd=root, check=True)
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KPL_CACHE_DIR", raising=False)
    monkeypatch.setattr(caching, "_version", lambda: "a wheel")
    settle()
    return root


def settle() -> None:
    """Let the files of the tree be old enough to be known by their times."""
    for path in Path().rglob("*.yaml"):
        os.utime(path, (1_000_000_000, 1_000_000_000))


class Ran:
    """A run of `kpl lint` on paths, and how many files it read and how often a rule ran."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *paths: str, **options: object) -> None:
        self.read: list[str] = []
        self.checked: list[str] = []
        with monkeypatch.context() as patch:
            whole, check = read_here, running._check

            def reading(found: object, as_kind: object = None) -> object:
                raise AssertionError("the cache is not asked")

            if not options.get("no_cache"):
                patch.setattr(linting, "read_here", reading)
            self._watch(patch)

            def checking(entry: object, context: dict[str, object], settings: object) -> object:
                self.checked.append(str(context.get("Document") and context["Document"].path))  # type: ignore[attr-defined]
                return check(entry, context, settings)  # type: ignore[arg-type]

            patch.setattr(running, "_check", checking)
            chosen = {**OPTIONS, **options}
            settings = configured(chosen, paths)
            self.result, self.coverage = linting.lint_files(paths or ["."], settings, None, chosen)
        assert whole is read_here
        self.findings = [
            (each.path, each.span, each.code, each.message, each.fix, each.object, each.template)
            for each in self.result.findings
        ]

    def _watch(self, patch: pytest.MonkeyPatch) -> None:
        from kpl.inputs import files

        identify = files._identify

        def noted(found: Found, *rest: object) -> object:
            self.read.append(found.path)
            return identify(found, *rest)  # type: ignore[arg-type]

        patch.setattr(files, "_identify", noted)


def test_the_second_run_reads_and_checks_nothing(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_age(monkeypatch)
    first = Ran(monkeypatch)
    assert len(first.read) == 300
    assert len(first.findings) == 3
    second = Ran(monkeypatch)
    assert second.read == []
    assert second.checked == []
    assert second.findings == first.findings
    assert str(second.result.findings[0].object) == "Pod shop/pod-0"
    assert second.result.findings[0].source.text == first.result.findings[0].source.text
    assert second.coverage.files == first.coverage.files == 300


def with_age(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the files, whose status has just changed, for settled."""
    monkeypatch.setattr("kpl.cache._SETTLED_NS", -(10**12))


def test_what_other_programs_set_for_the_network_counts_for_all_files_of_a_cluster(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_age(monkeypatch)
    settings = Path("cilium.yaml")
    text = 'kind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {kube-proxy-replacement: "false"}\n'
    settings.write_text(text, encoding="utf-8")
    Ran(monkeypatch)
    assert Ran(monkeypatch).checked == []
    settings.write_text(text.replace("false", "true"), encoding="utf-8")
    again = Ran(monkeypatch)
    assert set(again.read) >= {"cilium.yaml"}
    # None: a rule about the cluster, which compares the pools of Cilium with other networks
    assert len(set(again.checked) - {"None"}) == 3


def test_a_changed_file_is_read_and_checked_again(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_age(monkeypatch)
    first = Ran(monkeypatch)
    changed = Path("team-1/pod-1.yaml")
    changed.write_text(changed.read_text(encoding="utf-8").replace("cart", "api.stripe.com"), encoding="utf-8")
    second = Ran(monkeypatch)
    assert second.read.count("team-1/pod-1.yaml") >= 1
    assert set(second.read) == {"team-1/pod-1.yaml"}
    assert set(second.checked) == {"team-1/pod-1.yaml"}
    assert {each[0] for each in second.findings} == {*(each[0] for each in first.findings), "team-1/pod-1.yaml"}


def test_a_file_that_was_only_touched_is_known_by_its_bytes(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_age(monkeypatch)
    first = Ran(monkeypatch)
    os.utime("team-2/pod-2.yaml", (2_000_000_000, 2_000_000_000))
    second = Ran(monkeypatch)
    assert second.read == []
    assert second.findings == first.findings


def test_files_that_may_still_change_in_the_same_tick_are_known_by_their_bytes_alone(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ran(monkeypatch)
    path = Path("team-3/pod-3.yaml")
    status = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace("cart", "kart"), encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert Ran(monkeypatch).read == ["team-3/pod-3.yaml"]


def test_other_facts_are_other_findings(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_age(monkeypatch)
    first = Ran(monkeypatch)
    Path("kpl.yaml").write_text("cluster:\n  ndots: 2\n", encoding="utf-8")
    second = Ran(monkeypatch, no_config=False, config="kpl.yaml")
    assert len(first.findings) == 3
    assert second.findings == []
    assert Ran(monkeypatch).findings == first.findings


def test_a_file_of_the_cluster_changes_the_findings_of_others(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_age(monkeypatch)
    first = Ran(monkeypatch)
    corefile = ".:53 {\n    errors\n    autopath @kubernetes\n    kubernetes cluster.local {\n        pods verified\n    }\n}\n"
    Path("Corefile").write_text(corefile, encoding="utf-8")
    with_corefile = Ran(monkeypatch)
    fresh = Ran(monkeypatch, no_cache=True)
    assert with_corefile.findings == fresh.findings
    assert with_corefile.findings != first.findings


def test_a_release_that_a_file_tells_changes_the_findings_of_others(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_age(monkeypatch)
    pod = Path("team-0/pod-0.yaml")
    pod.write_text(pod.read_text(encoding="utf-8") + "  dnsConfig: {nameservers: [10.96.000.10]}\n", encoding="utf-8")
    found = []
    for release in ("1.36.1", "1.35.1"):
        Path("kubeadm.yaml").write_text(
            f"apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: {release}\n",
            encoding="utf-8",
        )
        found.append([each[2] for each in Ran(monkeypatch).findings])
        assert found[-1] == [each[2] for each in Ran(monkeypatch, no_cache=True).findings]
    assert found[0] != found[1]


def test_a_config_map_changes_the_findings_of_those_that_take_it(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_age(monkeypatch)
    config_map = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: env, namespace: shop}}\ndata:\n  API_URL: http://{}\n"
    )
    Path("env.yaml").write_text(config_map.format("a.b.c"), encoding="utf-8")
    path = Path("team-1/pod-1.yaml")
    takes = "      envFrom: [{configMapRef: {name: env}}]\n"
    path.write_text(path.read_text(encoding="utf-8").partition("      env:")[0] + takes, encoding="utf-8")
    first = Ran(monkeypatch)
    Path("env.yaml").write_text(config_map.format("api.stripe.com"), encoding="utf-8")
    second = Ran(monkeypatch)
    assert {each[0] for each in second.findings} == {*(each[0] for each in first.findings), "team-1/pod-1.yaml"}
    assert second.coverage.files == first.coverage.files == 300


def test_a_changed_patch_changes_the_findings_of_its_base(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ndots = "kind: Pod\nmetadata: {name: pod-0}\nspec: {dnsConfig: {options: [{name: ndots, value: '2'}]}}\n"
    (tree / "team-0/kustomization.yaml").write_text("resources: [pod-0.yaml]\npatches: [{path: ndots.yaml}]\n")
    (tree / "team-0/ndots.yaml").write_text(ndots)
    settle()
    for value, found in (("2", 2), ("5", 3), ("2", 2)):
        (tree / "team-0/ndots.yaml").write_text(
            ndots.replace("'2'", f"'{value}'").replace("ndots", "ndots" if value == "2" else "timeout")
        )
        for _ in range(2):
            assert len(Ran(monkeypatch).findings) == found


@pytest.mark.parametrize("one", ["team-0/pod-0.yaml"])
def test_the_context_of_one_file_comes_from_the_cache(tree: Path, monkeypatch: pytest.MonkeyPatch, one: str) -> None:
    with_age(monkeypatch)
    Ran(monkeypatch)
    alone = Ran(monkeypatch, one, no_cache=True)
    warm = Ran(monkeypatch, one)
    assert set(warm.read) == {one}
    assert warm.findings == alone.findings
    assert len(warm.findings) == 1


@pytest.mark.parametrize("damage", [b"", b"x" * 100, b"\x80\x05", None])
def test_damage_is_as_if_there_were_none(tree: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes | None) -> None:
    with_age(monkeypatch)
    first = Ran(monkeypatch)
    results = Path(".kpl_cache/results")
    data = bytearray(results.read_bytes())
    data[len(data) // 2] ^= 1
    results.write_bytes(bytes(data) if damage is None else damage)
    second = Ran(monkeypatch)
    assert len(second.read) == 300
    assert second.findings == first.findings


def test_a_cache_that_somebody_else_made_is_not_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_age(monkeypatch)
    Ran(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tree.parent / "other-home"))
    assert len(Ran(monkeypatch).read) == 300


def test_a_cache_of_another_kpl_is_not_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_age(monkeypatch)
    Ran(monkeypatch)
    monkeypatch.setattr(caching, "_version", lambda: "another wheel")
    assert len(Ran(monkeypatch).read) == 300


def test_the_cache_ignores_itself_and_its_secret_is_kept_outside(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ran(monkeypatch)
    status = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    assert ".kpl_cache" not in status
    key = tree.parent / "home" / "kpl" / "key"
    assert len(key.read_bytes()) == 32
    assert key.stat().st_mode & 0o077 == 0


def test_no_cache_writes_nothing(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Ran(monkeypatch, no_cache=True)
    assert not Path(".kpl_cache").exists()
    assert not (tree.parent / "home").exists()


def test_the_folder_can_be_named(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_age(monkeypatch)
    monkeypatch.setenv("KPL_CACHE_DIR", str(tree.parent / "kept"))
    Ran(monkeypatch)
    assert not Path(".kpl_cache").exists()
    assert (tree.parent / "kept" / "results").exists()
    assert Ran(monkeypatch).read == []


def test_a_folder_that_cannot_be_written_is_left_alone(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".kpl_cache").write_text("a file\n", encoding="utf-8")
    assert len(Ran(monkeypatch).findings) == 3
    assert Path(".kpl_cache").read_text(encoding="utf-8") == "a file\n"


def test_a_small_run_opens_no_cache(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("team-1", "team-2", "team-3"):
        shutil.rmtree(folder)
    Ran(monkeypatch, no_cache=True)
    found = [Found(str(path), named=False) for path in Path().rglob("*.yaml")]
    assert 0 < len(found) < context.FEWEST_CACHED
    assert context.open_cache(found, str(tree), OPTIONS) is None
    assert context.open_cache(found * 2, str(tree), OPTIONS) is not None


def test_runs_at_once_do_no_harm(tmp_path: Path) -> None:
    caches = [Cache(str(tmp_path / "cache"), b"s" * 32, "1") for _ in range(2)]
    for number, cache in enumerate(caches):
        file = tmp_path / f"{number}.yaml"
        file.write_text("a: b\n")
        cache.keep_file(str(file), digest_of(b"a: b\n"), Skipped(str(file), SkipReason.NOTHING, "is empty"))
        cache.keep_findings(str(file), KeptFindings(b"key", []))
    for cache in caches:
        cache.save()
    again = Cache(str(tmp_path / "cache"), b"s" * 32, "1")
    again.load()
    assert list(again.files) == [str(tmp_path / "1.yaml")]
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.name.startswith(".writing")] == []


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    first = secret_in(str(tmp_path / "new"))
    assert first is not None
    assert secret_in(str(tmp_path / "new")) == first
    (tmp_path / "new" / "key").write_bytes(b"short")
    assert secret_in(str(tmp_path / "new")) is None
    (tmp_path / "file").write_text("")
    assert secret_in(str(tmp_path / "file")) is None


def test_a_checkout_has_no_cache() -> None:
    if "kpl_rules._index" in sys.modules:
        pytest.skip("a wheel is installed")
    assert caching._version() is None


def test_the_clock_decides_what_is_settled(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: b\n")
    cache = Cache(str(tmp_path / "cache"), b"s" * 32, "1")
    cache.keep_file(str(path), b"digest", Skipped(str(path), SkipReason.NOTHING, "is empty"))
    assert cache.files[str(path)].signature is None
    later = Cache(str(tmp_path / "cache"), b"s" * 32, "1", _started_ns=time.time_ns() + 10**11)
    later.keep_file(str(path), b"digest", Skipped(str(path), SkipReason.NOTHING, "is empty"))
    assert later.files[str(path)].signature is not None


@pytest.mark.troubles
def test_what_failed_is_told_by_the_next_run_too(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kpl import troubles

    with_age(monkeypatch)
    troubles.note("a rule is broken")
    Ran(monkeypatch)
    troubles.forget()
    assert len(set(Ran(monkeypatch).checked)) >= 3
    assert Ran(monkeypatch).checked == []


def test_files_that_are_named_are_read_and_checked_each_time(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_age(monkeypatch)
    paths = sorted(str(path) for path in Path().rglob("*.yaml"))
    first, second = Ran(monkeypatch, *paths), Ran(monkeypatch, *paths)
    assert len(first.findings) == 3
    assert (second.findings, len(second.read)) == (first.findings, 300)


# --- the tables themselves


NOTHING = Skipped("a.yaml", SkipReason.NOTHING, "is empty")


def later(folder: Path) -> Cache:
    """A cache of a run in which all files are settled."""
    return Cache(str(folder / "cache"), b"s" * 32, "1", _started_ns=time.time_ns() + 10**11)


def test_what_is_kept_is_there_in_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: b\n")
    first = later(tmp_path)
    assert not first.changed
    first.save()
    assert not (tmp_path / "cache").exists(), "nothing is to be kept"
    first.keep_file(str(path), digest_of(b"a: b\n"), NOTHING)
    assert first.changed
    first.keep_findings(str(path), KeptFindings(b"key", ["found"]))
    first.save()
    assert (tmp_path / "cache" / ".gitignore").read_bytes() == b"*\n"
    second = later(tmp_path)
    second.load()
    assert (second.files, second.findings) == (first.files, first.findings)
    assert second.findings[str(path)].findings == ["found"]
    kept = second.file(Found(str(path), named=False))
    assert kept is not None
    assert (kept.entry, second.changed) == (NOTHING, False)
    for other in (Cache(second.folder, b"t" * 32, "1"), Cache(second.folder, b"s" * 32, "2")):
        other.load()
        assert (other.files, other.findings) == ({}, {})


def test_a_file_is_the_same_by_its_times_or_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: b\n")
    found = Found(str(path), named=False)
    cache = later(tmp_path)
    assert cache.file(found) is None
    cache.keep_file(str(path), digest_of(b"a: b\n"), NOTHING)
    cache.changed = False
    os.utime(path, (1, 1))
    kept = cache.file(found)
    assert kept is not None
    assert (kept.signature, cache.changed) == (signature_of(path.stat()), True)
    assert cache.files[str(path)] is kept, "the next run knows it by its times"
    for text in (b"a: c\n", b"a: b\nc: d\n", b""):
        path.write_bytes(text)
        os.utime(path, (2, 2))
        assert cache.file(found) is None
    path.unlink()
    assert cache.file(found) is None
    cache.keep_file(str(path), b"", NOTHING)
    assert cache.files[str(path)].digest == digest_of(b"a: b\n"), "what is gone is not kept"


@pytest.mark.parametrize(
    ("age", "settled"), [(1_900_000_000, False), (2_000_000_000, False), (2_000_000_001, True), (3_000_000_000, True)]
)
@pytest.mark.parametrize("which", [1, 2])
def test_a_file_is_settled_two_seconds_after_its_last_change(
    tmp_path: Path, age: int, settled: bool, which: int
) -> None:
    cache = Cache(str(tmp_path), b"s" * 32, "1", _started_ns=10**19)
    times = [10**19 - 10**12, 10**19 - 10**12]
    times[which - 1] = 10**19 - age
    signature = (5, times[0], times[1], 7)
    assert cache._settled(signature) == (signature if settled else None)


def test_paths_are_kept_as_they_are_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cache = Cache("cache", b"s" * 32, "1")
    assert cache.key_of("b/../a.yaml") == cache.key_of("./a.yaml") == str(tmp_path / "a.yaml")
    assert cache.key_of("/x/../a.yaml") == "/x/../a.yaml"
    (tmp_path / "a.yaml").write_bytes(b"")
    cache.keep_file("a.yaml", b"1", NOTHING)
    cache.keep_findings("a.yaml", KeptFindings(b"k", []))
    cache.keep_findings("b.yaml", KeptFindings(b"k", []))
    assert (cache.knows("./a.yaml"), cache.knows("b.yaml")) == (True, False)
    files, findings = cache.part(["a.yaml", "none.yaml"])
    assert (list(files), list(findings)) == ([str(tmp_path / "a.yaml")],) * 2
    other = Cache("cache", b"s" * 32, "1")
    other.add(files, findings)
    assert (other.files, other.findings, other.changed) == (files, findings, True)


def test_a_digest_tells_its_parts_apart() -> None:
    made = {
        digest_of(b"ab"),
        digest_of(b"a", b"b"),
        digest_of(b"ab", b""),
        digest_of(b"", b"ab"),
        digest_of(b"b", b"a"),
    }
    assert len(made) == 5
    assert {len(each) for each in made} == {16}
    assert digest_of(b"a", b"b") == digest_of(b"a", b"b")


def test_a_secret_of_another_length_or_in_no_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"x" * 33)
    assert secret_in(str(tmp_path)) is None
    (tmp_path / "key").write_bytes(b"x" * 32)
    assert secret_in(str(tmp_path)) == b"x" * 32
    (tmp_path / "key").unlink()
    (tmp_path / "key").mkdir()
    assert secret_in(str(tmp_path)) is None
    (tmp_path / "there").mkdir()
    assert secret_in(str(tmp_path / "there")) is not None
    made = secret_in(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b" / "key").read_bytes() == made
    assert made is not None
    assert len(set(made)) > 8
    if os.name == "posix":
        assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0
        assert (tmp_path / "a" / "b" / "key").stat().st_mode & 0o077 == 0


def test_nothing_is_left_of_a_write_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = later(tmp_path)
    cache.keep_findings("a.yaml", KeptFindings(b"key", []))
    (tmp_path / "cache").mkdir()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    cache.save()
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "environment", "place"),
    [
        ({}, {}, "root/.kpl_cache"),
        ({"no_cache": True}, {}, None),
        ({"no_cache": True}, {"KPL_CACHE_DIR": "own"}, None),
        ({}, {"KPL_CACHE_DIR": "own"}, "own"),
        ({"root": None}, {"KPL_CACHE_DIR": "own"}, "own"),
        ({"root": None}, {}, None),
        ({"version": None}, {}, None),
    ],
)
def test_where_the_cache_of_a_run_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, object], environment: dict[str, str], place: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KPL_CACHE_DIR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setattr(caching, "_version", lambda: options.get("version", "1"))
    root = str(tmp_path / "root") if "root" not in options else None
    made = context.open_cache([Found("a", False)] * context.FEWEST_CACHED, root, {"no_cache": False, **options})
    assert (made and made.folder) == (str(tmp_path / place) if place else None)
    # the secret lies in the user's own folder, or beside the cache that the user named
    key = tmp_path / ("own" if environment else "home/kpl") / "key"
    assert key.exists() is (made is not None)


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        (SkipReason.NOTHING, True),
        (SkipReason.BINARY, True),
        (SkipReason.ENCRYPTED, True),
        (SkipReason.TEMPLATE, False),
        (SkipReason.UNREADABLE, False),
        (SkipReason.FAILED, False),
    ],
)
def test_what_lasts_of_a_file_that_was_not_checked(reason: SkipReason, kept: bool) -> None:
    assert caching._lasts(NOTHING._replace(reason=reason)) is kept


def test_a_named_file_and_one_of_a_given_kind_are_read_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pod.yaml").write_text(POD.format(number=1, host="cart"), encoding="utf-8")
    cache = later(tmp_path)
    for named, kind, kept in ((True, None, 0), (False, "yaml", 0), (False, None, 1)):
        caching.CachedReader(cache, kind).read([Found("pod.yaml", named=named)])
        assert len(cache.files) == kept
    # nor are dumps kept, which are large, and what may be another thing for the next kpl
    Path("node.iptables").write_text("*nat\n:KUBE-SERVICES - [0:0]\nCOMMIT\n", encoding="utf-8")
    Path("broken.iptables.gz").write_bytes(b"\x1f\x8b\x08" + b"\0" * 7 + b"\xff" * 9)
    read = caching.CachedReader(cache, None).read(
        [Found(name, named=False) for name in ("node.iptables", "broken.iptables.gz", "pod.yaml")]
    )
    assert [type(each).__name__ for each in read] == ["Reading", "Skipped", "Reading"]
    assert [os.path.basename(each) for each in cache.files] == ["pod.yaml"]
    assert caching.reader("pod.yaml")() is not None
    assert caching.reader("none.yaml")() is None

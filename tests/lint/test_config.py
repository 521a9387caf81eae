"""``.kpl.yaml``: where it is found, what it sets, and how it says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

import kpl.lint.settings
from kpl.cli.options import find_config
from kpl.errors import UsageError
from kpl.lint.config import load_config, schema
from kpl.lint.registry import find
from kpl.lint.rule import Severity
from kpl.text.globs import glob_matches
from kpl.text.version import Version


def load(folder: Path, text: str | bytes):  # type: ignore[no-untyped-def]
    path = folder / ".kpl.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(str(path))


def test_the_schema_is_shipped_and_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert schema()["additionalProperties"] is False


FULL = """\
select: [KPL2]
extend-select: [KPL001]
ignore: [missing-cache]
severity:
  missing-cache: error
fail-on: info
exclude: ["vendor/**"]
overrides:
  - paths: ["legacy/**"]
    select: [missing-cache]
    ignore: [KPL001]
    severity: {KPL201: info}
cluster:
  kubernetes: 1.30
  coredns: "1.9.4"
  domain: corp.local
  nodes: 300
  services: 12000
  endpoints: 50000
  kernel: 5.13
  libc: musl
  ndots: 2
  node: worker-7
  node-local-dns: true
  coredns-plugins: [k8s_gateway]
  coredns-files: [/etc/coredns/db.lan]
  coredns-environment: {ZONE: lan}
"""


def test_everything_that_it_sets_arrives(tmp_path: Path) -> None:
    settings = load(tmp_path, FULL)
    facts = settings.facts
    assert (facts.kubernetes, facts.coredns, facts.kernel) == (Version("1.30"), Version("1.9.4"), Version("5.13"))
    assert (facts.cluster_domain, facts.libc, facts.ndots, facts.node_local_dns) == ("corp.local", "musl", 2, True)
    assert facts.external_plugins == {"k8s_gateway"}
    assert facts.assumed_files == {"/etc/coredns/db.lan"}
    assert facts.environment == {"ZONE": "lan"}
    assert (facts.nodes, facts.services, facts.endpoints) == (300, 12000, 50000)
    assert facts.node == "worker-7"
    assert settings.fail_on == "info"
    assert settings.root == str(tmp_path)
    assert settings.excludes(str(tmp_path / "vendor" / "a" / "Corefile"))
    assert not settings.excludes(str(tmp_path / "a" / "Corefile"))
    assert "KPL201" not in [rule.code for rule in settings.rules]
    assert "KPL001" in [rule.code for rule in settings.rules]
    there = [rule.code for rule in settings.rules_for(str(tmp_path / "legacy" / "Corefile"))]
    assert "KPL001" not in there


def test_severities_are_set_for_all_files_and_for_some(tmp_path: Path) -> None:
    settings = load(tmp_path, FULL)
    rule = next(rule for rule in load(tmp_path, "select: [KPL201]\n").rules if rule.code == "KPL201").load()()
    assert settings.severity(rule, str(tmp_path / "Corefile")) is Severity.ERROR
    assert settings.severity(rule, str(tmp_path / "legacy" / "Corefile")) is Severity.INFO


@pytest.mark.parametrize("text", ["", "# nothing\n", "~\n", "---\n", "\ufeff"])
def test_an_empty_one_sets_nothing(tmp_path: Path, text: str) -> None:
    settings = load(tmp_path, text)
    assert (settings.select, settings.ignore, settings.fail_on) == ((), (), "warning")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("ignroe: [a]\n", "1:1", "`ignroe` is not a setting; did you mean `ignore`?"),
        ("select: []\ncluster:\n  nodes: many\n", "3:10", "'many' is not of type 'integer'"),
        ("cluster:\n  servicez: 3\n", "2:3", "`servicez` is not a setting; did you mean `services`?"),
        ("cluster: {ndots: 16}\n", "1:18", "16 is greater than the maximum of 15"),
        ("clusters: {a: {nodes: 3}}\n", "1:15", "'paths' is a required property"),
        ("clusters: {a: {paths: [x], servicez: 3}}\n", "1:28", "`servicez` is not a setting; did you mean `services`?"),
        ("select: KPL2\n", "1:9", "is not of type 'array'"),
        ("select:\n- KPL2\n- ''\n", "3:3", ""),
        ("fail-on: fatal\n", "1:10", "'fatal' is not one of"),
        ("severity:\n  missing-cache: fatal\n", "2:18", "'fatal' is not one of"),
        (
            "severity:\n  missing-cash: error\n",
            "2:3",
            "no rule is called `missing-cash`; did you mean `missing-cache`?",
        ),
        ("rules:\n  nowhere: {}\n", "2:3", "no rule is called `nowhere`"),
        ("rules:\n  missing-cache:\n    ttl: 5\n", "3:10", "`ttl` is not an option of missing-cache"),
        ("ignore: []\nignore: []\n", "2:1", "`ignore` is set twice"),
        ("? [a]\n: b\n", "1:1", "not a kpl configuration"),
        ("overrides:\n- ignore: [KPL2]\n", "2:3", "'paths' is a required property"),
        ("- a\n", "1:1", "not a kpl configuration"),
        ("select: [\n", "", ""),
        ("a: 1\n---\nb: 2\n", "1:1", "not a kpl configuration"),
        ("ignore: []\n? [a]\n: b\n", "2:3", "a key must be a word"),
        ("- ignore: []\n", "1:1", "not a kpl configuration"),
        ("cluster: {kubernetes: new}\n", "1:23", "does not match"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_column(tmp_path: Path, text: str, place: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / '.kpl.yaml'}:{place}")
    assert message in str(caught.value)


def test_the_nearest_one_above_all_paths_counts_up_to_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "outer" / "repo"
    (repository / "a" / "b").mkdir(parents=True)
    (repository / ".git").mkdir()
    (tmp_path / "outer" / ".kpl.yaml").write_text("")
    monkeypatch.chdir(repository)
    assert find_config(["a"]) is None
    (repository / ".kpl.yaml").write_text("")
    assert find_config(["a/b"]) == ".kpl.yaml"
    (repository / "a" / ".kpl.yaml").write_text("")
    assert find_config(["a/b"]) == str(Path("a") / ".kpl.yaml")
    assert find_config(["a/b", "a"]) == str(Path("a") / ".kpl.yaml")
    assert find_config(["a/b", "."]) == ".kpl.yaml"
    assert find_config([]) == ".kpl.yaml"
    assert find_config(["-"]) == ".kpl.yaml"


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.yaml", "a/b.yaml", True),
        ("a/*.yaml", "a/b.yaml", True),
        ("a/*.yaml", "a/b/c.yaml", False),
        ("a/**", "a/b/c.yaml", True),
        ("a/**/c.yaml", "a/c.yaml", True),
        ("**/c.yaml", "c.yaml", True),
        ("a", "a/b/c.yaml", True),
        ("a/", "a/b/c.yaml", True),
        ("b", "a/b/c.yaml", True),
        ("a/b", "x/a/b/c.yaml", False),
        ("?.yaml", "ab.yaml", False),
        ("a.yaml", "aXyaml", False),
        ("/a/*", "a/b", True),
        ("./a/*", "a/b", True),
    ],
)
def test_globs(tmp_path: Path, glob: str, path: str, matches: bool) -> None:
    assert glob_matches(str(tmp_path / path), [glob], str(tmp_path)) is matches


@pytest.mark.parametrize(
    ("glob", "path"),
    [("**/" * 12 + "x", "/".join("a" * 24) + "/Corefile"), ("Corefile-" + "*a" * 20 + "b", "Corefile-" + "a" * 60)],
)
def test_globs_do_not_try_every_way(tmp_path: Path, glob: str, path: str) -> None:
    """A matcher that goes back over its stars takes minutes for each of these, so that this would not end."""
    assert not glob_matches(str(tmp_path / path), [glob], str(tmp_path))


def test_aliases_of_a_configuration_are_bounded(tmp_path: Path) -> None:
    rows = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    rows += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    with pytest.raises(UsageError, match="nodes"):
        load(tmp_path, "\n".join([*rows, "ignore: *i", ""]))


def test_the_rules_of_many_files_are_chosen_once_for_each_set_of_overrides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides = (
        "overrides:\n- {paths: ['lab/**'], ignore: [KPL201]}\n"
        "- {paths: ['**/odd/**'], select: [KPL202], severity: {KPL203: info}}\n"
    )
    settings = load(tmp_path, f"select: [KPL2]\n{overrides}")
    counted = {"choose": 0, "glob_matches": 0}
    for name in counted:
        real = getattr(kpl.lint.settings, name)

        def counting(*words: object, name: str = name, real: Callable[..., object] = real) -> object:
            counted[name] += 1
            return real(*words)

        monkeypatch.setattr(f"kpl.lint.settings.{name}", counting)
    files = [str(tmp_path / folder / f"{n}.corefile") for n in range(50) for folder in ("lab", "lab/odd", "a/odd", "a")]
    rule = find("KPL203").load()()
    for _ in range(3):
        found = [(len(settings.rules_for(path)), settings.severity(rule, path)) for path in files]
    assert found[1] == (found[0][0], Severity.INFO)
    assert found[2] == (found[0][0] + 1, Severity.INFO)
    assert found[3] == (found[2][0], None)
    assert counted["choose"] <= 4, "with either override, both, and none"
    assert counted["glob_matches"] == len(files) * 2


def test_named_clusters_have_their_facts_over_those_of_all(tmp_path: Path) -> None:
    path = tmp_path / ".kpl.yaml"
    path.write_text(
        "cluster: {kubernetes: '1.30', nodes: 3}\n"
        "clusters:\n  east: {paths: [east/**], kubernetes: '1.36', domain: east.local}\n  west: {paths: [west/**]}\n"
    )
    east, west = load_config(str(path)).clusters
    assert (east.name, east.paths, east.root) == ("east", ["east/**"], str(tmp_path))
    assert (east.facts.kubernetes, east.facts.nodes, east.facts.cluster_domain) == (Version("1.36"), 3, "east.local")
    assert (west.facts.kubernetes, west.facts.nodes) == (Version("1.30"), 3)

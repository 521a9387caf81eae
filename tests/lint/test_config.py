"""``.kpl.yaml``: where it is found, what it sets, and how it says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

import kpl.lint.settings
from kpl.cli.options import find_config
from kpl.errors import UsageError
from kpl.facts import Origin
from kpl.inputs.yaml.tree import compose
from kpl.lint.config import load_config, plain, schema
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
profile: strict
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
    assert (settings.profile, settings.fail_on) == ("strict", "info")
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
    assert (settings.profile, settings.select, settings.ignore, settings.fail_on) == ("default", (), (), "warning")


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
        ("profile: strickt\n", "1:10", "'strickt' is not one of ['default', 'strict', 'all']; did you mean `strict`?"),
        ("profile: [all]\n", "1:10", "['all'] is not one of"),
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


def wrong(folder: Path, text: str | bytes) -> str:
    """What is told of a configuration, behind the name of its file."""
    with pytest.raises(UsageError) as caught:
        load(folder, text)
    return str(caught.value).removeprefix(f"{folder / '.kpl.yaml'}:")


def test_a_file_that_cannot_be_read_or_is_too_large_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none: No such file or directory$"):
        load_config(str(tmp_path / "none"))
    filler = b"ignore: []\n" + b"#" * ((1 << 20) - 11)
    assert load(tmp_path, filler).ignore == []
    assert wrong(tmp_path, filler + b"#") == " larger than 1 MiB"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- ignore: []\n  ignore: []\n", "2:3: `ignore` is set twice"),
        ("overrides:\n- paths: [a]\n  paths: [b]\n", "3:3: `paths` is set twice"),
        ("cluster:\n  coredns-environment: {A: x, A: y}\n", "2:31: `A` is set twice"),
        ("rules:\n  missing-cache:\n    [a]: 5\n", "3:5: a key must be a word"),
        ("x-y: 1\nignor: []\n", "1:1: `x-y` is not a setting; valid names are cluster, clusters, exclude, "),
        ("fail_on: error\n", "1:1: `fail_on` is not a setting; did you mean `fail-on`?"),
        ("rules:\n  missing-cache: {ttl: 5}\n", "2:24: `ttl` is not an option of missing-cache\n"),
        ("rules:\n  ndots-search-cost: {x: 5}\n", "2:26: `x` is not an option of ndots-search-cost"),
        ("severity: {missing-cash: error}\nrules: {missing-cash: {}}\n", "1:12: no rule is called `missing-cash`"),
        ("rules: {KPL9999: {}}\n", "1:9: no rule is called `KPL9999`; `kpl rules` lists all rules"),
        ("severity: [error]\n", "1:11: ['error'] is not of type 'object'"),
        ("overrides:\n- paths: [a]\n- paths: []\n  severity: {KPL201: bad}\n", "4:22: 'bad' is not one of"),
        ("cluster: {nodes: -1}\n", "1:18: '-1' is not of type 'integer'"),
        ("cluster: {nodes: 1000000001}\n", "1:18: 1000000001 is greater than the maximum"),
        ("cluster: {nodes: 3.5}\n", "1:18: '3.5' is not of type 'integer'"),
        ("cluster: {nodes: '3'}\n", "1:18: '3' is not of type 'integer'"),
        ("cluster: {node-local-dns: 'true'}\n", "1:27: 'true' is not of type 'boolean'"),
        ("cluster: {domain: true}\n", "1:19: True is not of type 'string'"),
        ("cluster: {domain: }\n", "1:19: None is not of type 'string'"),
    ],
)
def test_the_message_about_each_mistake(tmp_path: Path, text: str, told: str) -> None:
    assert f"{wrong(tmp_path, text)}\n".startswith(told)


@pytest.mark.parametrize(
    "text",
    [
        "{ignore: []}\n",
        "  'ignore' : []\n",
        '"fail-on": error\n',
        "--- \n# x\nignore: []\n",
        "%YAML 1.2\n---\nignore: []\n",
    ],
)
def test_a_setting_is_known_however_it_is_written(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).configured


@pytest.mark.parametrize("text", ["password: x\n", "x\n", "a:\n  - ignore\n", "ig: nore\n", "[]\n", "--- x\n"])
def test_what_another_program_wrote_is_not_quoted(tmp_path: Path, text: str) -> None:
    assert wrong(tmp_path, text) == "1:1: not a kpl configuration: the file has none of its settings"


REST = "' is not one of ['error', 'warning', 'info', 'never']"


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (186, f"'{'x' * 186}{REST}"),
        (187, f"'{'x' * 119}…{'x' * 67}{REST}"),
        (245, f"'{'x' * 119}…{'x' * 67}{REST}"),
        (246, f"'{'x' * 119}…{'x' * 66}{REST}…"),
        (400, f"'{'x' * 119}…{'x' * 119}…"),
    ],
)
def test_a_long_value_is_shortened_in_the_message(tmp_path: Path, length: int, shown: str) -> None:
    assert wrong(tmp_path, f"fail-on: {'x' * length}\n") == f"1:10: {shown}"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("a", "a"),
        ("'true'", "true"),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("null", None),
        ("~", None),
        ("'null'", "null"),
        ("12", 12),
        ("'12'", "12"),
        ("1.30", "1.30"),
        ("-1", "-1"),
        ("[1, [a]]", [1, ["a"]]),
        ("{a: {b: 2}}", {"a": {"b": 2}}),
    ],
)
def test_values_are_those_that_a_person_means(written: str, value: object) -> None:
    (root,) = compose(f"x: {written}\n")
    assert plain(root) == {"x": value}
    assert type(plain(root)["x"]) is type(value)


@pytest.mark.parametrize(("before", "known"), [(99, True), (100, False)])
def test_a_misspelt_setting_is_looked_for_among_the_first_hundred_keys(
    tmp_path: Path, before: int, known: bool
) -> None:
    keys = "".join(f"key-{number:03}: 1\n" for number in range(before))
    assert ("not a kpl configuration" in wrong(tmp_path, f"{keys}ignroe: []\n")) is not known
    assert "not a kpl configuration" not in wrong(tmp_path, f"{keys}ignore: []\n")


def test_facts_remember_the_line_that_tells_them(tmp_path: Path) -> None:
    path = str(tmp_path / ".kpl.yaml")
    settings = load(
        tmp_path,
        "cluster:\n  nodes: 3\n  kernel: 5.13\n  coredns-files: [a]\nclusters:\n  x:\n    paths: [x]\n    node: w\n",
    )
    assert settings.facts.origins == {
        "nodes": Origin(path, 2),
        "kernel": Origin(path, 3),
        "assumed_files": Origin(path, 4),
    }
    (named,) = settings.clusters
    assert named.facts.origins == {**settings.facts.origins, "node": Origin(path, 8)}
    assert load(tmp_path, "ignore: []\n").clusters == []


def test_what_is_set_last_for_a_rule_in_a_file_counts() -> None:
    from kpl.lint.settings import Override, Settings

    rule = find("KPL201").load()()
    error, info, warning = Severity.ERROR, Severity.INFO, Severity.WARNING
    settings = Settings(
        severities={"kpl201": error, "KPL202": info},
        overrides=[
            Override(["a/**"], severity={"missing-cache": info}),
            Override(["a/b/**"], severity={"KPL201": warning}),
            Override(["a/b/c/**"], severity={"KPL2": error, "missing-cach": error}),
        ],
    )
    wanted = {"x": error, "a/x": info, "a/b/x": warning, "a/b/c/x": warning}
    assert {path: settings.severity(rule, path) for path in wanted} == wanted
    assert Settings(severities={"KPL202": info}).severity(rule, "x") is None


def test_what_an_override_selects_is_beside_what_is_chosen_for_all() -> None:
    from kpl.lint.settings import Override, Settings

    settings = Settings(
        select=["KPL201"],
        extend=["KPL202"],
        ignore=["KPL203"],
        overrides=[
            Override(["a/**"], select=["KPL203", "KPL204"], ignore=["KPL201"]),
            Override(["b"], ignore=["KPL2"]),
        ],
    )

    def codes(path: str) -> list[str]:
        return [each.code for each in settings.rules_for(path)]

    assert codes("x") == ["KPL201", "KPL202"] == [each.code for each in settings.rules]
    # as long a selector as the one that ignores it does not win
    assert codes("a/x") == ["KPL202", "KPL204"]
    assert codes("b") == ["KPL201", "KPL202"]
    assert (settings.knows("kpl201"), settings.knows("missing-cache"), settings.knows("KPL2")) == (True, True, False)
    assert not Settings().excludes("a")
    assert [Settings(exclude=["a/**"]).excludes(path) for path in ("a/b", "b/a")] == [True, False]

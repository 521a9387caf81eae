"""What a fix may not change: the words of a file beside its edits, their parents, its comments, its other findings."""

from __future__ import annotations

import pytest

from kpl.fix.outline import as_loaded, changes_outside, outline
from kpl.fix.verification import Trials, finding_problem, judging, same_rules, try_fixes
from kpl.inputs.document import Reading
from kpl.lint.located import Located, LocatedFix
from kpl.lint.rule import Severity
from kpl.lint.settings import Override, Settings
from kpl.text.edit import Edit, apply_edits
from kpl.text.source import Source
from kpl.text.span import Span
from samples import PROXY, config_map, indented
from support import readings

ALL = [Span(0, 1 << 20)]
UNDER_SPEC = [("type", ""), ("ClusterIP", ".type"), ("extra", ""), ("x", ".extra")]


def reading(text: str, name: str = "a.yaml") -> Reading:
    (read,) = readings({name: text})
    return read


def words(text: str, name: str = "a.yaml", flat: bool = False) -> list[tuple[str, str]]:
    """The words of a file, each with those that it stands under."""
    found = outline(reading(text, name), ALL, flat)
    source = reading(text, name).source.text
    for each in found:
        if "\n" not in each.value:
            assert each.value in source[slice(*each.span)], "the place is that of the word"
    return [(each.value, ".".join(above.value for above in each.under)) for each in found]


def test_the_words_of_yaml_stand_under_their_keys() -> None:
    text = "kind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: 80\n    name: 'b c'\n  - [x]\n"
    assert words(text) == [
        ("kind", ""),
        ("Service", "kind"),
        ("metadata", ""),
        ("name", "metadata"),
        ("a", "metadata.name"),
        ("spec", ""),
        ("ports", "spec"),
        ("port", "spec.ports"),
        ("80", "spec.ports.port"),
        ("name", "spec.ports"),
        ("b c", "spec.ports.name"),
        ("x", "spec.ports"),
    ]


COREFILE = "a b {\n    forward . 10.0.0.1 {\n        policy random\n    }\n    template IN A {\n        match x {\n            y\n        }\n    }\n}\n(s) {\n    log\n}\n"
COREFILE_WORDS = [
    ("a", ""),
    ("b", ""),
    ("forward", "a"),
    (".", "a.forward"),
    ("10.0.0.1", "a.forward"),
    ("policy", "a.forward"),
    ("random", "a.forward.policy"),
    ("template", "a"),
    ("IN", "a.template"),
    ("A", "a.template"),
    ("match", "a.template"),
    ("x", "a.template.match"),
    ("y", "a.template.match"),
    ("s", ""),
    ("log", "s"),
]


def test_the_words_of_a_corefile_stand_under_their_directives() -> None:
    assert [(word.strip("()"), above.replace("(s)", "s")) for word, above in words(COREFILE, "Corefile")] == (
        COREFILE_WORDS
    )
    flat = words(COREFILE, "Corefile", flat=True)
    assert {above for _, above in flat} == {""}
    assert [word for word, _ in flat].count("{") == 5


def test_an_embedded_text_has_its_words_beside_those_of_its_host() -> None:
    text = config_map("|\n" + indented(". {\n    log\n}\n", 4))
    assert words(text)[-2:] == [(".", ""), ("log", ".")]
    found = outline(reading(text), ALL)
    assert {each.syntax for each in found} == {"yaml", "embedded corefile"}
    inner = config_map("|\n" + indented(PROXY, 4), "config.conf")
    assert ("ipvs", "mode") in words(inner)
    assert [each.syntax for each in outline(reading(inner), ALL) if each.value == "ipvs"] == ["embedded yaml"]
    # one that lies in no other text is not there twice
    assert words(PROXY).count(("ipvs", "mode")) == 1


def test_values_in_a_text_have_their_words_once_however_many_pods_they_are() -> None:
    values = "    a: {dnsPolicy: None}\n    b: {dnsPolicy: Default}\n"
    found = words(f"apiVersion: helm.cattle.io/v1\nkind: HelmChart\nspec:\n  valuesContent: |\n{values}")
    assert found[-6:] == [
        ("a", ""),
        ("dnsPolicy", "a"),
        ("None", "a.dnsPolicy"),
        ("b", ""),
        ("dnsPolicy", "b"),
        ("Default", "b.dnsPolicy"),
    ]
    assert len(found) == 13
    # a pod that is the file's own is there already
    assert ("dnsPolicy", "") not in words("kind: Pod\nspec: {dnsPolicy: None, containers: [{name: c, image: i}]}\n")


def test_only_the_documents_that_are_touched_are_looked_at() -> None:
    text = "kind: Service\na: 1\n---\nkind: Service\nb: 2\n---\nkind: Service\nc: 3\n"
    second = text.index("b:")
    for ranges, keys in (
        ([Span(second, second)], {"b"}),
        ([Span(0, 0), Span(second, second + 1)], {"a", "b"}),
        ([Span(len(text), len(text))], {"c"}),
        ([Span(second + 1, second + 2), Span(0, len(text))], {"a", "b", "c"}),
        ([], set()),
    ):
        found = {each.value for each in outline(reading(text), ranges)}
        assert found & {"a", "b", "c"} == keys


def test_a_loaded_corefile_is_grouped_as_coredns_does_it() -> None:
    found = as_loaded(reading("a {\n    log\n    forward . {$UP} {\n        policy x\n    }\n}\n", "Corefile"))
    assert found is not None
    assert [(each.value, ".".join(above.value for above in each.under)) for each in found] == [
        ("a", ""),
        ("log", "a"),
        ("a", ""),
        ("forward", "a"),
        (".", "a.forward"),
        ("{$UP}", "a.forward"),
        ("policy", "a.forward"),
        ("x", "a.forward"),
    ]
    assert as_loaded(reading("a {\n    log\n", "Corefile")) is None
    assert as_loaded(reading("kind: Service\n")) == []


SERVICE = "kind: Service\nmetadata:\n  name: a\nspec:\n  type: ClusterIP\n  extra: x\n#more: y\n"


def edit(text: str, old: str, new: str) -> Edit:
    """The least change that puts `new` in the place of `old`."""
    at, start = text.index(old), alike(old, new)
    end = alike(old[start:][::-1], new[start:][::-1])
    return Edit(at + start, at + len(old) - end, new[start : len(new) - end])


def alike(a: str, b: str) -> int:
    return next((number for number, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


@pytest.mark.parametrize(
    ("edits", "changed"),
    [
        ([("ClusterIP", "NodePort")], []),
        ([("  extra: x\n", "")], []),
        ([("  type", "  more: 1\n  type")], []),
        ([("ClusterIP", "Local"), ("  extra: x\n", ""), ("name: a", "name: longer"), ("kind", "# x\nkind")], []),
        ([("Service", "Service\nmore: y")], []),
        ([("name", "title")], []),
        ([("spec:", "spec: # why")], []),
        ([("  type", "#  type")], ["'type' was removed", "'ClusterIP' was removed"]),
        ([("name: a", "name: longer"), ("  extra", "#  extra")], ["'extra' was removed", "'x' was removed"]),
        ([("#more", "more")], ["'y' was added"]),
        (
            [("  type", "  new:\n    type")],
            [
                "'type' is under spec.* instead of spec",
                "'ClusterIP' is under spec.*.type instead of spec.type",
            ],
        ),
        # a key of the same name that is written anew is not the one that was there
        ([("spec:", "other:")], []),
        (
            [("spec:", "spec: {}\nother:")],
            [f"'{word}' is under *{key} instead of spec{key}" for word, key in UNDER_SPEC],
        ),
    ],
)
def test_what_changes_beside_the_edits(edits: list[tuple[str, str]], changed: list[str]) -> None:
    made = [edit(SERVICE, old, new) for old, new in edits]
    before = outline(reading(SERVICE), ALL)
    after = outline(reading(apply_edits(SERVICE, made)), ALL)
    assert changes_outside(before, after, made) == changed


SOURCE = Source("f", "x")


def finding(code: str, severity: Severity = Severity.WARNING) -> Located:
    fix = LocatedFix("Mend", (Edit(0, 1, "y"),))
    return Located(SOURCE, Span(0, 1), code, code.lower(), severity, "m", "", "", fix)


ERROR, INFO = Severity.ERROR, Severity.INFO


@pytest.mark.parametrize(
    ("old", "new", "batch", "problem"),
    [
        ("A", "", "A", None),
        ("A", "A", "A", "the finding remains after the fix"),
        ("AA", "A", "A", None),
        ("AA", "A", "AA", "the finding remains after the fix"),
        ("AB", "B", "A", None),
        ("A", "B", "A", "it causes B b"),
        ("AB", "BB", "A", "it causes B b"),
        ("ABB", "B", "A", None),
        # what is milder than the gravest finding that is fixed may come up
        ("a", "b", "a", "it causes B b"),
        ("A", "b", "A", None),
        ("aB", "cC", "aB", "it causes C c"),
        ("aB", "c", "aB", None),
    ],
)
def test_the_findings_that_a_fix_may_leave(old: str, new: str, batch: str, problem: str | None) -> None:
    def findings(letters: str) -> list[Located]:
        return [finding(each.upper(), Severity.WARNING if each.isupper() else INFO) for each in letters]

    assert finding_problem(findings(old), findings(new), findings(batch), SOURCE) == problem


def test_a_graver_finding_may_never_come_up() -> None:
    assert finding_problem([finding("A")], [finding("B", ERROR)], [finding("A")], SOURCE) == "it causes B b"


def tried(text: str, *fixes: LocatedFix, name: str = "Corefile") -> tuple[str | None, str | None]:
    """What stands in the file after the fixes, where it can be read, and what is wrong with them."""
    read = reading(text, name)
    batch = [finding("A")._replace(source=read.source, fix=each) for each in fixes]
    found = Trials().try_edits(read, batch)
    return None if found.after is None else found.after.source.text, found.problem


BLOCK = ". {\n    log # why\n    errors\n}\n"


@pytest.mark.parametrize(
    ("edits", "problem"),
    [
        ([("errors", "loop")], None),
        ([("log", "loop"), ("errors", "errors {\n    }")], None),
        ([(" # why", "")], "the comment '# why' would be lost"),
        ([("    errors\n}", "    errors\n")], "CoreDNS's parser refuses the result"),
        ([("log", "log {")], "it changes text outside its edits: 'errors' is under .*"),
    ],
)
def test_what_is_wrong_with_a_text(edits: list[tuple[str, str]], problem: str | None) -> None:
    made = tuple(edit(BLOCK, old, new) for old, new in edits)
    after, said = tried(BLOCK, LocatedFix("x", made))
    assert after == apply_edits(BLOCK, made)
    assert (said is None) if problem is None else (said or "").startswith(problem.rstrip("*"))


def test_edits_that_overlap_are_not_made() -> None:
    fixes = [LocatedFix("x", (Edit(0, 3, "a"),)), LocatedFix("x", (Edit(2, 5, "b"),))]
    assert tried(BLOCK, *fixes) == (BLOCK, "its edits overlap")


def test_a_comment_of_kpl_may_go_and_what_does_not_parse_is_refused() -> None:
    text = BLOCK.replace("# why", "# kpl: ignore[x]")
    assert tried(text, LocatedFix("x", (edit(text, " # kpl: ignore[x]", ""),)))[1] is None
    said = tried(SERVICE, LocatedFix("x", (edit(SERVICE, "ClusterIP", "["),)), name="a.yaml")[1]
    assert (said or "").startswith("the result does not parse: ")


def test_a_fix_that_restructures_may_move_words_and_lose_none() -> None:
    text = ". {\n    forward . 10.0.0.1\n    health {\n    errors\n}\n"
    moved = LocatedFix("x", (edit(text, "health {", "health"),), restructures=True)
    assert tried(text, moved)[1] is None
    plain = LocatedFix("x", moved.edits)
    assert "'errors' is under" in (tried(text, plain)[1] or "")
    lost = LocatedFix("x", (edit(text, "    errors", "#   errors"),), restructures=True)
    assert tried(text, lost)[1] == "it changes text outside its edits: 'errors' was removed"
    # one of several that restructures is enough
    assert tried(text, moved, LocatedFix("x", (edit(text, "10.0.0.1", "10.0.0.2"),)))[1] is None
    glued = LocatedFix("x", (edit(text, "    errors\n", "    errors\n    }\n}\n"),), restructures=True)
    assert tried(text, glued)[1] is not None


def test_the_rules_that_judge_a_fix_are_those_that_the_user_hears_of_next_time() -> None:
    settings = Settings(select=("KPL201",), extend=("KPL202",), ignore=("KPL203",), fail_on="error")
    judge = judging(settings)
    assert (judge.select, judge.extend, judge.ignore, judge.fail_on) == ((), ["KPL201", "KPL202"], (), "error")
    assert [same_rules(each) for each in (Settings(), Settings(extend=("KPL201",)), settings)] == [True, True, False]
    assert not same_rules(Settings(ignore=("KPL201",)))
    assert not same_rules(Settings(overrides=[Override(["a"], ignore=["KPL201"])]))


def test_what_is_known_of_the_file_before_is_not_looked_for_again() -> None:
    read = reading(". {\n    forward . 9.9.9.9\n}\n", "Corefile")
    at = read.source.text.index("}")
    batch = [finding("KPL201")._replace(source=read.source, fix=LocatedFix("x", (Edit(at, at, "    cache 30\n"),)))]
    judge = judging(Settings(select=("KPL201",)))
    assert try_fixes([read], batch, judge, Trials()).problem is None
    assert try_fixes([read], batch, judge, Trials(), []).problem == "the finding remains after the fix"

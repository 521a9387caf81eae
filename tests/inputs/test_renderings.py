"""Templates without their actions: each text as long as the template, one branch of each condition, the actions put back."""

from __future__ import annotations

import pytest

from kpl.inputs.templates.actions import Role, actions_in
from kpl.inputs.templates.renderings import FILLER, template_of
from kpl.inputs.yaml.tree import Mapping, Scalar, compose
from kpl.text.span import Span


def spelled(text: str) -> list[tuple[str, str]]:
    return [(text[each.start : each.end], each.role.name) for each in actions_in(text)]


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("{{ .Values.a }}", Role.VALUE),
        ("{{- if .a }}", Role.OPEN),
        ("{{ if(.a) }}", Role.OPEN),
        ("{{~ with .a ~}}", Role.OPEN),
        ("{{- range $a, $b := .c -}}", Role.OPEN),
        ('{{ define "a" }}', Role.OPEN),
        ("{{ block `a` . }}", Role.OPEN),
        ("{{ block.a }}", Role.VALUE),
        ("{{ iffy }}", Role.VALUE),
        ("{{- else -}}", Role.ELSE),
        ("{{ else if .a }}", Role.ELSE),
        ("{{ elsewhere }}", Role.VALUE),
        ("{{- end }}", Role.CLOSE),
        ("{{ end.a }}", Role.VALUE),
        ("{{- /* a }} b */ -}}", Role.SILENT),
        ("{{ $a := 1 }}", Role.SILENT),
        ("{{ $.a = 1 }}", Role.VALUE),
        ("{{ eq $a == 1 }}", Role.VALUE),
        ('{{ "}}" }}', Role.VALUE),
        ("{{ `}}\n}}` }}", Role.VALUE),
        ('{{ "\\"}}" }}', Role.VALUE),
        ("{% if a %}", Role.OPEN),
        ("{%- for a in b -%}", Role.OPEN),
        ("{% set a %}", Role.OPEN),
        ("{% set a = 1 %}", Role.SILENT),
        ("{% elif a %}", Role.ELSE),
        ("{% endif %}", Role.CLOSE),
        ("{% endset %}", Role.CLOSE),
        ("{% ending %}", Role.SILENT),
        ("{% include 'a' %}", Role.VALUE),
        ("{% extends '%}' %}", Role.SILENT),
        ("{# {% if a %} #}", Role.SILENT),
        ("<% if a %>", Role.OPEN),
        ("<%- a.each do |b| -%>", Role.OPEN),
        ("<% a.map { |b| %>", Role.OPEN),
        ("<% elsif a %>", Role.ELSE),
        ("<% end -%>", Role.CLOSE),
        ("<% } %>", Role.CLOSE),
        ("<%= end_of(a) %>", Role.VALUE),
        ("<%# if a %>", Role.SILENT),
        ("<% a = 1 %>", Role.SILENT),
        ('%{ if a == "}" }', Role.OPEN),
        ("%{ for a in b ~}", Role.OPEN),
        ("%{ else }", Role.ELSE),
        ("%{ endif }", Role.CLOSE),
        ("%{ endfor }", Role.CLOSE),
        ("${a}", Role.VALUE),
        ('${a["}"]}', Role.VALUE),
        ("${join({}, a)}", Role.VALUE),
        ("${{ a.b }}", Role.VALUE),
    ],
)
def test_an_action_ends_where_its_language_says_and_has_a_role(text: str, role: Role) -> None:
    assert spelled(f"a {text} }}}} %}} b") == [(text, role.name)]


@pytest.mark.parametrize(
    "text",
    ["{{ a", "{{ 'a' }", '{{ "}}"', "{% a", "{# a", "<% a", "${a", "%{ if a", "${a\n}", "$${a}", "%%{ if a }", "{%NAME%}", "{$NAME}"],
)  # fmt: skip
def test_what_does_not_close_and_what_is_escaped_is_text(text: str) -> None:
    assert spelled(text) == []


def test_the_words_of_go_are_variables_in_jinja() -> None:
    assert spelled("{% for a in b %}{{ end }}{{ if (a) }}{% endfor %}")[1:3] == [
        ("{{ end }}", "VALUE"),
        ("{{ if (a) }}", "VALUE"),
    ]


def test_raw_text_of_jinja_has_no_actions() -> None:
    found = [each for each, _ in spelled("{% raw %}{{ a }}{% endraw %}{{ b }}{% raw %}{{ c }}")]
    assert found == ["{% raw %}", "{% endraw %}", "{{ b }}", "{% raw %}", "{{ c }}"]


def shown(text: str, rendering: int = 0) -> str:
    """A text that the template may become; each empty line stands for one or more."""
    template = template_of(text)
    assert template is not None
    found = template.renderings[rendering]
    for each in (found.parsed, found.shown):
        assert len(each) == len(text)
    lines = found.parsed.replace(FILLER, "@").split("\n")
    return "\n".join(line for number, line in enumerate(lines) if line or not number or lines[number - 1])


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("a: 1\n  {{- if .x }}\nb: 2\n  {{- end }}\nc: 3\n", "a: 1\n\nb: 2\n\nc: 3\n"),
        ("a: 1\n {{ x }} {{ y }} # z\n", "a: 1\n\n # z\n"),
        ("a: {{ x }}-b\n", "a: @@@@@@@-b\n"),
        ("{{ x }}: b\n", "@@@@@@@: b\n"),
        ("- {{ x }}\n", "- @@@@@@@\n"),
        ("a: {{ if x }}b{{ else }}c{{ end }}\n", f"a: {'@' * 31}\n"),
        ("{{ if x }}a: b{{ end }}\nc: d\n", "\nc: d\n"),
        ("{{ if x }}a: b\n{{ end }}", "@@@@@@@@@@a: b\n"),
        ("a:{{ x }}\n", "a: @@@@@@\n"),
        ("a:{{ x }}b\n", "a:@@@@@@@b\n"),
        ("a: {{ x }}\n  b: c\n", "a:        \n  b: c\n"),
        ("a: {{ x }}\n\n# z\n{{ y }}\n  b: c\n", "a:        \n\n# z\n\n  b: c\n"),
        ("a: {{ x }}\n- b\n", "a:        \n- b\n"),
        ("- a: {{ x }}\n- b: c\n", "- a: @@@@@@@\n- b: c\n"),
        ("  a: {{ x }}\n  b: c\n", "  a: @@@@@@@\n  b: c\n"),
        ("a: {{/* x */}}\nb: c\n", "a:            \nb: c\n"),
        ("a: {{ x\n  y }}\nb: c\n", "a: @@@@\n\nb: c\n"),
        ("a: 'x' # {{ y }}\n", "a: 'x' # @@@@@@@\n"),
        ("a: ['x'{{ if y }}, 'z'{{ end }}]\n", f"a: ['x'{' ' * 24}]\n"),
    ],
)
def test_actions_become_blank_lines_and_words(text: str, parsed: str) -> None:
    assert shown(text) == parsed


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("{{ if x }}\na: 1\n{{ else }}\nb: 2\n{{ end }}\nc: 3\n", "\na: 1\n\nc: 3\n", "\nb: 2\n\nc: 3\n"),
        ("{{ if x }}\na\n{{ else if y }}\nb\n{{ else }}\nc\n{{ end }}\n", "\na\n", "\nc\n"),
        (
            "{{ if x }}\na\n{{ else }}\nb\n{{ if y }}\nc\n{{ else }}\nd\n{{ end }}\n{{ end }}\n",
            "\na\n",
            "\nb\n\nd\n",
        ),
    ],
)
def test_each_text_has_one_branch_of_a_condition(text: str, first: str, last: str) -> None:
    assert [shown(text), shown(text, 1)] == [first, last]


@pytest.mark.parametrize(
    "text",
    [
        "a: b\n",
        f"a: {{{{ x }}}} {FILLER}\n",
        "{{ if x }}\n",
        "{{ end }}\n",
        "{{ else }}\n",
        "{% if a %}\n<% end %>\n",
        "a: {{ x\n }}: b\n",
        "{{ if x }}\n" * 201 + "{{ end }}\n" * 201,
    ],
)
def test_what_cannot_be_taken_out_leaves_no_template(text: str) -> None:
    assert template_of(text) is None


def test_a_text_without_a_second_branch_is_read_once() -> None:
    template = template_of("{{ if x }}\na: {{ y }}\n{{ end }}\n")
    assert template is not None
    assert len(template.renderings) == 1


def test_the_actions_are_put_back_into_the_values() -> None:
    from kpl.inputs.templates.renderings import restore

    text = "a: &x {{ .b }}-{{ .c }}{{ .d }}\ne: [*x, 'f {{ .g }}']\nh: |\n  {{ .i }} j\n  k\n{{ .l }}: m\n"
    template = template_of(text)
    assert template is not None
    (root,) = compose(template.renderings[0].parsed)
    restore(root, template.renderings[0])
    assert isinstance(root, Mapping)
    assert root.text("a") == "{{ .b }}-{{ .c }}{{ .d }}"
    assert [each.value for each in root.items("e") if isinstance(each, Scalar)] == ["{{ }}-{{ }}", "f {{ .g }}"]
    assert root.text("h") == "{{ .i }} j\nk\n"
    assert root.text("{{ .l }}") == "m"


def test_what_is_certain_depends_on_where_the_document_is() -> None:
    text = "{{ if a }}\nA\n{{ if b }}\nB\n{{ end }}\nC\n{{ else }}\nD\n{{ end }}\nE\n{{ if c }}\nF\n{{ end }}\nG\n"
    template = template_of(text)
    assert template is not None

    def certain(first: str, last: str) -> str:
        extent = Span(text.index(first), text.index(last) + 1)
        known = template.known(extent, template.renderings[0])
        assert known is not None
        return "".join(each for each in "ABCDEFG" if known.is_certain(Span(text.index(each), text.index(each) + 1)))

    assert certain("A", "G") == "EG"
    # a branch around all of a document says nothing about its parts
    assert certain("A", "C")[:2] == "AC"
    assert certain("B", "B")[:2] == "AB"
    assert certain("F", "F").endswith("FG")
    # the last branch is of the other rendering
    extent = Span(text.index("D"), text.index("D") + 1)
    assert template.known(extent, template.renderings[1]) is not None
    for each in "ABCEFG":
        assert template.known(Span(text.index(each), text.index(each) + 1), template.renderings[1]) is None

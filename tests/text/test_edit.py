"""Edits: applied together or not at all, and what they would lose is seen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpl.text.edit import Edit, apply_edits, are_apart, collide, composed, lost_comments
from kpl.text.version import Version


@pytest.mark.parametrize(
    ("edits", "result"),
    [
        ([], "abcdef"),
        ([Edit(0, 0, "X")], "Xabcdef"),
        ([Edit(6, 6, "X")], "abcdefX"),
        ([Edit(1, 3, "")], "adef"),
        ([Edit(4, 6, "Y"), Edit(0, 1, "X")], "XbcdY"),
        ([Edit(2, 2, "X"), Edit(2, 4, "Y")], "abXYef"),
        ([Edit(0, 3, "X"), Edit(3, 6, "Y")], "XY"),
    ],
)
def test_edits_are_applied_by_place_not_by_order(edits: list[Edit], result: str) -> None:
    assert apply_edits("abcdef", edits) == result


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(0, 3, ""), Edit(2, 4, "")],
        [Edit(0, 7, "")],
        [Edit(3, 2, "")],
        [Edit(-1, 2, "")],
    ],
)
def test_edits_that_overlap_or_lie_outside_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="overlaps another one or lies outside"):
        apply_edits("abcdef", edits)


@given(st.text(max_size=40), st.data())
@settings(max_examples=100, deadline=None)
def test_nothing_outside_of_the_edits_changes(text: str, data: st.DataObject) -> None:
    offsets = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pairs = list(zip(offsets[::2], offsets[1::2], strict=False))
    edits = [Edit(a, b, data.draw(st.text(max_size=5))) for a, b in pairs]
    rest = apply_edits(text, edits)
    done = 0
    for edit in edits:
        kept = text[done : edit.start] + edit.text
        assert rest.startswith(kept)
        rest, done = rest[len(kept) :], edit.end
    assert rest == text[done:]


@pytest.mark.parametrize(
    ("a", "b", "collides"),
    [
        (Edit(0, 2, ""), Edit(1, 3, ""), True),
        (Edit(0, 2, ""), Edit(2, 3, ""), False),
        (Edit(2, 2, "x"), Edit(2, 2, "x"), True),
        (Edit(2, 2, "x"), Edit(2, 4, ""), True),
        (Edit(4, 4, "x"), Edit(2, 4, ""), True),
        (Edit(3, 3, "x"), Edit(2, 4, ""), True),
        (Edit(1, 1, "x"), Edit(2, 4, ""), False),
    ],
)
def test_edits_collide_where_they_touch_the_same_place(a: Edit, b: Edit, collides: bool) -> None:
    assert collide([a], [b]) is collides
    assert collide([b], [a]) is collides


_EDITS = st.builds(lambda start, length: Edit(start, start + length, ""), st.integers(0, 12), st.integers(0, 3))


@given(st.lists(_EDITS, max_size=12), _EDITS)
@settings(max_examples=300, deadline=None)
def test_an_edit_collides_with_many_as_with_each_of_them(made: list[Edit], edit: Edit) -> None:
    others: list[Edit] = []
    for each in made:
        if not any(collide([each], [other]) for other in others):
            others = sorted([*others, each])
    assert collide([edit], others) is any(collide([edit], [other]) for other in others)


@pytest.mark.parametrize(
    ("text", "edit", "lost"),
    [
        ("a # why\nb\n", Edit(0, 8, ""), ["# why"]),
        ("a # why\nb\n", Edit(0, 8, "c # why\n"), []),
        ("a # why\r\nb\r\n", Edit(0, 9, ""), ["# why"]),
        ("a#b\n", Edit(0, 4, ""), []),
        ("# one\n# two\n", Edit(0, 12, "# two\n"), ["# one"]),
        ("a # why\n", Edit(0, 1, "b"), []),
        (r'"a # why\n    b\n"', Edit(10, 17, ""), []),
        (r'"a # why\n    b\n"', Edit(1, 17, ""), ["# why"]),
        (r'"a\n#why\nb\n"', Edit(4, 10, ""), ["#why"]),
    ],
)
def test_a_comment_in_a_replaced_range_is_missed(text: str, edit: Edit, lost: list[str]) -> None:
    assert lost_comments(text, [edit]) == lost


def test_a_comment_that_is_cut_in_half_is_missed() -> None:
    assert lost_comments("a # the reason\nb\n", [Edit(6, 15, "")]) != []


def test_versions_compare_as_numbers() -> None:
    assert Version("1.9.4") < Version("v1.10") == Version("1.10.0-rc.1")
    assert {Version("1.10"), Version("v1.10.0")} == {Version("1.10")}
    assert (str(Version("v1.8.7+k3s1")), Version("1.8.7").minor, str(Version("1"))) == ("1.8.7", "1.8", "1.0")
    with pytest.raises(ValueError, match="is not a version"):
        Version("latest")


@pytest.mark.parametrize(
    ("edits", "apart"),
    [
        ([], True),
        ([Edit(1, 3, "")], True),
        ([Edit(3, 1, "")], False),
        ([Edit(2, 4, ""), Edit(0, 2, "x")], True),
        ([Edit(2, 4, ""), Edit(0, 3, "x")], False),
        ([Edit(2, 2, "a"), Edit(2, 2, "b")], True),
    ],
)
def test_edits_that_are_apart_can_be_applied(edits: list[Edit], apart: bool) -> None:
    assert are_apart(edits) == apart
    if apart:
        apply_edits("abcdef", edits)
    else:
        with pytest.raises(ValueError, match="overlaps another one"):
            apply_edits("abcdef", edits)


def test_edits_of_several_rounds_are_one() -> None:
    rounds = [[Edit(1, 2, "xyz")], [Edit(0, 0, "<"), Edit(3, 4, "")], [Edit(6, 6, ">")]]
    text = "abcd"
    for edits in rounds:
        text = apply_edits(text, edits)
    assert text == "<axycd>"
    assert composed(4, rounds) == [Edit(0, 0, "<"), Edit(1, 2, "xy"), Edit(4, 4, ">")]
    # what comes and goes again leaves nothing
    assert composed(4, [[Edit(2, 2, "x")], [Edit(2, 3, "")]]) == []
    assert composed(0, [[Edit(0, 0, "a")]]) == [Edit(0, 0, "a")]
    assert composed(3, []) == []


@given(st.text("abc", max_size=12), st.data())
def test_the_edits_of_all_rounds_do_what_the_rounds_do(text: str, data: st.DataObject) -> None:
    rounds, new = [], text
    for _ in range(data.draw(st.integers(0, 3))):
        places = sorted(data.draw(st.lists(st.integers(0, len(new)), max_size=6)))
        edits = [
            Edit(start, end, data.draw(st.text("xy", max_size=2)))
            for start, end in zip(places[::2], places[1::2], strict=False)
        ]
        edits = [
            edit for number, edit in enumerate(edits) if number + 1 == len(edits) or edit.end < edits[number + 1].start
        ]
        rounds.append(edits)
        new = apply_edits(new, edits)
    made = composed(len(text), rounds)
    assert apply_edits(text, made) == new
    assert all(edit.end < other.start for edit, other in zip(made, made[1:], strict=False))


@pytest.mark.parametrize("digits", [17, 18])
def test_a_number_of_a_version_has_at_most_eighteen_digits(digits: int) -> None:
    assert Version("1." + "9" * digits).numbers == (1, int("9" * digits), 0)


def test_a_longer_number_is_no_version() -> None:
    with pytest.raises(ValueError, match="is not a version"):
        Version("1." + "9" * 19)
